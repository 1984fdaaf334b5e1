"""Run all tasks over a small pool of kernels; what fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playbook import __version__
from playbook.batch.execute import Result, Task, run_task
from playbook.batch.preflight import product_faults
from playbook.catalog import PlaybookFile, playbooks
from playbook.checks.verdict import Word, overall
from playbook.errors import PlaybookError
from playbook.files import write_atomic
from playbook.session.record import Record
from playbook.workspace import Workspace


@dataclass
class Batch:
    """What a batch left behind: results by task, and products that could not be run at all."""

    results: list[Result] = field(default_factory=list)
    unusable: dict[str, PlaybookError] = field(default_factory=dict)
    index: Path | None = None

    @property
    def exit_status(self) -> int:
        """0 only when everything ran; 2 for faults of the input; 1 for anything else."""
        faults = {result.fault for result in self.results if result.fault}
        if "crash" in faults:
            return 1
        return 2 if faults or self.unusable else 0


def run_batch(
    workspace: Workspace,
    slugs: Sequence[str],
    chosen: Sequence[PlaybookFile],
    jobs: int = 2,
    on_result: Callable[[Result], None] = lambda result: None,
) -> Batch:
    """Run every chosen playbook for every product, then write the index.

    Products with a fault in their files are left out, with the sentence that says why; nothing
    of an earlier run of theirs is touched.
    """
    batch = Batch()
    for slug in slugs:
        if faults := product_faults(workspace, slug):
            batch.unusable[slug] = faults[0]
    names = tuple(playbook.name for playbook in chosen)
    usable = [slug for slug in slugs if slug not in batch.unusable]
    tasks = [Task(slug, playbook, names) for slug in usable for playbook in chosen]
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        waiting = [pool.submit(run_task, workspace, task) for task in tasks]
        for done in as_completed(waiting):
            batch.results.append(done.result())
            on_result(batch.results[-1])
    for slug in {task.slug for task in tasks}:
        write_snapshot(workspace, slug)
    if tasks:
        batch.index = write_index(workspace, batch)
    return batch


def write_snapshot(workspace: Workspace, slug: str) -> None:
    """Put the answers that the reports rest on beside them, as ``answers.yaml``."""
    from playbook.interchange import export_answers

    text = export_answers(
        workspace.product(slug),
        [workspace.questions(p.name) for p in playbooks()],
        workspace.answers(slug),
    )
    write_atomic(workspace.reports / slug / "answers.yaml", text)


def write_index(workspace: Workspace, batch: Batch) -> Path:
    """Write ``reports/index.html`` from the records that lie there, and this run's errors."""
    from playbook.report import render_index

    failed = {(r.task.slug, r.task.playbook.name): r.error for r in batch.results if r.error}
    rows = []
    for slug in workspace.slugs():
        if slug in batch.unusable:
            rows.append({"slug": slug, "name": slug, "error": str(batch.unusable[slug])})
            continue
        records = read_records(workspace, slug)
        if records or any(s == slug for s, _ in failed):
            rows.append(_index_row(workspace, slug, records, failed))
    path = workspace.reports / "index.html"
    when = datetime.now(UTC).isoformat(timespec="seconds")
    write_atomic(path, render_index(rows, when, __version__))
    return path


def read_records(workspace: Workspace, slug: str) -> dict[str, Record]:
    """The records of a product's last reports, by playbook; those of another version are left out
    and so count as not run."""
    found = {}
    for playbook in playbooks():
        path = workspace.reports / slug / f"{playbook.name}.json"
        if path.is_file() and (record := _readable(path)):
            found[playbook.name] = record
    return found


def _readable(path: Path) -> Record | None:
    try:
        return Record.model_validate_json(path.read_bytes())
    except ValueError:
        return None


def _index_row(
    workspace: Workspace,
    slug: str,
    records: dict[str, Record],
    failed: dict[tuple[str, str], str],
) -> dict[str, Any]:
    product = workspace.product(slug)
    verdicts: list[Word] = [record.verdict for record in records.values()]
    if len(records) < len(playbooks()):
        verdicts.append("not_enough_evidence")  # a playbook not run is evidence not seen
    cells = []
    for playbook in playbooks():
        cell: dict[str, Any] = {
            "playbook": playbook.name,
            "number": playbook.number,
            "title": playbook.title,
            "error": failed.get((slug, playbook.name), ""),
        }
        if record := records.get(playbook.name):
            severities = [f.severity for f in record.findings]
            cell |= {
                "verdict": record.verdict,
                "because": record.because,
                "href": f"{slug}/{playbook.name}.html",
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
        "verdict": overall(verdicts) if records else None,
        "cells": cells,
    }
