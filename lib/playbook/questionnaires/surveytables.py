"""Matrices and panels of SurveyJS to which rows are added: the columns of a table."""

from __future__ import annotations

from typing import Any

from playbook.questionnaires.names import Names
from playbook.questionnaires.surveyitems import listed, read_items
from playbook.questionnaires.words import Words

_OPTIONED = {"dropdown", "radiogroup"}


def columns_of(element: dict[str, Any], words: Words, where: str) -> list[dict[str, Any]]:
    """The columns of a ``matrixdynamic`` or ``paneldynamic``; none where one is not simple.

    Simple are text, number, date, comment, yes or no, and one choice among options that are
    always offered.
    """
    names, found = Names(), []
    for part in listed(element.get("columns") or element.get("templateElements")):
        if not isinstance(part, dict) or not isinstance(part.get("name"), str):
            return []
        column = _column(part, element, words, where)
        if column is None:
            return []
        label = words.of(part.get("title"), where) or words.of(part["name"], where)
        required = {"required": True} if part.get("isRequired") is True else {}
        found.append({"id": names.new(part["name"]), "label": label, **column, **required})
    return found


def _column(
    part: dict[str, Any], element: dict[str, Any], words: Words, where: str
) -> dict[str, Any] | None:
    """Type and options of one column; None where it is not simple."""
    is_cell = "columns" in element
    kind = part.get("cellType") if is_cell else part.get("type", "text")
    if is_cell and kind in {None, "default"}:
        kind = element.get("cellType", "dropdown")
    if any(part.get(key) for key in ("visibleIf", "choicesByUrl", "hasOther", "showOtherItem")):
        return None
    if kind == "boolean":
        return {"type": "yes_no"}
    if kind in {"text", "comment"}:
        given = part.get("inputType")
        return {"type": given if given in ("number", "date") else "text"}
    if isinstance(kind, str) and kind in _OPTIONED:
        items = read_items(part.get("choices") or element.get("choices") or [], words, where)
        labels = list(dict.fromkeys(option["label"] for option in items.options))
        return {"type": "choice", "options": labels} if labels else None
    return None
