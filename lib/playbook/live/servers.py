"""The process that serves pages: JupyterLab or Voilà, with a warm process to fork kernels from.

Started by `playbook.live.start` as ``python -m playbook.live.servers lab`` (or ``app``); all
settings come from files that it wrote.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time


def main() -> None:
    """Serve until told to end."""
    which, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    threading.Thread(target=_warm, daemon=True).start()
    if which == "app":
        from playbook.live.appserver import Pages

        Pages.launch_instance(arguments)
    else:
        from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]

        LabApp.launch_instance(arguments)


def _warm() -> None:
    from playbook.forkedkernel import warm

    warm()


def _end_with(parent: int) -> None:
    """End this process, and so every kernel, soon after the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
