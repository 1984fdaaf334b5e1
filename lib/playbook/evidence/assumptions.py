"""What a plan rests on, ranked by what each belief would cost if it were wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from playbook.days import day
from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table

QUESTION = "problem_definition.assumptions"
_LABEL = 32


@dataclass(frozen=True)
class Assumption:
    """One belief with its chance and its cost.

    Attributes
    ----------
    chance
        That it is wrong, from 0 to 1.
    cost
        What it costs if it is wrong: at least, at most.
    expected_loss
        Chance times cost; its interval is that of the cost.
    test, test_cost, by
        How it is to be tested, for how much, by which day (year-month-day); empty where nobody
        has said.
    """

    assumption: str
    chance: float
    cost: tuple[float, float]
    expected_loss: Estimate
    test: str
    test_cost: float | None
    by: str

    @property
    def tested(self) -> bool:
        """Whether it is stated how and by when it is tested."""
        return bool(self.test.strip() and self.by)

    @property
    def worth_testing(self) -> bool | None:
        """Whether its test costs less than what is expected to be lost; None where not stated."""
        return None if self.test_cost is None else self.test_cost < self.expected_loss.value


@dataclass(frozen=True)
class Assumptions:
    """All of them, dearest first; `unranked` are those that lack a number, with what they lack."""

    ranked: list[Assumption]
    unranked: list[tuple[str, str]]
    currency: str

    @property
    def estimates(self) -> list[Estimate]:
        """The expected loss of each."""
        return [a.expected_loss for a in self.ranked]

    @property
    def surely_first(self) -> bool:
        """Whether the dearest stays the dearest whatever the costs turn out to be."""
        first, *rest = self.ranked
        return all(first.expected_loss.low >= a.expected_loss.high for a in rest)

    def summary(self) -> Html:
        """Which one to test first, and whether its test pays."""
        lines = [f"Not ranked: “{name}”; {why}." for name, why in self.unranked]
        if not self.ranked:
            return sentences(lines)
        first = self.ranked[0]
        loss = first.expected_loss
        lead = (
            f"The dearest assumption is “{first.assumption}”. The team gives it a chance of "
            f"{words.percent(first.chance)} to be wrong, which would cost "
            f"{self._money(first.cost[0])} to {self._money(first.cost[1])}: an expected loss of "
            f"{words.brief(loss)}."
        )
        return sentences([lead, self._order(), self._test(first), *lines])

    def table(self) -> Html:
        """One row for each, dearest first."""
        body = [
            [
                a.assumption,
                words.percent(a.chance),
                f"{self._money(a.cost[0])} to {self._money(a.cost[1])}",
                words.brief(a.expected_loss),
                self._tested(a),
            ]
            for a in self.ranked
        ]
        header = ["Assumption", "Chance that it is wrong", "Cost if it is", "Expected loss", "Test"]
        note = (
            "Expected loss: the stated chance times the stated cost, from lowest to highest. "
            "All numbers are the team's own; no data stand behind them yet (n = 0)."
        )
        return table("Assumptions, dearest first", header, body, numeric=(1, 2, 3), note=note)

    def chart(self) -> Html:
        """The expected loss of each, from its lowest to its highest."""
        from playbook.evidence.figures import intervals

        if not self.ranked:
            return Html.nothing()
        first = self.ranked[0]
        return intervals(
            [(_short(a.assumption), a.expected_loss) for a in self.ranked],
            title=f"“{first.assumption}” would cost most if it were wrong",
            emphasis={_short(first.assumption)},
            caption="Stated chance times stated cost; the line goes from the lowest stated cost "
            "to the highest.",
            counts=False,
        )

    def _order(self) -> str:
        if len(self.ranked) == 1:
            return "It is the only one with a chance and a cost."
        if self.surely_first:
            return "It stays the dearest over the whole range of costs that the team states."
        return "The ranges overlap with others: the order may change once costs are known better."

    def _test(self, first: Assumption) -> str:
        if not first.test.strip():
            return "Nobody has said how it could be tested."
        if first.worth_testing is None:
            return f"To be tested by: {first.test.strip().rstrip('.')}."
        assert first.test_cost is not None
        verdict = "less" if first.worth_testing else "not less"
        return (
            f"The test ({first.test.strip().rstrip('.')}) costs {self._money(first.test_cost)}, "
            f"{verdict} than the expected loss."
        )

    def _tested(self, a: Assumption) -> str:
        """How, for how much and by when, as far as it is stated."""
        if not a.test.strip():
            return "Not stated"
        cost = "" if a.test_cost is None else f"; {self._money(a.test_cost)}"
        return f"{a.test.strip().rstrip('.')}{cost}; {_when(a.by)}"

    def _money(self, amount: float) -> str:
        return words.money(amount, self.currency)


def _when(by: str) -> str:
    return f"by {day(date.fromisoformat(by))}" if by else "no date"


def _short(name: str) -> str:
    """As much as stands beside its number in a chart."""
    return name if len(name) <= _LABEL else f"{name[: _LABEL - 1].rstrip()}…"


def assumptions(rows: Sequence[Mapping[str, Any]] | None, currency: str) -> Assumptions:
    """Rank what the team has written down.

    Parameters
    ----------
    rows
        The answer to the question *assumptions* of Problem definition.

    Raises
    ------
    NoEvidence
        Nothing has been written down.
    """
    if not rows:
        raise NoEvidence(
            "nobody has written down what the plan rests on",
            remedy="Answer the question on assumptions in the playbook Problem definition",
        )
    ranked: list[Assumption] = []
    unranked: list[tuple[str, str]] = []
    for place, row in enumerate(rows, start=1):
        name = str(row.get("assumption") or f"row {place}")
        if fault := _fault(row):
            unranked.append((name, fault))
        else:
            ranked.append(_assumption(name, row, currency))
    ranked.sort(key=lambda a: -a.expected_loss.value)
    return Assumptions(ranked, unranked, currency)


def _fault(row: Mapping[str, Any]) -> str:
    """Why a row cannot be ranked, or nothing."""
    chance, low, high = (row.get(c) for c in ("chance_wrong", "cost_low", "cost_high"))
    if chance is None:
        return "no chance is stated"
    if low is None or high is None:
        return "its cost is not stated from lowest to highest"
    if not 0 <= chance <= 100:
        return f"its chance of {words.number(chance)} is not between 0 and 100"
    if not 0 <= low <= high:
        return "its cost must be zero or more, and the lowest no more than the highest"
    return ""


def _assumption(name: str, row: Mapping[str, Any], currency: str) -> Assumption:
    chance, low, high = (float(row[c]) for c in ("chance_wrong", "cost_low", "cost_high"))
    chance /= 100
    cost = row.get("test_cost")
    loss = Estimate(
        measure="expected_loss",
        group={"assumption": name},
        value=chance * (low + high) / 2,
        low=chance * low,
        high=chance * high,
        n=0,
        unit=currency,
        method="stated chance times stated cost, lowest to highest",
    )
    return Assumption(
        assumption=name,
        chance=chance,
        cost=(low, high),
        expected_loss=loss,
        test=str(row.get("test") or ""),
        test_cost=None if cost is None else float(cost),
        by=str(row.get("by") or ""),
    )
