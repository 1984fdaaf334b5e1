"""Rows that repeat, and ids that repeat: exact in small tables, from a slice by hash in large ones.

A hash of the whole row decides whether a row is in the slice, so equal rows are all in it or all
out of it. Each *different* row is in with the same known chance: nothing else is assumed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis.common.exceptions import IbisError, OperationNotDefinedError

from playbook.estimate import Estimate
from playbook.evidence.intervals import quantile, rate

EXACT_ROWS = 200_000
"""Up to this many rows everything is exact; above, what is approximate says so."""
SLICE_ROWS = 2**18
_BITS = range(14, 22)
_HEAVY = 31.8
"""The 0.9999 quantile of chi-squared with 8 degrees of freedom."""


@dataclass(frozen=True)
class Slice:
    """What is seen of a large table's rows, or all of a small one.

    Attributes
    ----------
    rows
        The rows of the slice, lazy.
    parts
        One in this many different rows is in the slice; 1 where all are.
    n
        Rows of the whole table.
    """

    rows: ir.Table
    parts: int
    n: int


@dataclass(frozen=True)
class Repeats:
    """Sums over the different rows of a slice, each of which occurs ``c`` times.

    Attributes
    ----------
    different, rows, squares
        How many there are, the sum of ``c``, and the sum of ``(c - 1)`` squared.
    heavy
        Whether the whole table shows, by how evenly rows fall on the bits of their hash, that some
        row occurs far more often than any in the slice does.
    """

    different: int
    rows: int
    squares: int
    heavy: bool = False

    @property
    def clumped(self) -> bool:
        """Whether so many rows repeat that a slice is no fair sample of them."""
        return self.heavy or self.rows - self.different > 0.01 * self.rows


def parts(n: int) -> int:
    """How many slices a table of `n` rows is cut into: a power of two."""
    return 1 if n <= EXACT_ROWS else 2 ** max(0, math.ceil(math.log2(n / SLICE_ROWS)))


def row_hash(rows: ir.Table, columns: Sequence[str]) -> ir.IntegerValue | None:
    """A hash of several columns; None where the engine has none for their types."""
    engine = rows.get_backend()
    whole = ibis.struct({f"k{i}": rows[c] for i, c in enumerate(columns)}).hash()
    chained: ir.Value = ibis.literal(0, "int64")
    for column in columns:
        # PostgreSQL hashes few types, but everything has a text.
        chained = (chained ^ rows[column].cast("string").hash().fill_null(0)).hash()
    for found in (whole, chained):
        try:
            engine.compile(rows.select(h=found))
        except (IbisError, OperationNotDefinedError, NotImplementedError):
            continue
        return found
    return None


def evenness(hashed: ir.IntegerValue) -> dict[str, ir.Value]:
    """How many rows have each of 8 bits of their hash set, to be counted over all rows."""
    return {f"bit{b}": ((hashed & 2**b) != 0).sum() for b in _BITS}


def bits(seen: Mapping[str, Any]) -> list[float]:
    """What `evenness` asked for; empty where it was not asked."""
    return [float(seen[f"bit{b}"]) for b in _BITS if f"bit{b}" in seen]


@contextmanager
def kept(rows: ir.Table) -> Iterator[ir.Table]:
    """A slice of bounded size, kept by the embedded engine for several looks at it."""
    engine = rows.get_backend()
    if engine.name != "duckdb":
        yield rows
        return
    name = ibis.util.gen_name("playbook_slice")
    held = engine.create_table(name, rows, temp=True)
    try:
        yield held
    finally:
        # Ibis 12 beside today's SQLGlot leaves the name out of what `drop_table` and `cache` send.
        engine.con.execute(f'DROP TABLE temp."{name}"')


def is_heavy(bits: Sequence[float], n: int, second_moment: float) -> bool:
    """Whether rows fall more unevenly on the bits than clusters like those seen would make them.

    Half the different rows have a bit set. The square of the difference between the two halves
    has the mean sum of ``c`` squared (Alon, Matias and Szegedy 1996); a row that occurs more than
    about three times the square root of `n` stands out.
    """
    uneven = (2 * np.asarray(bits, float) - n) ** 2
    return bool(uneven.sum() / max(second_moment, 1.0) > _HEAVY)


def summed(groups: ir.Table) -> dict[str, ir.Value]:
    """The sums of `Repeats` over a table with a count ``c`` per different row."""
    c = groups["c"]
    return {"different": c.count(), "rows": c.sum(), "squares": ((c - 1) * (c - 1)).sum()}


def repeats(seen: Mapping[str, Any], bits: Sequence[float], n: int, cut: int) -> Repeats:
    """`Repeats` from `summed` over a slice and `evenness` over the `n` rows of the table."""
    different, rows, squares = (int(seen[k] or 0) for k in ("different", "rows", "squares"))
    # c² = (c - 1)² + 2 (c - 1) + 1
    second = cut * (squares + 2 * (rows - different) + different)
    return Repeats(different, rows, squares, cut > 1 and is_heavy(bits, n, second))


def duplicate_rate(
    found: Repeats, n: int, cut: int, group: dict[str, str] | None, confidence: float
) -> Estimate | None:
    """Share of `n` rows that repeat an earlier one, from the slice that `found` sums up.

    The unbiased estimate (Horvitz and Thompson 1952) in the one of two forms that varies less
    here: from the repeated rows in the slice, or from the different rows in it, of which the table
    must then have ``cut`` times as many. The interval solves for the number of clusters of which
    those seen are a binomial draw with a known chance (a score interval, as Wilson's 1927), and
    speaks of this table. Where the first form is used, one single row that occurs fewer than
    about ``3 √n`` times could go unseen.
    """
    if cut == 1:
        return rate("duplicate_rate", found.rows - found.different, found.rows, group, confidence)
    if n == 0:
        return None
    again = found.rows - found.different
    if found.heavy or found.squares >= found.different:
        low, high = _population(found.different, 1 / cut, confidence)
        value, low, high = 1 - cut * found.different / n, 1 - high / n, 1 - low / n
        how = "different rows"
    else:
        size = found.squares / again if again else 1.0
        low, high = (size * x for x in _population(again / size, 1 / cut, confidence))
        value, low, high = cut * again / n, low / n, high / n
        how = "repeated rows"
    value, low, high = (min(1.0, max(x, again / n)) for x in (value, low, high))
    return Estimate(
        measure="duplicate_rate",
        group=group,
        value=value,
        low=low,
        high=high,
        n=found.rows,
        method=f"one slice of {cut:,} by hash (equal rows fall together), counting {how}: "
        f"Horvitz-Thompson, {100 * confidence:g} % score interval of a cluster sample",
    )


def _population(seen: float, chance: float, confidence: float) -> tuple[float, float]:
    """Limits of a number N of which `seen` is a binomial draw with the known `chance`."""
    z2 = quantile(confidence) ** 2
    middle = seen + z2 * (1 - chance) / 2
    half = math.sqrt(z2 * (1 - chance) * (seen + z2 * (1 - chance) / 4))
    return (middle - half) / chance, (middle + half) / chance
