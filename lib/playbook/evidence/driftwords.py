"""Drift in words, tables and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.intervals import rate

if TYPE_CHECKING:
    import pandas as pd

    from playbook.evidence.drift import Drift
    from playbook.evidence.driftrows import WindowDrift

_TOLD = 3
_FORMATS = {"year": "%Y", "quarter": "%b %Y", "month": "%b %Y", "week": "%d %b %Y",
            "day": "%d %b %Y"}  # fmt: skip


def summary(d: Drift) -> Html:
    """Plain sentences: what moved, by how much, and whether decisions became worse."""
    first = when(d, d.reference)
    spans = len({r.start for r in d.rows})
    lines = [
        f"{words.plural(len(d.columns), 'column', 'columns')} in "
        f"{words.plural(spans, d.window, d.window + 's')} compared with {first} "
        f"({words.plural(d.reference_n, 'row', 'rows')})."
    ]
    moved = _moved(d)
    lines += [_sentence(d, row) for row in moved[:_TOLD]]
    if moved[_TOLD:]:
        lines.append(f"Moved as well: {', '.join(r.column for r in moved[_TOLD:])}.")
    if not moved:
        lines.append(f"No column has surely moved by an index of {words.number(d.size)} or more.")
    names = {r.column for r in moved}
    slight = {r.column for r in d.rows if r.beyond_chance} - names
    if slight:
        lines.append(
            f"{words.plural(len(slight), 'column', 'columns')} moved by more than chance, but not "
            f"surely by that much: {', '.join(sorted(slight)[: 2 * _TOLD])}."
        )
    unsure = {r.column for r in d.rows if r.open} - names - slight
    if unsure:
        lines.append(
            f"For {words.plural(len(unsure), 'column', 'columns')} there are too few rows to tell."
        )
    return sentences(lines + _performance(d) + _left_out(d))


def columns_table(d: Drift) -> Html:
    """Each column's furthest window."""
    rows = []
    for column in d.columns:
        row = d.worst(column)
        if row is None:
            continue
        verdict = (
            "moved" if row.flagged else "too few rows to tell" if row.open
            else "moved a little" if row.beyond_chance else "within chance"
        )  # fmt: skip
        rows.append([
            column, when(d, row.start), words.count(row.psi.n), words.brief(row.psi),
            _small(row.distance.chance_95), words.p_value(row.p), words.brief(row.js),
            words.brief(row.ks) if row.ks else "", verdict,
        ])  # fmt: skip
    header = ["Column", "Furthest in", "n", "Stability index", "By chance", "p",
              "Jensen–Shannon", "Kolmogorov–Smirnov", "Verdict"]  # fmt: skip
    note = (
        f"Stability index (PSI): 0 is no change; above {words.number(d.size)} counts. By chance: "
        "95 of 100 such comparisons stay below where nothing changed. p-values are corrected for "
        "the number of comparisons (Holm)."
    )
    caption = f"How far columns have moved since {when(d, d.reference)}"
    return table(caption, header, rows, numeric=range(2, 8), note=note)


def performance_table(d: Drift) -> Html:
    """One line per window."""
    if not d.performance:
        return sentences(["Without labels, or a time, performance by window is unknown."])
    shown = ("accuracy", "recall", "precision", "auc")
    known = [m for m in shown if any(p.get(m) for p in d.performance)]
    rows = []
    for one in d.performance:
        found = [one.get(m) for m in known]
        rows.append([
            when(d, one.start), words.count(found[0].n if found[0] else 0),
            *(words.brief(e) if e else "" for e in found),
            words.brief(one.change) if one.change else "",
            words.p_value(one.p) if one.p is not None else "",
        ])  # fmt: skip
    named = ["AUC" if m == "auc" else m.capitalize() for m in known]
    header = [d.window.capitalize(), "n", *named, "Accuracy, change", "p"]
    note = f"Change: against {when(d, d.reference)}; p-values corrected (Holm)."
    caption = f"Performance by {d.window}"
    return table(caption, header, rows, numeric=range(1, len(header)), note=note)


def chart(d: Drift) -> Html:
    """The columns that moved most, and the chance level of the noisiest of them."""
    import pandas as pd

    from playbook.evidence.lines import band

    moved = _moved(d)
    ranked = sorted((r for c in d.columns if (r := d.worst(c))), key=lambda r: -r.psi.low)
    shown = [r.column for r in moved[:_TOLD] or ranked[:1]]
    rows = [
        {"series": r.column, "x": r.start, "value": r.psi.value, "low": r.psi.low,
         "high": r.psi.high}
        for r in d.rows if r.column in shown
    ]  # fmt: skip
    for start in sorted({r.start for r in d.rows}):
        level = max(r.distance.chance_95 for r in d.rows if r.column in shown and r.start == start)
        told = {"series": "chance alone stays below", "x": start}
        rows.append(told | {"value": level, "low": level, "high": level})
    title = (
        f"{moved[0].column} has moved furthest since {when(d, d.reference)}: "
        f"{words.brief(moved[0].psi)} in {when(d, moved[0].start)}"
        if moved
        else f"No column has surely moved by {words.number(d.size)} since {when(d, d.reference)}"
    )
    caption = (
        f"Population Stability Index, 0 is no change; above {words.number(d.size)} counts. Drawn: "
        f"{words.plural(len(shown), 'column', 'columns')} of {len(d.columns)}."
    )
    return band(
        pd.DataFrame(rows), title=title, x_title=d.window, y_title="stability index",
        x_format=_FORMATS[d.window], y_format=".2f" if _widest(rows) >= 0.1 else ".3f",
        caption=caption,
    )  # fmt: skip


def performance_chart(d: Drift) -> Html:
    """Accuracy by window with its band."""
    import pandas as pd

    from playbook.evidence.lines import band

    found = [(one.start, e) for one in d.performance if (e := one.get("accuracy"))]
    frame = pd.DataFrame(
        [{"x": start, "value": e.value, "low": e.low, "high": e.high} for start, e in found],
        columns=["x", "value", "low", "high"],
    )
    worse = [one for one in d.performance if one.worse]
    lowest = min(worse, key=lambda one: one.change.high if one.change else 0, default=None)
    title = f"Accuracy has nowhere clearly fallen below that of {when(d, d.reference)}"
    if lowest and (e := lowest.get("accuracy")):
        title = f"Accuracy was lower in {when(d, lowest.start)}: {words.natural(e)}"
    return band(
        frame, title=title, x_title=d.window, y_title="decided rightly",
        x_format=_FORMATS[d.window], y_format=".1%",
    )  # fmt: skip


def when(d: Drift, start: pd.Timestamp) -> str:
    """The name of a window: *Mar 2026*, *Q1 2026*, *the week of 2 Mar 2026*."""
    if d.window == "quarter":
        return f"Q{start.quarter} {start.year}"
    named = start.strftime(_FORMATS[d.window]).removeprefix("0")
    return f"the week of {named}" if d.window == "week" else named


def _moved(d: Drift) -> list[WindowDrift]:
    """Each flagged column once, in its furthest window, the furthest first."""
    first: dict[str, WindowDrift] = {}
    for row in d.flagged:
        first.setdefault(row.column, row)
    return list(first.values())


def _sentence(d: Drift, row: WindowDrift) -> str:
    before, now, name = _most_changed(d, row)
    return (
        f"{row.column} has moved: “{name}” held {words.natural(before)} rows in "
        f"{when(d, d.reference)} and {words.natural(now)} in {when(d, row.start)} (stability index "
        f"{words.brief(row.psi)}; chance alone stays under {_small(row.distance.chance_95)})."
    )


def _most_changed(d: Drift, row: WindowDrift) -> tuple[Estimate, Estimate, str]:
    counts = d.binned[row.column].counts
    at, then = (counts.loc[start].to_numpy() for start in (d.reference, row.start))
    most = int(abs(then / then.sum() - at / at.sum()).argmax())
    before, now = (rate("bin_share", int(side[most]), int(side.sum())) for side in (at, then))
    assert before is not None
    assert now is not None
    return before, now, str(counts.columns[most])


def _performance(d: Drift) -> list[str]:
    if not d.performance:
        return []
    compared = [one for one in d.performance if one.change]
    worse = [one for one in compared if one.worse]
    if not compared:
        return []
    if not worse:
        return [f"In no {d.window} are decisions clearly less often right than in "
                f"{when(d, d.reference)}."]  # fmt: skip
    lowest = min(worse, key=lambda one: one.change.high if one.change else 0)
    e, change = lowest.get("accuracy"), lowest.change
    assert e is not None
    assert change is not None
    return [
        f"Decisions are less often right in {len(worse)} of {len(compared)} {d.window}s; most so "
        f"in {when(d, lowest.start)}: {words.natural(e)}, {words.brief(change)} against "
        f"{when(d, d.reference)} ({words.p_value(lowest.p or 0.0)})."
    ]


def _left_out(d: Drift) -> list[str]:
    lines = []
    if d.undated:
        lines.append(f"{words.plural(d.undated, 'row', 'rows')} without a time left out.")
    if d.thin:
        lines.append(
            f"{words.plural(d.thin, d.window, d.window + 's')} with fewer than 30 rows left out."
        )
    if d.skipped:
        lines.append(f"Not watched, as they hold dates or lists: {', '.join(d.skipped)}.")
    return lines


def _small(x: float) -> str:
    return words.number(float(f"{x:.2g}"))


def _widest(rows: list[dict[str, object]]) -> float:
    return max((float(str(row["high"])) for row in rows), default=0.0)
