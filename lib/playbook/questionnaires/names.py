"""Names of ours for what other formats call as they like."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 60


def identifier(name: str) -> str:
    """A name in lower case, digits and underscores that begins with a letter.

    >>> identifier("projectDetails-NS"), identifier("A.1"), identifier("2. Âge?"), identifier("年")
    ('project_details_ns', 'a_1', 'q_2_age', 'q')
    """
    spelled = unicodedata.normalize("NFKD", name[:1000]).encode("ascii", "ignore").decode()
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", spelled).lower()
    joined = re.sub(r"[^a-z0-9]+", "_", split).strip("_")
    if not joined[:1].isalpha():
        joined = f"q_{joined}".rstrip("_")
    return joined[:LONGEST].rstrip("_")


class Names:
    """Gives each name once: the second ``age`` becomes ``age_2``."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._next: dict[str, int] = {}

    def new(self, name: str) -> str:
        """A name that nothing else has, as close to `name` as can be."""
        base = identifier(name)
        found = base
        while found in self._given:
            self._next[base] = self._next.get(base, 1) + 1
            found = f"{base}_{self._next[base]}"
        self._given.add(found)
        return found
