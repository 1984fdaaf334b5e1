"""Where the values of a column fall: at most 256 cells a column, laid out from a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from playbook.evidence.columns import is_missing
from playbook.evidence.stored import part, telling
from playbook.evidence.tables import Decisions

SAMPLE = 50_000
"""Rows from which the cells are laid out; all labelled rows are then counted in them."""
CELLS = 254
NO_VALUE = -1
"""The cell of numbers that are missing; of other columns it is null."""
_TEXT = 100


@dataclass(frozen=True)
class Layout:
    """The cell of each column's value as an expression: of numbers and times, and of all else.

    `counters` are the running numbers among them: whole, hardly ever repeated, without large gaps.
    """

    numbers: dict[str, ir.Value]
    others: dict[str, ir.Value]
    counters: frozenset[str]


def lay_out(decisions: Decisions, rows: ir.Table, columns: Sequence[str]) -> Layout:
    """Lay out the cells of `columns` from a sample of `rows`, in one query.

    Of numbers and times a cell is one value where the sample has at most 254 and they can be told
    apart, else one of 254 equal steps on a scale on which the sample lies most evenly; of other
    columns one of the 254 most common values of the sample, or any other.
    """
    numbers = {c: n for c in columns if (n := number_of(rows[c])) is not None}
    texts = {c: rows[c].cast("string") for c in columns if c not in numbers}
    drawn = part(rows, telling(decisions), decisions.n_labelled // SAMPLE)
    keys = {column: f"c{i}" for i, column in enumerate(columns)}
    short = {c: text.substr(0, _TEXT) for c, text in texts.items()}
    asked = {keys[c]: e for c, e in (numbers | short).items()}
    with decisions.source.query():
        sample = drawn.select(**asked).execute()
    values = {c: _finite(sample[keys[c]]) for c in numbers}
    placed = {
        c: ibis.ifelse(is_missing(e), NO_VALUE, _scale(values[c])(e)).cast("int16")
        for c, e in numbers.items()
    }
    named = {c: _named(e, sample[keys[c]]) for c, e in texts.items()}
    whole = [c for c in numbers if rows[c].type().is_integer()]
    return Layout(placed, named, frozenset(c for c in whole if _runs(values[c], decisions.n)))


def sums_by_cell(
    decisions: Decisions,
    rows: ir.Table,
    laid: Layout,
    by: Mapping[str, ir.Value],
    sums: Mapping[str, Callable[[ir.Table], Any]],
    extra: Mapping[str, ir.Value] | None = None,
) -> dict[str, pd.DataFrame]:
    """Of each column `sums` per ``cell`` and what else to group `by`: one query for numbers and
    one for the others. `extra` is what the sums are of."""
    found: dict[str, pd.DataFrame] = {}
    for cells in (laid.numbers, laid.others):
        parts = []
        for i, cell in enumerate(cells.values()):
            both = rows.select(cell=cell, **by, **(extra or {}))
            grouped = both.group_by(["cell", *by]).aggregate(**sums)
            parts.append(grouped.mutate(key=ibis.literal(i)))
        if parts:
            with decisions.source.query():
                frame = (ibis.union(*parts) if len(parts) > 1 else parts[0]).execute()
            found |= {column: frame[frame["key"] == i] for i, column in enumerate(cells)}
    return found


def number_of(column: ir.Value) -> ir.Value | None:
    """A number or point in time as float64; None for any other kind of column."""
    stored = column.type()
    if stored.is_numeric() and not stored.is_boolean():
        return column.cast("float64")
    if stored.is_timestamp() or stored.is_date():
        return column.cast("timestamp").epoch_seconds().cast("float64")
    return None


def can_be_counted(stored: dt.DataType) -> bool:
    """Whether a column of this type has cells; nested values and intervals have none."""
    plain = stored.is_numeric() or stored.is_boolean() or stored.is_string()
    return plain or stored.is_timestamp() or stored.is_date()


def _named(text: ir.Value, sample: pd.Series) -> ir.Value:
    """One of the sample's common short values, an empty text for any other, null where missing."""
    seen = sample.dropna().astype(str)
    seen = seen[(seen.str.strip() != "") & (seen.str.len() < _TEXT)]
    common = seen.value_counts().reset_index().set_axis(["value", "n"], axis=1)
    common = common[common["n"] > 1].sort_values(["n", "value"], ascending=[False, True])
    known = text.isin(common["value"].head(CELLS).tolist()) if len(common) else ibis.literal(False)
    # Whether a text is blank takes longest to say, and is asked only of what is not known.
    rest = ibis.ifelse(is_missing(text), ibis.null("string"), "")
    return ibis.ifelse(known.fill_null(False), text, rest)


def _finite(values: pd.Series) -> np.ndarray:
    numbers = values.to_numpy(float)
    return np.sort(numbers[np.isfinite(numbers)])


def _runs(values: np.ndarray, n: int) -> bool:
    """A running number hardly ever repeats, and its span is about the number of rows."""
    if len(values) < 2:
        return False
    span = values[-1] - values[0] + 1
    return bool(len(np.unique(values)) >= 0.99 * len(values) and n / 2 <= span <= 2 * n)


def _scale(values: np.ndarray) -> Callable[[ir.Value], ir.Value]:
    """Steps from 0 to 254 in which the sorted sample lies most evenly, straight or logarithmic."""
    if not len(values):
        return lambda x: ibis.ifelse(x > 0, 1, 0)
    tails = np.quantile(values, [0.001, 0.999])
    centre = float(np.median(values))
    spread = float(np.quantile(values, 0.75) - np.quantile(values, 0.25)) or 1.0
    # Each candidate: where the scale begins and ends; how far from the centre it stays straight.
    tried = [(float(values[0]), float(values[-1]), 0.0), (float(tails[0]), float(tails[1]), 0.0)]
    for unit in (spread, spread / 100, spread / 10_000):
        tried.append((float(values[0]), float(values[-1]), unit))
        tried.append((float(tails[0]), float(tails[1]), unit))
    best = max(tried, key=lambda t: _evenness(_steps(values, centre, *t)))
    low, step = _ends(centre, *best)

    def place(x: ir.Value) -> ir.Value:
        # Not floored but rounded by the cast that follows: a third of the time.
        bent = _bent_in_engine(x, centre, best[2]) if best[2] else x
        return ibis.greatest(ibis.least((bent - low) * step, float(CELLS)), 0.0)

    return place


def _ends(centre: float, low: float, high: float, unit: float) -> tuple[float, float]:
    a, b = (_bent(np.array([low, high]), centre, unit)).tolist()
    return a, CELLS / (b - a) if b > a else 1.0


def _steps(values: np.ndarray, centre: float, low: float, high: float, unit: float) -> np.ndarray:
    start, step = _ends(centre, low, high, unit)
    return np.round(np.clip((_bent(values, centre, unit) - start) * step, 0, CELLS))


def _bent(values: np.ndarray, centre: float, unit: float) -> np.ndarray:
    if not unit:
        return values
    away = values - centre
    return np.asarray(np.sign(away) * np.log1p(np.abs(away) / unit))


def _bent_in_engine(x: ir.Value, centre: float, unit: float) -> ir.Value:
    away = x - centre
    return ((away.abs() / unit) + 1.0).ln() * away.sign()


def _evenness(steps: np.ndarray) -> float:
    """Entropy of the sample over the steps."""
    share = np.unique(steps, return_counts=True)[1] / len(steps)
    return float(-(share * np.log(share)).sum())
