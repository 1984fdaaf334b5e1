"""What is said of kinds of cases: sentences, tables and a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.words import brief, capital, count, group, natural, p_value, percent, plural

if TYPE_CHECKING:
    from playbook.estimate import Estimate
    from playbook.evidence.segments import Segment, Segments

MOST_TOLD, MOST_DRAWN, MOST_LISTED = 3, 12, 25
_MOSTLY = 0.6


def summary(found: Segments) -> Html:
    """Which kinds of cases fare worst, beside all others; what chance does; what is too small."""
    cases = found.words.cases
    if found.task == "amounts":
        lines = [f"Over all {cases}, a prediction is off by {brief(found.overall)} on average."]
    else:
        lines = [f"Over all, {natural(found.overall)} {cases} are decided wrongly."]
    worse, looked = found.worse, len(found.rows)
    lines += [_said(row, found) for row in worse[:MOST_TOLD]]
    if len(worse) > MOST_TOLD:
        more = len(worse) - MOST_TOLD
        verb = "kind of case is" if more == 1 else "kinds of cases are"
        lines.append(f"{count(more)} more {verb} surely worse off; the table lists them.")
    if not looked:
        lines.append("No kind of case has enough rows to be judged.")
    elif not worse:
        lines.append(
            f"Of {plural(looked, 'kind', 'kinds')} of cases looked at, none is surely worse off "
            "than all others. That is not proof that all fare alike."
        )
    if looked:
        lines.append(
            f"With {plural(looked, 'look', 'looks')}, chance alone makes some kinds of cases look "
            "bad, and the worst looks worse than it is. Only what stays after a correction for "
            "that (Holm's) is called surely worse."
        )
    if found.small:
        lines.append(
            f"{plural(found.too_small, 'kind of case is', 'kinds of cases are')} too small to "
            f"judge, with fewer than {count(found.minimum_n)} rows in or outside it: no news "
            "about them is not good news."
        )
    lines += [f"Not looked at: {name}, as {why}." for name, why in found.skipped.items()]
    return sentences(lines)


def table_of(found: Segments) -> Html:
    """The worst 25 segments beside all others, then those too small to judge."""
    if not found.rows:
        return _small(found)
    shown = found.rows[:MOST_LISTED]
    body = [
        [group(row.group).replace("_", " "), count(row.n), *_figures(row),
         "surely worse" if row.surely_worse else ""]
        for row in shown
    ]  # fmt: skip
    what = "Off by" if found.task == "amounts" else "Decided wrongly"
    header = ["Kind of case", "n", what, "All others", "Difference", "p", "So"]
    note = (
        "Surely worse ones first, then by how much worse they are at the least (the lower end of "
        "the difference). One case is in one row for each column, so rows overlap. p-values are "
        f"corrected for all {count(len(found.rows))} comparisons (Holm). "
        "Intervals take each case as independent of the others."
    )
    if len(found.rows) > len(shown):
        left = len(found.rows) - len(shown)
        note += f" {plural(left, 'row', 'rows')} more, which fare better, not shown."
    main = table("Kinds of cases, worst first", header, body, numeric=(1, 2, 3, 4, 5), note=note)
    return stack(main, _small(found)) if found.small else main


def chart(found: Segments) -> Html:
    """The error of the worst segments beside that of all cases."""
    from playbook.evidence.figures import intervals as drawn

    if not found.rows:
        return sentences(["No kind of case has enough rows to be drawn."])

    worst, shown = found.worst, found.rows[:MOST_DRAWN]
    items = [(group(row.group), _bare(row.estimate)) for row in shown if row.estimate]
    title = "No kind of case is surely worse off than all others"
    if worst:
        title = f"{group(worst.group)}: {_short(worst, found)}"
    what = "Share decided wrongly"
    if found.task == "amounts":
        what = f"Mean absolute error ({found.overall.unit})"
    caption = f"{what} of the {plural(len(items), 'kind', 'kinds')} of cases that fare worst."
    if len(found.rows) > len(shown):
        caption += f" {count(len(found.rows))} were looked at."
    if found.small:
        verb = "is" if found.too_small == 1 else "are"
        caption += f" {count(found.too_small)} {verb} too small to judge and not drawn."
    return drawn(items, title=title, bar=found.overall.value,
                 bar_label=f"all {found.words.cases}", caption=caption,
                 emphasis=[group(row.group) for row in found.worse])  # fmt: skip


def _bare(e: Estimate) -> Estimate:
    """An amount without its unit, which the caption names: names of kinds of cases are long."""
    return e if e.unit == "share" else e.model_copy(update={"unit": "score"})


def _small(found: Segments) -> Html:
    shown = found.small[:MOST_LISTED]
    left = len(found.small) - len(shown)
    note = f"{plural(left, 'smaller one', 'smaller ones')} not shown." if left else ""
    return table(
        "Too small to judge", ["Kind of case", "n", "What can be said"],
        [[group(row.group), count(row.n), "too few to judge"] for row in shown],
        numeric=(1,), note=note,
    )  # fmt: skip


def _figures(row: Segment) -> list[str]:
    told = [brief(e) if e else "" for e in (row.estimate, row.others, row.gap)]
    return [*told, p_value(row.p) if row.p is not None else ""]


def _said(row: Segment, found: Segments) -> str:
    assert row.estimate is not None  # it was found to be worse
    assert row.others is not None
    cases, name = found.words.cases, group(row.group)
    mostly = _mostly(row, found)
    if found.task == "amounts":
        lean = f" Mostly it is {mostly}." if mostly else ""
        return (
            f"For {cases} with {name} a prediction is off by {brief(row.estimate)} on average; for "
            f"all others by {brief(row.others)}.{lean}"
        )
    told = natural(row.estimate)
    lean = f" Mostly they are {mostly}." if mostly else ""
    return (
        f"{capital(told)} {cases} with {name} are decided wrongly; of all others "
        f"{natural(row.others)}.{lean}"
    )


def _mostly(row: Segment, found: Segments) -> str | None:
    """Which error dominates, where one makes up at least six of ten."""
    share = max(row.over, row.under)
    if share < _MOSTLY:
        return None
    over = row.over > row.under
    if found.task == "amounts":
        return f"too {'high' if over else 'low'} ({percent(share)} of all {found.words.unit})"
    w = found.words
    return (
        f"wrongly “{w.positive if over else w.negative}” "
        f"({count(share * row.wrong)} of {count(row.wrong)})"
    )


def _short(row: Segment, found: Segments) -> str:
    assert row.estimate is not None
    if found.task == "amounts":
        return f"a prediction is off by {brief(row.estimate)} on average"
    return f"{natural(row.estimate)} {found.words.cases} are decided wrongly"
