"""When a question is asked: conditions on earlier answers, joined by *all*, *any* and *not*."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Said = Callable[[str], Any]
"""The value answered to a question; None where it is unknown, not applicable, open or not asked."""
Scalar = str | float | bool
_TESTS = ("is_", "at_least", "at_most", "above", "below", "answered")
_JOINED = ("all_", "any_", "not_")


class Condition(BaseModel):
    """One test of one answer, or several conditions joined.

    Attributes
    ----------
    question
        Its id, or ``playbook.question`` where it stands in another set.
    is_
        The answer is one of these; of an answer with several values, one of them is.
    at_least, at_most, above, below
        The answer is a number in this range, or a date in it (written year-month-day).
    answered
        Whether there is an answer at all.
    all_, any_, not_
        Instead of a question: every one of these holds, at least one does, this one does not.

    Examples
    --------
    >>> c = Condition.model_validate({"not": {"question": "age", "at_least": 18}})
    >>> c.holds({"age": 17}.get), c.holds({"age": 18}.get)
    (True, False)
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    question: str | None = None
    is_: list[Scalar] | None = Field(default=None, alias="is")
    at_least: float | str | None = None
    at_most: float | str | None = None
    above: float | str | None = None
    below: float | str | None = None
    answered: bool | None = None
    all_: list[Condition] | None = Field(default=None, alias="all")
    any_: list[Condition] | None = Field(default=None, alias="any")
    not_: Condition | None = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _one_thing(self) -> Condition:
        tests = [name for name in _TESTS if getattr(self, name) is not None]
        joined = [name for name in _JOINED if getattr(self, name) is not None]
        if self.question is None and (tests or len(joined) != 1):
            raise ValueError("a condition names a 'question', or is one of 'all', 'any' and 'not'")
        if self.question is not None and (joined or not tests):
            raise ValueError(
                "a condition on a question needs a test: 'is', 'at_least', 'at_most', 'above', "
                "'below' or 'answered'"
            )
        return self

    def holds(self, said: Said) -> bool:
        """Whether it holds under what has been `said`."""
        if self.all_ is not None:
            return all(part.holds(said) for part in self.all_)
        if self.any_ is not None:
            return any(part.holds(said) for part in self.any_)
        if self.not_ is not None:
            return not self.not_.holds(said)
        assert self.question is not None
        value = said(self.question)
        if self.answered is not None and self.answered != (value is not None):
            return False
        if self.is_ is not None and not self._is(value):
            return False
        return all(
            compared is None or _in_order(value, compared, test)
            for compared, test in (
                (self.at_least, lambda a, b: a >= b),
                (self.at_most, lambda a, b: a <= b),
                (self.above, lambda a, b: a > b),
                (self.below, lambda a, b: a < b),
            )
        )

    def questions(self) -> Iterator[str]:
        """Every question it depends on."""
        if self.question is not None:
            yield self.question
        for part in (*(self.all_ or ()), *(self.any_ or ()), *filter(None, (self.not_,))):
            yield from part.questions()

    def words(self) -> str:
        """The condition as a clause: ``need is assumed or reported``."""
        if self.all_ is not None or self.any_ is not None:
            joint = " and " if self.all_ is not None else " or "
            parts = self.all_ or self.any_ or []
            return joint.join(f"({p.words()})" if p.question is None else p.words() for p in parts)
        if self.not_ is not None:
            return f"not ({self.not_.words()})"
        told = []
        if self.is_ is not None:
            told.append(f"is {' or '.join(_text(v) for v in self.is_)}")
        if self.answered is not None:
            told.append("is answered" if self.answered else "is not answered")
        for name in ("at_least", "at_most", "above", "below"):
            if (bar := getattr(self, name)) is not None:
                told.append(f"is {name.replace('_', ' ')} {_text(bar)}")
        return f"{self.question} {' and '.join(told)}"

    def _is(self, value: Any) -> bool:
        if value is None:
            return False
        given = {_text(v) for v in (value if isinstance(value, list) else [value])}
        return bool(given & {_text(v) for v in self.is_ or ()})


def _text(value: Any) -> str:
    """As an answer is stored: yes and no, whole numbers without a fraction."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _in_order(value: Any, bar: Any, test: Callable[[Any, Any], bool]) -> bool:
    """Numbers with numbers, dates with dates; what cannot be compared does not hold."""
    for kind in (_number, _day):
        known, least = kind(value), kind(bar)
        if known is not None and least is not None:
            return test(known, least)
    return False


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, list | dict | bool):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _day(value: Any) -> str | None:
    """Dates written year-month-day stand in order as text."""
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        return None
