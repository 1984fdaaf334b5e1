"""Run the tasks of a batch on an existing Dask cluster."""

from __future__ import annotations

import logging
import queue
import re
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from playbook.batch.execute import TIMEOUT, explain
from playbook.batch.marks import library_mark
from playbook.batch.plan import Plan
from playbook.batch.run import Pool
from playbook.batch.task import Result, Task, record_failure
from playbook.errors import PlaybookError
from playbook.workspace import Workspace

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE = 20.0
"""Seconds that a scheduler may take to answer, and a cluster to have a worker."""
PAUSE = 1.0
"""Seconds without a result after which the cluster is looked at."""
_LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado",
            "tornado.application", "asyncio")  # fmt: skip
_CHECK = "Say 'playbook cluster-check' to learn what workers lack"


def on_cluster(
    workspace: Workspace, address: str, seconds: float = TIMEOUT, patience: float = PATIENCE
) -> Pool:
    """A pool that runs each task on a worker of the cluster with the scheduler at `address`.

    Workers have the same versions and see the same workspace, store and reports, which is made
    sure of first. What a lost worker was at is done by another; a task that loses worker after
    worker has failed. Giving the pool's generator up ends what is at work.

    Parameters
    ----------
    seconds
        That one notebook may take.
    patience
        Seconds without a scheduler or without any worker after which the cluster is lost.

    Raises
    ------
    PlaybookError
        From the pool: there is no such scheduler, it has no workers, it or all of them are lost,
        or a worker does not fit.
    """

    def pool(plan: Plan) -> Generator[Result]:
        from playbook.batch.clustercheck import require_agreement
        from playbook.batch.onworker import stop_there

        with connected(address, patience) as client:
            require_agreement(client, workspace, patience)
            try:
                yield from _Submitted(client, workspace, plan, seconds, patience).results()
            finally:
                with _lost_is_lost():
                    client.sync(client.run, stop_there, plan.batch, callback_timeout=patience)

    return pool


@contextmanager
def connected(address: str, patience: float = PATIENCE) -> Iterator[Client]:
    """A client of the cluster that has at least one worker; Dask says nothing meanwhile.

    Raises
    ------
    PlaybookError
        There is no such scheduler, it has no workers, or `distributed` is not installed.
    """
    shown = re.sub(r"//.*@", "//", address)
    with _quiet():
        try:
            import dask
            from distributed import Client
        except ImportError:
            raise PlaybookError(
                "a cluster needs the package distributed, which is not installed",
                remedy="Install it: pip install 'ai-product-playbook[cluster]'",
            ) from None
        try:
            with dask.config.set({"distributed.comm.timeouts.connect": patience}):
                client = Client(address, timeout=patience, set_as_default=False, name="playbook")
        except Exception as error:  # besides OSError, whatever a wrong address or version raises
            raise PlaybookError(
                f"no Dask scheduler answers here ({type(error).__name__})",
                where=shown,
                remedy="Check the address, such as tcp://host:8786, and that it is running with a "
                "version of Dask like the one here",
            ) from None
        try:
            _wait_for_worker(client, shown, patience)
            yield client
        finally:
            with _lost_is_lost():
                client.close(timeout=patience)


def _wait_for_worker(client: Client, shown: str, patience: float) -> None:
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError:
        raise PlaybookError(
            "this scheduler has no workers", where=shown, remedy=f"Start some: dask worker {shown}"
        ) from None
    except OSError:
        raise _lost() from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Neither log lines nor warnings of Dask: whatever matters becomes a sentence of ours."""
    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="distributed|dask")
        try:
            import distributed  # which sets the levels
        except ImportError:
            pass
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for name, level in before.items():
                logging.getLogger(name).setLevel(level)


@contextmanager
def _lost_is_lost() -> Iterator[None]:
    """To take leave of a cluster that may be gone: nobody is left to tell."""
    try:
        yield
    except (OSError, CancelledError, RuntimeError):
        logging.getLogger("playbook").debug("The cluster was gone before it was left.")
