"""All evidence about one product, computed when first asked for and then kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from playbook.errors import NoEvidence
from playbook.evidence.answersevidence import AnswersEvidence
from playbook.evidence.lazy import lazy
from playbook.product import Kind

if TYPE_CHECKING:
    from playbook.estimate import Estimate
    from playbook.evidence.amountbaseline import AmountComparison
    from playbook.evidence.amountmoney import AmountMoney, AmountStakes
    from playbook.evidence.assumptions import Assumptions
    from playbook.evidence.baseline import BaselineComparison
    from playbook.evidence.breakeven import BreakEven
    from playbook.evidence.experiment import Experiment
    from playbook.evidence.money import Money, Stakes
    from playbook.evidence.remedies import ThresholdRemedy
    from playbook.evidence.threshold_effects import ThresholdEffects
    from playbook.evidence.thresholds import MoneySweep
    from playbook.evidence.tradeoffs import Tradeoffs

STAKES = ("gain_true_positive", "gain_true_negative", "cost_false_positive", "cost_false_negative")
AMOUNT_STAKES = ("cost_too_high", "cost_too_low")
THRESHOLDS = 12


def stake_names(kind: Kind) -> tuple[str, ...]:
    """The questions of Problem definition that say what errors cost a product of this kind."""
    return AMOUNT_STAKES if kind == "regression" else STAKES


class Evidence(AnswersEvidence):
    """What the data of one product show, together with what the answers say they are worth."""

    @lazy
    def threshold_remedy(self) -> ThresholdRemedy:
        """What moving the threshold for everyone would do to the worst-off groups."""
        from playbook.evidence.group_thresholds import group_thresholds
        from playbook.evidence.remedies import ThresholdRemedy

        self._has_threshold()
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
        sweep = self.get("sweep")
        sweep = None if isinstance(sweep, NoEvidence) else sweep
        return ThresholdRemedy(over, bar, self.product.words, sweep)

    @lazy
    def threshold_effects(self) -> ThresholdEffects:
        """What thresholds from low to high do to each group of the worst-off column."""
        from playbook.evidence.counts import count
        from playbook.evidence.performance import candidate_thresholds
        from playbook.evidence.threshold_effects import threshold_effects

        self._has_threshold()
        decisions = self._scored("what a threshold does to whom")
        bar = self.policy.bar("wrongly_denied_ratio", self.tier).value
        worst = self.groups.worst("wrongly_denied_ratio", bar=bar)
        if worst is None:
            raise NoEvidence(
                "no two groups are large enough to see what a threshold does to each",
                remedy="Collect more cases of the smaller groups",
            )
        candidates = candidate_thresholds(count(decisions, scores=True))
        places = [round(i * (len(candidates) - 1) / THRESHOLDS) for i in range(1, THRESHOLDS)]
        shown = {float(candidates[place]) for place in places}
        sweep = self.get("sweep")
        if not isinstance(sweep, NoEvidence) and sweep is not None:
            shown |= {t for t in (sweep.current, sweep.best) if t is not None}
        return threshold_effects(
            decisions,
            sorted(shown),
            next(iter(worst.group)),
            minimum_n=self.groups.minimum_n,
            confidence=self.confidence,
        )

    @lazy
    def assumptions(self) -> Assumptions:
        """What the plan rests on, dearest first."""
        from playbook.evidence.assumptions import QUESTION, assumptions

        return assumptions(self.answers.value(QUESTION), self.product.currency)

    @lazy
    def baseline(self) -> BaselineComparison | AmountComparison:
        """The model beside the simplest ways to decide, or to predict, without AI."""
        from playbook.evidence.amountbaseline import compare_amounts
        from playbook.evidence.baseline import compare

        if self._amounts:
            decisions = self._of_kind("regression", "prediction")
            return compare_amounts(decisions, confidence=self.confidence)
        return compare(self._predicted("whether AI is needed"), confidence=self.confidence)

    @lazy
    def stakes(self) -> Stakes | AmountStakes:
        """What right and wrong decisions are worth, from the answers' ranges."""
        from playbook.evidence.amountmoney import AmountStakes
        from playbook.evidence.money import Stakes
        from playbook.evidence.moneywords import named

        names = stake_names(self.product.kind)
        values = {name: self.answers.value(f"problem_definition.{name}") for name in names}
        words = self.product.words
        open_ones = [named(words, name) for name, value in values.items() if value is None]
        if open_ones:
            raise NoEvidence(
                f"money cannot be computed: nobody has stated the {' and the '.join(open_ones)}",
                remedy="Answer these questions in the playbook Problem definition",
            )
        ranges = {n: (v["low"], v["likely"], v["high"]) for n, v in values.items()}
        return AmountStakes(**ranges) if self._amounts else Stakes(**ranges)

    @lazy
    def sweep(self) -> MoneySweep | None:
        """What a decision is worth at every threshold, where the table has a score."""
        from playbook.evidence.sweeps import sweep_of

        self._has_threshold()
        decisions = self._predicted("what a decision is worth")
        return sweep_of(decisions, cast("Stakes", self.stakes), confidence=self.confidence)

    @lazy
    def money(self) -> Money | AmountMoney:
        """What a decision is worth at today's threshold and at others, or what amounts save."""
        from playbook.evidence.amountmoney import amount_money
        from playbook.evidence.money import money

        per_month = self._range("kpi_alignment.volume_per_month")
        run_cost = self._range("kpi_alignment.run_cost_per_month")
        if self._amounts:
            return amount_money(
                cast("AmountComparison", self.baseline),
                cast("AmountStakes", self.stakes),
                currency=self.product.currency,
                confidence=self.confidence,
                per_month=per_month,
                run_cost=run_cost,
            )
        return money(
            self._predicted("what a decision is worth"),
            cast("Stakes", self.stakes),
            baseline=cast("BaselineComparison", self.baseline),
            confidence=self.confidence,
            per_month=per_month,
            run_cost=run_cost,
        )

    @lazy
    def tradeoffs(self) -> Tradeoffs:
        """What every threshold does to whom, and what it is worth."""
        from playbook.evidence.tradeoffs import tradeoffs

        self._has_threshold()
        return tradeoffs(
            self._scored("what a threshold trades"),
            self.get("money"),
            self._minimum_group_size(),
            self.confidence,
        )

    @lazy
    def break_even(self) -> BreakEven:
        """How good the model has to be at least to be worth it."""
        from playbook.evidence.breakeven import break_even

        return break_even(
            self._predicted("where the model breaks even"),
            cast("Stakes", self.stakes),
            baseline=cast("BaselineComparison", self.baseline),
            confidence=self.confidence,
        )

    @lazy
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

    @property
    def _amounts(self) -> bool:
        return self.product.kind == "regression"

    def _has_threshold(self) -> None:
        if self._amounts:
            raise NoEvidence(
                f"{self.product.name} predicts amounts, so there is no threshold to move",
                remedy="See how far off predictions are, and what that costs",
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


__all__ = ["Evidence", "NoEvidence", "stake_names"]
