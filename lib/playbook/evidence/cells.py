"""One column against the label: at most 256 cells a column, and how well they tell it (AUC)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from playbook.evidence.columns import is_missing
from playbook.evidence.intervals import Interval, auc_delong
from playbook.evidence.stored import LABEL, labelled, part, telling
from playbook.evidence.tables import Decisions

SAMPLE = 50_000
"""Rows from which the cells are laid out; all labelled rows are then counted in them."""
CELLS = 254
_MISSING = -1
_TEXT = 100
_PRIOR = 2.0


@dataclass(frozen=True)
class Cells:
    """Labelled rows of one column, by cell.

    Attributes
    ----------
    positives, negatives
        Rows of each label per cell that holds values; of numbers and times in ascending order.
    missing
        Rows without a value: with a positive label, with a negative one.
    ordered
        Whether the order of the cells means something.
    counter
        Whether the column is a running number: whole, hardly ever repeated, without large gaps.
    """

    positives: np.ndarray
    negatives: np.ndarray
    missing: tuple[int, int]
    ordered: bool
    counter: bool = False

    @property
    def present(self) -> tuple[int, int, int, int]:
        """Positive rows with a value, all positive rows, and the same of negative rows."""
        there, lacking = (int(self.positives.sum()), int(self.negatives.sum())), self.missing
        return there[0], there[0] + lacking[0], there[1], there[1] + lacking[1]

    def auc(self, confidence: float = 0.95) -> tuple[Interval, int] | None:
        """How well the column alone tells the label, and the rows this rests on.

        Of numbers and times the AUC of the values in order, in either direction, over rows that
        have one; of all columns that of each cell's positive rate, missing being one more cell,
        where that is higher. None where a label does not occur.
        """
        found = [_crossfitted(self, confidence)]
        if self.ordered:
            found.append(_ranked(self, confidence))
        return max((f for f in found if f), key=lambda f: f[0].low, default=None)


def _ranked(cells: Cells, confidence: float) -> tuple[Interval, int] | None:
    positives, negatives = cells.positives, cells.negatives
    up = auc_delong(positives, negatives, confidence)
    down = auc_delong(positives[::-1], negatives[::-1], confidence)
    if up is None or down is None:
        return None
    best = up if up.value >= down.value else down
    return best, int(positives.sum() + negatives.sum())


def _crossfitted(cells: Cells, confidence: float) -> tuple[Interval, int] | None:
    """Each half of the rows is ranked by the positive rates of the other half; the mean of both.

    Which half a row falls in is drawn per cell: only counts are needed. Rates are drawn towards the
    overall one by two rows' worth, so that a value seen once tells nothing, and an id is no leak.
    The limits of the mean are joined from both halves' (MOVER: Zou and Donner 2008). Where rows are
    too few to learn the order of the values the result is a little low, never too high.
    """
    positives = np.append(cells.positives, cells.missing[0])
    negatives = np.append(cells.negatives, cells.missing[1])
    rng = np.random.default_rng(0)
    half = rng.binomial(positives, 0.5), rng.binomial(negatives, 0.5)
    other = positives - half[0], negatives - half[1]
    found = [_ranked_by(half, other, confidence), _ranked_by(other, half, confidence)]
    first, second = found
    if first is None or second is None:
        return None
    value = (first.value + second.value) / 2
    below = math.hypot(first.value - first.low, second.value - second.low) / 2
    above = math.hypot(first.high - first.value, second.high - second.value) / 2
    method = f"positive rate per value learned on the other half of the rows, {first.method}"
    interval = Interval(value, max(0.0, value - below), min(1.0, value + above), method)
    return interval, int(positives.sum() + negatives.sum())


def _ranked_by(
    learned: tuple[np.ndarray, np.ndarray], judged: tuple[np.ndarray, np.ndarray], confidence: float
) -> Interval | None:
    """AUC among `judged` rows of their cells' positive rates among the `learned` ones."""
    p, n = learned
    base = p.sum() / max(1, p.sum() + n.sum())
    rates = (p + _PRIOR * base) / (p + n + _PRIOR)
    _, place = np.unique(rates, return_inverse=True)
    return auc_delong(np.bincount(place, judged[0]), np.bincount(place, judged[1]), confidence)


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


def count_cells(decisions: Decisions, columns: Sequence[str]) -> dict[str, Cells]:
    """Count the labelled rows of each column by cell and label, in three queries for all columns.

    Of numbers and times a cell is one value where the sample has at most 254 and they can be told
    apart, else one of 254 equal steps on a scale on which the sample lies most evenly; of other
    columns one of the 254 most common values of the sample, or any other.
    """
    rows = labelled(decisions)
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
        c: ibis.ifelse(is_missing(e), _MISSING, _scale(values[c])(e)).cast("int16")
        for c, e in numbers.items()
    }
    named = {c: _named(e, sample[keys[c]]) for c, e in texts.items()}
    found = _counted(decisions, rows, placed, keys) | _counted(decisions, rows, named, keys)
    return {
        column: _cells(
            found[column],
            column in numbers,
            column in numbers
            and rows[column].type().is_integer()
            and _runs(values[column], decisions.n),
        )
        for column in columns
    }


def _counted(
    decisions: Decisions, rows: ir.Table, cells: dict[str, ir.Value], keys: dict[str, str]
) -> dict[str, pd.DataFrame]:
    if not cells:
        return {}
    parts = []
    for column, cell in cells.items():
        both = rows.select(cell=cell, label=rows[LABEL])
        grouped = both.group_by(["cell", "label"]).aggregate(n=lambda t: t.count())
        parts.append(grouped.mutate(key=ibis.literal(keys[column])))
    with decisions.source.query():
        frame = (ibis.union(*parts) if len(parts) > 1 else parts[0]).execute()
    return {column: frame[frame["key"] == keys[column]] for column in cells}


def _cells(frame: pd.DataFrame, ordered: bool, counter: bool) -> Cells:
    lacking = frame["cell"] == _MISSING if ordered else frame["cell"].isna()
    there = frame[~lacking].pivot_table(
        index="cell", columns="label", values="n", aggfunc="sum", fill_value=0
    )
    wide = there.reindex(columns=[True, False], fill_value=0).sort_index()
    without = [int(frame.loc[lacking & (frame["label"] == x), "n"].sum()) for x in (True, False)]
    return Cells(
        positives=wide[True].to_numpy("int64"),
        negatives=wide[False].to_numpy("int64"),
        missing=(without[0], without[1]),
        ordered=ordered,
        counter=counter,
    )


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
