"""Tell an operator how far a batch is: a bar on a terminal, one quiet line a task elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from playbook.batch.execute import Result
from playbook.batch.run import Batch, run_batch
from playbook.catalog import PlaybookFile
from playbook.checks.verdict import WORDS
from playbook.workspace import Workspace


def run_with_progress(
    workspace: Workspace, slugs: Sequence[str], chosen: Sequence[PlaybookFile], jobs: int
) -> Batch:
    """`run_batch`, with progress, time left and one line for each result."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("Playbooks", total=len(slugs) * len(chosen))

        def report(result: Result) -> None:
            progress.update(bar, advance=1, description=result.task.slug)
            console.print(line_of(result), markup=False)

        batch = run_batch(workspace, slugs, chosen, jobs, report)
        progress.update(bar, total=len(batch.results))
    return batch


def line_of(result: Result) -> str:
    """One line of log: product, playbook, verdict or error, seconds."""
    said = WORDS[result.record.verdict] if result.record else f"FAILED: {result.error}"
    where = f"{result.task.slug}  {result.task.playbook.path.stem}"
    return f"{where}  {said}  {result.seconds:.1f} s"
