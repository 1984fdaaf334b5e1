"""What the team has answered, in the report's words, as a document needs it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from playbook.answers import shown
from playbook.checks.assess import Assessment
from playbook.checks.case import Case
from playbook.days import day
from playbook.documents.parts import Fact, Gap, Mark, Rows, clipped, tidy
from playbook.errors import NoEvidence
from playbook.evidence import words
from playbook.questions import Question, QuestionSet
from playbook.views.answers import told
from playbook.views.findings import mark_and_label

OPEN = Gap("Not answered yet")


class Said:
    """The answers to one playbook's questions, and the evidence beside them.

    Parameters
    ----------
    most
        How many characters of an answer are told, where nothing else is asked for.
    room
        By how much all such limits are widened.
    """

    def __init__(
        self, case: Case, questions: QuestionSet, most: int = 600, room: float = 1
    ) -> None:
        self.case, self._playbook, self._most, self.room = case, questions.playbook, most, room
        self._asked = {q.id: q for q in shown(questions, case.answers)}

    def clip(self, text: str, most: int) -> str:
        """`clipped`, by a limit widened as far as there is room."""
        return clipped(text, round(most * self.room))

    def asked(self, id: str) -> bool:
        """Whether this product is asked the question."""
        return id in self._asked

    def text(self, id: str, most: int = 0) -> str:
        """The answer in words; a `Gap` where there is none."""
        question = self._asked.get(id)
        if question is None:
            return Gap("Not asked of this product")
        answer = self.case.answers.get(f"{self._playbook}.{id}")
        said = told(question, answer, self.case.product.currency)
        if answer is None or answer.state in {"unknown", "open"}:
            said = Gap(said)
        return self.clip(said, most or self._most)

    def value(self, id: str) -> Any:
        """The value where the question is asked and answered, else None."""
        return self.case.answers.value(f"{self._playbook}.{id}") if id in self._asked else None

    def fact(self, label: str, id: str, most: int = 0) -> list[Fact]:
        """The answer under a label; nothing where the question is not asked."""
        return [Fact(label, [self.text(id, most)])] if self.asked(id) else []

    def rows(self, id: str) -> list[dict[str, Any]]:
        """The rows of a table's answer; none where it is open, or was typed as text once."""
        value = self.value(id)
        listed = value if isinstance(value, list) else []
        return [row for row in listed if isinstance(row, dict)]

    def cell(self, row: dict[str, Any], column: str, most: int = 0, required: bool = True) -> str:
        """One cell in words; a `Gap` where it is empty although it is `required`."""
        value = row.get(column)
        if value is None or not str(value).strip():
            return Gap("missing") if required else "–"
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if isinstance(value, int | float):
            return words.number(value)
        with suppress(ValueError):
            return day(date.fromisoformat(str(value)))
        return self.clip(str(value), most or self._most)

    def table(self, id: str, caption: str, most: int = 12, cell: int = 90) -> list[Fact | Rows]:
        """A table's answer as a table, with the names of its columns."""
        question = self._asked.get(id)
        if question is None:
            return []
        rows = self.rows(id)
        if not rows:
            return [Fact(caption, [self.text(id)])]
        columns = [c for c in question.columns if any(row.get(c.id) is not None for row in rows)]
        body = [[self.cell(row, c.id, cell, c.required) for c in columns] for row in rows[:most]]
        found: list[Fact | Rows] = [Rows(caption, [c.label for c in columns], body)]
        return found + ([Fact("Further rows", [more])] if (more := beyond(rows, most)) else [])

    def question(self, id: str) -> Question | None:
        """The question, where it is asked."""
        return self._asked.get(id)

    def evidence(self, name: str) -> Any:
        """The evidence called `name`; None where it cannot be computed yet."""
        found = self.case.evidence.get(name)
        return None if isinstance(found, NoEvidence) else found

    def summary(self, name: str, lines: int = 3, most: int = 300) -> list[str]:
        """The first sentences that the evidence `name` says in the report, or what is missing."""
        found = self.case.evidence.get(name)
        if isinstance(found, NoEvidence):
            return [Gap(f"Not measured yet: {self.clip(found.what, most)}.")]
        said = [line for line in found.summary().text.split("\n") if line.strip()]
        return [self.clip(line, most) for line in said[:lines]]


def beyond(rows: Sequence[Any], most: int) -> str:
    """``and 3 more, in the report``; empty where all are told."""
    return f"{words.count(len(rows) - most)} more, in the report" if len(rows) > most else ""


def gravest(assessment: Assessment, most: int, length: int = 260) -> list[Mark]:
    """The gravest findings that are not met, in the order of the report."""
    open_ones = [f for f in assessment.findings if f.severity != "pass"]
    return [Mark(*mark_and_label(f), clipped(f.statement, length)) for f in open_ones[:most]]


def about(case: Case) -> list[str]:
    """What the product is; who answers for it, and how new the answers are."""
    product = case.product
    as_of = case.answers.as_of
    newest = (
        f"answers as of {day(as_of)}, revision {words.count(case.answers.revision)}"
        if as_of
        else "nothing answered yet"
    )
    stage = product.stage.capitalize()
    return [
        clipped(product.description, 260),
        f"Owner: {clipped(product.owner, 80)} · {stage} · {newest}",
    ]


def origin(case: Case, playbook: str) -> str:
    """From what it was made: data, answers and the version that made it."""
    from playbook import __version__

    decisions = case.evidence.get("decisions")
    marks = [f"Made by playbook {__version__} from the answers and checks of {tidy(playbook)}"]
    if not isinstance(decisions, NoEvidence):
        marks.append(f"data {decisions.fingerprint.removeprefix('sha256:')[:12]}")
    return " · ".join(marks)
