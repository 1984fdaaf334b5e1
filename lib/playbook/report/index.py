"""The index: every product's verdict in every playbook, on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from playbook.checks.verdict import WORDS, WORST_FIRST
from playbook.days import day
from playbook.evidence import words
from playbook.report.page import page_css
from playbook.views.findings import MARKS
from playbook.views.style import style_css
from playbook.views.templates import render

_MEANING = {
    "no_go": "a blocker stands; no value buys it off",
    "not_enough_evidence": "what could be a blocker is still open",
    "go_with_conditions": "may go once its conditions are met",
    "go": "every check meets the policy",
}


def render_index(
    products: Sequence[Mapping[str, Any]], generated: str, version: str, portfolio: str = ""
) -> str:
    """``index.html``: products by playbooks, each cell a verdict that links to its report.

    Parameters
    ----------
    products
        Each with ``slug`` and ``name``, and either ``error`` (one sentence: it could not run) or
        ``owner``, ``industry``, ``stage``, ``verdict`` and ``cells``; each cell with
        ``playbook``, ``number``, ``title``, ``error`` and, where there is a report, ``verdict``,
        ``href``, ``blockers``, ``conditions`` and ``documents``, each with ``title`` and ``href``.
    generated
        When, as ISO time.
    portfolio
        Where the portfolio is, if there is one.
    """
    columns = _columns(products)
    faults: list[dict[str, str]] = []
    rows = [_row(product, [name for name, _, _ in columns], faults) for product in products]
    return str(
        render(
            "index.html.j2",
            title="AI products: verdicts",
            version=version,
            css=Markup(style_css() + page_css()),
            columns=columns,
            rows=rows,
            faults=faults,
            summary=_summary(products),
            portfolio=portfolio,
            legend=[(MARKS[w], WORDS[w], _MEANING[w]) for w in WORST_FIRST],
            generated=day(datetime.fromisoformat(generated)),
        )
    )


def _columns(products: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Name, number and title of every playbook met: in the order a team walks them, then those
    without a number."""
    found = {
        (cell["number"], cell["playbook"], cell["title"])
        for product in products
        for cell in product.get("cells", [])
    }
    ordered = sorted(found, key=lambda column: (not column[0], *column))
    return [(name, number, title) for number, name, title in ordered]


def _row(
    product: Mapping[str, Any], columns: list[str], faults: list[dict[str, str]]
) -> dict[str, Any]:
    name = str(product["name"])
    given = product.get("cells", [])
    cells = {cell["playbook"]: _cell(cell, name, faults) for cell in given}
    judged = sum(bool(cell.get("verdict")) and not cell.get("error") for cell in given)
    stage = str(product.get("stage", "")).capitalize()
    about = [product.get("industry"), stage, product.get("owner")]
    return {
        "name": name,
        "about": " · ".join(str(part).strip() for part in about if part),
        "fault": _fault(product.get("error", ""), name, faults),
        "documents": [d for cell in given for d in cell.get("documents", [])],
        "overall": _verdict(product.get("verdict")),
        "basis": f"from {judged} of {len(columns)} playbooks" if judged < len(columns) else "",
        "cells": [cells.get(column) for column in columns],
    }


def _cell(cell: Mapping[str, Any], product: str, faults: list[dict[str, str]]) -> dict[str, Any]:
    counts = [
        words.plural(cell.get(many, 0), one, many)
        for one, many in (("blocker", "blockers"), ("condition", "conditions"))
        if cell.get(many, 0)
    ]
    return {
        "title": cell["title"],
        "verdict": _verdict(cell.get("verdict")),
        "href": cell.get("href", ""),
        "counts": counts,
        "fault": _fault(cell.get("error", ""), f"{product} · {cell['title']}", faults),
    }


def _fault(sentence: str, where: str, faults: list[dict[str, str]]) -> str:
    """Put what went wrong in the list below the matrix, and return where it stands there."""
    if not sentence:
        return ""
    faults.append({"id": f"fault-{len(faults) + 1}", "where": where, "sentence": sentence})
    return faults[-1]["id"]


def _verdict(word: Any) -> dict[str, str] | None:
    return {"mark": MARKS[word], "title": WORDS[word]} if word else None


def _summary(products: Sequence[Mapping[str, Any]]) -> str:
    """``2 products: 1 no-go, 1 go with conditions.``"""
    if not products:
        return "No product has been run yet."
    verdicts = [product.get("verdict") for product in products]
    parts = [f"{n} {WORDS[w].lower()}" for w in WORST_FIRST if (n := verdicts.count(w))]
    if failed := verdicts.count(None):
        parts.append(f"{failed} without a verdict")
    return f"{words.plural(len(products), 'product', 'products')}: {', '.join(parts)}."
