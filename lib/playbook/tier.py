"""The risk tier: a few answers about how much an error can hurt decide how strict the policy is.

Which answers those are, and which tier each calls for, stands with the options of the questions of
Problem definition (``tier:``), and a workspace may change it there. The tier is the strictest that
any of them calls for; one that nobody has answered yet calls for the strictest it could.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from playbook.policy import TIERS, Tier
from playbook.questionfiles import load_questions
from playbook.questions import Question, QuestionSet
from playbook.shipped import shipped

if TYPE_CHECKING:
    from playbook.answers import Answers

PLAYBOOK = "problem_definition"
MEANING: dict[Tier, str] = {
    "high": "a wrong decision can do serious harm",
    "limited": "people notice a wrong decision, but can put it right",
    "minimal": "a wrong decision is hardly noticed",
}


@dataclass(frozen=True)
class Factor:
    """What one question calls for: the tier, and the answer (None where it is still open)."""

    question: Question
    answer: str | None
    tier: Tier

    @property
    def key(self) -> str:
        """``problem_definition.question``."""
        return f"{PLAYBOOK}.{self.question.id}"


@dataclass(frozen=True)
class Triage:
    """The questions that set the tier."""

    questions: tuple[Question, ...]

    @classmethod
    def of(cls, questions: QuestionSet) -> Triage:
        """The questions of a set that have an option with a tier."""
        return cls(tuple(q for q in questions.questions if any(o.tier for o in q.options)))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the answers that it rests on."""
        return tuple(f"{PLAYBOOK}.{q.id}" for q in self.questions)

    def factors(self, answers: Answers) -> list[Factor]:
        """What each question calls for, in the order they are asked."""
        return [_factor(q, answers.value(f"{PLAYBOOK}.{q.id}")) for q in self.questions]

    def tier(self, answers: Answers) -> Tier:
        """The strictest tier that a factor calls for; *high* where there are no such questions."""
        called = [factor.tier for factor in self.factors(answers)]
        return _strictest(called) if called else "high"


def _factor(question: Question, value: object) -> Factor:
    option = question.option(str(value)) if value is not None else None
    if option is None:
        return Factor(question, None, _strictest([o.tier for o in question.options if o.tier]))
    return Factor(question, option.label, option.tier or "minimal")


def _strictest(tiers: Sequence[Tier]) -> Tier:
    return min(tiers, key=TIERS.index)


@cache
def shipped_triage() -> Triage:
    """The triage of the shipped questions."""
    return Triage.of(load_questions(shipped(f"templates/questions/{PLAYBOOK}.yaml")))


def risk_tier(answers: Answers) -> Tier:
    """The tier that the answers' triage sets."""
    return answers.triage.tier(answers)


def tier_reason(answers: Answers) -> str:
    """Why the tier is what it is, as a clause."""
    factors = answers.triage.factors(answers)
    tier = answers.triage.tier(answers)
    open_ones = [f for f in factors if f.answer is None and f.tier == tier]
    settled = [f for f in factors if f.answer is not None and f.tier == tier]
    if open_ones and not settled:
        n = len(open_ones)
        return (
            f"{n} of the {len(factors)} questions that set it {'is' if n == 1 else 'are'} still "
            "open, so the strictest bars apply"
        )
    return MEANING[tier]
