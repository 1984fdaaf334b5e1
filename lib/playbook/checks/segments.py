"""The kind of case in which a model is surely wrong more often than in all others."""

from __future__ import annotations

from playbook.checks.case import Case, hold
from playbook.checks.finding import Finding
from playbook.errors import NoEvidence
from playbook.evidence import words
from playbook.questions import ROLE_NAMES


def worst_segment(case: Case) -> list[Finding]:
    """Nothing where no kind of case stands out, or where amounts are predicted, whose errors have
    no common scale."""
    found = case.evidence.get("segments")
    if isinstance(found, NoEvidence) or found.worst is None:
        return []
    worst = found.worst
    if worst.gap.unit != "difference":
        return []
    name = words.group(worst.group).replace("_", " ")
    more = words.brief(worst.gap).removeprefix("+")
    return [
        hold(
            case,
            worst.gap,
            "segment_gap",
            id="evaluation.segment_gap",
            statement=f"For {name}, {words.brief(worst.estimate)} of {case.cases} are decided "
            f"wrongly, {more} more than of all others",
            remedy="Read mistakes of that kind; add inputs that would tell, or leave that kind to "
            "people.",
            owner=ROLE_NAMES["data_science"],
            topic="Kinds of cases",
            also=[worst.estimate],
        )
    ]
