"""The process that draws the charts of others, started as a batch or a server starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from playbook.evidence import renderer
from playbook.evidence.renderer import CHARTS_VARIABLE, Renderer, draw, start_renderer

ALONE = """
import json, sys
from playbook.evidence.renderer import draw
print(draw(json.loads(sys.stdin.read())), end="")
print("vl_convert" in sys.modules, file=sys.stderr)
"""
ENDLESS = {
    "data": {"sequence": {"start": 0, "stop": 1e8}},
    "transform": [{"calculate": "sin(datum.data) * cos(datum.data)", "as": "b"}],
    "mark": "bar",
    "encoding": {"x": {"field": "b", "bin": True}, "y": {"aggregate": "count"}},
}


def chart(number: int = 3, **more: Any) -> dict[str, Any]:
    """A specification whose picture depends on the number."""
    values = [{"a": f"é{i}", "b": i * 1.1} for i in range(number)]
    encoding = {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}}
    return {"data": {"values": values}, "mark": "bar", "encoding": encoding, **more}


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Renderer]:
    """A renderer that is up, whatever else this machine does."""
    monkeypatch.setattr(renderer, "PATIENCE", 60)
    with start_renderer() as started:
        monkeypatch.setenv(CHARTS_VARIABLE, started.environment[CHARTS_VARIABLE])
        assert asked(chart())
        yield started


def family(of: Renderer) -> list[psutil.Process]:
    """The renderer's processes: the one that keeps the workers at work first."""
    assert of._process is not None
    first = psutil.Process(of._process.pid)
    wait_for(first.children)
    return [first, *first.children()]


def wait_for(condition: Callable[[], Any]) -> None:
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def asked(spec: dict[str, Any]) -> str:
    """The picture from the renderer itself; nothing if it would have to be drawn here."""
    return renderer._ask(os.environ[CHARTS_VARIABLE], renderer.json.dumps(spec))


def in_a_process(spec: dict[str, Any], **environment: str) -> tuple[str, bool]:
    """What a new process draws, and whether it had to do it by itself."""
    without = {k: v for k, v in os.environ.items() if k != CHARTS_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE],
        input=renderer.json.dumps(spec),
        env={**without, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr.strip() == "True"


def test_draws_for_a_process_the_same_as_it_would_itself(running: Renderer) -> None:
    theirs, alone = in_a_process(chart(5), **running.environment)
    own, by_itself = in_a_process(chart(5))
    assert theirs.startswith("<svg")
    assert (alone, by_itself) == (False, True)
    assert theirs == own


def test_clients_at_the_same_time_get_each_their_own(running: Renderer) -> None:
    wanted = {
        number: renderer._draw_here(renderer.json.dumps(chart(number))) for number in range(12)
    }
    with ThreadPoolExecutor(12) as pool:
        got = dict(zip(wanted, pool.map(lambda n: asked(chart(n)), wanted), strict=True))
    assert got == wanted


def test_several_workers_draw() -> None:
    with start_renderer(workers=3) as started:
        wait_for(lambda: len(family(started)) == 4)


def test_a_worker_that_is_killed_is_replaced(running: Renderer) -> None:
    _, worker = family(running)
    worker.send_signal(signal.SIGKILL)
    wait_for(lambda: worker not in family(running))
    assert asked(chart())


def test_without_a_renderer_everybody_draws_alone(running: Renderer) -> None:
    wanted = draw(chart())
    processes = family(running)
    for process in processes:
        process.kill()
    psutil.wait_procs(processes)
    assert draw(chart()) == wanted


def test_killed_while_it_draws(running: Renderer) -> None:
    processes = family(running)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(asked, ENDLESS)
        wait_for(lambda: processes[1].cpu_percent(0.1) > 10)
        for process in processes:
            process.kill()
        assert answer.result() == ""


@pytest.mark.parametrize("stale", ["gone/charts", "charts", "file", "x" * 200])
def test_a_stale_address_is_of_no_consequence(
    tmp_path: Path, stale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "file").write_text("no socket")
    with socket.socket(socket.AF_UNIX) as nobody_listens:
        nobody_listens.bind(str(tmp_path / "charts"))
    monkeypatch.setenv(CHARTS_VARIABLE, str(tmp_path / stale))
    assert draw(chart()).startswith("<svg")


def test_who_does_not_answer_in_time_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(renderer, "PATIENCE", 0.2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "charts"))
        silent.listen()
        silent.settimeout(5)
        monkeypatch.setenv(CHARTS_VARIABLE, str(tmp_path / "charts"))
        assert draw(chart()).startswith("<svg")
        assert draw(chart()).startswith("<svg")
        silent.accept()[0].close()
        silent.settimeout(0)
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_a_folder_that_others_may_write_to_is_not_trusted(
    running: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(running.environment[CHARTS_VARIABLE]).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    assert not asked(chart())


def test_what_cannot_be_drawn_fails_here_and_harms_nobody(running: Renderer) -> None:
    for hostile in ({}, {"mark": 7}, {"mark": "bar", "data": {"values": "}{"}}, chart(width="no")):
        here = outcome(lambda spec=hostile: renderer._draw_here(renderer.json.dumps(spec)))
        assert outcome(lambda spec=hostile: draw(spec)) == here
    _, worker = family(running)
    with socket.socket(socket.AF_UNIX) as rude:
        rude.connect(running.environment[CHARTS_VARIABLE])
        rude.sendall(b"\xff" * 64)
    assert asked(chart())
    assert family(running)[1] == worker


def outcome(action: Callable[[], str]) -> str:
    try:
        return action()
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


def test_a_chart_that_takes_for_ever_ends_the_worker_and_not_the_renderer(
    running: Renderer,
) -> None:
    _, worker = family(running)
    assert asked(ENDLESS) == ""
    wait_for(lambda: not worker.is_running())
    assert asked(chart())


def test_what_json_cannot_say_is_drawn_all_the_same(running: Renderer) -> None:
    spec = chart()
    spec["data"]["values"][1]["b"] = float("nan")
    assert draw(spec).startswith("<svg")


def test_fetches_nothing(running: Renderer) -> None:
    asked_for = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked_for.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        image = {"type": "image", "url": f"{address}/image.png"}
        for spec in (
            chart(data={"url": f"{address}/data.json"}),
            chart(mark=image),
            chart(mark={**image, "url": "file:///etc/hostname"}),
        ):
            picture = outcome(lambda spec=spec: draw(spec))
            assert "base64" not in picture
        server.shutdown()
    assert asked_for == []


def test_ends_with_its_launcher(tmp_path: Path) -> None:
    launcher = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from playbook.evidence.renderer import start_renderer as s; r = s();"
            "print(r._process.pid, flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with launcher:
        assert launcher.stdout
        first = psutil.Process(int(launcher.stdout.readline()))
        wait_for(first.children)
        processes = [first, *first.children()]
        launcher.kill()
    _, left = psutil.wait_procs(processes, timeout=30)
    assert left == []


def test_leaves_nothing_behind() -> None:
    with start_renderer() as started:
        processes = family(started)
        folder = Path(started.environment[CHARTS_VARIABLE]).parent
        assert folder.is_dir()
    assert not folder.exists()
    _, left = psutil.wait_procs(processes, timeout=10)
    assert left == []


def test_where_no_socket_can_be_everybody_draws_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with start_renderer() as started:
        assert started.environment == {}
    assert list(deep.iterdir()) == []


def test_a_workspace_s_own_modules_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renderer, "PATIENCE", 60)
    (tmp_path / "json.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    with start_renderer() as started:
        monkeypatch.setenv(CHARTS_VARIABLE, started.environment[CHARTS_VARIABLE])
        assert asked(chart())
