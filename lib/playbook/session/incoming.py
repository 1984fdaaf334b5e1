"""A file on its way from a browser into a new product, in pieces; gone when nobody wants it."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
import unicodedata
import weakref
from pathlib import Path

from playbook.errors import PlaybookError
from playbook.session.fieldfault import FieldFault
from playbook.workspace import Workspace

MOST_BYTES = 200 * 1024 * 1024
_PREFIX = ".incoming-"
_DAY = 24 * 60 * 60
_MAGIC = (b"PAR1", b"SQLite format 3\x00", b"\xff\xfe", b"\xfe\xff")
AGAIN = "Choose the file once more"


class Incoming:
    """One uploaded file beside the products, until it becomes a product's own.

    Attributes
    ----------
    path
        Where it lies, once every piece of it has arrived.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._products = workspace.folder / "products"
        self._folder: Path | None = None
        self._file: Path | None = None
        self._size = 0
        self.path: Path | None = None
        _clear_old(self._products)

    def begin(self, name: str, size: int) -> None:
        """Make room for a file; the one before it goes.

        Raises
        ------
        PlaybookError
            It is empty or too large.
        """
        self.discard()
        if size == 0:
            raise FieldFault(
                "file", "this file is empty (0 bytes)", remedy="Export it again, and choose it"
            )
        if size > MOST_BYTES:
            raise FieldFault(
                "file",
                f"this file has {size / 2**20:,.0f} MB, more than the {MOST_BYTES >> 20} MB that "
                "can be sent from here",
                remedy="Copy it to the server and give its path, or save it as Parquet, which is "
                "far smaller",
            )
        folder = Path(tempfile.mkdtemp(dir=self._products, prefix=_PREFIX))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._folder, self._file, self._size = folder, folder / safe_name(name), size
        self._file.touch()

    def add(self, offset: int, piece: bytes) -> int:
        """Append one piece that starts at `offset`; returns how many bytes have arrived.

        Raises
        ------
        PlaybookError
            A piece is missing, there are more bytes than announced, or the disk is full.
        """
        if self._file is None or self._file.stat().st_size != offset:
            raise FieldFault("file", "the transfer was interrupted", remedy=AGAIN)
        if offset + len(piece) > self._size:
            raise FieldFault("file", "the file has changed meanwhile", remedy=AGAIN)
        try:
            with self._file.open("ab") as file:
                file.write(piece)
        except OSError as error:
            self.discard()
            raise FieldFault(
                "file", f"the file cannot be kept ({error.strerror})", remedy="Free some space"
            ) from None
        if offset + len(piece) == self._size:
            self.path = self._file
        return offset + len(piece)

    def discard(self) -> None:
        """Leave nothing of it behind."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = self._file = self.path = None


def safe_name(name: str) -> str:
    """`name` as a harmless file name: no folders, no signs that a pattern or a shell reads.

    >>> safe_name("../../My loans (2).CSV"), safe_name('<img src=x>.parquet'), safe_name("..")
    ('My_loans_2.csv', 'img_src_x.parquet', 'table')
    """
    last = unicodedata.normalize("NFKC", name).replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = last.rpartition(".")
    if not dot:
        stem, suffix = last, ""
    plain = re.sub(r"[^\w-]+", "_", stem).strip("_-")[:60] or "table"
    ending = re.sub(r"[^a-z0-9]+", "", suffix.lower())[:10]
    return f"{plain}.{ending}" if ending else plain


def check_is_table(path: Path) -> None:
    """Raise where the bytes of a file are those of no table at all, such as a picture's."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if b"\x00" in head and not head.startswith(_MAGIC) and head[8:12] != b"DUCK":
        raise not_a_table(path.name)


def not_a_table(where: str) -> PlaybookError:
    """The error for a file that holds something else altogether."""
    return PlaybookError(
        "this is neither a CSV nor a Parquet file",
        where=where,
        remedy="Save the table as CSV (UTF-8) or Parquet; spreadsheet programs can do that",
    )


def _clear_old(products: Path) -> None:
    """Remove what a server that was killed has left behind."""
    for folder in products.glob(f"{_PREFIX}*"):
        if time.time() - folder.stat().st_mtime > _DAY:
            shutil.rmtree(folder, ignore_errors=True)
