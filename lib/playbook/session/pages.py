"""Copies of the playbooks for people: one folder per product, the home page above them.

The copies run by themselves when a browser opens them and show no code. They are written anew at
every start, so nothing a person typed may ever be kept in them: answers go to the store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playbook.catalog import PlaybookFile, home, portfolio
from playbook.cellkinds import concerns
from playbook.errors import PlaybookError
from playbook.files import write_atomic
from playbook.product import Task, check_slug
from playbook.session.ownpage import is_own_page, of_own_set
from playbook.workspace import Workspace

FOLDER = "playbooks"
KERNEL = "playbook"
_PLAIN_FAULTS = "from playbook.session.faults import tell_plainly\n\ntell_plainly()"


def write_pages(workspace: Workspace, slug: str | None = None) -> Path:
    """Write the pages of all products, or of the one called `slug`; returns their folder.

    Home is ``00_start_here.ipynb``, beside it ``portfolio.ipynb``; a playbook is
    ``<slug>/05_ethics_review.ipynb``, and a question set of the workspace's own is
    ``<slug>/<its name>.ipynb``. A file is replaced, whole, only where it differs: a page that is
    open somewhere stays as it is.

    Raises
    ------
    PlaybookError
        `slug` is no short name, or the folder cannot be written to.
    """
    folder = workspace.folder / FOLDER
    pages = workspace.playbooks()
    for shared in (home(), portfolio()):
        _write(folder / shared.path.name, _page(shared.path, workspace, {}))
    for product in workspace.slugs() if slug is None else [check_slug(slug)]:
        for page in pages:
            text = _page(page.path, workspace, {"product": product, **page.parameters})
            _write(folder / product / page.page, text)
    _tidy(folder, workspace, pages)
    return folder


def without_outputs(model: dict[str, Any], **_: Any) -> None:
    """Jupyter's ``pre_save_hook``: whatever asks for it, a page is saved without what it shows."""
    if model.get("type") == "notebook" and "playbook" in model["content"].get("metadata", {}):
        model["content"]["metadata"].pop("widgets", None)
        for cell in model["content"]["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None


def _page(path: Path, workspace: Workspace, given: Mapping[str, str]) -> str:
    """The notebook at `path` as a page: with its parameters, running by itself, its code hidden."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    metadata = notebook["metadata"]
    metadata["kernelspec"] = {"name": KERNEL, "display_name": "Playbook", "language": "python"}
    metadata["playbook"] = {"autorun": True}
    if "questions" in given:
        of_own_set(notebook, workspace, given["questions"])
    task = _task(workspace, given["product"]) if given else None
    notebook["cells"] = [cell for cell in notebook["cells"] if concerns(cell, task)]
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        cell["outputs"], cell["execution_count"] = [], None
        if given and "parameters" in cell["metadata"].get("tags", []):
            cell["source"] = _filled("".join(cell["source"]), given)
    notebook["cells"].insert(0, _code("plain-faults", _PLAIN_FAULTS))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["metadata"]["jupyter"] = {"source_hidden": True}
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _task(workspace: Workspace, slug: str) -> Task | None:
    """What the product does; nothing where its file is wrong, which its pages will say."""
    try:
        return workspace.product(slug).task
    except PlaybookError:
        return None


def _filled(source: str, given: Mapping[str, str]) -> str:
    """The parameters cell with the names that are `given`; they were checked, and are quoted
    anyway."""
    for name, value in given.items():
        line = re.compile(rf"^{name}\s*(:[^=]*)?=.*$", re.MULTILINE)
        source = line.sub(f"{name}: str = {json.dumps(value)}", source, count=1)
    return source


def _code(name: str, source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def _write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomic(path, text)


def _tidy(folder: Path, workspace: Workspace, pages: list[PlaybookFile]) -> None:
    """Remove pages of the former, flat layout, and of products and question sets that are gone."""
    names = [page.page for page in pages]
    known = set(workspace.slugs())
    gone = [f for f in folder.iterdir() if f.is_dir() and f.name not in known]
    for path in folder.glob("*/*.ipynb"):
        if (path.name not in names or path.parent in gone) and is_own_page(path):
            path.unlink()
    for place in [folder, *gone]:
        for name in names:
            (place / name).unlink(missing_ok=True)
        if place != folder and not any(place.iterdir()):
            place.rmdir()
