"""Law as dated data: what a rule asks, from when, for which answers, and who has checked that."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from playbook.product import Kind
from playbook.questions import Role
from playbook.shipped import shipped
from playbook.yamlfile import read_model

Status = Literal["applies", "may_apply", "not_assessed", "declared_outside"]
"""*may_apply* depends on something that no answer tells; *not_assessed* and *declared_outside* are
two things: the one is nobody's answer, the other somebody's, with a reason."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Strict):
    """Holds where the question is answered with one of `answer`, or is in one of the states."""

    question: str = Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")
    answer: list[str] = Field(default_factory=list)
    state: list[Literal["open", "unknown", "not_applicable"]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if not (self.answer or self.state):
            raise ValueError("a condition needs 'answer' or 'state'")
        return self


class Rule(_Strict):
    """One duty.

    Attributes
    ----------
    applies_from
        The first day on which it applies; only a rule that sets no duty may leave it out.
    asks, owner
        What it asks, as an imperative sentence, and the role that should do it.
    provided
        What must be true besides the answers, as a clause; needed for *may_apply*.
    verified
        Whether somebody read the primary text.
    kinds
        The kinds of product it can concern; all where none is named.
    source, as_of, review_by
        Where they differ from those of the whole law.
    when
        Conditions that must all hold.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    article: str
    applies_from: date | None = None
    status: Status
    asks: str
    owner: Role
    provided: str = ""
    verified: bool
    kinds: list[Kind] = Field(default_factory=list)
    source: str = ""
    as_of: date | None = None
    review_by: date | None = None
    when: list[Condition] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Rule:
        if self.applies_from is None and self.status != "declared_outside":
            raise ValueError("a rule that sets a duty needs 'applies_from'")
        if self.status == "may_apply" and not self.provided:
            raise ValueError("a rule that may apply needs 'provided': what it depends on")
        return self


class Law(_Strict):
    """One law with its rules; `as_of` is the state of the law described, `review_by` the day after
    which somebody has to look again."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    title: str
    source: str
    as_of: date
    review_by: date
    rules: list[Rule] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> Law:
        ids = [rule.id for rule in self.rules]
        twice = next((id for id in ids if ids.count(id) > 1), None)
        if twice:
            raise ValueError(f"the rule '{twice}' stands twice")
        return self


def load_law(path: Path) -> Law:
    """Read one law; errors name file, line and field."""
    return read_model(Law, path)


@cache
def shipped_laws() -> tuple[Law, ...]:
    """All laws in ``templates/regulation``, by file name."""
    return tuple(load_law(path) for path in sorted(shipped("templates/regulation").glob("*.yaml")))
