"""Run one playbook for one product with papermill, and write its report and its record."""

from __future__ import annotations

import os
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playbook.batch.parameters import check_parameters
from playbook.catalog import PlaybookFile, playbooks
from playbook.errors import PlaybookError
from playbook.files import write_atomic
from playbook.session.record import MIME, Record
from playbook.workspace import Workspace

if TYPE_CHECKING:
    from nbformat import NotebookNode

TIMEOUT = 600
"""Seconds that one cell may take."""


@dataclass(frozen=True)
class Task:
    """One product in one playbook; `alongside` are the playbooks run with it."""

    slug: str
    playbook: PlaybookFile
    alongside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """How a task ended: with a record, or with one sentence about what went wrong.

    `fault` is ``input`` where the user can put it right, ``crash`` otherwise.
    """

    task: Task
    seconds: float
    record: Record | None = None
    error: str = ""
    fault: str = ""


def run_task(workspace: Workspace, task: Task) -> Result:
    """Execute, render and write one report; never raises for what goes wrong in the notebook."""
    began = time.perf_counter()
    try:
        notebook = execute(task.playbook.path, workspace, task.slug)
        record = record_of(notebook)
        _write(workspace, task, notebook, record)
    except PlaybookError as error:
        return Result(task, time.perf_counter() - began, error=str(error), fault="input")
    except Exception as error:
        sentence, fault = _explain(error, task)
        return Result(task, time.perf_counter() - began, error=sentence, fault=fault)
    return Result(task, time.perf_counter() - began, record=record)


def execute(path: Path, workspace: Workspace, slug: str) -> NotebookNode:
    """The notebook at `path`, executed by papermill in a fresh kernel."""
    import papermill
    from traitlets.config import Config

    parameters = {"product": slug, "workspace": str(workspace.folder)}
    with tempfile.TemporaryDirectory(prefix="playbook-") as scratch:
        # Sockets in a folder of this run's own: no port for others on the machine to connect to.
        private = {"transport": "ipc", "ip": str(Path(scratch) / "k")} if os.name == "posix" else {}
        try:
            return papermill.execute_notebook(
                str(path),
                str(Path(scratch) / path.name),
                check_parameters(path, parameters),
                kernel_name="python3",
                progress_bar=False,
                store_widget_state=False,
                execution_timeout=TIMEOUT,
                shutdown_kernel="immediate",
                config=Config({"KernelManager": private}),
            )
        finally:
            _close_loop()


def _close_loop() -> None:
    """Close the event loop that nbclient made for this thread and would leave open."""
    from jupyter_core.utils import ensure_event_loop

    loop = ensure_event_loop()
    if not loop.is_running():
        loop.close()


def record_of(notebook: NotebookNode) -> Record:
    """The record that the notebook's last cell left among its outputs."""
    for cell in reversed(notebook.cells):
        for output in cell.get("outputs", []):
            if MIME in output.get("data", {}):
                return Record.model_validate(output["data"][MIME])
    raise PlaybookError(
        "the notebook ended without a conclusion", remedy="Restore its last cell: book.conclude()"
    )


def header_of(workspace: Workspace, task: Task, record: Record) -> dict[str, Any]:
    """What a report says about itself above and beside its text."""
    product = workspace.product(task.slug)
    return {
        "product_name": product.name,
        "slug": product.slug,
        "playbook": task.playbook.name,
        "number": task.playbook.number,
        "title": task.playbook.title,
        "owner": product.owner,
        "stage": product.stage,
        "currency": product.currency,
        "cases": product.words.cases,
        "rows": record.data.rows if record.data else None,
        "revision": record.answers_revision,
        "answered": record.answered,
        "asked": record.asked,
        "as_of": record.answers_as_of.isoformat() if record.answers_as_of else None,
        "version": record.versions["playbook"],
        "fingerprint": record.data.fingerprint if record.data else None,
        "siblings": [
            {
                "slug": sibling.name,
                "title": sibling.title,
                "number": sibling.number,
                "href": f"{sibling.name}.html",
                "current": sibling.name == task.playbook.name,
            }
            for sibling in playbooks()
            if sibling.name in task.alongside
            or (workspace.reports / task.slug / f"{sibling.name}.html").is_file()
        ],
        "index_href": "../index.html",
    }


def _write(workspace: Workspace, task: Task, notebook: NotebookNode, record: Record) -> None:
    from playbook.report import render_report

    folder = workspace.reports / task.slug
    record_json = record.model_dump_json(indent=2)
    header = header_of(workspace, task, record)
    page = render_report(notebook, record.model_dump(mode="json"), header)
    write_atomic(folder / f"{task.playbook.name}.json", record_json + "\n")
    write_atomic(folder / f"{task.playbook.name}.html", page)


def _explain(error: Exception, task: Task) -> tuple[str, str]:
    """One sentence for whatever stopped a notebook, and whose fault it is."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    if isinstance(error, PapermillExecutionError):
        said = re.sub(r"\s+", " ", str(error.evalue)).strip()
        if error.ename in {"PlaybookError", "NoEvidence"}:
            return said, "input"
        where = f"{task.playbook.path.name}, cell {error.cell_index + 1}"
        return f"{where}: {error.ename}: {said[:300]}. Please report this fault.", "crash"
    if isinstance(error, CellTimeoutError):
        return f"{task.playbook.path.name}: a cell took more than {TIMEOUT} seconds.", "crash"
    if isinstance(error, DeadKernelError):
        return f"{task.playbook.path.name}: its kernel died, perhaps for want of memory.", "crash"
    name, said = type(error).__name__, re.sub(r"\s+", " ", str(error))[:300]
    return f"{task.playbook.path.name}: {name}: {said}. Please report this fault.", "crash"
