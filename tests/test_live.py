"""The real JupyterLab and the real Voilà, started as a user starts them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playbook.workspace import Workspace

FOREIGN = re.compile(r"""(?:src|href)=["']https?://(?!127\.0\.0\.1)""")


@contextmanager
def served(command: str, workspace: Workspace, log: Path) -> Iterator[str]:
    """Start ``playbook lab`` or ``playbook app``; yields its address with ``{path}`` and token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [command, "mortgage", "--no-browser", "--port", str(port)]
    arguments += ["--workspace", str(workspace.folder)]
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "playbook.cli", *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        token = _token(log, server)
        yield f"http://127.0.0.1:{port}/{{path}}?token={token}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def _token(log: Path, server: subprocess.Popen[bytes]) -> str:
    for _ in range(600):
        if found := re.search(r"token=(\w+)", log.read_text(encoding="utf-8")):
            return found[1]
        assert server.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def get(address: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=120) as answer:
                return answer.read().decode("utf-8")
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            time.sleep(0.2)
    raise AssertionError(f"nobody answers at {address}")


def test_app_shows_pages_without_code_and_fetches_nothing(
    own_workspace: Workspace, tmp_path: Path
) -> None:
    with served("app", own_workspace, tmp_path / "log") as address:
        listed = get(address.format(path=""))
        page = get(address.format(path="voila/render/05_ethics_review.ipynb"))
        stranger = get(address.format(path="voila/render/05_ethics_review.ipynb").split("?")[0])
    for html in (listed, page):
        assert FOREIGN.findall(html) == []
    assert "No-go" in page
    assert "open_playbook" not in page
    assert "No-go" not in stranger  # without the token there is only a page to log in


def test_lab_opens_the_playbooks_with_their_code_folded_away(
    own_workspace: Workspace, tmp_path: Path
) -> None:
    with served("lab", own_workspace, tmp_path / "log") as address:
        content = json.loads(get(address.format(path="api/contents/03_evaluation.ipynb")))
        page = get(address.format(path="lab"))
        settings = get(
            address.format(path="lab/api/settings/@jupyterlab/apputils-extension:notification")
        )
    cells = [c for c in content["content"]["cells"] if c["cell_type"] == "code"]
    assert all(c["metadata"]["jupyter"]["source_hidden"] for c in cells)
    assert FOREIGN.findall(page) == []
    assert json.loads(settings)["schema"]["properties"]["fetchNews"]["default"] == "false"
