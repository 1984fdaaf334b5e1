"""From stored columns to canonical ones: label, score, prediction and groups."""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence import labels
from playbook.product import Table

MISSING = "(missing)"
CANONICAL = ("label", "score", "prediction", "n")
_DECIMAL_COMMA = re.compile(r"^\s*-?\d+,\d+\s*$")


def check_columns(rows: ir.Table, table: Table, where: str) -> None:
    """Raise where a column named in product.yaml is not in the table."""
    for column, role in table.columns.named().items():
        if column not in rows.columns:
            raise PlaybookError(
                f"there is no column '{column}', which product.yaml names as {role}",
                where=where,
                remedy=did_you_mean(column, rows.columns),
            )
    for column in table.columns.groups:
        if column.casefold() in CANONICAL:
            raise PlaybookError(
                f"a group column cannot be named '{column}'",
                where=where,
                remedy=f"Rename it in the file and in product.yaml, such as '{column}_group'",
            )


def label_meaning(rows: ir.Table, table: Table, where: str) -> labels.Meaning | None:
    """What the label's values mean; None where product.yaml names no label."""
    column = table.columns.label
    if column is None:
        return None
    assert table.positive is not None  # Table's own validation
    shown = _shown(_values(rows, column))
    return labels.meaning(shown, table.positive, table.favourable, column, where)


def canonical(rows: ir.Table, table: Table, means: labels.Meaning | None, where: str) -> ir.Table:
    """The columns label, score, prediction (where named) and groups, for rows with a label."""
    roles = table.columns
    columns: dict[str, ir.Value] = {}
    if roles.label and means:
        columns["label"] = _truth(rows[roles.label], _values(rows, roles.label), means)
    if roles.score:
        columns["score"] = _score(rows, roles.score, where)
    if roles.prediction:
        columns["prediction"] = _prediction(rows, roles.prediction, table, means, where)
    elif roles.score and table.threshold is not None:
        columns["prediction"] = columns["score"] >= table.threshold
    columns |= {name: _group(rows[name]) for name in roles.groups}
    if not columns:
        return rows
    cases = rows.select(**columns)
    return cases.filter(cases["label"].notnull()) if means else cases


def check_values(cases: ir.Table, table: Table, where: str) -> None:
    """Raise where a score is missing or outside 0 to 1, or a prediction is missing."""
    wanted: dict[str, ir.Value] = {}
    if "score" in cases.columns:
        score = cases["score"]
        missing = score.isnull() | score.isnan()
        outside = ~missing & ((score < 0) | (score > 1))
        wanted |= {"missing": missing.sum(), "outside": outside.sum()}
        wanted |= {"low": score.min(where=~missing), "high": score.max(where=~missing)}
    if table.columns.prediction:
        wanted["undecided"] = cases["prediction"].isnull().sum()
    if not wanted:
        return
    found = cases.aggregate(**wanted).execute().iloc[0].to_dict()
    if count := int(found.get("missing") or 0):
        raise PlaybookError(
            f"the score is missing in {_rows(count)}",
            where=f"{where}, column '{table.columns.score}'",
            remedy="Fill it in or leave these rows out",
        )
    if count := int(found.get("outside") or 0):
        worst = max(found["low"], found["high"], key=lambda x: max(-x, x - 1))
        raise PlaybookError(
            f"the score must lie between 0 and 1, but lies outside in {_rows(count)} "
            f"(the worst is {worst:g})",
            where=f"{where}, column '{table.columns.score}'",
            remedy="Store it as a chance: divide percentages by 100, turn log-odds into chances",
        )
    if count := int(found.get("undecided") or 0):
        raise PlaybookError(
            f"the prediction is missing in {_rows(count)}",
            where=f"{where}, column '{table.columns.prediction}'",
            remedy="Fill it in or leave these rows out",
        )


def _values(rows: ir.Table, column: str) -> list[object]:
    """Some of a column's values: enough to see that there are more than two."""
    found = rows.select(value=rows[column]).distinct().limit(200).execute()["value"].tolist()
    return sorted(found, key=str)


def _shown(values: list[object]) -> dict[str, str]:
    """Values as normalised, each with one spelling as stored."""
    shown: dict[str, str] = {}
    for value in values:
        name = labels.normal(value)
        if name is not None:
            shown.setdefault(name, str(value))
    return shown


def _truth(column: ir.Value, stored: list[object], means: labels.Meaning) -> ir.Value:
    """True where the value is the positive one, False where the negative, else null."""
    truths = {means.positive: True, means.negative: False}
    expression: ir.Value = ibis.null("boolean")
    for truth in (True, False):
        same = [
            value
            for value in stored
            if (name := labels.normal(value)) is not None
            and truths.get(labels.find(name, list(truths)) or "") is truth
        ]
        if same:
            expression = ibis.ifelse(column.isin(same), truth, expression)
    return expression


def _prediction(
    rows: ir.Table, column: str, table: Table, means: labels.Meaning | None, where: str
) -> ir.Value:
    stored = _values(rows, column)
    shown = _shown(stored)
    if means is None:
        means = _unlabelled_meaning(shown, table, column, where)
    known = [means.positive, means.negative]
    strange = [text for name, text in shown.items() if labels.find(name, known) is None]
    if strange:
        raise PlaybookError(
            f"the prediction has values that the label has not: {labels.spelled(strange)}; "
            f"the label's are {labels.spelled(known)}",
            where=f"{where}, column '{column}'",
            remedy="Write predictions in the label's words, or name another column",
        )
    return _truth(rows[column], stored, means)


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


def _score(rows: ir.Table, column: str, where: str) -> ir.Value:
    score = rows[column]
    if score.type().is_numeric() or score.type().is_boolean():
        return score.cast("float64")
    text = score.cast("string")
    words = rows.select(value=text).filter(text.notnull() & text.try_cast("float64").isnull())
    count = int(words.count().execute())
    if not count and score.type().is_string():
        return score.cast("float64")
    example = str(words.limit(1).execute()["value"].tolist()[0]) if count else score.type()
    comma = _DECIMAL_COMMA.match(str(example))
    raise PlaybookError(
        f"the score is text, not a number, in {_rows(count)}, such as '{example}'",
        where=f"{where}, column '{column}'",
        remedy='Write decimal: "," under the table in product.yaml'
        if comma
        else "Store scores as numbers and leave a missing one empty",
    )


def _group(column: ir.Value) -> ir.Value:
    """Text, in which whole numbers have no ``.0`` and what is missing has a name."""
    text = column.cast("string")
    if column.type().is_floating():
        text = ibis.ifelse(column.isnan(), None, text).re_replace(r"\.0$", "")
    return ibis.ifelse(is_blank(text), MISSING, text)


def is_blank(text: ir.Value) -> ir.Value:
    """True for null, and for text of nothing but spaces, tabs and line ends."""
    return (text.strip() == "").fill_null(True)


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
