"""Marks of what a run rests on: short texts that change when the thing does."""

from __future__ import annotations

import glob
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from playbook.product import Table
from playbook.shipped import shipped

_OURS = ("templates/report", "templates/regulation", "templates/glossary.yaml")
"""Shipped files, besides the library itself, that every report depends on; each notebook, question
set and the policy are marked on their own."""


def digest(value: Any) -> str:
    """A short hash of plain data."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def files_mark(paths: Iterable[Path]) -> str:
    """A hash of the files' names and of what they hold; one that is missing is marked as that."""
    total = hashlib.sha256()
    for path in paths:
        held = path.read_bytes() if path.is_file() else b""
        total.update(f"{path.name}\0{path.is_file()}{len(held)}\0".encode())
        total.update(held)
    return total.hexdigest()[:24]


@cache
def library_mark() -> str:
    """A hash of the library, its report templates, and the versions its numbers depend on."""
    from playbook.session.record import versions

    package = Path(__file__).resolve().parents[1]
    templates = [shipped(name) for name in _OURS]
    found = [*package.rglob("*.py"), *package.rglob("assets/*")]
    for place in templates:
        found += [place] if place.is_file() else [p for p in place.rglob("*") if p.is_file()]
    return digest([files_mark(sorted(found)), versions()])


def quick_mark(source: str, folder: Path) -> str:
    """Of a table's files: a hash of their names, sizes and times; empty where there is none."""
    path = folder / source
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not path.exists():
        files = [Path(found) for found in sorted(glob.glob(str(path), recursive=True))]
    stats = [(file.name, file.stat()) for file in files]
    return digest([(name, s.st_size, s.st_mtime_ns) for name, s in stats]) if stats else ""


def content_mark(table: Table, folder: Path) -> str:
    """The fingerprint of a table's content, however long that takes.

    Raises
    ------
    PlaybookError
        The table cannot be opened.
    """
    from playbook.evidence.capturedlog import is_log, log_files
    from playbook.evidence.fingerprints import fingerprint, of_files
    from playbook.evidence.sources import open_source

    if is_log(table.source):
        return of_files(log_files(table, folder)[0])
    return fingerprint(open_source(table, folder))
