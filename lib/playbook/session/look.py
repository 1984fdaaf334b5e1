"""Look at a table that nobody has described yet: its columns, their types, and example values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import ibis.expr.types as ir

from playbook.errors import PlaybookError
from playbook.evidence import words
from playbook.evidence.csvfile import CsvFile
from playbook.evidence.roles import is_blank
from playbook.evidence.sources import open_source
from playbook.product import Table
from playbook.session.incoming import check_is_table, not_a_table
from playbook.session.mapping import TableMapping

MOST_COLUMNS = 500
FEW = 20
"""Columns with at most so many different values have them listed."""
_HEAD = 200
_LONGEST = 40
_LONGEST_VALUE = 200
_READING = re.compile(r"""\b(delimiter|decimal|encoding): "?([^"\s]+?)"?(?= |$)""")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """One column as found: `kind` in a plain word, the `missing` share, and `values` where few.

    `low` and `high` are the ends of a column of numbers; `distinct` is counted approximately.
    """

    name: str
    kind: str
    examples: list[str]
    missing: float
    distinct: int
    values: list[str]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Look:
    """A table as found, and how it has to be read (`mapping`)."""

    mapping: TableMapping
    n: int
    columns: list[Column]
    rows: ir.Table

    @property
    def told(self) -> str:
        """``2,380 rows and 17 columns, separated by semicolons.``"""
        line = f"{words.plural(self.n, 'row', 'rows')}"
        line += f" and {words.plural(len(self.columns), 'column', 'columns')}"
        names = {";": "semicolons", "\\t": "tabs", "\t": "tabs", "|": "bars"}
        read = self.mapping
        if read.delimiter != ",":
            line += f", separated by {names.get(read.delimiter, read.delimiter)}"
        if read.decimal == ",":
            line += ", with decimal commas"
        if read.encoding != "utf-8":
            line += f", read as {read.encoding}"
        return f"{line}."

    def as_data(self) -> dict[str, Any]:
        """What the browser is told."""
        return {"told": self.told, "columns": [asdict(column) for column in self.columns]}


def look(mapping: TableMapping, folder: Path) -> Look:
    """Open the table and look at every column once.

    How a CSV file is written (delimiter, decimal sign, encoding) is found out: the reader's own
    error says which line would make it readable, and that line is tried.

    Raises
    ------
    PlaybookError
        The table cannot be read, has no rows, or has too many columns for a form.
    """
    file = folder / mapping.source
    if "://" not in mapping.source and file.is_file():
        check_is_table(file)
    return as_written(mapping, lambda attempt: _looked(attempt, folder))


def as_written(mapping: TableMapping, read: Callable[[TableMapping], T]) -> T:
    """`read` the table, again where its error says how the file is written."""
    tried = {mapping}
    while True:
        try:
            return read(mapping)
        except PlaybookError as error:
            found = dict(_READING.findall(error.remedy or ""))
            said = {key: value.replace("\\t", "\t") for key, value in found.items()}
            mapping = replace(mapping, **said)
            if mapping in tried:
                raise
            tried.add(mapping)


def table_of(mapping: TableMapping) -> Table:
    """The table alone, without any role."""
    return Table.model_construct(
        source=mapping.source,
        table=mapping.table,
        delimiter=mapping.delimiter,
        decimal="," if mapping.decimal == "," else ".",
        encoding=mapping.encoding,
    )


def _looked(mapping: TableMapping, folder: Path) -> Look:
    try:
        source = open_source(table_of(mapping), folder)
    except PlaybookError as error:
        raise _nameless(mapping, folder) or error from None
    rows = source.rows
    if len(rows.columns) > MOST_COLUMNS:
        raise PlaybookError(
            f"this table has {len(rows.columns):,} columns; a form can show {MOST_COLUMNS}",
            where=source.where,
            remedy="Leave out the columns that nobody uses, or make the product in a terminal with "
            "'playbook new'",
        )
    with source.query():
        counted = rows.aggregate(n=rows.count(), **_counts(rows)).to_pyarrow().to_pylist()[0]
        if not counted["n"]:
            raise PlaybookError(
                "this table has column names but no rows",
                where=source.where,
                remedy="Export it again with its rows",
            )
        few = [i for i in range(len(rows.columns)) if 0 < (counted.get(f"d{i}") or 0) <= FEW]
        listed = _values(rows, few)
        head = rows.limit(_HEAD).to_pyarrow()
    if any(_CONTROL.search(name) for name in rows.columns):
        raise not_a_table(source.where)
    columns = [
        _column(name, rows[name].type(), i, counted, listed.get(i, []), head.column(i).to_pylist())
        for i, name in enumerate(rows.columns)
    ]
    return Look(mapping, int(counted["n"]), columns, rows)


def _nameless(mapping: TableMapping, folder: Path) -> PlaybookError | None:
    """What to say where a CSV file cannot be read because one of its columns has no name."""
    file = folder / mapping.source
    if "://" in mapping.source or not file.is_file():
        return None
    try:
        names = CsvFile(file, table_of(mapping)).header()
    except PlaybookError:
        return None
    blank = [str(i) for i, name in enumerate(names, 1) if not name.strip()]
    if not blank:
        return None
    return PlaybookError(
        f"column {blank[0]} has no name",
        where=f"{file}, line 1",
        remedy="Write one into the first line, or export the table without its row numbers",
    )


def _counts(rows: ir.Table) -> dict[str, ir.Value]:
    """Missing values, different ones and the ends of numbers, by the column's place."""
    asked: dict[str, ir.Value] = {}
    for i, name in enumerate(rows.columns):
        column, kind = rows[name], rows[name].type()
        gone = is_blank(column) if kind.is_string() else column.isnull()
        asked[f"m{i}"] = gone.sum()
        if _kind(kind) != "other":
            asked[f"d{i}"] = column.approx_nunique()
        if kind.is_numeric():
            asked[f"l{i}"], asked[f"h{i}"] = column.min(), column.max()
    return asked


def _values(rows: ir.Table, few: list[int]) -> dict[int, list[str]]:
    if not few:
        return {}
    asked = {f"v{i}": rows[rows.columns[i]].cast("string").collect(distinct=True) for i in few}
    found = rows.aggregate(**asked).to_pyarrow().to_pylist()[0]
    listed = {i: sorted(v for v in found[f"v{i}"] or [] if v and v.strip()) for i in few}
    return {i: v for i, v in listed.items() if max(map(len, v), default=0) <= _LONGEST_VALUE}


def _column(
    name: str, kind: Any, i: int, counted: dict[str, Any], values: list[str], head: list[Any]
) -> Column:
    shown = list(dict.fromkeys(_short(v) for v in head if v is not None and str(v).strip()))
    low, high = counted.get(f"l{i}"), counted.get(f"h{i}")
    return Column(
        name=name,
        kind=_kind(kind),
        examples=shown[:3],
        missing=(counted[f"m{i}"] or 0) / counted["n"],
        distinct=int(counted.get(f"d{i}") or 0),
        values=values,
        low=None if low is None else float(low),
        high=None if high is None else float(high),
    )


def _kind(kind: Any) -> str:
    for test, word in (
        ("is_boolean", "yes or no"), ("is_integer", "whole number"), ("is_numeric", "number"),
        ("is_date", "date"), ("is_timestamp", "date and time"), ("is_string", "text"),
    ):  # fmt: skip
        if getattr(kind, test)():
            return word
    return "other"


def _short(value: Any) -> str:
    text = " ".join(str(round(value, 6) if isinstance(value, float) else value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
