"""Every shipped notebook runs from top to bottom as nbval runs it, cell by cell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from playbook.catalog import playbooks
from playbook.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]


def test_nbval_runs_every_playbook(demo_workspace: Workspace) -> None:
    named = {
        "PLAYBOOK_WORKSPACE": str(demo_workspace.folder),
        "PLAYBOOK_PRODUCT": "churn",
        "PYTHONWARNINGS": "default",
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-o",
            "addopts=",
            "-W",
            "default",
            "--nbval-lax",
            "playbooks",
        ],
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
    assert int(passed[1]) >= 5 * len(playbooks())
