"""The answer store: the same promises on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import exc, make_url

from playbook import migrations
from playbook.answers import Answer
from playbook.errors import PlaybookError
from playbook.store import AnswerStore, Conflict
from playbook.tables import METADATA, REVISIONS
from postgres import PASSWORD, PostgresServer, engine_of, run_sql


def answer(value: Any = "measured", question: str = "need", **more: Any) -> Answer:
    fields = {"playbook": "problem_definition", "state": "answered", "value": value} | more
    return Answer(question=question, **fields)


@pytest.fixture
def store(store_url: str) -> Iterator[AnswerStore]:
    with AnswerStore(store_url) as store:
        yield store


# What is stored


def test_an_answer_comes_back_as_it_was_given_with_its_revision(store: AnswerStore) -> None:
    given_at = datetime(2026, 3, 12, 10, 14, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    stored = store.append("mortgage", answer(by="Maria López", role="legal", at=given_at))
    assert stored.revision == 1
    assert store.answers("mortgage")["problem_definition.need"] == stored
    assert (stored.by, stored.role, stored.value) == ("Maria López", "legal", "measured")
    assert stored.at == given_at
    assert stored.at.tzinfo == UTC


@pytest.mark.parametrize("state", ["unknown", "not_applicable"])
def test_unknown_and_not_applicable_are_stored_with_their_reason(
    store: AnswerStore, state: Any
) -> None:
    store.append("mortgage", answer(None, state=state, reason="no user yet"))
    found = store.answers("mortgage")["problem_definition.need"]
    assert (found.state, found.value, found.reason) == (state, None, "no user yet")


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types all the way down (1 is not 1.0, 0.0 is not -0.0)."""
    return repr(left) == repr(right)


anything = st.text(st.characters(), max_size=30)
number = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = (
    anything
    | number
    | st.lists(anything, min_size=1, max_size=3)
    | st.fixed_dictionaries({"low": number, "likely": number, "high": number})
    | st.lists(st.dictionaries(anything, anything | number | st.booleans(), max_size=3), min_size=1)
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=values)
def test_any_value_round_trips_exactly(store: AnswerStore, value: Any) -> None:
    stored = store.append("mortgage", answer(value))
    assert same(stored.value, value)
    assert same(store.answers("mortgage")["problem_definition.need"].value, value)


@pytest.mark.parametrize(
    "value",
    [
        "\x00",
        "\ud800",
        "مرحبا \u202eabc",
        "🏦👩🏽‍💼",
        "a\r\n\tb\x1b\x7f",
        "'; DROP TABLE x; --",
        2**70,
    ],
    ids=["nul", "half", "right-to-left", "emoji", "control", "sql", "long number"],
)
def test_values_that_databases_find_hard_round_trip(store: AnswerStore, value: Any) -> None:
    store.append("mortgage", answer(value))
    assert same(store.answers("mortgage")["problem_definition.need"].value, value)


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"])
@pytest.mark.parametrize("field", ["by", "reason"])
def test_a_name_or_reason_no_database_keeps_is_refused_in_one_sentence(
    store: AnswerStore, field: str, bad: str
) -> None:
    with pytest.raises(PlaybookError, match=r"question 'need': the \w+ holds a character that no"):
        store.append("mortgage", answer(**{field: bad}))
    assert len(store.answers("mortgage")) == 0


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), {1, 2}, datetime.now(UTC)])
def test_a_value_that_is_not_json_is_refused(store: AnswerStore, bad: Any) -> None:
    with pytest.raises(PlaybookError, match="question 'need': this value cannot be stored"):
        store.append("mortgage", answer(bad))


def test_hostile_slugs_and_names_are_data_not_sql(store: AnswerStore) -> None:
    nasty = "x' OR '1'='1"
    store.append(nasty, answer("a"))
    assert len(store.answers("mortgage")) == 0
    assert len(store.answers(nasty)) == 1


# Revisions


def test_the_newest_answer_stands_and_every_one_stays_in_the_history(store: AnswerStore) -> None:
    for value in ("a", "b", "a"):
        store.append("mortgage", answer(value))
    assert store.answers("mortgage").value("problem_definition.need") == "a"
    history = store.history("mortgage", "problem_definition", "need")
    assert [(h.value, h.revision) for h in history] == [("a", 1), ("b", 2), ("a", 3)]


def test_saying_the_same_again_adds_no_revision(store: AnswerStore) -> None:
    first = store.append("mortgage", answer("a"))
    assert store.append("mortgage", answer("a", at=datetime.now(UTC))) == first
    assert len(store.history("mortgage", "problem_definition", "need")) == 1


@pytest.mark.parametrize(
    "change", [{"value": 1.0}, {"reason": "because"}, {"by": "Ann"}, {"role": "legal"}]
)
def test_any_difference_adds_a_revision(store: AnswerStore, change: dict[str, Any]) -> None:
    store.append("mortgage", answer(1))
    assert store.append("mortgage", answer(**({"value": 1} | change))).revision == 2


def test_as_of_shows_what_stood_then(store: AnswerStore) -> None:
    store.append("mortgage", answer("a"))
    store.append("mortgage", answer(7, question="other"))
    store.append("mortgage", answer("b"))
    assert store.as_of("mortgage", 2).value("problem_definition.need") == "a"
    assert store.as_of("mortgage", 1).get("problem_definition.other") is None
    assert store.as_of("mortgage", 3).revision == store.answers("mortgage").revision == 3
    assert len(store.as_of("mortgage", 0)) == 0


def test_products_and_sheets_are_apart(store: AnswerStore) -> None:
    store.append("mortgage", answer("a"))
    store.append("churn", answer("b"))
    store.append("mortgage", answer("c"), sheet="Maria")
    assert store.answers("mortgage").value("problem_definition.need") == "a"
    assert store.answers("churn").value("problem_definition.need") == "b"
    assert store.answers("mortgage", sheet="Maria").value("problem_definition.need") == "c"
    assert len(store.history("mortgage", "problem_definition", "need")) == 1


def test_answers_of_the_organisation_are_merged_into_every_product(store: AnswerStore) -> None:
    store.append("mortgage", answer("own"))
    store.append("", answer("shared"))
    store.append("", answer("everywhere", question="policy"))
    assert store.answers("mortgage").value("problem_definition.need") == "own"
    assert store.answers("mortgage").value("problem_definition.policy") == "everywhere"
    assert store.answers("churn").value("problem_definition.need") == "shared"
    assert store.as_of("churn", 1).get("problem_definition.need") is None
    assert [h.value for h in store.history("churn", "problem_definition", "policy")] == [
        "everywhere"
    ]


def test_append_all_adds_all_or_none(store: AnswerStore) -> None:
    good = answer("a")
    with pytest.raises(PlaybookError):
        store.append_all("mortgage", [good, answer("b", question="other", by="\x00")])
    assert len(store.answers("mortgage")) == 0
    stored = store.append_all(
        "mortgage", [good, answer("b", question="other")], organisation={"problem_definition.other"}
    )
    assert [s.revision for s in stored] == [1, 2]
    assert list(store.answers("churn")) == ["problem_definition.other"]


def test_append_all_keeps_none_where_the_database_refuses_one(store: AnswerStore) -> None:
    broken = answer("b", question="other").model_copy(update={"state": "perhaps"})
    with pytest.raises(PlaybookError, match="the stored answers cannot be read or written"):
        store.append_all("mortgage", [answer("a"), broken])
    assert len(store.answers("mortgage")) == 0


# Conflicts


def test_a_change_made_meanwhile_is_a_conflict_that_carries_it(store: AnswerStore) -> None:
    seen = store.append("mortgage", answer("a"))
    theirs = store.append("mortgage", answer("b", by="Maria Lopez", role="legal"))
    with pytest.raises(Conflict, match=r"Maria Lopez \(Legal\) changed this answer") as caught:
        store.append("mortgage", answer("c"), expected=seen.revision)
    assert caught.value.current == theirs
    assert store.answers("mortgage").value("problem_definition.need") == "b"


def test_expecting_what_stands_or_nothing_where_nothing_stands_is_no_conflict(
    store: AnswerStore,
) -> None:
    first = store.append("mortgage", answer("a"), expected=0)
    assert store.append("mortgage", answer("b"), expected=first.revision).revision == 2
    with pytest.raises(Conflict):
        store.append("mortgage", answer("c"), expected=0)


def test_expecting_an_answer_that_never_was_is_a_conflict_without_current(
    store: AnswerStore,
) -> None:
    with pytest.raises(Conflict, match="does not stand any more") as caught:
        store.append("mortgage", answer("a"), expected=9)
    assert caught.value.current is None


def test_an_edit_sent_twice_because_its_acknowledgement_was_lost_is_no_conflict(
    store: AnswerStore,
) -> None:
    seen = store.append("mortgage", answer("a"))
    saved = store.append("mortgage", answer("b"), expected=seen.revision)
    assert store.append("mortgage", answer("b"), expected=seen.revision) == saved


# Append-only, in the database itself


FORBIDDEN = {
    "sqlite": ["REPLACE INTO answer_revision SELECT * FROM answer_revision"],
    "postgresql": ["TRUNCATE answer_revision"],
}


def test_the_database_refuses_to_change_or_delete(store: AnswerStore, store_url: str) -> None:
    store.append("mortgage", answer(1))
    everywhere = ["UPDATE answer_revision SET value = '2'", "DELETE FROM answer_revision"]
    for statement in everywhere + FORBIDDEN[make_url(store_url).get_backend_name()]:
        with pytest.raises(exc.DBAPIError, match="answers are only appended"):
            run_sql(store_url, statement)
    assert store.answers("mortgage").value("problem_definition.need") == 1


def test_the_database_refuses_states_and_values_that_do_not_fit(
    store: AnswerStore, store_url: str
) -> None:
    insert = (
        "INSERT INTO answer_revision (product, playbook, question, sheet, state, value, "
        "respondent, role, at) VALUES ('m', 'p', 'q', 'team', {}, 'a', 'product', "
        "'2026-03-12 09:14:00')"
    )
    for bad in ("'perhaps', '1'", "'unknown', '1'", "'answered', NULL"):
        with pytest.raises(exc.IntegrityError):
            run_sql(store_url, insert.format(bad))
    run_sql(store_url, insert.format("'answered', '1'"))
    assert store.answers("m").value("p.q") == 1


# Many at once


def write_many(store: AnswerStore, writer: int, edits: int) -> list[int]:
    """Edits to one question shared by all writers and one of the writer's own."""
    revisions = []
    for edit in range(edits):
        for question in ("shared", f"own_{writer}"):
            stored = store.append("mortgage", answer([writer, edit], question=question))
            revisions.append(stored.revision or 0)
    return revisions


def write_many_from_a_process(url: str, writer: int, edits: int) -> list[int]:
    with AnswerStore(url) as store:
        return write_many(store, writer, edits)


def assert_nothing_lost(store: AnswerStore, writers: int, edits: int, got: list[list[int]]) -> None:
    assert all(revisions == sorted(revisions) for revisions in got)
    assert len({r for revisions in got for r in revisions}) == writers * edits * 2
    shared = [h.value for h in store.history("mortgage", "problem_definition", "shared")]
    assert len(shared) == writers * edits
    for writer in range(writers):
        assert [v for v in shared if v[0] == writer] == [[writer, e] for e in range(edits)]
        own = store.history("mortgage", "problem_definition", f"own_{writer}")
        assert [h.value[1] for h in own] == list(range(edits))


def test_many_threads_on_one_store_lose_nothing(store: AnswerStore) -> None:
    with ThreadPoolExecutor(20) as pool:
        got = list(pool.map(lambda writer: write_many(store, writer, 5), range(20)))
    assert_nothing_lost(store, 20, 5, got)


def test_many_processes_lose_nothing(store: AnswerStore, store_url: str) -> None:
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(write_many_from_a_process, store_url, w, 15) for w in range(3)]
        got = [future.result() for future in futures]
    assert_nothing_lost(store, 3, 15, got)


def test_of_two_who_expect_the_same_revision_exactly_one_wins(store: AnswerStore) -> None:
    seen = store.append("mortgage", answer("a")).revision

    def attempt(writer: int) -> bool:
        try:
            store.append("mortgage", answer(writer), expected=seen)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert len(store.history("mortgage", "problem_definition", "need")) == 2


def test_a_reader_who_asks_for_all_after_a_revision_never_misses_one(store: AnswerStore) -> None:
    """Revisions become visible in their order, whatever the writers' timing."""
    with ThreadPoolExecutor(6) as pool:
        writing = [pool.submit(write_many, store, writer, 10) for writer in range(6)]
        seen: dict[int, int] = {}
        while not all(future.done() for future in writing):
            now = store.answers("mortgage").revision
            seen[now] = len(store.as_of("mortgage", now))
        for future in writing:
            future.result()
    assert {r: len(store.as_of("mortgage", r)) for r in seen} == seen


# Opening, upgrading, refusing


def wait_for_all(barrier: Any) -> None:
    global _barrier
    _barrier = barrier


def open_at_the_same_time(url: str, writer: int) -> int:
    _barrier.wait(60)
    with AnswerStore(url) as store:
        return store.append("mortgage", answer(writer, question=f"own_{writer}")).revision or 0


def test_processes_that_create_a_store_at_the_same_time_all_succeed(store_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        4, context, initializer=wait_for_all, initargs=(context.Barrier(4),)
    ) as pool:
        futures = [pool.submit(open_at_the_same_time, store_url, writer) for writer in range(4)]
        assert sorted(future.result() for future in futures) == [1, 2, 3, 4]


def test_threads_that_create_stores_at_the_same_time_all_succeed(
    store_url: str, tmp_path: Path
) -> None:
    urls = [store_url, store_url, *(f"sqlite:///{tmp_path / name}.db" for name in "abc")]
    with ThreadPoolExecutor(len(urls)) as pool:
        assert list(pool.map(lambda url: open_and_count(url), urls)) == [0] * len(urls)


def open_and_count(url: str) -> int:
    with AnswerStore(url) as store:
        return len(store.answers("mortgage"))


def test_an_older_store_is_upgraded_on_opening(store_url: str) -> None:
    """As left by an upgrade that was interrupted before its first step."""
    run_sql(store_url, "CREATE TABLE playbook_version (version_num VARCHAR(32) NOT NULL)")
    assert open_and_count(store_url) == 0
    assert run_sql(store_url, "SELECT * FROM playbook_version") == [(migrations.CURRENT,)]


def test_answers_stored_by_the_first_version_survive_the_upgrade(store_url: str) -> None:
    engine = engine_of(store_url)
    with engine.begin() as connection:
        migrations.upgrade(connection, "0001")
        for number in (1, 2):
            row = {"value": str(number), "at": datetime(2026, 1, number, tzinfo=UTC)}
            columns = {"product": "m", "playbook": "p", "question": "q", "sheet": "team"}
            said = {"state": "answered", "respondent": "Ana", "role": "legal"}
            connection.execute(sa.insert(REVISIONS).values(columns | said | row))
    engine.dispose()
    with AnswerStore(store_url) as store:
        assert [(a.revision, a.value) for a in store.history("m", "p", "q")] == [(1, 1), (2, 2)]
        taken = store.append("m", Answer(playbook="p", question="q", state="open"))
        assert taken.revision == 3
        assert len(store.answers("m")) == 0
    for change in ("UPDATE answer_revision SET value = '9'", "DELETE FROM answer_revision"):
        with pytest.raises(sa.exc.DatabaseError, match="only appended"):
            run_sql(store_url, change)


def test_an_upgrade_that_fails_leaves_nothing_half_done(store_url: str) -> None:
    run_sql(store_url, "CREATE TABLE answer_revision (something_else INTEGER)")
    with pytest.raises(PlaybookError, match="already exists"):
        AnswerStore(store_url)
    run_sql(store_url, "DROP TABLE answer_revision")
    assert open_and_count(store_url) == 0


def test_a_store_made_by_a_newer_version_is_refused_with_the_remedy(store_url: str) -> None:
    assert open_and_count(store_url) == 0
    run_sql(store_url, "UPDATE playbook_version SET version_num = '9999'")
    with pytest.raises(PlaybookError, match=r"newer version .*schema 9999.* Upgrade the library"):
        AnswerStore(store_url)


def test_the_migrations_make_exactly_the_table_that_the_store_uses(
    store: AnswerStore, store_url: str
) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = engine_of(store_url)
    with engine.connect() as connection:
        options = {"version_table": migrations.VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_opening_a_current_store_does_not_import_alembic(store_url: str) -> None:
    assert open_and_count(store_url) == 0
    code = (
        "import sys; from playbook.store import AnswerStore; AnswerStore(sys.argv[1]).close(); "
        "assert 'alembic' not in sys.modules and 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code, store_url], check=True)


def test_a_forked_process_uses_connections_of_its_own(store: AnswerStore, store_url: str) -> None:
    code = """if True:
        import os, sys
        from playbook.answers import Answer
        from playbook.store import AnswerStore
        store = AnswerStore(sys.argv[1])
        def edit(value):
            store.append("m", Answer(playbook="p", question="q", state="answered", value=value))
        edit("parent")
        child = os.fork()
        for number in range(20):
            edit(f"{'parent' if child else 'child'} {number}")
        if not child:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert len(store.history("m", "p", "q")) == 41
        store.close()
    """
    subprocess.run([sys.executable, "-c", code, store_url], check=True)


# SQLite's own


def test_a_workspace_keeps_its_answers_in_playbook_db(tmp_path: Path) -> None:
    folder = tmp_path / "wörk #1?x=%41"
    folder.mkdir()
    with AnswerStore.in_folder(folder) as store:
        store.append("mortgage", answer())
    with sqlite3.connect(folder / "playbook.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("SELECT count(*) FROM answer_revision").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize(
    ("content", "match"),
    [(b"no database at all" * 100, "not a database"), (None, "unable to open")],
)
def test_a_file_that_is_no_store_is_one_sentence(
    tmp_path: Path, content: bytes | None, match: str
) -> None:
    folder = tmp_path / "workspace"
    if content:
        folder.mkdir()
        (folder / "playbook.db").write_bytes(content)
    with pytest.raises(PlaybookError, match=rf"playbook\.db: .*{match}.*Check that the folder"):
        AnswerStore.in_folder(folder)


def test_a_file_kept_locked_is_one_sentence_and_the_store_works_again_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playbook.database.PATIENCE", 0.2)
    with AnswerStore.in_folder(tmp_path) as store:
        store.append("mortgage", answer("a"))
        other = sqlite3.connect(tmp_path / "playbook.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(PlaybookError, match=r"locked.*no other program keeps the file locked"):
            store.append("mortgage", answer("b"))
        assert store.answers("mortgage").value("problem_definition.need") == "a"
        other.close()
        assert store.append("mortgage", answer("b")).revision == 2


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "playbook.db").touch()
    with AnswerStore.in_folder(tmp_path) as store:
        assert store.append("mortgage", answer()).revision == 1


# Addresses and secrets


def failure(url: str) -> str:
    """Everything a user could see of the failure."""
    with pytest.raises(PlaybookError) as caught:
        AnswerStore(url)
    return "".join(traceback.format_exception(caught.value)) + repr(caught.value)


def test_a_wrong_password_is_one_sentence_that_hides_it(postgres_server: PostgresServer) -> None:
    seen = failure(postgres_server.url(password="hunter2"))
    assert "password authentication failed" in seen
    assert "hunter2" not in seen


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hunter2@127.0.0.1:1/answers",
        "postgresql+psycopg://127.0.0.1:1/answers?user=ann&password=hunter2",
        "postgresql://ann:hunter2@127.0.0.1/answers?unheard_of=hunter2",
        "postgresql://ann:5432:hunter2@127.0.0.1:port/answers",
        "mysql://ann:hunter2@127.0.0.1/answers",
        "postgresql+asyncpg://ann:hunter2@127.0.0.1/answers",
        "sqlite://ann:hunter2@/",
        "hunter2",
    ],
)
def test_no_failure_shows_the_password(url: str) -> None:
    assert "hunter2" not in failure(url)


def test_an_unreachable_server_is_named_with_the_remedy() -> None:
    seen = failure("postgresql://ann:hunter2@127.0.0.1:1/answers")
    assert "PostgreSQL at 127.0.0.1:1/answers: the stored answers cannot be read or written" in seen
    assert "Check that the server runs" in seen


def test_a_store_does_not_show_its_password(postgres_url: str) -> None:
    with AnswerStore(postgres_url) as store:
        assert PASSWORD not in repr(store) + repr(vars(store)) + repr(vars(store._database))


def test_a_missing_driver_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError('no pq wrapper available')")
    code = f"""if True:
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from playbook.store import AnswerStore
        AnswerStore("postgresql://ann:hunter2@127.0.0.1/answers")
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "the driver for PostgreSQL is not installed" in done.stderr
    assert "pip install 'ai-product-playbook[postgres]'" in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused_because_threads_would_not_share_it(url: str) -> None:
    assert "names no file" in failure(url)
