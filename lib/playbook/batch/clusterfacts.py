"""What a machine sees of a workspace, and in what a worker differs from whoever wants to use it."""

from __future__ import annotations

import os
import platform
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from playbook.batch.marks import digest, files_mark, library_mark, quick_mark
from playbook.database import Database
from playbook.errors import PlaybookError
from playbook.session.record import versions
from playbook.stored import FILE
from playbook.workspace import STORE_VARIABLE, Workspace

NOTE = "cluster-check.txt"
"""Among the reports: what `playbook cluster-check` writes to see whether workers find it."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@contextmanager
def asked_of(workspace: Workspace, deep: bool, seconds: float) -> Iterator[dict[str, Any]]:
    """What to give to `facts`, here and on workers; holds a lock in the store meanwhile.

    With `deep`, a note is written to the reports, and workers open the table of every product.
    """
    nonce = secrets.randbits(62)
    given = {"workspace": str(workspace.folder), "nonce": nonce, "deep": deep, "seconds": seconds}
    if deep:
        workspace.reports_place.write(NOTE, _note(nonce))
    with closing(_database(workspace)) as store:
        if store.is_sqlite:
            yield given
            return
        with store.reading() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:nonce)"), {"nonce": nonce})
            yield given


def facts(given: Mapping[str, Any]) -> dict[str, Any]:
    """What this process sees, as plain values without any secret."""
    found: dict[str, Any] = {
        "host": socket.gethostname(),
        "library": library_mark(),
        "versions": {**versions(), "distributed": version("distributed")},
        "files": {},
    }
    try:
        workspace = Workspace.open(given["workspace"])
        found["files"] = _files(workspace)
    except (PlaybookError, OSError):
        return found
    found["store"] = _store(workspace, given["nonce"])
    found["reports"] = _reports(workspace, _note(given["nonce"]) if given["deep"] else "")
    well = given["deep"] and not found["store"]["fault"]
    found["data"] = _data(workspace) if well else {}
    return found


def _files(workspace: Workspace) -> dict[str, str]:
    folder = workspace.folder
    paths = [folder / "products" / slug / "product.yaml" for slug in workspace.slugs()]
    paths += [folder / "policy.yaml", *sorted((folder / "questions").glob("*.yaml"))]
    return {path.relative_to(folder).as_posix(): files_mark([path]) for path in paths}


def _data(workspace: Workspace) -> dict[str, dict[str, str]]:
    """Of each product: what is wrong with its files or its table, and a mark of its data."""
    from playbook.batch.preflight import product_faults

    found = {}
    with closing(workspace.store):
        for slug in workspace.slugs():
            faults = product_faults(workspace, slug)
            found[slug] = {
                "fault": str(faults[0]) if faults else "",
                "mark": "" if faults else _data_mark(workspace, slug),
            }
    return found


def _data_mark(workspace: Workspace, slug: str) -> str:
    sources = [table.source for table in workspace.product(slug).tables.values()]
    folder = workspace.folder / "products" / slug
    return digest([quick_mark(s, folder) for s in sources if "://" not in s and "${" not in s])


def _store(workspace: Workspace, nonce: int) -> dict[str, Any]:
    """Where the database is and what is wrong with it; `same` is equal only for the same one."""
    try:
        with closing(_database(workspace)) as database:
            if database.is_sqlite:
                return {"place": database.place, "fault": "", "same": _identity(database.place)}
            with database.reading() as connection:
                lock = sa.text("SELECT pg_try_advisory_xact_lock(:nonce)")
                free = connection.scalar(lock, {"nonce": nonce})
            return {"place": database.place, "fault": "", "same": "free" if free else "held"}
    except PlaybookError as fault:
        return {"place": "", "fault": str(fault), "same": ""}


def _reports(workspace: Workspace, note: str) -> dict[str, Any]:
    """Where the reports go and what is wrong with that; whether `note` is there, where given."""
    try:
        place = workspace.reports_place
        found = {"place": place.where(), "fault": "", "same": True}
        if note:
            place.check()
            found["same"] = place.exists(NOTE) and place.read(NOTE).decode() == note
            place.write(NOTE, note)
    except PlaybookError as fault:
        return {"place": "", "fault": str(fault), "same": False}
    return found


def _database(workspace: Workspace) -> Database:
    file = sa.URL.create("sqlite", database=str(workspace.folder / FILE))
    return Database(os.environ.get(STORE_VARIABLE) or file)


def _identity(path: str) -> str:
    """Of a file on this very machine: two machines never agree, even where they share a folder."""
    machine = _BOOT.read_text("ascii") if _BOOT.exists() else platform.node()
    status = Path(path).stat()
    return digest([machine, status.st_dev, status.st_ino])


def _note(nonce: int) -> str:
    return f"Written by 'playbook cluster-check' ({nonce}); it may be deleted.\n"
