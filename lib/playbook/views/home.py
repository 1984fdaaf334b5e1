"""How one product stands: its playbooks with progress and verdict, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playbook.checks.verdict import WORDS, Word
from playbook.evidence import words
from playbook.evidence.display import Html
from playbook.views.findings import MARKS
from playbook.views.templates import render


@dataclass(frozen=True)
class Judged:
    """The verdict of one playbook, and how many findings make it."""

    word: Word
    blockers: int
    conditions: int
    undecided: int

    @property
    def counts(self) -> str:
        """``1 blocker, 3 conditions``, unbroken within; empty where there is neither."""
        told = [
            words.plural(n, one, f"{one}s")
            for n, one in ((self.blockers, "blocker"), (self.conditions, "condition"))
            if n
        ]
        if self.word == "not_enough_evidence":
            told.insert(0, words.plural(self.undecided, "possible blocker", "possible blockers"))
        return ", ".join(part.replace(" ", "\u00a0") for part in told)


@dataclass(frozen=True)
class Step:
    """One playbook of a product: questions asked, answered and not touched yet; its verdict.

    `judged` is None as long as it is being computed, or where `fault` says why there is none.
    """

    number: str
    title: str
    href: str
    asked: int
    answered: int
    open: int
    judged: Judged | None = None
    fault: str = ""

    @property
    def told(self) -> str:
        """``12 of 12 answered``."""
        return f"{words.count(self.answered)} of {words.count(self.asked)} answered"

    @property
    def share(self) -> str:
        """The part answered, as a style sheet writes it."""
        return f"{100 * self.answered / self.asked if self.asked else 100:.0f}%"


@dataclass(frozen=True)
class Report:
    """A report that has been made: the playbook's name and title, and the way to it, if any."""

    name: str
    title: str
    href: str


@dataclass(frozen=True)
class Standing:
    """How one product stands; `fault` is one sentence where its file or table cannot be read, and
    `lost` where its reports cannot be listed."""

    slug: str
    name: str
    about: str = ""
    steps: Sequence[Step] = ()
    reports: Sequence[Report] = ()
    fault: str = ""
    lost: str = ""

    @property
    def next(self) -> str:
        """What to do next, in one sentence."""
        for step in self.steps:
            if step.open:
                return (
                    f"Next: {step.title}, {words.plural(step.open, 'question', 'questions')} open."
                )
        for step in self.steps:
            if step.fault and not step.asked:
                return f"Next: put the questions of {step.title} right."
        if any(step.judged is None for step in self.steps):
            return "No question is left open." if self.steps else ""
        for word in ("no_go", "not_enough_evidence", "go_with_conditions"):
            for step in self.steps:
                if step.judged and step.judged.word == word:
                    return f"Next: {step.title}, {step.judged.counts}."
        return "No question is left open, and every check meets the policy."


def home_view(standing: Standing, live: bool = False) -> Html:
    """The product's name, one line per playbook, and what to do next.

    Parameters
    ----------
    live
        Whether a widget opens the reports, where a server does not serve their folder.
    """
    html = render("home.html.j2", p=standing, marks=MARKS, words=WORDS, live=live)
    lines = [standing.name, standing.about, standing.fault, standing.lost]
    for step in standing.steps:
        verdict = WORDS[step.judged.word] if step.judged else "no verdict yet"
        lines.append(f"{step.number} {step.title}: {step.told}, {verdict}".strip())
    return Html(html, "\n".join(filter(None, [*lines, standing.next])))


def products_view(rows: Sequence[tuple[str, str, str]]) -> Html:
    """All products where none can be chosen: name, stage and owner, and answers so far."""
    html = render("products.html.j2", rows=rows)
    return Html(html, "\n".join(" · ".join(row) for row in rows))
