"""Risk control by testing: how far one may go while errors stay under a stated share."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from playbook.errors import PlaybookError

Floats = NDArray[np.float64]


def check_risk(risk: float) -> None:
    """Raise where a stated risk is no share above 0 and below 1."""
    if not 0 < risk < 1:
        raise PlaybookError(
            f"a risk of {risk} cannot be kept",
            remedy="State it as a share above 0 and below 1, such as 0.05",
        )


def binomial_tail(k: ArrayLike, n: ArrayLike, share: float) -> Floats:
    """Chance of at most `k` errors in `n` cases that each err with chance `share`.

    Exact; by the incomplete beta function it also takes effective counts that are not whole. 1
    where `n` is 0: no case says nothing.

    >>> float(binomial_tail(0, 10, 0.5)) == 0.5**10
    True
    """
    k, n = np.asarray(k, float), np.asarray(n, float)
    tail: Floats = betainc(np.maximum(n - k, 1e-300), k + 1, 1 - share)
    return np.where(k >= n, 1.0, tail)


def fixed_sequence(wrong: ArrayLike, handled: ArrayLike, risk: float, delta: float) -> int:
    """How many of these hypotheses, tested in order until the first that stands, are rejected.

    Hypothesis j says: where `handled[j]` cases were handled and `wrong[j]` of them wrongly, the
    true share of errors is above `risk`. The chance to reject any true one is at most `delta`, as
    the order does not depend on these cases (Learn then Test: Angelopoulos, Bates, Candès, Jordan
    and Lei 2021, fixed-sequence testing after Bauer 1991, with exact binomial p-values).
    """
    stands = binomial_tail(wrong, handled, risk) > delta
    return int(np.argmax(stands)) if stands.any() else len(stands)


def times_more(wrong: ArrayLike, handled: ArrayLike, risk: float, delta: float) -> float | None:
    """How many times these cases it would take until one of the hypotheses is rejected.

    Rates are taken to stay as seen, half an error added so that a few lucky cases promise little.
    None where no rate is under `risk`: then more cases alone do not help.
    """
    wrong, handled = np.asarray(wrong, float), np.asarray(handled, float)
    rate = (wrong + 0.5) / (handled + 1)
    good = (handled > 0) & (rate < risk)
    if not good.any():
        return None
    more = np.geomspace(1, 1e6, 1_200)[:, None]
    n = handled[good] * more
    clears = (binomial_tail(rate[good] * n, n, risk) <= delta).any(axis=1)
    return float(more[np.argmax(clears), 0]) if clears.any() else None


def least_calibration(risk: float) -> int:
    """Cases needed before a conformal cut-off can exclude anything at `risk`.

    >>> least_calibration(0.1)
    9
    """
    return math.ceil(round(1 / risk, 9)) - 1
