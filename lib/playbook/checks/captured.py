"""Whether captured outputs say anything: errors instead of answers, and checks that broke down."""

from __future__ import annotations

from playbook.checks.case import Case, hold
from playbook.checks.finding import Finding, judge
from playbook.evidence import words
from playbook.evidence.intake import Intake
from playbook.questions import ROLE_NAMES


def review(case: Case, taken: Intake) -> list[Finding]:
    """One finding where the capture shows nothing at all; else how much of it failed."""
    if taken.untrustworthy:
        return [_nothing_shown(case, taken)]
    return [_errors(case, taken), *_crashed(case, taken)]


def _nothing_shown(case: Case, taken: Intake) -> Finding:
    """What a run shows that has itself failed: nothing, whatever its own totals say."""
    return judge(
        "inconclusive",
        case.bar("accepted_rate").severity,
        id="evaluation.capture",
        statement=f"The captured outputs show nothing about the product: {taken.untrustworthy[0]}",
        remedy="Put right what failed, capture the answers anew, and look at ten of them before "
        "anything is counted.",
        owner=ROLE_NAMES["engineering"],
        topic="The captured outputs",
        evidence=taken.estimates,
    )


def _errors(case: Case, taken: Intake) -> Finding:
    return hold(
        case,
        taken["answer_error_rate"],
        "answer_error_rate",
        id="evaluation.answer_error_rate",
        statement="Instead of an answer, an error came back in "
        f"{words.natural(taken['answer_error_rate'])} tries",
        remedy="Find out what failed, and capture these answers anew.",
        owner=ROLE_NAMES["engineering"],
        topic="Errors instead of answers",
    )


def _crashed(case: Case, taken: Intake) -> list[Finding]:
    """Checks that broke down themselves say nothing about answers, which thus stay unrated."""
    broken = {name: n for name, n in taken.crashed.items() if n}
    if not broken:
        return []
    each = ", ".join(f"“{name}” {words.count(n)} times" for name, n in broken.items())
    return [
        judge(
            "inconclusive",
            case.bar("answer_error_rate").severity,
            id="evaluation.checks_crashed",
            statement=f"Checks of answers broke down themselves: {each}. These answers count as "
            "not rated, neither as passed nor as failed.",
            remedy="Mend the checks and rate the same answers again.",
            owner=ROLE_NAMES["engineering"],
            topic="Checks that broke down",
        )
    ]
