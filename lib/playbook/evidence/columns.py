"""What is in each column, in a few queries over the whole table: nothing is read into memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from playbook.estimate import Estimate
from playbook.evidence.intervals import rate
from playbook.evidence.roles import is_blank
from playbook.evidence.sources import Source
from playbook.evidence.tables import Decisions

EXACT_ROWS = 1_000_000
"""Above this many rows, distinct counts and quartiles are approximate, and it is said."""
ALMOST = 0.995
NUMERIC_TEXT = 0.95
FENCE = 3.0
CODES = 10
HEAD = 10_000
_NUMBER = r"^\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*$"

Kind = Literal["number", "text", "true/false", "time", "other"]


@dataclass(frozen=True)
class ColumnAudit:
    """One column.

    Attributes
    ----------
    name, kind, role
        As stored; the role is the one product.yaml gives it, else empty.
    missing
        Share of rows without a value: null, not a number, empty or blank text.
    distinct
        Different values that are not missing; ``None`` for nested values.
    common, common_share
        The most common value as text (of numbers the median, which is the same wherever one value
        makes up more than half), and its share of the values that are not missing.
    minimum, quartiles, maximum
        Of finite numbers; ``None`` for other kinds and where there is none.
    outliers
        Share of the numbers that lie more than 3 interquartile ranges outside the quartiles
        (Tukey's outer fences); ``None`` for ids, where the middle half of the values is one value,
        and where there are fewer than 10 different ones: those are codes, not measurements.
    span
        Earliest and latest value, for times.
    odd_value, odd_rows
        For text of which at least 95 % are numbers: an example of what is not, and how many rows.
    approximate
        Whether distinct count and quartiles are approximate.
    """

    name: str
    kind: Kind
    role: str
    missing: Estimate
    distinct: int | None
    common: str | None
    common_share: float
    minimum: float | None
    quartiles: tuple[float, float, float] | None
    maximum: float | None
    outliers: Estimate | None
    span: tuple[str, str] | None
    odd_value: str | None
    odd_rows: int
    approximate: bool

    @property
    def constant(self) -> bool:
        """Whether all values, or more than 99.5 % of them, are one and the same."""
        return self.common_share > ALMOST


def is_missing(column: ir.Value) -> ir.Value:
    """True where there is no value: null, not a number, empty or blank text."""
    if column.type().is_floating():
        return column.isnull() | column.isnan().fill_null(False)
    if column.type().is_string():
        return is_blank(column)
    return column.isnull()


def audit_columns(decisions: Decisions, confidence: float) -> list[ColumnAudit]:
    """Audit every column of the table as it is stored."""
    rows, n = decisions.rows, decisions.n
    roughly = n > EXACT_ROWS
    kinds = {name: _kind(rows[name]) for name in decisions.columns}
    first: dict[str, ir.Value] = {}
    for i, name in enumerate(decisions.columns):
        first |= _first(rows[name], kinds[name], f"c{i}", roughly)
    seen = _one_row(decisions.source, rows, first)
    seen |= _common(decisions, kinds, seen, roughly)
    second: dict[str, ir.Value] = {}
    for i, name in enumerate(decisions.columns):
        second |= _second(rows[name], kinds[name], f"c{i}", seen)
    seen |= _one_row(decisions.source, rows, second) if second else {}
    roles = decisions.table.columns.named()
    return [
        _audited(name, kinds[name], roles.get(name, ""), f"c{i}", seen, n, roughly, confidence)
        for i, name in enumerate(decisions.columns)
    ]


def _kind(column: ir.Value) -> Kind:
    stored = column.type()
    if stored.is_boolean():
        return "true/false"
    if stored.is_numeric():
        return "number"
    if stored.is_string():
        return "text"
    if stored.is_temporal() and not stored.is_interval():
        return "time"
    return "other"


def _first(column: ir.Value, kind: Kind, key: str, roughly: bool) -> dict[str, ir.Value]:
    absent = is_missing(column)
    asked = {f"{key}_missing": absent.sum()}
    if kind == "other":
        return asked
    there = ibis.ifelse(absent, None, column)
    asked[f"{key}_distinct"] = there.approx_nunique() if roughly else there.nunique()
    if kind == "number":
        number = _finite(column)
        quantile = number.approx_quantile if roughly else number.quantile
        asked |= {f"{key}_low": number.min(), f"{key}_high": number.max()}
        asked[f"{key}_quartiles"] = quantile([0.25, 0.5, 0.75])
    elif kind == "time":
        asked |= {f"{key}_low": column.min(), f"{key}_high": column.max()}
    return asked


def _common(
    decisions: Decisions, kinds: Mapping[str, Kind], seen: Mapping[str, Any], roughly: bool
) -> dict[str, Any]:
    """Per column the one value that most rows could share."""
    # Of many rows the first ones do: a value that nearly all rows share is the most common there.
    rows = decisions.rows.limit(HEAD) if roughly else decisions.rows
    asked, found = {}, {}
    for i, (name, kind) in enumerate(kinds.items()):
        if kind == "number":
            quartiles = seen[f"c{i}_quartiles"]
            found[f"c{i}_common"] = quartiles[1] if quartiles else None
        elif kind != "other":
            there = ibis.ifelse(is_missing(rows[name]), None, rows[name])
            asked[f"c{i}_common"] = there.mode()
    return found | (_one_row(decisions.source, rows, asked) if asked else {})


def _second(column: ir.Value, kind: Kind, key: str, seen: Mapping[str, Any]) -> dict[str, ir.Value]:
    asked: dict[str, ir.Value] = {}
    common = seen.get(f"{key}_common")
    if common is not None:
        same = _finite(column) if kind == "number" else column
        asked[f"{key}_same"] = (same == common).sum()
    fences = _fences(seen.get(f"{key}_quartiles"))
    if fences:
        asked[f"{key}_out"] = ((_finite(column) < fences[0]) | (_finite(column) > fences[1])).sum()
        asked[f"{key}_finite"] = _finite(column).count()
    if kind == "text":
        odd = ~is_missing(column) & ~column.re_search(_NUMBER).fill_null(True)
        asked[f"{key}_odd"] = odd.sum()
        asked[f"{key}_example"] = column.min(where=odd)
    return asked


def _audited(
    name: str,
    kind: Kind,
    role: str,
    key: str,
    seen: Mapping[str, Any],
    n: int,
    roughly: bool,
    confidence: float,
) -> ColumnAudit:
    missing = int(seen[f"{key}_missing"] or 0)
    there = n - missing
    group = {"column": name}
    absent = rate("missing_rate", missing, n, group, confidence)
    assert absent is not None  # a table without rows is not opened
    common = seen.get(f"{key}_common")
    same = int(seen.get(f"{key}_same") or 0)
    distinct = seen.get(f"{key}_distinct")
    low, high = seen.get(f"{key}_low"), seen.get(f"{key}_high")
    number = kind == "number" and low is not None
    found = seen.get(f"{key}_quartiles")
    quartiles = (float(found[0]), float(found[1]), float(found[2])) if found else None
    outliers = None
    if f"{key}_out" in seen and role != "id" and (distinct or 0) >= CODES:
        out, finite = int(seen[f"{key}_out"] or 0), int(seen[f"{key}_finite"])
        outliers = rate("outlier_rate", out, finite, group, confidence)
    odd = int(seen.get(f"{key}_odd") or 0)
    strange = kind == "text" and 0 < odd <= (1 - NUMERIC_TEXT) * there + 1e-9
    return ColumnAudit(
        name=name,
        kind=kind,
        role=role,
        missing=absent,
        distinct=None if distinct is None else int(distinct),
        common=None if common is None else f"{common:g}" if kind == "number" else str(common),
        common_share=same / there if there else 0.0,
        minimum=float(seen[f"{key}_low"]) if number else None,
        quartiles=quartiles,
        maximum=float(seen[f"{key}_high"]) if number else None,
        outliers=outliers,
        span=(str(low), str(high)) if kind == "time" and low is not None else None,
        odd_value=str(seen[f"{key}_example"]) if strange else None,
        odd_rows=odd if strange else 0,
        approximate=roughly,
    )


def _finite(column: ir.Value) -> ir.Value:
    """The number, or null where it is missing or infinite."""
    number = column.cast("float64")
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


def _one_row(source: Source, rows: ir.Table, asked: dict[str, ir.Value]) -> dict[str, Any]:
    """The aggregates, as plain Python values; what the engine has as null is None."""
    with source.query():
        return rows.aggregate(**asked).to_pyarrow().to_pylist()[0]
