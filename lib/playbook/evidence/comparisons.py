"""Comparisons: which of two systems' answers to the same question is preferred."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence, PlaybookError, did_you_mean
from playbook.evidence.columnchecks import check_columns
from playbook.evidence.csvfile import no_rows
from playbook.evidence.labels import normal
from playbook.evidence.roles import MISSING, group_text
from playbook.evidence.sources import Source, open_source
from playbook.product import Product, Table

_NEEDED = {
    "prompt": "the question asked",
    "first": "the system shown first",
    "second": "the system shown second",
    "winner": "which one is preferred",
}


@dataclass(frozen=True)
class Comparisons:
    """Pairs of answers to the same prompt, one row for each time somebody compared them.

    Attributes
    ----------
    frame
        ``prompt``, ``first``, ``second``, ``annotator`` (text; empty where no column says who) and
        ``won``: 1 where the first is preferred, 0 where the second is, a half for a tie.
    current
        The system that the product would launch with.
    undecided, alone
        Rows left out: those without a winner or a name, and those that compare a system with
        itself.
    """

    table: Table
    source: Source
    frame: pd.DataFrame
    current: str
    undecided: int
    alone: int

    @property
    def systems(self) -> list[str]:
        """Names of the systems, the current one first."""
        names = {*self.frame["first"], *self.frame["second"]}
        return sorted(names, key=lambda name: (name != self.current, name))


def open_comparisons(product: Product) -> Comparisons:
    """Open the table ``comparisons`` of `product`.

    A winner is the name of one of the two systems, ``first``, ``second`` or ``tie``.

    Raises
    ------
    NoEvidence
        There is no such table, product.yaml does not name its columns, or no row says who won.
    PlaybookError
        It cannot be read, or a winner is neither.
    """
    table = product.tables.get("comparisons")
    if table is None:
        raise NoEvidence(
            f"{product.name} has no table in which two answers to the same question are compared",
            remedy="Where systems are to be compared, let people say which of two answers they "
            "prefer and name the table in product.yaml under 'tables: comparisons:'",
        )
    for role, what in _NEEDED.items():
        if getattr(table.columns, role) is None:
            raise NoEvidence(
                f"product.yaml does not say which column of the comparisons holds {what}",
                where=str(product.folder / "product.yaml"),
                remedy=f"Add '{role}:' under 'columns:' of the table 'comparisons'",
            )
    source = open_source(table, product.folder)
    with source.query():
        stored = _read(source, table)
    named = (stored[["prompt", "first", "second"]] != MISSING).all(axis=1)
    said = stored["winner"].map(normal).notna()
    alone = named & (stored["first"] == stored["second"])
    frame = stored[named & said & ~alone].reset_index(drop=True)
    if frame.empty:
        raise NoEvidence(
            "no row says which of two systems' answers is preferred",
            where=source.where,
            remedy="Fill in the winner: a system's name, 'first', 'second' or 'tie'",
        )
    frame["won"] = _won(frame, source.where, str(table.columns.winner))
    return Comparisons(
        table=table,
        source=source,
        frame=frame.drop(columns="winner"),
        current=_current(product, frame, source.where),
        undecided=int((~(named & said) & ~alone).sum()),
        alone=int(alone.sum()),
    )


def _read(source: Source, table: Table) -> pd.DataFrame:
    rows, roles = source.rows, table.columns
    check_columns(rows, table, source.where)
    wanted = {
        role: group_text(rows[getattr(roles, role)]) for role in ("prompt", "first", "second")
    }
    wanted["winner"] = rows[roles.winner].cast("string")
    if roles.annotator:
        wanted["annotator"] = group_text(rows[roles.annotator])
    frame = rows.select(**wanted).execute()
    if frame.empty:
        raise no_rows(source.where)
    if "annotator" not in frame:
        frame["annotator"] = ""
    return frame


def _won(frame: pd.DataFrame, where: str, column: str) -> pd.Series:
    """1 for the first, 0 for the second, a half for a tie."""
    winner = frame["winner"].map(normal)
    # A name goes before a place, in case a system is called "first".
    won = pd.Series(np.nan, index=frame.index)
    for place, value in (("tie", 0.5), ("second", 0.0), ("first", 1.0)):
        won[winner == place] = value
    for role, value in (("second", 0.0), ("first", 1.0)):
        won[winner == frame[role].map(normal)] = value
    odd = frame[won.isna()]
    if len(odd):
        row = odd.iloc[0]
        raise PlaybookError(
            f"nobody can tell who won where the winner is '{row['winner']}' between "
            f"'{row['first']}' and '{row['second']}'",
            where=f"{where}, column '{column}'",
            remedy="Write one of the two names, 'first', 'second' or 'tie'",
        )
    return won


def _current(product: Product, frame: pd.DataFrame, where: str) -> str:
    outputs, own = product.tables.get("outputs"), product.tables["comparisons"]
    names = sorted({*frame["first"], *frame["second"]})
    stated = own.current or (outputs.current if outputs else None)
    if stated is None:
        baseline = own.baseline_system or (outputs.baseline_system if outputs else None)
        return [name for name in names if name != baseline][-1]
    if stated not in names:
        raise PlaybookError(
            f"no answer compared is by the system '{stated}', which product.yaml names as "
            "'current:'",
            where=where,
            remedy=did_you_mean(stated, names),
        )
    return stated
