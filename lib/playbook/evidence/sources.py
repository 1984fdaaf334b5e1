"""Open what a table's `source` names as one lazy Ibis table: files, a store or a database."""

from __future__ import annotations

import glob
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import ibis.expr.types as ir

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence import engine, stores, warehouse
from playbook.evidence.csvfile import CsvFile, check_unique
from playbook.evidence.jsonlines import ENDINGS, JsonLines
from playbook.product import Table

_ENGINES = {"_duckdb", "duckdb", "ibis", "psycopg", "pyspark", "py4j", "sqlglot", "sqlite3"}
"""Whose errors tell of the table, not of our code."""


@dataclass(frozen=True)
class Source:
    """An opened table.

    Attributes
    ----------
    rows
        The table as stored, lazy.
    where
        How errors name it: never with a password.
    files
        The files behind it; none for a database or a store.
    csv
        The file as CSV, where it is one: it is read anew by each query.
    lines
        The same for a file of JSON lines.
    versions
        Version marks of the files behind it in an object store.
    """

    rows: ir.Table
    where: str
    files: list[Path] = field(default_factory=list)
    csv: CsvFile | None = None
    lines: JsonLines | None = None
    versions: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def query(self) -> Iterator[None]:
        """`one_sentence` for this table; a faulty line of a text file is named."""
        try:
            with one_sentence(self.where):
                yield
        except UnreadableTable as error:
            if text := self.csv or self.lines:
                raise text.diagnose() from error
            raise


class UnreadableTable(PlaybookError):
    """The engine could not run a query on a table."""


@contextmanager
def one_sentence(where: str) -> Iterator[None]:
    """Run a query inside: of what the engine raises a reader sees one sentence."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _ENGINES:
            raise
        raise UnreadableTable(
            "this table cannot be read",
            where=where,
            remedy="Export it again, or open it with another program and save it anew",
        ) from error


def open_source(table: Table, folder: Path) -> Source:
    """Open `table.source`: a path relative to `folder` that may not lead out of it, an address in
    an object store, or a database's URL.

    Raises
    ------
    PlaybookError
        There is no such file or table, or it cannot be read as what it is.
    """
    address = warehouse.expanded(table.source, folder)
    if stores.scheme_of(address):
        rows, versions, where = stores.open_store(address)
        return Source(rows, where, versions=versions)
    embedded = warehouse.embedded_path(address)
    if embedded is None and "://" in address:
        rows, where, connection = warehouse.open_url(address, table)
        source = Source(rows, where)
        if connection.name != "pyspark":  # whose session belongs to the whole process
            weakref.finalize(source, connection.disconnect)
        return source
    table = table.model_copy(update={"source": str(embedded or address)})
    return _open_files(table, folder)


def _open_files(table: Table, folder: Path) -> Source:
    files, literal = locate(table.source, folder)
    where = str(files[0]) if len(files) == 1 else str(folder / table.source)
    for path in files:
        if path.stat().st_size == 0:
            raise PlaybookError(
                "this file is empty (0 bytes)", where=str(path), remedy="Export it again"
            )
    if len(files) == 1 and warehouse.is_database(files[0]):
        rows, where = warehouse.open_file(files[0], table)
        return Source(rows, where, files)
    texts = [path for path in files if not _is_parquet(path)]
    if not texts:
        _check_parquet(files[0])
        try:
            rows = engine.connect().read_parquet(literal)
        except duckdb.Error as error:
            raise _damaged(where) from error
        return Source(rows, where, files)
    if len(files) > 1 or texts[0].suffix.lower() in {".parquet", ".pq"}:
        raise PlaybookError(
            "this is not a Parquet file",
            where=str(texts[0]),
            remedy="Export it again, or name it .csv if it is text",
        )
    if files[0].suffix.lower() in ENDINGS:
        lines = JsonLines(files[0])
        return Source(lines.open(engine.connect(), literal[0]), where, files, lines=lines)
    csv = CsvFile(files[0], table)
    return Source(csv.open(engine.connect(), literal[0]), where, files, csv)


def locate(source: str, folder: Path) -> tuple[list[Path], list[str]]:
    """The files of `source`, and the same as DuckDB patterns that match only them.

    Raises
    ------
    PlaybookError
        There is none, or `source` leads out of the product's folder.
    """
    given = Path(source)
    path = given if given.is_absolute() else folder / given
    home = folder.resolve()
    if not given.is_absolute() and not path.resolve().is_relative_to(home):
        raise PlaybookError(
            f"the source '{source}' leads out of the product's folder",
            where=str(folder / "product.yaml"),
            remedy="Put the file into that folder, or give its absolute path",
        )
    if path.is_dir():
        files = sorted(path.rglob("*.parquet"))
    elif path.exists():
        files = [path]
    else:
        files = [Path(f) for f in sorted(glob.glob(str(path), recursive=True))]
        if not given.is_absolute():
            files = [f for f in files if f.resolve().is_relative_to(home)]
    if not files:
        near = path.parent if path.parent.is_dir() else folder
        known = [p.name for p in near.iterdir() if p.is_file()] if near.is_dir() else []
        raise PlaybookError(
            "there is no Parquet file in this folder" if path.is_dir() else "there is no such file",
            where=str(path),
            remedy=f"Correct 'source' in product.yaml. {did_you_mean(path.name, known)}",
        )
    return files, [glob.escape(str(f)) for f in files]


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _check_parquet(path: Path) -> None:
    from pyarrow import ArrowException
    from pyarrow.parquet import read_schema

    try:
        names = list(read_schema(path).names)
    except (ArrowException, OSError) as error:
        raise _damaged(str(path)) from error
    check_unique(names, str(path))


def _damaged(where: str) -> PlaybookError:
    return PlaybookError(
        "this Parquet file is damaged or cut short", where=where, remedy="Export it again"
    )
