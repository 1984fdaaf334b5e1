"""01: is there a problem, is AI worth more than the simplest way to solve it, and what if not?"""

from __future__ import annotations

from datetime import date
from typing import Any

from playbook.checks.case import (
    Case,
    clause,
    contradiction,
    hold,
    own_bar,
    unmeasured,
    usual_severity,
)
from playbook.checks.finding import Finding, judge
from playbook.days import day
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.questions import ROLE_NAMES

EVIDENCE = ("baseline", "pass_rates", "running", "money", "assumptions")
OWNER = ROLE_NAMES["product"]
CLAIM = "problem_definition.claims_ai_needed"
ASSUMPTIONS = "problem_definition.assumptions"
METRIC = "problem_definition.success_metric"
TARGET = "problem_definition.success_target"
AMOUNT_METRIC = "problem_definition.success_metric_amount"
AMOUNT_TARGET = "problem_definition.success_target_amount"


def check(case: Case) -> list[Finding]:
    """The advantage over the strongest alternative and the claim about it, a target that the
    simple way does not reach anyway, and a test for the dearest assumption."""
    found = _dearest_assumption(case)
    if case.product.task == "generated_answers":
        return [*_answers_advantage(case), *found]
    baseline = case.evidence.get("baseline")
    if isinstance(baseline, NoEvidence):
        id = "problem_definition.baseline_advantage"
        return [unmeasured(case, baseline, "baseline_advantage", id=id, owner=OWNER), *found]
    advantage = _advantage(case, baseline)
    return [advantage, *_claim(case, advantage), *_target(case, baseline), *found]


def _advantage(case: Case, baseline: Any) -> Finding:
    """In money where it is stated what errors cost, else in cases decided rightly, or in how far
    off amounts are."""
    money = case.evidence.get("money")
    if not isinstance(money, NoEvidence) and money.hardest is not None:
        name, estimate = money.hardest
        statement = (
            f"Against the alternative that is hardest to beat ({name}) a decision by the model is "
            f"worth {words.brief(estimate)} more"
        )
    else:
        row = baseline.strongest
        estimate = row.advantage
        better = "is right more often" if estimate.unit == "difference" else "is nearer on average"
        statement = (
            f"Against the simplest alternative ({row.description}) the model {better} by "
            f"{words.brief(estimate)}"
        )
    return hold(
        case,
        estimate,
        "baseline_advantage",
        id="problem_definition.baseline_advantage",
        statement=statement,
        remedy="If the simple way does as well, use it: it costs less and explains itself.",
        owner=OWNER,
    )


def _answers_advantage(case: Case) -> list[Finding]:
    """On the same questions, against the way without AI whose answers were captured too."""
    rates = case.evidence.get("pass_rates")
    missing = rates if isinstance(rates, NoEvidence) else None
    if missing is None and rates.advantage is None:
        missing = NoEvidence(
            "no answers of the way without AI to the same questions were captured",
            remedy="Have today's way answer the same questions, and name it in product.yaml as "
            "'baseline_system:'",
        )
    if missing is not None:
        id = "problem_definition.baseline_advantage"
        return [unmeasured(case, missing, "baseline_advantage", id=id, owner=OWNER)]
    advantage = hold(
        case,
        rates.advantage,
        "baseline_advantage",
        id="problem_definition.baseline_advantage",
        statement="On the same questions, the share of accepted answers differs from that of the "
        f"way without AI by {words.brief(rates.advantage)}",
        remedy="If the simple way does as well, use it: it costs less and explains itself.",
        owner=OWNER,
    )
    return [advantage, *_claim(case, advantage)]


def _claim(case: Case, found: Finding) -> list[Finding]:
    if case.answers.value(CLAIM) != "clearly_better" or found.outcome == "meets":
        return []
    shown = clause(found.statement)
    return [
        contradiction(
            case,
            CLAIM,
            claim="AI is clearly better than the simplest alternative",
            shown=shown,
            remedy="Correct the answer, or show the advantage on more cases.",
            evidence=found.evidence,
        )
    ]


def _target(case: Case, baseline: Any) -> list[Finding]:
    """A target that the simple way reaches as well says nothing for AI."""
    amounts = case.product.kind == "regression"
    question, asked = (AMOUNT_TARGET, AMOUNT_METRIC) if amounts else (TARGET, METRIC)
    metric, target = case.answers.value(asked), case.answers.value(question)
    reached = baseline.best_by(str(metric)) if metric and target is not None else None
    if reached is None:
        return []
    name, estimate, smaller_is_better = reached
    share = estimate.unit == "share"
    bar = float(target) / 100 if share else float(target)
    limits = {"at_least": bar} if smaller_is_better else {"at_most": bar}
    against = own_bar(question, **limits).model_copy(update={"severity": "note"})
    told = words.bar_value(bar, estimate.unit)
    measure = str(metric).replace("_", " ")
    return [
        hold(
            case,
            estimate,
            against,
            id="problem_definition.target_beyond_simple_way",
            statement=f"By the team's own measure ({measure}) the best way without AI ({name}) "
            f"reaches {words.brief(estimate)}; the target for the model is {told}",
            remedy="Set the target where the simple way does not reach it, or add a second measure "
            "that it fails.",
            owner=OWNER,
            topic="The target",
        )
    ]


def _dearest_assumption(case: Case) -> list[Finding]:
    """The assumption that would cost most is tested, by a day that is named."""
    ranked = case.evidence.get("assumptions")
    if isinstance(ranked, NoEvidence):
        return []  # what is not answered is judged with the answers
    at_stake = usual_severity(case)
    common: dict[str, Any] = {
        "id": "problem_definition.dearest_assumption",
        "owner": ROLE_NAMES["product"],
        "topic": "The dearest assumption",
    }
    if ranked.unranked:
        name, why = ranked.unranked[0]
        return [
            judge(
                "inconclusive",
                at_stake,
                statement=f"Which assumption would cost most cannot be told: of “{name}” {why}.",
                remedy="Give its chance to be wrong, and its lowest and highest cost.",
                evidence=ranked.estimates,
                **common,
            )
        ]
    first = ranked.ranked[0]
    said = f"The assumption that would cost most if it were wrong (“{first.assumption}”)"
    evidence: list[Estimate] = [first.expected_loss]
    if first.tested:
        by = day(date.fromisoformat(first.by))
        statement = f"{said} is tested by {by}: {first.test.strip().rstrip('.')}."
        return [judge("meets", at_stake, statement=statement, evidence=evidence, **common)]
    lacking = "by when it is tested" if first.test.strip() else "how it could be tested"
    return [
        judge(
            "misses",
            at_stake,
            statement=f"{said} is not being tested: nobody has said {lacking}.",
            remedy="Test it first: say how and by which day, for less than its expected loss, "
            f"{words.brief(first.expected_loss)}.",
            evidence=evidence,
            **common,
        )
    ]
