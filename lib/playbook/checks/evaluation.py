"""03: is the model good enough, by the team's own measure and by policy?"""

from __future__ import annotations

from playbook.checks import amounts, answers, chances, classes, rankedlists, spoilt
from playbook.checks.case import Case, contradiction, hold, hold_target, unmeasured
from playbook.checks.finding import Finding
from playbook.checks.segments import worst_segment
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.evidence.performance import Performance
from playbook.questions import ROLE_NAMES

EVIDENCE = (
    "performance",
    "regression",
    "multiclass",
    "ranking",
    "segments",
    "over_time",
    "calibration",
    "ranks",
    "abstention",
    "conformal",
    "learning_curve",
    "robustness",
    "money",
    "break_even",
    *answers.EVIDENCE,
)
OWNER = ROLE_NAMES["data_science"]
METRIC = "problem_definition.success_metric"
TARGET = "problem_definition.success_target"
CLAIM = "evaluation.claimed_quality"


def check(case: Case) -> list[Finding]:
    """The success criterion, rank quality, number of positives, value, and what was claimed."""
    elsewhere = {
        "amounts": amounts.evaluate,
        "generated_answers": answers.evaluate,
        "ranked_lists": rankedlists.evaluate,
        "several_classes": classes.evaluate,
    }.get(case.product.task)
    if elsewhere is not None:
        return [*elsewhere(case), *worst_segment(case)]
    measured = case.evidence.get("performance")
    if isinstance(measured, NoEvidence):
        return [unmeasured(case, measured, "auc", id="evaluation.performance", owner=OWNER)]
    found = [*_success(case, measured), *_ranking(case, measured), _positives(case, measured)]
    found += [*worst_segment(case), *chances.review(case), *spoilt.review(case)]
    return [*found, _value(case), *_claim(case, measured)]


def _success(case: Case, measured: Performance) -> list[Finding]:
    """The team's own measure against the team's own target; nothing where neither is stated."""
    metric, target = str(case.answers.value(METRIC)), case.answers.value(TARGET)
    estimate = measured.get(metric)
    if estimate is None or target is None:
        return []
    named = metric.replace("_", " ")
    return [hold_target(case, estimate, named, TARGET, float(target) / 100)]


def _ranking(case: Case, measured: Performance) -> list[Finding]:
    auc = measured.get("auc")
    if auc is None:
        return []
    w = case.product.words
    return [
        hold(
            case,
            auc,
            "auc",
            id="evaluation.auc",
            statement=f"Of two {w.cases}, one {w.who} should be {w.positive} and one {w.who} "
            f"should be {w.negative}, the score puts the first higher with a chance of "
            f"{words.brief(auc)}, "
            "where 0.5 would be a coin",
            remedy="Add inputs that carry information, or use the score only to support people.",
            owner=OWNER,
        )
    ]


def _positives(case: Case, measured: Performance) -> Finding:
    seen = measured.confusion.true_positive + measured.confusion.false_negative
    estimate = Estimate(
        measure="positives",
        value=seen,
        low=seen,
        high=seen,
        n=round(measured.confusion.n),
        unit="count",
        method="exact count",
    )
    return hold(
        case,
        estimate,
        "minimum_positives",
        id="evaluation.minimum_positives",
        statement=f"The evidence rests on {words.count(seen)} {case.cases} "
        f"{case.product.words.who} should be {case.product.words.positive}",
        remedy="Wait for more of them, or join periods, before trusting the rates above.",
        owner=ROLE_NAMES["product"],
    )


def _value(case: Case) -> Finding:
    money = case.evidence.get("money")
    if isinstance(money, NoEvidence):
        return unmeasured(
            case,
            money,
            "value_per_decision",
            id="evaluation.value_per_decision",
            owner=ROLE_NAMES["business"],
        )
    return hold(
        case,
        money.value,
        "value_per_decision",
        id="evaluation.value_per_decision",
        statement=f"At today's threshold one decision is worth {words.brief(money.value)}",
        remedy="Narrow the widest range first: the table of what matters most names it.",
        owner=ROLE_NAMES["business"],
    )


def _claim(case: Case, measured: Performance) -> list[Finding]:
    """What others were told may not exceed what the interval allows."""
    claimed, metric = case.answers.value(CLAIM), str(case.answers.value(METRIC))
    estimate = measured.get(metric)
    if claimed is None or estimate is None or float(claimed) / 100 <= estimate.high:
        return []
    return [
        contradiction(
            case,
            CLAIM,
            claim=f"others were told a {metric.replace('_', ' ')} of "
            f"{words.bar_value(float(claimed) / 100, estimate.unit)}",
            shown=f"it is {words.brief(estimate)}",
            remedy="Correct what was said, with the interval, to those who decided on it.",
            evidence=[estimate],
        )
    ]
