"""What the evidence at hand can decide, what only in part, and what not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from playbook.estimate import Estimate
from playbook.evidence import scopewords
from playbook.evidence.display import Html

if TYPE_CHECKING:
    from playbook.evidence.bundle import Evidence
    from playbook.evidence.detailevidence import DetailEvidence

Verdict = Literal["yes", "partly", "no"]


@dataclass(frozen=True)
class Point:
    """One question that a board asks.

    Attributes
    ----------
    key, question
        Such as ``good_enough`` and *Is it good enough?*
    topic
        The same within a sentence: *whether it is good enough*.
    verdict
        Whether the evidence can decide it. It says nothing about which way.
    why, remedy
        What speaks for the verdict, and what is missing; the latter is empty where nothing is.
    """

    key: str
    question: str
    topic: str
    verdict: Verdict
    why: str
    remedy: str = ""


@dataclass(frozen=True)
class Scope:
    """What can be decided, question by question.

    Attributes
    ----------
    n, cases
        What there is to judge by, and what it is called: 569 *samples with a known outcome*.
    note
        What a reader must know of the table, such as that it is made up.
    estimates
        How much there is of what; counted, so without uncertainty.
    """

    points: tuple[Point, ...]
    n: int
    cases: str
    note: str
    estimates: list[Estimate]

    def of(self, verdict: Verdict) -> list[Point]:
        """The questions with this verdict."""
        return [point for point in self.points if point.verdict == verdict]

    def __getitem__(self, key: str) -> Point:
        """The question called `key`."""
        return next(point for point in self.points if point.key == key)

    def summary(self) -> Html:
        """What can be told, and what not, in a few sentences."""
        return scopewords.summary(self)

    def table(self) -> Html:
        """Every question with its verdict, the reason and what is missing."""
        return scopewords.table_of(self)


def scope(evidence: DetailEvidence | Evidence) -> Scope:
    """Say what the evidence can decide, from cheap facts alone.

    Looked at are what product.yaml names, how many rows there are of each kind, and the answers;
    nothing is measured. A verdict is about the evidence, not about the product.

    Raises
    ------
    PlaybookError
        A table is there and cannot be read.
    """
    if evidence.product.task == "generated_answers":
        from playbook.evidence.scopeanswers import answers_scope

        return answers_scope(evidence)
    from playbook.evidence.scopedecisions import decisions_scope

    return decisions_scope(evidence)


def counted(measure: str, n: int) -> Estimate:
    """A plain count as an `Estimate`."""
    return Estimate(
        measure=measure, value=n, low=n, high=n, n=n, unit="count", method="counted, no uncertainty"
    )
