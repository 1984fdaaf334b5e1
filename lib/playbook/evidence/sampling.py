"""A sample of labelled rows with their features, drawn in the engine and the same every time."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.errors import NoEvidence
from playbook.evidence.tables import Decisions

MOST_VALUES = 50
"""A text column with more different values in the sample is free text or a key."""
_FEATURE, _AMONG = "playbook_feature", "playbook_among"


@dataclass(frozen=True)
class Sample:
    """Labels and features as numbers.

    Attributes
    ----------
    features
        Shape (rows, features): numbers as they are, texts as the number of their value; NaN where
        missing.
    categorical
        Which features were texts, shape (features,).
    label
        True where the case is positive, shape (rows,).
    used, left_out
        Features used, and those left out: texts with many values, times and nested values.
    """

    features: NDArray[np.float64]
    categorical: NDArray[np.bool_]
    label: NDArray[np.bool_]
    used: list[str]
    left_out: list[str]


def sample(decisions: Decisions, most: int, seed: int) -> Sample:
    """Draw about `most` of the labelled rows, or all where there are fewer.

    Rows are picked by a hash of the id (or of the row's number) and the seed, so that the same
    rows come back on every machine.

    Raises
    ------
    PlaybookError
        There is no label of two values, or no feature that a model can use.
    """
    roles = decisions.table.columns
    taken = {roles.label, roles.score, roles.prediction, roles.id, roles.time, roles.weight}
    named = [c for c in roles.features if c not in taken and c not in roles.text]
    types = {c: decisions.rows[c].type() for c in named}
    plain = [c for c in named if types[c].is_numeric() or types[c].is_boolean()]
    texts = [c for c in named if types[c].is_string()]
    columns = {f"{_FEATURE}_{i}": c for i, c in enumerate([*plain, *texts])}
    if not (decisions.has_label and decisions.binary):
        raise NoEvidence(
            "what more rows would bring cannot be tried without a label of two values",
            where=decisions.where,
            remedy="Name the column with what turned out to be true under 'columns:'",
        )
    share = min(1.0, most / max(decisions.n_labelled, 1))
    rows = decisions.rows
    if share < 1:
        rows = rows.mutate(**{_AMONG: below(decisions, seed, share)})
        rows = rows.filter(rows[_AMONG])
    stored = {key: rows[c].cast("string") if c in texts else rows[c].cast("float64")
              for key, c in columns.items()}  # fmt: skip
    # As groups of a case, features are text in which a missing value has a name.
    cases = decisions.reading.regrouped(list(stored)).cases(rows.mutate(**stored))
    with decisions.source.query():
        frame = cases.select("label", *columns).execute()
    frame = frame.sort_values(list(frame.columns), ignore_index=True)
    ready: dict[str, pd.Series] = {}
    for key, column in columns.items():
        if column in plain:
            ready[column] = pd.to_numeric(frame[key], errors="coerce")
        elif frame[key].nunique() <= MOST_VALUES:
            ready[column] = pd.Series(pd.factorize(frame[key], sort=True)[0], dtype=float)
    used = [c for c in ready if ready[c].nunique() > 1]
    if not used:
        raise NoEvidence(
            "what more rows would bring cannot be tried: there is no feature that varies",
            where=decisions.where,
            remedy="Name the model's inputs under 'features:' in product.yaml",
        )
    features = np.column_stack([ready[c].to_numpy(float) for c in used])
    features[~np.isfinite(features)] = np.nan
    return Sample(
        features=features,
        categorical=np.array([c in texts for c in used]),
        label=frame["label"].to_numpy(bool),
        used=used,
        left_out=[c for c in roles.features if c not in ready],
    )


def below(decisions: Decisions, seed: int, share: float) -> ir.BooleanValue:
    """True for about `share` of the rows, the same ones on every machine."""
    name = decisions.table.columns.id
    key = decisions.rows[name] if name else ibis.row_number()
    limit = int(share * 2**32)
    if key.type().is_integer():
        whole = key.cast("int64").fill_null(0).abs() % (2**31 - 1)
        # Two rounds of a multiplicative hash, small enough for 64 bits (Knuth, TAOCP 3, 6.4).
        once = (whole * 2_654_435_761 + seed) % 4_294_967_291
        return (once % (2**31 - 1) * 2_246_822_519 + seed) % 4_294_967_291 < limit
    digest = (key.cast("string").fill_null("") + f":{seed}").hexdigest("md5")
    return digest.substr(0, 8) < f"{limit:08x}"
