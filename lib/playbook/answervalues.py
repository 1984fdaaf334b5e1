"""Which values can be the answer to which question, and why the others cannot."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from playbook.errors import PlaybookError, did_you_mean
from playbook.questions import NUMERIC, Column, Question

MAX_TEXT = 2_000_000


def check_value(question: Question, value: Any) -> Any:
    """Return `value` in its canonical form, or say in one sentence why it cannot be the answer.

    Raises
    ------
    PlaybookError
        The value does not fit the question's type, options or bounds.
    """
    checker = _CHECKS[question.type]
    try:
        return checker(question, value)
    except PlaybookError as error:
        raise PlaybookError(
            error.what, where=f"question '{question.id}'", remedy=error.remedy
        ) from None


def _text(question: Question, value: Any) -> str:
    if isinstance(value, (list, dict, bool)) or not str(value).strip():
        raise PlaybookError("this answer must be text", remedy="Write a sentence")
    if len(str(value)) > MAX_TEXT:
        raise PlaybookError(
            f"this answer has {len(str(value)):,} characters, more than {MAX_TEXT:,}",
            remedy="Shorten it, and link to the document instead",
        )
    return str(value)


def _number(question: Question, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise PlaybookError(f"{value!r} is not a number", remedy="Write digits only, such as 12.5")
    if question.type == "percentage" and not 0 <= value <= 100:
        raise PlaybookError(f"{value} is not between 0 and 100", remedy="Write a percentage")
    return value


def _choice(question: Question, value: Any) -> str:
    word = str(value).lower() if isinstance(value, bool) else str(value)
    known = [o.value for o in question.options] or ["yes", "no"]
    if word not in known:
        raise PlaybookError(
            f"'{value}' is not one of the options", remedy=did_you_mean(word, known)
        )
    return word


def _yes_no(question: Question, value: Any) -> str:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return _choice(question, value)


def _several(question: Question, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise PlaybookError("this answer must be a list", remedy="Write one line per choice")
    chosen = [_choice(question, v) for v in value]
    if len(chosen) != len(set(chosen)):
        raise PlaybookError("one option is chosen twice", remedy="Keep one of the two")
    return chosen


def _rank(question: Question, value: Any) -> list[str]:
    chosen = _several(question, value)
    if len(chosen) != len(question.options):
        raise PlaybookError("a ranking names every option once", remedy="Add those left out")
    return chosen


def _date(question: Question, value: Any) -> str:
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()[
            :10
        ]
    except ValueError:
        raise PlaybookError(
            f"'{value}' is not a date", remedy="Write year-month-day, such as 2027-03-31"
        ) from None


def _range(question: Question, value: Any) -> dict[str, float | int]:
    if not isinstance(value, dict) or set(value) != {"low", "likely", "high"}:
        raise PlaybookError(
            "this answer needs three numbers", remedy="Give 'low', 'likely' and 'high'"
        )
    low, likely, high = (_number(question, value[k]) for k in ("low", "likely", "high"))
    if not low <= likely <= high:
        raise PlaybookError(
            f"{low}, {likely} and {high} are not in order",
            remedy="Give the lowest first and the highest last",
        )
    return {"low": low, "likely": likely, "high": high}


def _table(question: Question, value: Any) -> list[dict[str, Any]]:
    columns = {column.id: column for column in question.columns}
    known = list(columns)
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise PlaybookError("this answer must be a list of rows", remedy="Write one entry per row")
    for number, row in enumerate(value, start=1):
        for column in row:
            if column not in known:
                raise PlaybookError(
                    f"row {number} has an unknown column '{column}'",
                    remedy=did_you_mean(column, known),
                )
        for column, cell in row.items():
            if cell is not None and not _fits(columns[column], cell):
                raise PlaybookError(
                    f"row {number}: {str(cell)[:60]!r} does not fit '{columns[column].label}'",
                    remedy=_CELLS[columns[column].type].format(", ".join(columns[column].options)),
                )
    return [{c: row.get(c) for c in known if row.get(c) is not None} for row in value]


_CELLS = {
    "text": "Write text",
    "choice": "Choose one of: {}",
    "number": "Write digits only, such as 12.5",
    "date": "Write year-month-day, such as 2027-03-31",
    "yes_no": "Say yes or no",
}


def _fits(column: Column, cell: Any) -> bool:
    match column.type:
        case "choice":
            return str(cell) in column.options
        case "number":
            return isinstance(cell, (int, float)) and not isinstance(cell, bool)
        case "date":
            return isinstance(cell, date) or _is_date(str(cell))
        case "yes_no":
            return isinstance(cell, bool) or str(cell).lower() in {"yes", "no"}
    return not isinstance(cell, (dict, list))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_CHECKS = {
    "choice": _choice,
    "several": _several,
    "yes_no": _yes_no,
    "text": _text,
    "long_text": _text,
    "date": _date,
    "range": _range,
    "rank": _rank,
    "table": _table,
} | dict.fromkeys(NUMERIC, _number)
