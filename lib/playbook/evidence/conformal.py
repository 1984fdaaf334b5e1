"""How many cases the model can settle by itself at a stated risk: conformal prediction sets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import conformalwords, intervals
from playbook.evidence.display import Html
from playbook.evidence.halves import (
    cells,
    deal,
    group_rows,
    halve,
    portion,
    scored,
)
from playbook.evidence.intervals import holm
from playbook.evidence.riskcontrol import binomial_tail, check_risk
from playbook.evidence.tables import Decisions
from playbook.product import Words

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_EPSILON = 1e-8


@dataclass(frozen=True)
class GroupPromise:
    """Whether the promise holds for one group.

    Attributes
    ----------
    coverage
        Share of the group's cases whose answers hold the truth.
    settled
        Share of the group's cases with exactly one answer.
    p
        One-sided exact p-value that the group is covered as promised, by Holm for all groups.
    """

    coverage: Estimate
    settled: Estimate
    p: float
    too_few: bool
    level: float

    @property
    def broken(self) -> bool:
        """Whether the group is shown to be covered less often than promised."""
        return not self.too_few and self.p < self.level


@dataclass(frozen=True)
class Conformal:
    """Prediction sets: each case gets one answer, both (undecided) or none (neither fits).

    Attributes
    ----------
    risk
        The share of cases whose answers may miss the truth, as stated.
    by_class
        Whether the promise is made to each kind of case by itself instead of on average.
    negative_to, positive_from
        The cut-offs: "negative" is an answer up to the first score, "positive" from the second.
    settled, undecided, neither
        Shares of the cases with one answer, with both, with none.
    settled_wrongly
        Share of the cases with one answer for which it is wrong; None where none has one.
    coverage
        Share of the cases whose answers hold the truth.
    by_label
        Coverage of those who should be positive, and of those who should be negative.
    groups
        Coverage by group, column by column.
    settled_each_kind
        Share that would have one answer if the promise were made to each kind of case by itself.
    n_calibration
        Cases the cut-offs were taken from; all shares rest on the other half.
    """

    risk: float
    by_class: bool
    negative_to: float
    positive_from: float
    settled: Estimate
    undecided: Estimate
    neither: Estimate
    settled_wrongly: Estimate | None
    settled_each_kind: Estimate
    coverage: Estimate
    by_label: list[Estimate]
    groups: list[GroupPromise]
    n_calibration: float
    minimum_n: int
    words: Words

    @property
    def too_few(self) -> bool:
        """Whether there are too few cases to exclude any answer at this risk."""
        return self.negative_to >= 1 and self.positive_from <= 0

    @property
    def estimates(self) -> list[Estimate]:
        """Shares settled, undecided and unfit, errors among those settled, and all coverages."""
        found = [self.settled, self.undecided, self.neither, self.settled_wrongly, self.coverage]
        found += [*self.by_label, *(e for g in self.groups for e in (g.coverage, g.settled))]
        return [e for e in found if e is not None]

    def summary(self) -> Html:
        """How many cases the model can settle by itself, and whether the promise holds."""
        return conformalwords.summary(self)

    def table(self) -> Html:
        """Shares by kind of answer, and coverage for everyone, each kind and each group."""
        return conformalwords.table_of(self)

    def chart(self) -> Html:
        """Coverage of everyone, of each kind and of each group, against the promise."""
        return conformalwords.chart(self)


def conformal(
    decisions: Decisions,
    risk: float = 0.1,
    confidence: float = 0.95,
    seed: int = 0,
    *,
    by_class: bool = False,
    minimum_n: int = 30,
) -> Conformal:
    """Split-conformal prediction sets from counts by score and label.

    A random half of the cases gives the cut-offs, the other half says what they do. The score of
    nonconformity is one less the chance that the score gives to the truth (LAC: Sadinle, Lei and
    Wasserman, JASA 114 (2019) 223–234). Whatever the model, the answers of a new case of the same
    kind miss the truth with a chance of at most `risk`, on average over splits (Vovk, Gammerman
    and Shafer 2005). With `by_class` that holds for each kind of case by itself (Mondrian: Vovk
    2012), which an average can hide. Binned scores are scores too: the promise is not touched.

    Parameters
    ----------
    risk
        Share of cases whose answers may miss the truth, above 0 and below 1.
    minimum_n
        Cases in the second half a group needs to be judged.

    Raises
    ------
    PlaybookError
        There is no label of two values, no score, or a half without a case; or the risk is no
        share.
    """
    check_risk(risk)
    counts = scored(decisions)
    whole = cells(counts, "score", "label")
    score, label = whole["score"].to_numpy(), whole["label"].to_numpy(bool)
    rng = np.random.default_rng(seed)
    first = halve(whole, rng)
    calibration = portion(whole, first)
    second = whole["rows"].to_numpy() - first
    n = portion(whole, second)
    if not (calibration.sum() and n.sum()):
        raise NoEvidence(
            "there are too few cases to split them into two halves",
            where=decisions.where,
            remedy="Give more rows that have a label and a score",
        )
    q_negative, q_positive = cut_offs(score, label, calibration, risk, by_class=by_class)
    says_no, says_yes = answers(score, q_negative, q_positive)
    one, held = says_no ^ says_yes, np.where(label, says_yes, says_no)
    how = f", split conformal (LAC), second half of the cases{counts.how_scored}"

    def part(
        measure: str, of: Flags, among: Flags | None = None, group: dict[str, str] | None = None
    ) -> Estimate | None:
        base = n if among is None else n * among
        k, total = float((base * of).sum()), float(base.sum())
        return intervals.rate(measure, k, total, group=group, confidence=confidence, how=how)

    words = decisions.product.words
    kinds = ((words.positive, label), (words.negative, ~label))
    by_label = [part("coverage", held, which, {"label": name}) for name, which in kinds]
    no_each, yes_each = answers(score, *cut_offs(score, label, calibration, risk, by_class=True))
    singles = {
        "singleton_rate": one,
        "undecided_rate": says_no & says_yes,
        "empty_set_rate": ~(says_no | says_yes),
        "coverage": held,
        "each_kind": no_each ^ yes_each,
    }
    shares = {name: part(name, flags) for name, flags in singles.items()}
    there = {name: e for name, e in shares.items() if e is not None}
    promises = []
    for column in decisions.table.columns.groups:
        names, group_all, group_n = group_rows(decisions, column, whole)
        dealt = deal(group_all, second, rng) * group_n / np.maximum(group_all, 1)
        for name, base in zip(names, dealt, strict=True):
            estimates = [
                intervals.rate(
                    measure, float((base * of).sum()), float(base.sum()),
                    group={column: name}, confidence=confidence, how=how,
                )
                for measure, of in (("coverage", held), ("singleton_rate", one))
            ]  # fmt: skip
            tail = float(binomial_tail((base * held).sum(), base.sum(), 1 - risk))
            promises.append((estimates, tail))
    return Conformal(
        risk=risk,
        by_class=by_class,
        negative_to=min(q_negative, 1.0),
        positive_from=max(1 - q_positive, 0.0),
        settled=there["singleton_rate"],
        undecided=there["undecided_rate"],
        neither=there["empty_set_rate"],
        settled_wrongly=part("settled_error_rate", ~held, one),
        settled_each_kind=there["each_kind"],
        coverage=there["coverage"],
        by_label=[e for e in by_label if e is not None],
        groups=_judged(promises, minimum_n, 1 - confidence),
        n_calibration=float(calibration.sum()),
        minimum_n=minimum_n,
        words=words,
    )


def cut_offs(
    score: Floats, label: Flags, n: Floats, risk: float, *, by_class: bool = False
) -> tuple[float, float]:
    """Largest nonconformity at which "negative" and "positive" are still answers.

    The ``⌈(n + 1)(1 − risk)⌉``-th smallest nonconformity of the calibration cases, of all or of
    each class; infinite where there are too few. Weights count as effective cases.

    Parameters
    ----------
    score, label, n
        Score, label and number of cases of each cell, shape (cells,).
    """
    strange = 1 - np.where(label, score, 1 - score)
    if not by_class:
        both = _order_statistic(strange, n, risk)
        return both, both
    negative, positive = (
        _order_statistic(strange[which], n[which], risk) for which in (~label, label)
    )
    return negative, positive


def answers(score: Floats, q_negative: float, q_positive: float) -> tuple[Flags, Flags]:
    """Whether "negative" and whether "positive" is an answer at each score."""
    return 1 - (1 - score) <= q_negative + _EPSILON, 1 - score <= q_positive + _EPSILON


def _order_statistic(values: Floats, n: Floats, risk: float) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(n[order])
    rank = (n.sum() + 1) * (1 - risk)
    place = int(np.searchsorted(reached, rank - 1e-9 * max(1.0, rank)))
    return float(values[order][place]) if place < len(values) else math.inf


def _judged(
    found: list[tuple[list[Estimate | None], float]], minimum_n: int, level: float
) -> list[GroupPromise]:
    """Groups with Holm's correction over those that are large enough to judge."""
    there = [(c, s, p) for (c, s), p in found if c is not None and s is not None]
    large = [p for c, _, p in there if c.n >= minimum_n]
    adjusted = iter(holm(large)) if large else iter(())
    return [
        GroupPromise(c, s, next(adjusted) if c.n >= minimum_n else 1.0, c.n < minimum_n, level)
        for c, s, p in there
    ]
