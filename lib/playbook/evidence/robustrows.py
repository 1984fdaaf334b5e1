"""Labelled rows with the inputs of the product's model, and ways to spoil these inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.errors import NoEvidence
from playbook.evidence.labels import normal
from playbook.evidence.sampling import below
from playbook.evidence.tables import Decisions

ALL = "all inputs"
NOISE = 0.1
ORDINARY = ("missing", "at its median", "commonest value", "noise of 0.1 SD")
"""Changes of an input that are nobody's mistake; the others are readings that are plainly off."""
_YES = {"yes", "true", "1"}
_FEATURE = "playbook_feature"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TriedRows:
    """Rows to ask about: inputs as stored, the label as a number (1 is positive), the table's own
    score or amount where it has one, its own decision where it has one, and whether they are rows
    that are marked as unseen."""

    features: pd.DataFrame
    label: Floats
    stored: Floats | None
    decided: Floats | None
    unseen: bool


@dataclass(frozen=True)
class Changed:
    """Inputs of which one, or all, were spoilt."""

    input: str
    change: str
    features: pd.DataFrame


def tried_rows(decisions: Decisions, inputs: list[str], most: int, seed: int) -> TriedRows:
    """Draw about `most` of the labelled rows, of the unseen ones where the table marks them.

    Raises
    ------
    NoEvidence
        There is no label, or no row is left.
    """
    if not decisions.has_label:
        raise NoEvidence(
            "without labels nobody can say whether spoilt inputs lead to wrong answers",
            where=decisions.where,
            remedy="Name the column with what turned out to be true under 'columns:'",
        )
    rows, unseen = decisions.rows, decisions.table.columns.unseen
    count = decisions.n_labelled
    if unseen:
        rows = rows.filter(rows[unseen].cast("string").strip().lower().isin(sorted(_YES)))
        with decisions.source.query():
            count = int(rows.count().execute())
    share = min(1.0, most / max(count, 1))
    if share < 1:
        rows = rows.filter(below(decisions, seed, share))
    parts = decisions.reading.regrouped([]).parts(rows)
    kept = {k: p.finish(p.raw) for k, p in parts.items() if k in {"label", "score", "prediction"}}
    kept |= {f"{_FEATURE}_{i}": rows[c] for i, c in enumerate(inputs)}
    chosen = rows.select(**kept)
    chosen = chosen.filter(chosen["label"].notnull())
    with decisions.source.query():
        frame = chosen.execute()
    if frame.empty:
        raise NoEvidence(
            "no labelled row is marked as unseen by the model" if unseen else "no row has a label",
            where=decisions.where,
            remedy="Add rows that the model has not learnt from",
        )
    frame = frame.sort_values(list(frame.columns), ignore_index=True)
    features = pd.DataFrame({c: _plain(frame[f"{_FEATURE}_{i}"]) for i, c in enumerate(inputs)})
    column = "score" if decisions.binary else "prediction"

    def floats(name: str) -> Floats | None:
        return frame[name].astype(float).to_numpy() if name in frame else None

    label = floats("label")
    assert label is not None
    return TriedRows(features, label, floats(column), floats("prediction"), bool(unseen))


def changed(features: pd.DataFrame, seed: int) -> Iterator[Changed]:
    """Every input spoilt in turn, then all numbers made noisy at once."""
    rng = np.random.default_rng(seed)
    numeric = [c for c in features if pd.api.types.is_numeric_dtype(features[c])]
    noisy: dict[str, pd.Series] = {}
    for column in map(str, features):
        values = features[column]
        yield Changed(column, "missing", features.assign(**{column: _missing(values)}))
        if column not in numeric:
            usual = values.mode()
            if len(usual):
                yield Changed(column, "commonest value", features.assign(**{column: usual.iloc[0]}))
            continue
        spread, middle = float(values.std()), float(values.median())
        if not spread > 0:
            continue
        noisy[column] = values + rng.normal(0, NOISE * spread, len(values))
        yield Changed(column, "at its median", features.assign(**{column: middle}))
        for step in (-2, -1, 1, 2):
            moved = values + step * spread
            named = f"{'higher' if step > 0 else 'lower'} by {abs(step)} SD"
            yield Changed(column, named, features.assign(**{column: moved}))
        yield Changed(column, "noise of 0.1 SD", features.assign(**{column: noisy[column]}))
    if noisy:
        yield Changed(ALL, "noise of 0.1 SD", features.assign(**noisy))


def _plain(values: pd.Series) -> pd.Series:
    """Numbers as floats, in which a gap is NaN; texts as they are."""
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return values.astype(float)
    return values.map(lambda v: v if normal(v) is not None else None).astype(object)


def _missing(values: pd.Series) -> pd.Series:
    empty = np.nan if pd.api.types.is_numeric_dtype(values) else None
    return pd.Series([empty] * len(values), index=values.index, dtype=values.dtype)
