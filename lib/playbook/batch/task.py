"""One product in one playbook: what to run, how it ended, and the running itself."""

from __future__ import annotations

import socket
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from playbook.batch.runkey import inputs_of, key_of
from playbook.batch.state import Shared, State
from playbook.catalog import PlaybookFile, own_playbook, playbooks, title_of
from playbook.checks.verdict import Word
from playbook.errors import PlaybookError
from playbook.reads import EVERYTHING
from playbook.runs import Run
from playbook.workspace import Workspace

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from playbook.evidence.display import Html
    from playbook.session.record import Record


Fault = Literal["", "input", "crash"]


@dataclass(frozen=True)
class Task:
    """One product in one playbook, as part of one batch.

    Attributes
    ----------
    beside
        Names of the playbooks whose reports it links to.
    why
        What has changed since its last run.
    """

    slug: str
    playbook: str
    batch: str = ""
    beside: tuple[str, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def file(self) -> PlaybookFile:
        """The notebook; a set of the workspace's own is called like its file here."""
        ours = next((p for p in playbooks() if p.name == self.playbook), None)
        return ours or own_playbook(self.playbook, title_of(self.playbook))


@dataclass(frozen=True)
class Result:
    """How a task ended: with a verdict, or with one sentence about what went wrong.

    `fault` is ``input`` where the user can put it right, ``crash`` otherwise; `unusable` says that
    the product's own files are at fault, and so no playbook of it was run.
    """

    task: Task
    seconds: float
    verdict: Word | None = None
    error: str = ""
    fault: Fault = ""
    unusable: bool = False


def run_task(workspace: Workspace, task: Task, engine: str | None = None) -> Result:
    """Execute, render, write and record one report; whatever goes wrong becomes one sentence."""
    from playbook.batch.execute import explain

    began, started = time.perf_counter(), datetime.now(UTC)
    try:
        verdict = _run(workspace, task, engine, started)
    except PlaybookError as error:
        return Result(task, time.perf_counter() - began, error=str(error), fault="input")
    except Exception as error:
        sentence, fault = explain(error, task.file)
        return Result(task, time.perf_counter() - began, error=sentence, fault=fault)
    return Result(task, time.perf_counter() - began, verdict)


def in_child(argument: dict[str, Any]) -> dict[str, Any]:
    """`run_task`, with plain values in and out."""
    given = argument["task"]
    task = Task(**{**given, "beside": tuple(given["beside"]), "why": tuple(given["why"])})
    result = run_task(Workspace.open(argument["workspace"]), task, argument["engine"])
    return {**asdict(result), "task": None}


def look_in_child(argument: dict[str, Any]) -> str:
    """What is wrong with a product's files and table, or nothing."""
    from playbook.batch.preflight import product_faults

    faults = product_faults(Workspace.open(argument["workspace"]), argument["slug"])
    return str(faults[0]) if faults else ""


def portfolio_in_child(argument: dict[str, Any]) -> list[str]:
    """Execute the portfolio's notebook, and write its files; their names."""
    from playbook.batch.execute import run_notebook
    from playbook.report.portfolio import write_portfolio

    def execute(path: Path, given: dict[str, str]) -> NotebookNode:
        return run_notebook(path, given, argument["engine"])

    return write_portfolio(Workspace.open(argument["workspace"]), execute)


def record_failure(workspace: Workspace, result: Result) -> None:
    """Note in the store that a task failed, and why."""
    task = result.task
    started = datetime.fromtimestamp(time.time() - result.seconds, UTC)
    workspace.runs.append(
        Run(
            task.slug, task.playbook, task.batch, "failed", "", {},
            started, result.seconds, socket.gethostname(), result.error, result.fault,
        )
    )  # fmt: skip


def _run(workspace: Workspace, task: Task, engine: str | None, started: datetime) -> Word:
    from playbook.batch.execute import execute, record_of, write_report

    began = time.perf_counter()
    playbook = workspace.find_playbook(task.playbook)
    state = State(Shared(workspace), task.slug).look(playbook)
    before = workspace.runs.done(task.slug, task.playbook)
    notebook = execute(playbook, workspace, task.slug, engine)
    record = record_of(notebook)
    told = {record.data.table: record.data.fingerprint} if record.data else {}
    inputs = inputs_of(
        state, playbook, record.read, task.beside, before.inputs if before else {}, told
    )
    write_report(workspace, task.slug, playbook, task.beside, notebook, record,
                 since=_since(workspace, before, record))  # fmt: skip
    workspace.runs.append(
        Run(
            task.slug, task.playbook, task.batch, "done", key_of(inputs), inputs | _left(record),
            started, time.perf_counter() - began, socket.gethostname(),
            record=record.model_dump(mode="json"),
        )
    )  # fmt: skip
    return record.verdict


def _left(record: Record) -> dict[str, list[str]]:
    """Beside the inputs: names of the documents, which have to be there as the report has to."""
    return {"documents": [name for d in record.documents for name in d.files]}


def _since(workspace: Workspace, before: Run | None, record: Record) -> Html | None:
    """What moved since the run before, where there was one."""
    if before is None or before.record is None:
        return None
    from playbook.checks.since import compare
    from playbook.session.changes import answer_changes
    from playbook.views.since import since_view

    was, now = before.record["answers_revision"], record.answers_revision
    read = {f"{record.playbook}." if key == EVERYTHING else key for key in record.read.answers}
    sets = {key.partition(".")[0] for key in read} if was != now else set()
    product = workspace.product(record.product)
    changed = answer_changes(
        workspace.store, record.product, was, now,
        [asked for asked in workspace.readable_sets(product.kind) if asked.playbook in sets],
        product.currency,
        workspace.triage,
    )  # fmt: skip
    everything = EVERYTHING in record.read.answers
    said = [change for change in changed if everything or change.key in read]
    now_said = record.model_dump(mode="json")
    return since_view(compare(before.record, now_said, said, when=before.started))
