"""Intervals of means, of root mean squares and of R² from sums alone: n, Σx, Σx², Σx⁴.

Everything takes sums, not rows. `n` may be a fraction: the effective n of weighted rows.
"""

from __future__ import annotations

import math

from scipy.special import expit, logit, stdtr, stdtrit

from playbook.evidence.intervals import Interval, proportion, quantile

LEAST = 2


def spread(n: float, total: float, squares: float) -> float:
    """Variance of n values with these sums (divided by n − 1); 0 where it is mere rounding."""
    around = squares - total * total / n
    return around / (n - 1) if around > 1e-12 * abs(squares) else 0.0


def mean(n: float, total: float, squares: float, confidence: float = 0.95) -> Interval | None:
    """Mean of n values, with Student's t interval (1908); None for fewer than two values.

    >>> found = mean(5, 15, 55)
    >>> round(found.low, 3), found.value, round(found.high, 3)
    (1.037, 3.0, 4.963)
    """
    if n < LEAST:
        return None
    value = total / n
    half = _student(n, confidence) * math.sqrt(spread(n, total, squares) / n)
    return Interval(value, value - half, value + half, f"t {_percent(confidence)} interval")


def mean_share(n: float, total: float, squares: float, confidence: float = 0.95) -> Interval | None:
    """Mean of n values between 0 and 1, with a t interval on the logit scale.

    The logit keeps the limits inside 0 and 1 and gives them room on the side where there is some.
    Where all values are the same the variance says nothing; then the interval is that of a rate
    of cases, whose variance is the largest that values between 0 and 1 can have.
    """
    if n < LEAST:
        return None
    value, variance = min(1.0, total / n), spread(n, total, squares)
    if value in (0, 1) or variance <= 1e-12:
        found = proportion(value * n, n, confidence)
        return Interval(value, found.low, found.high, f"{found.method} of all-equal values")
    half = _student(n, confidence) * math.sqrt(variance / n) / (value * (1 - value))
    low, high = (float(expit(logit(value) + sign * half)) for sign in (-1, 1))
    method = f"t {_percent(confidence)} interval on the logit scale"
    return Interval(value, min(low, value), max(high, value), method)


def root_mean_square(
    n: float, squares: float, fourths: float, confidence: float = 0.95
) -> Interval | None:
    """Root of the mean of x², with a t interval of its logarithm (delta method).

    The spread of x² comes from Σx⁴, so that errors need not be normal (heavy tails widen it).
    """
    if n < LEAST:
        return None
    value = math.sqrt(squares / n)
    method = f"t {_percent(confidence)} interval of the logarithm of the mean square"
    if value == 0:
        return Interval(0.0, 0.0, 0.0, method)
    error = math.sqrt(spread(n, squares, fourths) / n) / (squares / n)
    times = math.exp(_student(n, confidence) * error / 2)
    return Interval(value, value / times, value * times, method)


def r_squared(
    n: float,
    error2: float,
    error4: float,
    around2: float,
    around4: float,
    both: float,
    confidence: float = 0.95,
) -> Interval | None:
    """Share of the label's variance that predictions explain, 1 − Σe² / Σ(y − ȳ)².

    The interval is a t interval of log(1 − R²) by the delta method; None where the label is
    always the same.

    Parameters
    ----------
    error2, error4
        Σe², Σe⁴ of the errors.
    around2, around4, both
        Σ(y − ȳ)², Σ(y − ȳ)⁴ and Σe²(y − ȳ)².
    """
    if n < LEAST or around2 <= 0:
        return None
    method = f"t {_percent(confidence)} interval of log(1 − R²), delta method"
    if error2 <= 0:
        return Interval(1.0, 1.0, 1.0, method)
    e2, a2 = error2 / n, around2 / n
    variance = error4 / n / e2**2 + around4 / n / a2**2 - 2 * both / n / (e2 * a2)
    half = _student(n, confidence) * math.sqrt(max(variance, 0.0) / (n - 1))
    rest = error2 / around2
    return Interval(1 - rest, 1 - rest * math.exp(half), 1 - rest * math.exp(-half), method)


def difference(
    one: tuple[float, float, float], other: tuple[float, float, float], confidence: float = 0.95
) -> tuple[Interval, float] | None:
    """Difference of two groups' means with Welch's t interval (1947), and its two-sided p-value.

    Parameters
    ----------
    one, other
        n, Σx and Σx² of each; None where either has fewer than two values.
    """
    if min(one[0], other[0]) < LEAST:
        return None
    parts = [spread(*sums) / sums[0] for sums in (one, other)]
    error2 = sum(parts)
    value = one[1] / one[0] - other[1] / other[0]
    method = f"Welch's t {_percent(confidence)} interval"
    if error2 == 0:
        return Interval(value, value, value, method), 1.0 if value == 0 else 0.0
    freedom = error2**2 / sum(
        part**2 / (sums[0] - 1) for part, sums in zip(parts, (one, other), strict=True)
    )
    half = float(stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(error2)
    p = float(2 * stdtr(freedom, -abs(value) / math.sqrt(error2)))
    return Interval(value, value - half, value + half, method), p


def ratio(
    one: tuple[float, float, float], other: tuple[float, float, float], confidence: float = 0.95
) -> Interval | None:
    """Ratio of two groups' means, both above 0, with a normal interval of its logarithm (delta
    method); None where a mean is not above 0 or either has fewer than two values.

    Parameters
    ----------
    one, other
        n, Σx and Σx² of each.
    """
    if min(one[0], other[0]) < LEAST or min(one[1], other[1]) <= 0:
        return None
    error2 = sum(n * spread(n, total, squares) / total**2 for n, total, squares in (one, other))
    value = (one[1] / one[0]) / (other[1] / other[0])
    times = math.exp(quantile(confidence) * math.sqrt(error2))
    method = f"normal {_percent(confidence)} interval of the logarithm, delta method"
    return Interval(value, value / times, value * times, method)


def median_levels(n: float, confidence: float = 0.95) -> tuple[float, float, float]:
    """Levels whose quantiles are the median's lower limit, the median, and its upper limit.

    Ranks from the binomial law, so that no shape is assumed (David and Nagaraja 2003, Order
    Statistics, section 7.1; normal approximation).
    """
    half = quantile(confidence) / (2 * math.sqrt(max(n, 1)))
    return max(0.0, 0.5 - half), 0.5, min(1.0, 0.5 + half)


def _student(n: float, confidence: float) -> float:
    return float(stdtrit(n - 1, (1 + confidence) / 2))


def _percent(confidence: float) -> str:
    return f"{100 * confidence:g} %"


__all__ = [
    "difference",
    "mean",
    "mean_share",
    "median_levels",
    "r_squared",
    "ratio",
    "root_mean_square",
    "spread",
]
