"""An automatic judge: whether it agrees with people well enough to decide about a release."""

from __future__ import annotations

from playbook.checks.case import Case, clause, contradiction
from playbook.checks.finding import Finding, identifier, judge
from playbook.errors import NoEvidence
from playbook.estimate import Outcome
from playbook.evidence import words
from playbook.evidence.judge import Gates, JudgedCriterion
from playbook.questions import ROLE_NAMES

OWNER = ROLE_NAMES["data_science"]
USE = "evaluation.judge_use"


def review(case: Case) -> list[Finding]:
    """Nothing without a judge; of each criterion that it rates, whether it may gate.

    A judge that decides nothing need not agree: its weakness is then worth a note at most.
    """
    found = case.evidence.get("judge")
    if isinstance(found, NoEvidence):
        return _unchecked(case, found)
    # Of a criterion on which nobody was asked a judge that decides nothing claims nothing.
    decides = case.answers.value(USE) == "gates"
    held = [_agreement(case, c) for c in found.criteria if c.kappa is not None or decides]
    missed = [f for f in held if f.outcome != "meets"]
    if case.answers.value(USE) != "gates" or not missed:
        return held
    shown = clause(missed[0].statement)
    claim = contradiction(
        case,
        USE,
        claim="an automatic judge decides alone whether a version goes out",
        shown=shown,
        by="what people said of the same answers says",
        remedy="Let people decide until the judge agrees with them.",
        evidence=missed[0].evidence,
    )
    return [*held, claim]


def _unchecked(case: Case, missing: NoEvidence) -> list[Finding]:
    """A judge that decides although nobody has held it against people."""
    if case.answers.value(USE) != "gates":
        return []
    return [
        judge(
            "inconclusive",
            case.bar("judge_agreement").severity,
            id="evaluation.judge_agreement",
            statement=f"An automatic judge decides, but {missing.what}.",
            remedy=f"{missing.remedy}." if missing.remedy else "",
            owner=OWNER,
            topic="The automatic judge",
        )
    ]


def _agreement(case: Case, criterion: JudgedCriterion) -> Finding:
    bar, kappa = case.bar("judge_agreement"), criterion.kappa
    decides = case.answers.value(USE) == "gates"
    outcome = _OUTCOMES[criterion.gates]
    agrees = "cannot yet be compared with people"
    if kappa is not None:
        agrees = f"agrees with people at κ {words.brief(kappa)}, where {bar.value:g} is asked"
    more = ""
    if criterion.labels_needed is not None:
        more = (
            f"About {words.count(criterion.labels_needed)} answers rated by people, instead of "
            f"{words.count(criterion.labels)}, would settle it. "
        )
    return judge(
        outcome,
        bar.severity if decides else "note",
        id=identifier("evaluation.judge_agreement", criterion.name),
        statement=f"On “{criterion.name}” the automatic judge {agrees}: {_MAY[outcome]}.",
        remedy=f"{more}Give the judge clearer instructions and examples, and compare again.",
        owner=OWNER,
        topic="The automatic judge",
        evidence=[kappa] if kappa is not None else [],
    )


_OUTCOMES: dict[Gates, Outcome] = {"yes": "meets", "no": "misses", "open": "inconclusive"}
_MAY: dict[Outcome, str] = {
    "meets": "it may decide",
    "misses": "it must not decide alone",
    "inconclusive": "nobody can tell yet whether it may decide",
}
