"""The portfolio as three files: a page to read, JSON for machines, sheets to work on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from playbook import __version__
from playbook.catalog import portfolio
from playbook.checks.portfoliofacts import Portfolio
from playbook.days import day
from playbook.errors import PlaybookError
from playbook.evidence import words
from playbook.report.markdown import blocks
from playbook.report.outputs import recorded, shown
from playbook.report.page import page_css
from playbook.report.portfoliosheets import sheets
from playbook.session.portfolio import MIME
from playbook.views.portfolioparts import portfolio_css, portfolio_style
from playbook.views.style import style_css
from playbook.views.templates import render
from playbook.workspace import Workspace

if TYPE_CHECKING:
    from nbformat import NotebookNode

_SILENT = {"parameters", "injected-parameters", "setup", "live"}
Execute = Callable[[Path, dict[str, str]], "NotebookNode"]


def write_portfolio(workspace: Workspace, execute: Execute | None = None) -> list[str]:
    """Write ``portfolio.html``, ``.json`` and ``.xlsx`` to the workspace's reports.

    Parameters
    ----------
    execute
        Executes the notebook at a path with parameters; by default papermill in a fresh kernel.

    Returns
    -------
    list of str
        The names of the files, the page first.

    Raises
    ------
    PlaybookError
        The notebook failed, or a file cannot be written.
    """
    notebook = (execute or _papermill)(portfolio().path, {"workspace": str(workspace.folder)})
    facts = facts_of(notebook)
    place = workspace.reports_place
    contents: dict[str, str | bytes] = {
        "portfolio.html": render_portfolio(notebook, facts),
        "portfolio.json": facts.model_dump_json(indent=1) + "\n",
        "portfolio.xlsx": sheets(facts, workspace.runs.standing()),
    }
    for name, content in contents.items():
        place.write(name, content)
    return list(contents)


def _papermill(path: Path, parameters: dict[str, str]) -> NotebookNode:
    from playbook.batch.execute import run_notebook

    return run_notebook(path, parameters)


def facts_of(notebook: NotebookNode) -> Portfolio:
    """The document that the notebook's last cell left among its outputs."""
    if (found := recorded(notebook, MIME)) is not None:
        return Portfolio.model_validate(found)
    raise PlaybookError(
        "the portfolio ended without its record", remedy="Restore its last cell: portfolio.record()"
    )


def render_portfolio(notebook: NotebookNode, facts: Portfolio) -> str:
    """One self-contained page from the executed notebook; parts that show nothing are left out."""
    opening, sections = _sections(notebook)
    many = {"what-could-not-be-run": sum(bool(c.error) for p in facts.products for c in p.cells)}
    return str(
        render(
            "portfolio.html.j2",
            title="AI products: portfolio",
            version=__version__,
            css=Markup(style_css() + page_css() + portfolio_css()),
            meta=_meta(facts),
            opening=opening,
            sections=[{**s, "many": many.get(s["id"], 0)} for s in sections],
        )
    )


def _sections(notebook: NotebookNode) -> tuple[Markup, list[dict[str, Any]]]:
    """What stands before the first heading, and the headings below which a cell shows something."""
    opening = Markup("")
    sections: list[dict[str, Any]] = []
    for cell in notebook.cells:
        if set(cell.get("metadata", {}).get("tags", [])) & _SILENT:
            continue
        if cell.cell_type == "code":
            output = Markup(shown(cell, {}).replace(portfolio_style(), ""))
            if not sections:
                opening += output
            elif output.strip():
                sections[-1] |= {"body": sections[-1]["body"] + output, "shows": True}
            continue
        for block in blocks(cell.source, {}):
            if block.level == 2:
                name = re.sub(r"[^a-z0-9]+", "-", block.html.striptags().lower()).strip("-")
                sections.append(
                    {"id": name, "title": block.html, "body": Markup(""), "shows": False}
                )
            elif sections:
                sections[-1]["body"] += block.html
    return opening, [section for section in sections if section["shows"]]


def _meta(facts: Portfolio) -> str:
    if facts.newest is None:
        return f"State of {day(facts.today)}"
    reports = sum(cell.ran is not None for product in facts.products for cell in product.cells)
    parts = [
        f"State of {day(facts.today)}",
        words.plural(len(facts.products), "product", "products"),
        words.plural(reports, "report", "reports"),
    ]
    newest = f"newest run {day(facts.newest)}"
    return " · ".join(parts if facts.newest.date() == facts.today else [*parts, newest])
