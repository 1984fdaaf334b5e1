"""Which data a report rests on: one short text that changes when the data do."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from playbook.evidence.sources import Source


def fingerprint(source: Source) -> str:
    """``sha256:…`` of the file; of all names and files where there are several.

    Of files in a store it is taken from their names and version marks. Of a table in a database it
    is taken from what one query tells: names and types of the columns, the number of rows, and of
    each column how many values it has, the smallest, the largest and the sum. Two tables that
    agree in all of these are held to be the same.
    """
    if source.files:
        return of_files(source.files)
    total = hashlib.sha256()
    if source.versions:
        total.update(repr(sorted(source.versions.items())).encode())
    else:
        with source.query():
            total.update(_digest(source.rows).encode())
    return f"sha256:{total.hexdigest()}"


def of_files(files: Sequence[Path]) -> str:
    """``sha256:…`` of a file; of all names and files where there are several."""
    total = hashlib.sha256()
    for path in files:
        if len(files) > 1:
            total.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                total.update(block)
    return f"sha256:{total.hexdigest()}"


def _digest(rows: ir.Table) -> str:
    asked: dict[str, Any] = {"rows": rows.count()}
    for i, name in enumerate(rows.columns):
        column = rows[name]
        asked[f"n{i}"] = column.count()
        if column.type().is_numeric() and not column.type().is_boolean():
            asked[f"sum{i}"] = column.cast("float64").sum()
        if column.type().is_numeric() or column.type().is_string() or column.type().is_temporal():
            asked |= {f"low{i}": column.min(), f"high{i}": column.max()}
    found = rows.aggregate(**asked).to_pyarrow().to_pylist()[0]
    types = [(name, str(rows[name].type())) for name in rows.columns]
    return repr((types, sorted((key, _steady(value)) for key, value in found.items())))


def _steady(value: Any) -> str:
    """A sum of floats depends on the order of the rows in its last digits."""
    return f"{value:.9g}" if isinstance(value, float) else str(value)
