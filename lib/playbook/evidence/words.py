"""The one place where numbers become words: natural frequencies, money, groups, plurals.

Everything here returns plain text; whoever shows it escapes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from playbook.estimate import Comparison, Estimate

MINUS = "−"
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩"}
_WHOLE = {"JPY", "KRW"}
_MONEY_UNIT = re.compile(r"^([A-Z]{3})(?: per .+)?$")
_DENOMINATORS = (100, 1_000, 10_000)


def count(n: float) -> str:
    """A whole number with thousands set apart: ``count(2380) == '2,380'``."""
    return number(n, 0)


def number(x: float, decimals: int | None = None) -> str:
    """A number with a real minus sign; without `decimals` as many as it needs, up to six digits.

    >>> number(-1234.5), number(0.5), number(2.0, 1)
    ('−1,234.5', '0.5', '2.0')
    """
    if decimals is None:
        text = f"{x:,.0f}" if float(x).is_integer() else _trimmed(x)
    else:
        text = f"{_half_up(x, decimals):,.{decimals}f}"
    bare = text.lstrip("-")
    negative = text.startswith("-") and any(digit in bare for digit in "123456789")
    return (MINUS if negative else "") + bare


def plural(n: float, one: str, many: str) -> str:
    """The count with its noun: ``1 row``, ``0 rows``, ``2,380 rows``."""
    return f"{count(n)} {one if round(n) == 1 else many}"


def percent(share: float) -> str:
    """A share from 0 to 1 in per cent, never rounded to none or all when it is neither.

    >>> percent(0.18), percent(0.003), percent(0.9994), percent(0.00001)
    ('18 %', '0.3 %', '99.9 %', 'under 0.01 %')
    """
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    if 0 < share < 0.0001:
        return "under 0.01 %"
    if 0.9999 < share < 1:
        return "over 99.99 %"
    for decimals in (0, 1, 2):
        rounded = _half_up(100 * share, decimals)
        if rounded not in (0, 100) and (decimals or 1 <= abs(100 * share) <= 99):
            break
    return f"{number(100 * share, decimals)} %"


def p_value(p: float) -> str:
    """A p-value as it stands in a sentence: ``p_value(0.0004) == 'p < 0.001'``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def money(x: float, currency: str) -> str:
    """An amount: whole from 100 upwards, two decimals below unless it is whole.

    >>> money(31000, "USD"), money(-0.5, "EUR"), money(12, "CHF")
    ('$31,000', '−€0.50', 'CHF 12')
    """
    whole = currency in _WHOLE or abs(x) >= 99.995 or float(x).is_integer()
    return _amount(x, currency, 0 if whole else 2)


def price(e: Estimate) -> str:
    """A small amount with as many decimals as its lower limit needs for two digits that count, and
    at least cents: ``€0.0031 (0.0027 to 0.0036)``."""
    currency = e.unit.split(" ")[0]
    decimals = next((d for d in range(2, 8) if round(e.low * 10**d) >= 10), 8)
    low, high = number(e.low, decimals), number(e.high, decimals)
    value = _amount(e.value, currency, decimals)
    return f"{value} ({low} to {high})" if low != high else value


def capital(text: str) -> str:
    """`text` as a sentence begins; names within it keep their letters."""
    return text[:1].upper() + text[1:]


def group(names: Mapping[str, str] | None) -> str:
    """``race Black``, ``race Black, sex female``, or ``everyone``."""
    return ", ".join(f"{key} {value}" for key, value in (names or {}).items()) or "everyone"


def natural(e: Estimate) -> str:
    """A share as a natural frequency with its interval; other units as `brief` says them.

    The denominator is the smallest of 100, 1,000 and 10,000 at which value and interval stay
    apart (Gigerenzer, *Risk Savvy*: people reason better about 18 of 100 than about 18 %).

    >>> natural(Estimate(measure="recall", value=.18, low=.15, high=.21, n=600, method="Wilson"))
    '18 of 100 (15 to 21)'
    """
    if e.unit != "share":
        return brief(e)
    if e.n == 0:
        return "none seen"
    if e.value <= 0:
        return _none(e)
    if e.value >= 1:
        return _all(e)
    whole = _denominator(e)
    value, low, high = (_half_up(x * whole) for x in (e.value, e.low, e.high))
    if value < 1:
        return f"fewer than 1 of {count(whole)} (at most {count(math.ceil(e.high * whole))})"
    if value >= whole:
        return (
            f"more than {count(whole - 1)} of {count(whole)} "
            f"(at least {count(math.floor(e.low * whole))})"
        )
    if e.low == e.high:
        return f"{count(value)} of {count(whole)}"
    least = "under 1" if low < 1 and e.low > 0 else count(low)
    most = f"over {count(whole - 1)}" if high >= whole and e.high < 1 else count(high)
    return f"{count(value)} of {count(whole)} ({least} to {most})"


def brief(e: Estimate) -> str:
    """Value and interval for a table or a label, all three with the same decimals.

    >>> brief(Estimate(measure="impact_ratio", value=3.1, low=2.5, high=3.8, n=99, unit="ratio",
    ...                method="log"))
    '3.1 (2.5–3.8)'
    """
    if e.unit == "share" and e.low == e.high:
        return percent(e.value)
    if e.unit == "share":
        return _interval(e, scale=100, least=0, suffix=" %", near_edge=True)
    if e.unit == "difference":
        noun = " point" if _half_up(abs(100 * e.value), 1) == 1 else " points"
        return _interval(e, scale=100, least=1, suffix=noun, signed=True)
    if e.unit == "ratio":
        return _interval(e, least=2 if abs(e.value) < 2 else 1 if abs(e.value) < 10 else 0)
    if e.unit == "score":
        return _interval(e, least=2, most=4)
    if e.unit == "count":
        return _interval(e, least=0, most=0)
    if found := _MONEY_UNIT.match(e.unit):
        return _money_interval(e, found[1])
    widest = max(abs(e.value), abs(e.low), abs(e.high))
    least = 0 if widest >= 100 or all(map(float.is_integer, (e.value, e.low, e.high))) else 1
    return _interval(e, least=least, suffix=" " + _unit_for(number(e.value, least), e.unit))


def outcome_bar(comparison: Comparison, unit: str) -> str:
    """What the estimate was held against: ``policy allows at most 1.25``."""
    asks = "allows at most" if comparison.direction == "at_most" else "asks for at least"
    return f"policy {asks} {bar_value(comparison.bar, unit)}"


def bar_value(bar: float, unit: str) -> str:
    """A threshold in its unit, with no decimals it does not need."""
    if unit == "share":
        return f"{number(round(100 * bar, 4))} %"
    if unit == "difference":
        points = number(round(100 * bar, 4))
        return f"{points} {'point' if points == '1' else 'points'}"
    if found := _MONEY_UNIT.match(unit):
        return money(bar, found[1])
    text = number(bar)
    return text if unit in {"ratio", "score", "count"} else f"{text} {_unit_for(text, unit)}"


def _none(e: Estimate) -> str:
    subject = f"none of the {count(e.n)}" if e.n > 1 else "0 of 1"
    if e.high <= 0:
        return subject
    whole = next((d for d in _DENOMINATORS if e.high * d >= 1), _DENOMINATORS[-1])
    return f"{subject} (at most {count(max(1, _half_up(e.high * whole)))} of {count(whole)})"


def _all(e: Estimate) -> str:
    subject = f"all of the {count(e.n)}" if e.n > 1 else "1 of 1"
    if e.low >= 1:
        return subject
    whole = next((d for d in _DENOMINATORS if (1 - e.low) * d >= 1), _DENOMINATORS[-1])
    least = min(whole - 1, _half_up(e.low * whole))
    return f"{subject} (at least {count(least)} of {count(whole)})"


def _denominator(e: Estimate) -> int:
    """Smallest denominator that keeps value and interval apart; a larger one where the interval's
    end would round to none or all, as long as few rows do not feign precision."""

    def apart(whole: int) -> bool:
        value, low, high = (_half_up(x * whole) for x in (e.value, e.low, e.high))
        return (low < value or e.low == e.value) and (value < high or e.high == e.value)

    def ends_seen(whole: int) -> bool:
        low, high = _half_up(e.low * whole), _half_up(e.high * whole)
        return (low >= 1 or e.low <= 0) and (high < whole or e.high >= 1)

    fitting = [d for d in _DENOMINATORS if apart(d) and 0 < _half_up(e.value * d) < d]
    if not fitting:
        return _DENOMINATORS[-1]
    better = [
        d
        for d in fitting
        if ends_seen(d)
        and (d == 100 or (2 * d <= 10 * e.n and min(e.value, 1 - e.value) * d <= 100))
    ]
    return better[0] if better and better[0] <= 10 * fitting[0] else fitting[0]


def _interval(
    e: Estimate,
    *,
    least: int,
    most: int = 3,
    scale: float = 1,
    suffix: str = "",
    signed: bool = False,
    near_edge: bool = False,
) -> str:
    value, low, high = (scale * x for x in (e.value, e.low, e.high))
    decimals = _decimals((value, low, high), least, most, near_edge)

    def show(x: float) -> str:
        text = number(x, decimals)
        return f"+{text}" if signed and _half_up(x, decimals) > 0 else text

    shown = f"{show(value)}{suffix}"
    if e.low == e.high:
        return shown
    if low < 0:
        return f"{shown} ({show(low)} to {show(high)})"
    return f"{shown} ({number(low, decimals)}–{number(high, decimals)})"


def _money_interval(e: Estimate, currency: str) -> str:
    widest = max(abs(e.low), abs(e.high))
    step = 1.0
    if widest >= 10_000 and e.high > e.low:
        step = 10.0 ** max(0, math.floor(math.log10(e.high - e.low)) - 1)
    value, low, high = (
        _half_up(x / step) * step if step > 1 else x for x in (e.value, e.low, e.high)
    )
    decimals = 0 if currency in _WHOLE or widest >= 100 else 2
    shown = _amount(value, currency, decimals)
    if e.low == e.high:
        return shown
    joint = " to " if e.low < 0 else "–"
    return f"{shown} ({number(low, decimals)}{joint}{number(high, decimals)})"


def _amount(x: float, currency: str, decimals: int) -> str:
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    text = number(abs(x), decimals)
    negative = x < 0 and any(digit in text for digit in "123456789")
    return f"{MINUS if negative else ''}{symbol}{text}"


def _decimals(values: tuple[float, float, float], least: int, most: int, near_edge: bool) -> int:
    """Fewest decimals at which the ends of the interval differ from the value."""
    value, low, high = values
    for decimals in range(least, most + 1):
        v, lo, hi = (_half_up(x, decimals) for x in values)
        apart = (lo < v or low == value) and (v < hi or high == value)
        hidden = near_edge and ((v == 0 and value > 0) or (v == 100 and value < 100))
        if apart and not hidden:
            return decimals
    return most


def _unit_for(shown: str, unit: str) -> str:
    """``weeks`` becomes ``week`` after a plain 1."""
    first, _, rest = unit.partition(" ")
    if shown == "1" and first.endswith("s") and not first.endswith("ss"):
        first = first[:-1]
    return f"{first} {rest}".strip()


def _trimmed(x: float) -> str:
    digits = max(0, 5 - math.floor(math.log10(abs(x)))) if x else 0
    return f"{x:,.{min(digits, 12)}f}".rstrip("0").rstrip(".")


def _half_up(x: float, decimals: int = 0) -> float:
    """Round half away from zero, as people do (Python rounds 0.5 to 0)."""
    scale = 10**decimals
    rounded = math.floor(abs(x) * scale + 0.5 + 1e-9) / scale
    return math.copysign(rounded, x)
