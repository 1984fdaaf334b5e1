"""Execute one notebook with papermill, and write its report and its record."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from playbook.batch.parameters import check_parameters
from playbook.catalog import PlaybookFile
from playbook.errors import PlaybookError
from playbook.session.record import MIME, Record
from playbook.workspace import Workspace

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from playbook.evidence.display import Html
    from playbook.session.leaflet import Files

HERE = "playbook-here"
"""The name of the engine in `playbook.batch.engine`, which not everybody has to import."""
_UNSAID = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
"""What breaks a line, and what a terminal would obey."""
TIMEOUT = 900
"""Seconds that one notebook may take, or one of its cells where its kernel is a process apart."""


def execute(
    playbook: PlaybookFile, workspace: Workspace, slug: str, engine: str | None = None
) -> NotebookNode:
    """The playbook for one product, executed by papermill."""
    given = {"product": slug, "workspace": str(workspace.folder), **playbook.parameters}
    return run_notebook(playbook.path, given, engine)


def run_notebook(path: Path, given: Mapping[str, Any], engine: str | None = None) -> NotebookNode:
    """The notebook at `path` with parameters, executed by papermill.

    Parameters
    ----------
    engine
        A papermill engine's name; where none is given, a plain kernel is started for it.
    """
    import papermill

    parameters = check_parameters(path, given)
    kernel: AbstractContextManager[dict[str, Any]]
    kernel = nullcontext({}) if engine else _plain_kernel()
    with kernel as options:
        return papermill.execute_notebook(
            str(path),
            None,
            parameters,
            engine_name=engine,
            kernel_name="python3",
            progress_bar=False,
            store_widget_state=False,
            **options,
        )


@contextmanager
def _plain_kernel() -> Iterator[dict[str, Any]]:
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="playbook-") as scratch:
        # Sockets in a folder of this run's own: no port for others on the machine to connect to.
        private = {"transport": "ipc", "ip": str(Path(scratch, "k"))} if os.name == "posix" else {}
        try:
            yield {
                "execution_timeout": TIMEOUT,
                "shutdown_kernel": "immediate",
                "config": Config({"KernelManager": private}),
            }
        finally:
            close_loop()


def close_loop() -> None:
    """Close the event loop that nbclient made for this thread and would leave open."""
    from jupyter_core.utils import ensure_event_loop

    loop = ensure_event_loop()
    if not loop.is_running():
        loop.close()


def record_of(notebook: NotebookNode) -> Record:
    """The record that the notebook's conclusion left among its outputs, with the documents."""
    from playbook.report.outputs import recorded

    if (found := recorded(notebook, MIME)) is not None:
        documents = [
            {"name": d.name, "title": d.title, "files": list(d.files)}
            for d in documents_of(notebook)
        ]
        return Record.model_validate({**found, "documents": documents})
    raise PlaybookError(
        "the notebook ended without a conclusion", remedy="Restore its cell: book.conclude()"
    )


def documents_of(notebook: NotebookNode) -> list[Files]:
    """The documents that the notebook has shown, each once."""
    from playbook.report.outputs import all_recorded
    from playbook.session.leaflet import MIME as DOCUMENT
    from playbook.session.leaflet import Files

    shown = [Files.model_validate(found) for found in all_recorded(notebook, DOCUMENT)]
    return list({document.name: document for document in shown}.values())


def write_report(
    workspace: Workspace,
    slug: str,
    playbook: PlaybookFile,
    beside: Sequence[str],
    notebook: NotebookNode,
    record: Record,
    since: Html | None = None,
) -> None:
    """Render the report, and write it, its documents and its record, each whole or not at all."""
    from playbook.report import render_report

    place = workspace.reports_place
    header = header_of(workspace, slug, playbook, beside, record)
    page = render_report(notebook, record.model_dump(mode="json"), header, since=since)
    _write_documents(workspace, slug, notebook)
    place.write(f"{slug}/{playbook.name}.json", record.model_dump_json(indent=2) + "\n")
    place.write(f"{slug}/{playbook.name}.html", page)


def _write_documents(workspace: Workspace, slug: str, notebook: NotebookNode) -> None:
    taken = {"answers", *(playbook.name for playbook in workspace.playbooks())}
    for document in documents_of(notebook):
        if document.name in taken:
            raise PlaybookError(
                f"the document '{document.name}' would take the place of a report",
                remedy="Give the question set of that name another one",
            )
        for name, text in document.files.items():
            workspace.reports_place.write(f"{slug}/{name}", text)


def header_of(
    workspace: Workspace, slug: str, playbook: PlaybookFile, beside: Sequence[str], record: Record
) -> dict[str, Any]:
    """What a report says about itself above and beside its text."""
    product = workspace.product(slug)
    return {
        "product_name": product.name,
        "slug": product.slug,
        "playbook": playbook.name,
        "number": playbook.number,
        "title": playbook.title,
        "owner": product.owner,
        "stage": product.stage,
        "task": product.task,
        "currency": product.currency,
        "cases": product.counted,
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
                "current": sibling.name == playbook.name,
            }
            for sibling in workspace.playbooks()
            if sibling.name in beside
        ],
        "index_href": "../index.html",
    }


def explain(error: Exception, playbook: PlaybookFile) -> tuple[str, Literal["input", "crash"]]:
    """One sentence for whatever stopped a notebook, and whose fault it is."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    name = playbook.page
    if isinstance(error, PapermillExecutionError):
        said = _UNSAID.sub(" ", str(error.evalue)).strip()
        if error.ename in {"PlaybookError", "NoEvidence"}:
            return said, "input"
        where = f"{name}, cell {error.cell_index + 1}"
        return f"{where}: {error.ename}: {said[:300]}. Please report this fault.", "crash"
    if isinstance(error, CellTimeoutError):
        return f"{name}: a cell took more than {TIMEOUT} seconds.", "crash"
    if isinstance(error, DeadKernelError):
        return f"{name}: its kernel died, perhaps for want of memory.", "crash"
    kind, said = type(error).__name__, _UNSAID.sub(" ", str(error))[:300]
    return f"{name}: {kind}: {said}. Please report this fault.", "crash"
