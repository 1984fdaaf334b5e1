"""Evidence about the data of one product, whatever it predicts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Self

from playbook.answers import Answers
from playbook.errors import NoEvidence
from playbook.evidence.lazy import Memory, lazy
from playbook.policy import Policy, Tier
from playbook.product import Product
from playbook.reads import note

if TYPE_CHECKING:
    from playbook.estimate import Estimate
    from playbook.evidence.agreement import Agreement
    from playbook.evidence.anonymity import Anonymity
    from playbook.evidence.drift import Drift
    from playbook.evidence.label_noise import LabelNoise
    from playbook.evidence.labelplan import LabelPlan
    from playbook.evidence.leakage import Leakage
    from playbook.evidence.personal_finds import PersonalScan
    from playbook.evidence.quality import QualityAudit
    from playbook.evidence.representation import Representation
    from playbook.evidence.tables import Decisions


class DataEvidence:
    """What the table shows about itself; every property raises `NoEvidence` where it cannot."""

    def __init__(
        self,
        product: Product,
        answers: Answers,
        policy: Policy,
        tier: Tier,
        confidence: float = 0.95,
    ) -> None:
        self.product, self.answers, self.policy = product, answers, policy
        self.confidence = confidence
        self._tier = tier
        self.memory = Memory()

    @property
    def tier(self) -> Tier:
        """The risk tier, which some of the answers set."""
        note(*self.answers.triage.keys)
        return self._tier

    def with_answers(self, answers: Answers, tier: Tier) -> Self:
        """The same evidence under other answers; only what rests on a changed one is forgotten."""
        other = copy(self)
        other.answers, other._tier = answers, tier
        other.memory = self.memory.without(self.answers.changed(answers))
        return other

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

    @lazy
    def decisions(self) -> Decisions:
        """The product's table of decisions, or of captured outputs, opened lazily."""
        from playbook.evidence.audited import open_audited

        opened = open_audited(self.product)
        if opened is None:
            raise NoEvidence(
                f"{self.product.name} has no table of decisions yet",
                remedy="Name it in product.yaml under 'tables: decisions:'",
            )
        return opened

    @lazy
    def quality(self) -> QualityAudit:
        """What is missing, doubled, constant or far out in the table."""
        from playbook.evidence.quality import audit

        return audit(self.decisions, confidence=self.confidence)

    @lazy
    def leakage(self) -> Leakage:
        """Columns that know more about the outcome than they could at the time."""
        from playbook.evidence.leakage import leakage

        return leakage(self.decisions, confidence=self.confidence)

    @lazy
    def label_noise(self) -> LabelNoise:
        """Labels that contradict each other, or that the score contradicts."""
        from playbook.evidence.label_noise import label_noise

        return label_noise(self.decisions, confidence=self.confidence)

    @lazy
    def representation(self) -> Representation:
        """Whether the rows look like the people the product is for."""
        from playbook.evidence.representation import representation

        return representation(self.decisions, confidence=self.confidence)

    @lazy
    def agreement(self) -> Agreement:
        """Whether people who label the same case agree."""
        from playbook.evidence.agreement import agreement
        from playbook.evidence.annotations import open_annotations

        table = self.get("decisions")
        return agreement(
            open_annotations(self.product),
            self.product.words,
            None if isinstance(table, NoEvidence) else table,
            bar=self.policy.bar("label_agreement", self.tier).value,
            minimum_n=int(self.policy.bar("minimum_group_size", self.tier).value),
            confidence=self.confidence,
        )

    @lazy
    def label_plan(self) -> LabelPlan:
        """What another n labels would tell, and what the budget pays for."""
        from playbook.evidence.labelbudget import Purse
        from playbook.evidence.labelplan import label_plan

        found = self.get("agreement")
        if isinstance(found, NoEvidence) and self.product.kind in {"regression", "ranking"}:
            raise found
        if (
            isinstance(found, NoEvidence)
            and self.answers.value("data_strategy.claims_label_meaning") == "outcome"
        ):
            raise NoEvidence(
                "by the team's account the labels record what really happened, so nobody has to "
                "judge cases",
                remedy="Where people judge them, name a table of their judgements in product.yaml "
                "under 'tables: annotations:'",
            )
        deadline = self.answers.value("data_strategy.label_deadline")
        return label_plan(
            None if isinstance(found, NoEvidence) else found,
            self.policy.bar("label_agreement", self.tier).value,
            Purse.from_answers(self.answers.value, self.product.currency),
            self.product.words,
            common=self._commonest_label(),
            deadline=None if deadline is None else str(deadline),
            confidence=self.confidence,
        )

    def _commonest_label(self) -> float | None:
        """Share of the label that most rows have; None where there are no labels to count."""
        from playbook.evidence.counts import count

        found = self.get("decisions")
        if isinstance(found, NoEvidence) or not found.has_label:
            return None
        if self.product.kind in {"regression", "ranking"}:
            return None
        by_label = count(found).frame.groupby("label")["n"].sum()
        return float(by_label.max() / by_label.sum())

    @lazy
    def anonymity(self) -> Anonymity:
        """How many rows look alike to somebody who knows a few facts about a person."""
        from playbook.evidence.anonymity import anonymity

        named = self.decisions.table.columns.quasi_identifiers
        if not named and self.answers.value("data_strategy.personal_data") == "none":
            raise NoEvidence(
                "by the team's account the rows say nothing about people",
                remedy="Where somebody could be recognised after all, name the columns under "
                "'quasi_identifiers:' in product.yaml",
            )
        size = math.ceil(self.policy.bar("minimum_class_size", self.tier).value)
        return anonymity(self.decisions, size)

    @lazy
    def personal(self) -> PersonalScan:
        """Personal data found in columns of text."""
        from playbook.evidence.personal import personal

        return personal(self.decisions, confidence=self.confidence)

    @lazy
    def drift(self) -> Drift:
        """What has moved, month by month."""
        from playbook.evidence.drift import drift

        if self.decisions.table.columns.time is None:
            raise NoEvidence(
                "the table names no time, so nobody can say what has moved",
                remedy="Add 'time:' under 'columns:' in product.yaml",
            )
        return drift(self.decisions, confidence=self.confidence)
