"""What is said of quality over time: sentences, table and a line in its band."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, table
from playbook.evidence.words import brief, capital, count, natural, number, p_value, plural

if TYPE_CHECKING:
    import pandas as pd

    from playbook.evidence.counts import Window
    from playbook.evidence.overtime import OverTime, Stretch

MOST_LISTED = 40
_FORMATS = {"year": "%Y", "quarter": "%b %Y", "month": "%b %Y", "week": "%d %b", "day": "%d %b"}


def summary(found: OverTime) -> Html:
    """Where it was best and worst, whether it becomes worse, and what is left out."""
    judged = [w for w in found.windows if w.error]
    best = min(judged, key=_value)
    worst = max(judged, key=_value)
    lines = []
    if worst is not best:
        lines.append(
            f"{capital(_in(best, found))} {_off(best, found)}, the best; {_in(worst, found)} "
            f"{_off(worst, found, again=True)}, the worst."
        )
    lines += _trend(found)
    early, late = found.halves
    if early.bias and late.bias:
        lines.append(
            f"On average predictions were {_lean(early)} in the earlier half, and {_lean(late)} "
            "in the later."
        )
    lines.append(
        "That holds for the time in the table; a season, a rule or a price that it has not seen "
        "may change it."
    )
    thin = len(found.windows) - len(judged)
    if thin:
        lines.append(f"{plural(thin, found.window + ' has', found.window + 's have')} too few "
                     f"{found.words.cases} to judge.")  # fmt: skip
    if found.undated:
        lines.append(f"{plural(found.undated, 'row', 'rows')} without a time left out.")
    return sentences(lines)


def table_of(found: OverTime) -> Html:
    """Every window, the latest 40."""
    shown = found.windows[-MOST_LISTED:]
    amounts, ranked = found.task == "amounts", any(w.auc for w in found.windows)
    header = [found.window.capitalize(), "n", "Off by" if amounts else "Decided wrongly"]
    header += ["Mean error (bias)"] if amounts else ["AUC"] if ranked else []

    def row(name: str, w: Stretch) -> list[str]:
        more = [w.bias] if amounts else [w.auc] if ranked else []
        return [name, count(w.n), brief(w.error) if w.error else "too few to judge",
                *(brief(e) if e else "" for e in more)]  # fmt: skip

    body = [row(said(w.start, found.window), w) for w in shown]
    body += [row(name, w) for name, w in zip(("Earlier half", "Later half"), found.halves,
                                              strict=True)]  # fmt: skip
    note = "Intervals allow for good and bad days: cases of one day are not independent."
    if ranked and not amounts:
        note += " Those of the AUC do not."
    if amounts:
        note += " Bias above 0: predictions too high."
    if found.change and found.p is not None:
        note += f" Later minus earlier half: {brief(found.change)}, {p_value(found.p)}."
    if len(found.windows) > len(shown):
        note += f" {count(len(found.windows) - len(shown))} earlier ones not shown."
    return table("Quality over time", header, body, numeric=range(1, len(header)), note=note)


def chart(found: OverTime) -> Html:
    """The error by window, inside its interval."""
    import pandas as pd

    from playbook.evidence.lines import band

    judged = [(w, w.error) for w in found.windows if w.error]
    frame = pd.DataFrame({
        "x": [w.start for w, _ in judged], "value": [e.value for _, e in judged],
        "low": [e.low for _, e in judged], "high": [e.high for _, e in judged],
    })  # fmt: skip
    amounts = found.task == "amounts"
    what = "Predictions become worse" if found.worse else "Predictions become better"
    title = what if found.worse or found.better else "No sure change from earlier to later"
    if found.change:
        title += f": {brief(found.change)}"
    unit = found.words.unit or "units"
    years = {w.start.year for w, _ in judged}
    x_title, x_format = str(found.window), _FORMATS[found.window]
    if found.window == "month" and len(years) == 1:
        x_title, x_format = f"month of {years.pop()}", "%b"
    y_title = f"Off by, {unit} on average" if amounts else "Share decided wrongly"
    return band(
        frame, title=title, x_title=x_title, y_title=y_title,
        x_format=x_format, y_format=",.1~f" if amounts else ".1%",
        caption=f"By {found.window}; the band is the interval.",
    )  # fmt: skip


def said(start: pd.Timestamp, window: Window) -> str:
    """As a reader says it: ``July 2013``."""
    if window == "year":
        return str(start.year)
    if window == "quarter":
        return f"quarter {start.quarter} of {start.year}"
    if window == "month":
        return f"{start:%B} {start.year}"
    day = f"{start.day} {start:%B} {start.year}"
    return f"week from {day}" if window == "week" else day


def _trend(found: OverTime) -> list[str]:
    early, late = found.halves
    if not (found.change and found.p is not None and early.error and late.error):
        return ["The earlier or the later half has too few rows to tell whether it becomes worse."]
    told = (
        f"a prediction was off by {brief(early.error)} on average, from then on by "
        f"{brief(late.error)}"
        if found.task == "amounts"
        else f"{natural(early.error)} {found.words.cases} were decided wrongly, from then on "
        f"{natural(late.error)}"
    )
    how = "That difference may be chance."
    if found.worse or found.better:
        how = f"That is surely {'worse' if found.worse else 'better'}."
    until = said(late.start, found.window)
    return [f"Before {_the(until, found.window)} {told}: {brief(found.change)}, "
            f"{p_value(found.p)}. {how}"]  # fmt: skip


def _off(w: Stretch, found: OverTime, again: bool = False) -> str:
    assert w.error is not None  # only windows that can be judged are compared
    if found.task == "amounts":
        return f"by {brief(w.error)}" if again else f"a prediction was off by {brief(w.error)}"
    return (
        natural(w.error)
        if again
        else f"{natural(w.error)} {found.words.cases} were decided wrongly"
    )


def _in(w: Stretch, found: OverTime) -> str:
    joint = "on" if found.window == "day" else "in"
    return f"{joint} {_the(said(w.start, found.window), found.window)}"


def _the(name: str, window: Window) -> str:
    return f"the {name}" if window in {"week", "quarter"} else name


def _lean(w: Stretch) -> str:
    assert w.bias is not None  # asked before
    if w.bias.low <= 0 <= w.bias.high:
        return "neither too high nor too low for sure"
    way = "high" if w.bias.value > 0 else "low"
    unit = w.bias.unit
    return f"{number(abs(w.bias.value), 1)} {unit} too {way}"


def _value(w: Stretch) -> float:
    assert w.error is not None  # only windows that can be judged are compared
    return w.error.value
