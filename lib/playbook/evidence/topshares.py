"""How many of the positives the highest scores hold, with intervals, from counts by score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from playbook.evidence import intervals
from playbook.evidence.intervals import Floats

METHOD = "MOVER-R interval of the rates above and below the cut, for a cut set by the cases"


@dataclass(frozen=True)
class TopShares:
    """Arrays, one element per share of the cases taken from the top.

    Attributes
    ----------
    share
        Share of all cases taken, highest scores first.
    taken
        Cases taken, not rounded.
    precision, effective
        Share of positives among those taken, and the n that Wilson's interval of it needs so that
        the cut's own uncertainty is in.
    found, low, high
        Share of all positives that is taken, with its interval.
    """

    share: Floats
    taken: Floats
    precision: Floats
    effective: Floats
    found: Floats
    low: Floats
    high: Floats


def top_shares(
    positives: Floats, negatives: Floats, shares: ArrayLike, confidence: float = 0.95
) -> TopShares:
    """What the top `shares` of the cases by score hold.

    Where a cut falls among cases of one score, values are those expected if the order among them
    is drawn by lot. The share found is ``1 / (1 + b / a)`` of positives a above and b below the
    cut, and takes the limits of the ratio of the two rates (MOVER-R, Donner and Zou 2012). Both
    sides' n are scaled by one factor, and so is the n of the precision, to the variance that holds
    when the cut is itself a quantile of the cases: by the delta method, with the rate of positives
    near the cut, as for Lorenz curves (Gastwirth 1972; Beach and Davidson 1983).

    Parameters
    ----------
    positives, negatives
        Cases of each class at each distinct score, by ascending score; at least one positive.
    shares
        Between 0 and 1, both excluded.
    """
    q = np.asarray(shares, float)
    cases = np.concatenate([[0.0], np.cumsum((positives + negatives)[::-1])])
    hits = np.concatenate([[0.0], np.cumsum(positives[::-1])])
    n, total = cases[-1], hits[-1]
    taken = q * n
    above = np.interp(taken, cases, hits)
    below, left = np.maximum(total - above, 0.0), n - taken
    width = np.minimum(np.maximum(np.minimum(taken, left) / 2, 1), np.minimum(taken, left))
    near = np.interp(taken + width, cases, hits) - np.interp(taken - width, cases, hits)
    # Half a case added keeps rates off 0 and 1, where variances would vanish.
    at_cut = (near + 0.5) / (2 * width + 1)
    top, rest = (above + 0.5) / (taken + 1), (below + 0.5) / (left + 1)
    own = top * (1 - top)
    effective = taken * own / (own + (1 - q) * (top - at_cut) ** 2)
    base = q * top + (1 - q) * rest
    found = q * top / base
    free = (
        q * top * (1 - at_cut - found) ** 2
        + (1 - q) * rest * found**2
        + q * (1 - top) * at_cut**2
        - (q * at_cut) ** 2
    ) / (base**2 * n)
    fixed = (found * (1 - found)) ** 2 * ((1 - top) / (top * taken) + (1 - rest) / (rest * left))
    scale = np.clip(fixed / np.maximum(free, 1e-300), 0.25, 4)
    value = above / total
    _, least, most = intervals.ratio_limits(
        above * scale, taken * scale, below * scale, left * scale, confidence
    )
    low, high = (q * r / (q * r + 1 - q) for r in (least, most))
    low = np.where(above <= 0, 0.0, np.minimum(low, value))
    high = np.where(below <= 0, 1.0, np.maximum(high, value))
    return TopShares(q, taken, above / taken, effective, value, low, high)
