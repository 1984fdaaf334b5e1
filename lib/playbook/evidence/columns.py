"""One column of a table: what the audit says about it, from what the queries counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from playbook.estimate import Estimate
from playbook.evidence import surprises
from playbook.evidence.duplicates import EXACT_ROWS
from playbook.evidence.intervals import rate
from playbook.evidence.roles import is_blank
from playbook.evidence.surprises import Sentinel
from playbook.evidence.words import percent

__all__ = ["EXACT_ROWS", "ColumnAudit", "Kind", "audited", "is_missing", "kind_of"]

ALMOST = 0.995
CODES = 10
DISTINCT_ERROR = 0.1
"""Two standard errors of the engines' HyperLogLog, rounded up."""
_SPACES = (" ", "\t", "\n", "\r", "\v", "\f", "")

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
        makes up more than half), and its share of the values that are not missing. ``None`` and 0
        in a large table where so many values differ that none can make up nearly all.
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
    stored_as
        What text really is: ``numbers``, ``dates``, ``true or false`` or ``mixed``; and ``day
        numbers`` for numbers such as 20240131. Empty where a column is what it seems.
    sentinels
        Values that probably mean "not known", such as -999, most frequent first.
    approximate
        What is approximate and by how much; empty where all is exact.
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
    stored_as: str
    sentinels: tuple[Sentinel, ...]
    approximate: str

    @property
    def constant(self) -> bool:
        """Whether all values, or more than 99.5 % of them, are one and the same."""
        return self.common_share > ALMOST


def is_missing(column: ir.Value) -> ir.Value:
    """True where there is no value: null, not a number, empty or blank text."""
    if column.type().is_floating():
        return column.isnull() | column.isnan().fill_null(False)
    if column.type().is_string():
        # Only what begins like a blank is worth the price of looking at it whole.
        blank = ibis.ifelse(column.left(1).isin(_SPACES), is_blank(column), False)
        return column.isnull() | blank
    return column.isnull()


def kind_of(column: ir.Value) -> Kind:
    """What kind of values a column holds, by its type."""
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


def audited(
    name: str,
    kind: Kind,
    role: str,
    key: str,
    seen: Mapping[str, Any],
    codes: list[Any],
    n: int,
    rank_error: str,
    confidence: float,
) -> ColumnAudit:
    """The audit of column `name` of `n` rows from the counts `seen`, stored under `key`.

    `codes` are the values counted as possible sentinels; `rank_error` says how far quartiles may
    be off, and is empty where everything was counted exactly.
    """
    missing = int(seen[f"{key}_missing"] or 0)
    there = n - missing
    group = {"column": name}
    absent = rate("missing_rate", missing, n, group, confidence)
    assert absent is not None  # a table without rows is not opened
    distinct = seen.get(f"{key}_exactly", seen.get(f"{key}_distinct"))
    low, high = seen.get(f"{key}_low"), seen.get(f"{key}_high")
    number = kind == "number" and low is not None
    found = seen.get(f"{key}_quartiles")
    quartiles = (float(found[0]), float(found[1]), float(found[2])) if found else None
    outliers = None
    if f"{key}_finite" in seen and role != "id" and (distinct or 0) >= CODES:
        finite = int(seen[f"{key}_finite"])
        outliers = rate("outlier_rate", int(seen.get(f"{key}_out") or 0), finite, group, confidence)
    odd = int(seen.get(f"{key}_odd") or 0)
    strange = kind == "text" and 0 < odd <= (1 - surprises.NUMERIC_TEXT) * there + 1e-9
    common = seen.get(f"{key}_common", quartiles[1] if quartiles else None)
    same = seen.get(f"{key}_same")
    truly = surprises.stored_as(seen, key, role)
    if role != "id" and there and seen.get(f"{key}_day_numbers") == there:
        truly = "day numbers"
    said = [f"distinct values within about {percent(DISTINCT_ERROR)}"] if (
        rank_error and f"{key}_exactly" not in seen and distinct
    ) else []  # fmt: skip
    said += [rank_error] if rank_error and quartiles else []
    sentinels = surprises.sentinels(seen, key, codes, there, name, confidence)
    return ColumnAudit(
        name=name,
        kind=kind,
        role=role,
        missing=absent,
        distinct=None if distinct is None else min(int(distinct), there),
        common=None
        if common is None or same is None
        else f"{common:g}"
        if kind == "number"
        else str(common),
        common_share=int(same or 0) / there if there else 0.0,
        minimum=float(low) if number and low is not None else None,
        quartiles=quartiles,
        maximum=float(high) if number and high is not None else None,
        outliers=outliers,
        span=(str(low), str(high)) if kind == "time" and low is not None else None,
        odd_value=str(seen[f"{key}_example"]) if strange else None,
        odd_rows=odd if strange else 0,
        stored_as=truly,
        sentinels=sentinels if (distinct or 0) >= CODES else (),
        approximate="; ".join(said),
    )
