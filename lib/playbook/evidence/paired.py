"""Two ways to decide, held against the truth on the same rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from playbook.errors import PlaybookError
from playbook.estimate import Estimate


@dataclass(frozen=True)
class Confusion:
    """How many rows a way to decide gets right and wrong; weighted rows may not be whole.

    A *positive* is a row whose label is the one the score is the chance of; *true* means that the
    decision agrees with the label.
    """

    true_positive: float
    false_positive: float
    true_negative: float
    false_negative: float

    def __post_init__(self) -> None:
        if min(self.cells) < 0:
            raise ValueError("counts cannot be negative")

    @property
    def cells(self) -> tuple[float, float, float, float]:
        """True positives, false positives, true negatives, false negatives."""
        return self.true_positive, self.false_positive, self.true_negative, self.false_negative

    @property
    def n(self) -> float:
        """Rows counted."""
        return sum(self.cells)

    @property
    def accuracy(self) -> float:
        """Share of rows decided as the label says; 0 where there is no row."""
        return (self.true_positive + self.true_negative) / self.n if self.n else 0.0

    @property
    def recall(self) -> float | None:
        """Share of the positives that are found; ``None`` where there is no positive."""
        positives = self.true_positive + self.false_negative
        return self.true_positive / positives if positives else None

    @property
    def false_positive_rate(self) -> float | None:
        """Share of the negatives taken for positive; ``None`` where there is no negative."""
        negatives = self.true_negative + self.false_positive
        return self.false_positive / negatives if negatives else None


@dataclass(frozen=True)
class Paired:
    """Counts of the same rows by label, by the model's decision and by another rule's decision.

    Attributes
    ----------
    counts
        Eight counts, ``counts[label][model][rule]``, each index 0 (negative) or 1 (positive).
    """

    counts: tuple[
        tuple[tuple[float, float], tuple[float, float]],
        tuple[tuple[float, float], tuple[float, float]],
    ]

    @property
    def n(self) -> float:
        """Rows counted."""
        return sum(n for label in self.counts for model in label for n in model)

    @property
    def model(self) -> Confusion:
        """The model's confusion counts."""
        negative, positive = ([sum(rule) for rule in label] for label in self.counts)
        return Confusion(positive[1], negative[1], negative[0], positive[0])

    @property
    def rule(self) -> Confusion:
        """The other rule's confusion counts."""
        negative, positive = ([a + b for a, b in zip(*label, strict=True)] for label in self.counts)
        return Confusion(positive[1], negative[1], negative[0], positive[0])

    @property
    def both_right(self) -> float:
        """Rows that both decide as the label says."""
        return self.counts[1][1][1] + self.counts[0][0][0]

    @property
    def only_model_right(self) -> float:
        """Rows that the model decides as the label says and the rule does not."""
        return self.counts[1][1][0] + self.counts[0][0][1]

    @property
    def only_rule_right(self) -> float:
        """Rows that the rule decides as the label says and the model does not."""
        return self.counts[1][0][1] + self.counts[0][1][0]

    @property
    def both_wrong(self) -> float:
        """Rows that neither decides as the label says."""
        return self.counts[1][0][0] + self.counts[0][1][1]


def paired_difference(
    only_first: float,
    only_second: float,
    n: float,
    *,
    measure: str = "accuracy_difference",
    group: dict[str, str] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Difference of two shares of the same `n` rows, with Tango's score interval.

    Only the rows on which the two differ carry information. The interval excludes 0 exactly where
    McNemar's test (without continuity correction) is significant, and it keeps a width where the
    two never differ.

    Parameters
    ----------
    only_first, only_second
        Rows on which only the first, or only the second, is right.

    Notes
    -----
    T. Tango, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17 (1998) 891–908; recommended by Fagerland,
    Lydersen and Laake, Statistics in Medicine 33 (2014) 2850–2875.

    >>> e = paired_difference(1, 7, 21)
    >>> round(e.value, 3), round(e.low, 3), round(e.high, 3)
    (-0.286, -0.517, -0.026)
    """
    if n <= 0:
        raise PlaybookError(
            "two ways to decide cannot be compared on no rows",
            remedy="Give rows that have a label and a prediction",
        )
    if min(only_first, only_second) < 0 or only_first + only_second > n:
        raise ValueError("the rows that differ must be part of the n rows")
    value = (only_first - only_second) / n
    low, high = _tango(only_first, only_second, n, confidence)
    return Estimate(
        measure=measure,
        group=group,
        value=value,
        low=min(low, value),
        high=max(high, value),
        n=round(n),
        unit="difference",
        method=f"paired on the same rows, Tango's score interval, {confidence:.0%}",
    )


def _tango(b: float, c: float, n: float, confidence: float) -> tuple[float, float]:
    from scipy.optimize import brentq
    from scipy.special import ndtri

    z = float(ndtri(0.5 + confidence / 2))

    def distance(delta: float, side: int) -> float:
        """Zero where the score statistic at `delta` is `side` times z."""
        linear = -b - c + (2 * n - b + c) * delta
        root = math.sqrt(max(linear**2 + 8 * n * c * delta * (1 - delta), 0.0))
        q = (root - linear) / (4 * n)
        variance = max(n * (2 * q + delta * (1 - delta)), 0.0)
        return b - c - n * delta - side * z * math.sqrt(variance)

    value, step = (b - c) / n, 1e-12  # at the value itself the distance may be exactly 0
    low = -1.0 if c == n else brentq(distance, -1.0, value - step, args=(1,), xtol=1e-14)
    high = 1.0 if b == n else brentq(distance, value + step, 1.0, args=(-1,), xtol=1e-14)
    return float(low), float(high)
