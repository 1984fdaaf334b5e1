"""Which reports of a product there are: asked of a folder each time, of a store now and then."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from playbook.errors import PlaybookError, unexpected
from playbook.places import Place

LOG = logging.getLogger("playbook")
FRESH = 30.0
"""Seconds for which a listing of a store serves."""


@dataclass(frozen=True)
class Shelf:
    """When each report of a product was written, or one sentence on why they cannot be listed."""

    times: Mapping[str, float] = field(default_factory=dict)
    fault: str = ""


def look(place: Place, slug: str) -> Shelf:
    """The reports of the product `slug`, by their file's name without the folder."""
    try:
        start = len(slug) + 1
        return Shelf({name[start:]: at for name, at in place.times(slug).items()})
    except PlaybookError as error:
        return Shelf(fault=str(error))


class Shelves:
    """What is known of all products' reports; a store that is slow never keeps a page waiting."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._known: dict[str, Shelf] = {}
        self._asked: dict[str, float] = {}

    def of(self, slug: str) -> Shelf:
        """The reports of a product as far as they are known now."""
        if self._place.is_local:
            return look(self._place, slug)
        with self._lock:
            if time.monotonic() - self._asked.get(slug, -FRESH) >= FRESH:
                self._asked[slug] = time.monotonic()
                threading.Thread(target=self._ask, args=(slug,), daemon=True).start()
            return self._known.get(slug, Shelf())

    def _ask(self, slug: str) -> None:
        try:
            found = look(self._place, slug)
        except Exception as error:  # nobody would hear of what ends a thread
            LOG.exception("the reports of a product could not be listed")
            found = Shelf(fault=unexpected(type(error).__name__))
        with self._lock:
            self._known[slug] = found
            self._asked[slug] = time.monotonic()
