"""Forked kernels, with real clients: they are kernels like others, only warm, and end in time."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager, KernelManager
from nbclient import NotebookClient

from playbook.forkedkernel import warm

SHIPPED = Path(__file__).resolve().parents[1] / "templates" / "jupyter"
ARGV = ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
LAUNCHER = """
import os, sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="bare")
print(manager.provisioner.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Jupyter looks for kernels, besides among the shipped ones."""
    monkeypatch.setenv("JUPYTER_PATH", os.pathsep.join([str(SHIPPED), str(tmp_path)]))
    return tmp_path


def write_spec(folder: Path, name: str, preload: list[str], **more: Any) -> None:
    provisioner = {"provisioner_name": "playbook-forked", "config": {"preload": preload}}
    spec = {"argv": ARGV, "display_name": name, "language": "python", **more}
    spec["metadata"] = {"kernel_provisioner": provisioner}
    place = folder / "kernels" / name
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


@contextmanager
def started(name: str = "playbook", **options: Any) -> Iterator[tuple[KernelManager, Any]]:
    manager = KernelManager(kernel_name=name)
    manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy()


def value(client: Any, expression: str, first: str = "") -> Any:
    """What `expression` is in the kernel, after the statements `first`."""
    reply = client.execute_interactive(
        first, user_expressions={"it": expression}, output_hook=lambda _: None, timeout=60
    )["content"]
    assert reply["status"] == "ok", reply
    assert reply["user_expressions"]["it"]["status"] == "ok", reply
    return ast.literal_eval(reply["user_expressions"]["it"]["data"]["text/plain"])


def ids(client: Any) -> tuple[int, int]:
    """Of the kernel's process and of its parent."""
    return value(client, "os.getpid(), os.getppid()", "import os")


def gone(*numbers: int) -> bool:
    """Whether these processes end, in the time that a busy machine needs for it."""
    alive = [psutil.Process(n) for n in numbers if psutil.pid_exists(n)]
    return not psutil.wait_procs(alive, timeout=30)[1]


def test_a_notebook_fits_queries_draws_and_shows_a_widget() -> None:
    cells = [
        "import sys\nwarm = {'sklearn', 'ibis', 'altair', 'playbook'} <= set(sys.modules)\nwarm",
        # Threads of OpenMP and of BLAS, which a fork would break if the server had any.
        "import numpy as np\nfrom sklearn.ensemble import HistGradientBoostingClassifier\n"
        "x = np.random.default_rng(1).normal(size=(2000, 20))\ny = (x @ x.T)[0] > 0\n"
        "HistGradientBoostingClassifier(max_iter=5).fit(x, y).score(x, y) > 0.8",
        "import duckdb, pandas as pd\nframe = pd.DataFrame({'n': range(1000)})\n"
        "n = duckdb.sql('select sum(n)::int from frame').fetchall()[0][0]\n"
        "n, pd.get_option('display.max_columns')",
        "import altair, vl_convert\n"
        "chart = altair.Chart(frame.head()).mark_bar().encode(x='n:Q')\n"
        "vl_convert.vegalite_to_svg(chart.to_dict())[:4]",
        "import ipywidgets\nipywidgets.IntSlider(value=7)",
        "sorted(get_ipython().kernel.comm_manager.targets)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, kernel_name="playbook", timeout=120).execute()
    shown = [cell.outputs[-1]["data"] for cell in notebook.cells]
    assert [data["text/plain"] for data in shown[:4]] == ["True", "True", "(499500, 20)", "'<svg'"]
    assert "application/vnd.jupyter.widget-view+json" in shown[4]
    assert "jupyter.widget" in shown[5]["text/plain"]
    states = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    assert 7 in [state["state"].get("value") for state in states.values()]


def test_papermill_runs_it(folder: Path) -> None:
    cell = nbformat.v4.new_code_cell("n = 1", metadata={"tags": ["parameters"]})
    after = nbformat.v4.new_code_cell("import sys\n('sklearn' in sys.modules, n)")
    notebook = nbformat.v4.new_notebook(cells=[cell, after])
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, folder / "in.ipynb")
    done = papermill.execute_notebook(
        folder / "in.ipynb", None, {"n": 2}, kernel_name="playbook", progress_bar=False
    )
    assert done.cells[-1].outputs[0]["data"]["text/plain"] == "(True, 2)"


def test_the_server_has_one_thread_so_no_preloaded_library_starts_one() -> None:
    with started() as (_, client):
        _, server = ids(client)
        assert server != os.getpid()
        assert psutil.Process(server).num_threads() == 1


def test_interrupt_stops_the_cell_and_not_the_kernel() -> None:
    with started() as (manager, client):
        kernel, _ = ids(client)
        # Said by another thread, so that this one sleeps when the interrupt comes.
        said = "threading.Timer(1, print, ['here'], {'flush': True}).start()"
        client.execute(f"import threading, time\n{said}\ntime.sleep(600)")
        while client.get_iopub_msg(timeout=60)["content"].get("text") != "here\n":
            pass
        manager.interrupt_kernel()
        assert client.get_shell_msg(timeout=60)["content"]["ename"] == "KeyboardInterrupt"
        # An ipykernel aborts what reaches it while it still clears its queue after an error.
        while "aborted" in client.execute("", reply=True, timeout=60)["content"]["status"]:
            pass
        assert ids(client)[0] == kernel


def test_restart_begins_anew_with_the_same_server() -> None:
    with started() as (manager, client):
        kernel, server = ids(client)
        value(client, "mine", "mine = 1")
        manager.restart_kernel()
        client.wait_for_ready(timeout=60)
        again, same = ids(client)
        assert (again != kernel, same) == (True, server)
        assert value(client, "'mine' in globals()") is False
        assert gone(kernel)


def test_shutdown_runs_what_was_registered_for_it(folder: Path) -> None:
    with started(cwd=str(folder)) as (manager, client):
        code = "import atexit, pathlib\natexit.register(pathlib.Path('left').write_text, 'well')"
        kernel, server = ids(client)
        value(client, "1", code)
        process = manager.provisioner.process
        manager.shutdown_kernel()
        assert process.returncode == 0
        assert gone(kernel)
        assert psutil.pid_exists(server)
    assert (folder / "left").read_text(encoding="utf-8") == "well"


def test_nothing_of_one_kernel_reaches_another(folder: Path) -> None:
    probe = (
        "(os.environ.get('OF_ONE'), os.environ.get('MADE'), os.getcwd(), 'wave' in sys.modules,"
        "str(time.localtime().tm_gmtoff), tempfile.gettempdir(), random.random(),"
        "float(np.random.random()), os.getsid(0) == os.getpid())"
    )
    first = "import os, sys, random, tempfile, time\nimport numpy as np"
    (folder / "one").mkdir()
    (folder / "two").mkdir()
    env = {**os.environ, "OF_ONE": "1", "TZ": "Asia/Kolkata", "TMPDIR": str(folder / "one")}
    with started(env=env, cwd=str(folder / "one")) as (_, client):
        value(client, "1", "import os, wave, numpy\nos.environ['MADE'] = '1'; numpy.random.seed(0)")
        of_one = value(client, probe, first)
        with started(cwd=str(folder / "two")) as (_, other):
            of_two = value(other, probe, first)
            assert ids(client)[1] == ids(other)[1]
    own = str(folder / "one")
    assert of_one[:6] == ("1", "1", own, True, "19800", own)
    assert of_two[:4] == (None, None, str(folder / "two"), False)
    assert of_two[5] != own
    assert of_one[7] == pytest.approx(0.5488135)  # the first number after numpy.random.seed(0)
    assert len({of_one[6], of_two[6]} | {of_one[7], of_two[7]}) == 4
    assert of_one[8]
    assert of_two[8]


def test_a_kernel_sees_what_a_usual_one_would() -> None:
    probe = (
        "sys.path, len(sys.argv), __name__, sys.executable, pd.get_option('display.max_columns'),"
        "sorted((p['internal_api'], p['num_threads']) for p in threadpool_info())"
    )
    first = "import sys, sklearn.ensemble\nimport pandas as pd\n"
    first += "from threadpoolctl import threadpool_info"
    with started() as (_, forked), started("python3") as (_, usual):
        assert value(forked, probe, first) == value(usual, probe, first)


def test_kernel_and_server_end_when_their_launcher_is_killed(folder: Path) -> None:
    write_spec(folder, "bare", [])
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with launcher:
        assert launcher.stdout is not None
        kernel = int(launcher.stdout.readline())
        server = psutil.Process(kernel).ppid()
        assert psutil.Process(server).ppid() == launcher.pid
        launcher.kill()
    assert gone(kernel, server)


def test_a_killed_server_is_noticed_and_replaced(folder: Path) -> None:
    write_spec(folder, "bare", [])
    with started("bare") as (manager, client):
        kernel, server = ids(client)
        os.kill(server, signal.SIGKILL)
        assert gone(kernel)
        assert not manager.is_alive()
        with started("bare") as (_, other):
            assert ids(other)[1] not in {server, os.getpid()}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise ValueError('no licence')", "'odd' cannot be imported beforehand (ValueError: no"),
        ("import threading\nthreading.Thread(target=threading.Event().wait).start()", "'odd' star"),
        ("import os\nos.kill(os.getpid(), 11)", "died of its imports (status -11)"),
    ],
)
def test_what_cannot_be_preloaded_is_named_and_the_kernel_starts_anyway(
    folder: Path,
    source: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (folder / "odd.py").write_text(source, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    write_spec(folder, "odd", ["json", "odd"])
    with started("odd") as (_, client):
        assert ids(client)[1] == os.getpid()
    (line,) = [r.getMessage() for r in caplog.records if "not forked" in r.getMessage()]
    assert said in line


@pytest.mark.parametrize(
    ("options", "argv", "said"),
    [
        ({}, ["python", "-c", "import ipykernel.kernelapp as k; k.launch_new_instance()"], "'pyth"),
        ({"stdout": subprocess.PIPE}, ARGV[:3], "pipe"),
        ({"independent": True}, ARGV[:3], "independent"),
    ],
)
def test_what_a_fork_cannot_do_a_usual_kernel_does(
    folder: Path,
    options: dict[str, Any],
    argv: list[str],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_spec(folder, "other", [], argv=[*argv, *ARGV[3:]])
    with started("other", **options) as (_, client):
        assert ids(client)[1] == os.getpid()
    (line,) = [r.getMessage() for r in caplog.records if "not forked" in r.getMessage()]
    assert said in line


def test_the_launcher_goes_on_while_the_server_imports(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The module waits for a file that only another task of the same event loop writes."""
    (folder / "slow.py").write_text(
        "import os, time\nwhile not os.path.exists(os.environ['PYTHON_TEST_SIGN']):\n"
        "    time.sleep(0.01)\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("PYTHON_TEST_SIGN", str(folder / "sign"))
    write_spec(folder, "slow", ["slow"])

    async def sign() -> None:
        await asyncio.sleep(0.1)
        (folder / "sign").touch()

    async def start() -> int:
        manager = AsyncKernelManager(kernel_name="slow")
        await asyncio.gather(manager.start_kernel(), sign())
        try:
            return psutil.Process(manager.provisioner.pid).ppid()
        finally:
            await manager.shutdown_kernel(now=True)
            manager.context.destroy()

    assert asyncio.run(asyncio.wait_for(start(), 60)) != os.getpid()


def test_warm_starts_the_server_that_the_first_kernel_uses(folder: Path) -> None:
    write_spec(folder, "ahead", ["wave"])
    before = {p.pid for p in psutil.Process().children()}
    warm("ahead")
    (server,) = {p.pid for p in psutil.Process().children()} - before
    with started("ahead") as (_, client):
        assert ids(client)[1] == server
