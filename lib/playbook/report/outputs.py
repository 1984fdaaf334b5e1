"""What a code cell left behind, as a reader may see it: never code, never a traceback."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from playbook.errors import unexpected
from playbook.report.markdown import blocks
from playbook.views.style import style_html

_OURS = '<div class="playbook">'
_IMAGES = ("image/png", "image/jpeg")
_NO_ALT = "A figure without a description"
_TABLE = re.compile(r"<table(?! class=\"answers\").*?</table>", re.DOTALL)
_INTERVAL = re.compile(r"(?<= )\([^()<>]{1,32}\)(?=</td>)")
_CAPTION = re.compile(r"<caption[^>]*>(.*?)</caption>", re.DOTALL)
_TAGS = [
    "a", "b", "br", "caption", "code", "dd", "div", "dl", "dt", "em", "figcaption", "figure", "h3",
    "h4", "hr", "i", "li", "ol", "p", "pre", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
]  # fmt: skip
_ATTRIBUTES = {"*": ["class"], "a": ["href"], "th": ["scope"]}


def shown(cell: Any, reports: Mapping[str, str]) -> Markup:
    """All that `cell` shows: results and one sentence per error; printed text is for logs only."""
    return Markup("").join(_output(output, reports) for output in cell.get("outputs", []))


def recorded(notebook: Any, mime: str) -> Any:
    """The last output of the type `mime` in a notebook; None where it has none."""
    return next(reversed(all_recorded(notebook, mime)), None)


def all_recorded(notebook: Any, mime: str) -> list[Any]:
    """All outputs of the type `mime` in a notebook, in their order."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [o["data"][mime] for o in outputs if mime in o.get("data", {})]


def _output(output: Any, reports: Mapping[str, str]) -> Markup:
    kind = output.get("output_type")
    if kind == "error":
        return Markup('<p class="fault">{}</p>\n').format(_sentence(output))
    if kind not in {"display_data", "execute_result"}:
        return Markup("")
    return _data(output.get("data", {}), output.get("metadata", {}), reports)


def _sentence(error: Any) -> str:
    """A `PlaybookError` speaks for itself; anything else is a fault that is not the reader's."""
    if error.get("ename") == "PlaybookError":
        return " ".join(str(error.get("evalue", "")).split())
    return unexpected(str(error.get("ename")))


def _data(data: Any, metadata: Any, reports: Mapping[str, str]) -> Markup:
    if "text/html" in data:
        return _html(_text(data["text/html"]))
    if "text/markdown" in data:
        return Markup("").join(_nested(b) for b in blocks(_text(data["text/markdown"]), reports))
    for mime in (*_IMAGES, "image/svg+xml"):
        if mime in data:
            return _image(mime, _text(data[mime]), metadata)
    # A widget's or a machine-readable output's plain text is its name, not something to read.
    if "text/plain" in data and not any(mime.startswith("application/") for mime in data):
        return Markup("<pre>{}</pre>\n").format(_text(data["text/plain"]))
    return Markup("")


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def _nested(block: Any) -> Markup:
    return Markup("<h3>{}</h3>\n").format(block.html) if block.level else block.html


def _html(html: str) -> Markup:
    """Ours is escaped where it was built; anything else keeps only harmless elements."""
    if not html.startswith(_OURS):
        from nbconvert.preprocessors.sanitize import SanitizeHTML

        cleaner = SanitizeHTML(tags=_TAGS, attributes=_ATTRIBUTES, strip=True)
        return Markup(_TABLE.sub(_scrolling, cleaner.sanitize_html_tags(html))) + Markup("\n")
    inside = html.replace(style_html(), "").removeprefix(_OURS).removesuffix("</div>")
    return Markup(_TABLE.sub(_scrolling, inside) + "\n") if inside else Markup("")


def _scrolling(table: re.Match[str]) -> str:
    """A wide table scrolls by itself, also with the keyboard, and its intervals never break."""
    caption = _CAPTION.search(table[0])
    name = Markup(caption[1]).striptags() if caption else "Table"
    frame = Markup('<div class="scroll" role="group" tabindex="0" aria-label="{}">{}</div>')
    kept = _INTERVAL.sub(lambda interval: f'<span class="keep">{interval[0]}</span>', table[0])
    return str(frame.format(name, Markup(kept)))


def _image(mime: str, content: str, metadata: Any) -> Markup:
    alt = metadata.get(mime, {}).get("alt") or metadata.get("alt") or _NO_ALT
    if mime == "image/svg+xml":
        content = base64.b64encode(content.encode()).decode()
    source = f"data:{mime};base64,{''.join(content.split())}"
    return Markup('<figure><img alt="{}" src="{}"></figure>\n').format(alt, source)
