"""Intervals and tests from counts alone: rates, differences, ratios, AUC, means.

Everything takes numbers, not tables. `k` of `n` is always "k cases out of n".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, expit, logit, ndtri

from playbook.estimate import Estimate
from playbook.evidence.ratetests import holm, two_proportion_test

EXACT_BELOW = 40

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A value with its limits and how they were found."""

    value: float
    low: float
    high: float
    method: str

    def estimate(
        self,
        measure: str,
        n: float,
        *,
        group: dict[str, str] | None = None,
        unit: str = "share",
        how: str = "",
    ) -> Estimate:
        """The same as an `Estimate`; effective counts `n` are rounded, `how` ends the method."""
        return Estimate(
            measure=measure,
            group=group,
            value=float(self.value),
            low=float(self.low),
            high=float(self.high),
            n=round(n),
            unit=unit,
            method=self.method + how,
        )


def quantile(confidence: float) -> float:
    """The normal quantile of a two-sided interval: 1.96 for 0.95."""
    return float(ndtri((1 + confidence) / 2))


def wilson(k: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Score interval of a rate (Wilson 1927), for arrays of any shape; needs ``n > 0``.

    >>> [round(float(x), 4) for x in wilson(18, 100)]
    [0.117, 0.2667]
    """
    k, n = np.asarray(k, float), np.asarray(n, float)
    z2 = quantile(confidence) ** 2
    middle = (k + z2 / 2) / (n + z2)
    half = np.sqrt(z2) / (n + z2) * np.sqrt(k * (n - k) / n + z2 / 4)
    # Rounding must not push a limit past 0 or 1, nor past the rate itself.
    low = np.where(k == 0, 0.0, np.clip(middle - half, 0, 1))
    high = np.where(k == n, 1.0, np.clip(middle + half, 0, 1))
    return low, high


def exact(k: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Exact interval of a rate (Clopper and Pearson 1934), from quantiles of the beta law."""
    k, n = np.asarray(k, float), np.asarray(n, float)
    tail = (1 - confidence) / 2
    fails = n - k
    low = np.where(k == 0, 0.0, betaincinv(np.where(k == 0, 1.0, k), fails + 1, tail))
    high = np.where(fails == 0, 1.0, betaincinv(k + 1, np.where(fails == 0, 1.0, fails), 1 - tail))
    return low, high


def proportions(
    k: ArrayLike, n: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Values and limits of rates as `proportion` finds them, for arrays; NaN where ``n`` is 0."""
    k, n = np.broadcast_arrays(np.asarray(k, float), np.asarray(n, float))
    some, few = n > 0, (n > 0) & (n < EXACT_BELOW)
    whole = np.where(some, n, np.nan)
    low, high = wilson(k, whole, confidence)
    if few.any():
        low[few], high[few] = exact(k[few], n[few], confidence)
    return k / whole, np.where(some, low, np.nan), np.where(some, high, np.nan)


def proportion_methods(n: ArrayLike, confidence: float = 0.95) -> list[str]:
    """How `proportions` found each interval."""
    names = [f"{name} {_percent(confidence)} interval" for name in ("Wilson", "Clopper-Pearson")]
    return [names[few] for few in (np.asarray(n) < EXACT_BELOW).tolist()]


def proportion(k: float, n: float, confidence: float = 0.95) -> Interval:
    """A rate with its exact interval where n is under 40, else Wilson's (Brown, Cai and DasGupta
    2001 advise against anything cruder)."""
    if n <= 0:
        raise ValueError("a rate needs at least one case")
    method, name = (exact, "Clopper-Pearson") if n < EXACT_BELOW else (wilson, "Wilson")
    low, high = method(k, n, confidence)
    return Interval(k / n, float(low), float(high), f"{name} {_percent(confidence)} interval")


def rate(
    measure: str,
    k: float,
    n: float,
    group: dict[str, str] | None = None,
    confidence: float = 0.95,
    how: str = "",
) -> Estimate | None:
    """`proportion` as an `Estimate`; None where n is 0, as there is nothing to estimate."""
    if n <= 0:
        return None
    return proportion(k, n, confidence).estimate(measure, n, group=group, how=how)


def difference(k1: float, n1: float, k2: float, n2: float, confidence: float = 0.95) -> Interval:
    """``k1/n1 - k2/n2`` of two independent groups, see `difference_limits`."""
    value, low, high = (side.item() for side in difference_limits(k1, n1, k2, n2, confidence))
    return Interval(value, low, high, difference_method(confidence))


def difference_limits(
    k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Value and limits of ``k1/n1 - k2/n2`` for arrays: Newcombe's hybrid score interval (1998,
    method 10), which joins the two Wilson intervals."""
    k1, n1, k2, n2 = (np.asarray(x, float) for x in (k1, n1, k2, n2))
    (l1, u1), (l2, u2) = wilson(k1, n1, confidence), wilson(k2, n2, confidence)
    p1, p2 = k1 / n1, k2 / n2
    d: Floats = p1 - p2
    return d, d - np.hypot(p1 - l1, u2 - p2), d + np.hypot(u1 - p1, p2 - l2)


def difference_method(confidence: float = 0.95) -> str:
    """The name of `difference`'s interval."""
    return f"Newcombe {_percent(confidence)} interval"


def ratio_limits(
    k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Value and limits of ``(k1/n1) / (k2/n2)`` for arrays; NaN where both counts are 0.

    MOVER-R from two Wilson intervals: Donner and Zou (2012), Closed-form confidence intervals for
    functions of the normal mean and standard deviation, Stat. Methods Med. Res. 21(4); the lower
    limit is written so that nothing is divided by a vanishing number. Where only ``k2`` is 0, half
    a case is added to both counts and a whole one to both totals (Walter 1975), as otherwise
    neither value nor upper limit would be finite.
    """
    k1, n1, k2, n2 = (np.asarray(x, float) for x in (k1, n1, k2, n2))
    nothing = (k1 == 0) & (k2 == 0)
    add = np.where((k2 == 0) & ~nothing, 0.5, 0.0)
    k1, n1 = k1 + add, n1 + 2 * add
    k2, n2 = np.where(nothing, 0.5, k2 + add), n2 + 2 * add
    (l1, u1), (l2, u2) = wilson(k1, n1, confidence), wilson(k2, n2, confidence)
    p1, p2 = k1 / n1, k2 / n2
    a = p1 * p2
    b, c = l1 * (2 * p1 - l1), u2 * (2 * p2 - u2)
    below = a + np.sqrt(np.maximum(a * a - b * c, 0))
    low = np.divide(b, below, out=np.zeros_like(a), where=below > 0)
    b, c = u1 * (2 * p1 - u1), l2 * (2 * p2 - l2)
    high = (a + np.sqrt(np.maximum(a * a - b * c, 0))) / c
    value: Floats = np.where(nothing, np.nan, p1 / p2)
    return value, np.minimum(low, value), np.maximum(high, value)


def ratio(k1: float, n1: float, k2: float, n2: float, confidence: float = 0.95) -> Interval | None:
    """``(k1/n1) / (k2/n2)`` of two independent groups, see `ratio_limits`.

    None where a group is empty or both counts are 0: nothing is known about their ratio.
    """
    if min(n1, n2) == 0 or k1 == k2 == 0:
        return None
    value, low, high = (side.item() for side in ratio_limits(k1, n1, k2, n2, confidence))
    return Interval(value, low, high, ratio_method(k2 == 0, confidence))


def ratio_method(none_in_reference: bool, confidence: float = 0.95) -> str:
    """The name of `ratio`'s interval."""
    method = f"MOVER-R {_percent(confidence)} interval"
    if none_in_reference:
        method += ", half a case added to each count as the reference has none"
    return method


def auc_delong(
    positives: ArrayLike, negatives: ArrayLike, confidence: float = 0.95
) -> Interval | None:
    """Area under the ROC curve from counts, with DeLong's variance, in time linear in the scores.

    DeLong, DeLong and Clarke-Pearson (1988); the interval is symmetric on the logit scale, which
    keeps it inside 0 and 1 (Pepe 2003, section 5.2). Where the classes do not overlap the variance
    is 0 and says nothing, so the far limit is the exact one of a rate that never failed in the
    smaller class. None where a class is empty.

    Parameters
    ----------
    positives, negatives
        Cases of each class at each distinct score, by ascending score.
    """
    m, n = np.asarray(positives, float), np.asarray(negatives, float)
    total_m, total_n = m.sum(), n.sum()
    if total_m == 0 or total_n == 0:
        return None
    above_negatives = (np.cumsum(n) - n / 2) / total_n
    below_positives = (total_m - np.cumsum(m) + m / 2) / total_m
    auc = float((m * above_negatives).sum() / total_m)
    method = f"DeLong {_percent(confidence)} interval on the logit scale"
    if auc <= 0 or auc >= 1:
        smaller = min(total_m, total_n)
        limits = exact(smaller if auc >= 1 else 0, smaller, confidence)
        low, high = (float(x) for x in limits)
        return Interval(round(auc), low, high, f"exact {_percent(confidence)} interval")
    variance = _spread(m, above_negatives, auc) + _spread(n, below_positives, auc)
    half = quantile(confidence) * math.sqrt(variance) / (auc * (1 - auc))
    centre = float(logit(auc))
    low, high = float(expit(centre - half)), float(expit(centre + half))
    return Interval(auc, min(low, auc), max(high, auc), method)


def _spread(counts: Floats, placements: Floats, auc: float) -> float:
    """Variance of a class's mean placement; the largest possible one for a class of one case."""
    total = counts.sum()
    if total < 2:
        return auc * (1 - auc)
    return float((counts * (placements - auc) ** 2).sum() / (total - 1) / total)


def _percent(confidence: float) -> str:
    return f"{100 * confidence:g} %"


__all__ = [
    "EXACT_BELOW",
    "Floats",
    "Interval",
    "auc_delong",
    "difference",
    "difference_limits",
    "difference_method",
    "exact",
    "holm",
    "proportion",
    "proportion_methods",
    "proportions",
    "quantile",
    "rate",
    "ratio",
    "ratio_limits",
    "ratio_method",
    "two_proportion_test",
    "wilson",
]
