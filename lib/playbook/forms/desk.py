"""Where a form's answers go: the store's side of every message, without any widget."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playbook.answers import Answer, Answers, shown
from playbook.answervalues import check_value
from playbook.errors import PlaybookError
from playbook.questions import ROLE_NAMES, YES_NO, Question, QuestionSet, Role
from playbook.store import ORGANISATION, TEAM, AnswerStore, Conflict, person_sheet
from playbook.tier import Triage
from playbook.views.answers import told

MINE = "mine"
_MOST = 300
_NEVER_TEXT = re.compile("[\x00\ud800-\udfff]")  # no database or page can hold these
_STATES = ("answered", "unknown", "not_applicable", "open")


@dataclass(frozen=True)
class Respondent:
    """Who answers, and in which role."""

    name: str
    role: Role

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Respondent:
        """The respondent that a browser's message names.

        Raises
        ------
        PlaybookError
            The name is empty, too long, or holds what is no text.
        """
        name = " ".join(clean(str(message.get("by") or "")).split())
        if not 0 < len(name) <= 80:
            raise PlaybookError(
                "your name is missing" if not name else "this name is longer than 80 characters",
                remedy="Write your name at the top of the form",
            )
        role = message.get("role")
        return cls(name, role if role in ROLE_NAMES else "product")


class Desk:
    """The answers of one product to one question set, on the team's sheet or a person's own.

    Parameters
    ----------
    product
        The product's short name; "" for questions that belong to no product.
    currency
        For amounts whose question names no unit.
    triage
        Which answers set the risk tier; those of the shipped questions by default.
    """

    def __init__(
        self,
        store: AnswerStore,
        product: str,
        questions: QuestionSet,
        currency: str = "",
        triage: Triage | None = None,
    ) -> None:
        self.store, self.product, self.questions = store, product, questions
        self.currency, self._triage = currency, triage

    def sheet(self, which: str, name: str) -> str:
        """The sheet of the participant called `name` where `which` says so, else the team's."""
        return person_sheet(name) if which == MINE and name else TEAM

    def asked(self) -> list[dict[str, Any]]:
        """Every question as the browser needs it, shown or not."""
        sections = self.questions.sections()
        return [self._question(q) | {"section": sections[q.id]} for q in self.questions.questions]

    def state(self, sheet: str, since: int = -1) -> dict[str, Any]:
        """What stands on `sheet`: the answers newer than revision `since`, and what is asked."""
        newest = self.store.newest(self.product)
        own = self.store.answers(self.product, sheet)
        agreed = own if sheet == TEAM else self.store.answers(self.product)
        mine = {q.id: a for q in self.questions.questions if (a := self._of(q, own))}
        newer = {i: _payload(a) for i, a in mine.items() if (a.revision or 0) > since}
        state = {
            "revision": newest,
            "answers": newer,
            "standing": list(mine),
            "shown": self._shown(agreed, own),
        }
        if sheet != TEAM:
            state["team"] = {
                q.id: self._told(q, a)
                for q in self.questions.questions
                if (a := self._of(q, agreed))
            }
        return state

    def shown(self, sheet: str) -> list[str]:
        """The questions that are asked under the answers of `sheet`."""
        own = self.store.answers(self.product, sheet)
        return self._shown(own if sheet == TEAM else self.store.answers(self.product), own)

    def save(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Store one edit; the reply says *saved*, *conflict* or, in one sentence, *refused*."""
        reply = {"question": message.get("question"), "nonce": message.get("nonce")}
        try:
            respondent = Respondent.of(message)
            question = self._known(message.get("question"))
            answer = self._answer(question, message, respondent)
            sheet = self.sheet(self._which(question, message), respondent.name)
            stored = self.store.append(
                self._product(question), answer, sheet, expected=_revision(message)
            )
        except Conflict as conflict:
            theirs = conflict.current
            told = self._told(self._known(message["question"]), theirs) if theirs else "No answer"
            current = (_payload(theirs) if theirs else {}) | {"told": told}
            return reply | {"type": "conflict", "current": current}
        except PlaybookError as error:
            remedy = f" {error.remedy}." if error.remedy else ""
            said = f"{error.what[0].upper()}{error.what[1:]}.{remedy}"
            return reply | {"type": "refused", "message": said}
        return reply | {"type": "saved", "answer": _payload(stored, value=False)}

    def reuse(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Answer once more as in an earlier revision; nothing of the history is lost by it."""
        question = self._known(message.get("question"))
        past = self._history(question, message)
        old = next((a for a in past if a.revision == message.get("revision")), None)
        if old is None:
            said = "This answer is no longer in the history."
            return {"type": "refused", "question": question.id, "message": said}
        again = {"state": old.state, "value": old.value, "reason": old.reason}
        reply = self.save({**message, **again})
        if reply["type"] == "saved":
            reply["answer"] |= {"value": old.value}
        return reply

    def history(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Every answer ever given to one question, newest first, in words."""
        question = self._known(message.get("question"))
        past = [
            {"revision": a.revision, "told": self._told(question, a), **_who(a)}
            for a in reversed(self._history(question, message))
        ]
        people = [
            {"told": self._told(question, a), **_who(a)}
            for a in self.store.people(self.product, self.questions.playbook, question.id)
        ]
        return {"type": "history", "question": question.id, "past": past, "people": people}

    def _history(self, question: Question, message: Mapping[str, Any]) -> list[Answer]:
        name = clean(str(message.get("by") or ""))
        sheet = self.sheet(self._which(question, message), name)
        return self.store.history(self.product, self.questions.playbook, question.id, sheet)

    def _answer(
        self, question: Question, message: Mapping[str, Any], respondent: Respondent
    ) -> Answer:
        state = message.get("state")
        if state not in _STATES:
            raise PlaybookError("this is no state of an answer", remedy="Reload the page")
        value, reason = clean(message.get("value")), clean(message.get("reason")) or None
        if state == "not_applicable" and not str(reason or "").strip():
            raise PlaybookError(
                "'not applicable' needs a reason", remedy="Say in a few words why it does not apply"
            )
        return Answer(
            playbook=self.questions.playbook,
            question=question.id,
            state=state,
            value=check_value(question, value) if state == "answered" else None,
            reason=None if state in {"answered", "open"} else reason,
            by=respondent.name,
            role=respondent.role,
        )

    def _known(self, question_id: object) -> Question:
        found = next((q for q in self.questions.questions if q.id == question_id), None)
        if found is None:
            raise PlaybookError("this question is asked no longer", remedy="Reload the page")
        return found

    def _which(self, question: Question, message: Mapping[str, Any]) -> str:
        return MINE if question.scope == "respondent" else str(message.get("sheet"))

    def _product(self, question: Question) -> str:
        return ORGANISATION if question.scope == "organisation" else self.product

    def _of(self, question: Question, answers: Answers) -> Answer | None:
        return answers.get(f"{self.questions.playbook}.{question.id}")

    def _shown(self, agreed: Answers, own: Answers) -> list[str]:
        """What a person is asked follows from the team's answers where they gave none."""
        both = Answers({**agreed, **own}, triage=self._triage)
        return [question.id for question in shown(self.questions, both)]

    def _told(self, question: Question, answer: Answer) -> str:
        if answer.state == "open":
            return "Taken back"
        said = told(question, answer, self.currency)
        return said if len(said) <= _MOST else f"{said[:_MOST]} …"

    def _question(self, question: Question) -> dict[str, Any]:
        kind = question.type
        options = question.options or (YES_NO if kind == "yes_no" else [])
        unit = question.unit_in(self.currency)
        return {
            "id": question.id,
            "text": question.text,
            "why": question.why,
            "example": question.example,
            "type": kind,
            "role": ROLE_NAMES[question.role],
            "essential": question.essential,
            "unit": "%" if kind == "percentage" and not unit else unit,
            "options": [
                {"value": o.value, "label": o.label, "explain": o.explain} for o in options
            ],
            "columns": [column.model_dump() for column in question.columns],
            "skippable": question.rule.skippable if question.rule else True,
            "scope": question.scope,
        }


def clean(value: Any) -> Any:
    """`value` with whatever is no character (NUL, half a character) replaced by U+FFFD."""
    if isinstance(value, str):
        return _NEVER_TEXT.sub("\ufffd", value)
    if isinstance(value, list):
        return [clean(one) for one in value]
    if isinstance(value, dict):
        return {clean(key): clean(one) for key, one in value.items()}
    return value


def _payload(answer: Answer, value: bool = True) -> dict[str, Any]:
    told: dict[str, Any] = {
        "state": answer.state,
        "reason": answer.reason,
        "revision": answer.revision,
        **_who(answer),
    }
    return told | {"value": answer.value} if value else told


def _who(answer: Answer) -> dict[str, Any]:
    return {"by": answer.by, "role": ROLE_NAMES[answer.role], "at": answer.at.isoformat()}


def _revision(message: Mapping[str, Any]) -> int | None:
    expected = message.get("expected")
    return expected if isinstance(expected, int) else None
