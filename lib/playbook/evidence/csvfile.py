"""Open a CSV file lazily through DuckDB, and say in one sentence why one cannot be read.

DuckDB guesses generously: it renames duplicate columns, skips leading lines and reads *yes* as
true. Here the header is read first with Python's `csv`, and DuckDB is told everything but the
types of the columns.
"""

from __future__ import annotations

import codecs
import csv
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from playbook.errors import PlaybookError
from playbook.product import Table

# No BOOLEAN: DuckDB would turn "yes" and "Y" into true, and a group named "no" into "false".
TYPES = ("BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR")
_DECIMAL_COMMA = re.compile(r"^\s*-?\d+,\d+\s*$")
# Each as it must stand in YAML.
_OTHER_DELIMITERS = {";": '";"', "\t": '"\\t"', "|": '"|"', ",": '","'}


@dataclass(frozen=True)
class CsvFile:
    """A CSV file and how its product says it is written."""

    path: Path
    table: Table

    def open(self, connection: Any, literal: str) -> Any:
        """The file as a lazy Ibis table.

        `literal` is the path as DuckDB must see it: with glob characters escaped.
        """
        names = self.header()
        if not self._is_utf8:
            # DuckDB reads few encodings without a download: any other is rewritten as UTF-8 once,
            # into a file that lives as long as the connection.
            folder = tempfile.mkdtemp(prefix="playbook-")
            weakref.finalize(connection, shutil.rmtree, folder, ignore_errors=True)
            literal = self._as_utf8(Path(folder) / "utf8.csv")
        try:
            return connection.read_csv(
                literal,
                header=True,
                names=names,
                delim=self.table.delimiter,
                decimal_separator=self.table.decimal,
                quote='"',
                escape='"',
                comment="",
                skip=0,
                sample_size=-1,
                strict_mode=True,
                null_padding=False,
                auto_type_candidates=list(TYPES),
            )
        except duckdb.Error as error:  # a reader gets one sentence instead of DuckDB's message
            raise self.diagnose() from error

    def header(self) -> list[str]:
        """The column names, once they are known to be unique and separated as stated."""
        records = list(islice(self._records(), 20))
        names = records[0][1] if records else []
        if not any(name.strip() for name in names):
            raise PlaybookError(
                "the first line of this file has no column names",
                where=f"{self.path}, line 1",
                remedy="Put the column names in the first line",
            )
        rows = [record for _, record in records[1:] if record]
        self._check_delimiter(names, rows)
        check_unique(names, f"{self.path}, line 1")
        if not rows:
            raise no_rows(self.path)
        return names

    def diagnose(self) -> PlaybookError:
        """Read the file line by line and name the first thing that is wrong with it."""
        width, line = 0, 1
        try:
            for line, record in self._records():
                width = width or len(record)
                if record and len(record) != width:
                    return self._ragged(line, len(record), width)
        except PlaybookError as error:
            return error
        return PlaybookError(
            "this file cannot be read as CSV",
            where=f"{self.path}, line {line}",
            remedy="Check its quotation marks, or save it as Parquet",
        )

    @property
    def _is_utf8(self) -> bool:
        return self._codec in {"utf-8", "utf-8-sig"}

    @property
    def _codec(self) -> str:
        try:
            return codecs.lookup(self.table.encoding).name
        except LookupError:
            raise PlaybookError(
                f"'{self.table.encoding}' is not an encoding",
                where=f"product.yaml, table of {self.path.name}",
                remedy="Write 'encoding: utf-8', 'latin-1', 'cp1252' or 'utf-16'",
            ) from None

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record with the line on which it starts."""
        codec = "utf-8-sig" if self._is_utf8 else self._codec
        line = 1
        try:
            with self.path.open(encoding=codec, newline="") as text:
                reader = csv.reader(text, delimiter=self.table.delimiter, strict=True)
                for record in reader:
                    yield line, record
                    line = reader.line_num + 1
        except UnicodeError:
            raise self._not_this_encoding() from None
        except csv.Error as error:
            raise PlaybookError(
                f"this line cannot be read as CSV ({error})",
                where=f"{self.path}, line {line}",
                remedy="Check its quotation marks",
            ) from None

    def _as_utf8(self, target: Path) -> str:
        try:
            with (
                self.path.open(encoding=self._codec, newline="") as source,
                target.open("w", encoding="utf-8", newline="") as out,
            ):
                while block := source.read(1 << 20):
                    out.write(block)
        except UnicodeError:
            raise self._not_this_encoding() from None
        return str(target)

    def _check_delimiter(self, names: list[str], rows: list[list[str]]) -> None:
        """Raise where another delimiter gives every line the same columns and its own does not."""
        if len(names) > 1 and all(len(row) == len(names) for row in rows):
            return
        lines = [self.table.delimiter.join(record) for record in [names, *rows]]
        for other in _OTHER_DELIMITERS:
            widths = {len(line.split(other)) for line in lines}
            if other != self.table.delimiter and len(widths) == 1 and widths != {1}:
                break
        else:
            return
        cells = [cell for line in lines[1:] for cell in line.split(other)]
        comma = other != "," and any(map(_DECIMAL_COMMA.match, cells))
        lines_to_add = f"delimiter: {_OTHER_DELIMITERS[other]}"
        lines_to_add += ' and decimal: ","' if comma else ""
        raise PlaybookError(
            f"the columns are separated by {_spoken(other)}, but product.yaml says "
            f"{_spoken(self.table.delimiter)}",
            where=f"{self.path}, line 1",
            remedy=f"Write {lines_to_add} under its table in product.yaml, or give --delimiter and "
            "--decimal to 'playbook new'",
        )

    def _ragged(self, line: int, found: int, width: int) -> PlaybookError:
        return PlaybookError(
            f"this line has {found} values where the header has {width} columns",
            where=f"{self.path}, line {line}",
            remedy="Put values that hold the delimiter in quotation marks, or correct the line",
        )

    def _not_this_encoding(self) -> PlaybookError:
        if not self._is_utf8:
            return PlaybookError(
                f"this file is not {self.table.encoding} text",
                where=str(self.path),
                remedy="Correct the line 'encoding:' of its table in product.yaml",
            )
        line, byte = self._first_bad_byte()
        with self.path.open("rb") as file:
            wide = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        encoding = "utf-16" if wide else "latin-1"
        return PlaybookError(
            f"this file is not UTF-8 text (byte {byte})",
            where=f"{self.path}, line {line}",
            remedy=f"Save it as UTF-8, or write encoding: {encoding} under its table in "
            f"product.yaml (playbook new: --encoding {encoding})",
        )

    def _first_bad_byte(self) -> tuple[int, int]:
        """Line and byte, both from 1, of the first byte that is not UTF-8."""
        start = line = 0
        with self.path.open("rb") as file:
            for raw in file:
                line += 1
                try:
                    raw.decode("utf-8")
                except UnicodeDecodeError as error:
                    return line, start + error.start + 1
                start += len(raw)
        return line, start


def check_unique(names: list[str], where: str) -> None:
    """Raise where two columns share a name; DuckDB holds *Age* and *age* to be the same."""
    seen: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        first = seen.setdefault(name.casefold(), position)
        if first != position:
            other = names[first - 1]
            what = (
                f"two columns are named '{name}' (columns {first} and {position})"
                if other == name
                else f"the columns '{other}' and '{name}' differ only in capitals"
            )
            raise PlaybookError(what, where=where, remedy="Rename or remove one of them")


def no_rows(path: Path | str) -> PlaybookError:
    """The error for a table with a header alone."""
    return PlaybookError(
        "this table has column names but no rows",
        where=str(path),
        remedy="Export it again with its rows",
    )


def _spoken(delimiter: str) -> str:
    return {";": "semicolons", "\t": "tabs", ",": "commas"}.get(delimiter, f"'{delimiter}'")
