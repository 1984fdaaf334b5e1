"""The arithmetic of power: effects on a rate under the arcsine transformation (Cohen 1988)."""

from __future__ import annotations

import math
from collections.abc import Callable

from playbook.estimate import Estimate


def detectable(p: float, h: float) -> tuple[float, bool]:
    """Effect whose Cohen's h is `h`, and whether the rate stays within 1 (else the effect is 1)."""
    angle = math.asin(math.sqrt(p)) + h / 2
    if angle > math.pi / 2:
        return 1.0, False
    return math.sin(angle) ** 2 - p, True


def effect_range(base: Estimate, h: float) -> tuple[float, float, float]:
    """Effect at the base rate, and its lowest and highest over the base rate's interval."""
    low, high = max(base.low, 0.0), min(base.high, 1.0)
    # The effect is sin(h/2) sin(2 asin(sqrt(p)) + h/2): highest where the last sine is 1, and at
    # an end just before the rate would pass 1.
    turns = [math.sin(math.pi / 4 - h / 4) ** 2, math.cos(min(h, math.pi) / 2) ** 2 - 1e-12]
    value = detectable(base.value, h)[0]
    return value, *span(lambda p: detectable(p, h)[0], low, high, base.value, turns)


def span(
    function: Callable[[float], float], low: float, high: float, middle: float, turns: list[float]
) -> tuple[float, float]:
    """Lowest and highest value between `low` and `high`, given where the function can turn."""
    points = [low, high, middle, *(turn for turn in turns if low < turn < high)]
    values = [function(point) for point in points]
    return min(values), max(values)
