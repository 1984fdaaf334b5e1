"""Items of SurveyJS: the options of a question with the weights they carry."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from playbook.errors import PlaybookError
from playbook.questionnaires.words import Words, printable

MAX_OPTIONS = 2000
_SCORES = ("score", "weight", "points")
_AT_END = re.compile(r".*-([0-9]{1,9}(?:\.[0-9]{1,9})?)")


@dataclass
class Items:
    """The options of one question.

    Attributes
    ----------
    options
        As ours write them.
    values
        By our value, that of SurveyJS.
    weights
        By our value, the score that the item itself states.
    ignored
        What items say that is not taken over.
    """

    options: list[dict[str, Any]] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)

    def add(self, value: Any, label: str, weight: Any = None) -> None:
        """One more option; a value that stands already is not added again."""
        ours = written(value)
        if ours in self.values:
            self.ignored.add("a value that stands twice")
            return
        self.values[ours] = value
        self.options.append({"value": ours, "label": label or ours})
        if weight is not None:
            self.weights[ours] = weight


def read_items(given: Any, words: Words, where: str) -> Items:
    """The options that a list of texts, numbers and ``{value, text, score}`` makes.

    Raises
    ------
    PlaybookError
        It is no list, is too long, or an item's value is neither a text nor a number.
    """
    if not isinstance(given, list) or len(given) > MAX_OPTIONS:
        what = f"more than {MAX_OPTIONS:,} options" if isinstance(given, list) else "no list"
        raise PlaybookError(f"its options are {what}", where=where, remedy="Correct 'choices'")
    items = Items()
    for item in given:
        entry = item if isinstance(item, dict) else {"value": item}
        value = entry.get("value")
        if not isinstance(value, str | int | float) or not printable(str(value)) or value == "":
            raise PlaybookError(
                "an option's value is neither a text nor a number",
                where=where,
                remedy="Give each item of 'choices' a 'value', without control characters",
            )
        items.ignored |= {key for key in ("visibleIf", "enableIf") if entry.get(key)}
        items.add(value, words.of(entry.get("text"), where), _weight(entry, where))
    return items


def listed(given: Any) -> list[Any]:
    """A list, or an empty one where something else is `given`."""
    return given if isinstance(given, list) else []


def at_end(values: list[str]) -> dict[str, float]:
    """The numbers after the last hyphen of each of these values that has one.

    >>> at_end(["item1-3", "item2-0.5", "other"])
    {'item1-3': 3, 'item2-0.5': 0.5}
    """
    found = {value: match for value in values if (match := _AT_END.fullmatch(value))}
    return {value: whole(float(match[1])) for value, match in found.items()}


def whole(number: float) -> float:
    """The number without a fraction where it has none."""
    return int(number) if number.is_integer() else number


def written(value: Any) -> str:
    """A value as our files keep it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _weight(entry: dict[str, Any], where: str) -> float | None:
    given = next((entry[key] for key in _SCORES if entry.get(key) is not None), None)
    if given is None:
        return None
    try:
        number = float("nan" if isinstance(given, bool) else given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise PlaybookError(
            "an option's score is no number", where=where, remedy="Write digits, such as 3"
        )
    return whole(number)
