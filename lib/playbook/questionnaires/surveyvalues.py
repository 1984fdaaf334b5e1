"""What SurveyJS calls equal, greater and containing, value by value.

After ``OperandMaker`` and ``Helpers`` of survey-core 3.1 (MIT): capitals and spaces around do not
count, a text that reads as a number is one, and nothing is less than an answer not given.
"""

from __future__ import annotations

import math
import re
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|0[xX][0-9a-fA-F]+")


def as_read(value: Any) -> Any:
    """A value as an expression sees it: a text that is a number or true or false becomes one.

    >>> as_read("12"), as_read("007"), as_read("True"), as_read("item1-3")
    (12.0, '007', True, 'item1-3')
    """
    if not isinstance(value, str) or not value:
        return value
    if value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if len(value) > 1 and value[0] in "'\"" and value[-1] in "'\"":
        return value[1:-1]
    if (value[0] == "0" and len(value) > 1 and value[1] not in ".,xX") or value in {"0.", "0,"}:
        return value
    if len(value) > 15 and value.isdigit():
        return value
    number = _number(value.replace(",", ".") if value.count(",") == 1 else value)
    return value if number is None or not value.strip() else number


def empty(value: Any) -> bool:
    """Nothing, an empty text or an empty list; zero and no are something."""
    return value is None or value in ("", [])


def holds(operator: str, left: Any, right: Any) -> bool:
    """Whether two values stand in the relation that `operator` names."""
    negated = _NEGATED.get(operator)
    return not _RELATIONS[negated](left, right) if negated else _RELATIONS[operator](left, right)


def _equal(x: Any, y: Any) -> bool:
    if x is None or y is None:
        return (x is None or x == "") and (y is None or y == "")
    if isinstance(x, list) or isinstance(y, list):
        return isinstance(x, list) and isinstance(y, list) and _same_members(x, y)
    if isinstance(x, str) and isinstance(y, str):
        return x.strip().lower() == y.strip().lower()
    if isinstance(x, str):
        x, y = y, x
    if isinstance(y, str):
        if isinstance(x, bool):
            return str(x).lower() == y.lower()
        return bool(y.strip()) and x == _number(y)
    return bool(x == y)


def _same_members(x: list[Any], y: list[Any]) -> bool:
    left = list(y)
    for value in x:
        found = next((i for i, other in enumerate(left) if _equal(value, other)), None)
        if found is None:
            return False
        del left[found]
    return not left


def _greater(x: Any, y: Any) -> bool:
    if x is None or y is None:
        return False
    x, y = (_spelled(v) if isinstance(v, list) else v for v in (x, y))
    if isinstance(x, str) and isinstance(y, str):
        return x > y
    a, b = _number(x), _number(y)
    return a is not None and b is not None and a > b


def _contains(x: Any, y: Any) -> bool:
    if isinstance(x, list):
        wanted = y if isinstance(y, list) else [y]
        return bool(x) and all(any(_equal(held, w) for held in x) for w in wanted)
    if empty(x) or not _truthy(y):
        return False
    return _spelled(y).lower() in _spelled(x).lower()


def _lacks(x: Any, y: Any) -> bool:
    """``notcontains``: not quite the contrary, where one of the two is nothing."""
    if not isinstance(x, list) and not _truthy(x) and not empty(y):
        return True
    if not isinstance(x, list) and (empty(x) or not _truthy(y)):
        return False
    return not _contains(x, y)


def _any_of(x: Any, y: Any) -> bool:
    if empty(x):
        return empty(y)
    if empty(y):
        return True
    if not isinstance(x, list):
        return _contains(y, x)
    return any(_contains(x, wanted) for wanted in (y if isinstance(y, list) else [y]))


def _all_of(x: Any, y: Any) -> bool:
    if not isinstance(x, list) and not _truthy(x) and not empty(y):
        return False
    return all(_contains(x, w) for w in y) if isinstance(y, list) else _contains(x, y)


def _number(value: Any) -> float | None:
    """As JavaScript's ``Number``; None for what is not one."""
    if not isinstance(value, str):
        return float(value)
    text = value.strip()
    if not text:
        return 0.0
    if not _NUMBER.fullmatch(text):
        return None
    number = float(int(text, 16)) if text[:2] in {"0x", "0X"} else float(text)
    return number if math.isfinite(number) else None


def _truthy(value: Any) -> bool:
    return isinstance(value, list) or bool(value)


def _spelled(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_spelled(v) for v in value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: ""}[value]
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e21
    return str(int(value) if is_whole else value)


_NEGATED = {"notequal": "equal", "noneof": "anyof"}
_RELATIONS = {
    "equal": _equal,
    "greater": _greater,
    "less": lambda x, y: _greater(y, x),
    "greaterorequal": lambda x, y: _equal(x, y) or _greater(x, y),
    "lessorequal": lambda x, y: _equal(x, y) or _greater(y, x),
    "contains": _contains,
    "notcontains": _lacks,
    "anyof": _any_of,
    "allof": _all_of,
}
