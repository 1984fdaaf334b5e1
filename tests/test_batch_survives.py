"""Whatever dies, fills up or hangs: others finish, one sentence says so, a restart completes."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from farm import HANG, PATIENCE, PRODUCTS, Farm, eventually, failures, family, gone, plant, ran
from postgres import PASSWORD, PostgresServer, find_binaries
from postgres import _account as account

LEFT = "from playbook.files import _temporary_in as t\n"
LEFT += "t(Path(workspace, 'reports', product)).write_text('half')\n"
SHORT = ("--playbook", "01", "--playbook", "06")
ALL_SHORT = {(slug, number) for slug in PRODUCTS for number in ("01", "06")}


@contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[bool]:
    """A small disk at `folder`, where this account may mount one; says whether it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """A file that takes all the space of a disk but `leave` bytes."""
    room = shutil.disk_usage(folder).free - leave
    path = folder / ".filler"
    with path.open("wb") as file:
        file.write(b"x" * room)
    return path


def hold_files_to(kilobytes: int) -> list[str]:
    """Instead of a small disk: no process may write a longer file."""
    return ["prlimit", f"--fsize={kilobytes * 1024}"]


# ---- the driver


def test_a_killed_driver_leaves_nothing_behind_and_goes_on_where_it_was(farm: Farm) -> None:
    chosen = ("--playbook", "01", "--playbook", "03", "--playbook", "06", "--jobs", "2")
    driver = farm.start(*chosen, IN_03=LEFT + HANG)
    farm.wait_for("03-ant", "03-bee")
    processes = family(psutil.Process(driver.pid))
    assert len(processes) >= 4  # the driver, the fork server, two notebooks
    driver.kill()
    assert gone(processes)
    driver.communicate()
    before = {("ant", "01"), ("ant", "06"), ("bee", "01")}
    left = list(farm.reports.rglob(".playbook-*.tmp"))
    assert len(left) == 2
    assert {(s, n) for s, n, outcome in farm.runs() if outcome == "done"} == before
    times = {p: p.stat().st_mtime_ns for p in farm.reports.rglob("*.html")}
    again = farm.run(*chosen)
    assert (again.returncode, failures(again)) == (0, {})
    assert ran(again) == {("ant", "03"), ("bee", "03"), ("bee", "06")}
    assert again.stdout.startswith("Nothing has changed for 3 reports.")
    assert farm.made() == before | ran(again)
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())
    assert eventually(lambda: not list((farm.folder / "tmp").iterdir()))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, None)])
def test_a_stopped_driver_stops_at_once_and_goes_on_where_it_was(
    farm: Farm, number: signal.Signals, status: int | None
) -> None:
    driver = farm.start("ant", *SHORT, "--jobs", "2", IN_06=HANG)
    farm.wait_for("06-ant")
    assert eventually(lambda: farm.report("ant", "problem_definition").exists())
    assert eventually(lambda: ("ant", "01", "done") in farm.runs())
    processes = family(psutil.Process(driver.pid))
    os.killpg(driver.pid, number)  # as a terminal does
    _, err = driver.communicate(timeout=20)
    assert gone(processes)
    assert "Traceback" not in err
    if status is not None:
        assert driver.returncode == status
        assert err.splitlines()[-1].startswith("Stopped. What was done is kept")
        assert len(err.splitlines()) <= 2, err  # and that 01 had run: nothing of what was stopped
    assert farm.runs() == [("ant", "01", "done")]  # being stopped is no failure of the notebook
    again = farm.run("ant", *SHORT)
    assert (again.returncode, ran(again)) == (0, {("ant", "06")})
    assert farm.made() == {("ant", "01"), ("ant", "06")}


# ---- the notebooks


def test_what_one_notebook_does_to_itself_does_not_stop_the_others(farm: Farm) -> None:
    done = farm.run(
        "--jobs", "2", "--timeout", "25", "--memory", "700",
        IN_02_ant="if not sign.exists(): sign.touch(); os.kill(os.getpid(), 9)",
        IN_03_ant="sign.open('a').write('x'); os.kill(os.getpid(), 9)",
        IN_05_ant="signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + HANG,
        IN_06_ant="held = []\nwhile True: held.append(bytearray(os.urandom(1 << 20) * 16))",
        IN_02_bee="os._exit(3)",
        IN_03_bee="raise ValueError('two\\nlines \\x1b[31m [bold]of text')",
        IN_05_bee="import ctypes; ctypes.string_at(0)",
        IN_06_bee="from playbook.errors import PlaybookError\nraise PlaybookError('no ink left')",
    )  # fmt: skip
    assert done.returncode == 1
    died = "its process ended before its time"
    said = failures(done)
    assert said.keys() == {("ant", n) for n in ("03", "05", "06")} | {
        ("bee", n) for n in ("02", "03", "05", "06")
    }
    assert f"03_evaluation.ipynb: {died} (SIGKILL)." in said["ant", "03"]
    assert "05_ethics_review.ipynb: it took more than 25 seconds." in said["ant", "05"]
    assert "it took more than 700 MB of memory." in said["ant", "06"]
    assert f"{died} (exit status 3)." in said["bee", "02"]
    assert "cell 4: ValueError: two lines [31m [bold]of text." in said["bee", "03"]
    assert "\x1b" not in done.stderr
    assert f"{died} (SIGSEGV)." in said["bee", "05"]
    assert said["bee", "06"].startswith("no ink left.")
    assert (farm.signs / "03-ant").read_text() == "xx"  # tried once more, not again and again
    whole = {("ant", "01"), ("ant", "02"), ("bee", "01")}
    assert farm.made() == whole
    assert list((farm.folder / "tmp").iterdir()) == []
    index = (farm.reports / "index.html").read_text(encoding="utf-8")
    assert "it took more than 25 seconds" in index
    why = farm.run("--why", "--timeout", "100")
    assert why.returncode == 0
    assert "ant  05_ethics_review  runs: its last run failed: 05_ethics_review.ipynb: it took" in (
        why.stderr
    )
    assert ran(why) == said.keys()
    assert farm.made() == whole | said.keys()


def test_a_killed_fork_server_is_replaced(farm: Farm) -> None:
    once = "if not sign.exists(): sign.write_text(str(os.getpid())); time.sleep(600)"
    driver = farm.start("--jobs", "2", *SHORT, IN_01_ant=once, IN_06_ant=once)
    farm.wait_for("01-ant", "06-ant")
    assert eventually(lambda: (farm.signs / "01-ant").read_text() != "")
    notebook = psutil.Process(int((farm.signs / "01-ant").read_text()))
    notebook.parent().kill()
    _, err = driver.communicate(timeout=PATIENCE)
    done = subprocess.CompletedProcess([], driver.returncode, "", err)
    assert (done.returncode, failures(done)) == (0, {}), err
    assert len(err.splitlines()) == 4  # nothing about slow kernels either
    assert farm.made() == ALL_SHORT


# ---- the disk


def test_a_full_disk_for_reports_is_said_once_for_each_and_put_right(farm: Farm) -> None:
    assert farm.run("ant", "--playbook", "01").returncode == 0
    size = farm.report("ant", "problem_definition").stat().st_size
    shutil.rmtree(farm.reports)
    with disk(farm.reports, 3) as mounted:
        if mounted:
            filler = fill(farm.reports, leave=size + size // 2)
            done = farm.run(*SHORT)
            filler.unlink()
        else:
            done = limited(farm, hold_files_to(size // 2048), *SHORT)
        said = failures(done)
        assert done.returncode == 2
        assert ran(done) == ALL_SHORT
        assert said
        assert all("this cannot be written (" in line for line in said.values())
        assert all("Check free space" in line for line in said.values())
        assert farm.made() == ALL_SHORT - said.keys()
        again = farm.run(*SHORT)
        assert (again.returncode, ran(again)) == (0, set(said))
        assert farm.made() == ALL_SHORT


def test_a_full_disk_for_everything_is_put_right_too(farm: Farm) -> None:
    shutil.rmtree(farm.workspace)
    with disk(farm.workspace, 3) as mounted:
        plant(farm.workspace)
        assert farm.run("ant", *SHORT).returncode == 0
        if mounted:
            filler = fill(farm.workspace)
            done = farm.run(*SHORT)
            filler.unlink()
        else:
            done = limited(farm, hold_files_to(1), *SHORT)
        assert done.returncode in {1, 2}
        lines = done.stderr.splitlines()
        assert lines
        assert all("cannot be" in line and ("written" in line) for line in lines), lines
        assert len(lines) == len(failures(done)) or len(lines) == 1, lines
        again = farm.run(*SHORT)
        assert again.returncode == 0, again.stderr
        assert farm.made() == ALL_SHORT


def limited(farm: Farm, prefix: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*prefix, os.path.realpath("/proc/self/exe"), "-m", "playbook.cli", "run", *arguments]
    return subprocess.run(
        command, cwd=farm.folder, env=farm.environment(), capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip


def test_a_place_that_cannot_be_written_is_said_before_any_work(farm: Farm) -> None:
    farm.reports.write_text("not a folder", encoding="utf-8")
    done = farm.run(*SHORT)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert f"{farm.reports}: this cannot be written (" in done.stderr
    assert farm.reports.read_text(encoding="utf-8") == "not a folder"
    farm.reports.unlink()
    with disk(farm.reports, 3) as mounted:
        if mounted:
            subprocess.run(["mount", "-o", "remount,ro", str(farm.reports)], check=True)
        else:
            farm.reports.chmod(0o500)
        done = farm.run(*SHORT)
        farm.reports.chmod(0o700) if not mounted else None
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert f"{farm.reports}: this cannot be written (" in done.stderr
    assert farm.runs() == []


# ---- the store


def test_a_store_that_goes_away_in_the_middle_is_one_sentence_each(farm: Farm) -> None:
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = PostgresServer(folder, find_binaries(), account())
    try:
        server.start()
        farm.variables["PLAYBOOK_STORE"] = server.new_database()
        waits = "sign.touch()\nwhile not sign.with_name('go').exists(): time.sleep(0.02)"
        driver = farm.start("ant", "--jobs", "2", *SHORT, IN_01=waits, IN_06=waits)
        farm.wait_for("01-ant", "06-ant")
        assert server.process
        server.process.send_signal(signal.SIGINT)
        server.process.wait(20)
        (farm.signs / "go").touch()
        _, err = driver.communicate(timeout=300)
        done = subprocess.CompletedProcess([], driver.returncode, "", err)
        assert done.returncode in {1, 2}
        assert "Traceback" not in err
        assert PASSWORD not in err
        assert failures(done).keys() == {("ant", "01"), ("ant", "06")}
        assert all("the stored answers cannot be read" in s for s in failures(done).values())
        assert farm.made() == set()
        again = farm.run("ant", *SHORT)
        assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)
        assert "Check that the server runs" in again.stderr
    finally:
        server.stop()


def tamper(farm: Farm, change: str) -> None:
    """Change run records behind the library's back, which itself only appends."""
    with closing(sqlite3.connect(farm.workspace / "playbook.db")) as store, store:
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'run_record'"
        for (name,) in store.execute(guards).fetchall():
            store.execute(f"DROP TRIGGER {name}")
        store.execute("UPDATE run_record SET " + change)  # noqa: S608


def test_a_damaged_run_record_is_made_anew(farm: Farm) -> None:
    assert farm.run("ant", *SHORT).returncode == 0
    tamper(farm, "inputs = '{\"lib' WHERE playbook = 'kpi_alignment'")
    tamper(farm, "record = X'00FF' WHERE playbook = 'problem_definition'")
    done = farm.run("ant", *SHORT, "--force")
    assert (done.returncode, failures(done)) == (0, {}), done.stderr
    assert farm.made() == {("ant", "01"), ("ant", "06")}
    assert farm.run("ant", *SHORT).stdout.startswith("Nothing has changed for 2 reports.")


def test_a_clock_that_was_ahead_before_changes_nothing(farm: Farm) -> None:
    assert farm.run("ant", *SHORT).returncode == 0
    later = 4_000_000_000
    tamper(farm, "started = '2096-10-02 07:06:40.000000'")
    for path in farm.workspace.rglob("*"):
        os.utime(path, (later, later))
    assert farm.run("ant", *SHORT).stdout.startswith("Nothing has changed for 2 reports.")
    policy = farm.workspace / "policy.yaml"
    policy.write_text("thresholds:\n  power:\n    at_least: 0.7\n", encoding="utf-8")
    done = farm.run("ant", *SHORT)
    assert (done.returncode, failures(done)) == (0, {})
    assert farm.made() == {("ant", "01"), ("ant", "06")}
    policy.write_text("thresholds:\n  power:\n    at_least: 0.6\n", encoding="utf-8")
    assert ran(farm.run("ant", *SHORT)) == ran(done)
