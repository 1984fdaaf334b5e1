"""A real PostgreSQL server for tests, started once per session from the system's own binaries."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, make_url, text

USER, PASSWORD = "playbook", "correct horse/battery@staple"
START_WITHIN = 60  # seconds


@dataclass
class PostgresServer:
    """A running server that listens on a Unix socket and asks for a password."""

    folder: Path
    binaries: Path
    account: pwd.struct_passwd | None
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        """URL as a person writes it: ``postgresql://user:password@/database?host=…``."""
        address = URL.create(
            "postgresql", USER, password, database=database, query={"host": str(self.folder)}
        )
        return address.render_as_string(hide_password=False)

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the owner, outside the library under test."""
        import psycopg

        with psycopg.connect(
            host=str(self.folder), user=USER, password=PASSWORD, dbname=database, autocommit=True
        ) as connection:
            connection.execute(statement)

    def start(self) -> None:
        self._make_cluster()
        settings = {"unix_socket_directories": self.folder, "listen_addresses": "", "fsync": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.data, *options],
                stdout=log, stderr=log, **self._identity(),
            )  # fmt: skip
        self._wait_until_ready()

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGINT)  # "fast": ends sessions, then itself
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(20)
        shutil.rmtree(self.folder)

    def _make_cluster(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if self.account:
            for path in (self.folder, secret):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        done = subprocess.run(
            [
                self.binaries / "initdb", "-D", self.data, "-U", USER, "-A", "scram-sha-256",
                "--pwfile", secret, "-E", "UTF8", "--locale=C", "--no-sync",
            ],
            capture_output=True, text=True, **self._identity(),
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr.strip()}")

    def _wait_until_ready(self) -> None:
        import psycopg

        assert self.process
        give_up = time.monotonic() + START_WITHIN
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError(f"postgres did not start: {self.log.read_text()}") from None
                time.sleep(0.05)

    def _identity(self) -> dict[str, object]:
        """Neither the server nor initdb runs as root."""
        common: dict[str, object] = {"cwd": self.folder}
        if not self.account:
            return common
        ids = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return common | ids


def find_binaries() -> Path:
    """Folder of the newest PostgreSQL server installed."""
    packaged = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3])
    )
    found = packaged[-1] if packaged else shutil.which("initdb")
    if not found:
        raise RuntimeError(
            "These tests start a real PostgreSQL server, which is not installed. "
            "Install it: apt-get install postgresql"
        )
    return Path(found).resolve().parent


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    # A short path outside pytest's own: a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = PostgresServer(folder, find_binaries(), _account())
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """URL of an empty database of its own."""
    return postgres_server.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database: each test that asks for it runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'playbook.db'}"
    return request.getfixturevalue("postgres_url")


def engine_of(url: str) -> Any:
    """Connections of a test's own to either database, past the library under test."""
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    return create_engine(address)


def run_sql(url: str, statement: str) -> list[Any]:
    """One statement, past the library under test, and the rows that it returns."""
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return list(result) if result.returns_rows else []
    finally:
        engine.dispose()
