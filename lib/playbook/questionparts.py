"""What questions are made of: options, columns of a table, rules, bands of a score."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from playbook.policy import BySeverity, Tier

Role = Literal["product", "data_science", "engineering", "design", "legal", "business"]

ROLE_NAMES: dict[str, str] = {
    "product": "Product management",
    "data_science": "Data science",
    "engineering": "Engineering",
    "design": "Design",
    "legal": "Legal",
    "business": "Business",
}


class Strict(BaseModel):
    """Knows its fields only, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(Strict):
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


class QuestionRule(Strict):
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


class Column(Strict):
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


class Band(Strict):
    """From which score on (of 100, where the scoring is a share) something follows."""

    at_least: float
    label: str
    severity: BySeverity = "pass"
    remedy: str = ""


class Scoring(Strict):
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


YES_NO = [Option(value="yes", label="Yes"), Option(value="no", label="No", severity="condition")]
