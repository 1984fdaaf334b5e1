"""Every shipped notebook runs from top to bottom as nbval runs it, cell by cell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from playbook.catalog import playbooks
from playbook.shipped import shipped
from playbook.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "playbooks").glob("*.ipynb"))
PLAIN = "01_problem_definition.ipynb"
"""The one that runs in whatever kernel a machine calls Python; the others in our own."""
BY_KERNEL = {
    "python3": [path for path in NOTEBOOKS if path.name == PLAIN],
    "playbook": [path for path in NOTEBOOKS if path.name != PLAIN],
}


@pytest.mark.parametrize("kernel", BY_KERNEL)
def test_nbval_runs_every_playbook(demo_workspace: Workspace, kernel: str) -> None:
    named = {
        "JUPYTER_PATH": str(shipped("templates/jupyter")),
        "PLAYBOOK_WORKSPACE": str(demo_workspace.folder),
        "PLAYBOOK_PRODUCT": "churn",
        "PYTHONWARNINGS": "default",
    }
    options = ["-o", "addopts=", "-W", "default", "--nbval-lax", "--nbval-kernel-name", kernel]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *BY_KERNEL[kernel]],
        cwd=ROOT,
        env={**os.environ, **named},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 5 * len(BY_KERNEL[kernel])


def test_every_notebook_of_ours_was_run() -> None:
    ran = {path for paths in BY_KERNEL.values() for path in paths}
    assert {playbook.path for playbook in playbooks()} < ran
    assert len(BY_KERNEL["python3"]) == 1
