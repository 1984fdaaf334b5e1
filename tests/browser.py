"""A real Chromium, JupyterLab and Voilà for tests, each started as a user starts them.

All test files of a worker share one JupyterLab, one Voilà and one workspace, in which each file has
products of its own. Every page is watched: a request to any other machine, a dialog or an uncaught
error makes its test fail.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from formpage import introduce, make_products
from playbook.session.pages import write_pages
from playbook.workspace import Workspace

CHROMIUM = "/usr/bin/chromium"
WITHOUT_ITS_OWN_TRAFFIC = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
    # What the guard below would miss cannot leave this machine either.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
START_WITHIN = 120  # seconds; a machine under load takes its time
PREFIX = {"lab": "doc/tree", "app": "voila/render"}
Browse = Callable[..., Page]


@dataclass
class Server:
    """``playbook lab`` or ``playbook app`` on one port of this machine."""

    command: str
    workspace: Workspace
    folder: Path
    port: int = 0
    token: str = ""
    process: subprocess.Popen[bytes] | None = None
    _starts: int = 0

    def start(self) -> None:
        """Start on the same port and the same workspace as before, and wait until it answers."""
        self.port = self.port or free_port()
        self._starts += 1
        log = self.folder / f"{self.command}-{self._starts}.log"
        arguments = [self.command, "--no-browser", "--port", str(self.port)]
        arguments += ["--workspace", str(self.workspace.folder)]
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "playbook.cli", *arguments],
                stdout=output, stderr=subprocess.STDOUT, env=self._environment(),
                start_new_session=True,
            )  # fmt: skip
        self._wait(log)

    def kill(self) -> None:
        """The power is cut: nobody in the server gets to say anything."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it as Ctrl+C does."""
        if self.process and self.process.poll() is None:
            kernels = self.kernels()
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
            for left in psutil.wait_procs(kernels, timeout=30)[1]:
                left.kill()

    def kernels(self) -> list[psutil.Process]:
        """Processes that run somebody's notebook."""
        assert self.process
        server = psutil.Process(self.process.pid)
        return [p for p in server.children(recursive=True) if is_kernel(p)]

    def at(self, path: str) -> str:
        """Address of anything the server serves, with its token."""
        return f"http://127.0.0.1:{self.port}/{path}?token={self.token}"

    def notebook(self, path: str) -> str:
        """Address of one of the session's pages, such as ``mortgage/05_ethics_review.ipynb``."""
        return self.at(f"{PREFIX[self.command]}/{path}")

    def _environment(self) -> dict[str, str]:
        """Neither what the developer's own Jupyter remembers, nor what this test run has set."""
        own = {
            f"JUPYTER_{name}_DIR": str(self.folder / f"jupyter-{name.lower()}")
            for name in ("CONFIG", "DATA", "RUNTIME")
        }
        left = {k: v for k, v in os.environ.items() if not k.startswith(("PLAYBOOK_", "JPY_"))}
        return {**left, **own, "IPYTHONDIR": str(self.folder / "ipython")}

    def _wait(self, log: Path) -> None:
        assert self.process
        give_up = time.monotonic() + START_WITHIN
        while time.monotonic() < give_up and self.process.poll() is None:
            if found := re.search(r"token=(\w+)", log.read_text(encoding="utf-8")):
                self.token = found[1]
                try:
                    urllib.request.urlopen(self.at(""), timeout=30).close()
                    return
                except urllib.error.HTTPError:
                    return  # it answers, if only that there is no such page
                except OSError:
                    pass  # not yet listening
            time.sleep(0.05)
        raise AssertionError(f"{self.command} did not start: {log.read_text(encoding='utf-8')}")


def is_kernel(process: psutil.Process) -> bool:
    """Whether it is a kernel started in the usual way, or forked: then it looks like its parent."""
    try:
        line, above = " ".join(process.cmdline()), " ".join(process.parent().cmdline())
    except (psutil.Error, AttributeError):
        return False
    return "kernel-" in line or ("forkedkernel" in line and "forkedkernel" in above)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@dataclass
class Guard:
    """What no page of ours may do: reach out, open a dialog, or stumble over its own script."""

    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Regular expressions of faults that the test itself provokes."""

    def watch(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self._asked(request.url))
        context.on("dialog", self._opened)
        context.on("weberror", lambda error: self.faults.append(f"error: {error.error}"))
        context.on("page", self._watch_sockets)

    def _watch_sockets(self, page: Page) -> None:
        page.on("websocket", lambda opened: self._asked(opened.url))

    def _asked(self, address: str) -> None:
        if urlsplit(address).hostname not in {None, "127.0.0.1"}:
            self.faults.append(f"request: {address[:200]}")

    def _opened(self, dialog: Any) -> None:
        if dialog.type == "beforeunload":  # the browser's own question, on leaving
            dialog.accept()
            return
        self.faults.append(f"dialog: {dialog.message[:200]}")
        dialog.dismiss()

    def unexpected(self) -> list[str]:
        return [f for f in self.faults if not any(re.search(e, f) for e in self.expected)]


def axe(page: Page, root: str | None = None) -> list[str]:
    """Serious and critical violations of accessibility below `root`, one sentence each."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        "root => axe.run(root ? {include: [[root]]} : document, {resultTypes: ['violations']})",
        root,
    )
    return [
        f"{fault['impact']}, {fault['id']}: {fault['help']}: "
        + "; ".join(str(node["html"])[:160] for node in fault["nodes"][:3])
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Of a module, not of the session: while Playwright is on, asyncio believes that a loop runs.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=WITHOUT_ITS_OWN_TRAFFIC)
        yield browser
        browser.close()


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    assert guard.unexpected() == []


@pytest.fixture
def browse(chromium: Browser, guard: Guard) -> Iterator[Browse]:
    """Opens pages, each of a visitor of its own: ``browse(who=("Ann", "legal"), …)``."""
    opened: list[BrowserContext] = []

    def open_page(who: tuple[str, str] | None = ("Ann", "product"), **options: Any) -> Page:
        defaults = {"viewport": {"width": 1280, "height": 1000}, "locale": "en-GB"}
        context = chromium.new_context(**defaults | options)
        context.set_default_timeout(60_000)
        guard.watch(context)
        opened.append(context)
        if who:
            introduce(context, *who)
        return context.new_page()

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture
def page(browse: Browse) -> Page:
    return browse()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forms") / "workspace"


@pytest.fixture(scope="module")
def form_workspace(request: pytest.FixtureRequest, shared_folder: Path) -> Workspace:
    """The shared workspace, with the products that the test file names in ``PRODUCTS``."""
    workspace = make_products(shared_folder, request.module.PRODUCTS)
    write_pages(workspace)  # a server that runs already shows them too
    return workspace


@pytest.fixture(scope="session")
def shared_lab(shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running("lab", Workspace.create(shared_folder), tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def shared_voila(shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running("app", Workspace.create(shared_folder), tmp_path_factory.mktemp("app")) as server:
        yield server


@pytest.fixture(scope="module")
def lab_server(form_workspace: Workspace, shared_lab: Server) -> Server:
    """JupyterLab on the products of the test file."""
    return shared_lab


@pytest.fixture(scope="module")
def voila_server(form_workspace: Workspace, shared_voila: Server) -> Server:
    """Voilà on the products of the test file."""
    return shared_voila


@contextmanager
def running(command: str, workspace: Workspace, folder: Path) -> Iterator[Server]:
    """A server that runs as long as it is needed."""
    server = Server(command, workspace, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
