"""Evidence about where and when a model is wrong: segments, single cases, time, spoilt inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.errors import NoEvidence
from playbook.evidence.lazy import lazy
from playbook.evidence.modelevidence import ModelEvidence

if TYPE_CHECKING:
    from playbook.evidence.errorexamples import ErrorExamples
    from playbook.evidence.overtime import OverTime
    from playbook.evidence.robustness import Robustness
    from playbook.evidence.sampleplan import SamplePlan
    from playbook.evidence.scope import Scope
    from playbook.evidence.segments import Segments


class DetailEvidence(ModelEvidence):
    """Where, when and on which inputs the model fails; and what the evidence can decide at all."""

    @lazy
    def segments(self) -> Segments:
        """How good the model is for each kind of case, worst first."""
        from playbook.evidence.segments import segments

        if self.product.kind == "generative":
            raise NoEvidence(
                "answers are told apart by segment where their pass rates are",
                remedy="Look at the pass rates",
            )
        return segments(self.decisions, self._minimum_group_size(), confidence=self.confidence)

    @lazy
    def error_examples(self) -> ErrorExamples:
        """Single cases in which the model was most wrong."""
        from playbook.evidence.errorexamples import error_examples

        return error_examples(self.decisions, confidence=self.confidence)

    @lazy
    def over_time(self) -> OverTime:
        """How good the model is from one stretch of time to the next."""
        from playbook.evidence.overtime import over_time

        if self.decisions.table.columns.time is None:
            raise NoEvidence(
                "the table names no time, so nobody can say whether quality holds",
                remedy="Add 'time:' under 'columns:' in product.yaml",
            )
        return over_time(self.decisions, confidence=self.confidence)

    @lazy
    def robustness(self) -> Robustness:
        """What the model does when inputs are missing or shifted; needs the model's file."""
        from playbook.evidence.robustness import robustness

        return robustness(self.product, self.decisions, confidence=self.confidence)

    @lazy
    def scope(self) -> Scope:
        """What the evidence at hand can and cannot decide."""
        from playbook.evidence.scope import scope

        return scope(self)

    @lazy
    def sample_plan(self) -> SamplePlan:
        """How many cases to collect, and rate, before anything is measured."""
        from playbook.evidence.sampleplan import sample_plan

        return sample_plan(
            self.product, self.answers, self.policy, self.tier, confidence=self.confidence
        )
