"""How many labels a budget buys, how many days they take, and what needed ones cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence.value import Array, Range, check_range, triangle

DRAWS = 10_000
HOURS_A_DAY = 8


@dataclass(frozen=True)
class Spending:
    """What labels cost and what is affordable; None where an answer is missing.

    Attributes
    ----------
    labels, items, days
        Labels that the budget pays for, items labelled with them, and one person's days of eight
        hours.
    needed_labels, needed_days, needed_cost
        The same for the items still needed to clear the bar.
    missing
        What is not answered, in words.
    """

    labels: Estimate | None
    items: Estimate | None
    days: Estimate | None
    needed_labels: float | None
    needed_days: Estimate | None
    needed_cost: Estimate | None
    missing: list[str]

    @property
    def estimates(self) -> list[Estimate]:
        """Those that could be computed."""
        found = [self.labels, self.items, self.days, self.needed_days, self.needed_cost]
        return [e for e in found if e is not None]


@dataclass(frozen=True)
class Purse:
    """The answers: money for labels, minutes a label takes, and what an hour costs.

    Raises
    ------
    PlaybookError
        A range is not in order.
    """

    budget: Range | None
    minutes: float | None
    hour_cost: Range | None
    currency: str

    def __post_init__(self) -> None:
        for name, found in (("labelling budget", self.budget), ("hour cost", self.hour_cost)):
            if found is not None:
                check_range(name, found)

    @classmethod
    def from_answers(cls, value: Any, currency: str) -> Purse:
        """From `value`, which gives the answer to a question of the data strategy, or None."""
        minutes = value("data_strategy.label_minutes")
        return cls(
            budget=_range(value("data_strategy.labelling_budget")),
            minutes=float(minutes) if minutes and float(minutes) > 0 else None,
            hour_cost=_range(value("data_strategy.label_hour_cost")),
            currency=currency,
        )

    def spend(self, people: float, items: int | None, confidence: float = 0.95) -> Spending:
        """What it buys with `people` labels per item, and what `items` more would cost."""
        budget, rate = self._drawn()
        labels = days = None
        if budget is not None and rate is not None and self.minutes:
            labels = np.floor(budget / (rate * self.minutes / 60))
            days = labels * self.minutes / 60 / HOURS_A_DAY
        needed = None if items is None else items * people
        hours = None if needed is None or not self.minutes else needed * self.minutes / 60
        cost = None if hours is None or rate is None else hours * rate

        def told(measure: str, draws: Array | None, unit: str) -> Estimate | None:
            return None if draws is None else _estimate(measure, draws, unit, confidence)

        affordable = None if labels is None else np.floor(labels / people)
        per_day = None if hours is None else np.array([hours / HOURS_A_DAY])
        return Spending(
            labels=told("affordable_labels", labels, "labels"),
            items=told("affordable_items", affordable, "items"),
            days=told("labelling_days", days, "days"),
            needed_labels=needed,
            needed_days=told("labelling_days_needed", per_day, "days"),
            needed_cost=told("labelling_cost_needed", cost, self.currency),
            missing=self._missing(),
        )

    def _drawn(self) -> tuple[Array | None, Array | None]:
        uniform = np.random.default_rng(0).random((2, DRAWS))
        budget = triangle(uniform[0], self.budget) if self.budget else None
        # An hour that might cost nothing would buy labels without end.
        free = self.hour_cost is None or self.hour_cost[0] <= 0
        rate = None if free else triangle(uniform[1], self.hour_cost or (1.0, 1.0, 1.0))
        return budget, rate

    def _missing(self) -> list[str]:
        told: Mapping[str, object] = {
            "the budget": self.budget,
            "the minutes that a label takes": self.minutes,
            "what an hour of labelling costs": self.hour_cost and self.hour_cost[0] > 0,
        }
        return [name for name, found in told.items() if not found]


def _range(value: Mapping[str, float] | None) -> Range | None:
    return (value["low"], value["likely"], value["high"]) if value else None


def _estimate(measure: str, draws: Array, unit: str, confidence: float) -> Estimate:
    tail = (1 - confidence) / 2
    # A quantile that is a draw: there is no half label.
    low, middle, high = np.quantile(draws, [tail, 0.5, 1 - tail], method="nearest").tolist()
    method = (
        f"median and {100 * confidence:g} % of {DRAWS:,} draws, triangular over the stated ranges"
        if len(draws) > 1
        else "as stated"
    )
    return Estimate(measure=measure, value=middle, low=low, high=high, n=0, unit=unit,
                    method=method)  # fmt: skip
