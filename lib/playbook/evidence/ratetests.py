"""Are two rates the same? Tests from counts, one or many at a time, and Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]
TESTS = ("score test", "Fisher's exact test", "no difference")
_LEAST_EXPECTED = 5


def two_proportion_test(k1: float, n1: float, k2: float, n2: float) -> tuple[float, str]:
    """Two-sided p-value that two rates are the same, and the test's name.

    Pooled score test (the square root of Pearson's chi-squared); Fisher's exact test where an
    expected count is under 5.
    """
    p, test = two_proportion_tests(k1, n1, k2, n2)
    return float(p), TESTS[int(test)]


def two_proportion_tests(
    k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike
) -> tuple[Floats, NDArray[np.intp]]:
    """`two_proportion_test` for arrays of one shape: p-values, and positions in `TESTS`."""
    k1, n1, k2, n2 = np.broadcast_arrays(*(np.asarray(x, float) for x in (k1, n1, k2, n2)))
    k, n = k1 + k2, n1 + n2
    settled = (k == 0) | (k == n)
    few = ~settled & (np.minimum(n1, n2) * np.minimum(k, n - k) < _LEAST_EXPECTED * n)
    pooled = np.where(settled, 0.5, k / n)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    p = np.where(settled, 1.0, 2 * ndtr(-np.abs(k1 / n1 - k2 / n2) / error))
    for at in zip(*np.nonzero(few), strict=True) if few.ndim else [()] * int(few):
        p[at] = _fisher(*(round(float(x[at])) for x in (k1, n1, k2, n2)))
    test: NDArray[np.intp] = np.where(settled, 2, np.where(few, 1, 0))
    return p, test


def _fisher(k1: int, n1: int, k2: int, n2: int) -> float:
    """Two-sided: the chance of all tables no likelier than this one (Fisher 1935), from ratios of
    neighbouring tables."""
    k = k1 + k2
    least, most = max(0, k - n2), min(n1, k)
    x = np.arange(least, most, dtype=float)
    steps = np.log((k - x) * (n1 - x)) - np.log((x + 1) * (n2 - k + x + 1))
    weight = np.concatenate([[0.0], np.cumsum(steps)])
    chance = np.exp(weight - weight.max())
    # Equal chances must not be told apart by rounding.
    as_rare = chance <= chance[k1 - least] * (1 + 1e-7)
    return float(min(1.0, chance[as_rare].sum() / chance.sum()))


def holm(pvalues: Sequence[float] | Floats) -> list[float]:
    """p-values adjusted for all of them being tested together (Holm 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(pvalues, float)
    order = np.argsort(p, kind="stable")
    steps = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    adjusted = np.empty_like(p)
    adjusted[order] = steps
    return adjusted.tolist()
