"""What of a batch has to run, and what stands as it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from playbook.batch.runkey import whats_new
from playbook.batch.state import Shared, State
from playbook.batch.task import Task
from playbook.catalog import PlaybookFile
from playbook.errors import PlaybookError
from playbook.runs import Run
from playbook.workspace import Workspace


@dataclass
class Plan:
    """The tasks of one batch, those whose reports stand, and products that cannot be run at all."""

    batch: str = field(default_factory=lambda: uuid4().hex)
    tasks: list[Task] = field(default_factory=list)
    looks: set[str] = field(default_factory=set)
    """Products whose table has to be looked at before they are run."""
    standing: list[tuple[Task, Run]] = field(default_factory=list)
    unusable: dict[str, PlaybookError] = field(default_factory=dict)


def plan(
    workspace: Workspace, slugs: Sequence[str], chosen: Sequence[PlaybookFile], force: bool
) -> Plan:
    """Compare what every report rests on with what it rested on when it was made.

    Raises
    ------
    PlaybookError
        The store or the place of the reports cannot be read.
    """
    made = Plan()
    newest = workspace.runs.newest()
    there = workspace.reports_place.times()
    shared = Shared(workspace)
    for slug in slugs:
        try:
            _plan_product(made, shared, slug, chosen, newest, there, force)
        except PlaybookError as fault:
            made.unusable[slug] = fault
    return made


def _plan_product(
    made: Plan,
    shared: Shared,
    slug: str,
    chosen: Sequence[PlaybookFile],
    newest: dict[tuple[str, str], Run],
    there: Collection[str],
    force: bool,
) -> None:
    state = State(shared, slug)
    names = {playbook.name for playbook in chosen}
    known = [p.name for p in shared.workspace.playbooks()]
    names |= {name for name in known if f"{slug}/{name}.html" in there}
    beside = tuple(name for name in known if name in names)
    planned: list[Task] = []
    standing: list[tuple[Task, Run]] = []
    for playbook in chosen:
        last = newest.get((slug, playbook.name))
        whole = _files(slug, playbook, last) <= set(there)
        why = whats_new(state, playbook, last, beside, whole)
        if force:
            why = why or ["asked for with --force"]
        task = Task(slug, playbook.name, made.batch, beside, tuple(why))
        if why:
            planned.append(task)
        elif last is not None:
            standing.append((task, last))
    made.tasks += planned
    if planned and not any(_is_known(state, newest.get((slug, p.name))) for p in chosen):
        made.looks.add(slug)
    made.standing += standing


def _files(slug: str, playbook: PlaybookFile, last: Run | None) -> set[str]:
    """What the last run has left: the report, its record, and the documents."""
    names = [*(last.inputs.get("documents", []) if last else []),
             f"{playbook.name}.html", f"{playbook.name}.json"]  # fmt: skip
    return {f"{slug}/{name}" for name in names}


def _is_known(state: State, last: Run | None) -> bool:
    """Whether `last` has read the product's file and data as they are now."""
    if last is None or last.outcome != "done" or last.inputs.get("product") != state.product:
        return False
    now = state.data(last.inputs)
    before = last.inputs["data"]
    return all(before[name]["fingerprint"] == now[name]["fingerprint"] for name in now)
