"""The style block that a live notebook shows once; reports carry the same rules in their head."""

from __future__ import annotations

from markupsafe import Markup

from playbook.shipped import shipped


def style_css() -> str:
    """Rules for everything inside an element of class ``playbook``, and for nothing else."""
    files = ("style.css", "document.css")
    folder = shipped("templates/report")
    return "".join((folder / name).read_text(encoding="utf-8") for name in files)


def style_html() -> Markup:
    """`style_css` as a ``<style>`` element."""
    return Markup("<style>\n{}</style>").format(Markup(style_css()))
