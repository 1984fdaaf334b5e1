"""Declared questions: what is asked, why, of whom, and what each answer leads to."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from playbook.conditions import Condition
from playbook.policy import BySeverity, Severity, Tier
from playbook.product import Kind

QuestionType = Literal[
    "choice", "several", "yes_no", "text", "long_text", "number", "money", "percentage",
    "date", "range", "rank", "table",
]  # fmt: skip
Role = Literal["product", "data_science", "engineering", "design", "legal", "business"]
Scope = Literal["organisation", "product", "respondent"]
NUMERIC = {"number", "money", "percentage"}

ROLE_NAMES: dict[str, str] = {
    "product": "Product management",
    "data_science": "Data science",
    "engineering": "Engineering",
    "design": "Design",
    "legal": "Legal",
    "business": "Business",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(_Strict):
    """One choice.

    Attributes
    ----------
    severity
        What choosing it leads to; ``pass`` where it is fine.
    explain
        Shown under the options as soon as this one is chosen.
    tier
        Of a triage question: the risk tier that it calls for.
    score
        What it adds, where the set is scored.
    """

    value: str
    label: str
    severity: BySeverity = "pass"
    statement: str | None = None
    explain: str | None = None
    tier: Tier | None = None
    score: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        return {"value": data, "label": data} if isinstance(data, str) else data


class QuestionRule(_Strict):
    """What an answer is held against.

    Attributes
    ----------
    severity
        What is at stake when the answer misses, and what an *unknown* leaves open; one severity,
        or one per risk tier.
    statement, remedy, passes
        Sentences for an answer that misses, what to do then, and for one that meets.
    at_least, at_most
        Bars for numbers, written here or taken from the policy's threshold named ``policy``; for
        *table* questions, of the number of rows.
    requires
        For *several*: the options that must all be chosen.
    covers
        For *table*: values that must each stand in some row, by column.
    skippable
        Whether "not applicable" may be answered.
    """

    severity: BySeverity = "condition"
    statement: str
    remedy: str
    passes: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    policy: str | None = None
    requires: list[str] = Field(default_factory=list)
    covers: dict[str, list[str]] = Field(default_factory=dict)
    owner: Role | None = None
    skippable: bool = True


class Column(_Strict):
    """One column of a *table* question.

    Attributes
    ----------
    required
        Whether every row needs it.
    undecided
        Options that leave it open, such as *Not clear yet*.
    """

    id: str
    label: str
    type: Literal["text", "choice", "number", "date", "yes_no"] = "text"
    options: list[str] = Field(default_factory=list)
    required: bool = False
    undecided: list[str] = Field(default_factory=list)


class Question(_Strict):
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


class Band(_Strict):
    """From which score on (of 100, where the scoring is a share) something follows."""

    at_least: float
    label: str
    severity: BySeverity = "pass"
    remedy: str = ""


class Scoring(_Strict):
    """How a set's options add up.

    Attributes
    ----------
    title
        What the sum is called: ``Raw impact score``.
    share
        Whether bands are in percent of the most that the questions asked could add up to.
    bands
        What a sum leads to, from the lowest on; the first begins at the least possible.
    source
        Where the scores come from.
    """

    title: str = "Score"
    share: bool = False
    bands: list[Band] = Field(default_factory=list)
    owner: Role = "product"
    source: str = ""

    @model_validator(mode="after")
    def _rising(self) -> Scoring:
        starts = [band.at_least for band in self.bands]
        if starts != sorted(set(starts)):
            raise ValueError("each band begins above the one before it")
        return self


class QuestionSet(_Strict):
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


YES_NO = [Option(value="yes", label="Yes"), Option(value="no", label="No", severity="condition")]


def worst(severities: list[Severity]) -> Severity:
    """The gravest of `severities`."""
    order: list[Severity] = ["pass", "note", "condition", "blocker"]
    return max(severities, key=order.index, default="pass")
