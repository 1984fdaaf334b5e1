"""What a document is made of: titled parts of sentences, facts and tables, all plain text."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from unicodedata import east_asian_width

_CONTROLS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_PER_CENT = re.compile(r"(?<=\d) %")
_ENDS = ".!?:…"


class Gap(str):
    """Text in place of what is missing: *Not answered yet*."""

    __slots__ = ()


@dataclass(frozen=True)
class Heading:
    """A heading below that of the part."""

    text: str


@dataclass(frozen=True)
class Line:
    """A sentence of its own."""

    text: str


@dataclass(frozen=True)
class Fact:
    """What something is; more than one thing said makes a list."""

    label: str
    said: Sequence[str]


@dataclass(frozen=True)
class Mark:
    """A sentence with its severity: `mark` is the shape, `label` the word."""

    mark: str
    label: str
    text: str


@dataclass(frozen=True)
class Rows:
    """A table; columns in `numeric` (from 0) align right."""

    caption: str
    header: Sequence[str]
    body: Sequence[Sequence[str]]
    numeric: Sequence[int] = ()


Block = Heading | Line | Fact | Mark | Rows


@dataclass(frozen=True)
class Part:
    """A heading and what stands below it; `wide` across all columns of the page."""

    title: str
    blocks: Sequence[Block]
    wide: bool = False


def tidy(text: str) -> str:
    """One line without control characters or marks that turn the direction of reading.

    A number keeps its per cent sign.
    """
    return _PER_CENT.sub("\u00a0%", _CONTROLS.sub(" ", text).strip())


def clipped(text: str, most: int) -> str:
    """At most so many small letters wide, cut between words where there are any.

    Capitals and the signs of Chinese or Japanese count twice. A `Gap` stays one.

    >>> clipped("A sentence that is too long", 15)
    'A sentence …'
    """
    short = tidy(text)
    widths = _widths(short)
    if widths and widths[-1] > most:
        fitting = short[: bisect(widths, most - 2)]
        short = f"{fitting.rsplit(' ', 1)[0].rstrip(' ,;:')} …"
    return Gap(short) if isinstance(text, Gap) else short


def weight(parts: Sequence[Part]) -> int:
    """How long it all is, in small letters; every new line costs as much as a third of one."""
    texts: list[str] = []
    for part in parts:
        texts.append(part.title)
        for block in part.blocks:
            match block:
                case Heading(text) | Line(text) | Mark(_, _, text):
                    texts.append(text)
                case Fact(label, said):
                    texts += [f"{label} {said[0]}", *said[1:]]
                case Rows(_, header, body):
                    texts += [" ".join(row) for row in [header, *body]]
    return sum(_widths(tidy(text))[-1] + 20 for text in texts if tidy(text))


def _widths(text: str) -> list[int]:
    return list(accumulate(1 + (c.isupper() or east_asian_width(c) in "WF") for c in text))


def sentence(text: str) -> str:
    """The text with a full stop, where it has no end of its own."""
    text = text.strip()
    return f"{text}." if text and text[-1] not in _ENDS else text
