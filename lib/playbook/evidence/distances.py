"""How far two distributions lie apart, from binned counts, and how far chance alone puts them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, chdtri, kolmogi

from playbook.evidence.intervals import Interval

RESAMPLES = 500
LEAST_EXPECTED = 5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Distance:
    """Counts of a window beside those of the reference.

    Attributes
    ----------
    psi, js, ks
        Population Stability Index, Jensen–Shannon distance (base 2) and Kolmogorov–Smirnov
        statistic; the last is None where bins have no order.
    chance_95, chance_99
        The index that no drift at all stays below in 95 and 99 of 100 such comparisons.
    p
        Two-sided p-value of no drift.
    n, reference_n
        Rows of the window and of the reference.
    """

    psi: Interval
    js: Interval
    ks: Interval | None
    chance_95: float
    chance_99: float
    p: float
    n: int
    reference_n: int


def population_stability_index(reference: ArrayLike, counts: ArrayLike) -> Floats:
    """Σ (p − q) ln(p / q) over bins, for arrays of shape ``(..., bins)``.

    An empty bin counts as half a case, as the logarithm of nothing is infinite; bins that are
    empty on both sides count nothing. Kullback and Leibler (1951) name it the divergence J;
    credit scoring names it the index (Siddiqi 2006).
    """
    a, b = np.asarray(reference, float), np.asarray(counts, float)
    q = np.maximum(a, 0.5) / a.sum(axis=-1, keepdims=True)
    p = np.maximum(b, 0.5) / b.sum(axis=-1, keepdims=True)
    parts = np.where((a > 0) | (b > 0), (p - q) * np.log(p / q), 0.0)
    found: Floats = parts.sum(axis=-1)
    return found


def jensen_shannon_distance(reference: ArrayLike, counts: ArrayLike) -> Floats:
    """Square root of the Jensen–Shannon divergence in bits (Lin 1991): 0 where the shares are the
    same, 1 where no bin is shared. Shape as in `population_stability_index`."""
    q, p = _shares(reference), _shares(counts)
    middle = (p + q) / 2

    def information(share: Floats) -> Floats:
        there = share > 0
        ratio = np.divide(share, middle, out=np.ones_like(share + middle), where=there)
        found: Floats = (share * np.log2(ratio)).sum(axis=-1)
        return found

    squared = (information(p) + information(q)) / 2
    return np.sqrt(np.clip(squared, 0, 1))


def kolmogorov_smirnov(reference: ArrayLike, counts: ArrayLike) -> Floats:
    """Largest gap between the cumulative shares of ordered bins (Smirnov 1948)."""
    gap = np.cumsum(_shares(counts) - _shares(reference), axis=-1)
    found: Floats = np.abs(gap).max(axis=-1)
    return found


def chance_index(
    reference: ArrayLike, counts: ArrayLike, levels: tuple[float, ...] = (0.95, 0.99), seed: int = 0
) -> list[float]:
    """Quantiles of the index where nothing drifted and only chance tells two samples apart.

    Closed form (1/n + 1/m) χ²(bins − 1), Yurdakul and Naranjo (2020), Statistical properties of
    the population stability index, J. Risk Model Validation 14(4). Where a bin would hold fewer
    than 5 rows the approximation fails, and both samples are drawn anew from their sum instead.
    """
    a, b = _occupied(reference, counts)
    n, m, pooled = a.sum(), b.sum(), a + b
    if len(pooled) < 2:
        return [0.0] * len(levels)
    if pooled.min() * min(n, m) / (n + m) >= LEAST_EXPECTED:
        return [float((1 / n + 1 / m) * chdtri(len(pooled) - 1, 1 - level)) for level in levels]
    random, shares = np.random.default_rng(seed), pooled / pooled.sum()
    drawn = [random.multinomial(round(total), shares, 4 * RESAMPLES) for total in (n, m)]
    return np.quantile(population_stability_index(*drawn), levels).tolist()


def homogeneity_test(reference: ArrayLike, counts: ArrayLike) -> float:
    """p-value of Pearson's χ² test that both samples have the same shares; bins that would hold
    fewer than 5 rows are taken together (Cochran 1954)."""
    a, b = _occupied(reference, counts)
    n, m = a.sum(), b.sum()
    thin = (a + b) * min(n, m) / (n + m) < LEAST_EXPECTED
    if thin.any():
        a, b = (np.append(side[~thin], side[thin].sum()) for side in (a, b))
    if len(a) < 2:
        return 1.0
    pooled = (a + b) / (n + m)
    statistic = ((a - n * pooled) ** 2 / (n * pooled) + (b - m * pooled) ** 2 / (m * pooled)).sum()
    return float(chdtrc(len(a) - 1, statistic))


def distance(
    reference: ArrayLike,
    counts: ArrayLike,
    ordered: bool,
    confidence: float = 0.95,
    seed: int = 0,
    ordinal: slice | None = None,
) -> Distance:
    """Compare two rows of counts over the same bins.

    Index and Jensen–Shannon distance lie too high by chance, and their resamples lie too high
    twice: so the percentiles of the resamples are mirrored at the value (the basic bootstrap,
    Davison and Hinkley 1997, section 5.2). Kolmogorov–Smirnov has the limits of Smirnov's band,
    which cover at least as often as stated.

    Parameters
    ----------
    ordered
        Whether bins have an order.
    ordinal
        Which bins have one; the others (missing values) stay out of Kolmogorov–Smirnov only.
    """
    a, b = np.asarray(reference, float), np.asarray(counts, float)
    n, m = a.sum(), b.sum()
    if min(n, m) <= 0:
        raise ValueError("both sides need at least one row")
    random = np.random.default_rng(seed)
    there = (a + b) > 0
    drawn = [
        random.multinomial(round(side.sum()), side[there] / side.sum(), RESAMPLES)
        for side in (a, b)
    ]
    chance = chance_index(a, b, seed=seed)
    return Distance(
        psi=_mirrored(population_stability_index, (a[there], b[there]), drawn, 1, confidence),
        js=_mirrored(jensen_shannon_distance, (a[there], b[there]), drawn, 2, confidence),
        ks=_smirnov(a[ordinal or slice(None)], b[ordinal or slice(None)], confidence)
        if ordered
        else None,
        chance_95=chance[0],
        chance_99=chance[1],
        p=homogeneity_test(a, b),
        n=round(m),
        reference_n=round(n),
    )


def _mirrored(
    measure: Callable[[ArrayLike, ArrayLike], Floats],
    sides: tuple[Floats, Floats],
    drawn: list[NDArray[np.int64]],
    power: int,
    confidence: float,
) -> Interval:
    value = float(measure(*sides))
    ends = np.quantile(measure(*drawn) ** power, [(1 + confidence) / 2, (1 - confidence) / 2])
    low, high = np.maximum(2 * value**power - ends, 0) ** (1 / power)
    method = f"{RESAMPLES} resamples of the counts, basic {100 * confidence:g} % interval"
    limit = 1.0 if power == 2 else math.inf
    return Interval(value, min(float(low), value), min(limit, max(float(high), value)), method)


def _smirnov(a: Floats, b: Floats, confidence: float) -> Interval | None:
    if min(a.sum(), b.sum()) <= 0:
        return None
    value = float(kolmogorov_smirnov(a, b))
    half = float(kolmogi(1 - confidence)) * math.sqrt(1 / a.sum() + 1 / b.sum())
    method = f"Smirnov's band, at least {100 * confidence:g} %"
    return Interval(value, max(0.0, value - half), min(1.0, value + half), method)


def _occupied(reference: ArrayLike, counts: ArrayLike) -> tuple[Floats, Floats]:
    a, b = np.asarray(reference, float), np.asarray(counts, float)
    there = (a + b) > 0
    return a[there], b[there]


def _shares(counts: ArrayLike) -> Floats:
    numbers = np.asarray(counts, float)
    shares: Floats = numbers / numbers.sum(axis=-1, keepdims=True)
    return shares
