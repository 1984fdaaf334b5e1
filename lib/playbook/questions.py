"""Declared questions: what is asked, why, of whom, and what each answer leads to."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from playbook.conditions import Condition
from playbook.policy import Severity, Tier
from playbook.product import Kind
from playbook.questionparts import (
    ROLE_NAMES,
    YES_NO,
    Band,
    Column,
    Option,
    QuestionRule,
    Role,
    Scoring,
    Strict,
)

QuestionType = Literal[
    "choice", "several", "yes_no", "text", "long_text", "number", "money", "percentage",
    "date", "range", "rank", "table",
]  # fmt: skip
Scope = Literal["organisation", "product", "respondent"]
NUMERIC = {"number", "money", "percentage"}


class Question(Strict):
    """One idea, under 25 words, with why it matters and an example from a real product.

    Attributes
    ----------
    essential
        Part of the first pass; the others wait under "More questions".
    show_if
        Conditions on earlier answers that unfold it: all of them must hold.
    tiers
        The risk tiers in which it is asked; all where none is named.
    kinds
        The kinds of product that are asked it; all where none is named.
    section
        The heading it stands under; empty: as the question before it.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    text: str
    why: str
    example: str
    type: QuestionType
    role: Role = "product"
    scope: Scope = "product"
    essential: bool = True
    unit: str | None = None
    options: list[Option] = Field(default_factory=list)
    columns: list[Column] = Field(default_factory=list)
    show_if: list[Condition] = Field(default_factory=list)
    tiers: list[Tier] = Field(default_factory=list)
    kinds: list[Kind] = Field(default_factory=list)
    section: str = ""
    rule: QuestionRule | None = None

    @field_validator("text")
    @classmethod
    def _short(cls, text: str) -> str:
        if len(text.split()) > 25:
            raise ValueError(f"a question has at most 25 words, this one has {len(text.split())}")
        return text

    @model_validator(mode="after")
    def _consistent(self) -> Question:
        if self.type in {"choice", "several", "rank"} and len(self.options) < 2:
            raise ValueError(f"a question of type '{self.type}' needs at least two options")
        values = [option.value for option in self.options]
        if len(values) != len(set(values)):
            raise ValueError("two options have the same value")
        if self.type == "table" and not self.columns:
            raise ValueError("a question of type 'table' needs columns")
        missing = [v for v in (self.rule.requires if self.rule else []) if v not in values]
        if missing:
            raise ValueError(f"the rule requires '{missing[0]}', which is no option")
        known = {column.id: column for column in self.columns}
        for name, wanted in (self.rule.covers if self.rule else {}).items():
            if name not in known:
                raise ValueError(f"the rule covers '{name}', which is no column")
            for value in wanted:
                if known[name].options and value not in known[name].options:
                    raise ValueError(f"the rule covers '{value}', which is no option of '{name}'")
        if self.tiers and any(option.tier for option in self.options):
            raise ValueError("a question that sets the risk tier is asked in every tier")
        return self

    def unit_in(self, currency: str) -> str:
        """What its numbers are in; where that is ``currency``, or an amount names none, the
        product's own."""
        if self.unit == "currency" or (not self.unit and self.type in {"money", "range"}):
            return currency
        return self.unit or ""

    def option(self, value: str) -> Option | None:
        """The option with this value, or None."""
        return next((option for option in self.options if option.value == value), None)


class QuestionSet(Strict):
    """The questions of one playbook, in the order they are asked.

    Attributes
    ----------
    about
        What the set is and where it comes from, for one that is not ours.
    scoring
        How its options add up, where they do.
    """

    playbook: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    about: str = ""
    scoring: Scoring | None = None
    questions: list[Question]

    @model_validator(mode="after")
    def _unique(self) -> QuestionSet:
        seen: set[str] = set()
        for question in self.questions:
            if question.id in seen:
                raise ValueError(f"the question '{question.id}' stands twice")
            for needed in (q for c in question.show_if for q in c.questions()):
                if "." not in needed and needed not in seen:
                    raise ValueError(
                        f"'{question.id}' depends on '{needed}', which is not asked before it"
                    )
            seen.add(question.id)
        return self

    def __getitem__(self, question_id: str) -> Question:
        return next(q for q in self.questions if q.id == question_id)

    def sections(self) -> dict[str, str]:
        """The heading that each question stands under, by its id; empty where there is none."""
        found, heading = {}, ""
        for question in self.questions:
            heading = question.section or heading
            found[question.id] = heading
        return found

    def for_kind(self, kind: Kind | None) -> QuestionSet:
        """The questions that a product of this `kind` is asked; all of them for None."""
        asked = [q for q in self.questions if not (kind and q.kinds) or kind in q.kinds]
        return (
            self
            if len(asked) == len(self.questions)
            else self.model_copy(update={"questions": asked})
        )


def worst(severities: list[Severity]) -> Severity:
    """The gravest of `severities`."""
    order: list[Severity] = ["pass", "note", "condition", "blocker"]
    return max(severities, key=order.index, default="pass")


__all__ = [
    "NUMERIC",
    "ROLE_NAMES",
    "YES_NO",
    "Band",
    "Column",
    "Option",
    "Question",
    "QuestionRule",
    "QuestionSet",
    "Role",
    "Scoring",
    "worst",
]
