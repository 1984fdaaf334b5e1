"""Predicted amounts in money: sentences, tables and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence import tornado, words
from playbook.evidence.amountsums import MODEL_HIGH, MODEL_LOW
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.moneywords import named

if TYPE_CHECKING:
    from playbook.evidence.amountmoney import AmountMoney


def summary(m: AmountMoney) -> Html:
    """See `AmountMoney.summary`."""
    high, low = (
        words.money(float(mean * m.sums.mean[side]), m.currency)
        for mean, side in zip(m.stakes.mean, (MODEL_HIGH, MODEL_LOW), strict=True)
    )
    name, saved = m.hardest
    return sentences([
        f"The model's errors cost {words.brief(m.cost)} per {m.words.case}: {high} where it "
        f"predicts too high and {low} where it predicts too low.",
        _against(m, name, saved),
        *_lean(m),
    ])  # fmt: skip


def table_of(m: AmountMoney) -> Html:
    """See `AmountMoney.table`."""
    body = []
    sides = ((MODEL_HIGH, m.sums.high), (MODEL_LOW, m.sums.low))
    for (name, stake), mean, (side, cases) in zip(
        m.stakes.named(), m.stakes.mean, sides, strict=True
    ):
        off = float(m.sums.mean[side])
        body.append([
            named(m.words, name).removeprefix("cost of ").capitalize(),
            words.percent(cases / m.sums.n),
            words.number(off * m.sums.n / cases, 1) if cases else "none",
            " / ".join(words.money(x, m.currency) for x in stake),
            words.money(float(off * mean), m.currency),
        ])  # fmt: skip
    header = [
        "What", f"Share of {m.words.cases}", f"Then off by ({m.unit})",
        "One unit costs at least / most likely / at most", f"Cost per {m.words.case}",
    ]  # fmt: skip
    note = f"Cost per {m.words.case}: over all {m.words.cases}, at the mean of the range."
    return table("What the model's errors cost, by side", header, body, (1, 2, 4), note=note)


def chart(m: AmountMoney) -> Html:
    """See `AmountMoney.chart`."""
    from playbook.evidence.figures import intervals

    costs = [(m.labels[name], cost) for name, cost in m.costs]
    items = [("The model", m.cost), *sorted(costs, key=lambda pair: pair[1].value)]
    return intervals(
        items,
        title=f"The model's errors cost {words.brief(m.cost)} per {m.words.case}",
        emphasis={name for name, cost in costs if cost.value < m.cost.value},
        caption=f"{m.currency} that errors cost per {m.words.case}. The lines share the doubt "
        "about what a unit costs: they may overlap although the difference is clear.",
    )


def against_summary(m: AmountMoney) -> Html:
    """See `AmountMoney.against_summary`."""
    ordered = sorted(m.against, key=lambda pair: pair[1].value)
    lines = [_against(m, name, saved) for name, saved in ordered]
    return sentences([*lines, *_lean(m)])


def against_chart(m: AmountMoney) -> Html:
    """See `AmountMoney.against_chart`."""
    from playbook.evidence.figures import intervals

    _, saved = m.hardest
    amount = words.brief(saved)
    if saved.low > 0:
        title = f"The model saves money even against the best alternative: {amount}"
    elif saved.high < 0:
        title = f"The model costs more than the best alternative: {amount}"
    else:
        title = f"Whether the model saves money against the best alternative is open: {amount}"
    ordered = sorted(m.against, key=lambda pair: pair[1].value)
    items = [(m.labels[name], saved) for name, saved in ordered]
    return intervals(
        items,
        title=title,
        bar=0.0,
        bar_label="no difference",
        emphasis={name for name, e in items if e.low <= 0},
        caption=f"{m.currency} per {m.words.case} that the model's errors cost less than those of "
        f"each alternative, for the same {m.words.cases} and at the same stakes.",
    )


def month_summary(m: AmountMoney) -> Html:
    """See `AmountMoney.month_summary`."""
    if m.month is None or m.per_month is None:
        return sentences(["How many decisions there are a month is not stated yet."])
    cost = ", running cost taken off" if m.run_cost else ""
    name, low, high = m.tornado[0]
    return sentences([
        f"Against the best way without AI ({m.hardest[0]}) the model saves {words.brief(m.value)} "
        f"per {m.words.case}. At {words.count(m.per_month[1])} {m.words.cases} a month, that is "
        f"{words.brief(m.month)} a month{cost}.",
        f"What moves the saving per {m.words.case} most is the {named(m.words, name)}: between "
        f"{words.money(low, m.currency)} and {words.money(high, m.currency)}.",
    ])  # fmt: skip


def tornado_chart(m: AmountMoney) -> Html:
    """See `AmountMoney.tornado_chart`."""
    title = f"What the model saves depends most on the {named(m.words, m.tornado[0][0])}"
    return tornado.tornado_chart(_moved(m), m.value, title)


def tornado_table(m: AmountMoney) -> Html:
    """See `AmountMoney.tornado_table`."""
    caption = f"What the model saves per {m.words.case}, widest range first"
    return tornado.tornado_table(_moved(m), m.currency, caption)


def _moved(m: AmountMoney) -> list[tornado.Moved]:
    return [(named(m.words, name), low, high) for name, low, high in m.tornado]


def _against(m: AmountMoney, name: str, saved: Estimate) -> str:
    amount = f"{words.brief(saved)} per {m.words.case}"
    if saved.low > 0:
        return f"The model saves {amount} against this: “{name}”."
    if saved.high < 0:
        return f"The model costs more than this: “{name}”, {amount}."
    return f"Whether the model saves money against this is not settled: “{name}”, {amount}."


def _lean(m: AmountMoney) -> list[str]:
    """Where one side costs more, the middle is not the cheapest amount to predict."""
    level = m.stakes.cheapest_level
    if level is None or 0.45 <= level <= 0.55:
        return []
    side, other = ("low", "high") if level > 0.5 else ("high", "low")
    return [
        f"By your numbers a unit too {side} costs more than one too {other}. Then the cheapest "
        f"amount to predict is not the middle but the one that {words.count(100 * level)} of 100 "
        f"{m.words.cases} stay under. Model and alternatives are compared as they are, whether or "
        "not they were made for that."
    ]


__all__ = [
    "against_chart",
    "against_summary",
    "chart",
    "month_summary",
    "summary",
    "table_of",
    "tornado_chart",
    "tornado_table",
]
