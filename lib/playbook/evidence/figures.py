"""Two charts: estimates with their intervals, and a line with its band. Both say what they show
in a title outside the image, and in an alternative text that holds every number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from playbook.estimate import Estimate
from playbook.evidence import theme, words
from playbook.evidence.display import Html
from playbook.evidence.lines import band

__all__ = ["band", "intervals"]

_MOST_ITEMS = 24
_ROW = 50
_LINE = 62


def intervals(
    items: Sequence[tuple[str, Estimate]],
    *,
    title: str,
    alt: str | None = None,
    bar: float | None = None,
    bar_label: str = "",
    emphasis: Collection[str] = (),
    caption: str = "",
    counts: bool = True,
) -> Html:
    """Draw a dot and its interval per item, each directly labelled, and the policy line.

    Parameters
    ----------
    items
        Labels with estimates of one unit, in the order drawn from the top; at most 24 are drawn
        and the caption says so.
    title
        The finding, as a sentence.
    alt
        Alternative text; by default the label, value, interval and n of every item and the bar.
    bar, bar_label
        The policy's threshold in the estimates' unit, and how to name it.
    emphasis
        Labels drawn in the warning colour and as diamonds.
    counts
        Whether n stands beside each label; not where all rest on the same rows.
    """
    if not items:
        return theme.nothing(title, caption)
    drawn = list(items[:_MOST_ITEMS])
    if len(drawn) < len(items):
        caption = f"{caption} The first {len(drawn)} of {len(items)} are drawn.".strip()
    unit = drawn[0][1].unit
    policy = bar_label or (f"policy: {words.bar_value(bar, unit)}" if bar is not None else "")
    low, high = _domain([e for _, e in drawn], bar)
    rows = [
        _row(i, name, e, low, high, name in emphasis, _n(name, e, counts))
        for i, (name, e) in enumerate(drawn)
    ]
    chart = _interval_chart(rows, (low, high), unit, bar, policy)
    told = alt if alt is not None else _interval_text(drawn, policy, counts)
    return theme.figure(chart, title=title, alt=told, caption=caption)


def _domain(estimates: Sequence[Estimate], bar: float | None) -> tuple[float, float]:
    """From zero where zero is near; a ratio's runaway bound is cut and drawn with an arrow."""
    values = [e.value for e in estimates] + ([bar] if bar is not None else [])
    low = min([e.low for e in estimates] + values)
    high = max([e.high for e in estimates] + values)
    if estimates[0].unit == "ratio" and max(values) > 0:
        high = min(high, 4 * max(values))
    if estimates[0].unit == "share":
        low, high = max(0.0, low), min(1.0, high)
    if 0 <= low < 0.6 * high:
        low = 0.0
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    padded_high = high + room
    if estimates[0].unit == "share":
        padded_high = min(1.0, padded_high)
    return (low if low == 0 else low - room), padded_high


def _row(
    position: int, name: str, e: Estimate, low: float, high: float, loud: bool, n: str
) -> dict[str, Any]:
    told = words.brief(e)
    # Name and figure share a line: what the figure needs, the name gives way to.
    return {
        "y": position * _ROW,
        "name": theme.label(name, _LINE - len(n) - len(told)) + n,
        "told": told,
        "low": max(low, e.low),
        "high": min(high, e.high),
        "value": min(max(e.value, low), high),
        "cut": e.high > high,
        "colour": theme.STOP if loud else theme.ACCENT,
        "shape": "diamond" if loud else "circle",
    }


def _interval_chart(
    rows: list[dict[str, Any]],
    domain: tuple[float, float],
    unit: str,
    bar: float | None,
    policy: str,
) -> Any:
    import altair as alt

    height = len(rows) * _ROW
    top = 0 if bar is None else 24
    axis = alt.Axis(
        title=None, grid=False, tickCount=5, labelExpr=_axis_expression(unit), labelFlush=True
    )
    x_scale = alt.Scale(domain=list(domain), nice=False)
    y_scale = alt.Scale(domain=[height, -top], nice=False)
    colour = alt.Color("colour:N", scale=None, legend=None)

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", scale=x_scale, axis=axis)

    def at(offset: float) -> Any:
        y = alt.Y("shifted:Q", scale=y_scale, axis=None)
        return (
            alt.Chart(alt.Data(values=rows))
            .transform_calculate(shifted=f"datum.y + {offset}")
            .encode(y)
        )

    told = alt.Text("told:N")
    shape = alt.Shape("shape:N", scale=None, legend=None)
    line = at(34).mark_rule(strokeWidth=3).encode(x("low"), alt.X2("high:Q"), colour)
    dot = at(34).mark_point(filled=True, size=130, opacity=1).encode(x("value"), colour, shape)
    arrow = at(34).mark_point(filled=True, size=90, shape="triangle-right", opacity=1)
    arrow = arrow.transform_filter("datum.cut").encode(x("high"), colour)
    name = at(14).mark_text(align="left", baseline="middle").encode(alt.Text("name:N"))
    name = name.encode(x=alt.value(0))
    figure = at(14).mark_text(align="right", baseline="middle", fontWeight=600)
    figure = figure.encode(told, colour, x=alt.value(theme.WIDTH))
    layers = [*_references(domain, unit, x_scale, axis), line, dot, arrow, name, figure]
    if bar is not None:
        layers = [*_policy_line(bar, policy, domain, x_scale, axis), *layers]
    return alt.layer(*layers).properties(width=theme.WIDTH, height=height + top)


def _references(domain: tuple[float, float], unit: str, scale: Any, axis: Any) -> list[Any]:
    """A quiet line where the meaning turns: no difference, no gain, equal."""
    import altair as alt

    turn = 1.0 if unit == "ratio" else 0.0
    if not domain[0] < turn < domain[1]:
        return []
    chart = alt.Chart(alt.Data(values=[{"turn": turn}])).mark_rule(stroke=theme.LINE)
    return [chart.encode(alt.X("turn:Q", scale=scale, axis=axis))]


def _policy_line(
    bar: float, text: str, domain: tuple[float, float], scale: Any, axis: Any
) -> list[Any]:
    import altair as alt

    chart = alt.Chart(alt.Data(values=[{"bar": bar, "text": theme.label(text)}]))
    x = alt.X("bar:Q", scale=scale, axis=axis)
    rule = chart.mark_rule(stroke=theme.SOFT, strokeDash=[4, 4], strokeWidth=1.5).encode(x)
    left_half = bar < (domain[0] + domain[1]) / 2
    named = chart.mark_text(
        align="left" if left_half else "right",
        dx=6 if left_half else -6,
        fill=theme.SOFT,
        fontSize=theme.SMALL,
        baseline="top",
    ).encode(x, y=alt.value(2), text="text:N")
    return [rule, named]


def _axis_expression(unit: str) -> str:
    """The axis speaks as the labels do: ``10 %``, ``5 points``, ``$31``."""
    if unit == "share":
        return "replace(format(datum.value, '.2~%'), '%', ' %')"
    if unit == "difference":
        return "replace(format(100 * datum.value, '.3~f'), '-', '−')"
    currency = unit[:3] if unit[:3].isupper() and len(unit[:3]) == 3 else ""
    if currency:
        sign = words.money(0, currency).removesuffix("0")
        return (
            f"(datum.value < 0 ? '{words.MINUS}' : '') + '{sign}' + "
            "format(abs(datum.value), ',.6~f')"
        )
    return "replace(format(datum.value, ',.4~f'), '-', '−')"


def _n(name: str, e: Estimate, counts: bool) -> str:
    return f", n = {words.count(e.n)}" if counts and "n =" not in name else ""


def _interval_text(items: Sequence[tuple[str, Estimate]], policy: str, counts: bool) -> str:
    parts = [
        f"{theme.label(name, 120)}: {words.brief(e)}{_n(name, e, counts)}" for name, e in items
    ]
    return ". ".join([*parts, *([policy[:1].upper() + policy[1:]] if policy else [])]) + "."
