"""Markdown to HTML in which nothing runs, nothing is fetched, and headings keep their order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import mistune
from markupsafe import Markup

_NOTEBOOK = re.compile(r"^(?:\./)?\d\d_([a-z_]+)\.ipynb$")
_OUTWARD = re.compile(r"^(?:https?://|mailto:|#)", re.IGNORECASE)
_HERE = ("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/svg+xml;base64,")


@dataclass(frozen=True)
class Block:
    """A piece of rendered text; `level` is 1 or 2 where it is a heading that starts a part."""

    html: Markup
    level: int = 0


def blocks(text: str, reports: Mapping[str, str]) -> Iterator[Block]:
    """Render `text`: headings of level 1 and 2 come alone, everything between them together.

    Parameters
    ----------
    reports
        Where a link to another notebook leads, by playbook name.
    """
    parse = mistune.create_markdown(renderer="ast", plugins=["table", "strikethrough"])
    tokens: Any = parse(text)
    renderer = _Renderer(reports)
    state = mistune.BlockState()
    held: list[Any] = []
    for token in tokens:
        level = token.get("attrs", {}).get("level", 0) if token["type"] == "heading" else 0
        if level not in (1, 2):
            held.append(token)
            continue
        if held:
            yield Block(Markup(renderer(held, state)))
            held = []
        yield Block(Markup(renderer.render_tokens(token["children"], state)), level)
    if held:
        yield Block(Markup(renderer(held, state)))


class _Renderer(mistune.HTMLRenderer):
    """Raw HTML becomes text; only links that lead somewhere and images that are here are kept."""

    def __init__(self, reports: Mapping[str, str]) -> None:
        super().__init__(escape=True)
        self._reports = reports
        self._last = 2
        self._topic = "Overview"

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        self._last = min(max(level, 3), self._last + 1, 6)
        self._topic = Markup(text).striptags()
        return f"<h{self._last}>{text}</h{self._last}>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        if found := _NOTEBOOK.match(url):
            href = self._reports.get(found[1])
        else:
            href = url if _OUTWARD.match(url) else None
        return str(Markup('<a href="{}">{}</a>').format(href, Markup(text))) if href else text

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if not url.startswith(_HERE):
            return text
        return str(Markup('<img src="{}" alt="{}">').format(url, Markup(text).striptags()))

    def strikethrough(self, text: str) -> str:
        return f"<del>{text}</del>"

    def table(self, text: str) -> str:
        caption = Markup('<caption class="quiet">{}</caption>').format(self._topic)
        return f"<table>{caption}{text}</table>\n"

    def table_head(self, text: str) -> str:
        return f"<thead><tr>{text}</tr></thead>\n"

    def table_body(self, text: str) -> str:
        return f"<tbody>{text}</tbody>\n"

    def table_row(self, text: str) -> str:
        return f"<tr>{text}</tr>\n"

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        css = ' class="n"' if align == "right" else ""
        return f'<th scope="col"{css}>{text}</th>' if head else f"<td{css}>{text}</td>"
