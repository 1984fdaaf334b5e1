"""Learning curves in sentences, a table and a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table

if TYPE_CHECKING:
    from playbook.evidence.learning import LearningCurve, Needed

STAND_IN = (
    "This was tried with a plain stand-in model, refitted on parts of the rows: it is not the "
    "product's own model, which may learn faster or slower."
)


def summary(c: LearningCurve) -> Html:
    """See `LearningCurve.summary`."""
    lines = [_verdict(c), *([_target(c, c.target)] if c.target else []), STAND_IN]
    if c.left_out:
        lines.append(
            f"It cannot read {words.plural(len(c.left_out), 'feature', 'features')} (free text, "
            f"dates, or columns with another role): {_listed(c.left_out)}."
        )
    return sentences(lines)


def table_of(c: LearningCurve) -> Html:
    """See `LearningCurve.table`."""
    body = [
        [words.count(rows), f"{value:.3f}", f"{low:.3f}–{high:.3f}"]
        for rows, value, low, high in c.points.to_numpy(float)
    ]
    note = (
        f"AUC: the chance that of two {c.words.cases}, one {c.words.who} should be "
        f"{c.words.positive} and one {c.words.who} should be {c.words.negative}, the score tells "
        f"which is which. Tried on {words.count(c.tried)} rows with "
        f"{words.plural(len(c.used), 'feature', 'features')}. "
        "Mean of five folds, on rows the stand-in did not learn from."
    )
    header = ["Rows to learn from", "AUC of the stand-in", "Interval"]
    return table("What the stand-in learns from more rows", header, body, (0, 1, 2), note)


def chart(c: LearningCurve) -> Html:
    """See `LearningCurve.chart`."""
    from playbook.evidence.lines import band

    largest = float(c.points["rows"].max())
    return band(
        c.fitted,
        title=_verdict(c).split(": ")[0].rstrip("."),
        x_title="rows to learn from",
        y_title="AUC of the stand-in",
        x_format=",.0f",
        y_format=".2f",
        marks=[(largest, f"tried up to {words.count(largest)} rows")],
        caption=f"Band: {100 * c.confidence:g} % interval of the fitted curve. Right of the dashed "
        "line it is extrapolated. The stand-in is not the product's own model.",
    )


def _verdict(c: LearningCurve) -> str:
    from playbook.evidence.learning import WORTH

    gain = words.brief(c.doubling)
    now = f"with {words.count(c.rows)} rows its AUC is {words.brief(c.auc)}"
    if c.doubling.high < WORTH:
        return (
            f"More rows of the same kind are unlikely to help: twice the rows would raise the AUC "
            f"by {gain}; {now}."
        )
    if c.doubling.low >= WORTH:
        return f"More rows would help: twice the rows would raise the AUC by {gain}; {now}."
    return (
        f"Whether more rows would help much is not settled: twice the rows would raise the AUC by "
        f"{gain}; {now}."
    )


def _target(c: LearningCurve, needed: Needed) -> str:
    if c.auc.low >= needed.target:
        return f"An AUC of {needed.target:g} is reached with the rows at hand."
    if needed.rows is not None:
        return f"An AUC of {needed.target:g} would take {words.brief(needed.rows)} rows."
    if needed.at_least is None:
        return f"No number of rows like these is likely to reach an AUC of {needed.target:g}."
    likely = f", most likely {words.count(needed.likely)}" if needed.likely else ""
    return (
        f"An AUC of {needed.target:g} would take at least {words.count(needed.at_least)} rows"
        f"{likely}; whether any number of rows like these would do is open."
    )


def _listed(names: list[str]) -> str:
    more = len(names) - 8
    return ", ".join(names[:8]) + (f" and {words.count(more)} more" if more > 0 else "")
