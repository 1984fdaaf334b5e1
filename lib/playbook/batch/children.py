"""Run functions in forked processes, each with a deadline and a limit of memory."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from playbook.forkedkernel.calls import Call
from playbook.shipped import shipped

OURS = (
    "papermill", "playbook.batch.engine", "playbook.batch.execute", "playbook.batch.preflight",
    "playbook.batch.task", "playbook.report.page", "playbook.report.outputs",
    "playbook.checks.since", "playbook.views.since", "nbconvert.preprocessors.sanitize",
)  # fmt: skip
"""What a batch imports beforehand, besides what the kernels of `templates/jupyter` do."""
MEGABYTE = 1 << 20


class Died(Exception):
    """A process ended before its function did; the text says how, and `again` if that may help."""

    def __init__(self, how: str, again: bool) -> None:
        super().__init__(how)
        self.again = again


@dataclass
class Children:
    """Forked processes for the notebooks of one batch.

    Attributes
    ----------
    seconds
        That one of them may take.
    megabytes
        Of memory that one of them may hold for itself.
    environment
        Variables they have besides ours.
    """

    seconds: float
    megabytes: int
    environment: dict[str, str] = field(default_factory=dict)
    _at_work: set[Call] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    def call(self, function: str, argument: Any) -> Any:
        """What ``module:function`` returns for `argument`, called in a process of its own.

        Raises
        ------
        Died
            The process was killed, crashed, or was ended because it went beyond a limit.
        CannotForkError
            Forking is impossible here.
        """
        with self._guard:
            if self._stopped:
                raise Died("it was stopped", again=False)
        call = Call([sys.executable], preload(), function, argument, self._whole_environment())
        with self._guard:
            self._at_work.add(call)
            if self._stopped:
                call.signal(signal.SIGKILL)
        try:
            self._watch(call)
        finally:
            with self._guard:
                self._at_work.discard(call)
        status, returned = call.outcome()
        if status == 0:
            return returned
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        raise Died(f"its process ended before its time ({name})", again=not self._stopped)

    @property
    def stopped(self) -> bool:
        """Whether whatever ends now was ended by `stop`."""
        return self._stopped

    def stop(self) -> None:
        """End all processes; their callers get `Died`."""
        with self._guard:
            self._stopped = True
            for call in self._at_work:
                call.signal(signal.SIGKILL)

    def _watch(self, call: Call) -> None:
        """Wait for its end, and bring it about where a limit is passed."""
        deadline = time.monotonic() + self.seconds
        limit = self.megabytes * MEGABYTE
        held = 0

        def passed() -> bool:
            nonlocal held
            held = own_memory(call.pid)
            return held > limit or time.monotonic() > deadline

        call.wait(passed)
        if call.ended():
            return
        call.kill()
        if held > limit:
            raise Died(f"it took more than {self.megabytes:,} MB of memory", again=False)
        raise Died(f"it took more than {self.seconds:,.0f} seconds", again=False)

    def _whole_environment(self) -> dict[str, str]:
        # Started from a terminal of JupyterLab, a batch is a batch all the same.
        return {**os.environ, "PLAYBOOK_LIVE": "0", **self.environment}


@cache
def preload() -> list[str]:
    """What the fork server imports."""
    spec = json.loads(shipped("templates/jupyter/kernels/playbook/kernel.json").read_text("utf-8"))
    return [*spec["metadata"]["kernel_provisioner"]["config"]["preload"], *OURS]


def own_memory(pid: int) -> int:
    """Bytes that a process and those below it hold for themselves, not for files; 0 if gone.

    Pages that a forked process still shares with its parent count as well.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return 0
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    own = 1024 * int(fields.get("RssAnon", "0 kB").split()[0])
    return own + sum(own_memory(int(child)) for child in below)


def memory_here() -> int:
    """Megabytes of memory of this machine, or of the container that limits us."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            limit = Path("/sys/fs/cgroup", name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdigit():
            total = min(total, int(limit))
    return total // MEGABYTE


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
