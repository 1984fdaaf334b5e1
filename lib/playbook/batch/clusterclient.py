"""Speak to a Dask cluster: what goes wrong is one sentence, and nothing waits for ever."""

from __future__ import annotations

import asyncio
import logging
import re
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playbook.errors import PlaybookError

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 20.0
"""Seconds that a scheduler may take to answer, and a cluster to have a worker."""
CONNECT = 10.0
"""Seconds that it may take to reach the scheduler at first."""
_LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado",
            "tornado.application", "asyncio")  # fmt: skip


@contextmanager
def connected(address: str, patience: float = PATIENCE) -> Iterator[Client]:
    """A client of a cluster that has at least one worker; Dask says nothing meanwhile.

    Raises
    ------
    PlaybookError
        There is no such scheduler, it has no workers, or `distributed` is not installed.
    """
    with _quiet():
        client = _client(address, patience)
        try:
            _wait_for_worker(client, _shown(address), patience)
            yield client
        finally:
            with gone_is_gone():
                client.close(timeout=patience)


@contextmanager
def gone_is_gone() -> Iterator[None]:
    """To take leave of a cluster that may be lost by now: then nobody is left to tell."""
    try:
        yield
    except (OSError, CancelledError, RuntimeError) as error:
        logging.getLogger("playbook").debug("The cluster was left, and did not answer: %r", error)


def lost() -> PlaybookError:
    """The fault that the scheduler does not answer any more."""
    return PlaybookError(
        "the Dask scheduler is lost",
        remedy="Start it again: what was done is kept, and the same command goes on from there",
    )


def _client(address: str, patience: float) -> Client:
    from distributed import Client

    seconds = min(patience, CONNECT)
    try:
        # A client that finds nobody would leave its thread behind; and there may be a loop in ours.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, _reach(address, seconds)).result()
        return Client(address, timeout=seconds, set_as_default=False, name="playbook")
    except Exception as error:  # besides OSError, whatever a wrong address or version raises
        raise PlaybookError(
            f"no Dask scheduler answers here ({type(error).__name__})",
            where=_shown(address),
            remedy="Check the address, such as tcp://host:8786, and that it is running with a "
            "version of Dask like the one here",
        ) from None


async def _reach(address: str, seconds: float) -> None:
    """Connect and take leave again."""
    from distributed import Security
    from distributed.comm.core import connect

    safety = Security().get_connection_args("client")
    comm = await connect(address, timeout=seconds, **safety)
    await comm.close()


def _wait_for_worker(client: Client, shown: str, patience: float) -> None:
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError:
        raise PlaybookError(
            "this Dask scheduler has no workers",
            where=shown,
            remedy=f"Start some: dask worker {shown}",
        ) from None
    except OSError:
        raise lost() from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Neither log lines nor warnings of Dask: whatever matters becomes a sentence of ours."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="distributed|dask")
        try:
            import distributed  # noqa: F401 (sets the levels of its loggers)
        except ImportError:
            raise PlaybookError(
                "a cluster needs the package distributed, which is not installed",
                remedy="Install it: pip install 'ai-product-playbook[cluster]'",
            ) from None
        before = {name: logging.getLogger(name).level for name in _LOGGERS}
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for name, level in before.items():
                logging.getLogger(name).setLevel(level)


def _shown(address: str) -> str:
    """The address as messages repeat it: without a password that has no business in it."""
    return re.sub(r"//.*@", "//", address)
