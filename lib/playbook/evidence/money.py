"""The model in money: what a decision is worth, what moves that, and what a month brings."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import moneywords
from playbook.evidence.baseline import BaselineComparison
from playbook.evidence.counts import count
from playbook.evidence.display import Html, sentences
from playbook.evidence.onerule import paired
from playbook.evidence.paired import Confusion
from playbook.evidence.sweeps import sweep_of
from playbook.evidence.tables import Decisions
from playbook.evidence.thresholds import MoneySweep, sweep
from playbook.evidence.value import (
    Array,
    Range,
    Stakes,
    check_range,
    estimate,
    simulate,
    simulate_difference,
    tornado,
    triangle,
    triangle_mean,
    value_difference,
    value_per_decision,
)
from playbook.product import Words


@dataclass(frozen=True)
class Money:
    """What the model's decisions are worth.

    Attributes
    ----------
    value
        Money per decision.
    against
        Each alternative as people would say it, with the money by which the model is worth more
        per decision.
    month, month_against
        Money per month at the stated volume less the stated running cost: in all, and more than
        under the alternative that is worth most. ``None`` where no volume is stated.
    tornado
        See `value.tornado`.
    sweep
        Value over all thresholds, where the table has a score.
    """

    confusion: Confusion
    stakes: Stakes
    currency: str
    words: Words
    value: Estimate
    against: list[tuple[str, Estimate]]
    month: Estimate | None
    month_against: Estimate | None
    tornado: list[tuple[str, float, float]]
    sweep: MoneySweep | None
    per_month: Range | None = None
    run_cost: Range | None = None

    @property
    def hardest(self) -> tuple[str, Estimate] | None:
        """The alternative that is worth most, and the model's value over it."""
        return min(self.against, key=lambda pair: pair[1].value, default=None)

    @property
    def estimates(self) -> list[Estimate]:
        """All amounts, per decision first."""
        found = [self.value, *(e for _, e in self.against)]
        found += [e for e in (self.month, self.month_against) if e is not None]
        return found + ([self.sweep.gain] if self.sweep and self.sweep.gain else [])

    def summary(self) -> Html:
        """What a decision is worth today, and whether another threshold would pay better."""
        return moneywords.summary(self)

    def table(self) -> Html:
        """How often each kind of decision occurs and what it is worth, and the thresholds."""
        return moneywords.table_of(self)

    def chart(self) -> Html:
        """Value of a decision over all thresholds; nothing where the table has no score."""
        return self.sweep.chart() if self.sweep else sentences([])

    def against_summary(self) -> Html:
        """Whether the model is worth more than the alternatives without AI."""
        return moneywords.against_summary(self)

    def against_chart(self) -> Html:
        """Money by which the model is worth more than each alternative."""
        return moneywords.against_chart(self)

    def month_summary(self) -> Html:
        """What a month brings, and what moves it most."""
        return moneywords.month_summary(self)

    def tornado_chart(self) -> Html:
        """What moves the value of a decision most, widest first."""
        return moneywords.tornado_chart(self)

    def tornado_table(self) -> Html:
        """The same in numbers: the value with each range at its low and at its high end."""
        return moneywords.tornado_table(self)


def money(
    source: Decisions | Confusion,
    stakes: Stakes,
    *,
    baseline: BaselineComparison | None = None,
    per_month: Range | None = None,
    run_cost: Range | None = None,
    currency: str | None = None,
    words: Words | None = None,
    draws: int = 4000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Money:
    """Put the model's decisions into money.

    Parameters
    ----------
    source
        The table, or its confusion counts (then there is no sweep over thresholds).
    stakes
        What a decision of each kind is worth, as ranges in the product's currency.
    baseline
        Alternatives to compare with, on the same rows and at the same draws of the stakes.
    per_month
        Decisions per month as (low, likely, high).
    run_cost
        What running the model costs per month, as (low, likely, high).
    currency, words
        By default the product's.

    Raises
    ------
    PlaybookError
        There are no rows with label and prediction, or a range is not in order.
    """
    for name, stated in (("decisions per month", per_month), ("running cost", run_cost)):
        if stated is not None:
            check_range(name, stated)
    swept = None
    if isinstance(source, Decisions):
        currency, words = currency or source.product.currency, words or source.product.words
        if not (source.has_label and source.has_prediction):
            raise PlaybookError(
                "what a decision is worth cannot be computed without a label and a prediction",
                where=source.where,
                remedy="Name both columns in product.yaml, or a score with a threshold",
            )
        counted = count(source).frame
        confusion = paired(counted, counted["prediction"]).model
        swept = sweep_of(source, stakes, currency, seed=seed, confidence=confidence)
    else:
        confusion = source
    currency, words = currency or "USD", words or Words()
    point, values = simulate(confusion.cells, np.eye(4), stakes, draws, seed)
    rows = baseline.rows if baseline else []
    against = []
    for row in rows:
        more = value_difference(
            row.model, row.rule, stakes, currency, joint=row.paired, draws=draws, seed=seed,
            group={"alternative": row.name}, confidence=confidence,
        )  # fmt: skip
        against.append((row.description or row.name, more))
    month = month_against = None
    if per_month is not None:
        monthly = Month(per_month, run_cost, currency, draws, seed, confidence)
        month = monthly.of(point, values, "expected_value_per_month", confusion.n)
        if against:
            place = min(range(len(rows)), key=lambda i: against[i][1].value)
            row = rows[place]
            better, drawn = simulate_difference(
                row.model, row.rule, stakes, joint=row.paired, draws=draws, seed=seed
            )
            month_against = monthly.of(
                better, drawn, "expected_value_difference_per_month", row.paired.n,
                {"alternative": row.name},
            )  # fmt: skip
    value = value_per_decision(
        confusion, stakes, currency, draws=draws, seed=seed, confidence=confidence
    )
    if swept is not None and swept.current is not None:
        swept = replace(swept, at_current=value)  # one interval for one number
    return Money(
        confusion=confusion,
        stakes=stakes,
        currency=currency,
        words=words,
        value=value,
        against=against,
        month=month,
        month_against=month_against,
        tornado=tornado(confusion, stakes, draws=draws, seed=seed),
        sweep=swept,
        per_month=per_month,
        run_cost=run_cost,
    )


@dataclass(frozen=True)
class Month:
    """From money per decision to money per month, at a random volume and running cost."""

    volume: Range
    cost: Range | None
    currency: str
    draws: int
    seed: int
    confidence: float

    def of(
        self,
        point: float,
        values: Array,
        measure: str,
        n: float,
        group: dict[str, str] | None = None,
    ) -> Estimate:
        """The estimate `measure` from what a decision brings: its mean, and draws of it."""
        uniform = np.random.default_rng([self.seed, 2]).random((2, self.draws))
        cost = self.cost or (0.0, 0.0, 0.0)
        return estimate(
            point * triangle_mean(self.volume) - triangle_mean(cost),
            values * triangle(uniform[0], self.volume) - triangle(uniform[1], cost),
            measure=measure,
            n=n,
            unit=f"{self.currency} per month",
            group=group,
            confidence=self.confidence,
        )


__all__ = [
    "Money",
    "MoneySweep",
    "Month",
    "Range",
    "Stakes",
    "money",
    "sweep",
    "tornado",
    "value_difference",
    "value_per_decision",
]
