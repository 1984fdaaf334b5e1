"""Money in sentences, tables and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence import tornado, words
from playbook.evidence.display import Html, sentences, stack, table

if TYPE_CHECKING:
    from playbook.evidence.money import Money
    from playbook.product import Words


def summary(m: Money) -> Html:
    """See `Money.summary`."""
    today = " at today's threshold" if m.sweep else ""
    said = sentences([f"One decision is worth {words.brief(m.value)}{today}."])
    return stack(said, *([m.sweep.summary()] if m.sweep else []))


def table_of(m: Money) -> Html:
    """See `Money.table`."""
    body = [
        [
            named(m.words, name).capitalize(),
            words.count(n),
            words.percent(n / m.confusion.n),
            " / ".join(words.money(x, m.currency) for x in stake),
        ]
        for (name, stake), n in zip(m.stakes.named(), m.confusion.cells, strict=True)
    ]
    header = ["What", "Rows", "Share", "At least / most likely / at most"]
    own = table("What decisions are worth, by kind", header, body, (1, 2, 3))
    return stack(own, *([m.sweep.table()] if m.sweep else []))


def against_summary(m: Money) -> Html:
    """See `Money.against_summary`."""
    lines = []
    for name, more in sorted(m.against, key=lambda pair: pair[1].value):
        amount = words.brief(more)
        if more.low > 0:
            said = f"The model's decision is worth {amount} more than this one: “{name}”."
        elif more.high < 0:
            said = f"The model's decision is worth less than this one, by {amount}: “{name}”."
        else:
            said = f"Whether the model is worth more than this is not settled: “{name}”, {amount}."
        lines.append(said)
    return sentences(lines or ["There is no alternative to compare with."])


def against_chart(m: Money) -> Html:
    """See `Money.against_chart`."""
    from playbook.evidence.figures import intervals

    if m.hardest is None:
        return sentences([])
    _, more = m.hardest
    amount = words.brief(more)
    if more.low > 0:
        title = f"The model is worth more than even the best alternative: by {amount}"
    elif more.high < 0:
        title = f"The model is worth less than the best alternative: {amount}"
    else:
        title = f"Whether the model beats the best alternative is not settled: {amount}"
    items = sorted(m.against, key=lambda pair: pair[1].value)
    open_ones = {n for n, e in items if e.low <= 0}
    return intervals(
        items,
        title=title,
        bar=0.0,
        bar_label="no difference",
        emphasis=open_ones,
        caption=f"{m.currency} per decision by which the model is worth more than each "
        "alternative, on the same rows and at the same stakes.",
    )


def month_summary(m: Money) -> Html:
    """See `Money.month_summary`."""
    if m.month is None or m.per_month is None:
        return sentences(["How many decisions there are a month is not stated yet."])
    cost = ", running cost taken off" if m.run_cost else ""
    volume = words.count(m.per_month[1])
    lines = [
        f"One decision is worth {words.brief(m.value)}. At {volume} decisions a month, that is "
        f"{words.brief(m.month)} a month{cost}."
    ]
    if m.month_against is not None and m.hardest is not None:
        lines.append(
            f"What counts is the part that AI adds: {words.brief(m.month_against)} a month more "
            f"than the best alternative ({m.hardest[0]}){cost}."
        )
    name, low, high = m.tornado[0]
    lines.append(
        f"What moves a decision's worth most is the {named(m.words, name)}: between "
        f"{words.money(low, m.currency)} and {words.money(high, m.currency)}."
    )
    return sentences(lines)


def tornado_chart(m: Money) -> Html:
    """See `Money.tornado_chart`."""
    title = f"What a decision is worth depends most on the {named(m.words, m.tornado[0][0])}"
    return tornado.tornado_chart(_moved(m), m.value, title)


def tornado_table(m: Money) -> Html:
    """See `Money.tornado_table`."""
    return tornado.tornado_table(
        _moved(m), m.currency, "What a decision is worth, widest range first"
    )


def _moved(m: Money) -> list[tornado.Moved]:
    return [(named(m.words, name), low, high) for name, low, high in m.tornado]


def named(words: Words, stake: str) -> str:
    """A stake in the product's words."""
    good, bad = words.positive, words.negative
    return {
        "gain_true_positive": f"gain of a case rightly {good}",
        "cost_false_positive": f"cost of a case wrongly {good}",
        "gain_true_negative": f"gain of a case rightly {bad}",
        "cost_false_negative": f"cost of a case wrongly {bad}",
        "cost_too_high": "cost of predicting too high",
        "cost_too_low": "cost of predicting too low",
        "rows": "number of rows (chance alone)",
    }[stake]
