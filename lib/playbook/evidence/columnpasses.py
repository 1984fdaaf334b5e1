"""The queries behind the audit of columns; nothing is read into memory.

The first pass sees every row; the second looks closer at a slice (of a small table at all rows);
the third counts over every row what the first two made worth counting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from playbook.evidence import surprises
from playbook.evidence.columns import ColumnAudit, Kind, audited, is_missing, kind_of
from playbook.evidence.duplicates import Slice
from playbook.evidence.sources import Source
from playbook.evidence.tables import Decisions

FENCE = 3.0
FEW = 1_000
"""Up to about this many different values they are counted exactly, however large the table."""


def first_look(rows: ir.Table, roughly: bool) -> dict[str, ir.Value]:
    """Aggregates over all rows: missing, different values, range."""
    asked: dict[str, ir.Value] = {}
    for i, name in enumerate(rows.columns):
        column, kind, key = rows[name], kind_of(rows[name]), f"c{i}"
        absent = is_missing(column)
        # In a large table: where some number is NaN the largest is, and `_endless` counts anew.
        plain = roughly and kind == "number"
        asked[f"{key}_missing"] = (column.isnull() if plain else absent).sum()
        if kind == "other":
            continue
        there = _there(column)
        # Approximate counts cannot tell one blank more or less: no need to look for them.
        asked[f"{key}_distinct"] = column.approx_nunique() if roughly else there.nunique()
        if kind in {"number", "time"}:
            ranged = _finite(column) if kind == "number" and not roughly else column
            asked |= {f"{key}_low": ranged.min(), f"{key}_high": ranged.max()}
    return asked


def examined(
    decisions: Decisions,
    part: Slice,
    seen: dict[str, Any],
    clumped: bool,
    confidence: float,
) -> list[ColumnAudit]:
    """Audit every column, given what `first_look` has `seen`.

    Where so many rows repeat that the slice is `clumped`, quartiles are taken from all rows by
    the engine's approximate quantiles instead.
    """
    rows, source = decisions.rows, decisions.source
    roughly = part.parts > 1
    keys = {name: f"c{i}" for i, name in enumerate(decisions.columns)}
    kinds = {name: kind_of(rows[name]) for name in keys}
    roles = decisions.table.columns.named()
    numbers = [n for n, kind in kinds.items() if kind == "number"]
    bounded = {n for n in numbers if roughly and _bounded(seen, keys[n])}
    endless: dict[str, ir.Value] = {}
    for name, key in keys.items():
        if roughly and name in numbers and name not in bounded:
            endless |= _endless(rows[name], key)
    seen |= one_row(source, rows, endless)
    closer: dict[str, ir.Value] = {}
    for name, key in keys.items():
        if kinds[name] == "number" and not clumped:
            closer[f"{key}_quartiles"] = _finite(part.rows[name]).quantile([0.25, 0.5, 0.75])
        elif kinds[name] == "text":
            closer |= surprises.looks(part.rows[name], key, is_missing(part.rows[name]))
    seen |= one_row(source, part.rows, closer)
    if clumped:
        seen |= one_row(source, rows, {
            f"{keys[n]}_quartiles": _finite(rows[n]).approx_quantile([0.25, 0.5, 0.75])
            for n, k in kinds.items() if k == "number"
        })  # fmt: skip
    hardly = {n for n, k in keys.items() if (seen.get(f"{k}_distinct") or 0) > decisions.n * 0.05}
    often = [n for n, k in kinds.items() if k in {"text", "time", "true/false"}]
    seen |= _modes(source, part.rows, {n: keys[n] for n in often if not roughly or n not in hardly})
    codes = {n: surprises.suspects(seen.get(f"{k}_low"), seen.get(f"{k}_high"), kinds[n])
             if roles.get(n) != "id" else [] for n, k in keys.items()}  # fmt: skip
    last: dict[str, ir.Value] = {}
    for name, key in keys.items():
        whole = rows[name].cast("float64") if name in bounded else rows[name]
        last |= _counted(whole, kinds[name], key, seen, roughly and name in hardly, name in bounded)
        last |= surprises.asked(rows[name], key, codes[name], kinds[name])
        if roughly and kinds[name] != "other" and seen[f"{key}_distinct"] <= FEW:
            # Where nothing is missing there is no blank to look for, row by row.
            whole = rows[name] if not seen[f"{key}_missing"] else _there(rows[name])
            last[f"{key}_exactly"] = whole.nunique()
    seen |= one_row(source, rows, last)
    error = _rank_error(clumped, part) if roughly else ""
    return [
        audited(name, kinds[name], roles.get(name, ""), key, seen, codes[name], decisions.n,
                error, confidence)
        for name, key in keys.items()
    ]  # fmt: skip


def _endless(column: ir.Value, key: str) -> dict[str, ir.Value]:
    """Missing values and range of a column that holds infinite numbers or NaN."""
    number = _finite(column)
    return {
        f"{key}_missing": is_missing(column).sum(),
        f"{key}_low": number.min(),
        f"{key}_high": number.max(),
    }


def _counted(
    column: ir.Value, kind: Kind, key: str, seen: Mapping[str, Any], hardly: bool, bounded: bool
) -> dict[str, ir.Value]:
    """What is worth counting over all rows."""
    asked: dict[str, ir.Value] = {}
    number = _finite(column) if kind == "number" and not bounded else column
    common = seen[f"{key}_quartiles"][1] if seen.get(f"{key}_quartiles") else None
    common = seen.get(f"{key}_common", common)
    if common is not None and not hardly:
        asked[f"{key}_same"] = (number == common).sum()
    fences = _fences(seen.get(f"{key}_quartiles"))
    within = fences and fences[0] <= seen[f"{key}_low"] and seen[f"{key}_high"] <= fences[1]
    if fences:
        asked[f"{key}_finite"] = number.count()
    if fences and not within:
        asked[f"{key}_out"] = ((number < fences[0]) | (number > fences[1])).sum()
    if kind == "text" and seen[f"{key}_numbers"] and seen[f"{key}_numbers"] >= (
        surprises.NUMERIC_TEXT * seen[f"{key}_texts"] - 1e-9
    ):  # fmt: skip
        odd = ~is_missing(column) & ~column.re_search(surprises.NUMBER).fill_null(True)
        asked |= {f"{key}_odd": odd.sum(), f"{key}_example": column.min(where=odd)}
    if kind == "number" and surprises.is_day_number(seen[f"{key}_low"], seen[f"{key}_high"]):
        asked[f"{key}_day_numbers"] = surprises.day_like(number).sum()
    return asked


def _modes(source: Source, rows: ir.Table, keys: Mapping[str, str]) -> dict[str, Any]:
    """The most common value of each column that is not missing."""
    there = {n: _there(rows[n]) for n in keys}
    if rows.get_backend().has_operation(ops.Mode):
        return one_row(source, rows, {f"{keys[n]}_common": v.mode() for n, v in there.items()})
    found = {}
    for name, value in there.items():
        counted = rows.select(v=value).filter(ibis._.v.notnull()).group_by("v")
        first = counted.aggregate(n=lambda t: t.count()).order_by(ibis.desc("n"), "v").limit(1)
        with source.query():
            values = first.to_pyarrow()["v"].to_pylist()
        found[f"{keys[name]}_common"] = values[0] if values else None
    return found


def _there(column: ir.Value) -> ir.Value:
    """The value, or null where it is blank or not a number too."""
    return ibis.ifelse(is_missing(column), None, column)


def _rank_error(clumped: bool, part: Slice) -> str:
    """How far quartiles may be off: Dvoretzky, Kiefer and Wolfowitz's bound with Massart's
    constant (1990), in 95 of 100 slices."""
    if clumped:
        return "quartiles by the engine's own approximation, within about 1 percentage point"
    off = math.sqrt(math.log(2 / 0.05) / (2 * part.n / part.parts))
    return f"quartiles within {100 * off:.1f} percentage points of rank"


def _bounded(seen: Mapping[str, Any], key: str) -> bool:
    return all(
        end is None or math.isfinite(end) for end in (seen[f"{key}_low"], seen[f"{key}_high"])
    )


def _finite(column: ir.Value) -> ir.Value:
    """The number, or null where it is missing or infinite."""
    number = column.cast("float64")
    if column.type().is_integer():
        return number
    return ibis.ifelse(number.isnan() | number.isinf(), None, number)


def _fences(quartiles: Any) -> tuple[float, float] | None:
    """Tukey's outer fences; None where the middle half of the values is one value."""
    if quartiles is None:
        return None
    low, _, high = map(float, quartiles)
    spread = high - low
    if not spread > 0 or not math.isfinite(spread):
        return None
    return low - FENCE * spread, high + FENCE * spread


def one_row(source: Source, rows: ir.Table, asked: dict[str, ir.Value]) -> dict[str, Any]:
    """The aggregates, as plain Python values; what the engine has as null is None."""
    if not asked:
        return {}
    with source.query():
        return rows.aggregate(**asked).to_pyarrow().to_pylist()[0]
