"""Open a product's table of decisions lazily and give every column its meaning.

Nothing is read into memory: `Decisions.rows` and `Decisions.cases` are Ibis expressions, and the
checks made on opening are a few small queries.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import ibis.expr.types as ir

from playbook.errors import PlaybookError
from playbook.evidence.csvfile import no_rows
from playbook.evidence.labels import Meaning
from playbook.evidence.roles import MISSING, canonical, check_columns, check_values, label_meaning
from playbook.evidence.sources import Source, open_source
from playbook.product import Product, Table


@dataclass(frozen=True)
class Decisions:
    """A table of decisions, as stored and with canonical columns.

    Attributes
    ----------
    rows
        The table as it is stored.
    cases
        Only rows with a label (all rows where no label is named), with the columns ``label`` (True
        is the positive value), ``score``, ``prediction`` and each group column as text in which
        a missing value reads ``(missing)``. A column is there only if product.yaml names it;
        ``prediction`` also where it follows from score and threshold.
    n, n_labelled
        Rows stored, and rows in `cases`.
    columns
        Column names as stored.
    meaning
        What the label's values mean, where there is a label.
    source
        The opened table with its files; `Source.query` guards queries made later.
    """

    product: Product
    table: Table
    rows: ir.Table
    cases: ir.Table
    n: int
    n_labelled: int
    columns: list[str]
    meaning: Meaning | None
    source: Source

    @property
    def where(self) -> str:
        """How errors name the table."""
        return self.source.where

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
    def fingerprint(self) -> str:
        """``sha256:…`` of the file; of all names and files where there are several."""
        files, total = self.source.files, hashlib.sha256()
        for path in files:
            if len(files) > 1:
                total.update(path.name.encode() + b"\0")
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    total.update(block)
        return f"sha256:{total.hexdigest()}"


def open_decisions(product: Product) -> Decisions:
    """Open the table ``decisions`` of `product`.

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
    source = open_source(table, product.folder)
    rows, where = source.rows, source.where
    with source.query():
        n = int(rows.count().execute())
        if n == 0:
            raise no_rows(where)
        check_columns(rows, table, where)
        means = label_meaning(rows, table, where)
        cases = canonical(rows, table, means, where)
        n_labelled = int(cases.count().execute()) if means else n
        check_values(cases, table, where)
    return Decisions(
        product=product,
        table=table,
        rows=rows,
        cases=cases,
        n=n,
        n_labelled=n_labelled,
        columns=list(rows.columns),
        meaning=means,
        source=source,
    )


__all__ = ["MISSING", "Decisions", "open_decisions"]
