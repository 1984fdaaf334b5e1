"""Open a product's table of decisions lazily and give every column its meaning.

Nothing is read into memory: `Decisions.rows` and `Decisions.cases` are Ibis expressions, and the
checks made on opening are a few small queries.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import ibis.expr.types as ir

from playbook.errors import PlaybookError
from playbook.evidence.columnchecks import check_facts, facts
from playbook.evidence.csvfile import no_rows
from playbook.evidence.fingerprints import fingerprint
from playbook.evidence.labels import Meaning
from playbook.evidence.roles import MISSING, Reading, read
from playbook.evidence.sources import Source, open_source
from playbook.product import Kind, Product, Table

HEAD = 5_000


@dataclass(frozen=True)
class Decisions:
    """A table of decisions, as stored and with canonical columns.

    Attributes
    ----------
    rows
        The table as it is stored.
    cases
        Only rows with a label (all rows where no label is named; for regression also with a
        prediction), and of these columns the ones that product.yaml names: ``label`` and
        ``prediction`` (True is the positive value; one of the classes; or a number, for regression
        and ranking), ``score``, ``quantile_0`` and so on, ``query``, ``time``, ``weight``, and each
        group column as text in which a missing value reads ``(missing)``. ``prediction`` is also
        there where it follows from score and threshold.
    n, n_labelled
        Rows stored, and rows in `cases`.
    columns
        Column names as stored.
    reading
        How stored columns become canonical ones.
    source
        The opened table with its files; `Source.query` guards queries made later.
    counted
        What has been counted already, for `count`: the table is not read twice for it.
    """

    product: Product
    table: Table
    rows: ir.Table
    cases: ir.Table
    n: int
    n_labelled: int
    columns: list[str]
    reading: Reading
    source: Source
    counted: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def where(self) -> str:
        """How errors name the table."""
        return self.source.where

    @property
    def meaning(self) -> Meaning | None:
        """What the two values of the label mean, where there are two."""
        return self.reading.meaning

    @property
    def binary(self) -> bool:
        """Whether a case has one of two outcomes, as against classes, amounts or ranks."""
        return self.product.kind in {"classification", "generative"} and not self.table.classes

    @property
    def weighted(self) -> bool:
        """Whether rows stand for different numbers of cases."""
        return self.table.columns.weight is not None

    @property
    def quantile_levels(self) -> tuple[float, ...]:
        """Levels of the predicted quantiles, ascending: ``cases`` has ``quantile_0`` and so on."""
        return tuple(sorted(self.table.columns.quantiles))

    @property
    def has_label(self) -> bool:
        """Whether product.yaml names a label."""
        return self.table.columns.label is not None

    @property
    def has_score(self) -> bool:
        """Whether product.yaml names a score."""
        return self.table.columns.score is not None

    @property
    def has_prediction(self) -> bool:
        """Whether there is a decision: a prediction column, or a score with a threshold."""
        return "prediction" in self.cases.columns

    @property
    def unlabelled(self) -> int:
        """Rows left out because they have no label."""
        return self.n - self.n_labelled

    @property
    def favourable_is_positive(self) -> bool | None:
        """Whether the positive outcome is the one good for the person; None if not stated."""
        return self.meaning.favourable_is_positive if self.meaning else None

    @cached_property
    def groups_seen(self) -> dict[str, int]:
        """How many different values the first 5,000 rows have, by group column without bins."""
        names = [name for name in self.table.columns.groups if name not in self.table.bins]
        if not names:
            return {}
        with self.source.query():
            head = self.rows.select(*names).limit(HEAD).to_pyarrow()
        return {name: len(head[name].unique()) for name in names}

    @cached_property
    def group_order(self) -> dict[str, list[str]]:
        """Names of the groups that have an order (bands of ages), by column."""
        return self.reading.order(self.rows)

    @cached_property
    def fingerprint(self) -> str:
        """Which data these are, see `fingerprints.fingerprint`."""
        return fingerprint(self.source)


def open_decisions(product: Product, source: Source | None = None) -> Decisions:
    """Open the table ``decisions`` of `product`; or take `source` for it, opened already.

    Raises
    ------
    PlaybookError
        The product has no such table, its file cannot be read, a column is missing, or values do
        not mean what product.yaml says.
    """
    table = product.decisions
    if table is None:
        raise PlaybookError(
            "this product has no table 'decisions'",
            where=str(product.folder / "product.yaml"),
            remedy="Add one under 'tables:' with its source and columns",
        )
    source = source or open_source(table, product.folder)
    with source.query():
        reading, found = _looked_at(source, table, product.kind)
    check_facts(found, table, source.where)
    return Decisions(
        product=product,
        table=table,
        rows=source.rows,
        cases=reading.cases(source.rows),
        n=int(found["n"]),
        n_labelled=int(found["n_judged"]),
        columns=list(source.rows.columns),
        reading=reading,
        source=source,
    )


def _looked_at(source: Source, table: Table, kind: Kind) -> tuple[Reading, dict[str, Any]]:
    """How to read the table, and what one pass over it tells."""
    rows = source.rows
    try:
        reading = read(rows, table, kind, source.where)
    except PlaybookError:
        if int(rows.count().execute()) == 0:
            raise no_rows(source.where) from None
        raise
    whole = reading.whole(rows)
    asked = facts(whole, reading.judged(whole), table, kind)
    found: dict[str, Any] = whole.aggregate(**asked).to_pyarrow().to_pylist()[0]
    if not found["n"]:
        raise no_rows(source.where)
    return reading, found


__all__ = ["MISSING", "Decisions", "open_decisions"]
