"""A statistic of sums over items, with the interval that comes from which items were looked at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from playbook.evidence.intervals import Floats, Interval, quantile
from playbook.evidence.resample import resampled

OfSums = Callable[[Floats], Floats]
"""Takes sums of shape (draws, k) and gives one finite number per draw."""

MOST_PATTERNS = 2_000
"""With more different items than that, resampling them brings nothing over the jackknife."""


def over_items(
    items: ArrayLike, parts: ArrayLike, statistic: OfSums, confidence: float = 0.95
) -> Interval:
    """A statistic of the sums of `parts` over all items, with an interval for other such items.

    Labels of one item hang together, so items are resampled, not labels: BCa bootstrap of the
    counts of items that are alike (`resampled`), or where there are more than 2,000 different ones
    the jackknife (Efron and Stein 1981), which needs no draws.

    Parameters
    ----------
    items
        How many items there are of each kind, shape (kinds,); 0 for one that could have been.
    parts
        What an item of each kind adds to the sums, shape (kinds, k).
    """
    counts, share = np.asarray(items, float), np.asarray(parts, float)
    if len(counts) <= MOST_PATTERNS:
        return resampled(counts, lambda drawn: statistic(drawn @ share), confidence=confidence)
    total = counts @ share
    value = float(statistic(total[None, :])[0])
    n = counts.sum()
    without = statistic(total - share[counts > 0])
    weight = counts[counts > 0]
    middle = weight @ without / n
    error = float(np.sqrt((n - 1) / n * (weight @ (without - middle) ** 2)))
    half = quantile(confidence) * error
    method = f"jackknife over items, {100 * confidence:g} % interval"
    return Interval(value, value - half, value + half, method)
