"""Evidence about what the model of one product gets right and wrong, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.errors import NoEvidence
from playbook.evidence.dataevidence import DataEvidence
from playbook.evidence.lazy import lazy

if TYPE_CHECKING:
    from playbook.evidence.abstention import Abstention
    from playbook.evidence.calibration import Calibration
    from playbook.evidence.conformal import Conformal
    from playbook.evidence.groups import GroupAudit
    from playbook.evidence.impact_table import ImpactTable
    from playbook.evidence.learning import LearningCurve
    from playbook.evidence.multiclass import Multiclass
    from playbook.evidence.performance import Performance
    from playbook.evidence.ranking import Ranking
    from playbook.evidence.ranks import Ranks
    from playbook.evidence.regression import Regression
    from playbook.evidence.tables import Decisions

_KINDS = {"regression": "amounts", "ranking": "an order", "generative": "texts"}


class ModelEvidence(DataEvidence):
    """How good the model is; every property raises `NoEvidence` where nobody can say."""

    @lazy
    def performance(self) -> Performance:
        """How often the model is right, by kind of error."""
        from playbook.evidence.performance import performance

        return performance(self._predicted("how good the model is"), confidence=self.confidence)

    @lazy
    def calibration(self) -> Calibration:
        """Whether scores can be read as chances."""
        from playbook.evidence.calibration import calibration

        return calibration(self._scored("what its scores mean"), confidence=self.confidence)

    @lazy
    def ranks(self) -> Ranks:
        """What the highest scores hold."""
        from playbook.evidence.ranks import ranks

        return ranks(self._scored("what the highest scores hold"), confidence=self.confidence)

    @lazy
    def conformal(self) -> Conformal:
        """Which cases the model may settle if its answers are to hold as often as promised."""
        from playbook.evidence.conformal import conformal

        return conformal(self._scored("what it may settle"), confidence=self.confidence)

    @lazy
    def abstention(self) -> Abstention:
        """How much can go without a person at a stated risk."""
        from playbook.evidence.abstention import abstention

        return abstention(self._scored("what it may settle"), confidence=self.confidence)

    @lazy
    def learning_curve(self) -> LearningCurve:
        """What more rows would bring."""
        from playbook.evidence.learning import learning_curve

        if not self.decisions.table.columns.features:
            raise NoEvidence(
                "the table names no features, so nobody can say what more rows would bring",
                remedy="Add 'features:' under 'columns:' in product.yaml",
            )
        return learning_curve(self.decisions, confidence=self.confidence)

    @lazy
    def groups(self) -> GroupAudit:
        """Rates of right and wrong by group and intersection of groups."""
        from playbook.evidence.groups import group_audit

        decisions = self._grouped()
        return group_audit(
            decisions, minimum_n=self._minimum_group_size(), confidence=self.confidence
        )

    @lazy
    def impact_table(self) -> ImpactTable:
        """Selection rates and impact ratios in the layout of New York City's Local Law 144."""
        from playbook.evidence.impact_table import impact_table

        return impact_table(self._grouped(), confidence=self.confidence)

    @lazy
    def regression(self) -> Regression:
        """How far off predicted amounts are."""
        from playbook.evidence.regression import regression

        return regression(self._of_kind("regression", "prediction"), confidence=self.confidence)

    @lazy
    def ranking(self) -> Ranking:
        """How good the first places of ranked lists are."""
        from playbook.evidence.ranking import ranking

        return ranking(self._of_kind("ranking", "score", "query"), confidence=self.confidence)

    @lazy
    def multiclass(self) -> Multiclass:
        """How often each class is taken for which other."""
        from playbook.evidence.multiclass import multiclass

        decisions = self._of_kind("classification", "prediction")
        if decisions.binary:
            raise NoEvidence(
                f"{self.product.name} has two outcomes, not several classes",
                remedy="See how good the decisions are",
            )
        return multiclass(decisions, confidence=self.confidence)

    def _minimum_group_size(self) -> int:
        return int(self.policy.bar("minimum_group_size", self.tier).value)

    def _grouped(self) -> Decisions:
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
        return decisions

    def _scored(self, purpose: str) -> Decisions:
        decisions = self._predicted(purpose)
        if not decisions.has_score:
            raise NoEvidence(
                f"the table names no score column, so nobody can say {purpose}",
                remedy="Add 'score:' under 'columns:' in product.yaml",
            )
        return decisions

    def _predicted(self, purpose: str) -> Decisions:
        """A table with labels of two values and predictions."""
        decisions = self.decisions
        if not decisions.binary or self.product.kind != "classification":
            what = _KINDS.get(self.product.kind, "one of several classes")
            raise NoEvidence(
                f"{self.product.name} gives {what}, not one of two outcomes, so {purpose} is "
                "measured otherwise",
                remedy="Look at the evidence for this kind of product",
            )
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

    def _of_kind(self, kind: str, *columns: str) -> Decisions:
        decisions = self.decisions
        if self.product.kind != kind:
            raise NoEvidence(
                f"{self.product.name} is of the kind {self.product.kind}, not {kind}",
                remedy="Look at the evidence for this kind of product",
            )
        for column in ("label", *columns):
            if column not in decisions.cases.columns:
                raise NoEvidence(
                    f"the table names no {column} column, so nobody can say how good the model is",
                    remedy=f"Add '{column}:' under 'columns:' in product.yaml",
                )
        return decisions
