"""What every threshold trades: who is decided how, who is wronged, and what it is worth.

Everything is counted and simulated here, once: whoever shows it only looks numbers up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence, PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import tradeofflookup, tradeoffwords
from playbook.evidence.counts import count
from playbook.evidence.cutoffs import at_every_threshold
from playbook.evidence.display import Html, stack
from playbook.evidence.groups import check_groups, favourable
from playbook.evidence.intervals import rate
from playbook.evidence.money import Money
from playbook.evidence.paired import Confusion, Paired
from playbook.evidence.performance import require
from playbook.evidence.tables import Decisions
from playbook.evidence.threshold_effects import ThresholdEffects, threshold_effects
from playbook.evidence.thresholdgrid import even_thresholds, threshold_label
from playbook.evidence.value import value_difference, value_per_decision
from playbook.product import Words

DRAWS = 1_000
"""Of each simulation, as many as a sweep makes; at today's threshold money has its own."""
_CELLS = ["tp", "fp", "tn", "fn"]


@dataclass(frozen=True)
class Tradeoffs:
    """All thresholds side by side.

    Attributes
    ----------
    frame
        ``threshold, tp, fp, tn, fn``, thresholds rising, at most 101; a case is positive from the
        threshold upwards.
    rates
        ``positive_rate``, ``false_positive_rate`` and ``false_negative_rate`` at each threshold;
        None where there is no such case.
    labels
        The thresholds as people write them.
    current, best
        Places of today's threshold and of the one that is worth most, in `frame`.
    groups
        Per group column the rates of each group at each threshold.
    no_groups, no_money
        Why there are none, and what to do about it; empty where there are.
    values
        Money per decision at each threshold; empty without stakes.
    gains
        By how much that is more than at today's threshold, both at the same draws of rows and
        stakes; None at today's.
    """

    frame: pd.DataFrame
    rates: dict[str, list[Estimate | None]]
    labels: list[str]
    current: int | None
    best: int | None
    groups: list[ThresholdEffects]
    no_groups: str
    money: Money | None
    no_money: str
    values: list[Estimate]
    gains: list[Estimate | None]
    favourable_is_positive: bool | None
    words: Words

    @property
    def estimates(self) -> list[Estimate]:
        """Everyone's rates and money at today's and at the best threshold."""
        found: list[Estimate | None] = []
        for place in dict.fromkeys(p for p in (self.current, self.best) if p is not None):
            told = [rates[place] for rates in self.rates.values()]
            told += [*self.values[place : place + 1], *self.gains[place : place + 1]]
            name = {"threshold": self.labels[place]}
            found += [e.model_copy(update={"group": name}) for e in told if e]
        return [e for e in found if e is not None]

    def payload(self) -> dict[str, Any]:
        """Numbers and sentences for each threshold, ready for JSON."""
        return tradeofflookup.payload(self)

    def summary(self) -> Html:
        """What today's threshold does."""
        return tradeoffwords.summary(self)

    def table(self) -> Html:
        """Five thresholds beside each other: today's, the best one and three others."""
        return tradeoffwords.table_of(self)

    def static(self) -> Html:
        """What stands in reports: the sentences for today, and the table."""
        return stack(self.summary(), self.table())


def tradeoffs(
    decisions: Decisions,
    money: Money | NoEvidence | None = None,
    minimum_n: int = 1,
    confidence: float = 0.95,
) -> Tradeoffs:
    """Rates, groups and money at up to 101 thresholds.

    Rates have Wilson's interval (exact under 40 cases), groups those of `threshold_effects`, money
    that of `value_per_decision`, and its difference to today's threshold that of
    `value_difference` on the same rows.

    Parameters
    ----------
    money
        `evidence.money`'s result, or why there is none.
    minimum_n
        Cases a group needs to be judged.

    Raises
    ------
    PlaybookError
        There is no label, score or decision.
    """
    require(decisions, "label", "score", "prediction")
    counts = count(decisions, scores=True)
    every, current = at_every_threshold(counts)
    sweep = money.sweep if isinstance(money, Money) else None
    known = [t for t in (current, sweep.best if sweep else None) if t is not None]
    even, decimals = even_thresholds(counts)
    points = np.union1d(even, known)
    # A case is positive from the first score on that is not below the threshold.
    rows = np.searchsorted(np.append(counts.edges, np.inf), points)
    frame = every[_CELLS].iloc[rows].reset_index(drop=True)
    frame.insert(0, "threshold", points)
    place = {float(t): i for i, t in enumerate(points)}
    now = None if current is None else place[current]
    best = None if sweep is None else place[sweep.best]
    groups, no_groups = _by_group(decisions, points, minimum_n, confidence)
    values, gains = _worth(frame, money, now, best, confidence)
    return Tradeoffs(
        frame=frame,
        rates=_rates(frame, confidence, counts.how),
        labels=[threshold_label(t, decimals, counts.bins == "exact") for t in points.tolist()],
        current=now,
        best=best,
        groups=groups,
        no_groups=no_groups,
        money=money if values and isinstance(money, Money) else None,
        no_money="" if values else _why(money),
        values=values,
        gains=gains,
        favourable_is_positive=decisions.favourable_is_positive,
        words=decisions.product.words,
    )


def _rates(frame: pd.DataFrame, confidence: float, how: str) -> dict[str, list[Estimate | None]]:
    tp, fp, tn, fn = (frame[c].to_numpy(float) for c in _CELLS)
    parts = {
        "positive_rate": (tp + fp, tp + fp + tn + fn),
        "false_positive_rate": (fp, fp + tn),
        "false_negative_rate": (fn, tp + fn),
    }
    return {
        measure: [
            rate(measure, k, n, confidence=confidence, how=how)
            for k, n in zip(part.tolist(), whole.tolist(), strict=True)
        ]
        for measure, (part, whole) in parts.items()
    }


def _by_group(
    decisions: Decisions, points: np.ndarray, minimum_n: int, confidence: float
) -> tuple[list[ThresholdEffects], str]:
    columns = decisions.table.columns.groups
    try:
        favourable(decisions)
        check_groups(decisions, columns)
    except PlaybookError as missing:
        return [], f"Groups are not shown: {missing.what}. {missing.remedy}."
    return [
        threshold_effects(decisions, points.tolist(), column, minimum_n, confidence)
        for column in columns
    ], ""


def _worth(
    frame: pd.DataFrame,
    money: Money | NoEvidence | None,
    now: int | None,
    best: int | None,
    confidence: float,
) -> tuple[list[Estimate], list[Estimate | None]]:
    """Money at each threshold, and more than today's; the same intervals as in `money`."""
    if not isinstance(money, Money) or money.sweep is None:
        return [], []
    at = [Confusion(*cells) for cells in frame[_CELLS].to_numpy(float).tolist()]
    shared: dict[str, Any] = {"stakes": money.stakes, "currency": money.currency,
                              "confidence": confidence, "draws": DRAWS}  # fmt: skip
    values = [value_per_decision(confusion, **shared) for confusion in at]
    if best is not None:
        values[best] = money.sweep.at_best
    if now is None:
        return values, [None] * len(at)
    values[now] = money.value
    gains = [
        None
        if place == now
        else value_difference(there, at[now], joint=nested(there, at[now]), **shared)
        for place, there in enumerate(at)
    ]
    return values, gains


def nested(first: Confusion, second: Confusion) -> Paired:
    """Two thresholds of one score on the same rows: the lower one flags all the other flags."""

    def beside(one: float, other: float, whole: float) -> tuple[tuple[float, float], ...]:
        neither = max(whole - max(one, other), 0.0)
        return (neither, max(other - one, 0.0)), (max(one - other, 0.0), min(one, other))

    tp, fp, tn, fn = first.cells
    negative = beside(fp, second.false_positive, fp + tn)
    positive = beside(tp, second.true_positive, tp + fn)
    counts: Any = (negative, positive)
    return Paired(counts)


def _why(money: Money | NoEvidence | None) -> str:
    if isinstance(money, NoEvidence):
        what = money.what[:1].upper() + money.what[1:]
        return f"{what}. {money.remedy}." if money.remedy else f"{what}."
    return (
        "Money cannot be shown: nobody has stated what right and wrong decisions are worth. "
        "Answer these questions in the playbook Problem definition."
    )
