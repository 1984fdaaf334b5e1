"""Open a file of JSON lines lazily through DuckDB, and say in one sentence why one cannot be read.

Such a file holds one JSON object on each line, as many tools export what they captured.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis

from playbook.errors import PlaybookError
from playbook.evidence.csvfile import no_rows

ENDINGS = (".jsonl", ".ndjson")
LONGEST = 16 * 1024 * 1024
"""Bytes of a line that are read at most; DuckDB has the same bound."""


@dataclass(frozen=True)
class JsonLines:
    """A file of JSON lines."""

    path: Path

    def open(self, connection: Any, literal: str) -> Any:
        """The file as a lazy Ibis table.

        `literal` is the path as DuckDB must see it: with glob characters escaped.
        """
        try:
            rows = connection.read_json(
                literal,
                format="newline_delimited",
                records=True,
                sample_size=-1,
                maximum_object_size=LONGEST,
                map_inference_threshold=-1,
            )
        except duckdb.Error as error:  # a reader gets one sentence instead of DuckDB's message
            raise self.diagnose() from error
        if not rows.columns or _renamed(list(rows.columns)):
            raise self.diagnose()
        # Values of several kinds arrive as JSON, in which text has quotation marks.
        mixed = [name for name, kind in rows.schema().items() if kind.is_json()]
        return rows.mutate(
            **{name: ibis.coalesce(rows[name].str, rows[name].cast("string")) for name in mixed}
        )

    def diagnose(self) -> PlaybookError:
        """Read the file line by line and name the first thing that is wrong with it."""
        number = 0
        names: dict[str, str] = {}
        with self.path.open("rb") as file:
            while line := file.readline(LONGEST + 1):
                number += 1
                if fault := _wrong_with(line, names):
                    return PlaybookError(
                        f"this line {fault}",
                        where=f"{self.path}, line {number}",
                        remedy="Write one JSON object on each line, in UTF-8, or save the table "
                        "as CSV or Parquet",
                    )
        if not names:
            return no_rows(self.path)
        return PlaybookError(
            "this file cannot be read as JSON lines",
            where=str(self.path),
            remedy="Give each line the same names, with values of the same kind, or save it as "
            "Parquet",
        )


def _wrong_with(line: bytes, names: dict[str, str]) -> str:
    """What is wrong with a line; `names` gathers the names of all lines."""
    if len(line) > LONGEST:
        return f"is longer than {LONGEST // 2**20} MB"
    if line.startswith(codecs.BOM_UTF8):
        return "begins with a byte order mark"
    if not line.strip():
        return ""
    try:
        row = json.loads(line.decode("utf-8"), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return "is not valid JSON"
    if not isinstance(row, _Pairs):
        return "is no JSON object in braces"
    for i, (name, _) in enumerate(row):
        if name in [other for other, _ in row[:i]]:
            return f"has '{name}' twice"
        if names.setdefault(name.casefold(), name) != name:
            return f"has '{name}', which elsewhere is '{names[name.casefold()]}'"
    return ""


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all its names, repeated ones too."""


def _renamed(columns: list[str]) -> bool:
    """Whether DuckDB may have renamed a column, since another differs only in capitals."""
    known = {name.casefold() for name in columns}
    ends = [re.fullmatch(r"(.+)_\d+", name.casefold()) for name in columns]
    return any(end and end[1] in known for end in ends)
