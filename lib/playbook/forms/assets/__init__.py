"""The scripts and styles of our widgets: plain files, read as they are, without a build step."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def module(*names: str) -> str:
    """The ES module made of the script files `names`, in that order.

    >>> module("dom.js").startswith("//")
    True
    """
    return _joined(names)


def style(*names: str) -> str:
    """The style sheet made of the files `names`, in that order."""
    return _joined(names)


def _joined(names: tuple[str, ...]) -> str:
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)
