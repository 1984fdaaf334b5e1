"""All evidence about one product, computed when first asked for and then kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from playbook.answers import Answers
from playbook.errors import PlaybookError
from playbook.policy import Policy, Tier
from playbook.product import Product

if TYPE_CHECKING:
    from playbook.estimate import Estimate
    from playbook.evidence.baseline import BaselineComparison
    from playbook.evidence.experiment import Experiment
    from playbook.evidence.groups import GroupAudit
    from playbook.evidence.money import Money, Stakes
    from playbook.evidence.performance import Performance
    from playbook.evidence.quality import QualityAudit
    from playbook.evidence.remedies import ThresholdRemedy
    from playbook.evidence.tables import Decisions

STAKES = ("gain_true_positive", "gain_true_negative", "cost_false_positive", "cost_false_negative")


class NoEvidence(PlaybookError):
    """There is nothing to compute from yet: a table, a column or an answer is still missing.

    Unlike other faults this is no mistake: a product at the idea stage has no table. Checks turn
    it into *not enough evidence*.
    """


class Evidence:
    """What the data of one product show; every property raises `NoEvidence` where they cannot."""

    def __init__(
        self,
        product: Product,
        answers: Answers,
        policy: Policy,
        tier: Tier,
        confidence: float = 0.95,
    ) -> None:
        self.product, self.answers, self.policy, self.tier = product, answers, policy, tier
        self.confidence = confidence

    def get(self, name: str) -> Any:
        """The evidence called `name`, or the `NoEvidence` that says what is missing."""
        try:
            return getattr(self, name)
        except NoEvidence as missing:
            return missing

    def estimates(self, names: Mapping[str, object] | tuple[str, ...]) -> list[Estimate]:
        """All estimates of the evidence `names`, in that order; what is missing has none."""
        found = [self.get(name) for name in names]
        there = [result for result in found if not isinstance(result, NoEvidence)]
        return [estimate for result in there for estimate in result.estimates]

    @cached_property
    def decisions(self) -> Decisions:
        """The product's table of decisions, opened lazily."""
        from playbook.evidence.tables import open_decisions

        if self.product.decisions is None:
            raise NoEvidence(
                f"{self.product.name} has no table of decisions yet",
                remedy="Name it in product.yaml under 'tables: decisions:'",
            )
        return open_decisions(self.product)

    @cached_property
    def quality(self) -> QualityAudit:
        """What is missing, doubled, constant or far out in the table."""
        from playbook.evidence.quality import audit

        return audit(self.decisions, confidence=self.confidence)

    @cached_property
    def performance(self) -> Performance:
        """How often the model is right, by kind of error."""
        from playbook.evidence.performance import performance

        return performance(self._predicted("how good the model is"), confidence=self.confidence)

    @cached_property
    def groups(self) -> GroupAudit:
        """The same by group and intersection of groups."""
        from playbook.evidence.groups import group_audit

        decisions = self._predicted("how groups are treated")
        if not decisions.table.columns.groups:
            raise NoEvidence(
                f"{self.product.name} names no groups",
                remedy="Name the columns that hold protected groups under 'groups:'",
            )
        if decisions.table.favourable is None:
            raise NoEvidence(
                f"{self.product.name} does not say which outcome is good for people",
                remedy="Add a line 'favourable:' to the table in product.yaml",
            )
        minimum = self.policy.bar("minimum_group_size", self.tier).value
        return group_audit(decisions, minimum_n=int(minimum), confidence=self.confidence)

    @cached_property
    def threshold_remedy(self) -> ThresholdRemedy:
        """What moving the threshold for everyone would do to the worst-off groups."""
        from playbook.evidence.group_thresholds import group_thresholds
        from playbook.evidence.remedies import ThresholdRemedy

        bar = self.policy.bar("wrongly_denied_ratio", self.tier).value
        worst = self.groups.worst("wrongly_denied_ratio", bar=bar)
        if worst is None or not self.decisions.has_score:
            raise NoEvidence(
                "other thresholds cannot be tried without a score and two groups large enough",
                remedy="Name the score's column in product.yaml, or collect more cases",
            )
        over = group_thresholds(
            self.decisions,
            next(iter(worst.group)),
            minimum_n=self.groups.minimum_n,
            confidence=self.confidence,
        )
        money = self.get("money")
        sweep = None if isinstance(money, NoEvidence) else money.sweep
        return ThresholdRemedy(over, bar, self.product.words, sweep)

    @cached_property
    def baseline(self) -> BaselineComparison:
        """The model beside the simplest ways to decide without AI."""
        from playbook.evidence.baseline import compare

        return compare(self._predicted("whether AI is needed"), confidence=self.confidence)

    @cached_property
    def stakes(self) -> Stakes:
        """What right and wrong decisions are worth, from the answers' ranges."""
        from playbook.evidence.money import Stakes

        values = {name: self.answers.value(f"problem_definition.{name}") for name in STAKES}
        open_ones = [name.replace("_", " ") for name, value in values.items() if value is None]
        if open_ones:
            raise NoEvidence(
                f"money cannot be computed: nobody has stated the {' and the '.join(open_ones)}",
                remedy="Answer these questions in the playbook Problem definition",
            )
        return Stakes(**{n: (v["low"], v["likely"], v["high"]) for n, v in values.items()})

    @cached_property
    def money(self) -> Money:
        """What a decision is worth at today's threshold, and at others."""
        from playbook.evidence.money import money

        decisions = self._predicted("what a decision is worth")
        return money(
            decisions,
            self.stakes,
            baseline=self.baseline,
            confidence=self.confidence,
            per_month=self._range("kpi_alignment.volume_per_month"),
            run_cost=self._range("kpi_alignment.run_cost_per_month"),
        )

    @cached_property
    def experiment(self) -> Experiment:
        """The smallest change that an experiment can see at the stated traffic."""
        from playbook.evidence.experiment import minimum_detectable_effect

        traffic = self.answers.value("kpi_alignment.experiment_traffic")
        weeks = self.answers.value("kpi_alignment.experiment_weeks")
        if not (traffic and weeks):
            raise NoEvidence(
                "an experiment cannot be sized: its weekly traffic or its length is not stated",
                remedy="Answer both questions in the playbook KPI alignment",
            )
        return minimum_detectable_effect(
            self._today(),
            per_week=float(traffic),
            weeks=float(weeks),
            alpha=self.policy.bar("significance_level", self.tier).value,
            power=self.policy.bar("power", self.tier).value,
        )

    def _today(self) -> Estimate:
        """The figure to be moved as the team states it, else the base rate in the table."""
        from playbook.estimate import Estimate

        stated = self.answers.value("kpi_alignment.kpi_baseline")
        if stated is None:
            return self.performance["base_rate"]
        share = float(stated) / 100
        return Estimate(
            measure="kpi_baseline", value=share, low=share, high=share, n=0, method="as stated"
        )

    def _range(self, key: str) -> tuple[float, float, float] | None:
        value = self.answers.value(key)
        return (value["low"], value["likely"], value["high"]) if value else None

    def _predicted(self, purpose: str) -> Decisions:
        decisions = self.decisions
        for has, column in (
            (decisions.has_label, "label"),
            (decisions.has_prediction, "prediction"),
        ):
            if not has:
                raise NoEvidence(
                    f"the table names no {column} column, so nobody can say {purpose}",
                    remedy=f"Add '{column}:' under 'columns:' in product.yaml",
                )
        return decisions
