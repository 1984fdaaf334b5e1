"""Answers: answered, unknown, or not applicable because…; by whom and when."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from playbook.errors import PlaybookError, did_you_mean
from playbook.questions import NUMERIC, Question, QuestionSet, Role
from playbook.reads import EVERYTHING, note
from playbook.tier import risk_tier

State = Literal["answered", "unknown", "not_applicable", "open"]
"""*Open* takes an answer back: it stays in the history and counts as not answered."""
MAX_TEXT = 2_000_000


class Answer(BaseModel):
    """One answer as it stood at one revision."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    playbook: str
    question: str
    state: State
    value: Any = None
    reason: str | None = None
    by: str = "unknown"
    role: Role = "product"
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    revision: int | None = None

    @model_validator(mode="after")
    def _state_fits(self) -> Answer:
        if self.state == "answered" and self.value is None:
            raise ValueError("an answered question needs a value")
        if self.state == "not_applicable" and not (self.reason or "").strip():
            raise ValueError("'not applicable' needs a reason")
        if self.at.tzinfo is None:
            raise ValueError("the time of an answer needs its time zone")
        return self

    @property
    def key(self) -> str:
        """``playbook.question``."""
        return f"{self.playbook}.{self.question}"


class Answers(Mapping[str, Answer]):
    """The answers that stand now, by ``playbook.question``."""

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self._answers = dict(answers or {})

    def __getitem__(self, key: str) -> Answer:
        note(key)
        return self._answers[key]

    def __iter__(self) -> Iterator[str]:
        note(EVERYTHING)
        return iter(self._answers)

    def __len__(self) -> int:
        note(EVERYTHING)
        return len(self._answers)

    def value(self, key: str) -> Any:
        """The value where the question is answered, else None (unknown, not applicable, open)."""
        answer = self.get(key)
        return answer.value if answer and answer.state == "answered" else None

    @property
    def revision(self) -> int:
        """The newest revision among them; 0 where nothing is answered yet."""
        return max((a.revision or 0 for a in self.values()), default=0)

    def replace(self, answer: Answer) -> Answers:
        """A copy in which `answer` stands."""
        return Answers(self._answers | {answer.key: answer})

    def changed(self, newer: Answers) -> set[str]:
        """Keys of the answers that say something else in `newer`, or stand in only one of both."""

        def said(answer: Answer | None) -> object:
            return answer and (answer.state, answer.value, answer.reason, answer.by, answer.role)

        both = self._answers.keys() | newer._answers.keys()
        return {k for k in both if said(self._answers.get(k)) != said(newer._answers.get(k))}


def is_shown(question: Question, playbook: str, answers: Answers) -> bool:
    """Whether risk tier and earlier answers unfold `question`.

    A question never shown is never counted.
    """
    if question.tiers and risk_tier(answers) not in question.tiers:
        return False
    for condition in question.show_if:
        key = (
            condition.question if "." in condition.question else f"{playbook}.{condition.question}"
        )
        value = answers.value(key)
        chosen = {str(v) for v in (value if isinstance(value, list) else [value])}
        if not chosen & set(condition.is_):
            return False
    return True


def shown(questions: QuestionSet, answers: Answers) -> list[Question]:
    """The questions of the set that are asked, given `answers`."""
    return [q for q in questions.questions if is_shown(q, questions.playbook, answers)]


def check_value(question: Question, value: Any) -> Any:
    """Return `value` in its canonical form, or say in one sentence why it cannot be the answer.

    Raises
    ------
    PlaybookError
        The value does not fit the question's type, options or bounds.
    """
    checker = _CHECKS[question.type]
    try:
        return checker(question, value)
    except PlaybookError as error:
        raise PlaybookError(
            error.what, where=f"question '{question.id}'", remedy=error.remedy
        ) from None


def _text(question: Question, value: Any) -> str:
    if isinstance(value, (list, dict, bool)) or not str(value).strip():
        raise PlaybookError("this answer must be text", remedy="Write a sentence")
    if len(str(value)) > MAX_TEXT:
        raise PlaybookError(
            f"this answer has {len(str(value)):,} characters, more than {MAX_TEXT:,}",
            remedy="Shorten it, and link to the document instead",
        )
    return str(value)


def _number(question: Question, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise PlaybookError(f"{value!r} is not a number", remedy="Write digits only, such as 12.5")
    if question.type == "percentage" and not 0 <= value <= 100:
        raise PlaybookError(f"{value} is not between 0 and 100", remedy="Write a percentage")
    return value


def _choice(question: Question, value: Any) -> str:
    word = str(value).lower() if isinstance(value, bool) else str(value)
    known = [o.value for o in question.options] or ["yes", "no"]
    if word not in known:
        raise PlaybookError(
            f"'{value}' is not one of the options", remedy=did_you_mean(word, known)
        )
    return word


def _yes_no(question: Question, value: Any) -> str:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return _choice(question, value)


def _several(question: Question, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise PlaybookError("this answer must be a list", remedy="Write one line per choice")
    chosen = [_choice(question, v) for v in value]
    if len(chosen) != len(set(chosen)):
        raise PlaybookError("one option is chosen twice", remedy="Keep one of the two")
    return chosen


def _rank(question: Question, value: Any) -> list[str]:
    chosen = _several(question, value)
    if len(chosen) != len(question.options):
        raise PlaybookError("a ranking names every option once", remedy="Add those left out")
    return chosen


def _date(question: Question, value: Any) -> str:
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()[
            :10
        ]
    except ValueError:
        raise PlaybookError(
            f"'{value}' is not a date", remedy="Write year-month-day, such as 2027-03-31"
        ) from None


def _range(question: Question, value: Any) -> dict[str, float | int]:
    if not isinstance(value, dict) or set(value) != {"low", "likely", "high"}:
        raise PlaybookError(
            "this answer needs three numbers", remedy="Give 'low', 'likely' and 'high'"
        )
    low, likely, high = (_number(question, value[k]) for k in ("low", "likely", "high"))
    if not low <= likely <= high:
        raise PlaybookError(
            f"{low}, {likely} and {high} are not in order",
            remedy="Give the lowest first and the highest last",
        )
    return {"low": low, "likely": likely, "high": high}


def _table(question: Question, value: Any) -> list[dict[str, Any]]:
    known = [c.id for c in question.columns]
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise PlaybookError("this answer must be a list of rows", remedy="Write one entry per row")
    for number, row in enumerate(value, start=1):
        for column in row:
            if column not in known:
                raise PlaybookError(
                    f"row {number} has an unknown column '{column}'",
                    remedy=did_you_mean(column, known),
                )
    return [{c: row.get(c) for c in known if row.get(c) is not None} for row in value]


_CHECKS = {
    "choice": _choice,
    "several": _several,
    "yes_no": _yes_no,
    "text": _text,
    "long_text": _text,
    "date": _date,
    "range": _range,
    "rank": _rank,
    "table": _table,
} | dict.fromkeys(NUMERIC, _number)
