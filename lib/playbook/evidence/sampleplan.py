"""How many cases to collect, and to have rated, before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.answers import Answers
from playbook.estimate import Estimate
from playbook.evidence import sampleplanwords
from playbook.evidence.display import Html
from playbook.evidence.labelbudget import Purse
from playbook.policy import Policy, Tier
from playbook.product import Product, Task

_METRIC: dict[Task, str] = {
    "amounts": "success_metric_amount",
    "generated_answers": "success_metric_answers",
}
_TARGET: dict[Task, str] = {
    "amounts": "success_target_amount",
    "generated_answers": "success_target_answers",
}
USUAL_BASE_RATE = 0.1
_USUAL_METRIC: dict[Task, str] = {
    "two_outcomes": "accuracy",
    "several_classes": "accuracy",
    "amounts": "mean_absolute_error",
    "ranked_lists": "ndcg",
    "generated_answers": "accepted_rate",
}


@dataclass(frozen=True)
class Need:
    """One thing to collect.

    Attributes
    ----------
    key, what
        Such as ``cases`` and *questions, each with an answer that was rated*.
    n
        How many; None where no number is enough.
    why
        What so many of them tell.
    ratings
        How many single ratings by people it takes, beside those of the needs above it.
    otherwise
        How many it takes if the expectation is a little off: each with its number.
    """

    key: str
    what: str
    n: int | None
    why: str
    ratings: int = 0
    otherwise: tuple[tuple[float, int | None], ...] = ()


@dataclass(frozen=True)
class Basis:
    """What the plan rests on.

    Attributes
    ----------
    task, metric
        What is evaluated, and the measure that decides.
    target
        The bar of that measure: a share from 0 to 1, or an amount in `unit`; None where there is
        none.
    expected, base_rate
        The value expected of it, and how often the rarer outcome comes; shares.
    spread
        By how much single errors vary, in `unit`; None where nobody can say.
    assumed
        Sentences about what stands in for answers nobody has given.
    """

    task: Task
    metric: str
    target: float | None
    expected: float
    base_rate: float
    spread: float | None
    unit: str
    cases: str
    assumed: tuple[str, ...]
    policy: Policy
    tier: Tier
    confidence: float

    def bar(self, name: str) -> float:
        """The policy's bar `name` in this tier."""
        return self.policy.bar(name, self.tier).value


@dataclass(frozen=True)
class SamplePlan:
    """What to collect, need by need; made without a look at any data."""

    basis: Basis
    needs: tuple[Need, ...]
    purse: Purse

    @property
    def estimates(self) -> list[Estimate]:
        """How many of each are needed; planned, so without uncertainty of their own."""
        return [
            Estimate(
                measure=f"{need.key}_needed", value=need.n, low=need.n, high=need.n, n=0,
                unit="count", method="planned, not measured",
            )
            for need in self.needs if need.n is not None
        ]  # fmt: skip

    @property
    def ratings(self) -> int:
        """Single ratings by people, in all."""
        return sum(need.ratings for need in self.needs)

    def hours(self, ratings: int) -> float | None:
        """Hours that so many ratings take; None where nobody has said how long one takes."""
        return None if self.purse.minutes is None else ratings * self.purse.minutes / 60

    def __getitem__(self, key: str) -> Need:
        """The need called `key`."""
        return next(need for need in self.needs if need.key == key)

    def summary(self) -> Html:
        """How many cases, what they are to show, and what they take."""
        return sampleplanwords.summary(self)

    def table(self) -> Html:
        """Every need: how many, why, and hours of rating."""
        return sampleplanwords.table_of(self)


def sample_plan(
    product: Product, answers: Answers, policy: Policy, tier: Tier, confidence: float = 0.95
) -> SamplePlan:
    """Plan a test from the team's target, what it expects, and the policy's bars.

    No table is looked at, so the plan can stand before anything is collected. What nobody has
    answered is assumed, and said so. Numbers are such that the interval clears the target with a
    chance of 80 % if the expectation holds: see `plannumbers`.

    Raises
    ------
    PlaybookError
        The stated cost of an hour is no range in order.
    """
    from playbook.evidence.sampleneeds import needs_of

    basis = _basis(product, answers, policy, tier, confidence)
    purse = Purse.from_answers(answers.value, product.currency)
    judged = product.task == "generated_answers" or answers.value(
        "data_strategy.claims_label_meaning"
    ) in {"human_decision", "proxy"}  # fmt: skip
    return SamplePlan(basis, needs_of(basis, judged=judged), purse)


def _basis(
    product: Product, answers: Answers, policy: Policy, tier: Tier, confidence: float
) -> Basis:
    task, assumed = product.task, list[str]()

    def stated(key: str, scale: float = 100) -> float | None:
        found = answers.value(key)
        return None if found is None else float(found) / scale

    metric = answers.value(f"problem_definition.{_METRIC.get(task, 'success_metric')}")
    metric = str(metric or _USUAL_METRIC[task]) if task != "ranked_lists" else "ndcg"
    amount = task == "amounts" and metric != "interval_coverage" and metric != "r_squared"
    target = stated(
        f"problem_definition.{_TARGET.get(task, 'success_target')}", 1 if amount else 100
    )
    if target is None:
        target, said = _stand_in(metric, policy, tier)
        assumed.append(said)
    expected = stated("evaluation.plan_expected_quality")
    if not amount and expected is None:
        expected = (1 + (0.8 if target is None else min(target, 1.0))) / 2
        assumed.append(
            f"Nobody has said what value to expect; {sampleplanwords.of_100(expected)} is assumed"
            + (", halfway between the target and 100." if target is not None else ".")
        )
    base_rate = stated("evaluation.plan_expected_base_rate")
    if task in {"two_outcomes", "several_classes"} and not base_rate:
        base_rate = USUAL_BASE_RATE
        assumed.append("Nobody has said how often the rarer outcome comes; 10 of 100 is assumed.")
    spread = stated("evaluation.plan_expected_spread", 1)
    if amount and not spread and target:
        spread = target
        assumed.append("Nobody has said by how much errors vary; as much as the target is assumed.")
    return Basis(
        task=task, metric=metric, target=target, expected=min(expected or 0.0, 1.0),
        base_rate=min(base_rate or USUAL_BASE_RATE, 0.5), spread=spread, unit=product.words.unit,
        cases=product.words.cases, assumed=tuple(assumed), policy=policy, tier=tier,
        confidence=confidence,
    )  # fmt: skip


def _stand_in(metric: str, policy: Policy, tier: Tier) -> tuple[float | None, str]:
    """The target where the team has set none, and a sentence that says so."""
    if metric == "accepted_rate":
        bar = policy.bar("accepted_rate", tier).value
        return bar, "No target is set, so the policy's bar for accepted answers stands in."
    if metric == "win_rate":
        return 0.5, "No target is set, so the plan is to show that more than half are won."
    if metric == "ndcg":
        bar = policy.bar("rank_ndcg", tier).value
        return bar, "No target is asked for lists, so the policy's bar stands in."
    return None, "No target is set, so the plan only makes the result precise."
