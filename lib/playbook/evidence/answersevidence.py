"""Evidence about captured outputs: what systems answered, and how the answers were rated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.errors import NoEvidence
from playbook.evidence.detailevidence import DetailEvidence
from playbook.evidence.lazy import lazy

if TYPE_CHECKING:
    from playbook.evidence.answersneeded import AnswersNeeded
    from playbook.evidence.attacks import Attacks
    from playbook.evidence.failures import Failures
    from playbook.evidence.intake import Intake
    from playbook.evidence.judge import Judge
    from playbook.evidence.outputs import Outputs
    from playbook.evidence.passrates import PassRates
    from playbook.evidence.preferences import Preferences
    from playbook.evidence.raters import Raters
    from playbook.evidence.running import Running
    from playbook.evidence.steadiness import Steadiness


class AnswersEvidence(DetailEvidence):
    """How good a product's answers are; every property raises `NoEvidence` where nobody can say."""

    @lazy
    def outputs(self) -> Outputs:
        """The captured outputs, read and checked."""
        from playbook.evidence.outputs import open_outputs

        if self.product.task != "generated_answers":
            raise NoEvidence(
                f"{self.product.name} is of the kind {self.product.kind}, not generative",
                remedy="Look at the evidence for this kind of product",
            )
        return open_outputs(self.product)

    @lazy
    def intake(self) -> Intake:
        """What was read, what was left out, and what looks wrong about the capture itself."""
        from playbook.evidence.intake import intake

        return intake(self.outputs, confidence=self.confidence)

    @lazy
    def pass_rates(self) -> PassRates:
        """How many answers pass, by criterion, segment and system."""
        from playbook.evidence.passrates import pass_rates

        return pass_rates(self.outputs, self._smallest(), confidence=self.confidence)

    @lazy
    def steadiness(self) -> Steadiness:
        """Whether the same question gets an answer of the same quality when asked again."""
        from playbook.evidence.steadiness import steadiness

        return steadiness(self.outputs, confidence=self.confidence)

    @lazy
    def preferences(self) -> Preferences:
        """Which of two answers is preferred, and whether the order they are shown in counts."""
        from playbook.evidence.comparisons import open_comparisons
        from playbook.evidence.preferences import preferences

        return preferences(open_comparisons(self.product), confidence=self.confidence)

    @lazy
    def judge(self) -> Judge:
        """An automatic judge beside people: how far it may be trusted, and what it leads to."""
        from playbook.evidence.judge import judge

        return judge(
            self.outputs,
            agreement_bar=self.policy.bar("judge_agreement", self.tier).value,
            labels_bar=int(self.policy.bar("judge_labels", self.tier).value),
            confidence=self.confidence,
        )

    @lazy
    def raters(self) -> Raters:
        """Whether people who rate the same answer agree, criterion by criterion."""
        from playbook.evidence.raters import raters

        bar = self.policy.bar("label_agreement", self.tier).value
        return raters(self.outputs, bar, confidence=self.confidence)

    @lazy
    def failures(self) -> Failures:
        """What kinds of failure people found, and how often."""
        from playbook.evidence.failures import failures

        return failures(self.outputs, confidence=self.confidence)

    @lazy
    def running(self) -> Running:
        """What an answer takes and costs, and what an accepted one costs."""
        from playbook.evidence.running import running

        return running(self.outputs, self.product.currency, confidence=self.confidence)

    @lazy
    def attacks(self) -> Attacks:
        """Attacks that succeed, and questions wrongly turned down or wrongly answered."""
        from playbook.evidence.attacks import attacks

        return attacks(self.outputs, confidence=self.confidence)

    @lazy
    def answers_needed(self) -> AnswersNeeded:
        """How many more questions, tries and ratings by people would decide what is open."""
        from playbook.evidence.answersneeded import answers_needed

        return answers_needed(
            self.outputs,
            bar=self._pass_bar(),
            labels_bar=int(self.policy.bar("judge_labels", self.tier).value),
            confidence=self.confidence,
        )

    def _pass_bar(self) -> float:
        """The team's own target for accepted answers, else the policy's."""
        stated = self.answers.value("problem_definition.success_target_answers")
        if stated is not None:
            return float(stated) / 100
        return self.policy.bar("accepted_rate", self.tier).value

    def _smallest(self) -> int:
        return int(self.policy.bar("minimum_group_size", self.tier).value)
