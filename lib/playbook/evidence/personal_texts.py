"""Which texts a scan for personal data looks through, asked of the engine in few questions."""

from __future__ import annotations

from collections.abc import Iterator

import ibis.expr.types as ir

from playbook.errors import PlaybookError
from playbook.evidence.columns import is_missing
from playbook.evidence.personal_patterns import LONGEST
from playbook.evidence.stored import bucket
from playbook.evidence.tables import Decisions


def columns_of_text(decisions: Decisions) -> list[str]:
    """The columns to scan: those under ``text:``, else every other column of text."""
    roles, rows = decisions.table.columns, decisions.rows
    for column in roles.text:
        if not rows[column].type().is_string():
            raise PlaybookError(
                f"the column '{column}' holds no text",
                where=decisions.where,
                remedy="Name only columns of text under 'text:' in product.yaml",
            )
    if roles.text:
        return list(roles.text)
    kept = {"feature", "text"}
    named = roles.named()
    return [
        c
        for c in decisions.columns
        if rows[c].type().is_string() and named.get(c, "feature") in kept
    ]


def sizes(
    decisions: Decisions, columns: list[str], most: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Values in each column; and where all are scanned, how many characters are worth a look."""
    rows = decisions.rows
    with decisions.source.query():
        values = one_row(rows, {c: (~is_missing(rows[c])).sum() for c in columns})
        whole = [c for c in columns if 0 < values[c] <= most]
        lengths = {}
        for c in whole:
            text = rows[c].substr(0, LONGEST)
            worth = ~is_missing(rows[c]) & worth_a_look(text)
            lengths[c] = text.length().sum(where=worth)
        return values, one_row(rows, lengths) if whole else {}


def one_row(rows: ir.Table, asked: dict[str, ir.Value]) -> dict[str, int]:
    """The answers to several questions about `rows`, asked at once; 0 where there is none."""
    named = {f"playbook_{place}": value for place, value in enumerate(asked.values())}
    found = rows.aggregate(**named).to_pyarrow().to_pylist()[0]
    return {c: int(value or 0) for c, value in zip(asked, found.values(), strict=True)}


def worth_a_look(text: ir.StringValue) -> ir.BooleanValue:
    """Whatever is recognised holds a digit or an @."""
    return text.re_search("[0-9@]")


def texts(
    rows: ir.Table, keys: list[str], one_in: int, pieces: int, piece: int
) -> Iterator[tuple[str, int]]:
    """Each text of one piece of the rows, and in how many rows it stands."""
    if pieces > 1:
        rows = rows.filter((bucket(rows, keys) // max(1, one_in)) % pieces == piece)
    counted = rows.group_by("playbook_text").aggregate(playbook_n=lambda t: t.count()).execute()
    return zip(counted["playbook_text"].tolist(), counted["playbook_n"].tolist(), strict=True)
