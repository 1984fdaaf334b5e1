"""The page of a question set that a workspace brings itself: the common notebook, made its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playbook.errors import PlaybookError
from playbook.workspace import Workspace

_NO_WORD = re.compile(r"[^\w\s]")
SCORED = "scores"
"""Tags the cells that a set without scores has no use for."""


def of_own_set(notebook: dict[str, Any], workspace: Workspace, name: str) -> None:
    """Give `notebook` the title of the set `name`, and leave out what does not concern it."""
    title = workspace.find_playbook(name).title
    notebook["metadata"]["title"] = title
    notebook["metadata"]["playbook"] |= {"questions": name}
    notebook["cells"][0]["source"] = f"# {_literally(title)}"
    if not _has_scores(workspace, name):
        notebook["cells"] = [c for c in notebook["cells"] if SCORED not in _tags(c)]


def is_own_page(path: Path) -> bool:
    """Whether the file is a page that was written for a set of the workspace's own."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))["metadata"]["playbook"]
        return bool(told["questions"] == path.stem and told["autorun"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _literally(title: str) -> str:
    """A title as Markdown that shows each of its characters as it is, on one line."""
    return _NO_WORD.sub(lambda sign: f"&#{ord(sign[0])};", " ".join(title.split()))


def _has_scores(workspace: Workspace, name: str) -> bool:
    try:
        asked = workspace.questions(name).questions
    except PlaybookError:
        return False
    return any(option.score is not None for q in asked for option in q.options)


def _tags(cell: dict[str, Any]) -> list[str]:
    tags: list[str] = cell["metadata"].get("tags", [])
    return tags
