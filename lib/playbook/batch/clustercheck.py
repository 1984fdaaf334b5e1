"""Ask every worker of a Dask cluster whether it can do what a batch will ask of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playbook.batch.clusterclient import PATIENCE, connected
from playbook.batch.clusterfacts import asked_of, facts
from playbook.batch.onworker import look_there
from playbook.errors import PlaybookError
from playbook.workspace import STORE_VARIABLE, Workspace

if TYPE_CHECKING:
    from distributed import Client

ASPECTS = {
    "answers": "answer",
    "versions": "have the same versions",
    "workspace": "see the same workspace",
    "store": "see the same store",
    "reports": "write to the same place of the reports",
    "data": "see the data of every product",
    "forking": "fork notebooks from a warm process",
}
"""What is asked of every worker, in words that follow "all workers"."""


@dataclass(frozen=True)
class Checked:
    """What a cluster's workers lack.

    Attributes
    ----------
    threads
        Of each worker, by its address: how many notebooks it runs at a time.
    faults
        By aspect (one of `ASPECTS`) and sentence: the workers of which it is true.
    """

    threads: dict[str, int]
    faults: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """How many there are, and how many of them can be used."""
        bad = {worker for workers in self.faults.values() for worker in workers}
        fit, many = len(self.threads.keys() - bad), len(self.threads)
        work = sum(self.threads.values())
        return (
            f"{fit} of {many} worker{'' if many == 1 else 's'} can be used; all together run "
            f"{work} notebook{'' if work == 1 else 's'} at a time."
        )

    def lines(self) -> list[tuple[bool, str]]:
        """For each aspect one line that says all is well, or one for each fault, to print."""
        told = []
        # Who lacks one thing may not have been able to look for the next.
        who_else = "All other workers" if self.faults else "All workers"
        for aspect, words in ASPECTS.items():
            faults = {said: who for (about, said), who in self.faults.items() if about == aspect}
            if not faults:
                told.append((True, f"{who_else} {words}."))
            for said, who in faults.items():
                told.append((False, f"{_names(who)}: {said}"))
        return told


def check_cluster(
    workspace: Workspace, address: str, seconds: float = 120, patience: float = PATIENCE
) -> Checked:
    """Look through the eyes of every worker; it has `seconds` for that.

    Raises
    ------
    PlaybookError
        There is no such scheduler, it has no workers, or the store or the place of the reports
        cannot be used from here.
    """
    with connected(address, patience) as client:
        return look(client, workspace, deep=True, seconds=seconds)


def require_agreement(client: Client, workspace: Workspace, patience: float) -> None:
    """Make sure of what takes no time to find out, so that no batch ends in two places.

    Raises
    ------
    PlaybookError
        A worker has other versions, or sees another workspace, store or place of reports.
    """
    checked = look(client, workspace, deep=False, seconds=patience)
    for (_, said), workers in checked.faults.items():
        raise PlaybookError(said, where=_names(workers))


def look(client: Client, workspace: Workspace, deep: bool, seconds: float) -> Checked:
    """What the workers lack; with `deep`, each opens the data of all products, in a fork."""
    with asked_of(workspace, deep, seconds) as given:
        ours = facts(given)
        answers = client.sync(_ask, client, given, seconds + PATIENCE)
    checked = Checked(client.nthreads())
    for worker, answer in answers.items():
        told = differences(ours, answer) if isinstance(answer, dict) else [_silent(answer)]
        for fault in told:
            checked.faults.setdefault(fault, []).append(worker)
    return checked


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """In what a worker's `facts` are not good enough, each with its aspect, as sentences."""
    told = [("versions", said) for said in _versions(ours, theirs)]
    lacking = [name for name, mark in ours["files"].items() if theirs["files"].get(name) != mark]
    if not theirs["files"]:
        return [*told, ("workspace", _say("the workspace is not there",
                                          "Mount its folder under the same path"))]  # fmt: skip
    if lacking:
        shown = ", ".join(lacking[:3]) + (" and others" if lacking[3:] else "")
        said = _say(f"the workspace there holds other files ({shown})", "Mount the same folder")
        told.append(("workspace", said))
    told += [("store", said) for said in _store(ours["store"], theirs["store"])]
    told += [("reports", said) for said in _reports(ours["reports"], theirs["reports"])]
    told += [("data", said) for said in _data(ours["data"], theirs["data"])]
    if reason := theirs.get("forks"):
        said = _say(f"no notebook can be forked ({reason.rstrip('.')})", "Put that right: without "
                    "it, each starts a kernel of its own, slowly, or none at all")  # fmt: skip
        told.append(("forking", said))
    return told


async def _ask(client: Client, given: dict[str, Any], seconds: float) -> dict[str, Any]:
    """What each worker says, or the exception that came instead."""

    async def ask(worker: str) -> Any:
        try:
            told = await asyncio.wait_for(
                client.run(look_there, given, workers=[worker], on_error="return"), seconds
            )
            return told[worker]
        except Exception as error:  # as many kinds as ways to lose a worker
            return error

    workers = list(await client.nthreads())
    return dict(zip(workers, await asyncio.gather(*map(ask, workers)), strict=True))


def _silent(error: Exception) -> tuple[str, str]:
    """What it means that a worker sent `error` in place of an answer."""
    if "No module named" in str(error) or isinstance(error, ImportError | AttributeError):
        return "versions", _say("this library, or a part of it, is not installed there",
                                "Install the version that is here")  # fmt: skip
    if isinstance(error, TimeoutError):
        return "answers", _say("it does not answer in time", "Look at what keeps it busy")
    return "answers", _say(f"it does not answer ({type(error).__name__})", "Look into its log")


def _versions(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    here, there = ours["versions"], theirs["versions"]
    other = [f"{name} {there.get(name, 'missing')} instead of {here[name]}"
             for name in here if there.get(name) != here[name]]  # fmt: skip
    if other:
        return [_say(f"it has {', '.join(other)}", "Install the same versions and restart it")]
    if theirs["library"] != ours["library"]:
        return [_say("its copy of this library differs, though the version is the same",
                     "Install the same one and restart it")]  # fmt: skip
    return []


def _store(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    if theirs["fault"]:
        return [theirs["fault"]]
    if theirs["same"] != ours["same"]:
        return [_say(f"it uses another store ({theirs['place']}) than this machine "
                     f"({ours['place']})", f"Set {STORE_VARIABLE} to the same PostgreSQL database "
                     "here and on all workers; a SQLite file serves only where all are on one "
                     "machine")]  # fmt: skip
    return []


def _reports(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    if theirs["fault"]:
        return [theirs["fault"]]
    if theirs["place"] != ours["place"]:
        return [_say(f"its reports go to {theirs['place']} instead of {ours['place']}",
                     "Set PLAYBOOK_REPORTS to the same place here and there")]  # fmt: skip
    if not theirs["same"]:
        return [_say(f"what it has at {ours['place']} is not what is there for this machine",
                     "Mount the same folder, or use the same server of the store")]  # fmt: skip
    return []


def _data(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    told = []
    for slug, here in ours.items():
        there = theirs.get(slug, here)
        if there["fault"]:
            told.append(f"{slug}: {there['fault']}")
        elif there["mark"] != here["mark"]:
            told.append(_say(f"{slug}: its data files have another size or time",
                             "Mount the same folder"))  # fmt: skip
    return told


def _names(workers: list[str]) -> str:
    return ", ".join(workers[:5]) + (f" and {len(workers) - 5} others" if workers[5:] else "")


def _say(what: str, remedy: str) -> str:
    return str(PlaybookError(what, remedy=remedy))
