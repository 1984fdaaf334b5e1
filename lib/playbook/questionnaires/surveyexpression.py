"""Expressions of SurveyJS, such as ``{age} >= 18 and {uses} contains 'scoring'``, as trees.

The grammar is that of survey-core 3.1: ``or``, ``and``, comparison, ``contains`` and its like,
``!`` and ``empty``, from the loosest to the closest. Nothing is ever evaluated as code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from playbook.questionnaires.surveyvalues import as_read

MAX_LENGTH, MAX_DEPTH = 10_000, 50


class NotUnderstood(Exception):
    """Why an expression cannot be taken over, as a clause."""


@dataclass(frozen=True)
class Name:
    """The answer to a question."""

    name: str


@dataclass(frozen=True)
class Const:
    """A value that stands in the expression; a list where it stands in brackets."""

    value: Any


@dataclass(frozen=True)
class Operation:
    """``equal``, ``less``, ``contains``, ``and``, ``not``, ``empty`` … of one or two trees."""

    operator: str
    parts: tuple[Tree, ...]


Tree = Name | Const | Operation

_TOKEN = re.compile(
    r"""\s*(?:
      \{(?P<name>[^{}]+)\}
    | (?P<quoted>'(?:\\['"]|[^"'])*'|"(?:\\['"]|[^"'])*")
    | (?P<number>(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?![0-9.A-Za-z_]))
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign><=|>=|=>|<>|==|!=|\*=|\|\||&&|[=<>!()\[\],+\-*/%^])
    )""",
    re.VERBOSE,
)
_COMPARED = {
    "<=": "lessorequal", "lessorequal": "lessorequal", ">=": "greaterorequal",
    "=>": "greaterorequal", "greaterorequal": "greaterorequal", "=": "equal", "==": "equal",
    "equal": "equal", "!=": "notequal", "<>": "notequal", "notequal": "notequal",
    "<": "less", "less": "less", ">": "greater", "greater": "greater",
}  # fmt: skip
_HELD = {
    "*=": "contains", "contains": "contains", "contain": "contains",
    "notcontains": "notcontains", "notcontain": "notcontains",
    "anyof": "anyof", "allof": "allof", "noneof": "noneof",
}  # fmt: skip
_LOOSE = ({"or": "or", "||": "or"}, {"and": "and", "&&": "and"}, _COMPARED, _HELD)
_ARITHMETIC = {"+", "-", "*", "/", "%", "^", "power"}


def parse(expression: str) -> Tree:
    """The tree of an `expression`.

    Raises
    ------
    NotUnderstood
        It is no expression, calls a function, calculates, or is too long or too deep.

    Examples
    --------
    >>> parse("{age} < 18 or !{ok}").operator
    'or'
    """
    if len(expression) > MAX_LENGTH:
        raise NotUnderstood(f"it is longer than {MAX_LENGTH:,} characters")
    return _Parser(expression).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens, self._at, self._depth = _tokens(text), 0, 0

    def whole(self) -> Tree:
        tree = self._loose(0)
        if self._peek()[0] != "end":
            self._refuse()
        return tree

    def _loose(self, level: int) -> Tree:
        """A chain of operators of this level, from left to right."""
        if level == len(_LOOSE):
            return self._close()
        left = self._loose(level + 1)
        while operator := _LOOSE[level].get(self._operator()):
            self._at += 1
            right = self._loose(level + 1)
            if isinstance(left, Operation) and left.operator == operator and level < 2:
                left = Operation(operator, (*left.parts, right))
            else:
                left = Operation(operator, (left, right))
        return left

    def _close(self) -> Tree:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotUnderstood(f"it is nested more than {MAX_DEPTH} deep")
        tree = self._factor()
        self._depth -= 1
        if self._operator() in _ARITHMETIC:
            raise NotUnderstood("it calculates")
        return tree

    def _factor(self) -> Tree:
        if self._operator() in {"!", "negate"}:
            self._at += 1
            return Operation("not", (self._close(),))
        if self._operator() == "(":
            self._at += 1
            tree = self._loose(0)
            self._expect(")")
            return tree
        if self._operator() == "[":
            return self._list()
        tree = self._atom()
        if self._operator() in {"empty", "notempty"}:
            tree = Operation(self._operator(), (tree,))
            self._at += 1
        return tree

    def _list(self) -> Const:
        self._at += 1
        values: list[Any] = []
        while self._operator() != "]":
            if values:
                self._expect(",")
            item = self._atom()
            if not isinstance(item, Const):
                raise NotUnderstood("it has a question inside brackets")
            values.append(item.value)
        self._at += 1
        return Const(values)

    def _atom(self) -> Name | Const:
        negative = self._operator() == "-"
        self._at += negative
        kind, text = self._peek()
        if (negative and kind != "number") or kind in {"sign", "end"}:
            self._refuse()
        self._at += 1
        if kind == "name":
            return Name(text)
        if kind == "quoted":
            return Const(text[1:-1].replace("\\'", "'").replace('\\"', '"'))
        if kind == "number":
            return Const(as_read(f"-{text}" if negative else text))
        if self._operator() == "(":
            raise NotUnderstood(f"it calls the function '{text[:40]}'")
        return Const(None if text in {"null", "undefined"} else as_read(text))

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _operator(self) -> str:
        kind, text = self._peek()
        return text.lower() if kind in {"sign", "word"} else ""

    def _expect(self, sign: str) -> None:
        if self._operator() != sign:
            self._refuse()
        self._at += 1

    def _refuse(self) -> NoReturn:
        kind, text = self._peek()
        found = "it ends" if kind == "end" else f"'{text[:40]}' stands"
        raise NotUnderstood(f"{found} where something else is expected")


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotUnderstood(f"it is not readable from '{text[at : at + 20].strip()}' on")
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
    return [*found, ("end", "")]
