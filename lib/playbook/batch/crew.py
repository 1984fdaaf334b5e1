"""Who runs the tasks of a batch on this machine: forked processes, else plain kernels."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from pathlib import Path

from playbook.batch.children import Children, Died, memory_here
from playbook.batch.execute import TIMEOUT, close_loop
from playbook.batch.task import Result, Task, record_failure, run_task
from playbook.errors import PlaybookError
from playbook.forkedkernel import CannotForkError
from playbook.workspace import Workspace

SHARE = 0.8
"""Of the machine's memory that all notebooks together may take."""
MEMORY = "PLAYBOOK_MEMORY"


class Crew:
    """Runs tasks, several at a time; nothing that happens to one of them reaches another.

    Parameters
    ----------
    looks
        Products whose files and table are looked at before their first task.
    jobs
        How many tasks run at once, for their share of the memory.
    seconds
        That one notebook may take.
    notice
        Told one line where processes cannot be forked.
    """

    def __init__(
        self,
        workspace: Workspace,
        looks: Collection[str] = (),
        jobs: int = 1,
        seconds: float = TIMEOUT,
        notice: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._workspace, self._looks, self._notice = workspace, looks, notice
        megabytes = int(SHARE * memory_here() / jobs)
        # Queries write to the disk long before the whole notebook has to be ended.
        environment = {MEMORY: os.environ.get(MEMORY, f"{megabytes // 2}MB")}
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
            error = f"{task.file.path.name}: {died}."
            result = Result(task, time.perf_counter() - began, error=error, fault="crash")
        if result.error:
            try:
                record_failure(self._workspace, result)
            except PlaybookError as fault_of_store:
                result = replace(result, error=f"{result.error} {fault_of_store}")
        return result

    def stop(self) -> None:
        """End whatever is at work."""
        self._children.stop()

    def _tried(self, task: Task) -> Result:
        try:
            return self._once(task)
        except Died as died:
            if not died.again:
                raise
            return self._once(task)

    def _once(self, task: Task) -> Result:
        if not self._cold:
            given = {"workspace": str(self._workspace.folder), "task": asdict(task)}
            try:
                found = self._children.call("playbook.batch.task:in_child", given)
                return Result(**{**found, "task": task})
            except CannotForkError as reason:
                self._go_without(str(reason))
        try:
            return run_task(self._workspace, task)
        finally:
            close_loop()

    def _look(self, slug: str) -> str:
        """What is wrong with the product, or nothing; found out once."""
        if slug not in self._looks:
            return ""
        with self._guard:
            lock = self._locks.setdefault(slug, threading.Lock())
        with lock:
            if slug not in self._looked:
                self._looked[slug] = self._look_at(slug)
            return self._looked[slug]

    def _look_at(self, slug: str) -> str:
        given = {"workspace": str(Path(self._workspace.folder)), "slug": slug}
        if not self._cold:
            try:
                return str(self._children.call("playbook.batch.task:look_in_child", given))
            except CannotForkError as reason:
                self._go_without(str(reason))
        from playbook.batch.task import look_in_child

        return look_in_child(given)

    def _go_without(self, reason: str) -> None:
        with self._guard:
            if not self._cold:
                self._notice(f"Every notebook starts a kernel of its own, slowly: {reason}.")
            self._cold = True
