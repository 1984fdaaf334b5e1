"""Who the product is for: shares of groups as stated, or as counted in a table of everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis

from playbook.errors import NoEvidence, PlaybookError, did_you_mean
from playbook.evidence.bands import band_names
from playbook.evidence.csvfile import no_rows
from playbook.evidence.roles import MISSING, read
from playbook.evidence.sources import Source, open_source
from playbook.evidence.tables import Decisions
from playbook.product import Product, Table
from playbook.tableparts import Columns

MOST_GROUPS = 200


@dataclass(frozen=True)
class Population:
    """Shares of the groups, by column.

    Attributes
    ----------
    shares
        Such as ``{"race": {"White": 0.6, "Black": 0.4}}``.
    origin
        By column where shares come from that product.yaml does not state itself: ``336,776 rows of
        data/flights.parquet``.
    note
        What a reader must know of that table.
    """

    shares: Mapping[str, Mapping[str, float]]
    origin: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def population_of(decisions: Decisions) -> Population:
    """The stated shares under ``population:``; for further columns those of the groups in the
    table ``population`` of product.yaml.

    That table's groups are counted exactly, by its weight where it names one, in the bins of the
    table of decisions; rows without a value are left out.

    Raises
    ------
    NoEvidence
        Neither says who the product is for.
    PlaybookError
        The table cannot be read, or its groups are not those of decisions.
    """
    product, stated = decisions.product, decisions.table.population
    table = product.tables.get("population")
    if table is None:
        if stated:
            return Population(stated)
        raise NoEvidence(
            "product.yaml does not say who the product is for",
            where=decisions.where,
            remedy="Write each group's share of the population under 'population:', such as "
            "race: {White: 0.6, Black: 0.4}, or name a table of everybody under "
            "'tables: population:'",
        )
    columns = [c for c in _groups(table, decisions) if c not in stated]
    source = open_source(table, product.folder)
    counted = {column: _counted(source, table, decisions, column) for column in columns}
    named = _name(source, table, product)
    weighed = ", by weight" if table.columns.weight else ""
    return Population(
        shares=stated | {column: shares for column, (shares, _) in counted.items()},
        origin={
            column: f"{rows:,} {'row' if rows == 1 else 'rows'} of {named}{weighed}"
            for column, (_, rows) in counted.items()
        },
        note=table.note if columns else "",
    )


def _groups(table: Table, decisions: Decisions) -> list[str]:
    known = decisions.table.columns.groups
    place = str(decisions.product.folder / "product.yaml")
    if not table.columns.groups:
        raise NoEvidence(
            "the table 'population' names no groups to compare by",
            where=place,
            remedy="Add 'groups:' under its 'columns:', as in the table 'decisions'",
        )
    for column in table.columns.groups:
        if column not in known:
            raise PlaybookError(
                f"the table 'population' names the group '{column}', which 'decisions' does not",
                where=place,
                remedy=did_you_mean(column, known),
            )
    return table.columns.groups


def _counted(
    source: Source, table: Table, decisions: Decisions, column: str
) -> tuple[dict[str, float], int]:
    """Shares of the groups of `column`, and the rows that they rest on."""
    edges = decisions.table.bins.get(column)
    alone = table.model_copy(
        update={
            "columns": Columns(groups=[column], weight=table.columns.weight),
            "bins": {column: edges} if edges else {},
        }
    )
    with source.query():
        parts = read(source.rows, alone, "regression", source.where).parts(source.rows)
        group = parts[column]
        weight = parts["weight"].raw if table.columns.weight else ibis.literal(1)
        raw = source.rows.select(group=group.raw, weight=weight)
        few = raw.aggregate(
            weight=raw.weight.sum(), low=raw.weight.min(), without=raw.weight.isnull().sum(),
            rows=raw.count(), by="group",
        )  # fmt: skip
        frame = few.mutate(group=group.finish(few["group"])).limit(10 * MOST_GROUPS).execute()
    if frame.empty:
        raise no_rows(source.where)
    if (frame["low"] < 0).any() or frame["without"].sum():
        raise PlaybookError(
            "a weight is missing or negative",
            where=f"{source.where}, column '{table.columns.weight}'",
            remedy="Give each row the number of people it stands for",
        )
    seen = frame[frame["group"] != MISSING].groupby("group")[["weight", "rows"]].sum()
    total = float(seen["weight"].sum())
    if len(seen) > MOST_GROUPS or not total:
        what = f"more than {MOST_GROUPS} different values" if total else "no value in any row"
        raise PlaybookError(
            f"as a group, this has {what}",
            where=f"{source.where}, column '{column}'",
            remedy="State where groups begin under 'bins:' of the table 'decisions'",
        )
    names = _spelled(source, decisions, column) if edges else {}
    shares = {names.get(str(g), str(g)): float(w) / total for g, w in seen["weight"].items()}
    return shares, int(seen["rows"].sum())


def _spelled(source: Source, decisions: Decisions, column: str) -> dict[str, str]:
    """Names of bands here and in decisions: whole numbers are named otherwise than others."""
    edges = decisions.table.bins[column]
    here, there = (
        band_names(edges, rows[column].type().is_integer())
        for rows in (source.rows, decisions.rows)
    )
    return dict(zip(here, there, strict=True))


def _name(source: Source, table: Table, product: Product) -> str:
    """How a sentence names the table: as product.yaml does, where that holds no password."""
    if table.name:
        return table.name
    return table.source if source.files else source.where
