"""Bars that an organisation puts on a measure by its policy alone, without a check of ours."""

from __future__ import annotations

from collections.abc import Sequence

from playbook.checks.case import Case, hold
from playbook.checks.finding import Finding, identifier, judge
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.policy import Threshold, for_tier
from playbook.questions import ROLE_NAMES

ANY = "group"
"""As ``every:``, each estimate that is about a group, whichever column it is of."""


def house_bars(case: Case, playbook: str, estimates: Sequence[Estimate]) -> list[Finding]:
    """Hold the `estimates` of one playbook against the policy's thresholds that name its measures.

    One finding for each estimate that a threshold is about; where there is none, one that says so
    and is inconclusive.
    """
    found = []
    for name, threshold in case.policy.house_bars(playbook).items():
        concerned = [e for e in estimates if _concerns(threshold, e)]
        for estimate in concerned:
            found.append(_held(case, playbook, name, threshold, estimate))
        if not concerned:
            found.append(_unmeasured(case, playbook, name, threshold, estimates))
    return found


def _concerns(threshold: Threshold, estimate: Estimate) -> bool:
    if estimate.measure != threshold.measure:
        return False
    if threshold.every == ANY:
        return bool(estimate.group)
    if threshold.every:
        return list(estimate.group or ()) == [threshold.every]
    return (estimate.group or None) == threshold.group


def _held(
    case: Case, playbook: str, name: str, threshold: Threshold, estimate: Estimate
) -> Finding:
    group = words.group(estimate.group) if estimate.group else ""
    about = f" ({group})" if group else ""
    return hold(
        case,
        estimate,
        name,
        id=_id(playbook, name, *(estimate.group or {}).values()),
        statement=f"{_statement(threshold)}{about}: {words.brief(estimate)}",
        remedy=_remedy(threshold),
        owner=_owner(threshold),
    )


def _unmeasured(
    case: Case, playbook: str, name: str, threshold: Threshold, estimates: Sequence[Estimate]
) -> Finding:
    """Inconclusive: the measure is not there, or not for whom the bar is meant."""
    case.bar(name)  # noted as read
    remedy = "Add the data that it is computed from"
    if any(e.measure == threshold.measure for e in estimates):
        remedy = (
            "It is measured for others: correct 'group:' or 'every:' of this bar in policy.yaml"
        )
    elif not estimates:
        remedy = "Add a table of decisions to the product"
    return judge(
        "inconclusive",
        for_tier(threshold.severity, case.tier),
        id=_id(playbook, name),
        statement=f"Not measured: {_statement(threshold).lower()}.",
        remedy=f"{remedy}.",
        owner=_owner(threshold),
        topic=_words(name),
    )


def _id(playbook: str, name: str, *group: str) -> str:
    return f"{playbook}.{identifier(name, *group)}.house"


def _statement(threshold: Threshold) -> str:
    return threshold.statement.strip().rstrip(".:") or _words(threshold.measure or "")


def _remedy(threshold: Threshold) -> str:
    return f"{(threshold.remedy or threshold.reason).strip().rstrip('.')}."


def _owner(threshold: Threshold) -> str:
    return ROLE_NAMES.get(threshold.owner, threshold.owner) or ROLE_NAMES["product"]


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
