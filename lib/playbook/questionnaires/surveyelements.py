"""Elements of SurveyJS, type by type: what each becomes as a question of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playbook.errors import PlaybookError
from playbook.questionnaires.surveyitems import Items, listed, read_items
from playbook.questionnaires.surveytables import columns_of
from playbook.questionnaires.words import Words

MAX_STEPS = 11
"""Steps of a rating that are shown as options; a finer one is a number."""


class Skipped(Exception):
    """Why an element is left out, as a clause."""


@dataclass
class Draft:
    """A question to be.

    Attributes
    ----------
    keys
        What expressions call it.
    fields
        Type, and options or columns.
    items
        Its options with their values and weights.
    within
        What it asks of it in particular: a row of a matrix, a field among several.
    only_if
        The answer to the draft before it that unfolds it: ``other``.
    """

    keys: list[str]
    fields: dict[str, Any]
    items: Items = field(default_factory=Items)
    within: str = ""
    only_if: str = ""


def drafts(element: dict[str, Any], words: Words, where: str) -> list[Draft]:
    """The questions that an element becomes.

    Raises
    ------
    Skipped
        It has no counterpart; says why.
    PlaybookError
        It is not as SurveyJS writes it, or takes its options from an address.
    """
    kind = element.get("type", "text")
    made = _TYPES.get(kind) if isinstance(kind, str) else None
    if made is None:
        raise Skipped(f"an element of type '{str(kind)[:40]}' has no counterpart")
    if "choicesByUrl" in element:
        raise PlaybookError(
            "its options are to be fetched from an address, and nothing is fetched",
            where=where,
            remedy="Write them into 'choices', and take 'choicesByUrl' out",
        )
    return made(element, words, where)


def _choices(element: dict[str, Any], words: Words, where: str) -> Items:
    if element.get("choicesFromQuestion"):
        raise Skipped("its options come from another question")
    items = read_items(element.get("choices") or [], words, where)
    if element.get("hasNone") or element.get("showNoneItem"):
        items.add("none", words.of(element.get("noneText"), where) or "None")
    if _has_other(element):
        items.add("other", words.of(element.get("otherText"), where) or "Other")
    if len(items.options) < 2:
        raise Skipped("it has fewer than two options")
    return items


def _has_other(element: dict[str, Any]) -> bool:
    return bool(element.get("hasOther") or element.get("showOtherItem"))


def _optioned(kind: str) -> Callable[[dict[str, Any], Words, str], list[Draft]]:
    def made(element: dict[str, Any], words: Words, where: str) -> list[Draft]:
        several = kind == "choice" and element.get("multiSelect")
        items = _choices(element, words, where)
        found = [Draft([key_of(element)], {"type": "several" if several else kind}, items)]
        if _has_other(element) and kind != "rank":
            other = Draft([f"{key_of(element)}-Comment"], {"type": "text"}, only_if="other")
            other.within = items.options[-1]["label"]
            found.append(other)
        return found

    return made


def _yes_no(element: dict[str, Any], words: Words, where: str) -> list[Draft]:
    items = Items()
    for ours, key in (("yes", "True"), ("no", "False")):
        items.add(ours, words.of(element.get(f"label{key}"), where) or ours.capitalize())
        items.values[ours] = element.get(f"value{key}", ours == "yes")
    return [Draft([key_of(element)], {"type": "yes_no"}, items)]


def _text(element: dict[str, Any], words: Words, where: str) -> list[Draft]:
    given = element.get("inputType")
    types = {"number": "number", "range": "number", "date": "date"}
    kind = types.get(given, "text") if isinstance(given, str) else "text"
    return [Draft([key_of(element)], {"type": kind})]


def _plainly(kind: str) -> Callable[[dict[str, Any], Words, str], list[Draft]]:
    return lambda element, words, where: [Draft([key_of(element)], {"type": kind})]


def _rating(element: dict[str, Any], words: Words, where: str) -> list[Draft]:
    if element.get("rateValues"):
        items = read_items(element["rateValues"], words, where)
    else:
        steps = _steps(element, where)
        if len(steps) > MAX_STEPS:
            return [Draft([key_of(element)], {"type": "number"})]
        items = read_items(list(steps), words, where)
    if len(items.options) < 2:
        raise Skipped("it has fewer than two options")
    for place, key in ((0, "minRateDescription"), (-1, "maxRateDescription")):
        if said := words.of(element.get(key), where):
            items.options[place]["label"] += f": {said}"
    return [Draft([key_of(element)], {"type": "choice"}, items)]


def _steps(element: dict[str, Any], where: str) -> range:
    least, step = element.get("rateMin", 1), element.get("rateStep", 1)
    most, count = element.get("rateMax"), element.get("rateCount", 5)
    given = [least, step, count if most is None else most]
    if any(isinstance(n, bool) or not isinstance(n, int) or abs(n) > 1e9 for n in given):
        raise _bad_steps(where)
    if most is None:
        most = least + step * (count - 1) if "rateCount" in element else 5
    if step < 1:
        raise _bad_steps(where)
    return range(least, most + 1, step)


def _bad_steps(where: str) -> PlaybookError:
    return PlaybookError(
        "the steps of this rating are no whole numbers",
        where=where,
        remedy="Correct 'rateMin', 'rateMax' and 'rateStep', or write 'rateValues'",
    )


def _matrix(element: dict[str, Any], words: Words, where: str) -> list[Draft]:
    """One choice for each row."""
    rows = read_items(element.get("rows") or [], words, where)
    if not rows.options or element.get("cellType") == "checkbox":
        raise Skipped("a matrix without rows, or with several choices in one, has no counterpart")
    found = []
    for row in rows.options:
        items = read_items(element.get("columns") or [], words, where)
        if len(items.options) < 2:
            raise Skipped("it has fewer than two columns")
        keys = [f"{key_of(element)}.{row['value']}"]
        found.append(Draft(keys, {"type": "choice"}, items, row["label"]))
    return found


def _texts(element: dict[str, Any], words: Words, where: str) -> list[Draft]:
    """One text for each field."""
    found = []
    for item in listed(element.get("items")):
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise PlaybookError("one of its 'items' has no name", where=where, remedy="Name it")
        (draft,) = _text(item, words, where)
        draft.keys = [f"{key_of(element)}.{item['name']}"]
        draft.within = words.of(item.get("title"), where) or words.of(item["name"], where)
        found.append(draft)
    return found


def _table(element: dict[str, Any], words: Words, where: str) -> list[Draft]:
    columns = columns_of(element, words, where)
    if not columns:
        raise Skipped("its columns have no counterpart in a table")
    return [Draft([key_of(element)], {"type": "table", "columns": columns})]


def key_of(element: dict[str, Any]) -> str:
    """What expressions call an element."""
    given = element.get("valueName") or element.get("name")
    return given if isinstance(given, str) else ""


_TYPES = {
    "radiogroup": _optioned("choice"),
    "dropdown": _optioned("choice"),
    "buttongroup": _optioned("choice"),
    "imagepicker": _optioned("choice"),
    "checkbox": _optioned("several"),
    "tagbox": _optioned("several"),
    "ranking": _optioned("rank"),
    "boolean": _yes_no,
    "text": _text,
    "comment": _plainly("long_text"),
    "rating": _rating,
    "matrix": _matrix,
    "multipletext": _texts,
    "matrixdynamic": _table,
    "paneldynamic": _table,
}
