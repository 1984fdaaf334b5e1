"""Whether the columns that product.yaml names can be read as what it says they are."""

from __future__ import annotations

import re
from typing import Any

import ibis
import ibis.expr.types as ir

from playbook.errors import PlaybookError, did_you_mean
from playbook.product import Kind, Table

CANONICAL = frozenset(
    {"label", "score", "prediction", "time", "weight", "query", "n", "rows", "weight_sq", "window"}
)
"""Names that groups cannot have: canonical columns and counts have them."""
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
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
        if column.casefold() in CANONICAL or column.casefold().startswith("quantile_"):
            raise PlaybookError(
                f"a group column cannot be named '{column}'",
                where=where,
                remedy=f"Rename it in the file and in product.yaml, such as '{column}_group'",
            )


def check_types(rows: ir.Table, table: Table, kind: Kind, where: str) -> None:
    """Raise where a column that is to hold numbers or times holds something else."""
    roles = table.columns
    numbers: dict[str, list[str | None]] = {"score": [roles.score], "weight": [roles.weight]}
    numbers["column with bins"] = [*table.bins]
    if kind in {"regression", "ranking"}:
        numbers |= {"label": [roles.label], "predicted quantile": [*roles.quantiles.values()]}
        numbers |= {"prediction": [roles.prediction]}
    for role, columns in numbers.items():
        for column in columns:
            if column is not None:
                _check_number(rows, column, role, where)
    if roles.time:
        _check_time(rows, roles.time, where)


def check_facts(found: dict[str, Any], table: Table, where: str) -> None:
    """Raise where a score or a weight is missing or outside its range, or a prediction missing.

    `found` holds what `facts` asked for.
    """

    def fault(what: str, column: str | None, remedy: str) -> PlaybookError:
        return PlaybookError(what, where=f"{where}, column '{column}'", remedy=remedy)

    roles, fill = table.columns, "Fill it in or leave these rows out"
    if count := int(found.get("unscored") or 0):
        raise fault(f"the score is missing in {_rows(count)}", roles.score, fill)
    if count := int(found.get("outside") or 0):
        worst = max(found["low"], found["high"], key=lambda x: max(-x, x - 1))
        raise fault(
            f"the score must lie between 0 and 1, but lies outside in {_rows(count)} "
            f"(the worst is {worst:g})",
            roles.score,
            "Store it as a chance: divide percentages by 100, turn log-odds into chances",
        )
    if count := int(found.get("undecided") or 0):
        raise fault(f"the prediction is missing in {_rows(count)}", roles.prediction, fill)
    if count := int(found.get("weightless") or 0):
        raise fault(
            f"the weight is missing, zero or negative in {_rows(count)}",
            roles.weight,
            "Give each row the number of cases it stands for, or leave these rows out",
        )
    if count := int(found.get("unlisted") or 0):
        raise fault(f"the list that a row belongs to is missing in {_rows(count)}",
                    roles.query, fill)  # fmt: skip


def facts(
    whole: ir.Table, judged: ir.BooleanColumn | None, table: Table, kind: Kind
) -> dict[str, Any]:
    """What has to be counted, in one pass, before canonical rows can be trusted."""
    asked: dict[str, Any] = {"n": whole.count(), "n_judged": whole.count(where=judged)}
    if "score" in whole.columns:
        score = whole["score"]
        asked["unscored"] = score.isnull().sum(where=judged)
        if kind == "classification":
            asked["outside"] = ((score < 0) | (score > 1)).sum(where=judged)
            asked |= {"low": score.min(where=judged), "high": score.max(where=judged)}
    if table.columns.prediction and kind == "classification":
        asked["undecided"] = whole["prediction"].isnull().sum(where=judged)
    if table.columns.weight:
        weight = whole["weight"]
        asked["weightless"] = (
            weight.isnull() | (weight <= 0) | (weight == float("inf"))
        ).sum(where=judged)  # fmt: skip
    if table.columns.query:
        asked["unlisted"] = whole["query"].isnull().sum(where=judged)
    return asked


def number(column: ir.Value) -> ir.Value:
    """The number; null where it is missing or not a number."""
    value = column.cast("float64")
    if column.type().is_floating() or column.type().is_string():
        return ibis.ifelse(value.isnan(), ibis.null("float64"), value)
    return value


def _check_number(rows: ir.Table, column: str, role: str, where: str) -> None:
    kind = rows[column].type()
    if kind.is_numeric() or kind.is_boolean():
        return
    text = rows[column].cast("string")
    words = rows.select(value=text).filter(text.notnull() & ~text.re_search(_NUMBER))
    count = int(words.count().execute())
    if not count and kind.is_string():
        return
    example = str(words.limit(1).execute()["value"].tolist()[0]) if count else kind
    comma = _DECIMAL_COMMA.match(str(example))
    raise PlaybookError(
        f"the {role} is text, not a number, in {_rows(count)}, such as '{example}'",
        where=f"{where}, column '{column}'",
        remedy='Write decimal: "," under the table in product.yaml'
        if comma
        else "Store it as numbers and leave a missing one empty",
    )


def _check_time(rows: ir.Table, column: str, where: str) -> None:
    kind = rows[column].type()
    if kind.is_timestamp() or kind.is_date():
        return
    raise PlaybookError(
        f"the time is stored as {kind}, not as date or time",
        where=f"{where}, column '{column}'",
        remedy="Store it like 2026-05-04 or 2026-05-04 13:30:00",
    )


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
