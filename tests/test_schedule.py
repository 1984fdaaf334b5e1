"""What `playbook schedule` prints runs, through cron's rules and systemd's own parser."""

from __future__ import annotations

import configparser
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from playbook.batch.schedule import BUSY, Schedule, schedule, schedule_text
from playbook.errors import PlaybookError
from playbook.workspace import Workspace

STORE = "postgresql://ada:hunter%402 $HOME#;`id`@db.example/answers"
RECORDER = """#!{python} -S
import json, os, sys
from pathlib import Path
Path(sys.argv[0]).with_name("seen.json").write_text(json.dumps([sys.argv[1:], dict(os.environ)]))
print("said something")
sys.exit(int(os.environ.get("PLAYBOOK_STATUS", "0")))
"""


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("PLAYBOOK_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "con fig%"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "50% of our; #work")


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A Python that notes how it was called."""
    path = tmp_path / "env 1%/bin/python"
    path.parent.mkdir(parents=True)
    path.write_text(RECORDER.format(python=sys.executable))
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))
    return path


def told_to_cron(line: str) -> str:
    """The command that cron hands to /bin/sh: up to the first bare %, with \\% made one."""
    command, _, given = re.sub(r"\\([%\\])|%", lambda m: m[1] or "\n", line).partition("\n")
    assert not given
    assert command.split(" ")[2:5] == ["*", "*", "*"]
    return command.split(" ", 5)[5]


def at_night(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a crontab line as cron does: with hardly any environment, in the home folder."""
    few = {"HOME": str(home), "LOGNAME": "ada", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        ["/bin/sh", "-c", told_to_cron(line)], env=few, cwd=home, capture_output=True, text=True
    )


def seen_by(recorder: Path) -> tuple[list[str], dict[str, str]]:
    arguments, environment = json.loads(recorder.with_name("seen.json").read_text())
    return arguments, environment


# ---- cron


def test_the_crontab_line_calls_this_python_for_this_workspace(
    workspace: Workspace, recorder: Path, tmp_path: Path
) -> None:
    plan = schedule(workspace, "02:30", 3)
    assert plan.crontab_line().startswith("30 2 * * * ")
    ended = at_night(plan.crontab_line(), tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert seen_by(recorder)[0] == [
        *("-m", "playbook.cli", "run", "--workspace", str(workspace.folder), "--jobs", "3")
    ]
    assert "said something" in plan.log.read_text()


def test_a_night_that_fails_is_mailed_with_the_end_of_its_log(
    workspace: Workspace, tmp_path: Path
) -> None:
    plan = schedule(workspace, "02:30", 2)
    ended = at_night(plan.crontab_line(), tmp_path)
    assert f"{workspace.folder}: there is no product yet" in ended.stdout
    assert ended.stderr == ""


def test_two_nights_never_overlap(workspace: Workspace, recorder: Path, tmp_path: Path) -> None:
    plan = schedule(workspace, "02:30", 2)
    with (workspace.folder / ".nightly.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = at_night(plan.crontab_line(), tmp_path)
        assert "failed to get lock" in ended.stdout
        assert subprocess.run(plan.command(), capture_output=True).returncode == BUSY
    assert not recorder.with_name("seen.json").exists()
    at_night(plan.crontab_line(), tmp_path)
    assert recorder.with_name("seen.json").exists()


def test_the_environment_is_kept_in_a_file_of_the_owner_and_read_at_night(
    workspace: Workspace, recorder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_STORE", STORE)
    monkeypatch.setenv("PLAYBOOK_STATUS", "0")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a/b+c\\d=")
    plan = schedule(workspace, "02:30", 2)
    subprocess.run(["/bin/sh", "-c", plan.keep_environment()], check=True)
    assert plan.environment_file.stat().st_mode & 0o777 == 0o600
    ended = at_night(plan.crontab_line(), tmp_path)
    assert (ended.stdout, ended.stderr) == ("", "")
    environment = seen_by(recorder)[1]
    assert environment["PLAYBOOK_STORE"] == STORE
    assert environment["AWS_SECRET_ACCESS_KEY"] == "a/b+c\\d="


def test_a_night_without_its_file_says_so(
    workspace: Workspace, recorder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_STORE", STORE)
    plan = schedule(workspace, "02:30", 2)
    ended = at_night(plan.crontab_line(), tmp_path)
    assert ended.returncode != 0
    assert str(plan.environment_file) in ended.stderr
    assert not recorder.with_name("seen.json").exists()


# ---- systemd


def verified(folder: Path, *units: tuple[str, str]) -> str:
    """What systemd finds wrong with units; nothing, where they are as they should be."""
    if shutil.which("systemd-analyze") is None:
        for _, text in units:
            read_unit(text)
        return ""
    folder.mkdir()
    for name, text in units:
        (folder / name).write_text(text)
    paths = [str(folder / name) for name, _ in units]
    command = ["systemd-analyze", "--user", "--recursive-errors=no", "--man=no", "verify", *paths]
    runtime = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    ended = subprocess.run(command, env=runtime, capture_output=True, text=True)
    found = ended.stdout + ended.stderr
    return found if ended.returncode or found else ""


def read_unit(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return parser


def words_of(exec_start: str) -> list[str]:
    """The arguments of ``ExecStart=`` by systemd's rules for quotes and percent signs."""
    found = re.findall(r'"([^"]*)"|(\S+)', exec_start)
    words = ["".join(pair) for pair in found]
    assert all("%" not in word.replace("%%", "") and "$" not in word for word in words)
    return [word.replace("%%", "%") for word in words]


def test_systemd_finds_nothing_wrong_with_the_units(
    workspace: Workspace, recorder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_STORE", STORE)
    plan = schedule(workspace, "04:05", 2)
    units = (f"{plan.name}.service", plan.service()), (f"{plan.name}.timer", plan.timer())
    assert verified(tmp_path / "units", *units) == ""
    service, timer = read_unit(plan.service()), read_unit(plan.timer())
    assert words_of(service["Service"]["ExecStart"]) == plan.command()
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["EnvironmentFile"].replace("%%", "%") == str(plan.environment_file)
    assert dict(timer["Timer"]) == {"OnCalendar": "*-*-* 04:05:00", "Persistent": "true"}
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_systemd_reads_an_odd_path_as_it_is(recorder: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a 100%h;#\u00e9"
    odd.mkdir()
    program = odd / "flock"
    program.symlink_to(recorder)
    plan = schedule(Workspace.create(odd / "work"), "04:05", 2)
    flock = str(shutil.which("flock"))
    doubled = str(program).replace("%", "%%")
    text = plan.service().replace(f"ExecStart={flock}", f'ExecStart="{doubled}"')
    assert text != plan.service()
    assert verified(tmp_path / "there", ("x.service", text)) == ""
    program.unlink()
    if shutil.which("systemd-analyze"):
        assert f"{program} is not executable" in verified(tmp_path / "gone", ("x.service", text))


# ---- the text


def test_the_text_holds_everything_and_no_secret(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_STORE", STORE)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter3")
    monkeypatch.setenv("PLAYBOOK_PASSWORD", "hunter4hunter4")
    plan = schedule(workspace, "02:30", 2)
    text = schedule_text(workspace)
    for part in (plan.crontab_line(), plan.service(), plan.timer(), plan.keep_environment()):
        assert part in text
    for word in ("MAILTO", "enable --now", "enable-linger", "crontab -e", "only you can read"):
        assert word in text
    assert "the run needs AWS_SECRET_ACCESS_KEY, PLAYBOOK_STORE." in text
    assert "hunter" not in text
    assert not plan.environment_file.exists()
    assert list(workspace.folder.iterdir()) == [workspace.folder / "products"]


def test_without_an_environment_no_file_is_asked_for(workspace: Workspace) -> None:
    text = schedule_text(workspace)
    assert "EnvironmentFile" not in text
    assert ".env" not in text


def test_variables_that_a_product_reads_its_table_with_are_kept_too(
    own_workspace: Workspace,
) -> None:
    path = own_workspace.folder / "products/mortgage/product.yaml"
    text = path.read_text("utf-8")
    named = re.sub(r"source: .*", "source: postgres://ada:${LOANS_PASSWORD}@h/loans", text, count=1)
    path.write_text(named, "utf-8")
    plan = schedule(own_workspace, "02:30", 2)
    assert plan.variables == ("LOANS_PASSWORD",)
    ended = subprocess.run(
        ["/bin/sh", "-c", plan.keep_environment()], capture_output=True, text=True
    )
    assert ended.returncode != 0
    assert "LOANS_PASSWORD" in ended.stderr


def test_each_workspace_has_units_of_its_own(tmp_path: Path) -> None:
    names = {Schedule(tmp_path / part / "workspace", 2, 30, 2).name for part in ("a", "b")}
    assert len(names) == 2
    assert all(re.fullmatch(r"playbook-workspace-[0-9a-f]{6}", name) for name in names)
    assert re.fullmatch(r"playbook-workspace-\w{6}", Schedule(tmp_path / "É%", 2, 30, 2).name)


@pytest.mark.parametrize(
    "at", ["", "2:30", "24:00", "02:60", "02:30:00", "2.30", "02:30\n", "٠٢:٣٠"]
)
def test_a_time_that_is_none_is_refused(workspace: Workspace, at: str) -> None:
    with pytest.raises(PlaybookError, match="is no time of day"):
        schedule_text(workspace, at)


@pytest.mark.parametrize("name", ["a$HOME", "it's", 'a"b', "a\nb", "a\\b", "a\x1bb", "a*"])
def test_a_path_that_would_be_misread_is_refused(tmp_path: Path, name: str) -> None:
    workspace = Workspace.create(tmp_path / name)
    with pytest.raises(PlaybookError, match="cron or systemd would misread") as told:
        schedule_text(workspace)
    assert "\n" not in str(told.value)


def test_a_path_too_long_for_cron_is_refused(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path.joinpath(*["a" * 150] * 3))
    with pytest.raises(PlaybookError, match="too long for a line of cron"):
        schedule_text(workspace)


@pytest.mark.parametrize("value", ["it's hunter2", "hunter2\nhunter3"])
def test_a_value_that_no_such_file_can_hold_is_refused_untold(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("PLAYBOOK_STORE", value)
    with pytest.raises(PlaybookError, match="the value of PLAYBOOK_STORE") as told:
        schedule_text(workspace)
    assert "hunter" not in str(told.value)


def test_a_machine_without_flock_is_told_what_to_install(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(PlaybookError, match="no 'flock'"):
        schedule_text(workspace)
