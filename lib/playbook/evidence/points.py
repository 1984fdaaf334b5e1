"""Dots with vertical intervals, or a line in its band, in a plane with a line to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from playbook.evidence import theme, words
from playbook.evidence.display import Html

if TYPE_CHECKING:
    import pandas as pd

_MOST_POINTS = 80
_SIDE = 400


def plane(
    frame: pd.DataFrame,
    *,
    title: str,
    x_title: str,
    y_title: str,
    reference: Sequence[tuple[float, float]] = ((0, 0), (1, 1)),
    reference_label: str = "",
    x_range: tuple[float, float] = (0, 1),
    y_range: tuple[float, float] = (0, 1),
    connect: bool = False,
    caption: str = "",
) -> Html:
    """Draw shares against shares, with the line they would lie on if nothing were to be seen.

    Parameters
    ----------
    frame
        Columns ``x``, ``value``, ``low``, ``high`` (shares from 0 to 1), and ``loud`` (bool) where
        some dots are drawn in the warning colour and as diamonds. More than 80 are thinned evenly.
    reference, reference_label
        The ends of the dashed line, and what it means.
    x_range, y_range
        What the axes show.
    connect
        A line in its band instead of dots.
    """
    data = frame.dropna(subset=["x", "value", "low", "high"]).sort_values("x", kind="stable")
    if data.empty:
        return theme.nothing(title, caption)
    rows = _rows(data)
    told = _text(rows, x_title, y_title, reference_label)
    chart = _chart(rows, reference, reference_label, x_title, y_title, (x_range, y_range), connect)
    return theme.figure(chart, title=title, alt=told, caption=caption)


def _rows(data: pd.DataFrame) -> list[dict[str, Any]]:
    import numpy as np

    chosen = np.unique(np.linspace(0, len(data) - 1, min(len(data), _MOST_POINTS)).astype(int))
    thin = data.iloc[chosen]
    loud = thin["loud"].tolist() if "loud" in thin else [False] * len(thin)
    columns = ("x", "value", "low", "high")
    numbers = zip(*(thin[c].astype(float).tolist() for c in columns), strict=True)
    return [
        {
            **dict(zip(columns, point, strict=True)),
            "loud": bool(is_loud),
            "colour": theme.STOP if is_loud else theme.ACCENT,
            "shape": "diamond" if is_loud else "circle",
        }
        for point, is_loud in zip(numbers, loud, strict=True)
    ]


def _chart(
    rows: list[dict[str, Any]],
    reference: Sequence[tuple[float, float]],
    reference_label: str,
    x_title: str,
    y_title: str,
    ranges: tuple[tuple[float, float], tuple[float, float]],
    connect: bool,
) -> Any:
    import altair as alt

    percent = "replace(format(datum.value, '.2~%'), '%', ' %')"
    below = alt.Axis(title=theme.label(x_title), labelExpr=percent, grid=False, tickCount=5)
    beside = theme.upright(y_title, labelExpr=percent)

    def x(field: str = "x") -> Any:
        return alt.X(f"{field}:Q", axis=below, scale=alt.Scale(domain=list(ranges[0]), nice=False))

    def y(field: str) -> Any:
        return alt.Y(f"{field}:Q", axis=beside, scale=alt.Scale(domain=list(ranges[1]), nice=False))

    source = alt.Chart(alt.Data(values=rows))
    ends = alt.Chart(alt.Data(values=[{"x": a, "value": b} for a, b in reference]))
    dashed = ends.mark_line(stroke=theme.SOFT, strokeDash=[4, 4], strokeWidth=1.5, clip=True)
    layers = [dashed.encode(x(), y("value"))]
    if reference_label:
        layers.append(_named(reference, reference_label, x, y, ranges))
    if connect:
        area = source.mark_area(opacity=0.18, color=theme.ACCENT, clip=True)
        line = source.mark_line(strokeWidth=2.5, color=theme.ACCENT, clip=True)
        layers += [area.encode(x(), y("low"), alt.Y2("high:Q")), line.encode(x(), y("value"))]
    else:
        colour = alt.Color("colour:N", scale=None, legend=None)
        shape = alt.Shape("shape:N", scale=None, legend=None)
        rule = source.mark_rule(strokeWidth=3, clip=True)
        dot = source.mark_point(filled=True, size=110, opacity=1)
        layers += [
            rule.encode(x(), y("low"), alt.Y2("high:Q"), colour),
            dot.encode(x(), y("value"), colour, shape),
        ]
    return alt.layer(*layers).properties(width=_SIDE + 60, height=_SIDE - 60)


def _named(
    reference: Sequence[tuple[float, float]],
    text: str,
    x: Any,
    y: Any,
    ranges: tuple[tuple[float, float], tuple[float, float]],
) -> Any:
    """The label lies under the dashed line, right of its middle."""
    import altair as alt

    (x0, y0), (x1, y1) = reference[0], reference[-1]
    right = min(max(x0, x1), ranges[0][1])
    at = x0 + 0.62 * (right - x0)
    height = y0 + (y1 - y0) * (at - x0) / ((x1 - x0) or 1)
    chart = alt.Chart(alt.Data(values=[{"x": at, "value": height, "text": theme.label(text)}]))
    return chart.mark_text(
        align="left", baseline="top", dx=10, dy=6, fill=theme.SOFT, fontSize=theme.SMALL
    ).encode(x(), y("value"), text="text:N")


def _text(rows: list[dict[str, Any]], x_title: str, y_title: str, reference: str) -> str:
    """All points, or of a long line every tenth or so."""
    step = max(1, len(rows) // 10)
    told = rows if len(rows) <= 20 else [*rows[:-1:step], rows[-1]]
    shown = words.percent
    parts = [
        f"at {shown(r['x'])}: {shown(r['value'])} ({shown(r['low'])} to {shown(r['high'])})"
        + (", clearly off the line" if r["loud"] else "")
        for r in told
    ]
    beside = [f"The dashed line: {reference}"] if reference else []
    return ". ".join([f"{y_title} by {x_title}, with intervals", *parts, *beside]) + "."
