"""Tell an operator how far a batch is: a bar on a terminal, one quiet line a task elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from playbook.batch.execute import TIMEOUT
from playbook.batch.plan import Plan
from playbook.batch.run import Batch, Pool, run_batch
from playbook.batch.task import Result
from playbook.catalog import PlaybookFile
from playbook.checks.verdict import WORDS
from playbook.workspace import Workspace

_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeRemainingColumn(),
)


def run_with_progress(
    workspace: Workspace,
    slugs: Sequence[str],
    chosen: Sequence[PlaybookFile],
    jobs: int,
    *,
    force: bool = False,
    why: bool = False,
    seconds: float = TIMEOUT,
    megabytes: int | None = None,
    pool: Pool | None = None,
) -> Batch:
    """`run_batch`, with progress, time left and one line for each result.

    Parameters
    ----------
    why
        Say of every task why it runs, or that it stands.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(line: str) -> None:
        console.print(line, markup=False)

    with Progress(*_COLUMNS, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("Playbooks", total=len(slugs) * len(chosen))

        def planned(plan: Plan) -> None:
            progress.update(bar, total=len(plan.tasks))
            for line in reasons(plan) if why else ():
                say(line)

        def ended(result: Result) -> None:
            progress.update(bar, advance=1, description=result.task.slug)
            say(line_of(result))

        return run_batch(
            workspace, slugs, chosen, jobs, ended,
            force=force, seconds=seconds, megabytes=megabytes, on_plan=planned, notice=say,
            pool=pool,
        )  # fmt: skip


def reasons(plan: Plan) -> list[str]:
    """One line for each task: why it runs, or since when its report stands."""
    lines = [f"{task.slug}  {task.file.stem}  runs: {'; '.join(task.why)}"
             for task in plan.tasks]  # fmt: skip
    for task, run in plan.standing:
        when = f"{run.started:%Y-%m-%d %H:%M} UTC"
        lines.append(f"{task.slug}  {task.file.stem}  stands since {when}: nothing changed")
    return lines


def line_of(result: Result) -> str:
    """One line of log: product, playbook, verdict or error, seconds."""
    said = WORDS[result.verdict] if result.verdict else f"FAILED: {result.error}"
    where = f"{result.task.slug}  {result.task.file.stem}"
    return f"{where}  {said}  {result.seconds:.1f} s"
