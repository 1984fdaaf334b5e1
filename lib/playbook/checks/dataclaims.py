"""What the team says about its data, held against the table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from playbook.checks.case import Case, clause, contradiction, worst_held
from playbook.checks.finding import Finding
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.evidence.quality import QualityAudit

COMPLETE = "data_strategy.claims_complete"
UNIQUE = "data_strategy.claims_unique"
KNOWN = "data_strategy.known_at_decision"
REPRESENTATIVE = "data_strategy.representative"
UNLABELLED = "data_strategy.unlabelled"
AGREEMENT = "data_strategy.label_agreement"
PERSONAL = "data_strategy.personal_data"
RETENTION = "data_strategy.retention_months"
ALMOST_NEVER = 0.01
"""What "never, or almost never" may mean at most: one row in a hundred."""
_MONTH = 30.4375


def claims(case: Case, audit: QualityAudit) -> list[Finding]:
    """One finding for each claim that the data contradict."""
    checks: tuple[Callable[[Case, QualityAudit], Finding | None], ...] = (
        _complete,
        _unique,
        _known_at_decision,
        _representative,
        _no_unlabelled,
        _agreement,
        _nothing_personal,
        _deleted_in_time,
    )
    found = (check(case, audit) for check in checks)
    return [finding for finding in found if finding]


def _complete(case: Case, audit: QualityAudit) -> Finding | None:
    """The group that lacks most is named where one stands out, else the column overall."""
    if case.answers.value(COMPLETE) != "always_present":
        return None
    used = {column.name for column in audit.columns if column.role not in {"", "label"}}
    lacking = [c for c in audit.columns if c.name in used and c.missing.low > ALMOST_NEVER]
    apart = [
        c
        for c in audit.contrasts
        if c.significant and c.column in used and c.rate.low > ALMOST_NEVER
    ]
    worst = max(lacking, key=lambda c: c.missing.value, default=None)
    group = max(apart, key=lambda c: c.rate.value, default=None)
    shown: list[str] = []
    evidence: list[Estimate] = []
    if worst:
        shown.append(f"{worst.name} is missing in {words.natural(worst.missing)} rows")
        evidence.append(worst.missing)
    if group:
        same = worst is not None and worst.name == group.column
        subject = "" if same else f"{group.column} is missing "
        shown.append(f"{subject}for {words.group(group.group)} in {words.natural(group.rate)} rows")
        evidence += [group.rate, group.others]
    if not shown:
        return None
    return contradiction(
        case,
        COMPLETE,
        claim="needed values are never, or almost never, missing",
        shown="; ".join(shown),
        remedy="Correct the answer, or mend the source of this column.",
        evidence=evidence,
    )


def _unique(case: Case, audit: QualityAudit) -> Finding | None:
    doubled = [e for e in (audit.duplicate_ids, audit.duplicates) if e and e.value > 0]
    if not doubled or case.answers.value(UNIQUE) != "yes":
        return None
    return contradiction(
        case,
        UNIQUE,
        claim="each case stands in the table only once",
        shown=f"{words.natural(doubled[0])} rows stand there again",
        remedy="Correct the answer, or keep one row per case.",
        evidence=doubled[:1],
    )


def _known_at_decision(case: Case, audit: QualityAudit) -> Finding | None:
    leakage = case.evidence.get("leakage")
    if case.answers.value(KNOWN) != "all_checked" or isinstance(leakage, NoEvidence):
        return None
    inputs = set(case.product.decisions.columns.features) if case.product.decisions else set()
    suspects = [s for s in leakage.suspects if s.column in inputs]
    if not suspects:
        return None
    first = suspects[0]
    return contradiction(
        case,
        KNOWN,
        claim="every input is known at the moment of decision",
        shown=clause(first.reason),
        remedy=first.ask,
        evidence=[first.estimate],
    )


def _representative(case: Case, audit: QualityAudit) -> Finding | None:
    found = case.evidence.get("representation")
    if case.answers.value(REPRESENTATIVE) != "compared" or isinstance(found, NoEvidence):
        return None
    worst = worst_held(case, [g.ratio for g in found.groups if g.ratio], "representation_ratio")
    if worst is None or worst[1].outcome != "misses":
        return None
    ratio = worst[0]
    return contradiction(
        case,
        REPRESENTATIVE,
        claim="the data resemble the people it will meet",
        shown=f"{words.group(ratio.group)} holds {words.brief(ratio)} times the place in the table "
        "that it holds among them",
        remedy="Correct the answer, or collect more cases of this group.",
        evidence=[ratio],
    )


def _no_unlabelled(case: Case, audit: QualityAudit) -> Finding | None:
    label = next((c for c in audit.columns if c.role == "label"), None)
    if case.answers.value(UNLABELLED) != "none" or label is None:
        return None
    if label.missing.low <= ALMOST_NEVER:
        return None
    return contradiction(
        case,
        UNLABELLED,
        claim="there are no cases, or next to none, without a known outcome",
        shown=f"{words.natural(label.missing)} rows have none",
        remedy="Correct the answer, and find out who these cases are.",
        evidence=[label.missing],
    )


def _agreement(case: Case, audit: QualityAudit) -> Finding | None:
    found = case.evidence.get("agreement")
    if case.answers.value(AGREEMENT) != "measured_close" or isinstance(found, NoEvidence):
        return None
    alpha = found.get("krippendorff_alpha")
    bar = case.bar("label_agreement")
    if alpha is None or alpha.against(at_least=bar.at_least).outcome != "misses":
        return None
    return contradiction(
        case,
        AGREEMENT,
        claim="people who judge the same case mostly agree",
        shown=f"beyond chance they agree by {words.brief(alpha)} of 1",
        remedy="Correct the answer, and settle how the cases that part them are to be judged.",
        evidence=[alpha],
    )


def _nothing_personal(case: Case, audit: QualityAudit) -> Finding | None:
    scan = case.evidence.get("personal")
    if case.answers.value(PERSONAL) != "none" or isinstance(scan, NoEvidence) or not scan.found:
        return None
    from playbook.evidence.personal_finds import NAMES

    most = max(scan.found, key=lambda f: f.share.value)
    return contradiction(
        case,
        PERSONAL,
        claim="the data hold nothing about people who could be identified",
        shown=f"{most.column} holds {NAMES[most.kind]} in {words.natural(most.share)} values",
        remedy="Correct the answer, or take such values out before anybody works with the table.",
        evidence=[most.share],
    )


def _deleted_in_time(case: Case, audit: QualityAudit) -> Finding | None:
    """A table whose rows span longer than data are said to be kept."""
    kept = case.answers.value(RETENTION)
    time = next((c for c in audit.columns if c.role == "time" and c.span), None)
    if kept is None or time is None or time.span is None:
        return None
    try:
        first, last = (datetime.fromisoformat(moment) for moment in time.span)
    except ValueError:
        return None
    months = (last - first).days / _MONTH
    if months <= float(kept) + 1:
        return None
    span = Estimate(
        measure="table_span",
        value=months,
        low=months,
        high=months,
        n=audit.n,
        unit="months",
        method="latest less earliest time in the table, exact",
    )
    return contradiction(
        case,
        RETENTION,
        claim=f"raw data are kept for {words.plural(float(kept), 'month', 'months')}",
        shown=f"the table goes back {words.number(months, 0)} months before its newest row",
        remedy="Delete what is older, here and in backups, or correct the answer.",
        evidence=[span],
    )
