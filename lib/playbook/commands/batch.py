"""Commands that run playbooks and leave reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from playbook.commands.base import WorkspaceOption, app, complain, say
from playbook.errors import PlaybookError

if TYPE_CHECKING:
    from playbook.catalog import PlaybookFile
    from playbook.workspace import Workspace

JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs", min=1, help="Notebooks run at the same time (default: one for each core)."
    ),
]
PlaybookOption = Annotated[
    list[str] | None,
    typer.Option("--playbook", help="Only this playbook, by name or number; may be repeated."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Run also what has not changed.")]
WhyOption = Annotated[
    bool, typer.Option("--why", help="Say of each report what has changed, or that it stands.")
]
TimeoutOption = Annotated[
    int, typer.Option("--timeout", min=1, help="Seconds that one notebook may take.")
]
MemoryOption = Annotated[
    int | None,
    typer.Option(
        "--memory",
        min=100,
        show_default=False,
        help="Megabytes that one notebook may take (default: its share of this machine's).",
    ),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        help="Run on the Dask cluster with this scheduler, such as tcp://host:8786.",
        show_default=False,
    ),
]


@app.command()
def demo(workspace: WorkspaceOption = None, jobs: JobsOption = None) -> None:
    """Make a workspace with the example products, run every playbook, say where reports are."""
    from playbook.session.create import add_example, examples
    from playbook.workspace import Workspace

    place = Workspace.create(workspace)
    for example in examples():
        if add_example(place, example):
            say(f"Added the example '{example}'.")
    _run(place, examples(), place.playbooks(), jobs)


@app.command()
def run(
    products: Annotated[
        list[str] | None, typer.Argument(help="Short names; all products where none is given.")
    ] = None,
    playbook: PlaybookOption = None,
    jobs: JobsOption = None,
    force: ForceOption = False,
    why: WhyOption = False,
    timeout: TimeoutOption = 900,
    memory: MemoryOption = None,
    scheduler: SchedulerOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Run playbooks where anything has changed, and write their reports.

    Exit status 0 only when all ran; 2 for faults of the input, 1 for anything else.
    """
    from playbook.workspace import Workspace

    place = Workspace.open(workspace)
    chosen = [place.find_playbook(word) for word in playbook] if playbook else place.playbooks()
    slugs = list(dict.fromkeys(products or place.slugs()))
    for slug in slugs:
        place.product(slug) if slug not in place.slugs() else None
    if not slugs:
        raise PlaybookError(
            "there is no product yet", where=str(place.folder), remedy="Make one: playbook new SLUG"
        )
    _run(
        place,
        slugs,
        chosen,
        jobs,
        force=force,
        why=why,
        seconds=timeout,
        megabytes=memory,
        scheduler=scheduler,
    )


@app.command()
def schedule(
    at: Annotated[str, typer.Option(help="The time of day, HH:MM.")] = "02:30",
    jobs: JobsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Print a crontab line and a systemd timer that run this workspace every night."""
    from playbook.batch.children import cores
    from playbook.batch.schedule import schedule_text
    from playbook.workspace import Workspace

    say(schedule_text(Workspace.open(workspace), at, jobs or cores()).rstrip())


@app.command(name="cluster-check")
def cluster_check(
    address: Annotated[str, typer.Argument(help="The scheduler, such as tcp://host:8786.")],
    timeout: Annotated[
        int, typer.Option("--timeout", min=1, help="Seconds that a worker may look.")
    ] = 120,
    workspace: WorkspaceOption = None,
) -> None:
    """Say whether the workers of a Dask cluster can run the playbooks of this workspace.

    Exit status 0 only when all can. Leaves the file cluster-check.txt among the reports.
    """
    from playbook.batch.clustercheck import check_cluster
    from playbook.workspace import Workspace

    checked = check_cluster(Workspace.open(workspace), address, timeout)
    say(checked.summary)
    for well, line in checked.lines():
        (say if well else complain)(line)
    if checked.faults:
        raise typer.Exit(2)


def _run(
    place: Workspace,
    slugs: list[str],
    chosen: list[PlaybookFile],
    jobs: int | None,
    *,
    force: bool = False,
    why: bool = False,
    seconds: float = 900,
    megabytes: int | None = None,
    scheduler: str | None = None,
) -> None:
    from playbook.batch.children import cores
    from playbook.batch.progress import run_with_progress

    pool = None
    if scheduler:
        from playbook.batch.cluster import on_cluster

        pool = on_cluster(place, scheduler, seconds, megabytes)
    try:
        batch = run_with_progress(
            place, slugs, chosen, jobs or cores(),
            force=force, why=why, seconds=seconds, megabytes=megabytes, pool=pool,
        )  # fmt: skip
    except KeyboardInterrupt:
        complain("Stopped. What was done is kept: the same command goes on from here.")
        raise typer.Exit(130) from None
    for slug, fault in batch.unusable.items():
        complain(f"{slug}: {fault}")
    if many := len(batch.standing):
        say(f"Nothing has changed for {many} report{'' if many == 1 else 's'}.")
    say(f"Reports: {batch.index}")
    if batch.exit_status:
        raise typer.Exit(batch.exit_status)
