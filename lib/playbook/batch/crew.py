"""Who runs the tasks of a batch on this machine: forked processes, else plain kernels."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from typing import Any

from playbook.batch import task as functions
from playbook.batch.children import Children, Died, cores, memory_here
from playbook.batch.execute import HERE, TIMEOUT
from playbook.batch.task import Result, Task, record_failure
from playbook.errors import PlaybookError
from playbook.evidence.renderer import Renderer, start_renderer
from playbook.forkedkernel import CannotForkError
from playbook.workspace import Workspace

SHARE = 0.8
"""Of the machine's memory that all notebooks together may take."""
MEMORY = "PLAYBOOK_MEMORY"
THREADS = "OMP_NUM_THREADS"
"""How many threads OpenMP takes, which scikit-learn's trees grow with."""


class Crew:
    """Runs tasks, several at a time; nothing that happens to one of them reaches another.

    Parameters
    ----------
    looks
        Products whose files and table are looked at before their first task.
    jobs
        How many tasks run at once, for their share of the memory.
    seconds, megabytes
        That one notebook may take; of memory, by default, its share of most of the machine's.
    notice
        Told one line where processes cannot be forked.
    """

    def __init__(
        self,
        workspace: Workspace,
        looks: Collection[str] = (),
        jobs: int = 1,
        seconds: float = TIMEOUT,
        megabytes: int | None = None,
        notice: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._workspace, self._looks, self._notice = workspace, looks, notice
        megabytes = megabytes or int(SHARE * memory_here() / jobs)
        self._renderer: Renderer | None = None
        # Queries write to the disk long before the whole notebook has to be ended.
        environment = {MEMORY: os.environ.get(MEMORY, f"{megabytes // 2}MB")}
        # Threads of one notebook that wait for those of another cost a sixth of all work.
        environment[THREADS] = os.environ.get(THREADS, str(max(1, cores() // jobs)))
        self._children = Children(seconds, megabytes, environment)
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._looked: dict[str, str] = {}
        self._cold = False

    def run(self, task: Task) -> Result:
        """Run one task, however it ends; a process that died is tried once more."""
        began = time.perf_counter()
        try:
            if fault := self._look(task.slug):
                result = Result(task, 0.0, error=fault, fault="input", unusable=True)
            else:
                result = self._tried(task)
        except Died as died:
            error = f"{task.file.page}: {died}."
            result = Result(task, time.perf_counter() - began, error=error, fault="crash")
        # What was stopped has not failed: it is simply not done yet.
        if result.error and not self._children.stopped:
            try:
                record_failure(self._workspace, result)
            except PlaybookError as fault_of_store:
                result = replace(result, error=f"{result.error} {fault_of_store}")
        return result

    def portfolio(self) -> None:
        """Write the portfolio.

        Raises
        ------
        PlaybookError
            It cannot be computed or written.
        """
        try:
            self._called("portfolio_in_child", {"workspace": str(self._workspace.folder)})
        except Died as died:
            raise PlaybookError(f"the portfolio was not written: {died}") from None

    def close(self) -> None:
        """End whatever is at work."""
        self._children.stop()
        if self._renderer:
            self._renderer.close()

    def _tried(self, task: Task) -> Result:
        try:
            return self._once(task)
        except Died as died:
            if not died.again:
                raise
            return self._once(task)

    def _once(self, task: Task) -> Result:
        given = {"workspace": str(self._workspace.folder), "task": asdict(task)}
        return Result(**{**self._called("in_child", given), "task": task})

    def _called(self, function: str, given: dict[str, Any]) -> Any:
        """What a function of `playbook.batch.task` returns, called in a child or else here."""
        with self._guard:
            if self._renderer is None:
                self._renderer = start_renderer()
                self._children.environment.update(self._renderer.environment)
        if not self._cold:
            try:
                name = f"{functions.__name__}:{function}"
                return self._children.call(name, {**given, "engine": HERE})
            except CannotForkError as reason:
                self._go_without(str(reason))
        return getattr(functions, function)({**given, "engine": None})

    def _look(self, slug: str) -> str:
        """What is wrong with the product, or nothing; found out once."""
        if slug not in self._looks:
            return ""
        with self._guard:
            lock = self._locks.setdefault(slug, threading.Lock())
        with lock:
            if slug not in self._looked:
                given = {"workspace": str(self._workspace.folder), "slug": slug}
                self._looked[slug] = self._called("look_in_child", given)
            return self._looked[slug]

    def _go_without(self, reason: str) -> None:
        with self._guard:
            if not self._cold:
                self._notice(f"Every notebook starts a kernel of its own, slowly: {reason}.")
            self._cold = True
