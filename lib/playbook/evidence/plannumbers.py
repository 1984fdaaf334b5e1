"""How many cases a test needs, before there is one: rates, means, pairs, attacks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from playbook.evidence.intervals import EXACT_BELOW, exact, quantile, wilson

POWER = 0.8
"""The chance that a test shows what is true; the convention of Cohen (1988)."""
_FAR = 100_000
_TEETH = 0.04


def cases_to_clear(
    expected: float, bar: float, confidence: float = 0.95, power: float = POWER
) -> int | None:
    """How many cases it takes until a rate of `expected` shows itself at or above `bar`.

    The fewest whose interval by `intervals.proportion` lies at or above `bar` with at least the
    chance `power`, by the binomial law. As cases come whole, a few more can do a little worse: for
    no larger number is the chance lower by more than 4 points. Beyond 100,000 the normal law
    stands in. None where the rate does not lie above the bar, as then no number is enough.

    >>> cases_to_clear(0.95, 0.90)
    229
    """
    if expected <= bar:
        return None
    near = _normal(expected, bar, confidence, power)
    if near > _FAR:
        return math.ceil(near)
    n = np.arange(1, int(2 * near) + 200)
    chance = chance_to_clear(n, expected, bar, confidence)
    short = np.flatnonzero(chance < power - _TEETH)
    first = short[-1] + 1 if len(short) else 0
    return int(n[first + int(np.argmax(chance[first:] >= power))])


def chance_to_clear(
    n: NDArray[np.int64], expected: float, bar: float, confidence: float = 0.95
) -> NDArray[np.float64]:
    """The chance that the interval of a rate lies at or above `bar`, for each number of cases."""
    from scipy.stats import binom

    z, size = quantile(confidence), n.astype(float)
    # Wilson's lower limit is at or above the bar just where the score test says so.
    first = np.ceil(size * bar + z * np.sqrt(size * bar * (1 - bar)) - 1e-9)
    few = n < EXACT_BELOW
    first[few] = [_first_exact(int(m), bar, confidence) for m in n[few]]
    found: NDArray[np.float64] = binom.sf(first - 1, n, expected)
    return found


def _first_exact(n: int, bar: float, confidence: float) -> int:
    """The fewest of `n` whose exact interval lies at or above `bar`; more than n for none."""
    k = np.arange(n + 1)
    low, _ = exact(k, np.full(n + 1, n), confidence)
    return int(np.argmax(low >= bar)) if (low >= bar).any() else n + 1


def _normal(expected: float, bar: float, confidence: float, power: float) -> float:
    spread = quantile(confidence) * math.sqrt(bar * (1 - bar))
    spread += float(ndtri(power)) * math.sqrt(expected * (1 - expected))
    return (spread / (expected - bar)) ** 2


def cases_for_width(share: float, half: float, confidence: float = 0.95) -> int:
    """The fewest cases from which Wilson's interval of `share` is at most `half` wide on average
    to either side.

    >>> cases_for_width(0.9, 0.05)
    141
    """
    low, high = 1, 2

    def wide(n: int) -> bool:
        below, above = wilson(share * n, n, confidence)
        return float(above - below) > 2 * half

    while wide(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wide(middle) else (low, middle)
    return high


def cases_for_mean(spread: float, half: float, confidence: float = 0.95) -> int:
    """Cases from which a mean of values with the standard deviation `spread` is known to within
    `half`, both in the unit of the values: ``(z spread / half)²``."""
    return max(2, math.ceil((quantile(confidence) * spread / half) ** 2))


def cases_for_auc(
    expected: float, bar: float, base_rate: float, confidence: float = 0.95, power: float = POWER
) -> int | None:
    """Rows until an area under the curve of `expected` shows itself above `bar`.

    From the standard error of Hanley and McNeil (1982, Radiology 143, 29–36) and a normal law.
    """
    if expected <= bar:
        return None
    both = expected / (2 - expected) - expected**2
    other = 2 * expected**2 / (1 + expected) - expected**2
    # For many rows the variance is this over their number.
    per_row = both / (1 - base_rate) + other / base_rate
    reach = quantile(confidence) + float(ndtri(power))
    return math.ceil(per_row * (reach / (expected - bar)) ** 2)


def questions_with_tries(cases: int, tries: int, alike: float) -> int:
    """Different questions needed where each is asked `tries` times, instead of `cases` once.

    Tries of one question resemble each other by the intraclass correlation `alike`, so that each
    counts less: the design effect ``1 + (tries - 1) alike`` of Kish (1965), Survey Sampling.

    >>> questions_with_tries(300, 3, 0.6)
    220
    """
    return math.ceil(round(cases * (1 + (tries - 1) * alike) / tries, 9))


def attacks_needed(bar: float, confidence: float = 0.95) -> int:
    """How many attacks must all fail before it is sure that at most the share `bar` succeeds: the
    upper limit of Wilson's interval is then ``z² / (n + z²)``.

    >>> attacks_needed(0.05)
    73
    """
    z2 = quantile(confidence) ** 2
    return max(EXACT_BELOW, math.ceil(z2 * (1 - bar) / bar - 1e-9))
