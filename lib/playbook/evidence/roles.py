"""From stored columns to canonical ones: label, score, prediction, groups and all else named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from playbook.evidence import labels, storedvalues
from playbook.evidence.bands import band, band_names
from playbook.evidence.columnchecks import check_columns, check_types, number
from playbook.product import Kind, Table

MISSING = "(missing)"


@dataclass(frozen=True)
class Part:
    """One canonical column: `raw` is cheap to group by, `finish` makes it canonical.

    Finishing after grouping spares the engine work on text for every single row.
    """

    raw: ir.Value
    finish: Callable[[ir.Value], ir.Value]


@dataclass(frozen=True)
class Reading:
    """How stored columns become canonical ones, now that their values have been looked at.

    Attributes
    ----------
    meaning
        What the two values of a label mean; None for other kinds of label, and without one.
    labels, predictions
        Values as stored.
    """

    table: Table
    kind: Kind
    meaning: labels.Meaning | None
    labels: Sequence[object]
    predictions: Sequence[object]

    def parts(self, rows: ir.Table) -> dict[str, Part]:
        """The canonical columns over `rows`, by name."""
        roles = self.table.columns
        found: dict[str, Part] = {}
        if roles.label:
            found["label"] = Part(rows[roles.label], self._outcome(self.labels))
        if roles.score:
            found["score"] = Part(number(rows[roles.score]), _same)
        if roles.prediction:
            found["prediction"] = Part(rows[roles.prediction], self._outcome(self.predictions))
        elif roles.score and self.table.threshold is not None and self.kind == "classification":
            found["prediction"] = Part(found["score"].raw >= self.table.threshold, _same)
        if self.kind == "regression":
            found |= {
                f"quantile_{i}": Part(number(rows[roles.quantiles[level]]), _same)
                for i, level in enumerate(sorted(roles.quantiles))
            }
        if roles.query:
            found["query"] = Part(rows[roles.query].cast("string"), _same)
        if roles.time:
            found["time"] = Part(rows[roles.time].cast("timestamp"), _same)
        if roles.weight:
            found["weight"] = Part(number(rows[roles.weight]), _same)
        return found | {name: self._group(rows[name], name) for name in roles.groups}

    def whole(self, rows: ir.Table) -> ir.Table:
        """Canonical columns of all rows."""
        parts = self.parts(rows)
        return rows.select(**{k: p.finish(p.raw) for k, p in parts.items()}) if parts else rows

    def cases(self, rows: ir.Table) -> ir.Table:
        """Canonical columns of the rows that can be judged."""
        whole = self.whole(rows)
        judged = self.judged(whole)
        return whole if judged is None else whole.filter(judged)

    def judged(self, whole: ir.Table) -> ir.BooleanColumn | None:
        """Whether a row can be judged: it has a label, for regression also a prediction.

        `whole` is any table with the canonical columns, such as one grouped by them. None where
        every row can.
        """
        if "label" not in whole.columns or not self.table.columns.label:
            return None
        judged = whole["label"].notnull()
        if self.kind == "regression" and "prediction" in whole.columns:
            judged &= whole["prediction"].notnull()
        return judged

    def regrouped(self, groups: Sequence[str]) -> Reading:
        """The same reading with other columns as groups."""
        columns = self.table.columns.model_copy(update={"groups": list(groups)})
        return replace(self, table=self.table.model_copy(update={"columns": columns, "bins": {}}))

    def order(self, rows: ir.Table) -> dict[str, list[str]]:
        """Names of the groups that have an order, by column."""
        return {
            name: band_names(edges, rows[name].type().is_integer())
            for name, edges in self.table.bins.items()
        }

    def _group(self, column: ir.Value, name: str) -> Part:
        if edges := self.table.bins.get(name):
            return Part(band(column, edges), lambda text: text.fill_null(MISSING))
        return Part(column, group_text)

    def _outcome(self, stored: Sequence[object]) -> Callable[[ir.Value], ir.Value]:
        if self.kind in {"regression", "ranking"}:
            return number
        if classes := self.table.classes:
            return lambda column: storedvalues.class_of(column, stored, classes)
        means = self.meaning
        assert means is not None  # read() has seen to it
        return lambda column: storedvalues.truth(column, stored, means)


def read(rows: ir.Table, table: Table, kind: Kind, where: str) -> Reading:
    """Look at the values of label and prediction, and at the types of all named columns.

    Raises
    ------
    PlaybookError
        A column is missing, is text where numbers are needed, or holds values that do not mean
        what product.yaml says.
    """
    check_columns(rows, table, where)
    check_types(rows, table, kind, where)
    roles = table.columns
    if kind in {"regression", "ranking"}:
        return Reading(table, kind, None, [], [])
    stored, predicted = storedvalues.stored_values(rows, roles.label, roles.prediction)
    if table.classes:
        storedvalues.check_classes(stored, predicted, table, where)
        return Reading(table, kind, None, stored, predicted)
    means = storedvalues.label_meaning(stored, table, where) if roles.label else None
    if roles.prediction:
        means = storedvalues.prediction_meaning(predicted, table, means, where)
    return Reading(table, kind, means, stored, predicted)


def group_text(column: ir.Value) -> ir.Value:
    """Text, in which whole numbers have no ``.0`` and what is missing has a name."""
    text = column.cast("string")
    if column.type().is_floating():
        text = ibis.ifelse(column.isnan(), None, text).re_replace(r"\.0$", "")
    return ibis.ifelse(is_blank(text), MISSING, text)


def is_blank(text: ir.Value) -> ir.Value:
    """True for null, and for text of nothing but spaces, tabs and line ends."""
    return (text.strip() == "").fill_null(True)


def _same(column: ir.Value) -> ir.Value:
    return column
