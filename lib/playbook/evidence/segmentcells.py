"""Every value of every column as a kind of case, with sums of how wrong predictions are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from playbook.evidence.celllayout import can_be_counted
from playbook.evidence.columns import EXACT_ROWS, is_missing, kind_of
from playbook.evidence.roles import MISSING, Part, group_text
from playbook.evidence.tables import Decisions
from playbook.evidence.words import number
from playbook.evidence.wrongness import SUMS, added, judged

CODES = 10
"""Numbers of at most so many different values are codes, each a kind of case of its own."""
VALUES = 200
"""A column of more different texts tells cases apart one by one, not kinds of them."""
_QUARTERS = [0.25, 0.5, 0.75]


@dataclass(frozen=True)
class SegmentCells:
    """Sums by column and value.

    Attributes
    ----------
    columns
        By column one row per value: ``value`` and the sums of `wrongness.added`.
    skipped
        Columns not looked at, and why.
    """

    columns: dict[str, pd.DataFrame] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Cut:
    """One end of a range of numbers, which belongs to the range below it or not."""

    at: float
    inside: bool


def columns_of(decisions: Decisions) -> list[str]:
    """Groups, then features; not what the model says, nor what it should have said."""
    roles = decisions.table.columns
    outcome = {roles.label, roles.prediction, roles.score, roles.id, roles.weight}
    return [c for c in dict.fromkeys([*roles.groups, *roles.features]) if c not in outcome]


def segment_cells(decisions: Decisions, columns: Sequence[str]) -> SegmentCells:
    """Look at the columns in one query, and add up all cells in another.

    Numbers of more than 10 different values are cut at their quartiles; a column with bins in
    product.yaml is cut there.
    """
    groups = decisions.table.columns.groups
    parts, rows = decisions.reading.parts(decisions.rows), decisions.rows
    skipped: dict[str, str] = {}
    values: dict[str, Part] = {}
    for column in columns:
        kind = kind_of(rows[column])
        if column in groups:
            values[column] = parts[column]
        elif kind in {"time", "other"} or not can_be_counted(rows[column].type()):
            skipped[column] = "it holds times" if kind == "time" else "its values are no plain ones"
        else:
            values[column] = Part(rows[column], group_text)
    names = {column: f"c{i}" for i, column in enumerate(values)}
    whole = judged(decisions, **{names[c]: v.raw for c, v in values.items()})
    found = _looked_at(decisions, whole, list(names.values()))
    keys: dict[str, Part] = {}
    for column, name in names.items():
        laid = _cell(whole[name], values[column].finish, found, name, column in groups)
        if laid is None:
            skipped[column] = f"it has more than {VALUES} different values"
        else:
            keys[column] = laid
    return SegmentCells(_added(decisions, whole, keys), skipped)


def _looked_at(decisions: Decisions, whole: ir.Table, names: Sequence[str]) -> dict[str, Any]:
    roughly = decisions.n_labelled > EXACT_ROWS
    asked: dict[str, Any] = {}
    for name in names:
        value = whole[name]
        if value.type().is_numeric() and not value.type().is_boolean():
            value = ibis.ifelse(is_missing(value), None, value.cast("float64"))
            quantiles = value.approx_quantile if roughly else value.quantile
            asked |= {f"{name}_cuts": quantiles(_QUARTERS), f"{name}_high": value.max()}
        asked[f"{name}_many"] = value.approx_nunique() if roughly else value.nunique()
    if not asked:
        return {}
    with decisions.source.query():
        found: dict[str, Any] = whole.aggregate(**asked).to_pyarrow().to_pylist()[0]
    return found


def _cell(
    value: ir.Value,
    finish: Callable[[ir.Value], ir.Value],
    found: dict[str, Any],
    name: str,
    group: bool,
) -> Part | None:
    """What to group by, and the cell's name made of it; None where there are too many."""
    many = found[f"{name}_many"]
    if f"{name}_cuts" not in found or group:
        return Part(value, finish) if many <= VALUES else None
    if many <= CODES:
        return Part(value, finish)
    cuts = [
        _Cut(edge, edge < found[f"{name}_high"]) for edge in dict.fromkeys(found[f"{name}_cuts"])
    ]
    steps = [(value <= cut.at if cut.inside else value < cut.at, i) for i, cut in enumerate(cuts)]
    # A number that is none is larger than all others on every engine, so no range takes it.
    cell = ibis.cases((is_missing(value), len(cuts) + 1), *steps, else_=len(cuts)).cast("int64")
    names = [*_names(cuts), MISSING]
    return Part(cell, lambda place: ibis.cases(*((place == i, n) for i, n in enumerate(names))))


def _names(cuts: Sequence[_Cut]) -> list[str]:
    shown = [number(float(f"{cut.at:.4g}")) for cut in cuts]
    if len(set(shown)) < len(shown):
        shown = [number(cut.at) for cut in cuts]
    told = [("up to" if c.inside else "under", s) for c, s in zip(cuts, shown, strict=True)]
    names = [f"{told[0][0]} {told[0][1]}"]
    for i in range(1, len(cuts)):
        to = "to" if cuts[i].inside else "to under"
        names.append(f"over {shown[i - 1]} {to} {shown[i]}")
    return [*names, f"over {shown[-1]}" if cuts[-1].inside else f"{shown[-1]} and over"]


def _added(decisions: Decisions, whole: ir.Table, keys: dict[str, Part]) -> dict[str, pd.DataFrame]:
    grouped = []
    for i, part in enumerate(keys.values()):
        sums = whole.group_by(part.raw.name("raw")).aggregate(**added(whole))
        named = part.finish(sums["raw"]).name("value")
        grouped.append(sums.select(named, *SUMS, key=ibis.literal(i, "int16")))
    if not grouped:
        return {}
    with decisions.source.query():
        frame = (ibis.union(*grouped) if len(grouped) > 1 else grouped[0]).execute()
    # Values that differ as stored, such as two kinds of blank, may have one name.
    joined = frame.groupby(["key", "value"], sort=True)[list(SUMS)].sum().reset_index()
    return {
        column: joined[joined["key"] == i].drop(columns="key").reset_index(drop=True)
        for i, column in enumerate(keys)
    }
