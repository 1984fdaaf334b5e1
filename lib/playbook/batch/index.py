"""What a batch writes beside the reports: the answers they rest on, a page with all verdicts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from playbook import __version__
from playbook.batch.marks import digest
from playbook.checks.portfolio import SCHEMA
from playbook.checks.verdict import Word, overall
from playbook.errors import PlaybookError
from playbook.places import NoSuchFile
from playbook.runs import Run
from playbook.workspace import Workspace

PORTFOLIO = "portfolio.html"


def write_snapshot(workspace: Workspace, slug: str) -> None:
    """Put the answers that the reports rest on beside them, as ``answers.yaml``."""
    from playbook.interchange import export_answers

    product = workspace.product(slug)
    sets = workspace.readable_sets(product.kind)
    text = export_answers(product, sets, workspace.answers(slug))
    workspace.reports_place.write(f"{slug}/answers.yaml", text)


def write_index(workspace: Workspace, unusable: Mapping[str, str]) -> None:
    """Write ``index.html`` from the run records: verdicts that stand, and what failed last."""
    from playbook.report import render_index

    place = workspace.reports_place
    there = place.times()
    records: dict[str, dict[str, Mapping[str, Any]]] = {}
    for run in workspace.runs.standing():
        if run.record and run.record.get("schema_version") == SCHEMA:
            records.setdefault(run.product, {})[run.playbook] = run.record
    newest = workspace.runs.newest()
    rows: list[dict[str, Any]] = []
    for slug in workspace.slugs():
        if slug not in unusable and not any(product == slug for product, _ in newest):
            continue
        try:
            if slug in unusable:
                rows.append({"slug": slug, "name": slug, "error": unusable[slug]})
            else:
                rows.append(_row(workspace, slug, records.get(slug, {}), newest, there))
        except PlaybookError as fault:  # of a product that this batch did not look at
            rows.append({"slug": slug, "name": slug, "error": str(fault)})
    when = datetime.now(UTC).isoformat(timespec="seconds")
    portfolio = PORTFOLIO if PORTFOLIO in there else ""
    told = {row["slug"]: row["error"] for row in rows if "error" in row}
    page = render_index(rows, when, __version__, portfolio)
    place.write("index.html", f"{page.rstrip()}\n{_mark(newest, told)}\n")


def index_stands(workspace: Workspace) -> bool:
    """Whether the page was written after the newest run, by a batch that got to its end."""
    try:
        page = workspace.reports_place.read("index.html").decode()
    except NoSuchFile:
        return False
    return page.rstrip().endswith(_mark(workspace.runs.newest(), {}))


def _mark(newest: Mapping[tuple[str, str], Run], told: Mapping[str, str]) -> str:
    last = max((run.number or 0 for run in newest.values()), default=0)
    return f"<!-- {digest([last, dict(told)])} -->"


def _row(
    workspace: Workspace,
    slug: str,
    records: Mapping[str, Mapping[str, Any]],
    newest: Mapping[tuple[str, str], Run],
    there: Collection[str],
) -> dict[str, Any]:
    product = workspace.product(slug)
    playbooks = workspace.playbooks()
    known = {playbook.name for playbook in playbooks}
    verdicts: list[Word] = [r["verdict"] for name, r in records.items() if name in known]
    cells = []
    for playbook in playbooks:
        last = newest.get((slug, playbook.name))
        href = f"{slug}/{playbook.name}.html"
        cell: dict[str, Any] = {
            "playbook": playbook.name,
            "number": playbook.number,
            "title": playbook.title,
            "error": last.error if last and last.outcome == "failed" else "",
        }
        if record := records.get(playbook.name):
            severities = [finding["severity"] for finding in record["findings"]]
            cell |= {
                "verdict": record["verdict"],
                "because": record["because"],
                "href": href if href in there else "",
                "documents": _documents(slug, record, there),
                "blockers": severities.count("blocker"),
                "conditions": severities.count("condition"),
            }
        cells.append(cell)
    return {
        "slug": slug,
        "name": product.name,
        "description": product.description,
        "owner": product.owner,
        "industry": product.industry,
        "stage": product.stage,
        "verdict": overall(verdicts, len(playbooks)) if verdicts else None,
        "cells": cells,
    }


def _documents(
    slug: str, record: Mapping[str, Any], there: Collection[str]
) -> list[dict[str, str]]:
    """Title of each document that a run has left, and the way to its page."""
    made = [(d["title"], f"{slug}/{d['files'][0]}") for d in record.get("documents", [])]
    return [{"title": title, "href": href} for title, href in made if href in there]
