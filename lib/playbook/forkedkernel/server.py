"""The fork server: a process of one thread that imports libraries and forks kernels that have them.

Run as a file by the interpreter of the kernels, so it imports nothing of the package around it. Its
arguments are the number of a socket to the launcher, and the modules to import.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import multiprocessing.process
import os
import select
import signal
import socket
import struct
import sys
import tempfile
import time
from pathlib import Path

ALWAYS = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "psutil",
    "tornado.platform.asyncio",
)
"""What every kernel imports while it starts."""
NUMBER = struct.Struct("q")
"""How a kernel's process id goes to the launcher, and its exit status when it has ended."""
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Import, say so, and fork kernels until the launcher is gone."""
    status = 1

    def leave() -> None:
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream:
                stream.flush()
        os._exit(status)

    # First registered, so last to run. Only the taking apart of modules would still come, which
    # would copy every page that a kernel shares with the others.
    atexit.register(leave)
    control = socket.socket(fileno=int(sys.argv[1]))
    fault = _import([*filter(importlib.util.find_spec, ALWAYS), *sys.argv[2:]])
    control.send((fault or "ready").encode())
    if fault:
        return
    # The collector too would write to every object that it looks at.
    gc.collect()
    gc.freeze()
    server = os.getpid()
    received = _serve(control)
    if received is not None:
        _become(server, *received)
    status = 0


def _import(modules: list[str]) -> str:
    """Import the modules; returns which one is at fault and why, or nothing."""
    for name in modules:
        try:
            importlib.import_module(name)
        except BaseException as error:
            return f"'{name}' cannot be imported beforehand ({type(error).__name__}: {error})"
        # A forked process has one thread: a lock that another one held would stay locked for ever.
        if len(os.listdir("/proc/self/task")) > 1:
            return f"'{name}' starts a thread when it is imported"
    return ""


def _serve(control: socket.socket) -> tuple[socket.socket, list[int]] | None:
    """Fork a kernel for every message; returns in each of them, and once the launcher is gone."""
    kernels: dict[int, socket.socket] = {}
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        readable, _, _ = select.select([control, woken], [], [])
        if woken in readable:
            woken.recv(4096)
            _report_ended(kernels)
        if control not in readable:
            continue
        message, received, _, _ = socket.recv_fds(control, 16, 4, socket.MSG_CMSG_CLOEXEC)
        if not message:
            signal.set_wakeup_fd(-1)  # its socket closes here, and kernels are still ending
            return None
        channel, streams = socket.socket(fileno=received[0]), received[1:]
        told, tells = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(tells)
            os.read(told, 1)  # until the launcher has been told of this process
            os.close(told)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for foreign in (control, woken, wakes, *kernels.values()):
                foreign.close()
            return channel, streams
        kernels[pid] = channel
        _tell(channel, pid)
        for descriptor in (told, tells, *streams):
            os.close(descriptor)


def _report_ended(kernels: dict[int, socket.socket]) -> None:
    while kernels:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return
        # What it has started ends with it. Until it is waited for, nobody else gets its number.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(ended.si_pid, signal.SIGKILL)
        _, status = os.waitpid(ended.si_pid, 0)
        channel = kernels.pop(ended.si_pid)
        _tell(channel, os.waitstatus_to_exitcode(status))
        channel.close()


def _tell(channel: socket.socket, number: int) -> None:
    try:
        channel.send(NUMBER.pack(number))
    except OSError as error:
        print(f"A kernel's launcher no longer listens: {error}", file=sys.stderr)


def _become(server: int, channel: socket.socket, streams: list[int]) -> None:
    """Turn this process, just forked, into what was asked for: a kernel, or one call."""
    # SIGKILL as soon as the fork server ends, also where it has ended by now.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
    with channel.makefile("rb") as stream:
        request = json.load(stream)
    os.setsid()
    for number, given in enumerate(streams):
        os.dup2(given, number)
        os.close(given)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    _undo_what_imports_remembered()
    if "call" in request:
        _call(channel, request["call"], request["argument"])
    else:
        channel.close()
        _become_kernel(server, request["argv"])


def _call(channel: socket.socket, name: str, argument: object) -> None:
    """Call ``module:function`` and send what it returns; the launcher sees the status after it."""
    module, _, function = name.partition(":")
    sys.argv = [""]
    found = getattr(importlib.import_module(module), function)(argument)
    with channel:
        channel.sendall(json.dumps(found).encode())


def _become_kernel(server: int, arguments: list[str]) -> None:
    """Become what the interpreter would be as an ipykernel."""
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [str(launcher.origin if launcher else ""), *arguments]

    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance(parent_handle=server)
    app.initialize(arguments)
    do_what_imports_left_out()
    app.start()


def _undo_what_imports_remembered() -> None:
    """Forget the server's folders, randomness and thread limits; `random` reseeds itself."""
    vars(multiprocessing.process)["ORIGINAL_DIR"] = str(Path.cwd())
    tempfile.tempdir = None
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()
    if importlib.util.find_spec("threadpoolctl"):
        pools = importlib.import_module("threadpoolctl").ThreadpoolController()
        named = (os.environ.get(f"{name}_NUM_THREADS", "") for name in ("OPENBLAS", "GOTO", "OMP"))
        threads = next((int(n) for n in named if n.isdigit()), len(os.sched_getaffinity(0)))
        pools.select(internal_api="openblas").limit(limits=threads)


def do_what_imports_left_out() -> None:
    """Do what libraries do at import when they find themselves in a notebook."""
    if ipywidgets := sys.modules.get("ipywidgets"):
        ipywidgets.register_comm_target()
    if pandas := sys.modules.get("pandas"):
        pandas.set_option("display.max_columns", 20)
    if matplotlib := sys.modules.get("matplotlib"):
        matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]


if __name__ == "__main__":
    main()
