"""A ready crontab line and systemd timer that run all playbooks every night; installs nothing."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playbook.errors import PlaybookError
from playbook.workspace import WORKSPACE_VARIABLE, Workspace

BUSY = 75
"""Exit status of a night that found the night before still running."""
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLAIN = re.compile(r"[A-Za-z0-9_./:=+-]+")
_COPY = """printf "{name}='%s'\\n" "${{{name}?}}\""""
_CRON_LIMIT = 990
_OF_A_SESSION = {WORKSPACE_VARIABLE, "PLAYBOOK_PASSWORD", "PLAYBOOK_PRODUCT", "PLAYBOOK_LIVE",
                 "PLAYBOOK_CHARTS"}  # fmt: skip


@dataclass(frozen=True)
class Schedule:
    """One workspace run every night at one time.

    Attributes
    ----------
    name
        Of the units and of the file with the environment; another for each workspace.
    variables
        Names of the environment's variables that the run needs; their values stay unread.
    """

    folder: Path
    hour: int
    minute: int
    jobs: int
    variables: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``playbook-workspace-1a2b3c``."""
        mark = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:6]
        word = re.sub(r"[^a-z0-9]+", "-", self.folder.name.lower()).strip("-") or "workspace"
        return f"playbook-{word[:40]}-{mark}"

    @property
    def environment_file(self) -> Path:
        """Where the values of `variables` are to be kept, readable for their owner only."""
        home = os.environ.get("XDG_CONFIG_HOME")
        config = Path(home) if home else Path.home() / ".config"
        return config / "playbook" / f"{self.name}.env"

    @property
    def log(self) -> Path:
        """What cron's nights had to say."""
        return self.folder / "nightly.log"

    def command(self) -> list[str]:
        """The run, by this Python; it ends at once with `BUSY` while another one is running."""
        lock = [_flock(), "--verbose", "--nonblock", "--conflict-exit-code", str(BUSY)]
        run = [sys.executable, "-m", "playbook.cli", "run", "--workspace", str(self.folder)]
        return [*lock, str(self.folder / ".nightly.lock"), *run, "--jobs", str(self.jobs)]

    def crontab_line(self) -> str:
        """The line for ``crontab -e``: on a failure cron mails the end of the log."""
        log = shlex.quote(str(self.log))
        command = f"{shlex.join(self.command())} >> {log} 2>&1 || tail -n 20 {log}"
        if self.variables:
            file = shlex.quote(str(self.environment_file))
            command = f"set -a; . {file}; set +a; {command}"
        # cron ends the command at the first bare percent sign.
        line = f"{self.minute} {self.hour} * * * {command}".replace("%", r"\%")
        if len(line) > _CRON_LIMIT:
            raise PlaybookError(
                "this path is too long for a line of cron",
                where=str(self.folder),
                remedy="Move the workspace to a shorter path",
            )
        return line

    def service(self) -> str:
        """The systemd unit that runs once."""
        lines = [
            "[Unit]",
            f"Description=AI product playbooks of {_doubled(str(self.folder))}",
            "",
            "[Service]",
            "Type=oneshot",
            "Nice=10",
        ]
        if self.variables:
            lines.append(f"EnvironmentFile={_doubled(str(self.environment_file))}")
        lines.append(f"ExecStart={' '.join(map(_unit_word, self.command()))}")
        return "\n".join(lines) + "\n"

    def timer(self) -> str:
        """The systemd unit that starts the other one; a night that was missed is made up for."""
        return (
            "[Unit]\n"
            f"Description=Every night: AI product playbooks of {_doubled(str(self.folder))}\n\n"
            f"[Timer]\nOnCalendar=*-*-* {self.hour:02}:{self.minute:02}:00\nPersistent=true\n\n"
            "[Install]\nWantedBy=timers.target\n"
        )

    def keep_environment(self) -> str:
        """Shell lines that copy the variables from this environment into the file."""
        file = shlex.quote(str(self.environment_file))
        folder = shlex.quote(str(self.environment_file.parent))
        kept = "; ".join(_COPY.format(name=name) for name in self.variables)
        return f"mkdir -p {folder}\n(umask 077; rm -f {file}; {{ {kept}; }} > {file})"


def schedule_text(workspace: Workspace, at: str = "02:30", jobs: int = 2) -> str:
    """What an operator copies to run `workspace` every night, by cron or by systemd.

    No password is part of it: what the environment holds now is to be kept in a file of its own.

    Parameters
    ----------
    at
        The time of day, ``HH:MM``, on this machine's clock.
    jobs
        Notebooks run at the same time.

    Raises
    ------
    PlaybookError
        The time is none, a path has signs that cron or systemd would take for their own, or this
        machine has no ``flock``.
    """
    plan = schedule(workspace, at, jobs)
    return _TEXT.format(
        at=at,
        environment=_environment_text(plan),
        line=plan.crontab_line(),
        log=plan.log,
        name=plan.name,
        service=plan.service().rstrip(),
        timer=plan.timer().rstrip(),
    )


def schedule(workspace: Workspace, at: str, jobs: int) -> Schedule:
    """The same, not yet written out."""
    if not (found := _TIME.fullmatch(at)):
        raise PlaybookError(f"{at!a} is no time of day", remedy="Write it as HH:MM, such as 02:30")
    plan = Schedule(workspace.folder, int(found[1]), int(found[2]), jobs, _variables(workspace))
    for path in (workspace.folder, Path(sys.executable), plan.environment_file):
        _check_path(path)
    for name in plan.variables:
        value = os.environ.get(name, "")
        if "'" in value or not value.isprintable():
            raise PlaybookError(
                f"the value of {name} has a quotation mark or a line break in it",
                remedy="Write it otherwise; in a URL the mark is %27",
            )
    return plan


def _variables(workspace: Workspace) -> tuple[str, ...]:
    """Variables of this environment that a run at night will want to have again."""
    names = {
        name
        for name in os.environ
        if name.startswith(("PLAYBOOK_", "AWS_")) and name not in _OF_A_SESSION
    }
    for slug in workspace.slugs():
        try:
            tables = workspace.product(slug).tables.values()
        except PlaybookError:  # 'playbook check' and the run itself tell it
            continue
        names |= {name for table in tables for name in _VARIABLE.findall(table.source)}
    return tuple(sorted(name for name in names if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)))


def _check_path(path: Path) -> None:
    found = [sign for sign in str(path) if sign in "$'\"\\*?[" or not sign.isprintable()]
    if found:
        raise PlaybookError(
            f"this path has a sign in it, {found[0]!a}, that cron or systemd would misread",
            where=ascii(str(path)),
            remedy="Rename the folder",
        )


def _flock() -> str:
    found = shutil.which("flock")
    if found is None:
        raise PlaybookError(
            "this machine has no 'flock', which keeps two nights from overlapping",
            remedy="Install the package util-linux",
        )
    return found


def _doubled(text: str) -> str:
    return text.replace("%", "%%")


def _unit_word(word: str) -> str:
    return word if _PLAIN.fullmatch(word) else f'"{_doubled(word)}"'


def _environment_text(plan: Schedule) -> str:
    if not plan.variables:
        return ""
    return _ENVIRONMENT.format(
        names=", ".join(plan.variables), file=plan.environment_file, copy=plan.keep_environment()
    )


_ENVIRONMENT = """
# First, for both ways: the run needs {names}.
# Their values are not shown. Keep them in a file that only you can read,
# {file}
# These lines copy them there from the environment of this shell:

{copy}
"""
_TEXT = """\
# All playbooks for all products, every night at {at}. Nothing is installed: choose one of two ways.
{environment}
# ---- With cron: 'crontab -e', and add this line.
# It writes to {log}
# On a failure cron mails the end of that log; name yourself in a line above: MAILTO=you@example.org

{line}

# ---- With systemd: save two files in ~/.config/systemd/user, then switch the timer on.
# {name}.service

{service}

# {name}.timer

{timer}

# systemctl --user daemon-reload
# systemctl --user enable --now {name}.timer
# loginctl enable-linger            so that it runs while you are not logged in
# systemctl --user start {name}.service            a first run, now
# journalctl --user -u {name}.service            what it said
"""
