"""Thresholds in sentences, and a few of them in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table

if TYPE_CHECKING:
    from playbook.evidence.tradeoffs import Tradeoffs

_SHARES = (0.05, 0.2, 0.5)
_THOUSAND = 1_000


def said(t: Tradeoffs, place: int) -> list[str]:
    """What a threshold does, in natural frequencies."""
    w = t.words
    positive, wrong, missed = (t.rates[m][place] for m in t.rates)
    lines = [f"Of all {w.cases}, {_of(positive)} are {w.positive}."]
    errors = [
        f"Of those {w.who} should be {w.negative}, {_of(wrong)} are wrongly {w.positive}.",
        f"Of those {w.who} should be {w.positive}, {_of(missed)} are wrongly {w.negative}.",
    ]
    # First the error that takes the good outcome from somebody.
    return lines + (errors[::-1] if t.favourable_is_positive else errors)


def worth(t: Tradeoffs, place: int) -> list[str]:
    """What a decision is worth there, per decision and against today's threshold."""
    if not t.values:
        return [t.no_money]
    value = t.values[place]
    many = words.brief(_thousandfold(value))
    lines = [f"A decision is worth {words.brief(value)}; 1,000 decisions are worth {many}."]
    gain = t.gains[place]
    if t.current is None:
        return lines
    today = f"today's threshold of {t.labels[t.current]}"
    if gain is None:
        return [*lines, f"This is {today}."]
    more = _thousandfold(gain)
    if gain.low > 0:
        lines.append(f"1,000 decisions bring {words.brief(more)} more than at {today}.")
    elif gain.high < 0:
        lines.append(f"1,000 decisions bring {words.brief(_flipped(more))} less than at {today}.")
    elif gain.low == gain.high:
        lines.append(f"That is what {today} brings: every case is decided alike.")
    else:
        lines.append(
            f"Against {today}, 1,000 decisions bring {words.brief(more)}: these rows and ranges "
            "do not settle which of the two is better."
        )
    sweep = t.money.sweep if t.money else None
    if place == t.best and sweep is not None and sweep.gain is not None:
        lines.append(
            "The best of many thresholds owes part of its lead to luck. Without that part it "
            f"brings {words.brief(_thousandfold(sweep.gain))} per 1,000 decisions against today's."
        )
    return lines


def finding(t: Tradeoffs) -> str:
    """What the curve of money shows, as a title."""
    sweep = t.money.sweep if t.money else None
    if sweep is None or t.best is None:
        return ""
    best = t.labels[t.best]
    if t.current is None:
        return f"A decision is worth most from a score of {best}"
    if sweep.gain is not None and sweep.gain.low > 0:
        return f"Moving the threshold from {t.labels[t.current]} to {best} pays"
    return "No other threshold clearly pays better than today's"


def summary(t: Tradeoffs) -> Html:
    """See `Tradeoffs.summary`."""
    place = t.current if t.current is not None else t.best
    if place is None:
        return sentences(["The decisions follow from no single threshold.", t.no_money])
    w = t.words
    head = f"From a score of {t.labels[place]} upwards, {article(w.case)} is {w.positive}."
    return sentences([head, *said(t, place), *worth(t, place)])


def table_of(t: Tradeoffs) -> Html:
    """See `Tradeoffs.table`."""
    w = t.words
    header = ["Threshold", w.positive.capitalize(), f"Wrongly {w.positive}",
              f"Wrongly {w.negative}"]  # fmt: skip
    if t.values:
        header += ["Worth per decision", "1,000 decisions, against today"]
    rows = []
    for place in shown(t):
        names = [t.labels[place]]
        names += ["today"] * (place == t.current) + ["worth most"] * (place == t.best)
        row = [", ".join(names), *(words.brief(e) if e else "–" for e in _at(t, place))]
        if t.values:
            gain = t.gains[place]
            row += [words.brief(t.values[place]), words.brief(_thousandfold(gain)) if gain else "–"]
        rows.append(row)
    note = (
        f"{article(w.case).capitalize()} is {w.positive} from the threshold upwards. Wrongly "
        f"{w.positive}: share of those {w.who} should be {w.negative}; wrongly {w.negative}: of "
        f"those {w.who} should be {w.positive}. {t.no_money}"
    ).strip()
    numeric = range(1, len(header))
    return table("Five thresholds beside each other", header, rows, numeric, note)


def shown(t: Tradeoffs) -> list[int]:
    """Places of today's threshold, the best one, and others at which few, some and half of the
    cases are positive: five where there are as many."""
    share = np.array([e.value if e else 0.0 for e in t.rates["positive_rate"]])
    found = [p for p in (t.current, t.best) if p is not None]
    for wanted in (*_SHARES, 0.1, 0.35, 0.7):
        nearest = int(np.argmin(np.abs(share - wanted)))
        if nearest not in found and len(found) < 5:
            found.append(nearest)
    return sorted(found)


def _at(t: Tradeoffs, place: int) -> list[Estimate | None]:
    return [rates[place] for rates in t.rates.values()]


def _of(e: Estimate | None) -> str:
    return words.natural(e) if e else "none seen"


def article(noun: str) -> str:
    """``an applicant``, ``a customer``."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _thousandfold(e: Estimate) -> Estimate:
    sides = {side: getattr(e, side) * _THOUSAND for side in ("value", "low", "high")}
    unit = e.unit.replace("per decision", "per 1,000 decisions")
    return e.model_copy(update={**sides, "unit": unit})


def _flipped(e: Estimate) -> Estimate:
    return e.model_copy(update={"value": -e.value, "low": -e.high, "high": -e.low})
