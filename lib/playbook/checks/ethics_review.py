"""05: who bears the errors, and is that within what policy allows?"""

from __future__ import annotations

from playbook.checks import amounts, answers
from playbook.checks.case import Case, clause, contradiction, hold, unmeasured
from playbook.checks.finding import Finding, identifier, judge
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.evidence.contrasts import Contrast
from playbook.evidence.groups import GroupAudit, GroupRow
from playbook.evidence.groupwords import chosen, people, wronged
from playbook.policy import Bar
from playbook.questions import ROLE_NAMES

EVIDENCE = ("groups", "regression", "pass_rates", "attacks")
OWNER = ROLE_NAMES["data_science"]
MOST_NAMED = 8
CLAIM = "ethics_review.claims_groups_equal"


def check(case: Case) -> list[Finding]:
    """Ratios of every group column and of intersections, groups too small to judge, the claim."""
    if case.product.kind == "regression":
        return amounts.review(case)
    if case.product.task == "generated_answers":
        return answers.review(case)
    audit = case.evidence.get("groups")
    if isinstance(audit, NoEvidence):
        return [
            unmeasured(
                case,
                audit,
                "wrongly_denied_ratio",
                id="ethics_review.wrongly_denied_ratio",
                owner=OWNER,
            )
        ]
    found = [f for column in _columns(audit) for f in _by_column(case, audit, column)]
    found += _intersections(case, audit)
    compared = {column for row in audit.singles if row.wrongly_denied for column in row.group}
    found += [_uncompared(case, audit, c) for c in _columns(audit) if c not in compared]
    found += [_too_few(case, audit, r) for r in audit.too_few if compared & r.group.keys()]
    return found + _claim(case, found)


def _columns(audit: GroupAudit) -> list[str]:
    return list(dict.fromkeys(column for row in audit.singles for column in row.group))


def _by_column(case: Case, audit: GroupAudit, column: str) -> list[Finding]:
    found = []
    bar = case.bar("wrongly_denied_ratio")
    row = audit.worst("wrongly_denied_ratio", bar=bar.value, column=column)
    if row and row.wrongly_denied and row.wrongly_denied_rate:
        found.append(
            _held(
                case,
                row.wrongly_denied,
                bar,
                id=identifier("ethics_review.wrongly_denied_ratio", column),
                statement=wronged(audit, row),
                topic=f"Wrongly {audit.unfavourable}, by {column.replace('_', ' ')}",
                remedy=_remedy(case, row),
                also=_rates(audit, row, row.wrongly_denied, "wrongly_denied_rate"),
            )
        )
    bar = case.bar("impact_ratio")
    row = audit.worst("impact_ratio", bar=bar.value, column=column)
    if row and row.impact and row.selection_rate:
        found.append(
            _held(
                case,
                row.impact,
                bar,
                id=identifier("ethics_review.impact_ratio", column),
                statement=chosen(audit, row),
                topic=f"{audit.favourable.capitalize()}, by {column.replace('_', ' ')}",
                remedy="Explain the difference by need or merit, or reduce it; have a lawyer read "
                "the explanation.",
                also=_rates(audit, row, row.impact, "selection_rate"),
            )
        )
    return found


def _remedy(case: Case, row: GroupRow) -> str:
    """What could narrow the gap: another threshold where one was found, else what is left."""
    found = case.evidence.get("threshold_remedy")
    if isinstance(found, NoEvidence) or found.over.column not in row.group:
        return "Look for inputs, a threshold or a human review that narrows the gap."
    return found.advice


def _held(
    case: Case,
    contrast: Contrast,
    bar: Bar,
    *,
    id: str,
    statement: str,
    topic: str,
    remedy: str,
    also: list[Estimate],
) -> Finding:
    """Hold a ratio against its bar; a miss must also stand up to the corrected test.

    The ratio says how large a difference is, the test whether chance could make it, and the
    minimum n has already kept out groups too small for either (29 CFR 1607.4(D) asks for all).
    """
    if contrast.ratio is None:
        return judge(
            "meets", bar.severity, id=id, statement=f"{statement}.", owner=OWNER, evidence=also
        )
    found = hold(
        case,
        contrast.ratio,
        bar,
        id=id,
        statement=statement,
        remedy=remedy,
        owner=OWNER,
        topic=topic,
        also=also,
    )
    level = case.bar("significance_level").value
    if found.outcome != "misses" or contrast.p_adjusted < level:
        return found
    return judge(
        "inconclusive",
        bar.severity,
        id=id,
        statement=f"{found.statement} With {contrast.tests} comparisons made, chance alone could "
        f"explain it (corrected p = {contrast.p_adjusted:.2f}).",
        remedy=f"Collect more {case.cases} of this group before drawing a conclusion.",
        owner=OWNER,
        topic=topic,
        evidence=found.evidence,
    )


def _rates(audit: GroupAudit, row: GroupRow, contrast: Contrast, measure: str) -> list[Estimate]:
    reference = getattr(audit.row(**contrast.reference), measure)
    return [getattr(row, measure), reference]


def _intersections(case: Case, audit: GroupAudit) -> list[Finding]:
    """The worst-off intersection, where it is worse than what its single groups explain."""
    bar = case.bar("wrongly_denied_ratio")
    row = audit.worst("wrongly_denied_ratio", single_only=False, bar=bar.value)
    if row is None or len(row.group) < 2 or row.wrongly_denied is None:
        return []
    milder = bar.model_copy(
        update={"severity": "condition" if bar.severity == "blocker" else bar.severity}
    )
    found = _held(
        case,
        row.wrongly_denied,
        milder,
        id="ethics_review.wrongly_denied_ratio_intersection",
        statement=wronged(audit, row),
        topic="Where groups overlap",
        remedy="Check the remedy for the single groups on this intersection too.",
        also=_rates(audit, row, row.wrongly_denied, "wrongly_denied_rate"),
    )
    return [found] if found.outcome == "misses" else []


def _uncompared(case: Case, audit: GroupAudit, column: str) -> Finding:
    """A column without two groups large enough: what is at stake stays open."""
    name = column.replace("_", " ")
    rows = [row for row in audit.singles if column in row.group]
    sizes = ", ".join(
        f"{row.group[column]} {words.count(row.n_favourable)}" for row in rows[:MOST_NAMED]
    )
    return judge(
        "inconclusive",
        case.bar("wrongly_denied_ratio").severity,
        id=identifier("ethics_review.wrongly_denied_ratio", column),
        statement=f"By {name}, no two groups are large enough to compare. "
        f"{case.cases.capitalize()} who should be {audit.favourable}: {sizes}.",
        remedy=f"Collect at least {audit.minimum_n} such {case.cases} of each group, or join "
        "groups that are treated alike, and say so.",
        owner=ROLE_NAMES["product"],
        topic=f"Wrongly {audit.unfavourable}, by {name}",
        evidence=[row.wrongly_denied_rate for row in rows if row.wrongly_denied_rate],
    )


def _too_few(case: Case, audit: GroupAudit, row: GroupRow) -> Finding:
    bar = case.bar("minimum_group_size")
    return judge(
        "inconclusive",
        bar.severity,
        id=identifier("ethics_review.too_few", *row.group, *row.group.values()),
        statement=f"Too few to judge: {words.count(row.n)} {people(row.group, case.cases)}, "
        f"{words.count(row.n_favourable)} of them who should be {audit.favourable}. Nothing can be "
        "concluded.",
        remedy=f"Collect at least {audit.minimum_n} {case.cases} of this group who should be "
        f"{audit.favourable}, or join it with a group that is treated alike, and say so.",
        owner=ROLE_NAMES["product"],
        topic="A group too small to judge",
        evidence=[e for e in (row.selection_rate, row.wrongly_denied_rate) if e],
    )


def _claim(case: Case, found: list[Finding]) -> list[Finding]:
    missed = [f for f in found if f.outcome == "misses"]
    if case.answers.value(CLAIM) != "equal" or not missed:
        return []
    return [
        contradiction(
            case,
            CLAIM,
            claim="all groups are treated alike",
            shown=clause(missed[0].statement),
            remedy="Correct the answer, and tell those who were told the same.",
            evidence=missed[0].evidence,
        )
    ]
