"""What robustness says: sentences, table and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, table
from playbook.evidence.words import brief, count, natural, number, percent, plural

if TYPE_CHECKING:
    from playbook.estimate import Estimate
    from playbook.evidence.robustness import Change, Robustness

_MOST_DRAWN = 10
_SHORT = {
    "missing": "where {input} is missing",
    "at its median": "where {input} is replaced by its middle value",
    "commonest value": "where {input} is replaced by its commonest value",
    "noise of 0.1 SD": "where {input} is read a little unsteadily",
    "higher by 1 SD": "where {input} reads too high by as much as it usually varies",
    "higher by 2 SD": "where {input} reads too high by twice as much as it usually varies",
    "lower by 1 SD": "where {input} reads too low by as much as it usually varies",
    "lower by 2 SD": "where {input} reads too low by twice as much as it usually varies",
}
"""Said of one change; ``{input}`` is what was changed."""


def summary(found: Robustness) -> Html:
    """Whether the file is the model of the table; what harms it most; what it refuses."""
    lines = [] if found.reproduces else [_apart(found)]
    lines += [_as_is(found), _worst(found), *_missed(found), *_joint(found), *_refused(found)]
    if found.agreement and found.reproduces:
        lines.append(
            f"The model file gives the table's own result for {natural(found.agreement)} rows."
        )
    lines.append(_rows(found))
    if found.left_out:
        lines.append(
            f"Texts cannot be shifted, only left out or replaced: {', '.join(found.left_out)}."
        )
    return sentences(lines)


def table_of(found: Robustness) -> Html:
    """Every change with its intervals, worst first."""
    body = [
        [c.input, c.change, *(brief(e) if e else "" for e in (c.errors, c.missed, c.flip, c.loss)),
         brief(c.refused), count((c.loss or c.refused).n)]
        for c in found.changes
    ]  # fmt: skip
    loss = "Error more by" if _amounts(found) else "AUC lost"
    header = ["Input", "Change", "Wrong decisions more by", "Missed more by",
              "Decisions that change", loss, "No answer", "n"]  # fmt: skip
    keep = [i for i in range(len(header)) if i < 2 or any(row[i] for row in body)]
    as_is = ", ".join(f"{e.measure.replace('_', ' ')} {brief(e)}" for e in found.as_is)
    note = (
        f"The same {plural(found.n, 'row', 'rows')} before and after; as they are: {as_is}. "
        "SD: standard deviation of the input. 'Missing' gives the model no value, the median a "
        "plausible one. Not corrected for the number of changes tried. "
        f"File: {found.file}."
    )
    rows = [[row[i] for i in keep] for row in body]
    return table("Spoilt inputs, worst first", [header[i] for i in keep], rows,
                 numeric=range(2, len(keep)), note=note)  # fmt: skip


def chart(found: Robustness) -> Html:
    """How much worse each change makes it."""
    from playbook.evidence.figures import intervals as drawn

    worst = _worst_by_input(found)
    items = [(f"{c.input}: {c.change}", c.cost) for c in worst if c.cost]
    loud = [name for name, e in items if e.low > 0]
    title = _title(found)
    what = "Mean error" if _amounts(found) else "AUC lost"
    if found.threshold is not None:
        what = "Wrong decisions, in percentage points,"
    caption = f"{what} more than with the inputs as they are; the worst change of each input."
    return drawn(items, title=title, emphasis=loud, caption=caption, counts=False)


def _worst_by_input(found: Robustness) -> list[Change]:
    kept: dict[str, Change] = {}
    for change in found.answered:
        kept.setdefault(change.input, change)
    return list(kept.values())[:_MOST_DRAWN]


def _amounts(found: Robustness) -> bool:
    return any(e.measure == "mean_absolute_error" for e in found.as_is)


def _title(found: Robustness) -> str:
    worst = found.worst
    if worst is None:
        return "The model answers none of the spoilt rows"
    if worst.cost is None or worst.cost.low <= 0:
        return "No spoilt input clearly makes the model worse"
    return f"Worst: {worst.input} ({worst.change})"


def _apart(found: Robustness) -> str:
    agreement = found.agreement
    assert agreement is not None  # else it would count as reproduced
    return (
        "The model file is not the model behind the table: it gives the table's own result for "
        f"only {natural(agreement)} rows. What follows is about the file."
    )


def _as_is(found: Robustness) -> str:
    error = next((e for e in found.as_is if e.measure in {"error_rate", "mean_absolute_error"}),
                 None)  # fmt: skip
    if error is None:
        shown = ", ".join(f"{e.measure.upper()} {brief(e)}" for e in found.as_is)
        return f"With the inputs as they are, the model has {shown or 'no measurable quality'}."
    if error.measure == "mean_absolute_error":
        return f"With the inputs as they are, the model is off by {brief(error)} on average."
    return (
        "With the inputs as they are, the model decides wrongly on "
        f"{natural(error)} {found.words.cases}."
    )


def _worst(found: Robustness) -> str:
    worst = found.worst
    if worst is None or worst.cost is None:
        return "It answers none of the spoilt rows, so none of them gets a wrong answer."
    if worst.cost.low <= 0:
        return "None of the changes tried clearly leads to more wrong answers."
    told = f"It does worst {where(worst)}: {_more(worst.cost, found)}"
    if worst.flip:
        told += f", and the decision changes for {natural(worst.flip)}"
    return f"{told}. Nothing in its answer says so."


def _missed(found: Robustness) -> list[str]:
    change = found.most_missed
    if change is None or change.missed is None or change.missed.low <= 0:
        return []
    return [
        f"Most cases are missed {where(change)}: of 100 {found.words.cases} that are "
        f"{found.words.positive}, {_points(change.missed)} more are missed."
    ]


def _points(e: Estimate) -> str:
    value, low, high = (number(100 * x, 0) for x in (e.value, e.low, e.high))
    return f"{value} ({low} to {high})"


def _more(cost: Estimate, found: Robustness) -> str:
    if cost.unit == "difference":
        return f"of 100 {found.words.cases}, {_points(cost)} more are decided wrongly"
    if cost.unit == "score":
        return f"AUC falls by {brief(cost)}"
    return f"it is off by {brief(cost)} more"


def _joint(found: Robustness) -> list[str]:
    joint = found.joint
    if joint is None or joint.cost is None:
        return []
    where = "With all inputs a little unsteady at once"
    if joint.flip is None:
        return [f"{where}, {_more(joint.cost, found)}."]
    return [f"{where}, the decision changes for {natural(joint.flip)} {found.words.cases}."]


def _refused(found: Robustness) -> list[str]:
    if not any(c.change == "missing" for c in found.changes):
        return []
    if not found.refusing:
        return ["It answers even where an input is missing, and nothing in its answer says so."]
    every = all(c.refused.value == 1 for c in found.changes if c.change == "missing")
    if every:
        return [
            "It gives no answer where any one input is missing: the product needs to say what "
            "happens then."
        ]
    shown = [
        f"{c.input} ({percent(c.refused.value)} of rows)"
        for c in found.changes
        if c.change == "missing" and c.refused.value > 0
    ]
    return [f"It gives no answer where one of these is missing: {', '.join(shown)}."]


def _rows(found: Robustness) -> str:
    tried = plural(found.n, "row", "rows")
    if found.unseen:
        return f"Tried on {tried} that the model has not learnt from."
    return (
        f"Tried on {tried}. The table does not mark rows that the model has not learnt from "
        "('unseen:' under 'columns:'): where it has learnt from these, it looks better than it is."
    )


def where(change: Change) -> str:
    """What was done, as a clause: *where income is missing*."""
    from playbook.evidence.robustrows import ALL

    if change.input == ALL:
        return "where all inputs are read a little unsteadily"
    return _SHORT[change.change].format(input=change.input.replace("_", " "))
