"""01: is there a problem, and is AI worth more than the simplest way to solve it?"""

from __future__ import annotations

from playbook.checks.case import Case, contradiction, hold, unmeasured
from playbook.checks.finding import Finding
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.questions import ROLE_NAMES

EVIDENCE = ("baseline", "money")
OWNER = ROLE_NAMES["product"]
CLAIM = "problem_definition.claims_ai_needed"


def check(case: Case) -> list[Finding]:
    """The advantage over the strongest alternative, in money where stakes are stated, else in
    cases decided rightly; and the claim that AI is clearly better."""
    baseline = case.evidence.get("baseline")
    if isinstance(baseline, NoEvidence):
        return [
            unmeasured(
                case,
                baseline,
                "baseline_advantage",
                id="problem_definition.baseline_advantage",
                owner=OWNER,
            )
        ]
    money = case.evidence.get("money")
    if isinstance(money, NoEvidence) or money.hardest is None:
        row = baseline.strongest
        name, estimate = row.description, row.advantage
        statement = (
            f"Against the simplest alternative ({name}) the model is right more often by "
            f"{words.brief(estimate)}"
        )
    else:
        name, estimate = money.hardest
        statement = (
            f"Against the alternative that is hardest to beat ({name}) a decision by the model is "
            f"worth {words.brief(estimate)} more"
        )
    found = hold(
        case,
        estimate,
        "baseline_advantage",
        id="problem_definition.baseline_advantage",
        statement=statement,
        remedy="If the simple way does as well, use it: it costs less and explains itself.",
        owner=OWNER,
    )
    return [found, *_claim(case, found)]


def _claim(case: Case, found: Finding) -> list[Finding]:
    if case.answers.value(CLAIM) != "clearly_better" or found.outcome == "meets":
        return []
    shown = found.statement[0].lower() + found.statement[1:].rstrip(".")
    return [
        contradiction(
            case,
            CLAIM,
            claim="AI is clearly better than the simplest alternative",
            shown=shown,
            remedy="Correct the answer, or show the advantage on more cases.",
            evidence=found.evidence,
        )
    ]
