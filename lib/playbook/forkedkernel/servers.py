"""Fork servers, as seen by the process that launches them."""

from __future__ import annotations

import atexit
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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


def server_for(
    interpreter: tuple[str, ...], preload: Sequence[str], env: Mapping[str, str]
) -> Server:
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
            _servers[key] = Server(interpreter, preload, {**own, **bound, **QUIET})
        return _servers[key]


class Server:
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

    def ready(self) -> None:
        """Wait for the imports; raises `CannotForkError` where something is wrong with them."""
        with self._lock:
            if not self._ready and not self._fault:
                self._fault = self._wait_for_imports()
                self._ready = not self._fault
            if self._fault:
                raise CannotForkError(self._fault)

    def fork(self, request: Mapping[str, Any], streams: Sequence[int]) -> tuple[int, socket.socket]:
        """A new process with these standard streams: its number, and the channel to it."""
        self.ready()
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
        return pid, channel

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


_servers: dict[tuple[Any, ...], Server] = {}
_guard = threading.Lock()


@atexit.register
def _close_all() -> None:
    for server in _servers.values():
        server.close()
    _servers.clear()
