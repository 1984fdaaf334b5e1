"""Answers: answered, unknown, or not applicable because…; by whom and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from playbook.questions import Question, QuestionSet, Role
from playbook.reads import EVERYTHING, note
from playbook.tier import Triage, risk_tier, shipped_triage

State = Literal["answered", "unknown", "not_applicable", "open"]
"""*Open* takes an answer back: it stays in the history and counts as not answered."""


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
    """The answers that stand now, by ``playbook.question``.

    `revision` is given where it is newer than theirs: the last thing said took an answer back.
    `triage` says which of them set the risk tier; that of the shipped questions by default.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer] | None = None,
        revision: int = 0,
        triage: Triage | None = None,
    ) -> None:
        self._answers = dict(answers or {})
        self._revision = revision
        self._triage = triage

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
    def triage(self) -> Triage:
        """The questions that set the risk tier."""
        return self._triage or shipped_triage()

    def under(self, triage: Triage) -> Answers:
        """The same answers, by whose `triage` the tier is set."""
        return Answers(self._answers, self._revision, triage)

    @property
    def revision(self) -> int:
        """The newest revision among them; 0 where nothing was ever answered.

        It says how new they are, not what they say: asking for it is not reading an answer.
        """
        return max([self._revision, *(a.revision or 0 for a in self._answers.values())])

    @property
    def as_of(self) -> datetime | None:
        """When the newest of them was given; asking for it is not reading an answer."""
        return max((a.at for a in self._answers.values()), default=None)

    def revisions(self) -> dict[str, int]:
        """The revision of each by its key; asking for it is not reading an answer."""
        return {key: answer.revision or 0 for key, answer in self._answers.items()}

    def replace(self, answer: Answer) -> Answers:
        """A copy in which `answer` stands."""
        return Answers(self._answers | {answer.key: answer}, self._revision, self._triage)

    def changed(self, newer: Answers) -> set[str]:
        """Keys of the answers that say something else in `newer`, or stand in only one of both."""

        def said(answer: Answer | None) -> object:
            return answer and (answer.state, answer.value, answer.reason, answer.by, answer.role)

        both = self._answers.keys() | newer._answers.keys()
        return {k for k in both if said(self._answers.get(k)) != said(newer._answers.get(k))}


def shown(questions: QuestionSet, answers: Answers) -> list[Question]:
    """The questions of the set that are asked: risk tier and earlier answers unfold them.

    A question never shown is never counted, nor does an answer once given to it unfold others.
    """
    asked: dict[str, Question] = {}
    known = {q.id for q in questions.questions}
    tier = risk_tier(answers) if any(q.tiers for q in questions.questions) else None

    def said(question: str) -> Any:
        if "." not in question and question in known and question not in asked:
            return None
        key = question if "." in question else f"{questions.playbook}.{question}"
        return answers.value(key)

    for question in questions.questions:
        if question.tiers and tier not in question.tiers:
            continue
        if all(condition.holds(said) for condition in question.show_if):
            asked[question.id] = question
    return list(asked.values())


def counted(questions: QuestionSet, answers: Answers) -> tuple[int, int, int]:
    """Questions asked, those answered (*unknown* is not), and those nobody has touched yet."""
    asked = shown(questions, answers)
    states = [a.state if a else "open" for q in asked
              for a in [answers.get(f"{questions.playbook}.{q.id}")]]  # fmt: skip
    untouched = states.count("open")
    return len(asked), len(asked) - untouched - states.count("unknown"), untouched
