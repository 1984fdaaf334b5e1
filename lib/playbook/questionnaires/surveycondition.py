"""Trees of SurveyJS expressions become conditions of ours that hold for the same answers.

Where a question has options, each of them is tried in the expression (`surveyvalues`), and the
condition names those for which it holds. What cannot be said exactly is refused, never guessed.
A question without an answer, or never asked, is nothing, as SurveyJS has it once a form is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playbook.questionnaires.surveyexpression import Const, Name, NotUnderstood, Operation, Tree
from playbook.questionnaires.surveyvalues import as_read, empty, holds

Clause = bool | dict[str, Any]
"""The fields of a condition, or whether it always or never holds."""
_MIRRORED = {
    "equal": "equal", "notequal": "notequal", "less": "greater", "greater": "less",
    "lessorequal": "greaterorequal", "greaterorequal": "lessorequal",
}  # fmt: skip
_BOUNDS = {"less": "below", "greater": "above", "lessorequal": "at_most",
           "greaterorequal": "at_least"}  # fmt: skip
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Asked:
    """A question that expressions may name.

    Attributes
    ----------
    type
        Its type as one of our questions.
    values
        What SurveyJS calls the answers that ours calls by the key.
    """

    id: str
    type: str
    values: dict[str, Any] = field(default_factory=dict)


Lookup = Callable[[str], Asked | None]
"""The question of a name; None where it is never asked. Raises `NotUnderstood` for no question."""


def condition(tree: Tree, asked: Lookup) -> Clause:
    """The condition that holds where the `tree` does.

    Raises
    ------
    NotUnderstood
        No condition of ours says the same.
    """
    match tree:
        case Operation("and" | "or" as joint, parts):
            return joined("all" if joint == "and" else "any", [condition(p, asked) for p in parts])
        case Operation("not", (part,)):
            return negated(condition(part, asked))
        case Operation("empty", (part,)):
            return negated(_answered(part, asked))
        case Operation("notempty", (part,)):
            return _answered(part, asked)
        case Operation(operator, (Name(name), Const(value))):
            return _compared(operator, asked(name), value)
        case Operation(operator, (Const(value), Name(name))):
            return _from_the_right(operator, value, asked(name))
        case Operation(operator, (Const(left), Const(right))):
            return holds(operator, left, right)
        case Const(bool(value)):
            return value
        case Name(name):
            return _is_true(name, asked)
    raise NotUnderstood("it compares something else than a question with a value")


def joined(joint: str, parts: list[Clause]) -> Clause:
    """All or any of several conditions (`joint` is ``all`` or ``any``), as flat as can be."""
    decisive = joint == "any"
    if decisive in [part for part in parts if isinstance(part, bool)]:
        return decisive
    left: list[dict[str, Any]] = []
    for part in parts:
        if not isinstance(part, bool):
            left += part.get(joint, [part])
    if not left:
        return not decisive
    return left[0] if len(left) == 1 else {joint: left}


def negated(part: Clause) -> Clause:
    """The contrary."""
    if isinstance(part, bool):
        return not part
    contrary: dict[str, Any] = part.get("not", {"not": part})
    return contrary


def _one_of(question: Asked, values: list[str]) -> Clause:
    return {"question": question.id, "is": values} if values else False


def _given(question: Asked) -> Clause:
    if question.type == "several":  # nothing chosen is an answer of ours, and none in SurveyJS
        return _one_of(question, list(question.values))
    return {"question": question.id, "answered": True}


def _answered(part: Tree, asked: Lookup) -> Clause:
    if isinstance(part, Const):
        return not empty(part.value)
    if not isinstance(part, Name):
        raise NotUnderstood("it asks whether something else than a question is empty")
    question = asked(part.name)
    return _given(question) if question else False


def _is_true(name: str, asked: Lookup) -> Clause:
    question = asked(name)
    if question is None:
        return False
    if question.type != "yes_no" or question.values != {"yes": True, "no": False}:
        raise NotUnderstood(f"'{name}' stands alone and is no yes-or-no question")
    return _one_of(question, ["yes"])


def _compared(operator: str, question: Asked | None, value: Any) -> Clause:
    if question is None:
        return holds(operator, None, value)
    if question.type in {"choice", "yes_no"}:
        return _tried(question, lambda given: holds(operator, given, value))
    if question.type == "several":
        return _among(operator, question, value)
    if operator == "notequal":
        return negated(_compared("equal", question, value))
    if empty(value) and value != [] and operator == "equal":
        return negated(_given(question))
    if question.type == "number":
        return _measured(operator, question, value)
    if question.type == "date" and isinstance(value, str) and _DATE.fullmatch(value):
        return _bounded(operator, question, value)
    if question.type in {"text", "long_text"} and operator == "equal":
        return _one_of(question, _as_typed(value))
    raise NotUnderstood(f"'{operator}' with this value cannot be asked of the type of its question")


def _from_the_right(operator: str, value: Any, question: Asked | None) -> Clause:
    if question is None:
        return holds(operator, value, None)
    if question.type in {"choice", "yes_no"}:
        return _tried(question, lambda given: holds(operator, value, given))
    if operator not in _MIRRORED:
        raise NotUnderstood(f"the question stands to the right of '{operator}'")
    return _compared(_MIRRORED[operator], question, value)


def _tried(question: Asked, test: Callable[[Any], bool]) -> Clause:
    """Each option, and no answer at all, put to the `test`."""
    fits = {ours: test(as_read(theirs)) for ours, theirs in question.values.items()}
    if test(None):
        return negated(_one_of(question, [ours for ours, fit in fits.items() if not fit]))
    return _one_of(question, [ours for ours, fit in fits.items() if fit])


def _among(operator: str, question: Asked, value: Any) -> Clause:
    """What the chosen options of a *several* question are held against."""
    if operator in {"notequal", "notcontains", "noneof"}:
        positive = {"notequal": "equal", "notcontains": "contains", "noneof": "anyof"}[operator]
        return negated(_among(positive, question, value))
    if operator not in {"equal", "contains", "allof", "anyof"}:
        raise NotUnderstood(f"'{operator}' compares a list")
    if empty(value):
        if operator == "equal" and value != []:
            return False  # as the next: a list, even an empty one, equals nothing but lists
        raise NotUnderstood(f"'{operator}' is followed by nothing")
    if operator == "equal" and not isinstance(value, list):
        return False
    wanted = value if isinstance(value, list) else [value]
    each = [_one_of(question, _matching(question, w)) for w in wanted]
    if operator != "equal":
        return joined("any" if operator == "anyof" else "all", each)
    named = {option for w in wanted for option in _matching(question, w)}
    others = [option for option in question.values if option not in named]
    return joined("all", [*each, negated(_one_of(question, others))])


def _matching(question: Asked, wanted: Any) -> list[str]:
    return [ours for ours, theirs in question.values.items() if holds("equal", theirs, wanted)]


def _measured(operator: str, question: Asked, value: Any) -> Clause:
    number = as_read(value)
    if isinstance(number, bool) or not isinstance(number, int | float):
        if isinstance(number, str) and operator in {"equal", *_BOUNDS}:
            return False  # a number is neither equal to a word, nor more, nor less
        raise NotUnderstood(f"'{operator}' holds a number against something else")
    return _bounded(operator, question, int(number) if number == int(number) else number)


def _bounded(operator: str, question: Asked, bar: Any) -> Clause:
    if operator == "equal":
        return {"question": question.id, "at_least": bar, "at_most": bar}
    if operator not in _BOUNDS:
        raise NotUnderstood(f"'{operator}' is no comparison of numbers or dates")
    return {"question": question.id, _BOUNDS[operator]: bar}


def _as_typed(value: Any) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise NotUnderstood("a text is compared with something else")
    is_whole = isinstance(value, float) and value.is_integer()
    return [str(int(value) if is_whole else value)]
