"""Rows by window of time and bin of every column, in one query."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from playbook.evidence.columns import is_missing
from playbook.evidence.counts import Window
from playbook.evidence.tables import Decisions
from playbook.evidence.words import number

TRUNCATE = {"year": "Y", "quarter": "Q", "month": "M", "week": "W", "day": "D"}
BINS = 10
CODES = 20
TOP, MANY = 50, 500
SAMPLE = 100_000
"""Rows of the reference window from which bins are laid out; all rows are then counted in them."""
OTHER, MISSING = "(other)", "(missing)"
_OTHER_KEY = "\x01other"
_LEAD = "playbook_window"


@dataclass(frozen=True)
class Binned:
    """How often each bin of one column occurs in each window.

    Attributes
    ----------
    counts
        Windows (rows, ascending) by bins (columns); missing values are the last bin.
    ordered
        Whether bins are ranges of a number, in ascending order.
    """

    column: str
    counts: pd.DataFrame
    ordered: bool


@dataclass(frozen=True)
class Layout:
    """Bins of one column: `edges` of a number (a bin begins at each), or single `values`; whether
    there are `many` more values, so that grouping by all of them would not do."""

    column: str
    edges: list[float] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    ordered: bool = False
    many: bool = False


def windows_of(decisions: Decisions, window: Window) -> pd.Series:
    """Rows of each window, by when it begins; rows without a time are left out."""
    started = _started(decisions, window)
    with decisions.source.query():
        frame = decisions.rows.select(w=started).group_by("w").aggregate(n=ibis._.count()).execute()
    known = frame[frame["w"].notna()].sort_values("w")
    return pd.Series(known["n"].to_numpy("int64"), index=pd.DatetimeIndex(known["w"]))


def layouts(
    decisions: Decisions, columns: Sequence[str], window: Window, reference: pd.Timestamp
) -> list[Layout]:
    """Bins from the reference window: tenths of numbers, the 50 most frequent of other values.

    Numbers of at most 20 different values are codes, and binned by value.
    """
    rows = decisions.rows
    there = rows.filter(_started(decisions, window) == ibis.literal(reference.to_pydatetime()))
    there = there.select(*columns).limit(SAMPLE)
    numbers = [c for c in columns if _is_number(rows[c])]
    asked: dict[str, ir.Value] = {}
    tenths = [i / BINS for i in range(1, BINS)]
    for i, column in enumerate(numbers):
        value = ibis.ifelse(is_missing(there[column]), None, there[column]).cast("float64")
        asked |= {f"d{i}": value.nunique(), f"q{i}": value.quantile(tenths)}
    found: dict[str, Any] = {}
    if asked:
        with decisions.source.query():
            found = there.aggregate(**asked).to_pyarrow().to_pylist()[0]
    laid: dict[str, Layout] = {}
    for i, column in enumerate(numbers):
        edges = [e for e in found[f"q{i}"] or [] if e is not None and math.isfinite(e)]
        if found[f"d{i}"] > CODES and edges:
            laid[column] = Layout(column, edges=np.unique(edges).tolist(), ordered=True)
    for column in columns:
        if column not in laid:
            named = there.filter(~is_missing(there[column])).select(value=column)
            tops = named.group_by("value").aggregate(n=ibis._.count())
            with decisions.source.query():
                frame = tops.order_by(ibis.desc("n"), "value").limit(MANY + 1).execute()
            values = frame["value"].tolist()
            laid[column] = Layout(column, values=values[:TOP], many=len(values) > MANY)
    return [laid[column] for column in columns]


def binned(decisions: Decisions, laid: Sequence[Layout], window: Window) -> list[Binned]:
    """Count every column in one query: columns go in pairs, which halves the passes over time."""
    rows = decisions.rows.mutate(**{_LEAD: _started(decisions, window)})
    rows = rows.filter(rows[_LEAD].notnull())
    parts = []
    for place in range(0, len(laid), 2):
        pair = laid[place : place + 2]
        keys = {f"b{i}": _key(rows[layout.column], layout) for i, layout in enumerate(pair)}
        counted = rows.select(_LEAD, **keys).group_by([_LEAD, *keys]).aggregate(n=ibis._.count())
        bins = {k: _bin(counted[k], layout) for k, layout in zip(keys, pair, strict=True)}
        bins.setdefault("b1", ibis.literal(0, "int16"))
        parts.append(
            counted.select(_LEAD, **bins, n=counted["n"], pair=ibis.literal(place, "int16"))
        )
    with decisions.source.query():
        frame = (parts[0] if len(parts) == 1 else ibis.union(*parts)).execute()
    return [
        _table(frame[frame["pair"] == i - i % 2], f"b{i % 2}", layout)
        for i, layout in enumerate(laid)
    ]


def _table(part: pd.DataFrame, key: str, layout: Layout) -> Binned:
    wide = part.pivot_table(index=_LEAD, columns=key, values="n", aggfunc="sum", fill_value=0)
    names = _names(layout)
    wide = wide.reindex(columns=range(len(names)), fill_value=0).sort_index()
    wide.columns = pd.Index(names)
    wide.index = pd.DatetimeIndex(wide.index, name="window")
    return Binned(layout.column, wide.astype("int64"), layout.ordered)


def _names(layout: Layout) -> list[str]:
    if not layout.ordered:
        return [
            *(number(v) if isinstance(v, float) else f"{v}" for v in layout.values),
            OTHER,
            MISSING,
        ]
    edges = [number(float(f"{e:.4g}")) for e in layout.edges]
    inner = [f"{a} to {b}" for a, b in pairwise(edges)]
    return [f"under {edges[0]}", *inner, f"{edges[-1]} and over", MISSING]


def _key(column: ir.Value, layout: Layout) -> ir.Value:
    """What rows are grouped by: the bin of a number; of anything else the value itself."""
    if layout.ordered:
        last = len(layout.edges)
        # A number that is none is larger than all others on every engine, so no edge takes it.
        steps = [(column < edge, i) for i, edge in enumerate(layout.edges)]
        return ibis.cases(*steps, (is_missing(column), last + 1), else_=last).cast("int16")
    if layout.many and column.type().is_string():
        return ibis.ifelse(
            column.isin(layout.values), column, ibis.ifelse(is_missing(column), "", _OTHER_KEY)
        )
    return column


def _bin(key: ir.Value, layout: Layout) -> ir.Value:
    """The bin's number, from what was grouped by: few rows, so tests cost nothing."""
    if layout.ordered:
        return key
    last = len(layout.values)
    steps = [(key == value, i) for i, value in enumerate(layout.values)]
    return ibis.cases(*steps, (is_missing(key), last + 1), else_=last).cast("int16")


def _started(decisions: Decisions, window: Window) -> ir.Value:
    return decisions.reading.parts(decisions.rows)["time"].raw.truncate(TRUNCATE[window])


def _is_number(column: ir.Value) -> bool:
    return bool(column.type().is_numeric()) and not column.type().is_boolean()
