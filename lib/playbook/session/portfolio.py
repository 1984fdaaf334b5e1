"""All products at once: the object that the cells of the portfolio notebook talk to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from playbook.checks.portfolio import gather, newest_batch
from playbook.checks.portfoliofacts import Column, Portfolio
from playbook.evidence.display import Html, sentences
from playbook.forms.host import is_live
from playbook.runs import Run
from playbook.session.parts import check_texts
from playbook.views.portfolioduties import duties_view
from playbook.views.portfolioopen import (
    blockers_view,
    changes_view,
    conditions_view,
    missing_view,
)
from playbook.views.portfolioparts import portfolio_style
from playbook.views.portfolioruns import faults_view, freshness_view
from playbook.views.portfoliovalue import value_charts, value_table
from playbook.views.portfolioverdicts import NOTHING, matrix_view, summary_view
from playbook.workspace import Workspace

MIME = "application/vnd.playbook.portfolio+json"


class Recorded:
    """Shows nothing, and carries the portfolio for machines."""

    def __init__(self, facts: Portfolio) -> None:
        self.facts = facts

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": "", MIME: self.facts.model_dump(mode="json")}


class Overview:
    """The products of a workspace side by side.

    Each method shows one part, and nothing as long as no playbook has been run.

    Attributes
    ----------
    facts
        Everything that is shown, as one document.
    """

    def __init__(self, facts: Portfolio, links: bool = True) -> None:
        self.facts = facts
        self._links = links

    def summary(self) -> Html:
        """What it comes to, in a handful of sentences."""
        shown = summary_view(self.facts) if self._any else sentences([NOTHING])
        return Html(portfolio_style() + shown.html, shown.text)

    def verdicts(self) -> Html:
        """Products by playbooks, with the way to each report."""
        return self._part(lambda facts: matrix_view(facts, self._links))

    def value_charts(self) -> Html:
        """What is at stake in money, against risk tier and blockers."""
        return self._part(value_charts)

    def value_table(self) -> Html:
        """The same in numbers."""
        return self._part(value_table)

    def blockers(self) -> Html:
        """Every blocker, those that several products share first."""
        return self._part(blockers_view)

    def conditions(self) -> Html:
        """Conditions that several products miss."""
        return self._part(conditions_view)

    def obligations(self) -> Html:
        """What the law asks from when, as far as answers lead to it."""
        return self._part(duties_view)

    def missing(self) -> Html:
        """What is not enough evidence, and what would be."""
        return self._part(missing_view)

    def changes(self) -> Html:
        """What moved in the last run."""
        return self._part(changes_view)

    def faults(self) -> Html:
        """What could not be run."""
        return self._part(faults_view)

    def freshness(self) -> Html:
        """How old the reports are."""
        return self._part(freshness_view)

    def record(self) -> Recorded:
        """The whole for machines."""
        return Recorded(self.facts)

    @property
    def _any(self) -> bool:
        return bool(self.facts.products)

    def _part(self, view: Callable[[Portfolio], Html]) -> Html:
        return view(self.facts) if self._any else Html.nothing()


def open_portfolio(workspace: str = "", today: date | None = None) -> Overview:
    """Open the portfolio of a workspace, from its run records alone.

    Parameters
    ----------
    workspace
        The workspace's folder; empty for ``PLAYBOOK_WORKSPACE``, or ``./workspace``.
    today
        The day from which days left are counted.

    Raises
    ------
    PlaybookError
        There is no workspace, or its database cannot be read.
    """
    check_texts(workspace=workspace)
    place = Workspace.open(workspace)
    # Before a browser the reports' folder is not served beside the notebook.
    return Overview(gathered(place, place.runs.standing(), today), links=not is_live())


def gathered(workspace: Workspace, standing: list[Run], today: date | None = None) -> Portfolio:
    """What the run records of `workspace` say together."""
    columns = [Column(name=p.name, number=p.number, title=p.title) for p in workspace.playbooks()]
    newest = list(workspace.runs.newest().values())
    first = min((run.number or 0 for run in newest_batch(newest)), default=0)
    earlier = workspace.runs.standing(before=first) if first > 1 else []
    today = today or datetime.now(UTC).date()
    return gather(standing, newest, earlier, columns, workspace.slugs(), today)
