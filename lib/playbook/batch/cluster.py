"""Run the tasks of a batch on an existing Dask cluster."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError
from contextlib import closing
from typing import TYPE_CHECKING, Any

from playbook.batch.clustercheck import require_agreement
from playbook.batch.clusterclient import PATIENCE, connected, gone_is_gone, lost
from playbook.batch.execute import TIMEOUT, explain
from playbook.batch.marks import library_mark
from playbook.batch.onworker import stop_there
from playbook.batch.plan import Plan
from playbook.batch.run import Pool
from playbook.batch.task import Result, Task, record_failure
from playbook.errors import PlaybookError
from playbook.workspace import Workspace

if TYPE_CHECKING:
    from distributed import Client, Future

PAUSE = 1.0
"""Seconds without a result after which the cluster is looked at."""


def on_cluster(
    workspace: Workspace,
    address: str,
    seconds: float = TIMEOUT,
    megabytes: int | None = None,
    patience: float = PATIENCE,
) -> Pool:
    """A pool that runs each task on a worker of the cluster with the scheduler at `address`.

    It makes sure first that the workers have the same versions and see the same workspace, store
    and reports. What a lost worker was at is done by another; a task that loses worker after
    worker has failed. Giving up the pool's generator ends what is at work.

    Parameters
    ----------
    seconds, megabytes
        That one notebook may take; of memory, by default, its share of most of the worker's.
    patience
        Seconds without a scheduler or without any worker after which the cluster is lost.

    Raises
    ------
    PlaybookError
        By the pool: there is no such scheduler, it has no workers, it or all of them are lost, or
        a worker does not fit.
    """

    def pool(plan: Plan) -> Generator[Result]:
        with connected(address, patience) as client:
            require_agreement(client, workspace, patience)
            limits = {"seconds": seconds, "megabytes": megabytes}
            with closing(_Work(client, workspace, plan, limits, patience)) as work:
                yield from work.results()

    return pool


class _Work:
    """The tasks of a plan as submitted to a cluster."""

    def __init__(
        self,
        client: Client,
        workspace: Workspace,
        plan: Plan,
        limits: dict[str, Any],
        patience: float,
    ) -> None:
        self._client, self._workspace, self._plan = client, workspace, plan
        self._patience, self._lonely_since = patience, 0.0
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        common = {
            "workspace": str(workspace.folder),
            "batch": plan.batch,
            "limits": limits,
            "library": library_mark(),
        }
        given = [
            {
                **common,
                "slug": task.slug,
                "playbook": task.playbook,
                "beside": list(task.beside),
                "look": task.slug in plan.looks,
            }
            for task in plan.tasks
        ]
        # Of one group, so that the scheduler keeps them in one queue: a worker that is lost takes
        # only what it was at with it.
        keys = [(f"playbooks-{plan.batch}", f"{t.slug}-{t.playbook}") for t in plan.tasks]
        futures = client.map(_portable(), given, key=keys, pure=False)
        self._waiting = dict(zip(futures, plan.tasks, strict=True))
        for future in futures:
            future.add_done_callback(self._ended.put)

    def results(self) -> Generator[Result]:
        """Each as soon as it is there."""
        while self._waiting:
            try:
                future = self._ended.get(timeout=PAUSE)
            except queue.Empty:
                self._look_at_cluster()
                continue
            result = self._result_of(future)
            if result is not None:
                del self._waiting[future]
                yield result

    def close(self) -> None:
        """Cancel what waits, end what is at work."""
        with gone_is_gone():
            self._ask(self._client.cancel, list(self._waiting))
            self._ask(self._client.run, stop_there, self._plan.batch)

    def _ask(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """What a method of the client returns, unless it takes too long."""
        return self._client.sync(method, *arguments, callback_timeout=self._patience)

    def _result_of(self, future: Future) -> Result | None:
        """How a task ended; None where its worker was lost together with the result."""
        task = self._waiting[future]
        if future.status == "error":
            return self._failed(task, future.exception(timeout=self._patience))
        try:
            found = future.result(timeout=self._patience)
        except CancelledError:
            raise lost() from None
        except TimeoutError:
            future.add_done_callback(self._ended.put)
            self._look_at_cluster()
            return None
        if "refused" in found:
            raise _misfit(found["refused"])
        return Result(**{**found, "task": task})

    def _failed(self, task: Task, error: Exception) -> Result:
        """Where not the notebook failed but what was to run it."""
        from distributed import KilledWorker

        if isinstance(error, ImportError):
            raise _misfit(f"it cannot import what it needs ({error.name})")
        if "deserialization of the task graph" in str(error):
            raise PlaybookError(
                "the Dask scheduler does not understand this machine",
                remedy="Run it with the versions of Python, dask and distributed that are here",
            )
        said, _ = explain(error, task.file)
        if isinstance(error, KilledWorker):
            said = f"{task.file.page}: each worker that ran it was lost."
        result = Result(task, 0.0, error=said, fault="crash")
        record_failure(self._workspace, result)
        return result

    def _look_at_cluster(self) -> None:
        """Raise where there is none any more, or none that works, for longer than our patience."""
        try:
            workers = self._ask(self._client.nthreads)
        except (OSError, RuntimeError, AttributeError):
            raise lost() from None
        if workers:
            self._lonely_since = 0.0
            return
        self._lonely_since = self._lonely_since or time.monotonic()
        if time.monotonic() - self._lonely_since > self._patience:
            raise PlaybookError(
                "the cluster has lost all its workers",
                remedy="Start some: what was done is kept, and the same command goes on from there",
            )


def _portable() -> Callable[[dict[str, Any]], dict[str, Any]]:
    # A local function travels whole: a scheduler need not have this library to pass it on.
    def run_playbook(given: dict[str, Any]) -> dict[str, Any]:
        from playbook.batch.onworker import run_there

        return run_there(given)

    return run_playbook


def _misfit(why: str) -> PlaybookError:
    return PlaybookError(
        f"a worker of the cluster cannot be used: {why}",
        remedy="See which one and why: playbook cluster-check ADDRESS",
    )
