"""Scores that people read as chances: how far they are off, and the claim that somebody checked."""

from __future__ import annotations

from playbook.checks.case import Case, clause, contradiction, hold
from playbook.checks.finding import Finding
from playbook.errors import NoEvidence
from playbook.evidence import words
from playbook.questions import ROLE_NAMES

CLAIM = "evaluation.score_meaning"
OWNER = ROLE_NAMES["data_science"]


def review(case: Case) -> list[Finding]:
    """Nothing where there are no scores: a bare decision states no chance."""
    found = case.evidence.get("calibration")
    if isinstance(found, NoEvidence):
        return []
    held = hold(
        case,
        found.debiased,
        "calibration_error",
        id="evaluation.calibration_error",
        statement="What a score states and what happens lie "
        f"{words.brief(found.debiased)} apart on average, beyond what chance explains",
        remedy="Recalibrate the scores on cases the model has not seen; ranks stay as they are.",
        owner=OWNER,
        topic="Scores read as chances",
    )
    if held.outcome != "misses" or case.answers.value(CLAIM) != "checked_close":
        return [held]
    return [
        held,
        contradiction(
            case,
            CLAIM,
            claim="scores were checked and are close to what happens",
            shown=clause(held.statement),
            remedy="Correct the answer, and tell those who read scores as chances.",
            evidence=held.evidence,
        ),
    ]
