"""The one bootstrap: any statistic of counts, with an interval, from resampled counts; a mean's
interval without drawing."""

from __future__ import annotations

import math
from collections.abc import Callable
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from playbook.evidence.intervals import Floats, Interval, exact, quantile

Statistic = Callable[[Floats], Floats]
"""Takes counts of shape (draws, cells) and gives one finite number per draw."""

DRAWS = 1_000


def resampled(
    cells: ArrayLike,
    statistic: Statistic,
    *,
    seed: int = 0,
    draws: int = DRAWS,
    confidence: float = 0.95,
) -> Interval:
    """A statistic of counts with its bias-corrected and accelerated bootstrap interval.

    Multinomial resampling of the counts is the bootstrap of the rows (Efron 1979). BCa (Efron
    1987) moves the percentiles for bias and skewness, which plain percentiles miss where a cell
    is rare. Where all resamples agree, as for a model that never erred, resampling says nothing:
    draws then come from the Dirichlet law of the counts plus at most half a case in each cell
    (Jeffreys 1946, Perks 1947), and the value is one end of the interval or near it.

    Parameters
    ----------
    cells
        Counts of shape (k,), also effective ones that are not whole; resamples have their rounded
        total.
    statistic
        See `Statistic`; must not depend on the order of draws.
    seed
        The same seed and counts give the same interval.

    Raises
    ------
    ValueError
        Cells are negative or hold less than half a case in total.

    >>> found = resampled([18, 82], lambda c: c[:, 0] / c.sum(axis=1))
    >>> found.value, bool(0.1 < found.low < 0.18 < found.high < 0.28)
    (0.18, True)
    """
    counts = np.asarray(cells, float)
    total = counts.sum()
    if (counts < 0).any() or round(float(total)) < 1:
        raise ValueError("counts to resample must not be negative, and hold at least one case")
    value = float(statistic(counts[None, :])[0])
    # Another table gets other draws: else the luck of one set of draws would be all tables' bias.
    rng = np.random.default_rng([seed, crc32(counts.tobytes())])
    drawn = rng.multinomial(round(float(total)), counts / total, draws).astype(float)
    found = statistic(drawn)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    percent = f"{100 * confidence:g} %"
    if np.ptp(found) <= 1e-12:
        prior = min(0.5, 2 / len(counts))
        found = statistic(rng.standard_gamma(counts + prior, (draws, len(counts))))
        method = f"{draws:,} draws around the counts (Jeffreys), {percent} interval"
    else:
        tails = _accelerated(counts, statistic, found, value, confidence)
        method = f"{draws:,} resamples of the counts, BCa {percent} interval"
    low, high = np.quantile(found, tails).tolist()
    return Interval(value, min(low, value), max(high, value), method)


def _accelerated(
    counts: Floats, statistic: Statistic, found: Floats, value: float, confidence: float
) -> list[float]:
    """Which percentiles of the draws to take."""
    below = ((found < value).mean() + (found <= value).mean()) / 2
    bias = float(ndtri(np.clip(below, 1 / len(found), 1 - 1 / len(found))))
    there = counts >= 1
    without = statistic(counts - np.eye(len(counts))[there])
    weight = counts[there]
    moved = (weight * without).sum() / weight.sum() - without
    spread = float((weight * moved**2).sum())
    skew = float((weight * moved**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    z = quantile(confidence)
    ends = [bias + side for side in (-z, z)]
    return [float(ndtr(bias + end / max(1 - skew * end, 0.1))) for end in ends]


def average(
    values: ArrayLike, counts: ArrayLike, *, most: float = math.inf, confidence: float = 0.95
) -> Interval:
    """Mean of `values` that occur `counts` times: what `resampled` tends to, without drawing.

    The BCa limits of a mean follow from its spread and skewness alone (DiCiccio and Efron 1996,
    section 4), so all cells count and no two calls differ. Where all values are the same, spread
    says nothing: the upper limit is then that of a rate never seen, of values as large as `most`.

    Parameters
    ----------
    most
        The largest value that a case not yet seen may have.
    """
    v, n = np.asarray(values, float), np.asarray(counts, float)
    v, n = v[n > 0], n[n > 0]
    total = float(n.sum())
    value = float(n @ v / total)
    percent = f"{100 * confidence:g} %"
    away = v - value
    spread = float(n @ away**2 / total)
    if spread <= 1e-18:
        seldom = float(exact(0, total, confidence)[1])
        high = value + seldom * max(min(most, np.finfo(float).max) - value, 0.0)
        return Interval(value, value, high, f"exact {percent} interval of a rate never seen")
    skew = float(n @ away**3 / total) / spread**1.5 / math.sqrt(total) / 6
    error = math.sqrt(spread / total)
    limits = []
    for side in (-quantile(confidence), quantile(confidence)):
        end = skew + (skew + side) / max(1 - skew * (skew + side), 0.1)
        limits.append(value + error * (end + skew * (end**2 - 1)))
    low, high = limits
    method = f"analytic BCa {percent} interval of a mean"
    return Interval(value, min(low, value), max(high, value), method)
