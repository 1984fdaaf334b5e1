"""Does the newest of many jobs, on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread


class Newest:
    """Runs jobs one at a time; one that waits is replaced by the next, so that none piles up."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next: Callable[[], None] | None = None
        self._busy = False

    def do(self, job: Callable[[], None]) -> None:
        """Run `job` as soon as the one at work has ended, unless a newer one comes before."""
        with self._lock:
            self._next = job
            if self._busy:
                return
            self._busy = True
        Thread(target=self._work, name="playbook-newest", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                job, self._next = self._next, None
                if job is None:
                    self._busy = False
                    return
            job()
