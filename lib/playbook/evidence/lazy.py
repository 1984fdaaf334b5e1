"""A property computed when first asked for, which remembers what it read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any, Generic, TypeVar, overload

from playbook.errors import NoEvidence
from playbook.reads import note, recording, touched

T = TypeVar("T")


class Memory:
    """What has been computed for one product, and which answers each piece rests on."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.results: dict[str, tuple[Any, frozenset[str]]] = {}

    def without(self, changed: Iterable[str]) -> Memory:
        """A copy that has forgotten whatever rests on one of the answers `changed`."""
        kept = Memory()
        changed = set(changed)
        with self.lock:
            for name, (result, read) in self.results.items():
                if not touched(read, changed):
                    kept.results[name] = (result, read)
        return kept


class lazy(Generic[T]):
    """Like `functools.cached_property`, kept in the object's ``memory``.

    A `NoEvidence` is kept as well, and raised again. Safe for several threads: the second one
    waits for the first one's result.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self.make = make
        self.name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> lazy[T]: ...
    @overload
    def __get__(self, owner: Any, kind: type) -> T: ...
    def __get__(self, owner: Any, kind: type) -> T | lazy[T]:
        if owner is None:
            return self
        memory: Memory = owner.memory
        with memory.lock:
            if self.name in memory.results:
                result, read = memory.results[self.name]
                note(*read)
            else:
                with recording() as seen:
                    result = self._made(owner)
                memory.results[self.name] = (result, frozenset(seen))
        if isinstance(result, NoEvidence):
            raise result.with_traceback(None)
        found: T = result
        return found

    def _made(self, owner: Any) -> T | NoEvidence:
        try:
            return self.make(owner)
        except NoEvidence as missing:
            return missing


__all__ = ["Memory", "lazy"]
