"""Break-even quality in sentences, a table and a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table

if TYPE_CHECKING:
    from playbook.evidence.breakeven import Against, BreakEven, Limit


def summary(b: BreakEven) -> Html:
    """See `BreakEven.summary`."""
    return sentences(_said(b, b.hardest) + _said(b, b.nothing)[:1])


def table_of(b: BreakEven) -> Html:
    """See `BreakEven.table`."""
    body = [
        [row.description, *(_cell(x) for x in (row.recall, row.false_positive_rate, row.precision))]
        for row in b.rows
    ]
    now = [
        words.brief(x.today) if x else "none seen"
        for x in (b.nothing.recall, b.nothing.false_positive_rate, b.nothing.precision)
    ]
    good, bad = b.words.positive, b.words.negative
    header = ["Pays more than", f"Find at least (of those {b.words.who} should be {good})",
              f"Wrongly {good} at most (of those {b.words.who} should be {bad})",
              f"Right at least (when it says {good})"]  # fmt: skip
    note = (
        "Each column moves one quality and leaves the others as they are today; the intervals hold "
        "chance and the stated ranges together. Alternatives with rules found on one half of the "
        "rows are compared on the other half."
    )
    return table(
        "How good the model must be to pay", header, [*body, ["Today", *now]], (1, 2, 3), note
    )


def chart(b: BreakEven) -> Html:
    """See `BreakEven.chart`."""
    from playbook.evidence.figures import intervals

    items = [(row.description, row.recall) for row in b.rows if row.recall]
    hardest = b.hardest.recall
    if hardest is None:
        return sentences([])
    seen, now = words.percent(hardest.at.value), words.percent(hardest.today.value)
    if hardest.pays == "never":
        title = "Finding more does not make the model pay against the best alternative"
    elif hardest.pays == "always":
        title = "The model pays whatever share of cases it finds"
    else:
        title = f"The model pays from {seen} found; it finds {now}"
    return intervals(
        [(name, limit.at) for name, limit in items],
        title=title,
        bar=hardest.today.value,
        bar_label=f"found today: {now}",
        emphasis={name for name, limit in items if limit.margin.low <= 0},
        counts=False,
        caption="Lowest recall at which the model is worth more than each alternative, at today's "
        "false positive rate.",
    )


def _said(b: BreakEven, row: Against) -> list[str]:
    w = b.words
    who = f"{w.cases} {w.who} should be {w.positive}"
    against = (
        "To lose no money"
        if row is b.nothing
        else f"To pay more than the best way without AI (“{row.description}”)"
    )
    lines = []
    if recall := row.recall:
        if recall.pays == "never":
            lines.append(
                f"{against}, finding more is not enough: with as many wrongly {w.positive} as "
                f"today, not even all {who} found would do."
            )
        elif recall.pays == "always":
            lines.append(
                f"{against}, the model may find as few {who} as it likes, while no more are "
                f"wrongly {w.positive} than today; it finds {words.natural(recall.today)}."
            )
        else:
            lines.append(
                f"{against}, the model must find at least {words.natural(recall.at)} {who}; it "
                f"finds {words.natural(recall.today)}. {_settled(recall)}"
            )
    if (wrong := row.false_positive_rate) and wrong.pays == "from here":
        lines.append(
            f"Finding as many as today, it may have at most {words.natural(wrong.at)} wrongly "
            f"{w.positive}; today it has {words.natural(wrong.today)}."
        )
    if (right := row.precision) and right.pays == "from here":
        lines.append(
            f"When it says “{w.positive}”, that must be right for at least "
            f"{words.natural(right.at)}; today it is for {words.natural(right.today)}."
        )
    return lines


def _settled(limit: Limit) -> str:
    if limit.margin.low > 0:
        return "That is enough, with chance and the stated ranges counted in."
    if limit.margin.high < 0:
        return "That is not enough, so it does not pay."
    return "Whether that is enough is not settled by these rows and ranges."


def _cell(limit: Limit | None) -> str:
    if limit is None:
        return "none seen"
    if limit.pays == "from here":
        return words.brief(limit.at)
    return {"always": "any", "never": "none does"}[limit.pays]
