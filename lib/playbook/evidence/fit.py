"""Counts against shares known beforehand: one group, and all groups at once."""

from __future__ import annotations

import numpy as np

_DRAWS = 10_000
_LEAST_EXPECTED = 5.0


def share_test(k: float, n: float, population: float) -> float:
    """Two-sided p-value that `k` of `n` come from a population with this share."""
    from scipy.special import ndtr

    if population in (0, 1):
        return float(k == n * population)
    if n * min(population, 1 - population) < _LEAST_EXPECTED:
        from scipy.stats import binomtest

        return float(binomtest(round(k), round(n), population).pvalue)
    z = abs(k / n - population) / np.sqrt(population * (1 - population) / n)
    return float(2 * ndtr(-z))


def goodness_of_fit(seen: np.ndarray, shares: np.ndarray) -> tuple[float, float, str]:
    """Pearson's statistic, its p-value and the test's name, for counts against known shares."""
    from scipy.special import chdtrc

    n = seen.sum()
    seen, expected = seen[shares > 0], n * shares[shares > 0]
    found = float(((seen - expected) ** 2 / expected).sum())
    if len(seen) < 2:
        return found, 1.0, "no comparison"
    if expected.min() >= _LEAST_EXPECTED:
        return found, float(chdtrc(len(seen) - 1, found)), "chi-squared test of fit"
    share = expected / expected.sum()
    draws = np.random.default_rng(0).multinomial(round(n), share, _DRAWS)
    drawn = ((draws - expected) ** 2 / expected).sum(axis=1)
    # The rows seen are one more draw (Phipson and Smyth 2010): p is never 0.
    p = (1 + int((drawn >= found - 1e-9).sum())) / (_DRAWS + 1)
    return found, p, f"test of fit by {_DRAWS:,} draws"
