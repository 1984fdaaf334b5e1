"""Intervals where rows come in clusters, such as several tries of the same question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from playbook.estimate import Estimate
from playbook.evidence.intervals import Floats, Interval, proportion, quantile
from playbook.evidence.paired import paired_difference


@dataclass(frozen=True)
class ClusteredRate:
    """A rate over rows in clusters.

    Attributes
    ----------
    interval
        The rate with its limits.
    n, clusters
        Rows, and how many clusters they come in.
    effective
        How many independent rows would tell as much.
    """

    interval: Interval
    n: int
    clusters: int
    effective: float

    @property
    def design_effect(self) -> float:
        """How many times more rows this takes than independent ones would."""
        return self.n / self.effective

    def estimate(self, measure: str, group: dict[str, str] | None = None) -> Estimate:
        """The rate as an `Estimate` whose n is the number of rows."""
        return self.interval.estimate(measure, self.n, group=group)


def rate(values: ArrayLike, clusters: ArrayLike, confidence: float = 0.95) -> ClusteredRate:
    """Share of rows that are 1, with an interval for other such clusters.

    The share is a ratio of sums over clusters; its variance between clusters is linearised
    (Cochran 1977, *Sampling Techniques*, section 6.4; for evaluations Miller 2024, "Adding Error
    Bars to Evals"). It is brought to an effective n, made smaller where there are few clusters
    (Korn and Graubard 1998, *Survey Methodology* 24, 193–201) and never above the number of rows,
    and the interval is Clopper and Pearson's or Wilson's on that n (see `proportion`). Where all
    rows are alike no variance is seen: then every cluster counts as one row, and no other rate has
    limits closer to 0 or 1 than that.

    Parameters
    ----------
    values
        1 or 0 for each row.
    clusters
        Which cluster each row belongs to.

    Raises
    ------
    ValueError
        There is no row.

    >>> rate([1, 1, 0, 1], ["a", "b", "c", "d"]).design_effect
    1.0
    """
    y = np.asarray(values, float)
    if not len(y):
        raise ValueError("a rate needs at least one row")
    code = _codes(clusters)
    m, n = int(code.max()) + 1, len(y)
    p = float(y.mean())
    if m == n:
        return ClusteredRate(proportion(float(y.sum()), n, confidence), n, m, float(n))
    effective = _effective(y, code, p, confidence)
    found = proportion(p * effective, effective, confidence)
    method = f"{found.method} on {effective:.0f} effective rows, clustered by {m:,} prompts"
    # A failure more must not lead to a limit that is closer than with none at all.
    low = min(found.low, p, proportion(m, m, confidence).low)
    high = max(found.high, p, proportion(0, m, confidence).high)
    return ClusteredRate(Interval(p, low, high, method), n, m, effective)


def _codes(clusters: ArrayLike) -> np.ndarray:
    codes: np.ndarray = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)[1]
    return codes


def _effective(y: Floats, code: np.ndarray, p: float, confidence: float) -> float:
    m, n = int(code.max()) + 1, len(y)
    if m == 1:
        return 1.0
    variance = _between(np.bincount(code, y - p) / n)
    if variance <= 1e-18:
        return float(m if p in (0, 1) else n)
    few = (t_quantile(n - 1, confidence) / t_quantile(m - 1, confidence)) ** 2
    return float(np.clip(p * (1 - p) / variance * few, 1.0, n))


def _between(residuals: Floats) -> float:
    """Variance of a sum over clusters, from what each adds beyond what is expected of it."""
    m = len(residuals)
    return float(m / (m - 1) * (residuals @ residuals))


def t_quantile(degrees: float, confidence: float = 0.95) -> float:
    """The quantile of Student's law of a two-sided interval."""
    return float(stdtrit(degrees, (1 + confidence) / 2))


def paired(
    first: ArrayLike,
    first_clusters: ArrayLike,
    second: ArrayLike,
    second_clusters: ArrayLike,
    *,
    measure: str,
    group: dict[str, str] | None = None,
    confidence: float = 0.95,
) -> Estimate | None:
    """Share of ones among `first` less that among `second`, over the clusters that both have.

    Each cluster counts once, with the difference of its two means. Tango's score interval is
    taken on as many pairs as would have the variance seen between clusters; where no cluster has
    more than one row each that is Tango's own (see `paired_difference`). Miller (2024, section 4)
    gives the reason: questions that are hard for both tell nothing about the difference.

    Returns
    -------
    Estimate or None
        With the number of shared clusters as n; None where none is shared.
    """
    sides = []
    for values, clusters in ((first, first_clusters), (second, second_clusters)):
        names, code = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
        sizes = np.bincount(code, minlength=len(names))
        sums = np.bincount(code, np.asarray(values, float), minlength=len(names))
        sides.append((names, sums / np.maximum(sizes, 1), sizes))
    shared, at, also = np.intersect1d(sides[0][0], sides[1][0], return_indices=True)
    m = len(shared)
    if not m:
        return None
    apart = sides[0][1][at] - sides[1][1][also]
    up, down = float(np.maximum(apart, 0).sum() / m), float(np.maximum(-apart, 0).sum() / m)
    several = max(sides[0][2][at].max(), sides[1][2][also].max()) > 1
    effective = _pairs(apart, up, down, confidence) if several else float(m)
    found = paired_difference(up * effective, down * effective, effective, confidence=confidence)
    how = f" on {effective:.0f} effective pairs, clustered by prompt" if several else ""
    return Estimate(
        measure=measure, group=group, value=found.value, low=found.low, high=found.high, n=m,
        unit="difference", method=found.method + how,
    )  # fmt: skip


def _pairs(apart: Floats, up: float, down: float, confidence: float) -> float:
    """How many single pairs have the variance seen; at most four times as many as there are."""
    m = len(apart)
    if m == 1:
        return 1.0
    single, seen = up + down - (up - down) ** 2, float(apart.var(ddof=1))
    few = (quantile(confidence) / t_quantile(m - 1, confidence)) ** 2
    if seen <= 1e-18 or single <= 0:
        return float(m)
    return float(np.clip(single / seen * few, few, 4.0) * m)


def ratio(
    above: ArrayLike, below: ArrayLike, clusters: ArrayLike, confidence: float = 0.95
) -> Interval | None:
    """Sum of `above` over the sum of `below`, with an interval for other such clusters.

    Delta method between clusters on the logarithmic scale, with Student's quantile (Cochran 1977,
    section 6.4). None where a sum is not above 0.
    """
    x, y, code = np.asarray(above, float), np.asarray(below, float), _codes(clusters)
    if x.sum() <= 0 or y.sum() <= 0:
        return None
    m, value = int(code.max()) + 1, float(x.sum() / y.sum())
    if m == 1:
        return None
    error = float(np.sqrt(_between(np.bincount(code, x - value * y) / x.sum())))
    reach = float(np.exp(t_quantile(m - 1, confidence) * error))
    method = f"delta method on the log scale, {m:,} clusters, {100 * confidence:g} % interval"
    return Interval(value, value / reach, value * reach, method)
