"""The real JupyterLab and the real Voilà, started as a user starts them, in a real browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from browser import Browse, browse, chromium, guard, is_kernel, page
from playbook.live.access import PASSWORD_VARIABLE
from playbook.workspace import Workspace

__all__ = ["browse", "chromium", "guard", "page"]  # fixtures
PASSWORD = "correct horse battery staple"
FOREIGN = re.compile(r"""(?:src|href)=["']https?://(?!127\.0\.0\.1)""")
ETHICS = "mortgage/05_ethics_review.ipynb"
LIGHT = "mortgage/01_problem_definition.ipynb"
"""A page that needs little computing."""


@dataclass
class Served:
    """A server that runs: where it is, and the process that was started."""

    port: int
    token: str
    process: subprocess.Popen[bytes]
    log: Path

    def at(self, path: str = "", token: str | None = None) -> str:
        known = self.token if token is None else token
        return f"http://127.0.0.1:{self.port}/{path}" + (f"?token={known}" if known else "")

    def private(self) -> Path:
        """The folder made for this start."""
        found = (p.environ().get("JUPYTER_CONFIG_DIR") for p in self.family()[1:])
        return Path(next(folder for folder in found if folder))

    def family(self) -> list[psutil.Process]:
        launcher = psutil.Process(self.process.pid)
        return [launcher, *launcher.children(recursive=True)]


@contextmanager
def served(command: str, workspace: Path, log: Path, *flags: str, password: str = "") -> Iterator:
    """Start ``playbook lab`` or ``playbook app``, wait until it says how to get in."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [command, "--no-browser", "--port", str(port), "--workspace", str(workspace)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PLAYBOOK_", "JPY_"))}
    if password:
        environment[PASSWORD_VARIABLE] = password
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "playbook.cli", *arguments, *flags],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    family = []
    try:
        said = _said(log, process)
        found = re.search(r"token=(\w+)", said)
        server = Served(port, found[1] if found else "", process, log)
        yield server
        family = server.family()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        _, left = psutil.wait_procs(family, timeout=60)
        assert left == []  # nobody outlives the launcher


def _said(log: Path, process: subprocess.Popen[bytes]) -> str:
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up and process.poll() is None:
        text = log.read_text(encoding="utf-8")
        if "Stop with Ctrl-C" in text:
            return text
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def workspace(demo_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The demo, and a product whose description nobody can read."""
    folder = tmp_path_factory.mktemp("live") / "workspace"
    shutil.copytree(demo_workspace.folder, folder)
    broken = folder / "products" / "broken" / "product.yaml"
    broken.parent.mkdir()
    broken.write_text("name: [", encoding="utf-8")
    return Workspace.open(folder)


@pytest.fixture(scope="module")
def lab(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("lab", workspace.folder, tmp_path_factory.mktemp("lab") / "log") as server:
        yield server


@pytest.fixture(scope="module")
def app(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("app", workspace.folder, tmp_path_factory.mktemp("app") / "log") as server:
        yield server


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=120) as answer:
        return answer.read().decode("utf-8")


def answers(address: str) -> bool:
    try:
        return bool(get(address))
    except urllib.error.HTTPError:
        return False


def verdict_on(page: Page) -> None:
    expect(page.locator(".verdict").first).to_be_visible(timeout=120_000)


def test_app_shows_a_page_without_code(app: Served, page: Page) -> None:
    page.goto(app.at(f"voila/render/{ETHICS}"))
    verdict_on(page)
    assert page.title() == "Ethics review"
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == page.locator("main").count() == 1
    html = page.content()
    assert "No-go" in html
    assert "open_playbook" not in html
    assert FOREIGN.findall(html) == []
    expect(page.locator(".pb-status")).to_have_text("")


@pytest.mark.parametrize("width", [390])
def test_app_needs_no_sideways_scrolling(app: Served, browse: Browse, width: int) -> None:
    narrow = browse(viewport={"width": width, "height": 844})
    narrow.goto(app.at(f"voila/render/{ETHICS}"))
    verdict_on(narrow)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= width


def test_app_s_front_door_leads_home_and_leaves_the_token_behind(app: Served, page: Page) -> None:
    page.goto(app.at())
    assert page.url == app.at("voila/render/00_start_here.ipynb", token="")
    page.goto(app.at("voila/tree/mortgage", token=""))
    assert page.url == app.at("voila/render/00_start_here.ipynb", token="")


@pytest.mark.parametrize("path", ["", f"voila/render/{LIGHT}", "voila/tree"])
def test_app_needs_its_token(app: Served, path: str) -> None:
    page = get(app.at(path, token="wrong"))
    assert "Log in" in page
    assert "Ethics" not in page
    assert FOREIGN.findall(page) == []


def test_app_tells_a_fault_in_one_sentence(app: Served, page: Page) -> None:
    page.goto(app.at("voila/render/broken/05_ethics_review.ipynb"))
    alert = page.locator(".fault")
    expect(alert).to_contain_text("product.yaml")
    expect(page.locator(".pb-status")).to_have_text("", timeout=120_000)
    assert alert.count() == 1
    assert "Traceback" not in page.content()
    assert "cell [" not in page.content()


def test_app_ends_a_kernel_when_its_page_is_closed(app: Served, browse: Browse) -> None:
    page = browse()
    page.goto(app.at(f"voila/render/{LIGHT}"))
    verdict_on(page)
    config = json.loads(page.locator("#jupyter-config-data").text_content() or "")
    kernel = app.at(f"api/kernels/{config['kernelId']}")
    assert config["kernelId"] in get(kernel)
    page.goto("about:blank")
    give_up = time.monotonic() + 60
    while answers(kernel) and time.monotonic() < give_up:
        time.sleep(0.2)
    assert not answers(kernel)


def test_lab_opens_a_page_that_has_run_and_shows_no_code(
    lab: Served, page: Page, workspace: Workspace
) -> None:
    file = workspace.folder / "playbooks" / ETHICS
    before = file.read_bytes()
    page.goto(lab.at(f"doc/tree/{ETHICS}"))
    verdict_on(page)
    expect(page.locator(".pb-status")).to_have_text("")
    assert page.title() == "Ethics review"
    for hidden in (".cm-content", ".jp-Toolbar", ".jp-InputPrompt", "#jp-top-panel", ".jp-Dialog"):
        assert page.locator(f"{hidden}:visible").count() == 0, hidden
    # Nor does an editor come up when keys or clicks that JupyterLab knows are used.
    text = page.locator(".jp-RenderedMarkdown p").first
    text.dblclick()
    cells = page.locator(".jp-Cell").count()
    for key in ("Escape", "d", "d", "b", "Enter", "Control+s", "Control+Shift+c"):
        page.keyboard.press(key)
    text.click(button="right")
    for editor in (".cm-content", ".jp-Dialog", "#command-palette", ".lm-Menu"):
        assert page.locator(f"{editor}:visible").count() == 0, editor
    assert page.locator(".jp-Cell").count() == cells
    assert text.is_visible()
    assert file.read_bytes() == before


def test_lab_reloads_and_is_left_without_a_question(lab: Served, page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    page.goto(lab.at(f"doc/tree/{LIGHT}"))
    verdict_on(page)
    page.locator(".jp-RenderedMarkdown p").first.click()  # browsers ask only who has clicked
    page.reload()
    verdict_on(page)
    assert page.url == lab.at(f"doc/tree/{LIGHT}", token="")
    page.locator(".jp-RenderedMarkdown p").first.click()
    page.goto("about:blank")
    assert asked == []


def test_lab_runs_a_page_again_when_its_kernel_restarts(lab: Served, page: Page) -> None:
    page.goto(lab.at(f"doc/tree/{LIGHT}"))
    verdict_on(page)
    expect(page.locator(".pb-status")).to_have_text("")
    page.evaluate("document.querySelector('.verdict').classList.add('before')")
    kernel = next(s for s in json.loads(get(lab.at("api/sessions"))) if s["path"] == LIGHT)
    restart = f"api/kernels/{kernel['kernel']['id']}/restart"
    urllib.request.urlopen(urllib.request.Request(lab.at(restart), method="POST")).close()
    expect(page.locator(".verdict.before")).to_have_count(0, timeout=120_000)
    verdict_on(page)
    assert page.locator(".jp-Dialog").count() == 0


def test_lab_runs_a_page_again_when_its_kernel_dies(lab: Served, page: Page) -> None:
    page.goto(lab.at(f"doc/tree/{LIGHT}"))
    verdict_on(page)
    expect(page.locator(".pb-status")).to_have_text("")
    page.evaluate("document.querySelector('.verdict').classList.add('before')")
    kernels = [process for process in lab.family() if is_kernel(process)]
    assert kernels
    for kernel in kernels:
        kernel.kill()
    expect(page.locator(".verdict.before")).to_have_count(0, timeout=120_000)
    verdict_on(page)
    assert page.locator(".jp-Dialog").count() == 0


def test_lab_needs_its_token_and_asks_nobody_else(lab: Served) -> None:
    assert "Log in" in get(lab.at("doc/tree/00_start_here.ipynb", token="wrong"))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        get(lab.at("api/contents", token="wrong"))
    assert FOREIGN.findall(get(lab.at("lab"))) == []
    settings = get(lab.at("lab/api/settings/@jupyterlab/apputils-extension:notification"))
    assert json.loads(settings)["schema"]["properties"]["fetchNews"]["default"] == "false"


@pytest.mark.parametrize("command", ["lab", "app"])
def test_network_access_is_refused_without_a_password(command: str, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != PASSWORD_VARIABLE}
    refused = subprocess.run(
        [sys.executable, "-m", "playbook.cli", command, "--public", "--workspace", str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 2
    assert PASSWORD_VARIABLE in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("command", "path"),
    [("lab", "doc/tree/00_start_here.ipynb"), ("app", "voila/render/00_start_here.ipynb")],
)
def test_the_network_gets_in_by_the_password_only_and_a_new_workspace_works(
    command: str, path: str, tmp_path: Path, page: Page
) -> None:
    folder = tmp_path / "new"
    with served(command, folder, tmp_path / "log", "--public", password=PASSWORD) as server:
        said = server.log.read_text(encoding="utf-8")
        assert "HTTPS" in said
        assert server.token == ""
        page.goto(server.at(path))
        page.get_by_label("Password").fill("something else")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator(".jp-OutputArea-output").first).to_be_visible(timeout=120_000)
        assert (folder / "products").is_dir()
        assert PASSWORD not in said
        private = server.private()
        assert "argon2" not in "".join(f.read_text() for f in private.glob("*.json"))
        for process in server.family():
            assert PASSWORD not in " ".join(process.cmdline())
            if process.pid != server.process.pid:  # the launcher was given it
                assert PASSWORD not in str(process.environ())
    assert not private.exists()
