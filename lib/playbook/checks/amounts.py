"""Products that predict amounts: the team's target, what they save, and who is served worse."""

from __future__ import annotations

from playbook.checks.case import (
    Case,
    clause,
    contradiction,
    hold,
    hold_target,
    unmeasured,
    worst_held,
)
from playbook.checks.finding import Finding, identifier, judge
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.evidence.errorgroups import GroupError
from playbook.evidence.regression import Regression
from playbook.questions import ROLE_NAMES

OWNER = ROLE_NAMES["data_science"]
METRIC = "problem_definition.success_metric_amount"
TARGET = "problem_definition.success_target_amount"
EQUAL = "ethics_review.claims_groups_equal"
OF_HUNDRED = {"interval_coverage", "r_squared"}
SMALLER_IS_BETTER = {"mean_absolute_error", "root_mean_squared_error"}


def evaluate(case: Case) -> list[Finding]:
    """03: the team's own measure against its own target, and what the model saves."""
    measured = case.evidence.get("regression")
    if isinstance(measured, NoEvidence):
        id = "evaluation.performance"
        return [unmeasured(case, measured, "minimum_rows", id=id, owner=OWNER)]
    return [*_target(case, measured), _saving(case)]


def review(case: Case) -> list[Finding]:
    """05: per group column, for whom predictions are furthest off; the claim."""
    measured = case.evidence.get("regression")
    if isinstance(measured, NoEvidence):
        id = "ethics_review.group_error_ratio"
        return [unmeasured(case, measured, "group_error_ratio", id=id, owner=OWNER)]
    columns = list(dict.fromkeys(column for g in measured.groups for column in g.group))
    found = [_by_column(case, [g for g in measured.groups if c in g.group], c) for c in columns]
    return found + _claim(case, found)


def _target(case: Case, measured: Regression) -> list[Finding]:
    """Nothing where neither measure nor target is stated."""
    metric, target = str(case.answers.value(METRIC)), case.answers.value(TARGET)
    estimate = next((e for e in measured.estimates if e.measure == metric), None)
    if estimate is None or target is None:
        return []
    bar = float(target) / (100 if metric in OF_HUNDRED else 1)
    named = metric.replace("_", " ")
    return [hold_target(case, estimate, named, TARGET, bar, smaller=metric in SMALLER_IS_BETTER)]


def _saving(case: Case) -> Finding:
    id, owner = "evaluation.value_per_decision", ROLE_NAMES["business"]
    money = case.evidence.get("money")
    if isinstance(money, NoEvidence):
        return unmeasured(case, money, "value_per_decision", id=id, owner=owner)
    return hold(
        case,
        money.value,
        "value_per_decision",
        id=id,
        statement=f"Against the best way without AI ({money.hardest[0]}) the model saves "
        f"{words.brief(money.value)} per {case.product.words.case}",
        remedy="Narrow the wider of the two ranges first.",
        owner=owner,
    )


def _by_column(case: Case, groups: list[GroupError], column: str) -> Finding:
    """The group for which predictions are furthest off, against all others."""
    name, bar = column.replace("_", " "), case.bar("group_error_ratio")
    id, topic = identifier("ethics_review.group_error_ratio", column), f"Further off, by {name}"
    ratios = {words.group(g.group): g for g in groups if g.error_ratio}
    held = worst_held(case, [g.error_ratio for g in ratios.values() if g.error_ratio], bar)
    if held is None:
        return judge(
            "inconclusive",
            bar.severity,
            id=id,
            statement=f"By {name}, no two groups are large enough to compare how far off "
            "predictions are.",
            remedy=f"Collect more {case.cases} of each group, or join groups that are treated "
            "alike, and say so.",
            owner=ROLE_NAMES["product"],
            topic=topic,
        )
    worst = ratios[words.group(held[0].group)]
    return hold(
        case,
        held[0],
        bar,
        id=id,
        statement=f"For {words.group(worst.group)}, predictions are off by "
        f"{words.brief(worst.error)}, {words.brief(held[0])} times as much as for all other "
        f"{case.cases}",
        remedy="Look for inputs that would tell more about this group, or warn those who rely on "
        "its predictions.",
        owner=OWNER,
        topic=topic,
        also=[worst.error],
    )


def _claim(case: Case, found: list[Finding]) -> list[Finding]:
    missed = [f for f in found if f.outcome == "misses"]
    if case.answers.value(EQUAL) != "equal" or not missed:
        return []
    return [
        contradiction(
            case,
            EQUAL,
            claim="mistakes fall about equally on all groups",
            shown=clause(missed[0].statement),
            remedy="Correct the answer, and tell those who were told the same.",
            evidence=missed[0].evidence,
        )
    ]
