"""Inputs spoilt as on an ordinary day: how many more decisions go wrong, and the claim that the
product behaves sensibly then."""

from __future__ import annotations

from playbook.checks.case import Case, contradiction, hold, worst_held
from playbook.checks.finding import Finding
from playbook.errors import NoEvidence
from playbook.evidence import words
from playbook.questions import ROLE_NAMES

CLAIM = "evaluation.odd_inputs"


def review(case: Case) -> list[Finding]:
    """Nothing without a model file, or where it is not the model of the table.

    A row for which the model gives no answer counts as no wrong decision.
    """
    found = case.evidence.get("robustness")
    if isinstance(found, NoEvidence) or not found.reproduces:
        return []
    errors = [c.errors for c in found.ordinary if c.errors is not None]
    held = worst_held(case, errors, "spoilt_input_gap")
    if held is None:
        return []
    worst = held[0]
    change = next(c for c in found.ordinary if c.errors is worst)
    shown = f"{change.where}, {words.brief(worst).removeprefix('+')} more {case.cases} "
    shown += "are decided wrongly"
    finding = hold(
        case,
        worst,
        "spoilt_input_gap",
        id="evaluation.spoilt_input_gap",
        statement=words.capital(shown),
        remedy="Have the product ask, refuse or hand over where that input is missing or odd, "
        "instead of filling it in.",
        owner=ROLE_NAMES["engineering"],
        topic="Spoilt inputs",
    )
    if finding.outcome != "misses" or case.answers.value(CLAIM) != "tried":
        return [finding]
    claim = contradiction(
        case,
        CLAIM,
        claim="it behaves sensibly on odd or missing inputs",
        shown=shown,
        by="the model itself says",
        remedy="Correct the answer, and decide what the product does without that input.",
        evidence=[worst],
    )
    return [finding, claim]
