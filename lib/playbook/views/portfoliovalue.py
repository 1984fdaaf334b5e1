"""What is at stake in money beside what is at risk: a chart per currency, and one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from playbook.checks.portfoliofacts import Portfolio, ProductFacts
from playbook.checks.verdict import WORDS
from playbook.estimate import Estimate
from playbook.evidence import theme, words
from playbook.evidence.display import Html, sentences, stack
from playbook.policy import TIERS
from playbook.views.findings import MARKS
from playbook.views.portfolioparts import grid, name_of, orders, products, verdict

_MOST_DRAWN = 12
_LONGEST = 20
_ROW = 46
_SHAPES = {"blocker": "square", "thin": "circle", "condition": "diamond", "pass": "circle"}
_COLOURS = {"blocker": theme.STOP, "thin": theme.SOFT, "condition": "#8a5a00", "pass": "#1d6b3a"}
Worth = tuple[ProductFacts, Estimate]


def value_charts(facts: Portfolio) -> Html:
    """Worth with its interval, by risk tier, marked by verdict and with the blockers counted.

    Each currency and period has a chart of its own. A product that states a month is drawn by
    its month.
    """
    by_unit: dict[str, list[Worth]] = {}
    for product in facts.products:
        if product.worth:
            by_unit.setdefault(product.worth[0].unit, []).append((product, product.worth[0]))
    if not by_unit:
        return sentences(["No product has stated yet what its decisions are worth."])
    charts = [_chart(unit, rows) for unit, rows in sorted(by_unit.items(), key=_largest)]
    return stack(*charts, _unstated(facts))


def _largest(unit: tuple[str, list[Worth]]) -> tuple[int, str]:
    return -len(unit[1]), unit[0]


def _unstated(facts: Portfolio) -> Html:
    without = [p for p in facts.products if not p.worth]
    if not without:
        return sentences(["Every product has stated what its decisions are worth."])
    named = products([p.slug for p in without], facts.names)
    html = Markup("<p>Without a stated worth, and so not drawn:</p><p>{}</p>").format(named)
    return Html(html, "Without a stated worth: " + ", ".join(p.name for p in without))


def _chart(unit: str, rows: list[Worth]) -> Html:
    most = sorted(rows, key=lambda row: -max(abs(row[1].low), abs(row[1].high)))[:_MOST_DRAWN]
    drawn = sorted(most, key=lambda row: (_tier(row[0]), -row[1].value))
    left = len(rows) - len(drawn)
    caption = "Points with intervals as in the reports (95 % unless a report says otherwise). "
    if left:
        caption += f"The {len(drawn)} with most at stake; {words.count(left)} more in the table."
    return theme.figure(
        _forest(unit, drawn),
        title=_title(unit, drawn),
        alt=_told(unit, drawn),
        caption=caption.strip(),
    )


def _title(unit: str, rows: Sequence[Worth]) -> str:
    blocked = [row for row in rows if row[0].blockers]
    if not blocked:
        return f"{unit}: nothing shown here stands behind a blocker"
    product, estimate = max(blocked, key=lambda row: row[1].value)
    what = f"{unit}: {words.brief(estimate)} stands behind "
    many = words.plural(product.blockers, "blocker", "blockers")
    return f"{what}{many} at {theme.label(product.name, 40)}"


def _told(unit: str, rows: Sequence[Worth]) -> str:
    each = [
        f"{theme.label(p.name)}: {words.brief(e)}, {p.tier} risk, {_blockers(p)}" for p, e in rows
    ]
    return f"{unit} by product, with intervals. " + ". ".join(each) + "."


def _blockers(product: ProductFacts) -> str:
    if product.blockers:
        return words.plural(product.blockers, "blocker", "blockers")
    if product.undecided:
        return f"{words.count(product.undecided)} possible"
    return "no blocker"


def _tier(product: ProductFacts) -> int:
    return TIERS.index(product.tier) if product.tier else len(TIERS)


def _forest(unit: str, rows: Sequence[Worth]) -> Any:
    """Rows drawn at numbered heights: names from data are labels only, never positions."""
    import altair as alt

    points, heads, height = _places(rows)
    source = alt.Chart(alt.Data(values=points))
    zero = "datum.value == 0 ? '0' : datum.label"
    axis = alt.Axis(title=unit, format="~s", grid=True, tickCount=5, labelExpr=zero)
    x = alt.X("low:Q", axis=axis, scale=alt.Scale(zero=True, nice=True))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, height], reverse=True, nice=False))
    mark = alt.Color("mark:N", scale=_scale(alt, _COLOURS), legend=None)
    shape = alt.Shape("mark:N", scale=_scale(alt, _SHAPES), legend=None)
    layers = [
        alt.Chart(alt.Data(values=[{"low": 0}])).mark_rule(stroke=theme.SOFT).encode(x),
        source.mark_rule(strokeWidth=3).encode(x, y, x2="high:Q", color=mark),
        source.mark_point(size=130, filled=True, opacity=1).encode(
            alt.X("value:Q"), y, color=mark, shape=shape
        ),
        source.mark_text(align="left", dy=-17, fontWeight=600).encode(
            x=alt.value(0), y=y, text="name:N"
        ),
        source.mark_text(align="right", dy=-17, fontSize=theme.SMALL).encode(
            x=alt.value("width"), y=y, text="told:N", color=mark
        ),
        alt.Chart(alt.Data(values=heads))
        .mark_text(align="left", fill=theme.SOFT, fontSize=theme.SMALL)
        .encode(x=alt.value(0), y=y, text="head:N"),
    ]
    return alt.layer(*layers).properties(width=theme.WIDTH - 20, height=height)


def _scale(alt: Any, by_mark: dict[str, str]) -> Any:
    return alt.Scale(domain=list(by_mark), range=list(by_mark.values()))


def _places(rows: Sequence[Worth]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Where each product and each tier's heading stands, and how high all of it is."""
    points: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    y, tier = 0, ""
    for product, estimate in rows:
        if (now := f"{product.tier or 'unknown'} risk".capitalize()) != tier:
            y += 20 if heads else 12
            heads.append({"y": y, "head": now})
            tier = now
            y += 4
        y += _ROW
        word = product.verdict or "not_enough_evidence"
        points.append(
            {
                "y": y - 8,
                "name": theme.label(product.name, _LONGEST + 14),
                "told": f"{WORDS[word]}, {_blockers(product)}",
                "mark": MARKS[word],
                "value": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
            }
        )
    return points, heads, y + 8


def value_table(facts: Portfolio) -> Html:
    """The same in numbers, with the products that have stated nothing."""
    rows = facts.products
    if not rows:
        return Html.nothing()
    by = {
        "Most a month first": (sorted(rows, key=_most), 4),
        "Most blockers first": (sorted(rows, key=lambda p: (-p.blockers, *_most(p))), 2),
        "By risk tier": (sorted(rows, key=lambda p: (_tier(p), *_most(p))), 1),
    }
    header = ["Product", "Risk tier", "Blockers", "Verdict", "A month is worth", "A decision"]
    tables = [
        (
            label,
            grid(
                f"Worth and risk, {label[0].lower()}{label[1:]}",
                header,
                [("", [_row(product) for product in ordered])],
                numeric={2, 4, 5},
                ordered=column,
                descending=column != 1,
            ),
        )
        for label, (ordered, column) in by.items()
    ]
    return orders("value", "Worth and risk", tables if len(rows) > 1 else tables[:1])


def _most(product: ProductFacts) -> tuple[str, float, str]:
    """Currencies are kept apart: amounts are only compared within one."""
    month = next((e for e in product.worth if "month" in e.measure), None)
    if month is None:
        return "~" if not product.worth else f"~{product.worth[0].unit}", 0.0, product.name
    return month.unit, -month.value, product.name


def _row(product: ProductFacts) -> list[str | Markup]:
    month = next((words.brief(e) for e in product.worth if "month" in e.measure), "not stated")
    one = next((words.brief(e) for e in product.worth if "month" not in e.measure), "not stated")
    return [
        name_of(product.name),
        (product.tier or "–").capitalize(),
        words.count(product.blockers),
        verdict(product.verdict),
        month,
        one,
    ]
