"""The launcher's side of forked kernels: a provisioner for Jupyter, and its fork servers."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import itertools
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import List, Unicode

BOUND = ("PYTHON", "LD_", "OMP_", "OPENBLAS_", "GOTO_", "MKL_", "ARROW_", "JE_ARROW_")
"""How variables begin that an interpreter or a library reads only once, when it is loaded."""
QUIET = {
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""Keeps NumPy, SciPy and Arrow from starting threads when the server imports them, and the
debugger from talking."""
PATIENCE = 120.0
"""Seconds that the imports of a fork server may take."""
NUMBER = struct.Struct("q")
"""How the server writes of a kernel: its process id at first, its exit status in the end."""


class CannotForkError(Exception):
    """The kernel has to start in the usual way; the text says why."""


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
        _server(interpreter, preload, {**os.environ, **spec.env})


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
        return _server(interpreter, preload, env).fork(request, streams)


def _split(cmd: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The interpreter with its options, and the arguments of the kernel."""
    for at, pair in enumerate(itertools.pairwise(cmd)):
        if pair in {("-m", "ipykernel_launcher"), ("-m", "ipykernel")}:
            return tuple(cmd[:at]), cmd[at + 2 :]
    raise CannotForkError("the kernelspec's command is not 'python -m ipykernel_launcher'")


def _server(interpreter: tuple[str, ...], preload: Sequence[str], env: dict[str, str]) -> _Server:
    """The fork server for these imports, started where there is none yet."""
    if not sys.platform.startswith("linux"):
        raise CannotForkError("only Linux can fork a process with such libraries safely")
    bound = {name: value for name, value in sorted(env.items()) if name.startswith(BOUND)}
    key = (interpreter, tuple(preload), tuple(bound.items()))
    with _guard:
        if key in _servers and _servers[key].lost():
            _servers.pop(key).close()
        if key not in _servers:
            # Of the notebook's environment the server gets only what it must have.
            own = {name: v for name, v in os.environ.items() if not name.startswith(BOUND)}
            _servers[key] = _Server(interpreter, preload, {**own, **bound, **QUIET})
        return _servers[key]


class _Server:
    """The launcher's end of a fork server."""

    def __init__(
        self, interpreter: tuple[str, ...], preload: Sequence[str], env: dict[str, str]
    ) -> None:
        self._lock, self._ready, self._fault = threading.Lock(), False, ""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # Neither the current folder nor the server's own is a place to import from.
        code = "import sys; '' in sys.path and sys.path.remove(''); import runpy; "
        code += f"runpy.run_path({str(Path(__file__).with_name('server.py'))!r}, None, '__main__')"
        with theirs:
            self._process = subprocess.Popen(
                [*interpreter, "-c", code, str(theirs.fileno()), *preload],
                env=env,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def lost(self) -> bool:
        """Whether it ended after it had been ready; one that never was is not tried again."""
        return self._ready and self._process.poll() is not None

    def close(self) -> None:
        """End the server, and with it its kernels."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def fork(self, request: dict[str, Any], streams: list[int]) -> _Process:
        """A new kernel with these standard streams."""
        with self._lock:
            if not self._ready and not self._fault:
                self._fault = self._wait_for_imports()
                self._ready = not self._fault
            if self._fault:
                raise CannotForkError(self._fault)
        channel, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"fork"], [theirs.fileno(), *streams])
            channel.sendall(json.dumps(request).encode())
            channel.shutdown(socket.SHUT_WR)
            (pid,) = NUMBER.unpack(channel.recv(NUMBER.size))
        except (OSError, struct.error) as error:
            channel.close()
            raise CannotForkError(f"the fork server does not answer ({error})") from error
        return _Process(pid, channel)

    def _wait_for_imports(self) -> str:
        """What was wrong with them, or nothing."""
        self._control.settimeout(PATIENCE)
        try:
            said = self._control.recv(65536).decode()
        except TimeoutError:
            said = f"its imports took more than {PATIENCE:.0f} seconds"
        if said == "ready":
            self._control.settimeout(None)
            return ""
        self.close()
        return said or f"the fork server died of its imports (status {self._process.returncode})"


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


_servers: dict[tuple[Any, ...], _Server] = {}
_guard = threading.Lock()


@atexit.register
def _close_all() -> None:
    for server in _servers.values():
        server.close()
    _servers.clear()
