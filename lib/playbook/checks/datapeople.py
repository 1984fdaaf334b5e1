"""Who is in the table: too few, recognisable, or named in free text."""

from __future__ import annotations

from playbook.checks.case import Case, hold, unmeasured, usual_severity, worst_held
from playbook.checks.finding import Finding, judge
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.questions import ROLE_NAMES

OWNER = ROLE_NAMES["data_science"]
REPRESENTATIVE = "data_strategy.representative"
LEGAL = ROLE_NAMES["legal"]


def people(case: Case) -> list[Finding]:
    """Groups that are too few, rows that can be traced to a person, and personal data in text."""
    return [*_represented(case), *_traceable(case), *_in_text(case)]


def _represented(case: Case) -> list[Finding]:
    found = case.evidence.get("representation")
    id = "data_strategy.representation"
    if isinstance(found, NoEvidence):
        groups = case.product.decisions and case.product.decisions.columns.groups
        missing = unmeasured(case, found, "representation_ratio", id=id, owner=OWNER)
        admitted = case.answers.value(REPRESENTATIVE) in {"believed", "known_gaps"}
        return [missing] if groups and not admitted else []
    worst = worst_held(case, [g.ratio for g in found.groups if g.ratio], "representation_ratio")
    if worst is None:
        return []
    ratio = worst[0]
    return [
        hold(
            case,
            ratio,
            "representation_ratio",
            id=id,
            statement=f"{words.group(ratio.group)} holds {words.brief(ratio)} times the place in "
            f"the table that it holds among the {case.cases} to be served",
            remedy="Collect more cases of this group, or say what the product does without them.",
            owner=OWNER,
            topic="Who is in the table",
        )
    ]


def _traceable(case: Case) -> list[Finding]:
    found = case.evidence.get("anonymity")
    if isinstance(found, NoEvidence):
        return []
    small = found.small
    by = ", ".join(found.columns)
    least = words.count(case.bar("minimum_class_size").value)
    return [
        hold(
            case,
            small,
            "small_class_rate",
            id="data_strategy.small_classes",
            statement=f"By {by}, {words.natural(small)} rows stand in a class of fewer than "
            f"{least} that look alike",
            remedy="Before the table is shared, make the columns coarser or withhold these rows.",
            owner=LEGAL,
            topic="Who can be recognised",
            also=[found.unique, found.smallest],
        )
    ]


def _in_text(case: Case) -> list[Finding]:
    """Personal data in columns of text; nothing where there is no such column."""
    from playbook.evidence.personal_finds import NAMES

    scan = case.evidence.get("personal")
    if isinstance(scan, NoEvidence) or not scan.columns:
        return []
    at_stake = usual_severity(case)
    id, topic = "data_strategy.personal_in_text", "Personal data in text"
    if not scan.found:
        looked = ", ".join(c.column for c in scan.columns[:3])
        return [
            judge(
                "meets",
                at_stake,
                id=id,
                statement=f"Nothing personal was recognised in the text of {looked}; names and "
                "postal addresses cannot be recognised.",
                owner=LEGAL,
                topic=topic,
                evidence=[c.any for c in scan.columns],
            )
        ]
    most = max(scan.found, key=lambda f: f.share.value)
    return [
        judge(
            "misses",
            at_stake,
            id=id,
            statement=f"{most.column} holds {NAMES[most.kind]} in {words.natural(most.share)} "
            "values.",
            remedy="Mask them before anybody works with the table, and ask why they are there.",
            owner=LEGAL,
            topic=topic,
            evidence=[f.share for f in scan.found],
        )
    ]
