"""Predicted amounts in money: what errors cost, what the model saves, and what a month brings."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.estimate import Estimate
from playbook.evidence import amountmoneywords as said
from playbook.evidence.amountbaseline import AmountComparison, AmountRow
from playbook.evidence.amountsums import AmountSums
from playbook.evidence.amountvalue import (
    MODEL,
    OTHER,
    SAVED,
    AmountStakes,
    amount_estimate,
    amount_tornado,
    simulate_amounts,
    told,
)
from playbook.evidence.display import Html
from playbook.evidence.money import Month
from playbook.evidence.value import Array, Range, check_range
from playbook.product import Words


@dataclass(frozen=True)
class AmountMoney:
    """What the model's predicted amounts are worth.

    A predicted amount has no worth of its own, only errors that cost: so every value is a saving,
    against what would be predicted without the model. The face is that of `money.Money`.

    Attributes
    ----------
    value
        Money per decision that the model saves against the alternative that costs least.
    cost
        Money that the model's errors cost per decision, on all cases.
    against
        Each alternative as people would say it, with the money that the model saves per decision.
    costs
        Each alternative with what its errors cost per decision, on the cases it is compared on.
    labels
        Short names of the alternatives for charts, by `against`'s names.
    month, month_against
        What the model saves per month at the stated volume, less the stated running cost, against
        the alternative that costs least; ``None`` where no volume is stated. Both are the same
        amount, once for the whole product and once with the alternative's name.
    tornado
        See `amountvalue.amount_tornado`; of `value`.
    sums
        The model's errors on all cases.
    """

    sums: AmountSums
    stakes: AmountStakes
    currency: str
    words: Words
    unit: str
    value: Estimate
    cost: Estimate
    against: list[tuple[str, Estimate]]
    costs: list[tuple[str, Estimate]]
    labels: dict[str, str]
    month: Estimate | None
    month_against: Estimate | None
    tornado: list[tuple[str, float, float]]
    per_month: Range | None = None
    run_cost: Range | None = None

    @property
    def hardest(self) -> tuple[str, Estimate]:
        """The alternative that costs least, and what the model saves against it."""
        return min(self.against, key=lambda pair: pair[1].value)

    @property
    def estimates(self) -> list[Estimate]:
        """All amounts, per decision first."""
        found = [self.value, self.cost, *(e for _, e in self.against)]
        return found + [e for e in (self.month, self.month_against) if e is not None]

    def summary(self) -> Html:
        """What errors cost, on which side, and what the model saves."""
        return said.summary(self)

    def table(self) -> Html:
        """How often and how far predictions are too high and too low, and what that costs."""
        return said.table_of(self)

    def chart(self) -> Html:
        """What errors cost per case, by the model and by each alternative."""
        return said.chart(self)

    def against_summary(self) -> Html:
        """Whether the model costs less than the alternatives without AI."""
        return said.against_summary(self)

    def against_chart(self) -> Html:
        """Money that the model saves against each alternative."""
        return said.against_chart(self)

    def month_summary(self) -> Html:
        """What a month brings, and what moves it most."""
        return said.month_summary(self)

    def tornado_chart(self) -> Html:
        """What moves the saving of a case most, widest first."""
        return said.tornado_chart(self)

    def tornado_table(self) -> Html:
        """The same in numbers: the saving with each range at its low and at its high end."""
        return said.tornado_table(self)


def amount_money(
    baseline: AmountComparison,
    stakes: AmountStakes,
    *,
    currency: str = "USD",
    per_month: Range | None = None,
    run_cost: Range | None = None,
    draws: int = 4000,
    seed: int = 0,
    confidence: float = 0.95,
) -> AmountMoney:
    """Put predicted amounts into money, from the sums that `baseline` holds: no row is read.

    Parameters
    ----------
    stakes
        What a unit too high and a unit too low cost, as ranges in `currency`.
    per_month
        Predictions per month as (low, likely, high).
    run_cost
        What running the model costs per month, as (low, likely, high).

    Raises
    ------
    PlaybookError
        A range is not in order.
    """
    for name, stated in (("decisions per month", per_month), ("running cost", run_cost)):
        if stated is not None:
            check_range(name, stated)

    def priced(row: AmountRow, sides: Array, measure: str, named: bool = True) -> Estimate:
        point, values = simulate_amounts(row.sums, sides, stakes, draws, seed)
        return amount_estimate(
            point, values, measure=measure, n=row.sums.n, unit=f"{currency} per decision",
            group={"alternative": row.name} if named else None, confidence=confidence,
        )  # fmt: skip

    rows = baseline.rows
    against = [(row.description, priced(row, SAVED, "expected_value_difference")) for row in rows]
    costs = [(row.description, priced(row, OTHER, "expected_cost")) for row in rows]
    place = min(range(len(rows)), key=lambda i: against[i][1].value)
    hardest = rows[place]
    month = month_against = None
    if per_month is not None:
        monthly = Month(per_month, run_cost, currency, draws, seed, confidence)
        better, drawn = simulate_amounts(hardest.sums, SAVED, stakes, draws, seed)
        n, group = hardest.sums.n, {"alternative": hardest.name}
        month, month_against = (
            told(monthly.of(better, drawn, f"expected_value{what}_per_month", n, of), draws,
                 confidence)
            for what, of in (("", None), ("_difference", group))
        )  # fmt: skip
    return AmountMoney(
        sums=rows[0].sums,
        stakes=stakes,
        currency=currency,
        words=baseline.words,
        unit=baseline.unit,
        value=priced(hardest, SAVED, "expected_value", named=False),
        cost=priced(rows[0], MODEL, "expected_cost", named=False),
        against=against,
        costs=costs,
        labels={row.description: row.label for row in rows},
        month=month,
        month_against=month_against,
        tornado=amount_tornado(hardest.sums, stakes, draws, seed),
        per_month=per_month,
        run_cost=run_cost,
    )


__all__ = ["AmountMoney", "AmountStakes", "amount_money"]
