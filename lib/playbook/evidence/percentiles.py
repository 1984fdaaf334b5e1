"""Percentiles of a measured time, with intervals from order statistics."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from playbook.evidence import clusters
from playbook.evidence.intervals import Interval


def percentile(
    values: ArrayLike, names: ArrayLike, level: float, confidence: float = 0.95
) -> Interval | None:
    """The value that a share `level` of rows does not exceed, with an interval.

    The limits are themselves values of rows, at the ranks between which the percentile lies by the
    binomial law (David and Nagaraja 2003, *Order Statistics*, section 7.1): nothing is assumed of
    how values spread. Where rows come in clusters the binomial law is that of the effective n
    (Woodruff 1952, *JASA* 47, 635–646; n from `clusters.rate`).

    Parameters
    ----------
    values
        Not negative; the lower limit is 0 where no row is low enough to be one.
    names
        Which cluster each row belongs to.
    level
        Such as 0.95.

    Returns
    -------
    Interval or None
        None where there are too few rows for an upper limit: 0.99 takes 368 of them.
    """
    from scipy.stats import binom

    x = np.asarray(values, float)
    order = np.sort(x)
    n = len(order)
    if not n:
        return None
    value = float(order[math.ceil(round(n * level, 9)) - 1])
    effective = clusters.rate(x <= value, names, confidence).effective
    m = max(1, math.floor(effective + 1e-9))
    tail = (1 - confidence) / 2
    low, high = int(binom.ppf(tail, m, level)), int(binom.ppf(1 - tail, m, level)) + 1
    if high > m:
        return None
    below, above = math.floor(low * n / m), math.ceil(high * n / m)
    how = "" if m == n else f", on {m:,} effective rows, clustered"
    return Interval(
        value,
        min(float(order[below - 1]), value) if below else 0.0,
        max(float(order[min(above, n) - 1]), value),
        f"order statistics, {100 * confidence:g} % interval{how}",
    )
