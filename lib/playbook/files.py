"""Write files whole or not at all, and remove what a killed writer left behind."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from playbook.errors import PlaybookError

STALE = 3600
"""Seconds after which a temporary file is a leftover, whoever made it."""
_TEMPORARY = re.compile(r"\.playbook-(?P<host>[0-9a-f]{8})-(?P<process>\d{1,10})-[0-9a-f]{12}\.tmp")


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write `content` (text as UTF-8) to `path`; a reader sees the old file or the new, never half.

    Folders that are missing are made.

    Raises
    ------
    PlaybookError
        The folder cannot be written to, or the disk is full. The old file is still there then,
        and nothing else.
    """
    data = content.encode() if isinstance(content, str) else content
    with _faults(path):
        temporary = _temporary_in(path.parent)
        try:
            temporary.write_bytes(data)
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def check_writable(folder: Path) -> None:
    """Make `folder` where it is missing, and raise the fault that would keep it from files."""
    with _faults(folder):
        temporary = _temporary_in(folder)
        temporary.touch(exist_ok=False)
        temporary.unlink()


def checked(name: str) -> str:
    """`name` with parts joined by ``/``, which leads to nowhere but a file below its folder.

    Raises
    ------
    PlaybookError
        It is absolute, has empty parts, dots for a part, a backslash or control characters.
    """
    if not _is_name(name):
        raise PlaybookError(f"{name[:80]!a} is no name of a file in a folder of reports")
    return name


def is_report(name: str) -> bool:
    """Whether `name` is a proper one, and not that of a file that `write_atomic` has not finished.

    >>> is_report("a/.playbook-0123abcd-77-0123456789ab.tmp"), is_report("a/index.html")
    (False, True)
    """
    return _is_name(name) and not _TEMPORARY.fullmatch(name.rpartition("/")[2])


def sweep(folder: Path) -> int:
    """Remove the temporary files of killed writers in `folder` and below, and say how many.

    Those of this machine go when their process has ended; any other, when it is older than
    `STALE`. What cannot be removed stays.
    """
    removed = 0
    for path in folder.rglob(".playbook-*.tmp"):
        with suppress(OSError):
            if _is_left(path):
                path.unlink()
                removed += 1
    return removed


def _is_name(name: str) -> bool:
    dots = {"", ".", ".."} & set(name.split("/"))
    return not dots and "\\" not in name and name.isprintable()


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlaybookError(
            f"this cannot be written ({error.strerror})",
            where=str(path),
            remedy="Check free space and permissions of the folder",
        ) from None


def _temporary_in(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f".playbook-{_host()}-{os.getpid()}-{uuid4().hex[:12]}.tmp"


def _is_left(path: Path) -> bool:
    found = _TEMPORARY.fullmatch(path.name)
    if found is None or path.is_symlink() or not path.is_file():
        return False
    if found["host"] == _host() and _has_ended(int(found["process"])):
        return True
    return time.time() - path.stat().st_mtime > STALE


def _has_ended(process: int) -> bool:
    if os.name != "posix":  # where signal 0 is no question but a deed
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]
