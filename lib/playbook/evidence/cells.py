"""One column against the label: at most 256 cells a column, and how well they tell it (AUC)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.evidence.celllayout import CELLS, NO_VALUE, can_be_counted, lay_out, sums_by_cell
from playbook.evidence.intervals import Interval, auc_delong
from playbook.evidence.stored import LABEL, labelled
from playbook.evidence.tables import Decisions

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


def count_cells(decisions: Decisions, columns: Sequence[str]) -> dict[str, Cells]:
    """Count the labelled rows of each column by cell and label, see `lay_out`."""
    rows = labelled(decisions)
    laid = lay_out(decisions, rows, columns)
    label = {"label": rows[LABEL]}
    n = {"n": lambda t: t.count()}
    found = sums_by_cell(decisions, rows, laid, label, n)
    return {
        column: _cells(found[column], column in laid.numbers, column in laid.counters)
        for column in columns
    }


def _cells(frame: pd.DataFrame, ordered: bool, counter: bool) -> Cells:
    lacking = frame["cell"] == NO_VALUE if ordered else frame["cell"].isna()
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


__all__ = ["CELLS", "Cells", "can_be_counted", "count_cells"]
