"""Values that are not what they seem: codes for "not known", numbers and dates kept as text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from playbook.estimate import Estimate
from playbook.evidence.intervals import rate

NUMERIC_TEXT = 0.95
NUMBER = r"^\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*$"
DAY = r"^\s*(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{4})([ T]\d{1,2}:\d{2}.*)?\s*$"
TRUTH = r"^\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])\s*$"
PADDED = r"^\s*0\d"
MIXED = 0.05

_NINES = (99, 999, 9_999, 99_999, 999_999, 9_999_999, 99_999_999, 999_999_999)
CODES: tuple[int, ...] = (
    -1, -2, -7, -8, -9, *_NINES, *(-x for x in _NINES), 888, 8_888, -88, -888, -8_888,
    -(2**31), 2**31 - 1,
)  # fmt: skip
"""Numbers that questionnaires and exports write where a value is not known."""
DAYS = ("0001-01-01", "1753-01-01", "1800-01-01", "1899-12-30", "1899-12-31", "1900-01-01",
        "1901-01-01", "1970-01-01", "2099-12-31", "2999-12-31", "9999-12-31")  # fmt: skip
OFTEN_SHARE, OFTEN_ROWS, APART = 0.001, 5, 1.25


@dataclass(frozen=True)
class Sentinel:
    """A value that probably means "not known".

    Attributes
    ----------
    value
        As it reads: ``-999`` or ``1900-01-01``.
    share
        Share of the values that are not missing.
    """

    value: str
    share: Estimate


def suspects(low: Any, high: Any, kind: str) -> list[Any]:
    """Codes to be counted in a column of that range: none unless one of them is its end."""
    if low is None or high is None:
        return []
    if kind == "time":
        days = {str(low)[:10], str(high)[:10]}
        return [d for d in DAYS if str(low)[:10] <= d <= str(high)[:10]] if days & {*DAYS} else []
    codes = {float(c) for c in CODES}
    if float(low) not in codes and float(high) not in codes:
        return []
    return [c for c in CODES if low <= c <= high]


def asked(column: ir.Value, key: str, codes: list[Any], kind: str) -> dict[str, ir.Value]:
    """How often each code occurs, and the range of everything else."""
    if not codes:
        return {}
    if kind == "time":
        column = column.cast("date")
        codes = [ibis.date(code) for code in codes]
    other = ibis.ifelse(column.isin(codes), None, column)
    found = {f"{key}_code{i}": (column == code).sum() for i, code in enumerate(codes)}
    return found | {f"{key}_rest_low": other.min(), f"{key}_rest_high": other.max()}


def sentinels(
    seen: Mapping[str, Any], key: str, codes: list[Any], there: int, column: str, confidence: float
) -> tuple[Sentinel, ...]:
    """The codes that occur suspiciously often and lie apart from all other values.

    Often: in at least 5 rows and one in 1,000 values. Apart: below zero where nothing else is;
    otherwise at least 1.25 times the range of the other values (for dates: a year) beyond them, as
    prices such as 499 and 999 are not codes.
    """
    low, high = seen.get(f"{key}_rest_low"), seen.get(f"{key}_rest_high")
    if not codes or low is None or high is None:
        return ()
    found = []
    for i, code in enumerate(codes):
        n = int(seen[f"{key}_code{i}"] or 0)
        if n < max(OFTEN_ROWS, OFTEN_SHARE * there) or not _apart(code, low, high):
            continue
        share = rate("sentinel_rate", n, there, {"column": column, "value": str(code)}, confidence)
        assert share is not None  # the code occurs
        found.append(Sentinel(str(code), share))
    return tuple(sorted(found, key=lambda s: -s.share.value))


def stored_as(seen: Mapping[str, Any], key: str, role: str) -> str:
    """What the text of a column really is: ``numbers``, ``dates``, ``true or false``, ``mixed``.

    Empty where it is text: also numbers with leading zeros, which are codes, and an id.
    """
    there = int(seen.get(f"{key}_texts") or 0)
    if not there or role == "id":
        return ""
    numbers, days, truths, padded = (
        int(seen[f"{key}_{what}"] or 0) / there for what in ("numbers", "days", "truths", "padded")
    )
    if truths == 1:
        return "true or false"
    if days >= NUMERIC_TEXT:
        return "dates"
    if numbers >= NUMERIC_TEXT and not padded:
        return "numbers"
    if MIXED <= numbers < NUMERIC_TEXT and not padded and days == 0:
        return "mixed"
    return ""


def looks(text: ir.Value, key: str, absent: ir.Value) -> dict[str, ir.Value]:
    """How many texts read as a number, a date, true or false, and a number with leading zeros."""
    there = ibis.ifelse(absent, None, text)
    patterns = {"numbers": NUMBER, "days": DAY, "truths": TRUTH, "padded": PADDED}
    return {f"{key}_texts": there.count()} | {
        f"{key}_{what}": there.re_search(pattern).sum() for what, pattern in patterns.items()
    }


def is_day_number(low: Any, high: Any) -> bool:
    """Whether both ends of a range read as days written YYYYMMDD, such as 20240131."""
    return _day(low) is not None and _day(high) is not None and low < high


def day_like(number: ir.Value) -> ir.Value:
    """True where a number can be a day written YYYYMMDD."""
    whole = number.cast("int64")
    month, day = (whole % 10_000) // 100, whole % 100
    return (number == whole) & month.between(1, 12) & day.between(1, 31)


def _day(x: Any) -> dt.date | None:
    text = f"{x:.0f}" if x is not None and abs(x) < 1e9 and float(x).is_integer() else ""
    if len(text) != 8 or not 1900 <= int(text[:4]) <= 2100:
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _apart(code: Any, low: Any, high: Any) -> bool:
    if isinstance(code, str):
        day = dt.date.fromisoformat(code)
        first, last = (dt.date.fromisoformat(str(x)[:10]) for x in (low, high))
        return abs(min(day - first, last - day).days) >= 365 and not first <= day <= last
    if code < 0 <= low:
        return True
    room = APART * (high - low)
    return bool(code < low - room or code > high + room)
