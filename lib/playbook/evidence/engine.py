"""The embedded engine: DuckDB inside this process, which downloads nothing and spills to disk."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import ibis

from playbook.errors import PlaybookError

MEMORY = "PLAYBOOK_MEMORY"
_AMOUNT = re.compile(r"^\d+(\.\d+)? ?([KMGT]i?)?B$", re.IGNORECASE)


def connect(path: Path | None = None) -> Any:
    """An Ibis connection to DuckDB: in memory, or to the database file `path`, read only.

    The environment's ``PLAYBOOK_MEMORY``, such as ``1GB``, caps what queries hold in memory;
    beyond it DuckDB writes to the system's folder for temporary files.

    Raises
    ------
    PlaybookError
        ``PLAYBOOK_MEMORY`` is not an amount of memory.
    """
    # Nothing is downloaded at run time, neither data nor engine extensions.
    settings: dict[str, Any] = {"autoinstall_known_extensions": False}
    if amount := os.environ.get(MEMORY):
        if not _AMOUNT.match(amount.strip()):
            raise PlaybookError(
                f"'{amount}' is not an amount of memory",
                where=f"the environment's {MEMORY}",
                remedy="Write it like 1GB or 800MB",
            )
        settings["memory_limit"] = amount.strip()
    settings["temp_directory"] = tempfile.gettempdir()
    if path is not None:
        settings["read_only"] = True
    connection = ibis.duckdb.connect(":memory:" if path is None else str(path), **settings)
    # A bar of progress would be printed into the notebook, and into its report.
    connection.con.execute("SET enable_progress_bar = false")
    return connection
