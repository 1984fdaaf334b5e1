"""A document's parts as Markdown in which nothing that was typed can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from playbook.documents.parts import Fact, Heading, Line, Mark, Part, Rows, tidy

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ANYWHERE = re.compile(r"([\\`*_{}\[\]#|~!$^@])")
_WEB = re.compile(r"(?<=[A-Za-z])://|(?i:(?<=\bwww)\.)")
_AT_START = re.compile(r"^([-+=:])|^(\d{1,9})([.)])")


def escaped(text: str) -> str:
    """`text` as Markdown that shows as it was typed: no link, no tag, no table, no heading.

    >>> escaped("# [x](javascript:y) <b> 1 | 2")
    '\\\\# \\\\[x\\\\](javascript:y) &lt;b&gt; 1 \\\\| 2'
    """
    text = _ANYWHERE.sub(r"\\\1", tidy(text).translate(_ENTITIES))
    # Not even addresses become links: nobody has looked at where they lead.
    text = _WEB.sub(lambda found: "&#58;//" if "://" in found[0] else "&#46;", text)
    return _AT_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", text)


def markdown(title: str, about: Sequence[str], parts: Sequence[Part], source: str) -> str:
    """The whole document: its title, what it is about, its parts, and where it comes from."""
    blocks = [f"# {escaped(title)}", *map(escaped, filter(None, about))]
    for part in parts:
        blocks.append(f"## {escaped(part.title)}")
        blocks += _blocks(part)
    return "\n\n".join([*blocks, "---", escaped(source)]) + "\n"


def _blocks(part: Part) -> Iterator[str]:
    """Facts and marks that follow one another make one list."""
    held: list[str] = []
    for block in part.blocks:
        if isinstance(block, Fact | Mark):
            held += _fact(block) if isinstance(block, Fact) else [_mark(block)]
            continue
        if held:
            yield "\n".join(held)
            held = []
        if isinstance(block, Rows):
            yield _table(block, block.caption != part.title)
        elif isinstance(block, Heading):
            yield f"### {escaped(block.text)}"
        elif isinstance(block, Line):
            yield escaped(block.text)
    if held:
        yield "\n".join(held)


def _fact(fact: Fact) -> list[str]:
    if not fact.label:
        return [f"- {escaped(text)}" for text in fact.said]
    if len(fact.said) == 1:
        return [f"- **{escaped(fact.label)}:** {escaped(fact.said[0])}"]
    return [f"- **{escaped(fact.label)}:**", *(f"  - {escaped(text)}" for text in fact.said)]


def _mark(mark: Mark) -> str:
    return f"- **{escaped(mark.label)}:** {escaped(mark.text)}"


def _table(rows: Rows, with_caption: bool) -> str:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(escaped(cell) for cell in cells)} |"

    rule = [" ---: " if i in rows.numeric else " --- " for i in range(len(rows.header))]
    head = [f"**{escaped(rows.caption)}**\n"] if with_caption else []
    return "\n".join([*head, line(rows.header), f"|{'|'.join(rule)}|", *map(line, rows.body)])
