"""What a team has said in all its playbooks, and for what is missing, where to fill it in."""

from __future__ import annotations

from typing import Any

from playbook.catalog import title_of
from playbook.checks.case import Case
from playbook.documents.parts import Block, Fact, Gap, Line, Rows, sentence
from playbook.documents.said import Said
from playbook.errors import NoEvidence, PlaybookError
from playbook.questions import QuestionSet
from playbook.workspace import Workspace

COLUMNS = 5


class Everything:
    """The answers to the questions of all playbooks, by ``playbook.question``.

    Parameters
    ----------
    questions
        Those of the playbook that makes the document; the others' are read when first needed.
    """

    def __init__(self, case: Case, questions: QuestionSet) -> None:
        self.case = case
        self._own = Said(case, questions)
        self._said: dict[str, Said | None] = {questions.playbook: self._own}

    def text(self, key: str, most: int = 0) -> str:
        """The answer in words; a `Gap` with the place to fill it in where there is none."""
        said, id = self._of(key)
        if said is None:
            return Gap(f"The questions of {title_of(key.split('.')[0])} cannot be read.")
        text, question = said.text(id, most), said.question(id)
        if not isinstance(text, Gap) or question is None:
            return text
        playbook = title_of(key.split(".")[0])
        return Gap(f"{sentence(text)} Fill it in: playbook {playbook}, “{question.text}”")

    def facts(self, **keys: str) -> list[Block]:
        """The answers under labels, an underscore standing for a space; what this product is not
        asked is left out."""
        asked = {label.replace("_", " "): key for label, key in keys.items() if self._asked(key)}
        return [Fact(label, [self.text(key)]) for label, key in asked.items()]

    def table(self, key: str, caption: str) -> list[Block]:
        """A table's answer as a table; a `Gap` where it is empty."""
        said, id = self._of(key)
        if said is None or not said.rows(id):
            return [Fact(caption, [self.text(key)])] if self._asked(key) else []
        first, *more = said.table(id, caption)
        if isinstance(first, Rows) and len(first.header) > COLUMNS:
            return [Line(f"{caption}:"), *_listed(first), *more]
        return [first, *more]

    def value(self, key: str) -> Any:
        """The value, where the question is asked and answered, else None."""
        said, id = self._of(key)
        return said.value(id) if said else None

    def measured(self, name: str, lines: int = 3) -> list[Block]:
        """The first sentences of the evidence `name`; what is missing, and what would do."""
        found = self.case.evidence.get(name)
        if isinstance(found, NoEvidence):
            return [Line(missing(found))]
        return [Line(text) for text in self._own.summary(name, lines, 400)]

    def _asked(self, key: str) -> bool:
        """A set of questions that cannot be read is told of where its answers would stand."""
        said, id = self._of(key)
        return said is None or said.asked(id)

    def _of(self, key: str) -> tuple[Said | None, str]:
        playbook, id = key.split(".")
        if playbook not in self._said:
            self._said[playbook] = self._read(playbook)
        return self._said[playbook], id

    def _read(self, playbook: str) -> Said | None:
        product = self.case.product
        try:
            # A product lies in products/NAME of its workspace.
            asked = Workspace(product.folder.parents[1]).questions(playbook, product.kind)
        except PlaybookError:
            return None
        return Said(self.case, asked)


def _listed(rows: Rows) -> list[Fact]:
    """A table too wide for a telephone as one line for each row."""
    told = [zip(rows.header[1:], row[1:], strict=True) for row in rows.body]
    return [
        Fact(row[0], [" · ".join(f"{label}: {cell}" for label, cell in cells)])
        for row, cells in zip(rows.body, told, strict=True)
    ]


def missing(found: NoEvidence) -> Gap:
    """What could not be measured, and what would do."""
    remedy = f" {sentence(found.remedy)}" if found.remedy else ""
    return Gap(f"Not measured yet: {sentence(found.what)}{remedy}")
