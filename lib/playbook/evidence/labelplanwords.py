"""What the plan for labels says: sentences, table and chart."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.words import brief, count, number, percent, plural

if TYPE_CHECKING:
    from playbook.evidence.labelplan import LabelPlan


def summary(plan: LabelPlan) -> Html:
    """How many labels are needed, what they tell, and what they cost."""
    lines = [plan.note] if plan.note else []
    lines += _measured(plan) if plan.measured else _planned(plan)
    return sentences([*lines, *_needed(plan), *_affordable(plan), *_unanswered(plan)])


def _measured(plan: LabelPlan) -> list[str]:
    assert plan.measured
    e, bar, cases = plan.measured, number(plan.bar), plan.words.cases
    today = (
        f"Today α is {brief(e)} on {plural(e.n, 'item', 'items')}; the policy asks for at least "
        f"{bar}."
    )
    if plan.hopeless:
        more = (
            f"More labels of this kind will not help: people agree too little, and that is sure. "
            f"Write down how to judge, with examples, try it on 50 {cases}, and measure again."
        )
    elif e.low >= plan.bar:
        more = "That is clear already; more labels would only make it more precise."
    elif plan.needed is None:
        more = "It lies on the bar, so no number of labels would settle it."
    else:
        side = "clear" if e.value > plan.bar else "be surely below"
        more = (
            f"If it stays there, it takes about {plural(plan.needed, 'item', 'items')} in all to "
            f"{side} the bar."
        )
    return [today, more]


def _planned(plan: LabelPlan) -> list[str]:
    share = percent(plan.common)
    basis = (
        f"the most common label making up {share}, as in the table" if plan.common_known
        else "two labels that are equally common"
    )  # fmt: skip
    cases = plan.words.cases
    known = (
        "All labels given so far are the same, so agreement is not known"
        if plan.one_label else "Nobody has measured agreement yet"
    )  # fmt: skip
    lines = [
        f"{known}, so this is a plan: {_people(plan.people)} people label "
        f"the same {cases}, with {basis}.",
        f"If agreement turns out like {number(plan.outlook.value)} (α), "
        f"about {count(plan.needed or 0)} {cases} are enough to show that it reaches the "
        f"{number(plan.bar)} that the policy asks for.",
    ]
    others = [(a, n) for a, n in plan.otherwise if n]
    if others:
        told = " and ".join(f"{count(n)} if it is {number(a)}" for a, n in others)
        lines.append(f"The nearer it lies to the bar, the more are needed: {told}.")
    return lines


def _needed(plan: LabelPlan) -> list[str]:
    found = plan.spending
    done = plan.hopeless or (plan.measured is not None and plan.measured.low >= plan.bar)
    if done or not found.needed_labels or found.needed_days is None:
        return []
    costs = f" and {brief(found.needed_cost)}" if found.needed_cost else ""
    return [
        f"The {plural(found.needed_labels, 'label', 'labels')} that this takes mean "
        f"{_days(found.needed_days)} of one person{costs}."
    ]


def _affordable(plan: LabelPlan) -> list[str]:
    found = plan.spending
    lines = []
    if found.labels and found.items and found.days:
        lines.append(
            f"The budget pays for {brief(found.labels)}: {brief(found.items)} judged by "
            f"{_people(plan.people)} people each, {_days(found.days)} of one person."
        )
        low, high = plan.outlook.at(max(2.0, plan.items + found.items.value))
        if not plan.hopeless:
            lines.append(
                f"All of it spent, α would be known to lie between {number(low, 2)} and "
                f"{number(high, 2)}."
            )
    if plan.deadline:
        day = date.fromisoformat(plan.deadline)
        lines.append(f"The labels are wanted by {day.day} {day:%B} {day.year}.")
    return lines


def _unanswered(plan: LabelPlan) -> list[str]:
    missing = plan.spending.missing
    if not missing:
        return []
    return [
        f"Not computed, as nobody has stated it: {', '.join(missing)}. Answer these questions in "
        "the playbook Data strategy."
    ]


def table_of(plan: LabelPlan) -> Html:
    """The expected interval and what it takes, by number of items."""
    now = plan.measured is not None
    body = []
    for i, (n, e) in enumerate(plan.steps):
        name = f"{count(n)} today" if now and i == 0 else count(n)
        beside = e.against(at_least=plan.bar).outcome
        body.append([name, count(n * plan.people), _spread(e), _OUTCOMES[beside]])
    header = ["Items", "Labels", "α and its expected interval", f"Against {number(plan.bar)}"]
    basis = "α as measured" if now else f"α planned with {number(plan.outlook.value)}"
    note = f"{basis}, {_people(plan.people)} labels per item. {plan.note}".strip()
    return table("What more labels would tell", header, body, numeric=(1, 2), note=note)


_OUTCOMES = {"meets": "surely reached", "misses": "surely missed", "inconclusive": "open"}


def chart(plan: LabelPlan) -> Html:
    """The expected interval by number of items, beside the bar."""
    from playbook.evidence.figures import intervals as drawn

    now = plan.measured is not None
    items = [
        (f"{plural(n, 'item', 'items')}{' today' if now and i == 0 else ''}", e)
        for i, (n, e) in enumerate(plan.steps)
    ]
    title = "No number of labels would settle it"
    if plan.hopeless:
        title = "People surely agree too little: more labels will not change that"
    elif plan.needed:
        title = f"About {plural(plan.needed, 'item', 'items')} are needed to be sure"
        if now and plan.measured and plan.measured.low >= plan.bar:
            title = "Agreement is known well enough"
    basis = "as measured today" if now else f"planned with {number(plan.outlook.value)}"
    caption = f"Expected interval of α, {basis}. {plan.note}".strip()
    return drawn(items, title=title, bar=plan.bar, caption=caption, counts=False)


def _spread(e: Estimate) -> str:
    return f"{number(e.value, 2)} ({number(e.low, 2)} to {number(e.high, 2)})"


def _days(e: Estimate) -> str:
    return brief(e.model_copy(update={"unit": "working days"}))


def _people(people: float) -> str:
    return {2.0: "two", 3.0: "three"}.get(people, number(people, 1).removesuffix(".0"))
