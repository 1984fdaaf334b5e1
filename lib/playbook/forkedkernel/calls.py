"""Call one function in a process forked from a warm one: it is gone when the function returns."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from playbook.forkedkernel.servers import NUMBER, server_for


class Call:
    """A function at work in a forked process of its own session.

    Parameters
    ----------
    interpreter, preload
        The Python command of the fork server, and what it imports beforehand.
    function, argument
        ``module:function``, called with one argument; it and the result travel as JSON.
    environment
        The whole environment of the process, besides what the fork server read while importing.

    Raises
    ------
    CannotForkError
        Forking is impossible here; the text says why.
    """

    def __init__(
        self,
        interpreter: Sequence[str],
        preload: Sequence[str],
        function: str,
        argument: Any,
        environment: Mapping[str, str],
    ) -> None:
        server = server_for(tuple(interpreter), preload, environment)
        request = {
            "env": dict(environment),
            "cwd": str(Path.cwd()),
            "call": function,
            "argument": argument,
        }
        # What it prints is for nobody: what it has to say, it returns.
        with open(os.devnull, "r+b") as null:
            self.pid, self._channel = server.fork(request, [null.fileno()] * 3)
        self._said = bytearray()

    def wait(self, until: Callable[[], bool], pause: float = 0.1) -> None:
        """Until the process has ended, or `until` returns true; it is asked every `pause` s."""
        while not until():
            readable, _, _ = select.select([self._channel], [], [], pause)
            if readable and not self._hear():
                return

    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._channel.fileno() < 0

    def signal(self, number: int) -> None:
        """Send a signal to the process and whatever it has started; none where it is gone."""
        # Its group, with what it has started; before it has one, the process alone.
        for signalled in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                signalled(self.pid, number)

    def kill(self) -> None:
        """End the process and whatever it has started, and wait until it has."""
        self.signal(signal.SIGKILL)
        give_up = time.monotonic() + 10
        self.wait(lambda: self.ended() or time.monotonic() > give_up)

    def outcome(self) -> tuple[int, Any]:
        """Exit status (negative: the signal that ended it) and what the function returned.

        None is returned where the process ended before the function did.
        """
        size = NUMBER.size
        if len(self._said) < size:
            return -signal.SIGKILL, None  # the fork server went too
        (status,) = NUMBER.unpack(self._said[-size:])
        told = bytes(self._said[:-size])
        return status, json.loads(told) if told and not status else None

    def _hear(self) -> bool:
        """Read what has come; False once that was all."""
        try:
            came = self._channel.recv(1 << 16)
        except ConnectionResetError:
            came = b""
        self._said += came
        if not came:
            self._channel.close()
        return bool(came)
