"""Quality of answers before and after a change, on the same rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.intervals import Interval, rate
from playbook.evidence.paired import paired_difference
from playbook.evidence.regression import unit_of
from playbook.evidence.resample import average
from playbook.evidence.robustrows import TriedRows
from playbook.evidence.tables import Decisions

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Group = dict[str, str]
Compared = dict[Literal["loss", "errors", "missed", "flip"], Estimate | None]
_LEAST = 2


@dataclass(frozen=True)
class Quality:
    """What answers are held against.

    Attributes
    ----------
    label, before
        What turned out to be true, and the model's answer to the rows as they are.
    threshold
        The score from which a case is positive; None where nothing says so, and for amounts.
    unit
        What amounts are measured in; empty for scores.
    as_is
        Quality of `before`.
    """

    label: Floats
    before: Floats
    threshold: float | None
    unit: str
    as_is: list[Estimate]
    confidence: float

    @property
    def scores(self) -> bool:
        """Whether answers are scores, not amounts."""
        return not self.unit

    def refusals(self, refused: Flags, asked: Flags, group: Group) -> Estimate:
        """Share of the rows answered before that have no answer any more."""
        found = rate("refusal_rate", int(refused.sum()), int(asked.sum()), group, self.confidence)
        assert found is not None
        return found

    def compared(self, after: Floats, group: Group) -> Compared:
        """What became worse from `before` to `after`, as `robustness.Change` names it; nothing
        where fewer than two rows have both answers."""
        both = np.isfinite(self.before) & np.isfinite(after)
        label, before, now = self.label[both], self.before[both], after[both]
        if len(label) < _LEAST:
            return {}
        if self.scores:
            return self._of_scores(label > 0.5, before, now, group)
        more = np.abs(now - label) - np.abs(before - label)
        most = float(np.abs(more).max())
        mean = average(more, np.ones(len(more)), most=most, confidence=self.confidence)
        measure = "mean_absolute_error_difference"
        how = ", paired"
        return {"loss": mean.estimate(measure, len(more), group=group, unit=self.unit, how=how)}

    def _of_scores(self, positive: Flags, before: Floats, now: Floats, group: Group) -> Compared:
        found: Compared = {}
        if drop := auc_drop(before, now, positive, self.confidence):
            found["loss"] = drop.estimate(
                "robustness_auc_drop", len(positive), group=group, unit="score"
            )
        if self.threshold is None:
            return found
        was, is_ = before >= self.threshold, now >= self.threshold
        changed = was != is_
        flips = int(changed.sum())
        found["flip"] = rate("flip_rate", flips, len(positive), group, self.confidence)
        found["errors"] = self._paired("error_rate_difference", changed, was == positive, group)
        if positive.any():
            found["missed"] = self._paired(
                "false_negative_rate_difference", changed[positive], was[positive], group
            )
        return found

    def _paired(self, measure: str, changed: Flags, was_right: Flags, group: Group) -> Estimate:
        """How many more decisions are wrong, of those given; `changed` turned into the other."""
        worse, better = int((changed & was_right).sum()), int((changed & ~was_right).sum())
        return paired_difference(
            worse, better, len(changed), measure=measure, group=group, confidence=self.confidence
        )


def outcomes(
    decisions: Decisions, rows: TriedRows, before: Floats, heard: Flags, confidence: float
) -> Quality:
    """Scores of two outcomes."""
    _some(heard, decisions)
    label, now = rows.label[heard] > 0.5, before[heard]
    threshold = decisions.table.threshold
    if threshold is None:
        threshold = _implied(rows)
    auc = _auc(now, label, confidence)
    found = [auc] if auc else []
    if threshold is not None:
        wrong = int(((now >= threshold) != label).sum())
        error = rate("error_rate", wrong, len(label), confidence=confidence)
        found += [error] if error else []
    return Quality(rows.label, before, threshold, "", found, confidence)


def amounts(
    decisions: Decisions, rows: TriedRows, before: Floats, heard: Flags, confidence: float
) -> Quality:
    """Predicted amounts."""
    _some(heard, decisions)
    unit = unit_of(decisions)
    error = np.abs(before - rows.label)[heard]
    mean = average(error, np.ones(len(error)), most=float(error.max()), confidence=confidence)
    found = mean.estimate("mean_absolute_error", len(error), unit=unit)
    return Quality(rows.label, before, None, unit, [found], confidence)


def auc_drop(
    before: Floats, after: Floats, positive: Flags, confidence: float = 0.95
) -> Interval | None:
    """How much AUC falls from `before` to `after` on the same rows; None where a class is empty.

    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, "Comparing the areas under two or more
    correlated receiver operating characteristic curves", Biometrics 44 (1988) 837–845. Where both
    orders are the same, the difference is 0 and nothing is uncertain about these rows; where all
    placements agree though the orders differ, the far limit is that of a rate never seen.
    """
    n_pos, n_neg = int(positive.sum()), int((~positive).sum())
    if min(n_pos, n_neg) < _LEAST:
        return None
    one, other = _placements(before, positive), _placements(after, positive)
    gaps = [a - b for a, b in zip(one, other, strict=True)]
    value = float(gaps[0].mean())
    variance = float(gaps[0].var(ddof=1) / n_pos + gaps[1].var(ddof=1) / n_neg)
    half = intervals.quantile(confidence) * math.sqrt(variance)
    if half == 0 and not np.array_equal(np.argsort(before), np.argsort(after)):
        half = float(intervals.exact(0, min(n_pos, n_neg), confidence)[1])
    percent = f"{100 * confidence:g} %"
    low, high = max(value - half, -1.0), min(value + half, 1.0)
    return Interval(value, low, high, f"paired DeLong {percent} interval")


def _placements(score: Floats, positive: Flags) -> tuple[Floats, Floats]:
    """Share of negatives below each positive, and of positives above each negative."""
    from scipy.stats import rankdata

    ranks = rankdata(score)
    n_pos, n_neg = int(positive.sum()), int((~positive).sum())
    return (
        (ranks[positive] - rankdata(score[positive])) / n_neg,
        1 - (ranks[~positive] - rankdata(score[~positive])) / n_pos,
    )


def _auc(score: Floats, positive: Flags, confidence: float) -> Estimate | None:
    levels, place = np.unique(score, return_inverse=True)
    ours, others = (np.bincount(place[c], minlength=len(levels)) for c in (positive, ~positive))
    found = intervals.auc_delong(ours, others, confidence)
    return found.estimate("auc", len(score), unit="score") if found else None


def _implied(rows: TriedRows) -> float | None:
    """The threshold that the table's own decisions follow, where they follow one."""
    if rows.stored is None or rows.decided is None:
        return None
    flagged = rows.decided > 0.5
    if not flagged.any() or (~flagged & (rows.stored >= rows.stored[flagged].min())).any():
        return None
    return float(rows.stored[flagged].min())


def _some(heard: Flags, decisions: Decisions) -> None:
    if int(heard.sum()) < _LEAST:
        raise NoEvidence(
            "the model file gives no answer to any row as it stands in the table",
            where=decisions.where,
            remedy="Look whether 'features:' names the columns that it learnt from",
        )
