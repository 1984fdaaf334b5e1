"""The run records: what every run of a playbook found or why it failed, only appended."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from playbook.errors import PlaybookError
from playbook.stored import Stored
from playbook.tables import RUNS, UNSTORABLE

_C = RUNS.c
_LIGHT = [column for column in _C if column.name != "record"]
_KEPT = ("product", "playbook", "batch", "key")
_CLEANED = ("host", "error")


@dataclass(frozen=True)
class Run:
    """One run of one playbook for one product.

    Attributes
    ----------
    product, playbook
        The product's short name, and the playbook's name without its number.
    batch
        The id of the ``playbook run`` that made it.
    key, inputs
        The run key (empty where the run failed) and what it was made of, as JSON values.
    seconds
        How long it took.
    error, fault
        One sentence on what went wrong, and ``input`` where the user can put it right, ``crash``
        otherwise; both empty where nothing did.
    record
        What the run found (`playbook.session.record.Record` as JSON values); None where it failed,
        and where only the light columns were asked for.
    number
        Counts up over all runs, in the order of their commits; set by the store.
    """

    product: str
    playbook: str
    batch: str
    outcome: Literal["done", "failed"]
    key: str
    inputs: Mapping[str, Any]
    started: datetime
    seconds: float
    host: str
    error: str = ""
    fault: Literal["", "input", "crash"] = ""
    record: Mapping[str, Any] | None = None
    number: int | None = None


class RunStore(Stored):
    """All runs, in the same database as the answers; safe for many threads and processes.

    Opens what `playbook.store.AnswerStore` opens, and raises what it raises.

    Examples
    --------
    >>> from datetime import UTC
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> store = RunStore.in_folder(Path(mkdtemp()))
    >>> found = {"verdict": "go"}
    >>> run = Run("mortgage", "evaluation", "b1", "done", "k1", {}, datetime.now(UTC), 0.5, "here",
    ...           record=found)
    >>> store.append(run).number
    1
    >>> store.done("mortgage", "evaluation").record
    {'verdict': 'go'}
    >>> store.close()
    """

    def append(self, run: Run) -> Run:
        """Add `run` and return it as it is stored, with its number.

        Raises
        ------
        PlaybookError
            The run holds what no database keeps: a NUL character in a name, or values that are
            not JSON; or it is done without a record, or failed with one.
        """
        row = _row(run)
        with self._database.writing() as connection:
            return _run(connection.execute(sa.insert(RUNS).values(row).returning(RUNS)).one())

    def newest(self) -> dict[tuple[str, str], Run]:
        """The newest run of every product and playbook, whatever its outcome, without record.

        The time it takes grows with products times playbooks, not with the number of runs.
        """
        query = sa.select(*_LIGHT).where(_C.number.in_(_newest_numbers()))
        with self._database.reading() as connection:
            runs = [_run(row) for row in connection.execute(query.order_by(_C.number))]
        return {(run.product, run.playbook): run for run in runs}

    def done(self, product: str, playbook: str, before: int | None = None) -> Run | None:
        """The newest done run, or the newest done before run number `before`; with record."""
        query = (
            sa.select(RUNS)
            .where(_C.product == product, _C.playbook == playbook, *_done_before(before))
            .order_by(_C.number.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return _run(row) if row else None

    def standing(self, before: int | None = None) -> list[Run]:
        """The newest done run of every product and playbook, with record, by their names.

        With `before`, as it stood when the next run got that number.
        """
        numbers = _newest_numbers(*_done_before(before))
        query = sa.select(RUNS).where(_C.number.in_(numbers))
        with self._database.reading() as connection:
            runs = [_run(row) for row in connection.execute(query)]
        return sorted(runs, key=lambda run: (run.product, run.playbook))


def _done_before(before: int | None) -> list[sa.ColumnElement[bool]]:
    done = [_C.outcome == "done"]
    return done if before is None else [*done, _C.number < before]


def _newest_numbers(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """For every product and playbook, the number of its newest run that meets `conditions`.

    The index is walked from one name to the next (a *loose index scan*): neither SQLite nor
    PostgreSQL does so for GROUP BY, which would read every entry of every night.
    """
    first = sa.select(sa.func.min(_C.product).label("product"))
    products = first.cte("products", recursive=True)
    later = sa.select(sa.func.min(_C.product)).where(_C.product > products.c.product)
    products = products.union_all(
        sa.select(later.scalar_subquery()).where(products.c.product.is_not(None))
    )
    lowest = sa.select(sa.func.min(_C.playbook)).where(_C.product == products.c.product)
    pairs = (
        sa.select(products.c.product, lowest.scalar_subquery().label("playbook"))
        .where(products.c.product.is_not(None))
        .cte("pairs", recursive=True)
    )
    higher = sa.select(sa.func.min(_C.playbook)).where(
        _C.product == pairs.c.product, _C.playbook > pairs.c.playbook
    )
    pairs = pairs.union_all(
        sa.select(pairs.c.product, higher.scalar_subquery()).where(pairs.c.playbook.is_not(None))
    )
    number = (
        sa.select(_C.number)
        .where(_C.product == pairs.c.product, _C.playbook == pairs.c.playbook, *conditions)
        .order_by(_C.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(number).where(pairs.c.playbook.is_not(None)).scalar_subquery()


def _row(run: Run) -> dict[str, Any]:
    where = f"run of '{run.playbook}' for '{run.product}'"
    for name in _KEPT:
        if UNSTORABLE.search(getattr(run, name)):
            raise PlaybookError(
                f"its {name} holds a character that no database keeps (NUL or half a character)",
                where=where,
                remedy="Rename it",
            )
    try:
        inputs = json.dumps(run.inputs, allow_nan=False)
        record = None if run.record is None else json.dumps(run.record, allow_nan=False)
    except (TypeError, ValueError):
        raise PlaybookError(
            "its inputs or its record are not JSON values",
            where=where,
            remedy="Use text, finite numbers, lists and named values",
        ) from None
    if (run.outcome == "done") != (record is not None):
        raise PlaybookError(
            f"it is {run.outcome} {'with' if record else 'without'} a record",
            where=where,
            remedy="Store a record with every run that is done, and with no other",
        )
    return {
        **{name: getattr(run, name) for name in (*_KEPT, "outcome", "fault", "seconds")},
        # A failure is recorded whatever its sentence quotes.
        **{
            name: UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", getattr(run, name))
            for name in _CLEANED
        },
        "inputs": inputs,
        "started": run.started,
        "record": record and zlib.compress(record.encode("ascii")),
    }


def _run(row: sa.Row[Any]) -> Run:
    values = dict(row._mapping)
    record, inputs = values.pop("record", None), values.pop("inputs").encode()
    return Run(
        **values, inputs=_read(inputs) or {}, record=record and _read(record, zlib.decompress)
    )


def _read(held: bytes, unpack: Callable[[bytes], bytes] = bytes) -> dict[str, Any] | None:
    """Named values from JSON; None where someone has damaged them, so that they are made anew."""
    try:
        found = json.loads(unpack(held))
    except (ValueError, zlib.error):
        return None
    return found if isinstance(found, dict) else None
