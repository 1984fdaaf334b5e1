"""Thirty people at once: nothing lost, order kept, no lock error, on SQLite and on PostgreSQL.

How long a save takes is measured by ``make bench``, not here.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import pairwise

import pytest

from playbook.answers import Answer
from playbook.store import AnswerStore, Conflict

PROCESSES, THREADS, EDITS = 5, 6, 40
WRITERS = PROCESSES * THREADS
PLAYBOOK = "workshop"


def answer(question: str, value: object, writer: int) -> Answer:
    return Answer(
        playbook=PLAYBOOK, question=question, state="answered", value=value, by=f"Person {writer}"
    )


def write(store: AnswerStore, writer: int) -> list[int]:
    """Edits: of the writer's own sheet, of an own question and of one all share."""
    got: list[int] = []
    for edit in range(EDITS):
        sheet, question = [(f"person:{writer}", "same"), ("team", f"own_{writer}"),
                           ("team", "shared")][edit % 3]  # fmt: skip
        done = store.append("p", answer(question, [writer, edit], writer), sheet=sheet)
        assert done.revision
        got.append(done.revision)
        if edit % 10 == 0:  # a read between, which sees at least what was just written
            newest = store.answers("p", sheet)
            assert newest.revision >= done.revision
            assert newest[f"{PLAYBOOK}.{question}"].revision >= done.revision
    return got


def write_from_a_process(url: str, first: int) -> list[list[int]]:
    """Six people of one server: threads that share a store, as the sessions of a kernel do."""
    with AnswerStore(url) as store, ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda writer: write(store, writer), range(first, first + THREADS)))


@pytest.fixture
def revisions(store_url: str) -> list[list[int]]:
    """What each of thirty writers was told, all of whom wrote at the same time."""
    AnswerStore(store_url).close()
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        firsts = range(0, WRITERS, THREADS)
        jobs = [pool.submit(write_from_a_process, store_url, first) for first in firsts]
        return [told for job in jobs for told in job.result()]


def test_thirty_writers_lose_nothing_and_keep_their_order(
    store_url: str, revisions: list[list[int]]
) -> None:
    assert len(revisions) == WRITERS
    for told in revisions:  # what a writer writes later counts as later
        assert len(told) == EDITS
        assert all(earlier < later for earlier, later in pairwise(told))
    assert len({revision for told in revisions for revision in told}) == WRITERS * EDITS

    with AnswerStore(store_url) as store:
        shared = store.history("p", PLAYBOOK, "shared")
        assert len(shared) == WRITERS * len(range(2, EDITS, 3))
        for writer, told in enumerate(revisions):
            stored = {
                "person": store.history("p", PLAYBOOK, "same", f"person:{writer}"),
                "own": store.history("p", PLAYBOOK, f"own_{writer}"),
                "shared": [a for a in shared if a.value[0] == writer],
            }
            for start, answers in enumerate(stored.values()):
                assert [a.value for a in answers] == [
                    [writer, edit] for edit in range(start, EDITS, 3)
                ]
                assert [a.revision for a in answers] == told[start::3]
                assert {a.by for a in answers} == {f"Person {writer}"}


def compete(url: str, writer: int) -> int:
    """Count one number up as others do: what another did meanwhile is seen, never overwritten."""
    conflicts = 0
    with AnswerStore(url) as store:
        for _ in range(4):
            while True:
                now = store.answers("p").get(f"{PLAYBOOK}.count")
                seen = now.revision if now else 0
                more = answer("count", [(now.value[0] if now else 0) + 1, writer], writer)
                try:
                    store.append("p", more, expected=seen)
                    break
                except Conflict:
                    conflicts += 1
    return conflicts


def test_writers_who_expect_a_revision_never_overwrite_each_other(store_url: str) -> None:
    AnswerStore(store_url).close()
    with ThreadPoolExecutor(WRITERS) as pool:
        conflicts = list(pool.map(lambda writer: compete(store_url, writer), range(WRITERS)))
    with AnswerStore(store_url) as store:
        counted = store.history("p", PLAYBOOK, "count")
    assert [a.value[0] for a in counted] == list(range(1, WRITERS * 4 + 1))
    assert sum(conflicts) > 0
