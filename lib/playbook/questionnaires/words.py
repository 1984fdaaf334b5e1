"""Words of a stranger's file: one language, no markup, no control characters, not too long."""

from __future__ import annotations

import unicodedata
from html import unescape
from typing import Any

from playbook.errors import PlaybookError

MAX_LENGTH = 10_000
MOST_WORDS = 25
"""What a question of ours may have."""
_JOINERS = {"\u200c", "\u200d"}  # part of the spelling in Persian and in scripts of India


def plain(text: str) -> str:
    """Text in one line, without tags and without what cannot be printed.

    >>> plain("Is it <b>safe</b>?&nbsp; And 3 < 4?")
    'Is it safe? And 3 < 4?'
    """
    head, *rest = text[:MAX_LENGTH].split("<")
    kept = unescape(head + "".join(map(_without_tag, rest)))
    shown = "".join(c if printable(c) else " " for c in kept)
    return " ".join(shown.split())


def printable(text: str) -> bool:
    """Whether it holds no control character, no half of a character and no hidden direction."""
    return all(unicodedata.category(c)[0] != "C" or c in _JOINERS for c in text)


def short(text: str) -> str:
    """The text, or its beginning where it is longer than a question may be.

    >>> short("word " * 30).count("word"), short("Is it safe?")
    (25, 'Is it safe?')
    """
    words = text.split()
    begun = " ".join(words[:MOST_WORDS])
    cut = begun[:300]
    return cut if cut == text else f"{cut.rstrip(' ,;:')}…"


class Words:
    """Reads text that may be given in several languages.

    Attributes
    ----------
    missing
        How many texts lacked the language that was asked for.
    """

    def __init__(self, language: str | None) -> None:
        self.language = language
        self.missing = 0

    def of(self, value: Any, where: str) -> str:
        """The text in the language asked for, else in the file's own; empty where there is none.

        Raises
        ------
        PlaybookError
            It is a list, or a dictionary of something else than text.
        """
        if isinstance(value, dict):
            value = self._chosen(value)
        if value is None or value is False:
            return ""
        if not isinstance(value, str | int | float):
            raise PlaybookError(
                "a text is expected here, not a list or a group of fields",
                where=where,
                remedy="Write a text in quotes",
            )
        return plain(str(value))

    def _chosen(self, texts: dict[str, Any]) -> Any:
        wanted = self.language or "default"
        for name in (wanted, wanted.partition("-")[0]):
            if texts.get(name):
                return texts[name]
        # SurveyJS keeps English under "default".
        self.missing += bool(texts) and wanted not in {"default", "en"}
        first = next(iter(texts.values()), None)
        return texts.get("default") or texts.get("en") or first


def _without_tag(piece: str) -> str:
    """What follows a ``<``: without the tag where it opens one, else as it stands."""
    if piece[:1].isalpha() or piece[:1] in {"/", "!"}:
        tag, closed, after = piece.partition(">")
        if closed:
            return f" {after}" if tag.lower().rstrip(" /") in _BREAKS else after
    return f"<{piece}"


_BREAKS = {"br", "p", "/p", "div", "/div", "li", "/li", "/td", "/h1", "/h2", "/h3", "/h4"}
