"""Which answers and policy a piece of work has read, so that it is done again when they change.

Whoever reads an answer notes its key; whoever wants to know opens a `recording`. Recordings nest:
what the inner one saw, the outer one has seen too. What a whole notebook reads, a `Watcher` sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from weakref import WeakSet

EVERYTHING = "*"
"""Noted by whoever goes through all answers."""
POLICY = "policy/"
"""How the keys of policy entries begin."""
_open: ContextVar[set[str] | None] = ContextVar("reads", default=None)


class Watcher:
    """Sees all that this process reads, in every thread, from now on until it is given up."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        _watchers.add(self)

    def answers(self) -> list[str]:
        """Keys of the answers read; ``*`` among them means all."""
        return sorted(key for key in self.seen if not key.startswith(POLICY))

    def policy(self) -> list[str]:
        """Names of the policy's entries read."""
        return sorted(key.removeprefix(POLICY) for key in self.seen if key.startswith(POLICY))


_watchers: WeakSet[Watcher] = WeakSet()


def note(*keys: str) -> None:
    """Say that the answers `keys` (``playbook.question``), or entries of policy, have been read."""
    seen = _open.get()
    if seen is not None:
        seen.update(keys)
    for watcher in _watchers:
        watcher.seen.update(keys)


@contextmanager
def recording() -> Iterator[set[str]]:
    """Collect the keys that are read within the block.

    >>> with recording() as seen:
    ...     note("a.b")
    >>> seen
    {'a.b'}
    """
    seen: set[str] = set()
    before = _open.set(seen)
    try:
        yield seen
    finally:
        _open.reset(before)
        note(*seen)


def touched(read: Iterable[str], changed: Iterable[str]) -> bool:
    """Whether work that `read` these keys has to be done again after `changed` ones.

    >>> touched({"*"}, {"a.b"}), touched({"a.b"}, set()), touched({"a.b"}, {"a.c"})
    (True, False, False)
    """
    read, changed = set(read), set(changed)
    return bool(changed and (EVERYTHING in read or read & changed))
