"""Open a table of a database: a DuckDB or SQLite file, or whatever Ibis can connect to."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import warnings
import weakref
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import ibis
import ibis.expr.types as ir

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence import engine
from playbook.product import Table

SQLITE_MAGIC = b"SQLite format 3\x00"
DUCKDB_MAGIC = b"DUCK"
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_EMBEDDED = {"duckdb", "sqlite"}
_BATCH = 100_000


def is_database(path: Path) -> bool:
    """Whether the file is a DuckDB or SQLite database, by its first bytes."""
    return _is_sqlite(path) or _is_duckdb(path)


def open_file(path: Path, table: Table) -> tuple[ir.Table, str]:
    """The table of a database file, and how errors name it. The file is never written to.

    SQLite knows no quantiles, hashes or numbers that are not numbers: its table is copied once,
    in batches, into a temporary DuckDB file that goes with the connection.

    Raises
    ------
    PlaybookError
        The database cannot be opened or has no such table.
    """
    where = str(path)
    if _is_duckdb(path):
        connection = _connected(lambda: engine.connect(path), where)
        return _table(connection, table, where)
    source = _connected(lambda: ibis.sqlite.connect(path), where)
    try:
        rows, where = _table(source, table, where)
        return _copied(rows), where
    finally:
        source.disconnect()


def open_url(url: str, table: Table) -> tuple[ir.Table, str, Any]:
    """The table behind an Ibis connection URL, how errors name it, and the connection.

    Raises
    ------
    PlaybookError
        The driver is not installed, nobody answers, or there is no such table. No password is
        ever part of the message.
    """
    where = without_secrets(url)
    connection = _connected(lambda: ibis.connect(url), where)
    if connection.name == "pyspark":
        # At each query Spark says which pandas it was made for: nothing a reader could act upon.
        warnings.filterwarnings("ignore", module="pyspark")
    rows, where = _table(connection, table, where)
    return rows, where, connection


def embedded_path(source: str) -> Path | None:
    """The file behind ``duckdb://…`` or ``sqlite://…``; None for other URLs.

    >>> embedded_path("duckdb://data/loans.duckdb"), embedded_path("postgres://host/loans")
    (PosixPath('data/loans.duckdb'), None)
    """
    parts = urlsplit(source)
    if parts.scheme not in _EMBEDDED:
        return None
    return Path(unquote(parts.netloc + parts.path))


def without_secrets(url: str) -> str:
    """`url` without user, password and options: what an error or a report may show.

    >>> without_secrets("postgres://ada:secret@db.example:5432/loans?sslkey=x")
    'postgres://db.example:5432/loans'
    """
    scheme, _, rest = url.partition("://")
    # The last @, as a password typed carelessly may hold others.
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


def expanded(source: str, folder: Path) -> str:
    """`source` with each ``${NAME}`` replaced from the environment, as a URL wants it written.

    Raises
    ------
    PlaybookError
        The environment has no such variable.
    """
    whole = _VARIABLE.fullmatch(source)

    def value(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise PlaybookError(
                f"the environment has no variable {found[1]}, which 'source' asks for",
                where=str(folder / "product.yaml"),
                remedy=f"Set it before starting, such as: export {found[1]}=…",
            )
        given = os.environ[found[1]]
        return given if whole else quote(given, safe="")

    return _VARIABLE.sub(value, source)


def _connected(connect: Any, where: str) -> Any:
    try:
        with warnings.catch_warnings():  # of what drivers will do some day, nobody here can judge
            warnings.simplefilter("ignore")
            return connect()
    except PlaybookError:
        raise
    except ImportError as error:
        raise PlaybookError(
            "this database needs a driver that is not installed",
            where=where,
            remedy=f"Install it: pip install 'ibis-framework[{urlsplit(where).scheme}]'",
        ) from error
    except Exception as error:  # every driver raises its own
        # The driver's words may hold the password: only its kind of fault is told.
        raise PlaybookError(
            f"this database cannot be opened ({type(error).__name__})",
            where=where,
            remedy="Check address, user, password and that it is running, or that the file is "
            "whole and nobody else is writing to it",
        ) from None


def _table(connection: Any, table: Table, where: str) -> tuple[ir.Table, str]:
    schema, _, name = (table.table or "").rpartition(".")
    known = _names(connection, schema)
    if not name and len(known) == 1:
        name = known[0]
    if name not in known:
        listed = ", ".join(sorted(known)[:12]) or "none"
        raise PlaybookError(
            f"there is no table '{table.table}'"
            if name
            else "product.yaml does not say which table of this database to read",
            where=where,
            remedy=f"Write one of them as 'table:' in product.yaml: {listed}. "
            f"{did_you_mean(name, known) if name else ''}".strip(),
        )
    return connection.table(name, database=schema or None), f"{where}, table {name}"


def _names(connection: Any, schema: str) -> list[str]:
    if connection.name != "duckdb":
        return list(connection.list_tables(database=schema or None))
    # Ibis 12 asks DuckDB 2 for its list by a method that is gone.
    tables = connection.table("tables", database="information_schema")
    found = tables.filter(tables["table_schema"] == (schema or "main"))
    return list(found.execute()["table_name"])


def _copied(rows: ir.Table) -> ir.Table:
    """The same table in DuckDB, out of core."""
    folder = Path(tempfile.mkdtemp(prefix="playbook-"))
    connection = engine.connect()
    weakref.finalize(connection, shutil.rmtree, folder, ignore_errors=True)
    from pyarrow.parquet import ParquetWriter

    target = folder / "table.parquet"
    batches = rows.to_pyarrow_batches(chunk_size=_BATCH)
    with ParquetWriter(target, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return connection.read_parquet(str(target))


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == SQLITE_MAGIC


def _is_duckdb(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == DUCKDB_MAGIC
