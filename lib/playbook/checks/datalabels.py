"""Whether the outcomes can be believed: those that are missing, and people who disagree."""

from __future__ import annotations

from playbook.checks.case import Case, hold, unmeasured
from playbook.checks.finding import Finding
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.evidence.quality import QualityAudit
from playbook.questions import ROLE_NAMES

OWNER = ROLE_NAMES["data_science"]
AGREEMENT = "data_strategy.label_agreement"


def labels(case: Case, audit: QualityAudit | None) -> list[Finding]:
    """Cases without an outcome, and how far people agree who judged the same case."""
    return [*(_unlabelled(case, audit) if audit else []), *_agreement(case)]


def _unlabelled(case: Case, audit: QualityAudit) -> list[Finding]:
    label = next((c for c in audit.columns if c.role == "label"), None)
    if label is None:
        return []
    none = not label.missing.value
    return [
        hold(
            case,
            label.missing,
            "unlabelled_rate",
            id="data_strategy.unlabelled_rate",
            statement=f"Every row has its outcome ({label.name})"
            if none
            else f"{words.natural(label.missing)} rows have no outcome ({label.name})",
            remedy="Find out who these cases are and how they differ; follow a sample of them to "
            "its outcome.",
            owner=OWNER,
            topic="Cases without an outcome",
        )
    ]


def _agreement(case: Case) -> list[Finding]:
    """People's agreement beyond chance; a claim to have measured it needs the table."""
    id = "data_strategy.agreement"
    if case.product.task == "generated_answers":
        return _raters(case, id)
    found = case.evidence.get("agreement")
    if isinstance(found, NoEvidence):
        claimed = str(case.answers.value(AGREEMENT)).startswith("measured")
        missing = unmeasured(case, found, "label_agreement", id=id, owner=OWNER)
        return [missing] if claimed else []
    alpha = found.get("krippendorff_alpha")
    if alpha is None:
        return []
    raw = found["raw_agreement"]
    return [
        hold(
            case,
            alpha,
            "label_agreement",
            id=id,
            statement=f"Two people who judge the same case agree in {words.natural(raw)} cases; "
            f"beyond what chance alone would give, by {words.brief(alpha)} of 1",
            remedy="Let them settle the cases that part them, write the rule down, and judge anew.",
            owner=OWNER,
            topic="Agreement between people",
            also=[raw],
        )
    ]


def _raters(case: Case, id: str) -> list[Finding]:
    """People who rate the same answer, on the criterion that parts them most."""
    found = case.evidence.get("raters")
    if isinstance(found, NoEvidence):
        return [unmeasured(case, found, "label_agreement", id=id, owner=OWNER)]
    worst = found.worst
    if worst.alpha is None:
        return []
    return [
        hold(
            case,
            worst.alpha,
            "label_agreement",
            id=id,
            statement=f"On “{worst.name}”, two people who rate the same answer agree on "
            f"{words.natural(worst.raw)} answers; beyond what chance alone would give, by "
            f"{words.brief(worst.alpha)} of 1",
            remedy="Let them settle what parts them, write the rule down, and rate anew.",
            owner=OWNER,
            topic="Agreement between people",
            also=[worst.raw],
        )
    ]
