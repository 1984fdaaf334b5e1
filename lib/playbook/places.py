"""Where reports lie: a local folder, or an object store through fsspec (``s3://`` and others)."""

from __future__ import annotations

import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from playbook.errors import PlaybookError
from playbook.files import check_writable, checked, is_report, sweep, write_atomic
from playbook.objectstore import (
    bucket_of,
    content_type,
    filesystem,
    store_faults,
    written,
)

_NOT_HERE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class NoSuchFile(PlaybookError):
    """The place has no file of this name."""


class Place(ABC):
    """A folder of files by name, such as ``"mortgage/evaluation.html"``.

    Every fault is a `PlaybookError`: a name that leads out of the place, a file that is not there,
    a full disk, a store that does not answer or refuses the keys.
    """

    is_local = False

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file, text as UTF-8: whole or not at all. Folders are made where missing."""
        self._write(checked(name), content.encode() if isinstance(content, str) else content)

    def read(self, name: str) -> bytes:
        """The content of a file; `NoSuchFile` where there is none."""
        return self._read(checked(name))

    def changed(self, name: str) -> float | None:
        """When a file was last written, in seconds since 1970; None where there is none."""
        return self._changed(checked(name))

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return self.changed(name) is not None

    def times(self, under: str = "") -> dict[str, float]:
        """When each file in the folder `under`, and below it, was last written; sorted by name.

        One request to a store; a folder that is not there has no files.
        """
        found = self._times(checked(under) if under else "")
        return {name: found[name] for name in sorted(found) if is_report(name)}

    def names(self, under: str = "") -> list[str]:
        """The names of all files in the folder `under`, and below it, sorted."""
        return list(self.times(under))

    @abstractmethod
    def where(self, name: str = "") -> str:
        """How messages name the place or one of its files: never with a password."""

    @abstractmethod
    def path(self, name: str = "") -> Path:
        """The path of a file of a local place.

        Raises
        ------
        PlaybookError
            The place is not on this machine.
        """

    @abstractmethod
    def check(self) -> None:
        """Raise the fault that would keep every file from being written, before any work."""

    @abstractmethod
    def sweep(self) -> int:
        """Remove what killed writers left, and say how many files that were."""

    @abstractmethod
    def _write(self, name: str, content: bytes) -> None: ...

    @abstractmethod
    def _read(self, name: str) -> bytes: ...

    @abstractmethod
    def _changed(self, name: str) -> float | None: ...

    @abstractmethod
    def _times(self, under: str) -> Mapping[str, float]: ...


def open_place(address: str | Path) -> Place:
    """The place at a path, a ``file://`` URL or the URL of an object store.

    Nothing is opened or made yet. A store's server and keys are read from the environment, as its
    own tools do (``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID``, …).

    Raises
    ------
    PlaybookError
        The address is of another kind, or holds a password or options.

    >>> open_place("s3://reports/ours").where("index.html")
    's3://reports/ours/index.html'
    """
    if isinstance(address, Path):
        return _Folder(address.expanduser().absolute())
    scheme, found, rest = address.partition("://")
    if not found:
        return _Folder(Path(address).expanduser().absolute())
    scheme = scheme.lower()
    if scheme == "file":
        return _Folder(Path(unquote(rest)).absolute())
    return _Store(scheme, checked(bucket_of(address)))


@dataclass(frozen=True)
class _Folder(Place):
    folder: Path
    is_local = True

    def where(self, name: str = "") -> str:
        return str(self.path(name))

    def path(self, name: str = "") -> Path:
        return self.folder / checked(name) if name else self.folder

    def check(self) -> None:
        check_writable(self.folder)

    def sweep(self) -> int:
        return sweep(self.folder)

    def _write(self, name: str, content: bytes) -> None:
        write_atomic(self.path(name), content)

    def _read(self, name: str) -> bytes:
        with self._faults(name):
            return self.path(name).read_bytes()

    def _changed(self, name: str) -> float | None:
        try:
            with self._faults(name):
                status = self.path(name).stat()
        except NoSuchFile:
            return None
        return status.st_mtime if stat.S_ISREG(status.st_mode) else None

    def _times(self, under: str) -> dict[str, float]:
        found = {}
        with self._faults(under):
            for path in self.path(under).rglob("*"):
                with suppress(FileNotFoundError):  # replaced or removed between the two looks
                    if path.is_file():
                        name = path.relative_to(self.folder).as_posix()
                        found[name] = path.stat().st_mtime
        return found

    @contextmanager
    def _faults(self, name: str) -> Iterator[None]:
        try:
            yield
        except _NOT_HERE:
            raise _missing(self.where(name)) from None
        except OSError as error:
            raise PlaybookError(
                f"this file cannot be read ({error.strerror})",
                where=self.where(name),
                remedy="Check its permissions",
            ) from None


@dataclass(frozen=True)
class _Store(Place):
    """Files in an object store, where a file is written in one request and so never half there."""

    scheme: str
    root: str

    def where(self, name: str = "") -> str:
        return f"{self.scheme}://{self._key(name)}"

    def path(self, name: str = "") -> Path:
        raise PlaybookError("this is not a folder of this machine", where=self.where(name))

    def check(self) -> None:
        with store_faults(self.where()):
            self._files().ls(self.root.partition("/")[0])

    def sweep(self) -> int:
        return 0

    def _write(self, name: str, content: bytes) -> None:
        with store_faults(self.where(name)):
            self._files().pipe_file(self._key(name), content, **content_type(self.scheme, name))

    def _read(self, name: str) -> bytes:
        with store_faults(self.where(name)):
            try:
                return bytes(self._files().cat_file(self._key(name)))
            except _NOT_HERE:
                raise _missing(self.where(name)) from None

    def _changed(self, name: str) -> float | None:
        with store_faults(self.where(name)):
            try:
                info = self._files().info(self._key(name))
            except _NOT_HERE:
                return None
            return written(info) if info["type"] == "file" else None

    def _times(self, under: str) -> dict[str, float]:
        with store_faults(self.where(under)):
            found = self._files().find(self._key(under), detail=True)
        start = len(self.root) + 1
        return {path[start:]: written(info) for path, info in found.items() if len(path) > start}

    def _key(self, name: str) -> str:
        return f"{self.root}/{checked(name)}" if name else self.root

    def _files(self) -> Any:
        # Asked for anew each time: fsspec keeps one per process and thread, so that a forked
        # process never speaks through its parent's connections.
        return filesystem(self.scheme, self.where())


def _missing(where: str) -> NoSuchFile:
    return NoSuchFile("there is no such file", where=where, remedy="Run 'playbook run' to make it")
