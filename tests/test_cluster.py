"""Batches on a real Dask cluster of processes on this machine, and what its check says."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from distributed import Client
from typer.testing import CliRunner

from playbook.batch.cluster import on_cluster
from playbook.batch.clustercheck import ASPECTS, check_cluster, look, require_agreement
from playbook.batch.clusterclient import connected
from playbook.batch.plan import Plan
from playbook.batch.run import run_batch
from playbook.batch.task import Task
from playbook.catalog import find_playbook
from playbook.cli import app
from playbook.errors import PlaybookError
from playbook.workspace import REPORTS_VARIABLE, STORE_VARIABLE, Workspace
from postgres import PASSWORD, PostgresServer
from s3server import SECRET, S3Server

CHOSEN = [find_playbook(name) for name in ("problem_definition", "ethics_review")]
SLUGS = ["churn", "mortgage"]
LIBRARY = Path(__file__).resolve().parents[1]
WITHOUT_OURS = ["-S"]  # no .pth files: only what PYTHONPATH leads to
INSTALLED = sysconfig.get_path("purelib")


class Cluster:
    """A scheduler and workers, each a process of its own with a log of its own."""

    def __init__(self, folder: Path, stack: ExitStack, **env: str) -> None:
        self.folder, self._stack = folder, stack
        self.started: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir()
        file = folder / "scheduler.json"
        # The scheduler passes tasks on: it has neither our library nor our variables.
        env = environment(PYTHONPATH=INSTALLED, **env)
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
            name, [*options, "-m", "distributed.cli.dask_worker"], environment(**env),
            self.address, "--nanny" if nanny else "--no-nanny", "--nthreads", "1", "--name", name,
            "--no-dashboard", "--host", "127.0.0.1", "--local-directory", self.folder, cwd=cwd,
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

    def logs(self) -> list[str]:
        return [path.read_text() for path in self.folder.glob("*.log")]

    def _start(
        self, name: str, command: list[str], env: dict[str, str], *more: object,
        cwd: Path | None = None,
    ) -> None:  # fmt: skip
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *command, *map(str, more)],
                env=env, cwd=cwd or self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        self.started[name] = process
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
def started(folder: Path, **env: str) -> Iterator[Cluster]:
    """A scheduler with these variables, and with whatever workers are started next."""
    with ExitStack() as stack:
        yield Cluster(folder / "cluster", stack, **env)


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
    with closing(sqlite3.connect(own_workspace.folder / "playbook.db")) as database:
        runs = database.execute("select product, playbook, outcome from run_record").fetchall()
    assert sorted(runs) == [(*name, "done") for name in sorted(records(local))]
    cluster.wait_for(2)


def kill_at_work(worker: psutil.Process) -> None:
    """Kill it as soon as it runs a notebook."""
    wait_until(lambda: bool(notebooks_of(worker)))
    worker.kill()


def notebooks_of(worker: psutil.Process) -> list[psutil.Process]:
    """The processes that its fork server has forked."""
    return [child for server in worker.children() if "forkedkernel" in " ".join(server.cmdline())
            for child in server.children()]  # fmt: skip


def test_whoever_stops_listening_stops_the_work(cluster: Cluster, own_workspace: Workspace) -> None:
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
    begins = {
        "bare": "this library, or a part of it, is not installed there. Install",
        "old": "its copy of this library differs, though the version is the same. Install",
        "away": "the workspace is not there. Mount its folder under the same path.",
        "stored": f"it uses another store ({tmp_path / 'other.db'}) than this machine",
        "strewn": f"its reports go to {tmp_path / 'theirs'} instead of {tmp_path / 'workspace'}",
    }
    assert told.keys() == begins.keys()
    assert [name for name in told if not told[name].startswith(begins[name])] == []
    assert [line for well, line in checked.lines() if well] == [
        f"All other workers {ASPECTS[name]}." for name in ("answers", "data", "forking")
    ]
    assert checked.summary.startswith("0 of 5 workers can be used;")
    assert str(refused.value).startswith("tcp://")
    assert any(said in str(refused.value) for said in told.values())


# ---- a cluster that is lost


def test_a_cluster_that_is_lost_is_one_sentence(
    own_workspace: Workspace, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tasks = [Task(slug, playbook.name, "b") for slug in SLUGS for playbook in CHOSEN]
    with started(tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as cluster:
        pool = on_cluster(own_workspace, cluster.address, patience=3)
        with pytest.raises(PlaybookError, match=r"has no workers. Start some: dask worker tcp://"):
            list(pool(Plan("b", tasks)))
        cluster.work("one")
        cluster.wait_for(1)
        killing, failed = Killing(cluster, "one"), []
        with pytest.raises(PlaybookError, match=r"the cluster has lost all its workers. Start"):
            failed.extend(pool(Plan("c", tasks)))
        killing.join()
        assert 0 < len(failed) < len(tasks)
        for result in failed:
            assert result.fault == "crash"
            assert result.error.endswith(": each worker that ran it was lost.")
        runs = own_workspace.runs.newest().values()
        assert sorted(run.error for run in runs) == sorted(result.error for result in failed)
        cluster.work("two")
        cluster.wait_for(1)
        killing = Killing(cluster, "scheduler")
        with pytest.raises(PlaybookError, match=r"the Dask scheduler is lost. Start it again"):
            list(pool(Plan("d", tasks)))
        killing.join()
        with pytest.raises(PlaybookError, match=r"^tcp://127\.0.*no Dask scheduler answers here"):
            list(pool(Plan("e", tasks)))
    assert "".join(capfd.readouterr()) == ""


class Killing(threading.Thread):
    """Kills a process of a cluster as soon as a task is at work there."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        super().__init__()
        self._cluster, self._name = cluster, name
        self.start()

    def run(self) -> None:
        with Client(self._cluster.address, set_as_default=False) as client:
            wait_until(lambda: any(client.processing().values()))
        self._cluster.started[self._name].kill()


@pytest.mark.parametrize("address", ["nonsense://x:1", "tcp://127.0.0.1:1", "tls://127.0.0.1:1",
                                     "tcp://user:hush@127.0.0.1:1", "", "127.0.0.1:x"])  # fmt: skip
def test_an_address_without_a_scheduler_is_one_sentence(
    own_workspace: Workspace, address: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PlaybookError, match="no Dask scheduler answers here") as told:
        check_cluster(own_workspace, address, patience=1)
    assert [one for one in threading.enumerate() if "IO loop" in one.name] == []
    assert "hush" not in str(told.value)
    assert "".join(capfd.readouterr()) == ""


# ---- a store and a place that all machines share


def test_records_go_to_postgresql_and_reports_to_the_object_store(
    own_workspace: Workspace,
    local: Workspace,
    postgres_server: PostgresServer,
    s3: S3Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = own_workspace.answers("churn")
    shared = {STORE_VARIABLE: postgres_server.new_database(), REPORTS_VARIABLE: "s3://lake/reports"}
    for name, value in shared.items():
        monkeypatch.setenv(name, value)
    workspace = Workspace.open(own_workspace.folder)
    with started(tmp_path) as cluster, closing(workspace.store), closing(workspace.runs):
        workspace.store.append_all("churn", answers.values())
        cluster.work("one", **shared)
        cluster.wait_for(1)
        pool = on_cluster(workspace, cluster.address)
        batch = run_batch(workspace, ["churn"], CHOSEN[:1], pool=pool)
        assert batch.exit_status == 0, batch.results
        assert check_cluster(workspace, cluster.address).faults == {}
        cluster.work("other", **{**shared, STORE_VARIABLE: postgres_server.new_database()})
        cluster.wait_for(2)
        with connected(cluster.address) as client:
            ((aspect, said),) = look(client, workspace, deep=False, seconds=30).faults
            state = client.run_on_scheduler(scheduler_state())
        (run,) = workspace.runs.standing()
    assert (aspect, said[:42]) == ("store", "it uses another store (PostgreSQL at /tmp/")
    place = workspace.reports_place
    found = json.loads(place.read("churn/problem_definition.json"))
    here = written(local)["churn/problem_definition.json"]
    assert {**found, "answers_revision": 0} == {**here, "answers_revision": 0}
    assert run.record == found
    assert f"('playbooks-{run.batch}', 'churn-problem_definition')" in state
    everything = [*cluster.logs(), state, said, repr(run), *map(place.where, place.names()),
                  *(place.read(name).decode("latin-1") for name in place.names())]  # fmt: skip
    for secret in (PASSWORD, quote(PASSWORD, safe=""), shared[STORE_VARIABLE], SECRET):
        assert [text for text in everything if secret in text] == []


def scheduler_state() -> Callable[..., str]:
    def told(dask_scheduler: Any) -> str:
        seen = [dask_scheduler.transition_log, dask_scheduler.get_events(), dask_scheduler.tasks]
        return repr([list(part) if not isinstance(part, dict) else part for part in seen])

    return told
