"""Batches on a real Dask cluster of processes on this machine, and what its check says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from distributed import Client
from typer.testing import CliRunner

from playbook.batch.cluster import on_cluster
from playbook.batch.clustercheck import check_cluster, look, require_agreement
from playbook.batch.clusterclient import connected
from playbook.batch.plan import Plan
from playbook.batch.run import Batch, run_batch
from playbook.batch.task import Task
from playbook.catalog import find_playbook
from playbook.cli import app
from playbook.errors import PlaybookError
from playbook.workspace import REPORTS_VARIABLE, STORE_VARIABLE, Workspace
from postgres import PASSWORD
from s3server import SECRET, S3Server

CHOSEN = [find_playbook(name) for name in ("problem_definition", "ethics_review")]
SLUGS = ["churn", "mortgage"]
LIBRARY = Path(__file__).resolve().parents[1]
WITHOUT_OURS = ["-S"]  # no .pth files: only what PYTHONPATH leads to
INSTALLED = sysconfig.get_path("purelib")


class Cluster:
    """A scheduler and workers, each a process of its own with a log of its own."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        folder.mkdir()
        file = folder / "scheduler.json"
        # The scheduler passes tasks on: it has neither our library nor our variables.
        env = environment(PYTHONPATH=INSTALLED)
        self._start(
            "scheduler", [*WITHOUT_OURS, "-m", "distributed.cli.dask_scheduler"], env,
            "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter",
            "--scheduler-file", file,
        )  # fmt: skip
        wait_until(lambda: file.exists() and file.read_text().strip().endswith("}"))
        self.address = json.loads(file.read_text())["address"]

    def work(
        self, name: str, *options: str, nanny: bool = False, cwd: Path | None = None, **env: str
    ) -> None:
        """Start a worker, without waiting for it."""
        self._start(
            name, [*options, "-m", "distributed.cli.dask_worker"], environment(**env), self.address,
            "--nthreads", "1", "--no-dashboard", "--name", name, "--nanny" if nanny else "--no-nanny",
            "--host", "127.0.0.1", "--local-directory", self.folder, cwd=cwd,
        )  # fmt: skip

    def wait_for(self, workers: int) -> Cluster:
        with connected(self.address) as client:
            client.wait_for_workers(workers, timeout=60)
        return self

    def processes(self) -> dict[str, psutil.Process]:
        """Those that run notebooks, by the names of their workers."""
        with connected(self.address) as client:
            found = client.run(os.getpid)
            names = names_of(client)
        return {names[worker]: psutil.Process(number) for worker, number in found.items()}

    @property
    def logs(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("*.log"))

    def _start(
        self, name: str, command: list[str], env: dict[str, str], *more: object,
        cwd: Path | None = None,
    ) -> None:  # fmt: skip
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *command, *map(str, more)],
                env=env, cwd=cwd or self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        self._stack.callback(end, process)


def names_of(client: Client) -> dict[str, str]:
    workers = client.scheduler_info(n_workers=-1)["workers"]
    return {address: info["name"] for address, info in workers.items()}


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "DASK_LOGGING__DISTRIBUTED": "debug", **more}


def end(process: subprocess.Popen[bytes]) -> None:
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.kill()
    process.wait()
    for one in family:
        if one.is_running():
            one.kill()


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@contextmanager
def started(folder: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(folder / "cluster", stack)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers, one of them under a nanny, that see this machine as it is."""
    with started(tmp_path_factory.mktemp("dask")) as running:
        running.work("plain")
        running.work("nursed", nanny=True)
        yield running.wait_for(2)


@pytest.fixture(scope="module")
def local(demo_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """What the same batch leaves when it runs here."""
    workspace = copy_of(demo_workspace, tmp_path_factory.mktemp("local"))
    assert run_batch(workspace, SLUGS, CHOSEN, 2).exit_status == 0
    return workspace


def copy_of(workspace: Workspace, folder: Path) -> Workspace:
    shutil.copytree(workspace.folder, folder / "workspace")
    return Workspace.open(folder / "workspace")


def records(workspace: Workspace) -> dict[tuple[str, str], Any]:
    return {(run.product, run.playbook): run.record for run in workspace.runs.standing()}


def written(workspace: Workspace) -> dict[str, Any]:
    place = workspace.reports_place
    return {name: json.loads(place.read(name)) for name in place.names() if name.count("/") == 1
            and name.endswith(".json")}  # fmt: skip


def test_a_cluster_leaves_what_this_machine_would(
    cluster: Cluster, local: Workspace, own_workspace: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    run = CliRunner().invoke(
        app, ["run", "--scheduler", cluster.address, "--workspace", str(own_workspace.folder),
              *(word for playbook in CHOSEN for word in ("--playbook", playbook.name))],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    batch = run_batch(own_workspace, SLUGS, CHOSEN, pool=on_cluster(own_workspace, "nowhere"))
    assert (len(batch.standing), batch.results) == (4, [])
    assert records(own_workspace) == records(local)
    assert written(own_workspace) == written(local)
    for name in local.reports_place.names():
        if name.endswith(".html") and "/" in name:
            assert own_workspace.reports_place.read(name) == local.reports_place.read(name)
    assert "distributed" not in run.output + "".join(capfd.readouterr())


def test_the_check_says_that_all_is_well(cluster: Cluster, own_workspace: Workspace) -> None:
    command = ["cluster-check", cluster.address, "--workspace", str(own_workspace.folder)]
    run = CliRunner().invoke(app, command)
    assert run.exit_code == 0, run.output
    first, *lines = run.stdout.splitlines()
    assert first == "2 of 2 workers can be used; all together run 2 notebooks at a time."
    assert len(lines) == 7
    assert all(line.startswith("All workers ") for line in lines)


def test_what_a_killed_worker_was_at_is_done_by_another(
    cluster: Cluster, local: Workspace, own_workspace: Workspace
) -> None:
    worker = cluster.processes()["nursed"]
    watch = threading.Thread(target=kill_at_work, args=(worker,))
    batch = run_batch(
        own_workspace, SLUGS, CHOSEN,
        on_plan=lambda plan: watch.start(), pool=on_cluster(own_workspace, cluster.address),
    )  # fmt: skip
    watch.join()
    assert not worker.is_running()
    assert sorted((r.task.slug, r.task.playbook) for r in batch.results) == sorted(records(local))
    assert batch.exit_status == 0, [result.error for result in batch.results]
    assert records(own_workspace) == records(local)
    assert written(own_workspace) == written(local)
    assert own_workspace.reports_place.names() == local.reports_place.names()
    cluster.wait_for(2)


def kill_at_work(worker: psutil.Process) -> None:
    """Kill it as soon as it runs a notebook."""
    wait_until(lambda: bool(notebooks_of(worker)))
    worker.kill()


def notebooks_of(worker: psutil.Process) -> list[psutil.Process]:
    """The processes that its fork server has forked."""
    return [child for server in worker.children() if "forkedkernel" in " ".join(server.cmdline())
            for child in server.children()]  # fmt: skip


def test_whoever_stops_listening_stops_the_work(
    cluster: Cluster, own_workspace: Workspace
) -> None:
    tasks = [Task(slug, playbook.name, "b") for slug in SLUGS for playbook in CHOSEN]
    results = on_cluster(own_workspace, cluster.address)(Plan("b", tasks))
    first = next(results)
    results.close()
    workers = cluster.processes().values()
    wait_until(lambda: not any(map(notebooks_of, workers)), 10)
    assert {run.outcome for run in own_workspace.runs.newest().values()} <= {"done", "failed"}
    assert own_workspace.runs.newest()[first.task.slug, first.task.playbook].outcome == "done"
    with connected(cluster.address) as client:
        wait_until(lambda: not any(client.processing().values()), 10)


# ---- workers that do not fit


def test_workers_that_do_not_fit_are_named_with_what_to_do(
    own_workspace: Workspace, tmp_path: Path
) -> None:
    shutil.copytree(LIBRARY / "lib", tmp_path / "other" / "lib")
    for shipped in ("templates", "playbooks"):
        (tmp_path / "other" / shipped).symlink_to(LIBRARY / shipped)
    with (tmp_path / "other/lib/playbook/errors.py").open("a") as module:
        module.write("# another version\n")
    (tmp_path / "elsewhere").mkdir()
    # What lies below it depends on who looks.
    here = Workspace(Path("/proc/self/cwd/workspace"))
    with started(tmp_path) as cluster, pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        cluster.work("bare", *WITHOUT_OURS, PYTHONPATH=INSTALLED, cwd=tmp_path)
        cluster.work("old", PYTHONPATH=str(tmp_path / "other/lib"), cwd=tmp_path)
        cluster.work("away", cwd=tmp_path / "elsewhere")
        store = f"sqlite:///{tmp_path / 'other.db'}"
        cluster.work("stored", cwd=tmp_path, **{STORE_VARIABLE: store})
        cluster.work("strewn", cwd=tmp_path, **{REPORTS_VARIABLE: str(tmp_path / "theirs")})
        cluster.wait_for(5)
        with connected(cluster.address) as client:
            names = names_of(client)
            with pytest.raises(PlaybookError) as refused:
                require_agreement(client, here, 30)
            checked = look(client, here, deep=False, seconds=30)
    told = {names[who]: said for (_, said), (who,) in checked.faults.items()}
    for word, said in told.items(): print(word, said)
    assert 0
