"""Open the playbooks for people: JupyterLab, or pages without code by Voilà.

Notebooks are copied into the workspace first and refreshed at every start: whatever a session
saves into them never touches the shipped ones, and nothing a person types is kept in a notebook.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from playbook.catalog import playbooks
from playbook.errors import PlaybookError
from playbook.files import write_atomic
from playbook.session.book import PRODUCT_VARIABLE
from playbook.shipped import shipped
from playbook.workspace import WORKSPACE_VARIABLE, Workspace


def start_lab(
    folder: Path | None, slug: str | None, *, port: int = 8888, browser: bool = True
) -> int:
    """Run JupyterLab on 127.0.0.1 with a token until it is stopped; returns its exit status."""
    notebooks, environment = _prepare(folder, slug)
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={notebooks}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--LabApp.default_url=/lab/tree/{playbooks()[0].path.name}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *([] if browser else ["--no-browser"]),
        *_root_flag("ServerApp"),
    ]
    return _run(command, environment)


def start_app(
    folder: Path | None, slug: str | None, *, port: int = 8866, browser: bool = True
) -> int:
    """Run Voilà on 127.0.0.1 with a token until it is stopped; returns its exit status."""
    notebooks, environment = _prepare(folder, slug)
    command = [
        *(sys.executable, "-m", "voila", str(notebooks)),
        "--Voila.ip=127.0.0.1",
        f"--port={port}",
        "--token",
        "--template=playbook",
        "--strip_sources=True",
        *([] if browser else ["--no-browser"]),
    ]
    return _run(command, environment)


def _prepare(folder: Path | None, slug: str | None) -> tuple[Path, dict[str, str]]:
    workspace = Workspace.open(folder)
    slugs = workspace.slugs()
    if not slugs:
        raise PlaybookError(
            "there is no product yet", where=str(workspace.folder), remedy="Run 'playbook demo'"
        )
    product = workspace.product(slug or slugs[0])
    target = workspace.folder / "playbooks"
    target.mkdir(exist_ok=True)
    for playbook in playbooks():
        write_atomic(target / playbook.path.name, _without_code(playbook.path))
    named = {WORKSPACE_VARIABLE: str(workspace.folder), PRODUCT_VARIABLE: product.slug}
    # Our page template, and no question about news: Jupyter looks for both on these paths.
    own = str(shipped("templates/jupyter"))
    for variable in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        named[variable] = os.pathsep.join(filter(None, (own, os.environ.get(variable))))
    return target, {**os.environ, **named}


def _without_code(path: Path) -> str:
    """The notebook with its code folded away: a product manager reads text and pictures."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["metadata"]["jupyter"] = {"source_hidden": True}
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def _root_flag(application: str) -> list[str]:
    """Jupyter refuses to run as root unless told; inside a container that is the usual case."""
    return [f"--{application}.allow_root=True"] if os.name == "posix" and os.geteuid() == 0 else []


def _run(command: list[str], environment: dict[str, str]) -> int:
    try:
        return subprocess.call(command, env=environment)
    except KeyboardInterrupt:
        return 0
