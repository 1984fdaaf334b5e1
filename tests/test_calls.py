"""Functions called in forked processes: warm, alone, and gone when they return."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from farm import eventually
from playbook.forkedkernel import CannotForkError
from playbook.forkedkernel.calls import Call

SOURCE = """
import os, signal, subprocess, sys, time
state = []
def echo(given): return given
def where(given):
    return [os.getcwd(), os.environ.get("OF_ONE"), os.getpid(), os.getsid(0), sys.argv]
def count(given): state.append(1); return len(state)
def big(given): return "x" * given
def die(number): os.kill(os.getpid(), number)
def leave(status): sys.exit(status)
def fail(given): raise ValueError("no")
def odd(given): return object()
def silent(given): print("to nobody"); os.write(2, b"nor this"); return sys.stdin.read()
def leave_behind(given): return subprocess.Popen(["sleep", "600"]).pid
def hang(path):
    child = subprocess.Popen(["sleep", "600"])
    open(path, "w").write(f"{child.pid}\\n"); time.sleep(600)
"""


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls a function of a module that only the fork server and its children can import."""
    (tmp_path / "room.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def started(function: str, argument: Any = None, **more: str) -> Call:
        return Call(
            [sys.executable], ["room"], f"room:{function}", argument, {**os.environ, **more}
        )

    return started


def result(one: Call) -> tuple[int, Any]:
    one.wait(lambda: False)
    assert one.ended()
    return one.outcome()


def test_what_is_returned_comes_back(call: Any) -> None:
    given = {"a": [1, None, "½"], "b": {}}
    assert result(call("echo", given)) == (0, given)
    assert result(call("big", 5_000_000)) == (0, "x" * 5_000_000)
    assert result(call("silent")) == (0, "")


def test_each_call_is_a_process_of_its_own(call: Any, tmp_path: Path) -> None:
    one, other = call("where", OF_ONE="1"), call("where")
    _, (folder, variable, pid, session, arguments) = result(one)
    assert (folder, variable, pid, session, arguments) == (str(Path.cwd()), "1", one.pid, pid, [""])
    assert result(other)[1][1:3] == [None, other.pid]
    assert [result(call("count"))[1] for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("function", "argument", "status"),
    [("die", 9, -9), ("die", 11, -11), ("leave", 3, 1), ("fail", 0, 1), ("odd", 0, 1),
     ("no_such", 0, 1)],
)  # fmt: skip
def test_how_a_process_ended_is_told(call: Any, function: str, argument: int, status: int) -> None:
    assert result(call(function, argument)) == (status, None)


def test_a_call_that_is_killed_ends_with_all_it_started(call: Any, tmp_path: Path) -> None:
    one = call("hang", str(tmp_path / "child"))
    one.wait(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text() != "")
    assert not one.ended()
    child = psutil.Process(int((tmp_path / "child").read_text()))
    one.kill()
    assert one.outcome() == (-signal.SIGKILL, None)
    assert eventually(lambda: not child.is_running() or child.status() == "zombie")
    one.kill()
    one.signal(signal.SIGKILL)


def test_what_a_call_has_started_ends_with_it(call: Any) -> None:
    status, pid = result(call("leave_behind"))
    assert status == 0
    assert eventually(lambda: not psutil.pid_exists(pid))


def test_a_killed_fork_server_ends_its_calls_and_is_replaced(call: Any, tmp_path: Path) -> None:
    one = call("hang", str(tmp_path / "child"))
    server = psutil.Process(one.pid).parent()
    assert server is not None
    server.kill()
    assert result(one) == (-signal.SIGKILL, None)
    assert result(call("echo", 1)) == (0, 1)


def test_many_threads_may_call_at_once(call: Any) -> None:
    found: list[tuple[int, Any]] = []
    threads = [threading.Thread(target=lambda n=n: found.append(result(call("echo", n))))
               for n in range(20)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(0, n) for n in range(20)]


def test_where_forking_is_impossible_the_reason_is_told(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for _ in range(2):
        with pytest.raises(CannotForkError, match="'no_such_module'"):
            Call([sys.executable], ["no_such_module"], "json:dumps", 1, environment)
