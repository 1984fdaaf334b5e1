"""How good scores are without any threshold: AUC, average precision, Brier score, log loss.

All from positives and negatives at each score. Where scores are binned, each value has a bound for
what lies hidden within the bins; the interval is widened by it and the method names it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.special import digamma, expit, logit, stdtrit

from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.counts import Counts
from playbook.evidence.intervals import Floats, Interval
from playbook.evidence.resample import average


def score_estimates(counts: Counts, confidence: float = 0.95) -> list[Estimate]:
    """AUC, average precision, Brier score and log loss, as far as both classes occur.

    Parameters
    ----------
    counts
        Counted with ``scores=True``.
    """
    by_score = counts.by_score()
    positives, negatives = (by_score[c].to_numpy(float) for c in ("positives", "negatives"))
    score, edge = by_score["score"].to_numpy(float), by_score["edge"].to_numpy(float)
    binned = counts.bins != "exact"
    found: dict[str, Interval] = {}
    if auc := intervals.auc_delong(positives, negatives, confidence):
        bound = auc_bound(positives, negatives)
        found["auc"] = widened(auc, auc.value - bound, auc.value + bound) if binned else auc
    if precision := average_precision(positives, negatives, confidence):
        least, most = average_precision_bounds(positives, negatives)
        found["average_precision"] = widened(precision, least, most) if binned else precision
    for name, loss in (("brier_score", squared_error), ("log_loss", logarithmic)):
        weights, n = np.concatenate([positives, negatives]), positives.sum() + negatives.sum()
        losses = loss(score)
        unseen = float(losses[np.concatenate([negatives, positives]) > 0].max())
        mean = average(losses, weights, most=unseen, confidence=confidence)
        if binned:
            ends = np.sort([loss(edge), loss(np.minimum(2 * score - edge, 1.0))], axis=0)
            least, most = (float(end @ weights / n) for end in ends)
            mean = widened(mean, least, most, top=math.inf if name == "log_loss" else 1.0)
        found[name] = mean
    return [
        x.estimate(name, counts.n, unit="score", how=counts.how_scored) for name, x in found.items()
    ]


def average_precision(
    positives: Floats, negatives: Floats, confidence: float = 0.95
) -> Interval | None:
    """Mean precision at the scores of the positives, ties taken together, as in scikit-learn.

    The interval is symmetric on the logit scale (Boyd, Eng and Page 2013, who found the bootstrap
    of average precision too narrow), with the infinitesimal jackknife's variance (Jaeckel 1972):
    what the bootstrap of the rows tends to, without drawing. Where all positives come before all
    negatives that variance is 0 and says nothing: the far limit is then that of a rate that never
    failed in the smaller class. None where a class is empty.

    Parameters
    ----------
    positives, negatives
        Cases of each class at each distinct score, by ascending score.
    """
    m, n = positives[::-1], negatives[::-1]
    total, others = m.sum(), n.sum()
    if total <= 0 or others <= 0:
        return None
    tp, fp = np.cumsum(m), np.cumsum(n)
    taken = np.maximum(tp + fp, np.finfo(float).tiny)
    precision = tp / taken
    value = float((m * precision).sum() / total)
    percent = f"{100 * confidence:g} %"
    if value >= 1:
        smaller = float(np.minimum(total, others))
        lowest = float(intervals.exact(smaller, smaller, confidence)[0])
        return Interval(1.0, lowest, 1.0, f"exact {percent} interval")
    # What one more case at each score would add to the average precision, times the cases.
    later = m / taken / taken
    per_positive = (precision + _onwards(later * fp) - value) / total
    per_negative = -_onwards(later * tp) / total
    spread = float((m * per_positive**2 + n * per_negative**2).sum())
    t = float(stdtrit(max(total - 1, 1), (1 + confidence) / 2))
    half, centre = t * math.sqrt(spread) / (value * (1 - value)), float(logit(value))
    low, high = float(expit(centre - half)), float(expit(centre + half))
    method = f"infinitesimal jackknife, {percent} interval on the logit scale"
    return Interval(value, min(low, value), max(high, value), method)


def auc_bound(positives: Floats, negatives: Floats) -> float:
    """How far AUC may lie from its binned value: half the pairs that share a bin."""
    pairs = positives.sum() * negatives.sum()
    return float((positives * negatives).sum() / pairs / 2)


def average_precision_bounds(positives: Floats, negatives: Floats) -> tuple[float, float]:
    """Least and most that average precision may be whatever the order within each bin.

    Worst: in each bin the negatives come first, then the positives one by one; best: the positives
    come first and together.
    """
    m, n = positives[::-1], negatives[::-1]
    tp, fp = np.cumsum(m), np.cumsum(n)
    there = m > 0
    m, n, tp, fp = m[there], n[there], tp[there], fp[there]
    best = float((m * tp / (tp + fp - n)).sum() / tp[-1])
    # The sum of (T + j) / (T + j + F) over j = 1..m, T positives and F negatives before them.
    worst = m - fp * (digamma(tp + fp + 1) - digamma(tp - m + fp + 1))
    return float(worst.sum() / tp[-1]), best


def squared_error(score: Floats) -> Floats:
    """Brier's error of positives, then of negatives."""
    return np.concatenate([(score - 1) ** 2, score**2])


def logarithmic(score: Floats) -> Floats:
    """Surprise in nats of positives, then of negatives.

    Scores are kept off 0 and 1 by the machine epsilon, 2.2e-16, as scikit-learn does: a score of 0
    for what then happens would otherwise make the whole mean infinite.
    """
    eps = np.finfo(float).eps
    kept = np.clip(score, eps, 1 - eps)
    return np.concatenate([-np.log(kept), -np.log1p(-kept)])


def widened(found: Interval, least: float, most: float, top: float = 1.0) -> Interval:
    """The interval moved outwards by what the bins may hide, at most to 0 and `top`.

    Parameters
    ----------
    least, most
        Where the value itself may lie.
    """
    below, above = max(found.value - least, 0.0), max(most - found.value, 0.0)
    return replace(
        found,
        low=max(found.low - below, 0.0),
        high=min(found.high + above, top),
        method=f"{found.method}, widened by at most {max(below, above):.2g} for the bins",
    )


def _onwards(values: Floats) -> Floats:
    return np.cumsum(values[::-1])[::-1]
