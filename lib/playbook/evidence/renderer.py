"""One warm process draws the charts of many, since Vega takes half a second to start.

Whoever starts many processes that draw calls `start_renderer` and hands its `environment` on to
them. A chart is the same without: where nobody answers, a process draws by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

CHARTS_VARIABLE = "PLAYBOOK_CHARTS"
"""Names the socket of the renderer to ask."""
NEEDED = ("PYTHON", "LD_", "PATH", "HOME", "LANG", "LC_", "TMP", "TEMP", "TZ")
"""How variables begin that a renderer gets: passwords among the others are not its business."""
LONGEST = 5
"""Seconds that a renderer spends on one chart; then it ends, and another one starts."""
PATIENCE = 10.0
"""Seconds that a process waits for its chart, then draws by itself from there on."""
RESTARTS = 20
"""How often a renderer that died is started again."""
SIZE = struct.Struct("q")
"""The length of what follows, ahead of each specification and of each picture."""
SMALLEST = '{"data": {"values": [{"a": 1}]}, "mark": "bar", "encoding": {"x": {"field": "a"}}}'

_slow: set[str] = set()


def draw(spec: Mapping[str, Any]) -> str:
    """Draw a Vega-Lite specification to SVG, in the renderer if there is one, or here.

    Nothing that a specification names is fetched.

    Raises
    ------
    ValueError
        Vega cannot draw it.
    """
    try:
        text = json.dumps(spec, allow_nan=False)
    except (TypeError, ValueError):
        return _draw_here(dict(spec))
    return _ask(os.environ.get(CHARTS_VARIABLE, ""), text) or _draw_here(text)


class Renderer:
    """A renderer that runs until it is closed, or until the process that started it is gone.

    Attributes
    ----------
    environment
        The variables by which other processes find it; none where it could not be started.
    """

    def __init__(self, workers: int) -> None:
        self.environment: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="playbook-")
        # All who serve see the end of this line when its last holder, this process, is gone.
        theirs, self._line = socket.socketpair()
        with theirs, contextlib.suppress(OSError):
            if os.name == "posix":
                self._start(workers, theirs)

    def _start(self, workers: int, line: socket.socket) -> None:
        address = str(Path(self._folder.name) / "charts")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen(128)
            passed = [listener.fileno(), line.fileno()]
            # Nothing is imported from the current folder: it is someone's workspace.
            module = [sys.executable, "-P", "-m", "playbook.evidence.renderer"]
            self._process = subprocess.Popen(
                [*module, *map(str, (workers, *passed))],
                env={name: v for name, v in os.environ.items() if name.startswith(NEEDED)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=passed,
                start_new_session=True,
            )
        self.environment = {CHARTS_VARIABLE: address}

    def close(self) -> None:
        """End it; who still asks draws alone."""
        self._line.close()
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._folder.cleanup()

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start_renderer(workers: int = 1) -> Renderer:
    """Start a renderer without waiting for it.

    Parameters
    ----------
    workers
        How many charts it draws at the same time. A chart takes about 40 milliseconds, and each
        worker about 100 MB.
    """
    return Renderer(workers)


def _draw_here(spec: str | dict[str, Any]) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _ask(address: str, spec: str) -> str:
    """The picture as the renderer draws it, or nothing."""
    if not address or address in _slow or not _private(Path(address).parent):
        return ""
    try:
        with socket.socket(socket.AF_UNIX) as renderer:
            renderer.settimeout(PATIENCE)
            renderer.connect(address)
            _send(renderer, spec)
            return _receive(renderer)
    except TimeoutError:
        _slow.add(address)
    except OSError:
        return ""
    return ""


def _private(folder: Path) -> bool:
    """Whether it is ours alone, so that nobody else answers from there."""
    try:
        status = folder.stat()
    except OSError:
        return False
    return status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _send(peer: socket.socket, text: str) -> None:
    content = text.encode()
    peer.sendall(SIZE.pack(len(content)) + content)


def _receive(peer: socket.socket) -> str:
    """What the other one sent; raises ConnectionError if it stopped in the middle."""
    with peer.makefile("rb") as stream:
        length = _exactly(stream, SIZE.size)
        return _exactly(stream, *SIZE.unpack(length)).decode()


def _exactly(stream: BinaryIO, length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise ConnectionError("the other end is gone")
    return content


def main() -> None:
    """Keep so many workers at work until whoever started them is gone."""
    import vl_convert  # noqa: F401  # Imported once, before there are threads; started in each.

    workers, *passed = map(int, sys.argv[1:])
    listener, line = (socket.socket(fileno=number) for number in passed)
    listener.setblocking(False)
    for start in range(workers + RESTARTS):
        if start >= workers and not os.wait()[1]:
            break  # The line has ended.
        if not os.fork():
            _work(listener, line)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    # Who was killed has not removed it.
    shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)


def _work(listener: socket.socket, line: socket.socket) -> None:
    """Draw for one after another; never returns."""
    status = 1
    try:
        _draw_here(SMALLEST)
        while line not in select.select([listener, line], [], [])[0]:
            # The alarm's default is to kill this process, also inside of V8.
            signal.alarm(LONGEST)
            with contextlib.suppress(OSError):
                _answer(listener)
            signal.alarm(0)
        status = 0
    finally:
        os._exit(status)


def _answer(listener: socket.socket) -> None:
    client, _ = listener.accept()
    with client:
        client.settimeout(1)
        try:
            svg = _draw_here(_receive(client))
        except ValueError:
            svg = ""
        _send(client, svg)


if __name__ == "__main__":
    main()
