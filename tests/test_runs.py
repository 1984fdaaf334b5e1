"""The run records: the same promises on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event, exc, make_url, text

from playbook import migrations
from playbook.answers import Answer
from playbook.errors import PlaybookError
from playbook.runs import Run, RunStore
from playbook.store import AnswerStore
from playbook.tables import METADATA, REVISIONS
from playbook.workspace import STORE_VARIABLE, Workspace
from postgres import PASSWORD, run_sql

STARTED = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


def done(product: str = "mortgage", playbook: str = "evaluation", **more: Any) -> Run:
    fields: dict[str, Any] = {
        "batch": "night 1",
        "outcome": "done",
        "key": "k1",
        "inputs": {"library": "1.0"},
        "started": STARTED,
        "seconds": 0.5,
        "host": "here",
        "record": {"verdict": "go"},
    }
    return Run(product, playbook, **(fields | more))


def failed(product: str = "mortgage", playbook: str = "evaluation", **more: Any) -> Run:
    fault = {"outcome": "failed", "key": "", "record": None, "error": "It broke.", "fault": "crash"}
    return done(product, playbook, **(fault | more))


@pytest.fixture
def store(store_url: str) -> Iterator[RunStore]:
    with RunStore(store_url) as store:
        yield store


# What is stored


def test_a_run_comes_back_as_it_was_appended_with_its_number(store: RunStore) -> None:
    started = datetime(2026, 11, 22, 1, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    given_run = done(started=started, inputs={"α": ["β", 1, None]}, record={"γ": {"δ": 0.1}})
    stored = store.append(given_run)
    assert stored.number == 1
    assert store.done("mortgage", "evaluation") == stored
    assert (stored.started, stored.started.tzinfo) == (started, UTC)
    assert (stored.inputs, stored.record) == (given_run.inputs, given_run.record)
    assert (stored.batch, stored.key, stored.seconds, stored.host) == ("night 1", "k1", 0.5, "here")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)  # fmt: skip


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=json_values)
def test_any_inputs_and_record_round_trip_exactly(store: RunStore, value: Any) -> None:
    stored = store.append(done(inputs={"x": value}, record={"x": value}))
    assert repr(stored.inputs) == repr(stored.record) == repr({"x": value})


def test_a_failed_run_keeps_its_sentence_whatever_it_quotes(store: RunStore) -> None:
    stored = store.append(
        failed(error="column 'a\x00\ud800b' is empty; DROP TABLE 'x'", host="h\x00")
    )
    assert stored.error == "column 'a\ufffd\ufffdb' is empty; DROP TABLE 'x'"
    assert (stored.host, stored.fault, stored.record) == ("h\ufffd", "crash", None)


def test_a_record_is_stored_small(store: RunStore, store_url: str) -> None:
    record = {"findings": [{"statement": "The same sentence again."}] * 1000}
    assert store.append(done(record=record)).record == record
    assert run_sql(store_url, "SELECT length(record) FROM run_record")[0][0] < 1000


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (done(product="a\x00b"), "product holds a character that no database keeps"),
        (done(key="\ud800"), "key holds a character that no database keeps"),
        (done(record={"x": float("nan")}), "not JSON values"),
        (done(inputs={"x": STARTED}), "not JSON values"),
        (done(record=None), "it is done without a record"),
        (failed(record={"a": 1}), "it is failed with a record"),
        (failed(record={}), "it is failed with a record"),
    ],
)
def test_a_run_that_cannot_be_stored_is_refused_in_one_sentence(
    store: RunStore, bad: Run, match: str
) -> None:
    with pytest.raises(PlaybookError, match=match):
        store.append(bad)
    assert store.newest() == {}


# What is found again


def test_newest_is_the_last_run_whatever_its_outcome_and_without_record(store: RunStore) -> None:
    store.append(done())
    last = store.append(failed())
    other = store.append(done(playbook="data_strategy"))
    found = store.newest()
    assert found.keys() == {("mortgage", "evaluation"), ("mortgage", "data_strategy")}
    assert found["mortgage", "evaluation"] == last
    light = found["mortgage", "data_strategy"]
    assert (light.number, light.key, light.inputs) == (other.number, other.key, other.inputs)
    assert light.record is None


def test_done_is_the_newest_done_run_or_the_newest_before_another(store: RunStore) -> None:
    assert store.done("mortgage", "evaluation") is None
    first = store.append(done(record={"n": 1}))
    store.append(failed())
    third = store.append(done(record={"n": 3}))
    store.append(done("churn", record={"n": 4}))
    store.append(failed())
    assert store.done("mortgage", "evaluation") == third
    assert store.done("mortgage", "evaluation", before=third.number) == first
    assert store.done("mortgage", "evaluation", before=first.number) is None
    assert store.done("mortgage", "ethics_review") is None


def test_standing_is_the_newest_done_run_of_each_with_its_record(store: RunStore) -> None:
    assert store.standing() == []
    mortgage = store.append(done("mortgage", record={"n": 1}))
    churn = store.append(done("churn", record={"n": 2}))
    store.append(failed("churn"))
    store.append(failed("idea"))
    newer = store.append(done("mortgage", record={"n": 5}))
    assert store.standing() == [churn, newer]
    assert store.standing(before=newer.number) == [churn, mortgage]
    assert store.standing(before=1) == []


names = st.sampled_from(["", "a", "a-b", "b", "Z", "é", "_"])
kinds = st.sampled_from(["done", "failed"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(st.tuples(names, names, kinds), max_size=12), before=st.integers(0, 40))
def test_the_walk_over_the_index_finds_what_a_scan_of_all_runs_finds(
    store: RunStore, history: list[tuple[str, str, str]], before: int
) -> None:
    for product, playbook, kind in history:
        store.append((done if kind == "done" else failed)(product, playbook))
    with store._database.reading() as connection:
        query = "SELECT number, product, playbook, outcome FROM run_record ORDER BY number"
        rows = connection.execute(text(query)).all()
    assert {pair: run.number for pair, run in store.newest().items()} == {
        (row.product, row.playbook): row.number for row in rows
    }
    for limit in (None, before):
        expected = {
            (row.product, row.playbook): row.number
            for row in rows
            if row.outcome == "done" and (limit is None or row.number < limit)
        }
        standing = store.standing(limit)
        assert {(run.product, run.playbook): run.number for run in standing} == expected
        assert [run.number for run in standing] == [expected[pair] for pair in sorted(expected)]


def test_each_question_is_one_query_that_reads_no_table_from_end_to_end(
    tmp_path: Path,
) -> None:
    with RunStore.in_folder(tmp_path) as store:
        asked: list[tuple[str, Any]] = []

        def note(*said: Any) -> None:
            if said[2] != "BEGIN":
                asked.append((said[2], said[3]))

        event.listen(store._database._engine, "before_cursor_execute", note)
        store.newest()
        store.standing()
        store.standing(5)
        store.done("mortgage", "evaluation", 5)
        assert len(asked) == 4
        with store._database.reading() as connection:
            for statement, values in list(asked):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                steps = [row.detail for row in plan]
                scanned = [s for s in steps if s.startswith("SCAN") and "run_record" in s]
                assert not scanned, steps


# Append-only, in the database itself

FORBIDDEN = {
    "sqlite": ["REPLACE INTO run_record SELECT * FROM run_record"],
    "postgresql": ["TRUNCATE run_record"],
}


def test_the_database_refuses_to_change_or_delete(store: RunStore, store_url: str) -> None:
    stored = store.append(done())
    everywhere = ["UPDATE run_record SET error = 'x'", "DELETE FROM run_record"]
    for statement in everywhere + FORBIDDEN[make_url(store_url).get_backend_name()]:
        with pytest.raises(exc.DBAPIError, match="runs are only appended"):
            run_sql(store_url, statement)
    assert store.done("mortgage", "evaluation") == stored


def test_the_database_refuses_outcomes_and_faults_it_does_not_know(
    store: RunStore, store_url: str
) -> None:
    for bad in ({"outcome": "perhaps"}, {"fault": "mine"}):
        with pytest.raises(PlaybookError, match="known"):
            store.append(failed(**bad))
    assert run_sql(store_url, "SELECT * FROM run_record") == []


# Many at once


def append_many(store: RunStore, writer: int, runs: int) -> list[int]:
    return [
        store.append(done(playbook=f"p{writer}", record={"n": n})).number or 0 for n in range(runs)
    ]


def append_from_a_process(url: str, writer: int, runs: int) -> list[int]:
    with RunStore(url) as store:
        return append_many(store, writer, runs)


def assert_nothing_lost(store: RunStore, got: list[list[int]], runs: int) -> None:
    assert all(numbers == sorted(numbers) for numbers in got)
    assert sorted(n for numbers in got for n in numbers) == list(range(1, len(got) * runs + 1))
    standing = {run.playbook: run for run in store.standing()}
    for writer, numbers in enumerate(got):
        assert standing[f"p{writer}"].number == numbers[-1]
        assert standing[f"p{writer}"].record == {"n": runs - 1}


def test_many_threads_on_one_store_lose_nothing(store: RunStore) -> None:
    with ThreadPoolExecutor(12) as pool:
        got = list(pool.map(lambda writer: append_many(store, writer, 5), range(12)))
    assert_nothing_lost(store, got, 5)


def test_many_processes_lose_nothing(store: RunStore, store_url: str) -> None:
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(append_from_a_process, store_url, w, 10) for w in range(3)]
        got = [future.result() for future in futures]
    assert_nothing_lost(store, got, 10)


# Opening and upgrading


def test_answers_stored_before_there_were_runs_survive_the_upgrade(store_url: str) -> None:
    address = make_url(store_url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address)
    with engine.begin() as connection:
        migrations.upgrade(connection, "0002")
        row = {"product": "m", "playbook": "p", "question": "q", "sheet": "team", "value": "1"}
        said = {"state": "answered", "respondent": "Ana", "role": "legal", "at": STARTED}
        connection.execute(sa.insert(REVISIONS).values(row | said))
    engine.dispose()
    with RunStore(store_url) as runs, AnswerStore(store_url) as answers:
        assert runs.append(done("m")).number == 1
        assert [(a.revision, a.value, a.by) for a in answers.history("m", "p", "q")] == [
            (1, 1, "Ana")
        ]
        again = answers.append("m", Answer(playbook="p", question="q", state="unknown"))
        assert again.revision == 2
    with pytest.raises(exc.DBAPIError, match="answers are only appended"):
        run_sql(store_url, "DELETE FROM answer_revision")


def test_the_migrations_make_exactly_the_tables_that_the_stores_use(
    store: RunStore, store_url: str
) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store._database.reading() as connection:
        options = {"version_table": migrations.VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_a_workspace_keeps_runs_beside_its_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    here = Workspace.create(tmp_path)
    assert here.runs.place == here.store.place == str(tmp_path / "playbook.db")
    here.runs.append(done())
    assert here.runs is here.runs
    monkeypatch.setenv(STORE_VARIABLE, postgres_url)
    there = Workspace.create(tmp_path)
    assert there.runs.newest() == {}
    assert there.runs.place == there.store.place
    assert PASSWORD not in repr(there.runs) + repr(vars(there.runs))
    for store in (here.runs, here.store, there.runs, there.store):
        store.close()
