"""What the sample plan says: sentences and table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, table
from playbook.evidence.words import count, money, number

if TYPE_CHECKING:
    from playbook.evidence.sampleplan import Need, SamplePlan

MEASURED = {
    "recall": "the share that it finds",
    "precision": "the share of flagged cases that are rightly flagged",
    "specificity": "the share that it rightly leaves alone",
    "accuracy": "the share that it gets right",
    "auc": "the share of pairs that it ranks rightly",
    "interval_coverage": "the share of outcomes within the stated range",
    "accepted_rate": "the share of accepted answers",
    "win_rate": "the share of pairs that it wins",
}
"""What each measure is called within a sentence."""


def of_100(share: float) -> str:
    """A planned share in words: ``90 of 100``."""
    return f"{number(round(100 * share, 1))} of 100"


def summary(plan: SamplePlan) -> Html:
    """How many cases, what they are to show, and what they take."""
    main = plan.needs[0]
    if main.n is None:
        lines = [f"{main.why} So no number of {plan.basis.cases} can show that it is reached."]
    else:
        lines = [f"Collect {count(main.n)} {main.what}. {main.why}"]
    lines += [_said(p, n) for p, n in main.otherwise if n or main.n]
    lines += [*plan.basis.assumed, *_effort(plan)]
    lines.append("This is a plan, made without a look at any data.")
    return sentences(lines)


def _said(share: float, n: int | None) -> str:
    if n is None:
        return f"If it is only {of_100(share)}, no number is enough."
    return f"If it is {of_100(share)}, it takes {count(n)}."


def _effort(plan: SamplePlan) -> list[str]:
    if not plan.ratings:
        return []
    hours = plan.hours(plan.ratings)
    said = f"In all, people give {count(plan.ratings)} ratings"
    if hours is None:
        return [f"{said}. Nobody has said how many minutes one takes (playbook Data strategy)."]
    cost = _cost(plan, hours)
    return [f"{said}, about {_hours(hours)}{f' and {cost}' if cost else ''}."]


def _hours(hours: float) -> str:
    return f"{number(hours, 0 if hours >= 10 else 1)} hours"


def _cost(plan: SamplePlan, hours: float) -> str:
    if plan.purse.hour_cost is None:
        return ""
    low, likely, high = (hours * rate for rate in plan.purse.hour_cost)
    shown = [money(round(x), plan.purse.currency) for x in (likely, low, high)]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def table_of(plan: SamplePlan) -> Html:
    """Every need: how many, why, and hours of rating."""
    body = [[need.what, _needed(need), need.why, *_takes(plan, need)] for need in plan.needs]
    basis = plan.basis
    note = (
        f"Intervals of {number(100 * basis.confidence)} % (Wilson; exact under 40); chance to show "
        "what is true: 80 %. Bars are the policy's for this risk tier. Rows that mention others "
        "count within them."
    )
    header = ["What to collect", "How many", "Why", "Ratings by people", "Hours of rating", "Cost"]
    return table("What to collect before measuring", header, body, numeric=(1, 3, 4), note=note)


def _needed(need: Need) -> str:
    return "no number is enough" if need.n is None else count(need.n)


def _takes(plan: SamplePlan, need: Need) -> list[str]:
    if not need.ratings:
        return ["none extra", "", ""]
    hours = plan.hours(need.ratings)
    if hours is None:
        return [count(need.ratings), "not stated", ""]
    return [count(need.ratings), number(hours, 0 if hours >= 10 else 1), _cost(plan, hours)]
