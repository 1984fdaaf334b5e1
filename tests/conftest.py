"""Fixtures that tests share: one demo workspace, built once, never changed by a test."""

from __future__ import annotations

import os

# Several processes test at once: threads that wait for one another would only be in the way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from playbook.batch.run import run_batch
from playbook.catalog import playbooks
from playbook.session.create import add_example
from playbook.workspace import Workspace

pytest_plugins = ["postgres", "browser", "s3server", "farm"]
# CI tries the same examples each time, so that a landing never depends on chance, and a third as
# many; everybody else looks for new ones.
settings.register_profile("ci", derandomize=True, max_examples=30)
if os.environ.get("CI"):
    settings.load_profile("ci")
ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ("mortgage", "churn")
LONGEST = (
    "test_browser_form", "test_live", "test_batch_survives", "test_home", "test_batch_equal",
    "test_cluster", "test_playbooks", "test_browser_hostile", "test_browser_axe",
    "test_batch_changes", "test_nbval", "test_out_of_core", "test_portfolio",
    "test_store_crowd", "test_backends",
)  # fmt: skip
"""What begins first, so that no process is left with a long file when the others have ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, each as a whole."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with two examples that decide, and their answers; read only."""
    workspace = Workspace.create(tmp_path_factory.mktemp("demo") / "workspace")
    for example in EXAMPLES:
        assert add_example(workspace, example)
    return workspace


@pytest.fixture(scope="session")
def finished_workspace(
    demo_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Path:
    """The demo workspace after one batch of all playbooks, made once for all processes that test;
    read only."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    folder = shared / "finished" / "workspace"
    with FileLock(shared / "finished.lock"):
        if not folder.exists():
            making = tmp_path_factory.mktemp("making") / "workspace"
            shutil.copytree(demo_workspace.folder, making)
            workspace = Workspace.open(making)
            assert run_batch(workspace, EXAMPLES, playbooks()).exit_status == 0
            workspace.store.close()
            workspace.runs.close()
            folder.parent.mkdir()
            making.rename(folder)
    return folder


@pytest.fixture
def own_workspace(demo_workspace: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the demo workspace that a test may change."""
    shutil.copytree(demo_workspace.folder, tmp_path / "workspace")
    return Workspace.open(tmp_path / "workspace")
