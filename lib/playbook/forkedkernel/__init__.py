"""Python kernels forked from one warm process: they start in a fraction of the time and memory.

A kernel provisioner for Jupyter that stands on its own: it needs jupyter_client and ipykernel, and
nothing else of this library. A kernelspec names it and lists what to import beforehand::

    "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    "metadata": {"kernel_provisioner": {
        "provisioner_name": "playbook-forked", "config": {"preload": ["pandas", "sklearn.svm"]}}}

The first kernel starts a fork server with the kernelspec's interpreter. It imports the list once,
without computing anything and with one thread only, and then forks a kernel for every notebook. The
kernel gets its own session, environment, working directory and randomness. It ends with the fork
server, and that ends with the process that launched it. ``warm("playbook")`` starts the server
early. Where forking is impossible, or a module cannot be imported or starts a thread, the kernel
starts in the usual way and one line of the log says why.

``calls.Call`` runs one function instead of a kernel: the fastest way to do a piece of work with
heavy imports in a process of its own.

Three things are the fork server's and so the same in all its kernels: what a library reads from the
environment while it is imported, apart from the variables of `provisioner.BOUND` (kernels that
differ in one of those get a server each); the secret of Python's string hashes; and the files as
they were when they were imported, so that a changed library needs a new launcher.
"""

from typing import TYPE_CHECKING, Any

from playbook.forkedkernel.servers import CannotForkError

if TYPE_CHECKING:
    from playbook.forkedkernel.provisioner import ForkedKernel, warm

__all__ = ["CannotForkError", "ForkedKernel", "warm"]


def __getattr__(name: str) -> Any:
    # Whoever only calls functions does without Jupyter.
    if name not in {"ForkedKernel", "warm"}:
        raise AttributeError(name)
    from playbook.forkedkernel import provisioner

    return getattr(provisioner, name)
