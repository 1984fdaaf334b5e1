"""Where tables come from: databases and object stores give what the same file gives."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import duckdb
import pandas as pd
import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from make_decisions import LOANS, from_frame, people, product
from playbook.errors import PlaybookError
from playbook.evidence.counts import count
from playbook.evidence.quality import audit
from playbook.evidence.tables import Decisions, open_decisions
from playbook.evidence.warehouse import without_secrets


def opened(folder: Path, source: str, **table: object) -> Decisions:
    return open_decisions(product(folder, source, **{**LOANS, **table}))


def frame_of(decisions: Decisions) -> pd.DataFrame:
    return count(decisions, by=["race", "region"], scores=True).frame


def sqlalchemy_url(url: str) -> sqlalchemy.URL:
    return make_url(url).set(drivername="postgresql+psycopg")


@pytest.fixture
def table() -> pd.DataFrame:
    return people(400, distinct=50)


@pytest.fixture
def expected(tmp_path: Path, table: pd.DataFrame) -> pd.DataFrame:
    folder = tmp_path / "plain"
    folder.mkdir()
    return frame_of(from_frame(folder, table, **LOANS))


@pytest.fixture
def duckdb_file(tmp_path: Path, table: pd.DataFrame) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("given", table)
        connection.execute("CREATE SCHEMA lending; CREATE TABLE lending.loans AS FROM given")
        connection.execute("CREATE TABLE other AS SELECT 1 AS one; CREATE TABLE more AS SELECT 2")
    return path


@pytest.fixture
def sqlite_file(tmp_path: Path, table: pd.DataFrame) -> Path:
    path = tmp_path / "loans.db"
    connection = sqlite3.connect(path)
    table.to_sql("loans", connection, index=False)
    connection.close()
    return path


@pytest.mark.parametrize("source", ["warehouse.duckdb", "duckdb://warehouse.duckdb"])
def test_a_duckdb_file_is_a_table(
    tmp_path: Path, duckdb_file: Path, expected: pd.DataFrame, source: str
) -> None:
    before = duckdb_file.read_bytes()
    decisions = opened(tmp_path, source, table="lending.loans")
    pd.testing.assert_frame_equal(frame_of(decisions), expected)
    assert decisions.where.endswith("warehouse.duckdb, table loans")
    assert duckdb_file.read_bytes() == before


@pytest.mark.parametrize("source", ["loans.db", "sqlite://loans.db"])
def test_the_only_table_of_a_sqlite_file_needs_no_name(
    tmp_path: Path, sqlite_file: Path, expected: pd.DataFrame, source: str
) -> None:
    before = sqlite_file.read_bytes()
    decisions = opened(tmp_path, source)
    pd.testing.assert_frame_equal(frame_of(decisions), expected)
    assert audit(decisions).n == 400
    assert sqlite_file.read_bytes() == before


def test_a_postgresql_table_is_a_table(
    tmp_path: Path,
    postgres_url: str,
    table: pd.DataFrame,
    expected: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = sqlalchemy.create_engine(sqlalchemy_url(postgres_url))
    table.to_sql("loans", engine, index=False)
    engine.dispose()
    url = make_url(postgres_url)
    monkeypatch.setenv("LOANS_PASSWORD", str(url.password))
    options = f"host={url.query['host']}"
    address = f"postgres://{url.username}:${{LOANS_PASSWORD}}@/{url.database}?{options}"
    decisions = opened(tmp_path, address, table="loans")
    pd.testing.assert_frame_equal(frame_of(decisions), expected, check_dtype=False)
    assert decisions.where == f"postgres:///{url.database}, table loans"
    monkeypatch.setenv(
        "LOANS", address.replace("${LOANS_PASSWORD}", quote(str(url.password), safe=""))
    )
    assert opened(tmp_path, "${LOANS}", table="loans").n == 400
    first = decisions.fingerprint
    assert opened(tmp_path, address, table="loans").fingerprint == first
    engine = sqlalchemy.create_engine(sqlalchemy_url(postgres_url))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE loans SET score = 0.99 WHERE ctid = '(0,1)'"))
    engine.dispose()
    assert opened(tmp_path, address, table="loans").fingerprint != first


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A real server that speaks S3."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    yield
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("source", ["s3://lake/loans/*.parquet", "s3://lake/loans"])
def test_parquet_in_an_object_store_is_a_table(
    tmp_path: Path, store: None, table: pd.DataFrame, expected: pd.DataFrame, source: str
) -> None:
    import s3fs

    files = s3fs.S3FileSystem()
    files.makedirs("lake", exist_ok=True)
    for i, part in enumerate((table[:150], table[150:])):
        part.to_parquet(tmp_path / "part.parquet", index=False)
        files.put(str(tmp_path / "part.parquet"), f"lake/loans/{i}.parquet")
    decisions = opened(tmp_path, source)
    pd.testing.assert_frame_equal(frame_of(decisions), expected)
    assert decisions.fingerprint == opened(tmp_path, source).fingerprint
    with pytest.raises(PlaybookError, match="no Parquet file here"):
        opened(tmp_path, "s3://lake/nothing/*.parquet")


def test_a_store_that_does_not_answer_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(PlaybookError, match="store does not answer") as caught:
        opened(tmp_path, "s3://lake/loans/*.parquet")
    assert "very-secret" not in str(caught.value)


def test_a_table_that_is_not_there_is_named_with_the_nearest(
    tmp_path: Path, duckdb_file: Path
) -> None:
    with pytest.raises(PlaybookError, match="no table 'othr'") as caught:
        opened(tmp_path, "warehouse.duckdb", table="othr")
    assert "Did you mean 'other'?" in str(caught.value)


def test_of_several_tables_one_must_be_named(tmp_path: Path, duckdb_file: Path) -> None:
    with pytest.raises(PlaybookError, match="does not say which table") as caught:
        opened(tmp_path, "warehouse.duckdb")
    assert "more, other" in str(caught.value)


def test_a_table_name_is_only_a_name(tmp_path: Path, duckdb_file: Path) -> None:
    with pytest.raises(PlaybookError, match="there is no table"):
        opened(tmp_path, "warehouse.duckdb", table='other"; DROP TABLE other; --')
    with duckdb.connect(str(duckdb_file), read_only=True) as connection:
        assert connection.execute("SELECT one FROM other").fetchall() == [(1,)]


def test_a_damaged_database_is_told_in_one_sentence(tmp_path: Path, duckdb_file: Path) -> None:
    duckdb_file.write_bytes(duckdb_file.read_bytes()[:2_000])
    with pytest.raises(PlaybookError, match="this database cannot be opened"):
        opened(tmp_path, "warehouse.duckdb", table="lending.loans")


def test_nobody_answering_and_unset_variables_tell_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    with pytest.raises(PlaybookError, match="cannot be opened") as caught:
        opened(tmp_path, "postgres://ada:${SECRET}@127.0.0.1:9/loans", table="loans")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    monkeypatch.delenv("SECRET")
    with pytest.raises(PlaybookError, match="no variable SECRET"):
        opened(tmp_path, "postgres://ada:${SECRET}@127.0.0.1:9/loans", table="loans")


def test_what_is_shown_of_a_url_holds_no_secret() -> None:
    url = "snowflake://ada:p%40ss@account/db/schema?warehouse=w&token=abc"
    assert without_secrets(url) == "snowflake://account/db/schema"


def test_the_engine_keeps_to_the_memory_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: pd.DataFrame
) -> None:
    monkeypatch.setenv("PLAYBOOK_MEMORY", "300MB")
    decisions = from_frame(tmp_path, table, **LOANS)
    backend = decisions.rows.get_backend()
    assert backend.raw_sql("SELECT current_setting('memory_limit')").fetchall() == [("286.1 MiB",)]
    monkeypatch.setenv("PLAYBOOK_MEMORY", "a lot")
    with pytest.raises(PlaybookError, match="not an amount of memory"):
        from_frame(tmp_path, table, **LOANS)
