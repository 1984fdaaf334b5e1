"""All thresholds as one table of texts and numbers, for a browser that only looks them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence import theme, tradeoffwords, words
from playbook.evidence.roles import MISSING

if TYPE_CHECKING:
    from playbook.evidence.threshold_effects import ThresholdEffects
    from playbook.evidence.tradeoffs import Tradeoffs

_MOST_GROUPS = 24
_HURTS = "wrongly_denied_rate"


def payload(t: Tradeoffs) -> dict[str, Any]:
    """See `Tradeoffs.payload`."""
    places = range(len(t.labels))
    return {
        "thresholds": [round(x, 9) for x in t.frame["threshold"].tolist()],
        "x_ticks": [[x, f"{x:g}"] for x in _ticks(*t.frame["threshold"].iloc[[0, -1]])],
        "legend": "Threshold: from which score is "
        f"{tradeoffwords.article(t.words.case)} {t.words.positive}?",
        "labels": t.labels,
        "today": t.current,
        "best": t.best,
        "case": t.words.case,
        "said": [tradeoffwords.said(t, place) for place in places],
        "counts": [[words.count(n) for n in row] for row in t.frame.iloc[:, 1:5].to_numpy()],
        "kinds": _kinds(t),
        "money": _money(t) if t.values else None,
        "no_money": t.no_money,
        "groups": [_groups(t, effects) for effects in t.groups],
        "no_groups": t.no_groups,
    }


def _kinds(t: Tradeoffs) -> list[str]:
    good, bad = t.words.positive, t.words.negative
    return [f"rightly {good}", f"wrongly {good}", f"rightly {bad}", f"wrongly {bad}"]


def _money(t: Tradeoffs) -> dict[str, Any]:
    sides = {
        side: [round(float(getattr(e, side)), 6) for e in t.values]
        for side in ("value", "low", "high")
    }
    currency = t.money.currency if t.money else ""
    ends = min(sides["low"]), max(sides["high"])
    marks = {t.current: "today", t.best: "worth most"}
    told = [
        f"{name} {t.labels[place]}: {words.brief(t.values[place])}"
        for place, name in marks.items()
        if place is not None
    ]
    first, last = (f"{t.labels[p]}: {words.brief(t.values[p])}" for p in (0, -1))
    alt = (
        f"Money per decision over the threshold, with its interval. Starts at {first}; "
        f"ends at {last}"
    )
    return {
        **sides,
        "said": [tradeoffwords.worth(t, place) for place in range(len(t.labels))],
        "ticks": [[tick, words.money(tick, currency)] for tick in _ticks(*ends)],
        "title": tradeoffwords.finding(t),
        "alt": "; ".join([alt, *told]) + ".",
        "axis": f"{currency} per decision",
    }


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers inside the range."""
    if not high > low:
        return [round(low, 6)]
    rough = (high - low) / 4
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * min((1, 2, 5, 10), key=lambda k: abs(k * power - rough))
    steps = np.arange(np.ceil(low / step), np.floor(high / step) + 1)
    return [round(float(k * step), 9) for k in steps]


def _groups(t: Tradeoffs, effects: ThresholdEffects) -> dict[str, Any]:
    """One column's groups, those large enough with their rate at each threshold; small ones are
    named only."""
    frame, column = effects.frame, effects.column
    names = list(dict.fromkeys(frame["group"]))
    first = frame.drop_duplicates("group").set_index("group")
    size = first[["n", "n_favourable"]].min(axis=1).round()
    large = [name for name in names if size[name] >= max(effects.minimum_n, 1)]
    few = [name for name in names if name not in large]
    drawn = set(sorted(large, key=lambda name: -first["n"][name])[:_MOST_GROUPS])
    told: dict[tuple[str, str], Estimate] = {
        (e.group[column], e.group["threshold"]): e
        for e in effects.estimates
        if e.measure == _HURTS and e.group
    }
    points = [f"{x:.12g}" for x in t.frame["threshold"].tolist()]
    rows, found = [], {}
    for name in large:
        if name not in drawn:
            continue
        rates = found[name] = [told.get((name, point)) for point in points]
        rows.append(
            {
                "name": theme.label(name, 80),
                "n": words.count(first["n_favourable"][name]),
                **{
                    side: [round(getattr(e, side), 4) if e else None for e in rates]
                    for side in ("value", "low", "high")
                },
                "said": [words.brief(e) if e else "–" for e in rates],
            }
        )
    notes = []
    if few:
        listed = ", ".join(theme.label(name, 80) for name in few[:_MOST_GROUPS])
        notes.append(
            f"Too few to judge, and so not drawn: {listed}. At least "
            f"{words.count(effects.minimum_n)} {t.words.cases} who should be "
            f"{effects.favourable} are needed of each."
        )
    if len(large) > len(drawn):
        notes.append(f"The {len(drawn)} largest of {len(large)} groups are shown.")
    return {
        "titles": [_apart(effects, found, place) for place in range(len(points))],
        "of": f"Should be {effects.favourable}",
        "share": f"Of these, wrongly {effects.unfavourable}",
        "rows": rows,
        "note": " ".join(notes),
    }


def _apart(effects: ThresholdEffects, found: dict[str, list[Estimate | None]], place: int) -> str:
    """Which groups are furthest apart in the error that hurts, where the intervals show it."""
    what = f"Wrongly {effects.unfavourable}, by {effects.column.replace('_', ' ')}"
    rates = {name: e for name, told in found.items() if (e := told[place])}
    named = [name for name in rates if name != MISSING]
    if len(rates) < 2 or not named:
        return what
    least = min(named, key=lambda name: rates[name].value)
    most = max((name for name in rates if name != least), key=lambda name: rates[name].value)
    if rates[most].low <= rates[least].high:
        return f"{what}: no clear difference"
    told = [f"{theme.label(name)} {words.brief(rates[name])}" for name in (most, least)]
    return f"{what}: {told[0]}, against {told[1]}"
