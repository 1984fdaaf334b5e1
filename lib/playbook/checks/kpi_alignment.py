"""06: does the model move a number that the business wants, and could anyone see it move?"""

from __future__ import annotations

import math

from playbook.checks.case import Case, hold, own_bar, unmeasured
from playbook.checks.finding import Finding, judge
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.questions import ROLE_NAMES

EVIDENCE = ("money", "experiment")
OWNER = ROLE_NAMES["business"]
EFFECT = "kpi_alignment.kpi_target_effect"


def check(case: Case) -> list[Finding]:
    """Money a month beyond the best alternative, and the experiment against the wanted effect."""
    return [_month(case), _experiment(case)]


def _month(case: Case) -> Finding:
    name = "kpi_alignment.monthly_net_value"
    money = case.evidence.get("money")
    if isinstance(money, NoEvidence):
        return unmeasured(case, money, "monthly_net_value", id=name, owner=OWNER)
    month = money.month_against or money.month
    if month is None:
        missing = NoEvidence(
            "how many decisions there are a month is not stated",
            remedy="Answer the question on volume, as a range",
        )
        return unmeasured(case, missing, "monthly_net_value", id=name, owner=OWNER)
    best = money.hardest if money.month_against else None
    against = f" more than the best alternative without AI ({best[0]})" if best else ""
    cost = ", running cost taken off" if money.run_cost else ""
    return hold(
        case,
        month,
        "monthly_net_value",
        id=name,
        statement=f"The model brings {words.brief(month)} a month{against}{cost}",
        remedy="Find out first the number that moves this most: the report draws which it is.",
        owner=OWNER,
    )


def _experiment(case: Case) -> Finding:
    name = "kpi_alignment.detectable_effect"
    sized = case.evidence.get("experiment")
    if isinstance(sized, NoEvidence):
        return unmeasured(case, sized, "experiment_weeks", id=name, owner=OWNER)
    wanted = case.answers.value(EFFECT)
    seen = f"In {sized.weeks:g} weeks the experiment sees a change of {words.brief(sized.effect)}"
    if wanted is None:
        return judge(
            "inconclusive",
            case.bar("experiment_weeks").severity,
            id=name,
            statement=f"{seen}; whether that is enough nobody can say, since no target is stated.",
            remedy="State how many percentage points of change the business needs.",
            owner=OWNER,
            evidence=[sized.effect],
        )
    return hold(
        case,
        sized.effect,
        own_bar(EFFECT, at_most=float(wanted) / 100),
        id=name,
        statement=f"{seen} or more; the business needs one of {words.number(float(wanted))} points",
        remedy=_longer(sized, float(wanted) / 100),
        owner=OWNER,
        topic="The experiment",
    )


def _longer(sized: object, effect: float) -> str:
    from playbook.errors import PlaybookError
    from playbook.evidence.experiment import Experiment

    assert isinstance(sized, Experiment)
    try:
        weeks = sized.weeks_for(effect)
    except PlaybookError:
        return "State a target that leaves the rate between 0 and 100 %."
    return (
        f"Plan {words.count(math.ceil(weeks.value))} weeks at this traffic, find more traffic, or "
        "choose a measure that reacts more strongly."
    )
