"""How good the model must be to pay: the worst quality that is still worth more than without it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import breakevenwords, intervals
from playbook.evidence.baseline import BaselineComparison
from playbook.evidence.counts import count
from playbook.evidence.display import Html
from playbook.evidence.onerule import paired
from playbook.evidence.paired import Confusion, Paired
from playbook.evidence.tables import Decisions
from playbook.evidence.value import Array, Stakes, estimate, joint_cells, joint_draws
from playbook.product import Words

Pays = Literal["from here", "always", "never"]


@dataclass(frozen=True)
class Limit:
    """A quality at which the model breaks even, all else as today.

    Attributes
    ----------
    at
        The lowest recall or precision, or the highest false positive rate, that still pays; 0 or 1
        where any does or none.
    today
        The quality measured.
    margin
        How much better today is than break-even: positive where the model pays.
    pays
        ``from here``, or ``always`` and ``never`` where at the most likely stakes every quality
        pays, or none.
    """

    at: Estimate
    today: Estimate
    margin: Estimate
    pays: Pays


@dataclass(frozen=True)
class Against:
    """Break-even qualities against one alternative; ``None`` where there are no such cases."""

    name: str
    description: str
    recall: Limit | None
    false_positive_rate: Limit | None
    precision: Limit | None
    advantage: float
    """Money per decision by which the model is worth more, at the means of the stakes."""

    @property
    def limits(self) -> list[Limit]:
        """The limits that are known."""
        return [x for x in (self.recall, self.false_positive_rate, self.precision) if x]


@dataclass(frozen=True)
class BreakEven:
    """Break-even qualities against each alternative; the first is to gain and lose nothing."""

    rows: list[Against]
    words: Words

    @property
    def nothing(self) -> Against:
        """Against a value of zero."""
        return self.rows[0]

    @property
    def hardest(self) -> Against:
        """Against the way to decide without AI that is worth most."""
        return min(self.rows[1:], key=lambda row: row.advantage)

    @property
    def estimates(self) -> list[Estimate]:
        """Break-even qualities and margins, the hardest alternative first."""
        ordered = [self.hardest, *(row for row in self.rows if row is not self.hardest)]
        return [e for row in ordered for limit in row.limits for e in (limit.at, limit.margin)]

    def summary(self) -> Html:
        """How many the model must find, and how few it may wrongly flag, to pay."""
        return breakevenwords.summary(self)

    def table(self) -> Html:
        """All qualities against all alternatives."""
        return breakevenwords.table_of(self)

    def chart(self) -> Html:
        """Break-even recall against each alternative, and today's recall."""
        return breakevenwords.chart(self)


def break_even(
    source: Decisions | Confusion,
    stakes: Stakes,
    *,
    baseline: BaselineComparison | None = None,
    words: Words | None = None,
    draws: int = 4000,
    seed: int = 0,
    confidence: float = 0.95,
) -> BreakEven:
    """The worst quality at which a decision is still worth more than without the model.

    With base rate p, recall r and false positive rate f, a decision is worth
    ``p [r g₊ − (1 − r) c₋] + (1 − p) [(1 − f) g₋ − f c₊]``, g and c being gains and costs. That is
    linear in r and in f, so that each has one value at which it equals what the alternative is
    worth. The lowest precision holds the number of cases decided positive as it is; against
    deciding all negative it is Elkan's threshold (IJCAI 2001, equation 2). Intervals come from the
    joint draws of rows and stakes of `value.simulate`: in each draw the break-even is solved anew.

    Parameters
    ----------
    source
        The table, or its confusion counts.
    baseline
        Further alternatives to deciding all alike: the stated rule and rules on single columns,
        each on its own rows.

    Raises
    ------
    PlaybookError
        There are no rows with label and prediction.
    """
    how = ""
    if isinstance(source, Decisions):
        words = words or source.product.words
        if not (source.has_label and source.has_prediction):
            raise PlaybookError(
                "where the model breaks even cannot be computed without a label and a prediction",
                where=source.where,
                remedy="Name both columns in product.yaml, or a score with a threshold",
            )
        counts = count(source)
        how = counts.how
        confusion = paired(counts.frame, counts.frame["prediction"]).model
    else:
        confusion = source
    words = words or Words()
    if confusion.n <= 0:
        raise PlaybookError(
            "where the model breaks even cannot be computed from no rows",
            remedy="Give rows that have a label and a prediction",
        )
    alternatives: list[tuple[str, str, Paired, bool]] = [
        ("nothing", "neither gain nor loss", _alike(confusion, 0), True),
        ("all negative", f"every {words.case} {words.negative}", _alike(confusion, 0), False),
        ("all positive", f"every {words.case} {words.positive}", _alike(confusion, 1), False),
    ]
    alternatives += [
        (row.name, row.description, row.paired, False)
        for row in (baseline.rows if baseline else [])
        if row.name != "everyone alike"
    ]
    rows = []
    for name, description, joint, zero in alternatives:
        solved = _Solved(joint, stakes, zero, name, draws, seed, confidence, how)
        rows.append(Against(name, description, *solved.limits(), solved.advantage))
    return BreakEven(rows, words)


class _Solved:
    """One alternative: everything at the point (first entry) and in each draw (the others)."""

    def __init__(
        self, joint: Paired, stakes: Stakes, zero: bool, name: str, draws: int, seed: int,
        confidence: float, how: str,
    ) -> None:  # fmt: skip
        counts, ours, theirs = joint_cells(joint)
        rows = np.asarray(counts, float)
        worth, shares = joint_draws(rows, stakes, draws, seed)
        shares = np.column_stack([rows / rows.sum(), shares])
        self.worth = np.column_stack([stakes.mean, worth])
        self.cells = ours.T @ shares
        other = (theirs.T @ shares * self.worth).sum(axis=0)
        self.other = np.zeros_like(other) if zero else other
        self.model, self.name = joint.model, name
        self.confidence, self.how = confidence, how
        self.advantage = float((self.cells * self.worth).sum(axis=0)[0] - self.other[0])

    def limits(self) -> tuple[Limit | None, Limit | None, Limit | None]:
        tp, fp, tn, fn = self.cells
        found, alarm, passed, missed = self.worth
        good, bad, flagged = tp + fn, fp + tn, tp + fp
        c = self.model
        return (
            self._limit(
                "recall", c.true_positive, c.true_positive + c.false_negative,
                self.other - (good * missed + fp * alarm + tn * passed), good * (found - missed),
                tp / good,
            ) if c.true_positive + c.false_negative else None,
            self._limit(
                "false_positive_rate", c.false_positive, c.false_positive + c.true_negative,
                tp * found + fn * missed + bad * passed - self.other, bad * (passed - alarm),
                fp / bad, most=True,
            ) if c.false_positive + c.true_negative else None,
            self._limit(
                "precision", c.true_positive, c.true_positive + c.false_positive,
                self.other - (flagged * alarm + (bad - flagged) * passed + good * missed),
                flagged * (found - missed + passed - alarm), tp / flagged,
            ) if c.true_positive + c.false_positive else None,
        )  # fmt: skip

    def _limit(
        self, measure: str, k: float, n: float, need: Array, slope: Array, today: Array,
        *, most: bool = False,
    ) -> Limit:  # fmt: skip
        """Solve ``slope × quality = need``; a `most` is the highest quality, else the lowest."""
        # Where quality earns nothing, or costs, the best quality decides: all pay, or none.
        any_pays = need - slope > 0 if most else slope - need > 0
        flat = np.where(any_pays == most, np.inf, -np.inf)
        solved = np.divide(need, slope, out=flat, where=slope > 0)
        point, at = solved[0], np.clip(solved, 0.0, 1.0)
        margin = at - today if most else today - at
        group = {"alternative": self.name}
        now = intervals.rate(measure, k, n, confidence=self.confidence, how=self.how)
        assert now is not None
        pays: Pays = "from here"
        if point <= 0 or point > 1:
            pays = "always" if (point > 1) == most else "never"
        told = partial(estimate, n=n, group=group, confidence=self.confidence)
        return Limit(
            at=told(float(at[0]), at[1:], measure=f"break_even_{measure}", unit="share"),
            today=now,
            margin=told(
                float(margin[0]), margin[1:], measure=f"{measure}_margin", unit="difference"
            ),
            pays=pays,
        )  # fmt: skip


def _alike(confusion: Confusion, decided: int) -> Paired:
    """The model beside deciding every case alike."""
    tp, fp, tn, fn = confusion.cells

    def cell(n: float) -> tuple[float, float]:
        return (0, n) if decided else (n, 0)

    return Paired(((cell(tn), cell(fp)), (cell(fn), cell(tp))))
