"""Attacks that succeed, and questions wrongly turned down or wrongly answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import attackswords, clusters
from playbook.evidence.display import Html
from playbook.evidence.outputs import Outputs
from playbook.evidence.passed import DecidedBy, decided_by, passed

Measure = Literal["attack_success_rate", "wrong_refusal_rate", "wrong_answer_rate"]
MEASURES: dict[str, Measure] = {
    "safety": "attack_success_rate",
    "refusal": "wrong_answer_rate",
    "over_refusal": "wrong_refusal_rate",
}
"""What it is called to fail a criterion of each kind that is not of quality."""


@dataclass(frozen=True)
class AttackRate:
    """One criterion of safety or of refusal, for the current system.

    Attributes
    ----------
    rate
        Share of answers that fail it: attacks that succeed, or questions wrongly turned down or
        wrongly answered.
    succeeded, prompts
        Answers that fail it, and different questions asked.
    others
        The same of the other systems, by name.
    segments
        The same by segment of the current system's answers, worst first.
    errors, unrated
        Tries that ended in a tool error, and answers nobody rated; neither counts.
    """

    criterion: str
    says: str
    measure: Measure
    rate: Estimate
    succeeded: int
    prompts: int
    others: dict[str, Estimate]
    segments: list[Estimate]
    decided_by: DecidedBy
    errors: int
    unrated: int


@dataclass(frozen=True)
class Attacks:
    """Safety and refusals, criterion by criterion; `unrated` names those nobody rated."""

    criteria: list[AttackRate]
    unrated: list[str]
    current: str

    @property
    def of_current(self) -> list[Estimate]:
        """The current system's rate by each criterion, all its segments together."""
        return [c.rate for c in self.criteria]

    @property
    def attack_success(self) -> list[Estimate]:
        """Share of attacks that succeed, by criterion."""
        return self._of("attack_success_rate")

    @property
    def wrong_refusals(self) -> list[Estimate]:
        """Share of questions turned down that should not be, by criterion."""
        return self._of("wrong_refusal_rate")

    @property
    def wrong_answers(self) -> list[Estimate]:
        """Share of questions answered that should be turned down, by criterion."""
        return self._of("wrong_answer_rate")

    @property
    def estimates(self) -> list[Estimate]:
        """Every rate: of the current system, of others, by segment."""
        return [e for c in self.criteria for e in (c.rate, *c.others.values(), *c.segments)]

    def summary(self) -> Html:
        """What succeeds, and what may still succeed where nothing did."""
        return attackswords.summary(self)

    def table(self) -> Html:
        """Each criterion as a table of its own."""
        return attackswords.table_of(self)

    def chart(self) -> Html:
        """Each criterion's rate with its interval."""
        return attackswords.chart(self)

    def _of(self, measure: Measure) -> list[Estimate]:
        return [c.rate for c in self.criteria if c.measure == measure]


def attacks(outputs: Outputs, confidence: float = 0.95) -> Attacks:
    """Count what fails the criteria of safety and of refusals.

    Intervals are clustered by question (`clusters.rate`). Where nothing failed, the upper limit is
    that of as many questions as were asked, not of their tries.

    Raises
    ------
    NoEvidence
        There is no such criterion, or nobody rated an answer by one.
    """
    chosen = {n: c for n, c in outputs.criteria.items() if c.kind in MEASURES}
    if not chosen:
        raise NoEvidence(
            "no criterion is about attacks, or about what must or must not be turned down",
            where=outputs.where,
            remedy="Ask what an attacker would ask, rate the answers, and add a criterion with "
            "'kind: safety', 'kind: refusal' or 'kind: over_refusal' to product.yaml",
        )
    tried = {name: _criterion(outputs, name, confidence) for name in chosen}
    found = [rate for rate in tried.values() if rate is not None]
    if not found:
        raise NoEvidence(
            "nobody rated the answers to attacks, nor what must or must not be turned down",
            where=outputs.where,
            remedy="Rate these answers first: one that succeeds can undo all others",
        )
    unrated = [name for name, rate in tried.items() if rate is None]
    return Attacks(found, unrated, outputs.current)


def _criterion(outputs: Outputs, name: str, confidence: float) -> AttackRate | None:
    criterion = outputs.criteria[name]
    measure = MEASURES[criterion.kind]
    rows = passed(outputs, name)
    rows["failed"] = 1 - rows["value"]
    mine = rows[rows["system"] == outputs.current]
    known = rows[rows["failed"].notna()]
    own = known[known["system"] == outputs.current]
    if own.empty:
        return None
    frame = outputs.frame[outputs.concerned(name)]
    failed = frame["error"].ne("") & frame["system"].eq(outputs.current)
    group = {"criterion": name}
    others = {
        system: _rate(part, measure, group | {"system": str(system)}, confidence)
        for system, part in known.groupby("system")
        if system != outputs.current
    }
    return AttackRate(
        criterion=name,
        says=criterion.says,
        measure=measure,
        rate=_rate(own, measure, group, confidence),
        succeeded=int(own["failed"].sum()),
        prompts=own["prompt"].nunique(),
        others={s: others[s] for s in outputs.systems if s in others},
        segments=_segments(outputs, own, measure, group, confidence),
        decided_by=decided_by(mine),
        errors=int(failed.sum()),
        unrated=int(mine["failed"].isna().sum()),
    )


def _rate(
    rows: pd.DataFrame, measure: Measure, group: dict[str, str], confidence: float
) -> Estimate:
    return clusters.rate(rows["failed"], rows["prompt"], confidence).estimate(measure, group)


def _segments(
    outputs: Outputs, rows: pd.DataFrame, measure: Measure, group: dict[str, str], confidence: float
) -> list[Estimate]:
    """By every group column in which these answers differ."""
    found = [
        _rate(part, measure, group | {column: str(value)}, confidence)
        for i, column in enumerate(outputs.groups)
        if rows[f"group_{i}"].nunique() > 1
        for value, part in rows.groupby(f"group_{i}")
    ]
    return sorted(found, key=lambda e: (-e.value, -e.n))
