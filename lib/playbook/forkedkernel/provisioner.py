"""The launcher's side of forked kernels: a provisioner for Jupyter, and its fork servers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import List, Unicode

from playbook.forkedkernel.servers import NUMBER, CannotForkError, server_for


class ForkedKernel(LocalProvisioner):
    """Launches kernels by forking a warm process, or in the usual way where that is impossible."""

    preload = List(Unicode(), config=True, help="Modules that the fork server imports.")

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Fork a kernel that serves the connection file named in `cmd`."""
        options = self._scrub_kwargs(kwargs)
        try:
            self.process = await asyncio.to_thread(_fork, cmd, self.preload, **options)
        except CannotForkError as reason:
            self.log.warning("Kernel started in the usual way, not forked: %s", reason)
            return await super().launch_kernel(cmd, **kwargs)
        # The leader of its own session leads a process group of the same number.
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel's process group, unless the kernel is gone and its number with it."""
        if await self.poll() is None:
            await super().send_signal(signum)


def warm(kernel_name: str = "playbook") -> None:
    """Start the fork server of a kernelspec ahead of its first kernel; returns at once."""
    spec = KernelSpecManager().get_kernel_spec(kernel_name)
    python = sys.executable if spec.argv[0] in {"python", "python3"} else spec.argv[0]
    preload = spec.metadata["kernel_provisioner"]["config"]["preload"]
    with contextlib.suppress(CannotForkError):  # The log of the first kernel says why.
        interpreter, _ = _split([python, *spec.argv[1:]])
        server_for(interpreter, preload, {**os.environ, **spec.env})


def _fork(
    cmd: list[str],
    preload: Sequence[str],
    env: dict[str, str],
    cwd: str | None = None,
    stdout: Any = None,
    stderr: Any = None,
    **options: Any,
) -> _Process:
    """Fork a kernel; blocks while the server is still at its imports."""
    if asked := sorted(name for name, value in options.items() if value):
        raise CannotForkError(f"only a new process can have {', '.join(asked)}")
    interpreter, arguments = _split(cmd)
    request = {
        "env": {**env, "JPY_PARENT_PID": str(os.getpid())},
        "cwd": str(cwd or Path.cwd()),
        "argv": arguments,
    }
    with open(os.devnull, "r+b") as null:
        streams = [null.fileno()]
        for given, usual in ((stdout, 1), (stderr, 2)):
            number = usual if given is None else getattr(given, "fileno", lambda g=given: g)()
            streams.append(null.fileno() if number == subprocess.DEVNULL else number)
        if min(streams) < 0:
            raise CannotForkError("its output is to go to a pipe")
        return _Process(*server_for(interpreter, preload, env).fork(request, streams))


def _split(cmd: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The interpreter with its options, and the arguments of the kernel."""
    for at, pair in enumerate(itertools.pairwise(cmd)):
        if pair in {("-m", "ipykernel_launcher"), ("-m", "ipykernel")}:
            return tuple(cmd[:at]), cmd[at + 2 :]
    raise CannotForkError("the kernelspec's command is not 'python -m ipykernel_launcher'")


class _Process:
    """What the provisioner expects of a kernel's process, for one that is not our own child."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid, self._channel = pid, channel
        self.returncode: int | None = None
        channel.setblocking(False)

    def poll(self) -> int | None:
        """The exit status, or None while the kernel runs."""
        if self.returncode is None:
            try:
                said = self._channel.recv(NUMBER.size)
            except BlockingIOError:
                return None
            # Without a word the fork server itself was killed, and its kernels with it.
            self.returncode = int(NUMBER.unpack(said)[0]) if said else -signal.SIGKILL
            self._channel.close()
        return self.returncode

    def wait(self) -> int:
        """The exit status, as soon as there is one."""
        while (status := self.poll()) is None:
            select.select([self._channel], [], [])
        return status

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless the kernel has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)
