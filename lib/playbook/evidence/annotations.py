"""The table of annotations, one row per item and person, counted in the engine."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence import labels
from playbook.evidence.columnchecks import check_columns
from playbook.evidence.csvfile import no_rows
from playbook.evidence.intervals import Floats
from playbook.evidence.roles import MISSING, group_text, read
from playbook.evidence.sources import Source, open_source
from playbook.product import Product, Table
from playbook.tableparts import Columns

MOST_LABELS = 40
MOST_PEOPLE = 20
_MOST_STORED = 400
_NEEDED = {"id": "the item", "annotator": "the person", "label": "what the person said"}


@dataclass(frozen=True)
class Annotations:
    """Labels that people gave to items.

    Attributes
    ----------
    cells
        One row per item and person who said one thing: ``item``, ``who``, ``label`` (the place in
        `labels`) and the groups as ``group_0`` and so on; lazy.
    labels
        What people said, the most common first.
    people
        Names and how many items each labelled, in order of name; the first 21.
    rows
        Rows stored.
    unlabelled, nameless
        Rows without a label, and rows with one that lack the item or the person.
    repeated, contradicted
        How often the same person labelled the same item again, and how often not in the same way;
        the latter are left out.
    """

    table: Table
    source: Source
    cells: ir.Table
    labels: list[str]
    people: dict[str, int]
    rows: int
    unlabelled: int
    nameless: int
    repeated: int
    contradicted: int

    def vectors(self, by: int | None = None) -> pd.DataFrame:
        """How many items (``items``) got each label how often (``l0``, ``l1`` …), of those with
        two labels or more; with `by` also the value (``group``) of that group."""
        cells = self.cells
        named = cells.mutate(group=cells[f"group_{by}"]) if by is not None else cells
        keys = ["group", "item"] if by is not None else ["item"]
        places = {f"l{i}": (named.label == i).sum() for i in range(len(self.labels))}
        items = named.aggregate(both=named.count(), by=keys, **places)
        items = items.filter(items.both > 1)
        keys = [*keys[:-1], *places]
        with self.source.query():
            frame: pd.DataFrame = items.aggregate(items=items.count(), by=keys).execute()
        return frame.sort_values(keys, ignore_index=True)

    def single(self) -> int:
        """Items that only one person labelled."""
        items = self.cells.group_by("item").aggregate(both=lambda t: t.count())
        with self.source.query():
            return int(items.filter(items.both == 1).count().execute())

    def pairs(self) -> dict[tuple[str, str], Floats]:
        """For each two people counts of items by the label of the first and that of the second,
        shape (labels, labels); empty where there are more than 20 people."""
        if not 2 <= len(self.people) <= MOST_PEOPLE:
            return {}
        one = self.cells.select("item", a="who", x="label")
        other = self.cells.select(item_again="item", b="who", y="label").view()
        both = one.join(other, [one.item == other.item_again, one.a < other.b])
        with self.source.query():
            frame = both.aggregate(n=both.count(), by=["a", "b", "x", "y"]).execute()
        found: dict[tuple[str, str], Floats] = {}
        k = len(self.labels)
        for a, b, x, y, n in frame.itertuples(index=False):
            # What comes first is for the engine to say, so put it into our own order.
            (a, x), (b, y) = sorted([(a, x), (b, y)])
            found.setdefault((a, b), np.zeros((k, k)))[int(x), int(y)] += n
        return dict(sorted(found.items()))


def open_annotations(product: Product) -> Annotations:
    """Open the table ``annotations`` of `product` and see what is in it.

    Labels are compared as those of decisions are: as lower-case text without spaces around it.

    Raises
    ------
    NoEvidence
        There is no such table, product.yaml does not name its columns, or its labels are no short
        list.
    PlaybookError
        It cannot be read.
    """
    table = product.tables.get("annotations")
    if table is None and product.kind in {"regression", "ranking"}:
        raise NoEvidence(
            f"the labels of {product.name} are amounts, on which people do not agree or differ",
            remedy="Where people judge them, name a table of their judgements in product.yaml "
            "under 'tables: annotations:'",
        )
    if table is None:
        raise NoEvidence(
            f"{product.name} has no table in which two people label the same {product.words.cases}",
            remedy="Let two people label the same 100 and name the table in product.yaml under "
            "'tables: annotations:'",
        )
    roles = table.columns
    for role, what in _NEEDED.items():
        if getattr(roles, role) is None:
            raise NoEvidence(
                f"product.yaml does not say which column of the annotations holds {what}",
                where=str(product.folder / "product.yaml"),
                remedy=f"Add '{role}:' under 'columns:' of the table 'annotations'",
            )
    source = open_source(table, product.folder)
    with source.query():
        if int(source.rows.count().execute()) == 0:
            raise no_rows(source.where)
        check_columns(source.rows, table, source.where)
        return _looked_at(source, table)


def _looked_at(source: Source, table: Table) -> Annotations:
    rows, roles = source.rows, table.columns
    assert roles.id is not None
    assert roles.annotator is not None
    assert roles.label is not None
    names, code = _coded(rows[roles.label], source.where, roles.label)
    alone = table.model_copy(update={"columns": Columns(groups=roles.groups), "positive": None})
    parts = read(rows, alone, "regression", source.where).parts(rows)
    groups = {f"group_{i}": parts[g].finish(parts[g].raw) for i, g in enumerate(roles.groups)}
    base = rows.select(
        item=group_text(rows[roles.id]), who=group_text(rows[roles.annotator]), label=code, **groups
    )
    named = (base.item != MISSING) & (base.who != MISSING)
    told = base.aggregate(
        rows=base.count(), labelled=base.label.count(), named=base.label.count(where=named)
    )
    good = base.filter(named & base.label.notnull())
    seen = good.aggregate(
        n=good.count(), low=good.label.min(), high=good.label.max(), by=["item", "who"],
        **{name: good[name].max() for name in groups},
    )  # fmt: skip
    repeats = seen.aggregate(
        repeated=(seen.n > 1).sum(), contradicted=(seen.low != seen.high).sum()
    )
    cells = seen.filter(seen.low == seen.high).select("item", "who", *groups, label="low")
    people = cells.group_by("who").aggregate(n=lambda t: t.count()).order_by("who")
    first, second = told.execute().iloc[0], repeats.execute().iloc[0]
    found = people.limit(MOST_PEOPLE + 1).execute()
    return Annotations(
        table=table,
        source=source,
        cells=cells,
        labels=names,
        people={str(w): int(n) for w, n in sorted(zip(found["who"], found["n"], strict=True))},
        rows=int(first["rows"]),
        unlabelled=int(first["rows"] - first["labelled"]),
        nameless=int(first["labelled"] - first["named"]),
        repeated=_whole(second["repeated"]),
        contradicted=_whole(second["contradicted"]),
    )


def _coded(column: ir.Value, where: str, name: str) -> tuple[list[str], ir.Value]:
    """The labels as spelled most often, and the place of each row's label among them."""
    stored = column.type()
    if not (stored.is_string() or stored.is_numeric() or stored.is_boolean()):
        raise PlaybookError(
            f"the label is stored as {stored}, not as text, number or yes and no",
            where=f"{where}, column '{name}'",
            remedy="Store what people said as a word or a number",
        )
    counted = column.name("value").as_table().group_by("value").aggregate(n=lambda t: t.count())
    found = counted.order_by(ibis.desc("n"), "value").limit(_MOST_STORED + 1).execute()
    spellings: dict[str, list[object]] = {}
    totals: dict[str, int] = {}
    for value, n in zip(found["value"].tolist(), found["n"].tolist(), strict=True):
        if (normal := labels.normal(value)) is not None:
            spellings.setdefault(normal, []).append(value)
            totals[normal] = totals.get(normal, 0) + n
    order = sorted(spellings, key=lambda normal: (-totals[normal], normal))
    if not order or len(order) > MOST_LABELS or len(found) > _MOST_STORED:
        many = f"more than {MOST_LABELS} different labels, so they are no short list"
        raise NoEvidence(
            f"the annotations have {many if order else 'no label in any row'}",
            where=f"{where}, column '{name}'",
            remedy="Name a column in which people choose from a few labels",
        )
    branches = [(column.isin(spellings[normal]), i) for i, normal in enumerate(order)]
    code = ibis.cases(*branches, else_=ibis.null("int16")).cast("int16")
    return [_shown(spellings[normal][0]) for normal in order], code


def _shown(value: object) -> str:
    text = str(value).strip()
    return text[:-2] if isinstance(value, float) and text.endswith(".0") else text


def _whole(value: float) -> int:
    return 0 if pd.isna(value) else int(value)
