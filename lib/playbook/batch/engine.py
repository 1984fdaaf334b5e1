"""A papermill engine that runs the cells in this very process, with the kernel's own parts.

For a process that was forked for one notebook and ends with it. IPython's kernel, nbclient and
papermill are the same as ever, so outputs are too; only the sockets between them are left out.
"""

from __future__ import annotations

import collections
import io
import logging
import os
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session, extract_dates
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from traitlets import Instance
from traitlets.config import Config

from playbook.batch.execute import HERE
from playbook.forkedkernel.server import do_what_imports_left_out

LOG = logging.getLogger("playbook")


class _Wire(Session):
    """Keeps what a kernel sends: replies for whoever asked, everything else for all."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.replies: collections.deque[dict[str, Any]] = collections.deque()
        self.published: collections.deque[dict[str, Any]] = collections.deque()

    def send(
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Any = None,
        metadata: Any = None,
    ) -> dict[str, Any]:
        message: dict[str, Any] = (
            msg_or_type
            if isinstance(msg_or_type, dict)
            else self.msg(msg_or_type, content, parent, header, metadata)
        )
        # Through JSON, as on a real wire: tuples become lists, NaN a text, nothing stays shared.
        told = self.unpack(self.pack(message))
        told |= {part: extract_dates(told[part]) for part in ("header", "parent_header")}
        told["buffers"] = [bytes(b) for b in buffers or []]
        (self.replies if stream == "shell" else self.published).append(told)
        return message


class _Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of the cells: sent on when flushed, as a kernel's is."""

    def __init__(self, kernel: _Kernel, name: str) -> None:
        self._kernel, self._name, self._held = kernel, name, io.StringIO()

    encoding = "UTF-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return self._held.write(text)

    def flush(self) -> None:
        if text := self._held.getvalue():
            self._held = io.StringIO()
            content = {"name": self._name, "text": text}
            self._kernel.session.send(
                "iopub", "stream", content, parent=self._kernel.get_parent("shell")
            )


class _Kernel(IPythonKernel):
    """IPython's kernel without sockets."""

    session = Instance(_Wire)

    async def execute(self, request: dict[str, Any]) -> None:
        """What the message loop does with a request to execute a cell."""
        self.set_parent([], request)
        self._publish_status("busy", "shell")
        await self.execute_request("shell", [], request)
        self._publish_status("idle", "shell")

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """After an error: there are no queues, as nbclient sends one request after another."""


class _Channel:
    """One end of the wire, as nbclient reads it."""

    def __init__(self, held: collections.deque[dict[str, Any]]) -> None:
        self._held = held

    def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The oldest message; all of a cell's are there when it has run."""
        return self._held.popleft()


class _Client:
    """What nbclient asks of a kernel's client; a cell has run once `execute` returns."""

    def __init__(self) -> None:
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        quiet = Config({"HistoryManager": {"enabled": False}})
        self.wire = _Wire(username="kernel")
        self.kernel = _Kernel.instance(
            session=self.wire,
            iopub_socket="iopub",
            # A cell that awaits looks there whether to listen for interrupts: none can come.
            shell_channel_thread=SimpleNamespace(parent_thread=None),
            user_ns={},
            config=quiet,
            log=LOG,
        )
        do_what_imports_left_out()
        self.shell_channel = _Channel(self.wire.replies)
        self.iopub_channel = _Channel(self.wire.published)
        self.stdout, self.stderr = (_Stream(self.kernel, n) for n in ("stdout", "stderr"))

    async def execute(self, code: str, **content: Any) -> str:
        request = self.wire.msg("execute_request", {"code": code, "allow_stdin": False, **content})
        await self.kernel.execute(request)
        return str(request["header"]["msg_id"])


class _HereClient(PapermillNotebookClient):
    """papermill's client, with the kernel in this process."""

    def execute(self, **kwargs: Any) -> Any:
        self.reset_execution_trackers()
        self.kc = client = _Client()
        with redirect_stdout(client.stdout), redirect_stderr(client.stderr):
            self.papermill_execute_cells()
        self.nb.metadata["language_info"] = dict(client.kernel.language_info)
        self.set_widgets_metadata()
        return self.nb


class HereEngine(Engine):
    """The engine ``playbook-here``: for one notebook in a process, which then ends."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        """Run the cells of `nb_man`, with papermill's metadata and its error cells."""
        known = {k: v for k, v in options.items() if k in {"store_widget_state"}}
        return _HereClient(nb_man, kernel_name=kernel_name, **known).execute()


papermill_engines.register(HERE, HereEngine)
