"""Groups of a continuous column, such as ages, by the edges that product.yaml states."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import ibis
import ibis.expr.types as ir


def band_names(edges: Sequence[float], whole: bool) -> list[str]:
    """Names of the groups that begin at `edges`, in order; `whole` numbers need no *under*.

    >>> band_names([25, 45], whole=True), band_names([0.5], whole=False)
    (['under 25', '25 to 44', '45 and over'], ['under 0.5', '0.5 and over'])
    """
    shown = [f"{edge:g}" for edge in edges]
    whole = whole and all(float(edge).is_integer() for edge in edges)
    between = [
        (f"{low} to {int(after) - 1}" if after - before > 1 else low) if whole
        else f"{low} to under {high}"
        for (low, high), (before, after) in zip(pairwise(shown), pairwise(edges), strict=True)
    ]  # fmt: skip
    return [f"under {shown[0]}", *between, f"{shown[-1]} and over"]


def band(column: ir.Value, edges: Sequence[float]) -> ir.Value:
    """The name of each value's group; null where there is no number."""
    names = band_names(edges, whole=column.type().is_integer())
    number = column.cast("float64")
    known = number.notnull() & ~number.isnan()
    branches = [(known & (number < edge), name) for edge, name in zip(edges, names, strict=False)]
    return ibis.cases(*branches, (known, names[-1]), else_=ibis.null("string"))
