"""Declared questions: what is asked, why, of whom, and what each answer leads to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from playbook.policy import BySeverity, Severity, Tier
from playbook.yamlfile import plain, read_model, read_yaml, validate

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
    """One choice. ``severity`` is what choosing it leads to; ``pass`` where it is fine.

    ``explain`` is shown under the options as soon as this one is chosen.
    """

    value: str
    label: str
    severity: BySeverity = "pass"
    statement: str | None = None
    explain: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        return {"value": data, "label": data} if isinstance(data, str) else data


class ShowIf(_Strict):
    """Shown only when another answer is one of these values."""

    question: str
    is_: list[str] = Field(alias="is")


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
        Bars for numbers, written here or taken from the policy's threshold named ``policy``.
    requires
        For *several*: the options that must all be chosen.
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
    owner: Role | None = None
    skippable: bool = True


class Column(_Strict):
    """One column of a *table* question."""

    id: str
    label: str
    type: Literal["text", "choice", "number", "date", "yes_no"] = "text"
    options: list[str] = Field(default_factory=list)


class Question(_Strict):
    """One idea, under 25 words, with why it matters and an example from a real product.

    Attributes
    ----------
    essential
        Part of the first pass; the others wait under "More questions".
    show_if
        Earlier answers that unfold it: all of them must be as stated.
    tiers
        The risk tiers in which it is asked; all where none is named.
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
    show_if: list[ShowIf] = Field(default_factory=list)
    tiers: list[Tier] = Field(default_factory=list)
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
        return self

    def option(self, value: str) -> Option | None:
        """The option with this value, or None."""
        return next((option for option in self.options if option.value == value), None)


class QuestionSet(_Strict):
    """The questions of one playbook, in the order they are asked."""

    playbook: str
    title: str
    questions: list[Question]

    @model_validator(mode="after")
    def _unique(self) -> QuestionSet:
        seen: set[str] = set()
        for question in self.questions:
            if question.id in seen:
                raise ValueError(f"the question '{question.id}' stands twice")
            seen.add(question.id)
            for condition in question.show_if:
                if "." not in condition.question and condition.question not in seen:
                    raise ValueError(
                        f"'{question.id}' depends on '{condition.question}', which is not asked "
                        "before it"
                    )
        return self

    def __getitem__(self, question_id: str) -> Question:
        return next(q for q in self.questions if q.id == question_id)


YES_NO = [Option(value="yes", label="Yes"), Option(value="no", label="No", severity="condition")]


def load_questions(path: Path, overlay: Path | None = None) -> QuestionSet:
    """Read one question set; errors name file, line and field.

    Questions of `overlay` replace those of the same id and are else asked after the shipped ones.
    """
    base = read_model(QuestionSet, path)
    if overlay is None:
        return base
    own = read_yaml(overlay)
    changed = {q.get("id"): plain(q) for q in own.get("questions") or [] if isinstance(q, dict)}
    shipped = [q.model_dump(by_alias=True, exclude_none=True) for q in base.questions]
    kept = [changed.pop(q["id"], q) for q in shipped]
    merged = {"playbook": base.playbook, "title": own.get("title", base.title)}
    own["questions"] = [*kept, *changed.values()]
    return validate(QuestionSet, own, str(overlay), **merged)


def worst(severities: list[Severity]) -> Severity:
    """The gravest of `severities`."""
    order: list[Severity] = ["pass", "note", "condition", "blocker"]
    return max(severities, key=order.index, default="pass")
