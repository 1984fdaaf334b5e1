"""Run what has changed, over a pool; what fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from playbook.batch.crew import Crew
from playbook.batch.execute import TIMEOUT
from playbook.batch.index import index_stands, write_index, write_snapshot
from playbook.batch.plan import Plan, plan
from playbook.batch.task import Result, Task
from playbook.catalog import PlaybookFile
from playbook.errors import PlaybookError
from playbook.runs import Run
from playbook.workspace import Workspace


@dataclass
class Batch:
    """What a batch left behind.

    Attributes
    ----------
    results
        Of the tasks that ran, in the order in which they ended.
    standing
        Tasks that had nothing new to say, with the run that still stands.
    unusable
        Products that could not be run at all, and why.
    index
        Where the page with all verdicts is.
    """

    results: list[Result] = field(default_factory=list)
    standing: list[tuple[Task, Run]] = field(default_factory=list)
    unusable: dict[str, str] = field(default_factory=dict)
    index: str = ""

    @property
    def exit_status(self) -> int:
        """0 only when everything ran; 2 for faults of the input; 1 for anything else."""
        faults = {result.fault for result in self.results if result.fault}
        if "crash" in faults:
            return 1
        return 2 if faults or self.unusable else 0


Pool = Callable[[Plan], Generator[Result]]
"""Runs the tasks of a plan and gives each result as soon as it is there."""


def run_batch(
    workspace: Workspace,
    slugs: Sequence[str],
    chosen: Sequence[PlaybookFile],
    jobs: int = 2,
    on_result: Callable[[Result], None] = lambda result: None,
    *,
    force: bool = False,
    seconds: float = TIMEOUT,
    megabytes: int | None = None,
    on_plan: Callable[[Plan], None] = lambda plan: None,
    notice: Callable[[str], None] = lambda line: None,
    pool: Pool | None = None,
) -> Batch:
    """Run the chosen playbooks for the products where anything has changed, then write the index.

    Products with a fault in their files are left out, with the sentence that says why; nothing
    of an earlier run of theirs is touched.

    Parameters
    ----------
    force
        Run also what has not changed.
    seconds, megabytes
        That one notebook may take; of memory, by default, its share of most of the machine's.
    on_plan, on_result, notice
        Told what is going to run, how each task ended, and what an operator should know.
    pool
        Runs the tasks elsewhere; on this machine, `jobs` at a time, where it is not given.

    Raises
    ------
    PlaybookError
        The store or the place of the reports cannot be used at all.
    """
    place = workspace.reports_place
    made = plan(workspace, slugs, chosen, force)
    batch = Batch(standing=made.standing, index=place.where("index.html"))
    batch.unusable = {slug: str(fault) for slug, fault in made.unusable.items()}
    on_plan(made)
    if not made.tasks and not made.unusable and index_stands(workspace):
        return batch
    place.check()
    place.sweep()
    with closing(Crew(workspace, made.looks, jobs, seconds, megabytes, notice)) as crew:
        with closing(pool(made) if pool else _over_threads(crew, made.tasks, jobs)) as results:
            for result in results:
                if result.unusable:
                    batch.unusable[result.task.slug] = result.error
                else:
                    batch.results.append(result)
                    on_result(result)
        for slug in sorted({result.task.slug for result in batch.results}):
            _kept(partial(write_snapshot, workspace, slug), notice)
        _kept(crew.portfolio, notice)
    _kept(partial(write_index, workspace, batch.unusable), notice)
    return batch


def _over_threads(crew: Crew, tasks: Sequence[Task], jobs: int) -> Generator[Result]:
    """The results of the tasks, run by `crew`, as they come."""
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        waiting = [pool.submit(crew.run, task) for task in tasks]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:  # whoever stops listening stops the work
            if not all(one.done() for one in waiting):
                for one in waiting:
                    one.cancel()
                crew.close()


def _kept(write: Callable[[], object], notice: Callable[[str], None]) -> None:
    """Where this cannot be written, the reports are there all the same."""
    try:
        write()
    except PlaybookError as fault:
        notice(str(fault))
