"""Stored columns beside the label, and the same part of many rows each time one is taken."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from playbook.errors import NoEvidence
from playbook.evidence.amountsums import median_label
from playbook.evidence.tables import Decisions

LABEL = "playbook_label"
_PRIME = 2**31 - 1
_KEYS = 4


def labelled(decisions: Decisions) -> ir.Table:
    """The rows that have a label, as stored, with one more column: whether it is the positive one.

    An amount counts as positive above the middle of all amounts.

    Raises
    ------
    PlaybookError
        The product names no label with two values, nor an amount.
    """
    amount = decisions.product.kind == "regression"
    if (decisions.meaning is None and not amount) or not decisions.has_label:
        raise NoEvidence(
            "this needs a label with two values",
            where=decisions.where,
            remedy="Name the column with the outcome as 'label:' and its value as 'positive:'",
        )
    label = decisions.reading.parts(decisions.rows)["label"]
    value = label.finish(label.raw)
    above = value > median_label(decisions) if amount else value
    rows = decisions.rows.mutate(**{LABEL: above})
    return rows.filter(rows[LABEL].notnull())


def bucket(rows: ir.Table, columns: Sequence[str]) -> ir.IntegerValue:
    """A number from 0 to 2³¹ − 2 that follows from the values of `columns` alone."""
    # Remainders keep every product within 64 bits on any engine.
    total = ibis.literal(7, "int64")
    for column in columns:
        value, stored = rows[column], rows[column].type()
        # Not every engine hashes other kinds; numbers are hashed as they are, as text takes longer.
        plain = value if stored.is_numeric() and not stored.is_boolean() else value.cast("string")
        total = (total * 1_000_003 + plain.hash().fill_null(0) % _PRIME) % _PRIME
    return total.abs()


def part(rows: ir.Table, columns: Sequence[str], one_in: int) -> ir.Table:
    """About one in so many rows, those whose `columns` hash to 0: alike rows stay together."""
    return rows if one_in <= 1 else rows.filter(bucket(rows, columns) % one_in == 0)


def telling(decisions: Decisions) -> list[str]:
    """Columns that tell rows apart: the id; without one, up to four, measurements first."""
    name = decisions.table.columns.id
    if name is not None:
        return [name]
    kinds = [(c, decisions.rows[c].type()) for c in decisions.columns]
    plain = [(c, t) for c, t in kinds if t.is_primitive() or t.is_string() or t.is_temporal()]
    # A measurement differs from row to row more often than a code does.
    order = sorted(plain, key=lambda p: (not p[1].is_floating(), not p[1].is_temporal(),
                                         not p[1].is_integer()))  # fmt: skip
    return [c for c, _ in order[:_KEYS]]
