"""A document shown inside its playbook: a framed sheet, and its files to take along."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from playbook.documents.document import Document
from playbook.documents.parts import tidy
from playbook.evidence.display import Html
from playbook.views.templates import render

_KINDS = {"html": "text/html", "md": "text/markdown", "json": "application/json"}
_LABELS = {"html": "page to print", "md": "Markdown", "croissant.json": "Croissant (JSON-LD)"}


def document_view(document: Document, live: bool = False) -> Html:
    """The document below a heading of its own, and links to its files.

    Parameters
    ----------
    live
        Whether the links hold the files themselves; else they lead to files beside the report.
    """
    files = document.files()
    html = render(
        "document_sheet.html.j2",
        d=document,
        body=document.body(level=4),
        files=[_link(document.name, name, files, live) for name in files],
        tidy=tidy,
    )
    return Html(html, document.markdown)


def _link(stem: str, name: str, files: Mapping[str, str], live: bool) -> dict[str, object]:
    ending = name.removeprefix(f"{stem}.")
    href = name
    if live:
        kind = _KINDS.get(ending.rpartition(".")[2], "text/plain")
        content = base64.b64encode(files[name].encode()).decode()
        href = f"data:{kind};charset=utf-8;base64,{content}"
    label = _LABELS.get(ending, name)
    return {"name": name, "href": href, "label": label, "download": live}
