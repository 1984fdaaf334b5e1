"""The smaller parts that an open playbook is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from playbook.catalog import HOME, PlaybookFile, home
from playbook.checks.case import CONTRADICTED
from playbook.checks.finding import Finding
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.display import Html, sentences
from playbook.questions import QuestionSet
from playbook.session.refresh import Refresher, told
from playbook.views.findings import mark_and_label

if TYPE_CHECKING:
    from playbook.forms.explorer import Explorer
    from playbook.session.book import Book

_SHOWN = ("summary", "table", "chart")
"""What a piece of evidence shows; `money.against_chart` is a chart as well."""


class Absent:
    """Stands in for evidence that cannot be computed yet: its summary says what is missing."""

    def __init__(self, missing: NoEvidence) -> None:
        self.missing = missing

    def summary(self) -> Html:
        """What is missing, and what to do about it."""
        remedy = f" {self.missing.remedy}." if self.missing.remedy else ""
        return sentences([f"Not measured yet: {self.missing.what}.{remedy}"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: Html.nothing()


class LiveEvidence:
    """Evidence before a browser: what it shows is drawn later, and again when answers change.

    Anything else of it (its estimates, say) is computed at once.
    """

    def __init__(self, book: Book, name: str) -> None:
        self._book, self._name = book, name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if not name.endswith(_SHOWN):
            return getattr(self._book._evidence(self._name), name)

        def shown(*args: Any, **kwargs: Any) -> Any:
            def build() -> Html:
                found: Html = getattr(self._book._evidence(self._name), name)(*args, **kwargs)
                return found

            return self._book.live(build)

        return shown


def live_explorer(book: Book, refresher: Refresher) -> Explorer:
    """The threshold explorer; it waits for its numbers, and for new ones when answers change."""
    from playbook.forms.explorer import Explorer
    from playbook.forms.view import WAITING

    explorer = Explorer({"waiting": WAITING.text}, WAITING)

    def fill() -> None:
        found = told(lambda: book._evidence("tradeoffs"))
        if isinstance(found, Absent | Html):
            said = found if isinstance(found, Html) else found.summary()
            explorer.show({"waiting": said.text}, said)
        else:
            explorer.show(found.payload(), found.table())

    refresher.also(fill)
    return explorer


def notes(questions: QuestionSet, findings: Sequence[Finding]) -> dict[str, list[dict[str, str]]]:
    """What each answer leads to, by question; nothing where it meets or is still open."""
    found: dict[str, list[dict[str, str]]] = {}
    for finding in findings:
        playbook, _, question = finding.id.removesuffix(CONTRADICTED).partition(".")
        known = any(q.id == question for q in questions.questions)
        if not known or playbook != questions.playbook or finding.outcome != "misses":
            continue
        mark, label = mark_and_label(finding)
        told = "The data say otherwise" if finding.id.endswith(CONTRADICTED) else label
        note = {"mark": mark, "label": told, "statement": finding.statement}
        found.setdefault(question, []).append(note)
    return found


def way_html(name: str, order: Sequence[PlaybookFile]) -> Markup:
    """Links to the home and to the playbooks before and after this one in their `order`."""
    place = next(i for i, playbook in enumerate(order) if playbook.name == name)
    links = [(f"../{home().path.name}", f"{HOME} All playbooks")]
    beside = [*order[max(0, place - 1) : place], *order[place + 1 : place + 2]]
    links += [(p.page, f"{p.number} {p.title}".strip()) for p in beside]
    made = [Markup('<a href="{}">{}</a>').format(*link) for link in links]
    return Markup('<nav class="way" aria-label="Playbooks">{}</nav>').format(
        Markup(" · ").join(made)
    )


def check_texts(**parameters: object) -> None:
    """Raise where one of a notebook's `parameters` is no text; papermill reads 007 as a number."""
    for what, given in parameters.items():
        if not isinstance(given, str):
            raise PlaybookError(
                f"the parameter '{what}' is {given!r}, which is not text",
                remedy=f"Give it in quotes, or with papermill's '-r {what} {given}'",
            )
