"""The members of a zip archive that somebody else packed, none larger than what memory holds.

Inspect packs with Zstandard (method 93), which Python's zipfile reads only from 3.14 on: such
members are unpacked by pyarrow.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any

from playbook.errors import PlaybookError
from playbook.evallogs.jsonfile import LARGEST, parse, too_large

ZSTANDARD = 93
MOST_MEMBERS = 200_000
_HEADER = struct.Struct("<4s22xHH")


class Archive:
    """An opened zip archive.

    Raises
    ------
    PlaybookError
        It is no zip archive, or cut short.
    """

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        self.path, self.largest = path, largest
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise self._damaged() from error
        # Where a name stands twice, the last one counts: Inspect appends.
        self._members = {info.filename: info for info in self._zip.infolist()}
        if len(self._members) > MOST_MEMBERS:
            self._zip.close()
            raise PlaybookError(
                f"this log has more than {MOST_MEMBERS:,} parts and is not read", where=str(path)
            )

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    @property
    def names(self) -> list[str]:
        """Names of the members, sorted."""
        return sorted(self._members)

    def json(self, name: str) -> Any:
        """The JSON in the member `name`."""
        where = f"{self.path}, {name}"
        info = self._members[name]
        if info.file_size > self.largest or info.compress_size > self.largest:
            raise too_large(where, self.largest)
        try:
            text = self._zstandard(info) if info.compress_type == ZSTANDARD else self._plain(info)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
            raise self._damaged(name) from error
        if len(text) > self.largest:  # the archive may lie about its sizes
            raise too_large(where, self.largest)
        return parse(text, where)

    def _plain(self, info: zipfile.ZipInfo) -> bytes:
        if info.flag_bits & 0x1:
            raise zipfile.BadZipFile("encrypted")
        with self._zip.open(info) as member:
            return member.read(self.largest + 1)

    def _zstandard(self, info: zipfile.ZipInfo) -> bytes:
        import pyarrow

        with self.path.open("rb") as file:
            file.seek(info.header_offset)
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size or header[:4] != b"PK\x03\x04":
                raise zipfile.BadZipFile("no local header")
            _, name, extra = _HEADER.unpack(header)
            file.seek(name + extra, 1)
            packed = file.read(info.compress_size)
        with pyarrow.CompressedInputStream(pyarrow.BufferReader(packed), "zstd") as stream:
            text = bytes(stream.read(self.largest + 1))
        if len(text) <= self.largest and zlib.crc32(text) != info.CRC:
            raise zipfile.BadZipFile("checksum")
        return text

    def _damaged(self, name: str = "") -> PlaybookError:
        return PlaybookError(
            "this log is damaged, cut short, or packed in a way nobody knows",
            where=f"{self.path}, {name}" if name else str(self.path),
            remedy="Copy it again from where it was made",
        )
