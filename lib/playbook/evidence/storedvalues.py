"""What the stored values of label and prediction stand for."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence import labels
from playbook.product import Table

MOST_VALUES = 200


def stored_values(
    rows: ir.Table, label: str | None, prediction: str | None
) -> tuple[list[object], list[object]]:
    """Values of both columns, at most 200 each: enough to see that there are too many."""
    if label and prediction and label != prediction:
        most = 4 * MOST_VALUES
        pairs = rows.select(a=rows[label], b=rows[prediction]).distinct().limit(most).execute()
        if len(pairs) < most:
            return _sorted(pairs["a"]), _sorted(pairs["b"])
    return _values(rows, label), _values(rows, prediction)


def _values(rows: ir.Table, column: str | None) -> list[object]:
    if column is None:
        return []
    found = rows.select(value=rows[column]).distinct().limit(MOST_VALUES).execute()
    return _sorted(found["value"])


def _sorted(values: pd.Series) -> list[object]:
    return sorted(values.drop_duplicates().tolist(), key=str)[:MOST_VALUES]


def _shown(values: Sequence[object]) -> dict[str, str]:
    """Values as normalised, each with one spelling as stored."""
    shown: dict[str, str] = {}
    for value in values:
        name = labels.normal(value)
        if name is not None:
            shown.setdefault(name, str(value))
    return shown


def label_meaning(stored: Sequence[object], table: Table, where: str) -> labels.Meaning:
    """What the two values of the label mean."""
    assert table.columns.label is not None
    if table.positive is None:
        raise PlaybookError(
            f"product.yaml does not say which value of the label is positive: "
            f"{labels.spelled(_shown(stored).values())}",
            where=f"{where}, column '{table.columns.label}'",
            remedy="Write one of them as 'positive', or list them all as 'classes'",
        )
    shown = _shown(stored)
    return labels.meaning(shown, table.positive, table.favourable, table.columns.label, where)


def prediction_meaning(
    stored: Sequence[object], table: Table, means: labels.Meaning | None, where: str
) -> labels.Meaning:
    """What predictions mean: the same as labels, where there are labels."""
    column, shown = str(table.columns.prediction), _shown(stored)
    if means is None:
        return _unlabelled_meaning(shown, table, column, where)
    known = [means.positive, means.negative]
    strange = [text for name, text in shown.items() if labels.find(name, known) is None]
    if strange:
        raise PlaybookError(
            f"the prediction has values that the label has not: {labels.spelled(strange)}; "
            f"the label's are {labels.spelled(known)}",
            where=f"{where}, column '{column}'",
            remedy="Write predictions in the label's words, or name another column",
        )
    return means


def _unlabelled_meaning(
    shown: dict[str, str], table: Table, column: str, where: str
) -> labels.Meaning:
    """Without a label the prediction's own values carry the meaning."""
    values = list(shown)
    positive = labels.find(table.positive, values) if table.positive else None
    if positive is None or len(values) > 2:
        raise PlaybookError(
            f"product.yaml must say which of the prediction's values is positive: "
            f"{labels.spelled(shown.values())}",
            where=f"{where}, column '{column}'",
            remedy="Write one of them as 'positive'",
        )
    negative = next((v for v in values if v != positive), "")
    good = labels.find(table.favourable, values) if table.favourable else None
    return labels.Meaning(positive, negative, None if good is None else good == positive)


def truth(column: ir.Value, stored: Sequence[object], means: labels.Meaning) -> ir.Value:
    """True where the value is the positive one, False where the negative, else null."""
    truths = {means.positive: True, means.negative: False}
    expression: ir.Value = ibis.null("boolean")
    for which in (True, False):
        same = [
            value
            for value in stored
            if (name := labels.normal(value)) is not None
            and truths.get(labels.find(name, list(truths)) or "") is which
        ]
        if same:
            expression = ibis.ifelse(column.isin(same), which, expression)
    return expression


def check_classes(
    stored: Sequence[object], predicted: Sequence[object], table: Table, where: str
) -> None:
    """Raise where label or prediction has a value that is not among the stated classes."""
    known = {labels.normal(name) for name in table.classes}
    for role, column, values in (
        ("label", table.columns.label, stored),
        ("prediction", table.columns.prediction, predicted),
    ):
        strange = [text for name, text in _shown(values).items() if name not in known]
        if strange:
            raise PlaybookError(
                f"the {role} has values that are not among the classes: {labels.spelled(strange)}",
                where=f"{where}, column '{column}'",
                remedy="Add them to 'classes:' in product.yaml, or correct the table. "
                + did_you_mean(strange[0], table.classes),
            )


def class_of(column: ir.Value, stored: Sequence[object], classes: Sequence[str]) -> ir.Value:
    """The class as product.yaml spells it, or null."""
    names = {labels.normal(name): name for name in classes}
    expression: ir.Value = ibis.null("string")
    for normal, name in names.items():
        same = [value for value in stored if labels.normal(value) == normal]
        if same:
            expression = ibis.ifelse(column.isin(same), name, expression)
    return expression
