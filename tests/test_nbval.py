"""Shipped notebooks run from top to bottom as nbval runs them, cell by cell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from playbook.shipped import shipped
from playbook.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
PLAYBOOKS = ROOT / "playbooks"
BY_KERNEL = {
    "python3": [PLAYBOOKS / "01_problem_definition.ipynb"],
    "playbook": [PLAYBOOKS / f"{n}.ipynb" for n in ("portfolio",)],
}
"""One in whatever kernel a machine calls Python, some in our own; `test_batch_equal` runs every
playbook in both ways."""


@pytest.mark.parametrize("kernel", BY_KERNEL)
def test_nbval_runs_the_notebooks(demo_workspace: Workspace, kernel: str) -> None:
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
