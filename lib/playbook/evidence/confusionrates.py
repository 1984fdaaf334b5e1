"""Every measure of the four counts of right and wrong decisions, with its interval."""

from __future__ import annotations

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.intervals import Floats, Interval
from playbook.evidence.paired import Confusion
from playbook.evidence.resample import resampled


def rates(confusion: Confusion, confidence: float = 0.95, how: str = "") -> list[Estimate]:
    """All shares and scores of one confusion table; one without a denominator is left out.

    Shares have Wilson's interval (exact under 40 cases). `how` is added to each method.
    """
    tp, fp, tn, fn = confusion.cells
    total = confusion.n
    shares = {
        "accuracy": (tp + tn, total),
        "precision": (tp, tp + fp),
        "recall": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "false_positive_rate": (fp, tn + fp),
        "false_negative_rate": (fn, tp + fn),
        "false_discovery_rate": (fp, tp + fp),
        "negative_predictive_value": (tn, tn + fn),
        "base_rate": (tp + fn, total),
        "positive_rate": (tp + fp, total),
    }
    found = [
        intervals.proportion(k, n, confidence).estimate(measure, n, how=how)
        for measure, (k, n) in shares.items()
        if n > 0
    ]
    scores = [
        f_beta(confusion, 1, confidence, how),
        balanced_accuracy(confusion, confidence, how),
        matthews_correlation(confusion, confidence, how),
    ]
    return found + [e for e in scores if e is not None]


def f_beta(
    confusion: Confusion, beta: float = 1, confidence: float = 0.95, how: str = ""
) -> Estimate | None:
    """The F score: precision and recall in one number, recall weighing `beta` times as much.

    ``(1 + b²) TP / ((1 + b²) TP + b² FN + FP)`` (van Rijsbergen 1979). F1 is ``2 J / (1 + J)`` of
    the share J of true positives among all cases that are positive or decided so, and so takes
    Wilson's limits of J; other betas are resampled. The measure is called ``f1_score``,
    ``f2_score``, ``f0_5_score``. None where no case is positive or decided so.

    Raises
    ------
    ValueError
        `beta` is not positive.
    """
    if not beta > 0:
        raise ValueError("beta must be above 0")
    tp, fp, _, fn = confusion.cells
    either = tp + fp + fn
    if either <= 0:
        return None
    measure = f"f{beta:g}_score".replace(".", "_")
    if beta == 1:
        j = intervals.proportion(tp, either, confidence)
        value, low, high = (2 * x / (1 + x) for x in (j.value, j.low, j.high))
        whole = Interval(value, low, high, f"{j.method} of its Jaccard index")
        return whole.estimate(measure, either, unit="score", how=how)
    b2 = beta * beta

    def statistic(cells: Floats) -> Floats:
        hits, alarms, _, misses = cells.T
        return _over((1 + b2) * hits, (1 + b2) * hits + b2 * misses + alarms)

    found = resampled(confusion.cells, statistic, confidence=confidence)
    return found.estimate(measure, either, unit="score", how=how)


def balanced_accuracy(
    confusion: Confusion, confidence: float = 0.95, how: str = ""
) -> Estimate | None:
    """Mean of recall and specificity, so that the rarer class counts as much as the other.

    Half of one plus Youden's J (1950), which is the difference of two independent rates: Newcombe's
    interval. None where a class is empty.
    """
    tp, fp, tn, fn = confusion.cells
    if min(tp + fn, tn + fp) <= 0:
        return None
    j = intervals.difference(tp, tp + fn, fp, tn + fp, confidence)
    value, low, high = ((1 + x) / 2 for x in (j.value, j.low, j.high))
    method = f"{j.method} of recall plus specificity"
    found = Interval(value, low, high, method)
    return found.estimate("balanced_accuracy", confusion.n, unit="score", how=how)


def matthews_correlation(
    confusion: Confusion, confidence: float = 0.95, how: str = ""
) -> Estimate | None:
    """Correlation of label and decision (Matthews 1975): 1 perfect, 0 no better than chance.

    Resampled; a resample without a class, or without one of the decisions, counts as 0. None
    where the table itself is such.
    """
    tp, fp, tn, fn = confusion.cells
    if min(tp + fp, tp + fn, tn + fp, tn + fn) <= 0:
        return None
    found = resampled(confusion.cells, _phi, confidence=confidence)
    return found.estimate("matthews_correlation_coefficient", confusion.n, unit="score", how=how)


def _phi(cells: Floats) -> Floats:
    tp, fp, tn, fn = cells.T
    within = np.sqrt((tp + fp) * (tp + fn)) * np.sqrt((tn + fp) * (tn + fn))
    return _over(tp * tn - fp * fn, within)


def _over(top: Floats, bottom: Floats) -> Floats:
    """The quotient, 0 where there is nothing to divide by."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
