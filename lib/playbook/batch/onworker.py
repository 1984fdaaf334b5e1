"""What the worker processes of a Dask cluster do for a batch; each has its own warm fork server."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from playbook.batch.children import MEGABYTE, Children, Died, memory_here
from playbook.batch.clusterfacts import facts
from playbook.batch.crew import SHARE, Crew
from playbook.batch.marks import library_mark
from playbook.batch.task import Result, Task
from playbook.errors import PlaybookError
from playbook.forkedkernel import CannotForkError
from playbook.workspace import Workspace

LOG = logging.getLogger("playbook")


@dataclass
class _Batch:
    """What a worker keeps for the tasks of one batch; `at_work` are that many of them."""

    workspace: Workspace
    crew: Crew
    looks: set[str]
    at_work: int = 0

    def close(self) -> None:
        self.crew.close()
        self.workspace.runs.close()


class _Refused(Exception):
    """This worker does not run the task; the text says why."""


_batches: dict[str, _Batch] = {}
_stopped: deque[str] = deque(maxlen=1000)
_guard = threading.Lock()


def run_there(given: dict[str, Any]) -> dict[str, Any]:
    """Run one task: plain values in, a `Result` without its task out.

    A batch that was stopped, or whose driver has another version of the library, is refused: then
    the only value is ``refused``, which says why.
    """
    task = Task(given["slug"], given["playbook"], given["batch"], tuple(given["beside"]))
    try:
        with _batch_of(given) as batch:
            if given["look"]:
                batch.looks.add(task.slug)
            result = _done_already(batch.workspace, task) or batch.crew.run(task)
    except (_Refused, PlaybookError) as why:
        return {"refused": str(why)}
    return {**asdict(result), "task": None}


def stop_there(name: str) -> None:
    """End what is at work for a batch, and run nothing more of it."""
    with _guard:
        _stopped.append(name)
        batch = _batches.pop(name, None)
    if batch:
        batch.close()


async def look_there(given: dict[str, Any]) -> dict[str, Any]:
    """What this worker sees (`clusterfacts.facts`), while it goes on with its tasks.

    Where `given` is ``deep``, a forked process looks, as one would run the tasks, and ``forks`` is
    the reason why none can be forked, or empty.
    """
    return await asyncio.to_thread(_look, given)


def _look(given: dict[str, Any]) -> dict[str, Any]:
    if not given["deep"]:
        return facts(given)
    children = Children(given["seconds"], int(SHARE * memory_here()))
    try:
        return {**children.call("playbook.batch.clusterfacts:facts", given), "forks": ""}
    except Died as died:
        return {**facts({**given, "deep": False}), "forks": str(died)}
    except CannotForkError as reason:
        return {**facts(given), "forks": str(reason)}


@contextmanager
def _batch_of(given: dict[str, Any]) -> Iterator[_Batch]:
    """The batch of a task, for as long as that is at work."""
    if given["library"] != library_mark():
        raise _Refused("it has another version of the library or of a package")
    with _guard:
        if given["batch"] in _stopped:
            raise _Refused("the batch was stopped")
        if given["batch"] not in _batches:
            # Nobody says goodbye for a driver that was killed.
            for name in [name for name, batch in _batches.items() if not batch.at_work]:
                _batches.pop(name).close()
            _batches[given["batch"]] = _new_batch(given)
        batch = _batches[given["batch"]]
        batch.at_work += 1
    try:
        yield batch
    finally:
        with _guard:
            batch.at_work -= 1


def _new_batch(given: dict[str, Any]) -> _Batch:
    from distributed import get_worker

    worker = get_worker()
    limit = worker.memory_manager.memory_limit or memory_here() * MEGABYTE
    share = int(SHARE * limit / MEGABYTE / worker.state.nthreads)
    workspace, looks = Workspace.open(given["workspace"]), set[str]()
    limits = given["limits"]
    crew = Crew(workspace, looks, 1, limits["seconds"], limits["megabytes"] or share, LOG.warning)
    return _Batch(workspace, crew, looks)


def _done_already(workspace: Workspace, task: Task) -> Result | None:
    """How the task ended on a worker that was lost before it could say so."""
    run = workspace.runs.done(task.slug, task.playbook)
    if run is None or run.batch != task.batch or run.record is None:
        return None
    return Result(task, run.seconds, run.record["verdict"])
