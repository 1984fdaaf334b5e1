"""Open SQLite or PostgreSQL: current shape, safe for many threads, errors in plain words."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import uniform
from typing import Any
from weakref import WeakSet

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Pool,
    PoolProxiedConnection,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from playbook import migrations
from playbook.errors import PlaybookError

PATIENCE = 10  # seconds that a writer waits for others, or a client for the server
_WRITERS = 0x706C6179  # PostgreSQL's advisory lock that writers and upgrades of one store share

_WRITE_ADDRESS = "Write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
_CHECK_FILE = (
    "Check that the folder exists, may be written to and has free space, and that no other program "
    "keeps the file locked"
)
_CHECK_SERVER = "Check that the server runs and that address, user and password are right"

_engines: WeakSet[Engine] = WeakSet()
_inherited: list[Pool] = []


class Database:
    """One database, created or upgraded to the current shape on opening.

    Parameters
    ----------
    url
        ``sqlite:///path`` or ``postgresql://user:password@host/database`` (driver psycopg 3).

    Raises
    ------
    PlaybookError
        The URL is of another kind, the driver is missing, the database cannot be reached or
        written, or it was made by a newer version. No message ever holds a password.
    """

    def __init__(self, url: str | URL) -> None:
        address = _address(url)
        self.place = _place(address)
        self.is_sqlite = address.get_backend_name() == "sqlite"
        self._engine = _engine(address)
        self._writer = self._engine.execution_options(writes=True)
        _engines.add(self._engine)
        try:
            self._bring_up_to_date()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read through; sees one consistent state per statement."""
        with self._plain_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, committed at the end of the block; nothing is kept where it raises.

        Writers take turns on both databases. Numbers that count up therefore follow the order of
        the commits, so that "all after 41" never misses one that was slower to commit.
        """
        with self._plain_errors(), self._writer.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITERS})
            yield connection

    def close(self) -> None:
        """Close every connection; a later use opens new ones."""
        self._engine.dispose()

    def _bring_up_to_date(self) -> None:
        with self.reading() as connection:
            if self._is_current(connection):
                return
        if self.is_sqlite:
            with self._plain_errors():
                self._write_ahead()
        with self.writing() as connection:
            # Another process may have been faster while this one waited for its turn.
            if not self._is_current(connection):
                migrations.upgrade(connection)

    def _is_current(self, connection: Connection) -> bool:
        version = migrations.stored_version(connection)
        if version > migrations.CURRENT:
            raise PlaybookError(
                f"these answers were stored by a newer version of this library (schema {version}, "
                f"known up to {migrations.CURRENT})",
                where=self.place,
                remedy="Upgrade the library: pip install --upgrade ai-product-playbook",
            )
        return version == migrations.CURRENT

    def _write_ahead(self) -> None:
        """Let readers and one writer work at once; the file remembers it."""
        connection = self._engine.raw_connection()
        try:
            _patiently(connection, "PRAGMA journal_mode=WAL")
        finally:
            connection.close()

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            detail = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
            for secret in _secrets(self._engine.url):
                detail = detail.replace(secret, "***")
            raise PlaybookError(
                f"the stored answers cannot be read or written ({detail.rstrip('.')})",
                where=self.place,
                remedy=_CHECK_FILE if self.is_sqlite else _CHECK_SERVER,
            ) from None


def _address(url: str | URL) -> URL:
    # The text of a wrong address may be a password: it is never repeated.
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise PlaybookError(
            "the address of the answer store is not a URL", remedy=_WRITE_ADDRESS
        ) from None
    if address.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return address.set(drivername="postgresql+psycopg")
    if address.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise PlaybookError(
            f"answers cannot be stored in '{address.drivername}'", remedy=_WRITE_ADDRESS
        )
    if address.database in {None, "", ":memory:"}:
        raise PlaybookError("the address of the answer store names no file", remedy=_WRITE_ADDRESS)
    return address


def _engine(address: URL) -> Engine:
    if address.get_backend_name() == "sqlite":
        # No limit: a thread that waited for a connection would wait without taking turns.
        engine = create_engine(address, max_overflow=-1)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(
            address,
            # A server restarted, or a laptop that slept, costs a new connection and no error.
            pool_pre_ping=True,
            # Each statement must see what was committed while it waited for its turn.
            isolation_level="READ COMMITTED",
            connect_args={"connect_timeout": PATIENCE, "client_encoding": "utf8"},
        )
    except (ImportError, NoSuchModuleError):
        raise PlaybookError(
            "the driver for PostgreSQL is not installed",
            where=_place(address),
            remedy="Install it: pip install 'ai-product-playbook[postgres]'",
        ) from None


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by sqlite3
    connection.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another one wrote between;
    # one that announces its writing waits for its turn.
    if connection.get_execution_options().get("writes"):
        _patiently(connection.connection, "BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def _patiently(connection: PoolProxiedConnection, statement: str) -> None:
    """Run `statement` as soon as no other writer is at work.

    SQLite's own busy timeout sleeps ever longer (up to 0.1 s), so that whoever came late overtakes
    whoever waits, and does not wait at all for a change to WAL. Short naps give all the same
    chance.
    """
    cursor = connection.cursor()
    give_up = time.monotonic() + PATIENCE
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                cursor.execute(statement)
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > give_up:
                    raise
                time.sleep(uniform(0.001, 0.005))
    finally:
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
        cursor.close()


def _place(address: URL) -> str:
    if address.get_backend_name() == "sqlite":
        return str(address.database)
    host = address.host or address.query.get("host") or "local"
    return f"PostgreSQL at {host}{f':{address.port}' if address.port else ''}/{address.database}"


def _secrets(address: URL) -> list[str]:
    found = [address.password, *(v for k, v in address.query.items() if "password" in k)]
    return [str(secret) for secret in found if secret]


def _leave_connections_to_the_parent() -> None:
    """A forked process must neither use nor close what its parent has open."""
    for engine in list(_engines):
        _inherited.append(engine.pool)
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_connections_to_the_parent)
