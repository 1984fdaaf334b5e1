"""The atom of evidence: a value that never travels without its interval and its n."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Outcome = Literal["meets", "misses", "inconclusive"]
Unit = str
"""``share`` (0 to 1), ``difference`` (of two shares), ``ratio``, ``score``, ``count``, or words
such as ``USD per decision``."""

_SLACK = 1e-9


class Comparison(BaseModel):
    """An `Estimate` held against a bar.

    Attributes
    ----------
    outcome
        *meets* where the whole interval is on the right side of the bar, *misses* where the whole
        interval is on the wrong side, *inconclusive* where the bar lies inside the interval.
    bar, direction
        The number compared with, and whether the estimate must be at least or at most that.
    n_needed
        Only when inconclusive: the n in total at which the interval would clear the bar if the
        value stayed as it is. ``None`` where no n would (the value lies on the bar).
    """

    model_config = ConfigDict(frozen=True)
    outcome: Outcome
    bar: float
    direction: Literal["at_least", "at_most"]
    n_needed: int | None = None


class Estimate(BaseModel):
    """A measured number with its uncertainty.

    Attributes
    ----------
    measure
        The field's standard name in snake_case, such as ``false_positive_rate``.
    group
        ``None`` for everyone, or the group such as ``{"race": "Black"}``.
    value, low, high
        The point estimate and its interval (95 % unless `method` says otherwise).
    n
        Rows the number rests on.
    unit
        See `Unit`.
    method
        How value and interval were computed, in words a statistician recognises.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    measure: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    group: dict[str, str] | None = None
    value: float
    low: float
    high: float
    n: int = Field(ge=0)
    unit: Unit = "share"
    method: str

    @model_validator(mode="after")
    def _ordered(self) -> Estimate:
        if not all(map(math.isfinite, (self.value, self.low, self.high))):
            raise ValueError("value, low and high must be finite numbers")
        slack = _SLACK * max(1.0, abs(self.value))
        if not self.low - slack <= self.value <= self.high + slack:
            raise ValueError(
                f"the interval {self.low} to {self.high} does not hold the value {self.value}"
            )
        return self

    def against(self, *, at_least: float | None = None, at_most: float | None = None) -> Comparison:
        """Hold the interval against one bar.

        >>> e = Estimate(measure="recall", value=.8, low=.7, high=.87, n=80, method="Wilson")
        >>> e.against(at_least=0.75).outcome, e.against(at_least=0.75).n_needed
        ('inconclusive', 320)
        """
        if (at_least is None) == (at_most is None):
            raise ValueError("give exactly one of at_least and at_most")
        if at_least is not None:
            meets, misses, bar = self.low >= at_least, self.high < at_least, at_least
        else:
            assert at_most is not None
            meets, misses, bar = self.high <= at_most, self.low > at_most, at_most
        direction: Literal["at_least", "at_most"] = (
            "at_least" if at_least is not None else "at_most"
        )
        if meets or misses:
            outcome: Outcome = "meets" if meets else "misses"
            return Comparison(outcome=outcome, bar=bar, direction=direction)
        return Comparison(
            outcome="inconclusive", bar=bar, direction=direction, n_needed=self._n_needed(bar)
        )

    def _n_needed(self, bar: float) -> int | None:
        """Widths shrink with the square root of n; ratios shrink on the log scale."""
        value, low, high = self.value, self.low, self.high
        if self.unit == "ratio" and min(value, low, bar) > 0:
            value, low, high, bar = map(math.log, (value, low, high, bar))
        distance = abs(value - bar)
        reach = value - low if value > bar else high - value
        if distance <= 1e-12 or self.n == 0:
            return None
        return max(self.n + 1, math.ceil(round(self.n * (reach / distance) ** 2, 6)))
