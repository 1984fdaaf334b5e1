"""Captured outputs that stand in logs of another tool instead of a table."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence, PlaybookError, did_you_mean
from playbook.evallogs.joining import is_log, read_logs
from playbook.evallogs.log import ABOUT, SCORE, Log
from playbook.evidence import engine, stores, warehouse
from playbook.evidence.ratings import ratings
from playbook.evidence.roles import MISSING
from playbook.evidence.sources import Source, locate
from playbook.product import Table
from playbook.tableparts import Columns, Criterion

__all__ = ["is_log", "read_captured"]

_ROLES = ("id", "prompt", "system", "repeat", "input", "output", "error", "latency", "cost")


def read_captured(table: Table, folder: Path) -> tuple[Table, pd.DataFrame, Log]:
    """Read the logs that `table` names.

    Returns
    -------
    Table
        As the logs declare it: their roles, and their criteria where product.yaml has none.
    DataFrame
        As `playbook.evidence.outputs.Outputs.frame` describes it.
    Log
        What else the logs say.

    Raises
    ------
    NoEvidence
        There is no answer in them, or no score that says whether one passes.
    PlaybookError
        They cannot be read, or product.yaml names what they do not hold.
    """
    product = str(folder / "product.yaml")
    files, where = log_files(table, folder)
    log = _read(files, where)
    criteria = _criteria(table, log, product)
    if not criteria:
        raise NoEvidence(
            f"the log does not say which answers pass. {' '.join(log.notes)}".rstrip(". "),
            where=where,
            remedy="Score the answers in the tool that made the log, or add 'criteria:' to the "
            "table 'outputs' in product.yaml",
        )
    rows = log.rows
    frame = rows[[*_ROLES, "tokens"]].copy()
    frame["failure"] = ""
    for i, stated in enumerate(groups_of(table, log).values()):
        frame[f"group_{i}"] = stated
    for criterion in criteria.values():
        for column in criterion.columns:
            stored = rows[SCORE + column].where(rows[SCORE + column].notna(), np.nan)
            frame[f"rating:{column}"] = ratings(stored, criterion, where, column)
    return _declared(table, frame, criteria), frame, log


def log_files(table: Table, folder: Path) -> tuple[list[Path], str]:
    """The logs that `table` names, and how errors name them.

    Raises
    ------
    PlaybookError
        There is none, it lies in a store, or product.yaml names columns of it.
    """
    address = warehouse.expanded(table.source, folder)
    product = str(folder / "product.yaml")
    if stores.scheme_of(address) or "://" in address:
        raise PlaybookError(
            "logs are read from files only, not from a store",
            where=product,
            remedy="Copy them beside product.yaml, or store a table as Parquet there",
        )
    if any(role != "group" for role in table.columns.named().values()):
        raise PlaybookError(
            "a log says itself which column is which; only 'groups:' may be named for it",
            where=product,
            remedy="Take the other lines under 'columns:' of the table 'outputs' away",
        )
    files, _ = locate(address, folder)
    return files, str(files[0]) if len(files) == 1 else str(folder / table.source)


def groups_of(table: Table, log: Log) -> dict[str, pd.Series]:
    """What the log says of each case by which product.yaml tells answers apart.

    Raises
    ------
    PlaybookError
        It knows nothing of that name.
    """
    found: dict[str, pd.Series] = {}
    for name in table.columns.groups:
        if ABOUT + name not in log.rows:
            known = [c.removeprefix(ABOUT) for c in log.rows.columns if c.startswith(ABOUT)]
            raise PlaybookError(
                f"the log knows nothing named '{name}', which product.yaml names as group",
                where=log.where,
                remedy=did_you_mean(name, known),
            )
        found[name] = log.rows[ABOUT + name].replace("", MISSING)
    return found


def open_plain(table: Table, folder: Path) -> tuple[Table, Source]:
    """The logs as a plain table of answers in the engine, without scores: declared, and opened.

    Groups keep their names; one that is called like a column of ours has an underscore behind it.

    Raises
    ------
    PlaybookError
        As `read_captured`.
    """
    files, where = log_files(table, folder)
    log = _read(files, where)
    frame = log.rows[[name for name in _held(log.rows) if name != "error"]]
    groups = {n if n not in _ROLES else f"{n}_": s for n, s in groups_of(table, log).items()}
    roles = {name: name for name in frame}
    columns = Columns.model_validate({**roles, "groups": list(groups)})
    connection = engine.connect()
    connection.con.register("read", frame.assign(**groups))
    connection.con.execute("CREATE TABLE answers AS SELECT * FROM read")
    source = Source(connection.table("answers"), where, files)
    return table.model_copy(update={"columns": columns}), source


def _read(files: list[Path], where: str) -> Log:
    """The logs, which are not read anew as long as the files stay what they are."""
    marks = ((str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files)
    return _kept(tuple(marks), where)


@lru_cache(maxsize=1)
def _kept(marks: tuple[tuple[str, int, int], ...], where: str) -> Log:
    return read_logs([Path(name) for name, *_ in marks], where)


def _held(rows: pd.DataFrame) -> list[str]:
    """Our columns, but for time and cost where no answer has one."""
    return [n for n in _ROLES if n not in {"latency", "cost"} or rows[n].notna().any()]


def _criteria(table: Table, log: Log, product: str) -> dict[str, Criterion]:
    """Those of product.yaml, else those of the log; a pass mark left open is the log's."""
    found: dict[str, Criterion] = {}
    for name, criterion in table.criteria.items():
        for column in criterion.columns:
            if column not in log.scores:
                raise PlaybookError(
                    f"the log has no score '{column}', which product.yaml names under 'criteria:'",
                    where=product,
                    remedy=did_you_mean(column, log.scores),
                )
        usual = log.criteria.get(criterion.columns[0])
        if usual is not None and not criterion.passing and criterion.at_least is None:
            marks = {"passing": usual.passing, "at_least": usual.at_least}
            criterion = criterion.model_copy(update=marks)
        found[name] = criterion
    return found or dict(log.criteria)


def _declared(table: Table, frame: pd.DataFrame, criteria: dict[str, Criterion]) -> Table:
    known = {role: role for role in _held(frame)}
    columns = Columns.model_validate({**known, "groups": table.columns.groups})
    return table.model_copy(update={"columns": columns, "criteria": criteria})
