"""Which answers a piece of work has read, so that it is done again when one of them changes.

Whoever reads an answer notes its key; whoever wants to know opens a `recording`. Recordings nest:
what the inner one saw, the outer one has seen too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

EVERYTHING = "*"
"""Noted by whoever goes through all answers."""
_open: ContextVar[set[str] | None] = ContextVar("reads", default=None)


def note(*keys: str) -> None:
    """Say that the answers `keys` (``playbook.question``) have been read."""
    seen = _open.get()
    if seen is not None:
        seen.update(keys)


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
