"""A line inside its interval band, or several named at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from playbook.evidence import theme, words
from playbook.evidence.display import Html

if TYPE_CHECKING:
    import pandas as pd

_MOST_POINTS = 80


def band(
    frame: pd.DataFrame,
    *,
    title: str,
    x_title: str,
    y_title: str,
    x_format: str,
    y_format: str,
    marks: Sequence[tuple[float, str]] = (),
    caption: str = "",
) -> Html:
    """Draw a line inside its interval band, or one per series with the name at its end.

    Parameters
    ----------
    frame
        Columns ``x`` (number or date), ``value``, ``low``, ``high``, and ``series`` where there
        is more than one line. More than 80 points a line are thinned evenly for the drawing.
    x_format, y_format
        d3 formats such as ``.0%``, ``$,.0f`` or ``%b %Y``.
    marks
        Values of x to point at with a dashed line, and their labels.
    """
    data = frame.dropna(subset=["x", "value", "low", "high"])
    if data.empty:
        return theme.nothing(title, caption)
    data = data.assign(series=data["series"].map(theme.label) if "series" in data else "")
    data = data.sort_values(["series", "x"], kind="stable")
    told = _band_text(data, x_title, y_title, x_format, y_format, marks)
    chart = _band_chart(data, x_title, y_title, x_format, y_format, marks)
    return theme.figure(chart, title=title, alt=told, caption=caption)


def _band_chart(
    data: pd.DataFrame,
    x_title: str,
    y_title: str,
    x_format: str,
    y_format: str,
    marks: Sequence[tuple[float, str]],
) -> Any:
    import altair as alt

    names = list(dict.fromkeys(data["series"]))
    kind = "Q" if data["x"].dtype.kind in "iufb" else "T"
    thin = [_thinned(part) for _, part in data.groupby("series", sort=False)]
    rows = [row for part in thin for row in part]
    source = alt.Chart(alt.Data(values=rows))
    grid = alt.Axis(format=x_format, title=theme.label(x_title), grid=False, tickCount=5)
    x = alt.X(f"x:{kind}", axis=grid, scale=alt.Scale(nice=False))
    rise = theme.upright(y_title, format=y_format)
    palette = [theme.SERIES[i % len(theme.SERIES)] for i in range(len(names))]
    colour = alt.Color("series:N", scale=alt.Scale(domain=names, range=palette), legend=None)
    y_scale = alt.Scale(zero=False)
    area = source.mark_area(opacity=0.18).encode(
        x, alt.Y("low:Q", axis=rise, scale=y_scale), alt.Y2("high:Q"), color=colour
    )
    line = source.mark_line(strokeWidth=2.5).encode(x, alt.Y("value:Q", axis=rise), color=colour)
    layers = [area, line]
    if len(names) > 1:
        ends = alt.Chart(alt.Data(values=[_named_at(part, thin) for part in thin]))
        layers.append(
            ends.mark_text(align="right", dy=-10, fontWeight=600).encode(
                x, alt.Y("value:Q"), text="series:N", color=colour
            )
        )
    for position, (value, text) in enumerate(marks):
        layers += _mark(value, text, position, data, x)
    return alt.layer(*layers).properties(width=theme.WIDTH - 60, height=250)


def _thinned(part: pd.DataFrame) -> list[dict[str, Any]]:
    import numpy as np

    chosen = np.unique(np.linspace(0, len(part) - 1, min(len(part), _MOST_POINTS)).astype(int))
    thin: Any = part.iloc[chosen]
    numeric = thin["x"].dtype.kind in "iufb"
    return [
        {
            "x": float(row.x) if numeric else str(row.x),
            "value": float(row.value),
            "low": float(row.low),
            "high": float(row.high),
            "series": row.series,
        }
        for row in thin.itertuples()
    ]


def _named_at(part: list[dict[str, Any]], parts: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """Where a line's name stands: at its end, or further left where lines end close together."""
    import numpy as np

    others = [other for other in parts if other is not part]
    values = [point["value"] for line in parts for point in line]
    if not isinstance(part[0]["x"], float) or np.ptp(values) == 0:
        return part[-1]

    def room(point: dict[str, Any]) -> float:
        beside = (
            np.interp(point["x"], [p["x"] for p in other], [p["value"] for p in other])
            for other in others
        )
        return float(min(abs(point["value"] - value) for value in beside))

    if room(part[-1]) >= 0.1 * np.ptp(values):
        return part[-1]
    return max(part[len(part) // 4 :], key=room)


def _mark(value: float, text: str, position: int, data: pd.DataFrame, x: Any) -> list[Any]:
    import altair as alt

    numeric = data["x"].dtype.kind in "iufb"
    chart = alt.Chart(
        alt.Data(values=[{"x": float(value) if numeric else str(value), "text": theme.label(text)}])
    )
    first, last = data["x"].min(), data["x"].max()
    left_half = not numeric or value < (first + last) / 2
    return [
        chart.mark_rule(stroke=theme.SOFT, strokeDash=[4, 4], strokeWidth=1.5).encode(x),
        chart.mark_text(
            align="left" if left_half else "right",
            dx=6 if left_half else -6,
            fill=theme.SOFT,
            fontSize=theme.SMALL,
            baseline="top",
        ).encode(x, y=alt.value(2 + 19 * position), text="text:N"),
    ]


def _band_text(
    data: pd.DataFrame,
    x_title: str,
    y_title: str,
    x_format: str,
    y_format: str,
    marks: Sequence[tuple[float, str]],
) -> str:
    parts = [f"{y_title} by {x_title}, with intervals"]
    for name, part in data.groupby("series", sort=False):
        rows: list[Any] = list(part.itertuples())
        told = {
            "starts at": rows[0],
            "lowest at": min(rows, key=lambda r: r.value),
            "highest at": max(rows, key=lambda r: r.value),
            "ends at": rows[-1],
        }
        line = ", ".join(f"{when} {_told(row, x_format, y_format)}" for when, row in told.items())
        parts.append(f"{name!s}: {line}" if name else line[0].upper() + line[1:])
    parts += [f"Marked at {_shown(value, x_format)}: {text}" for value, text in marks]
    return ". ".join(parts) + "."


def _told(row: Any, x_format: str, y_format: str) -> str:
    interval = f"{_shown(row.low, y_format)} to {_shown(row.high, y_format)}"
    return f"{_shown(row.x, x_format)}: {_shown(row.value, y_format)} ({interval})"


def _shown(value: Any, d3_format: str) -> str:
    """The d3 formats we use are Python's own, but for the dollar and for dates."""
    if hasattr(value, "strftime"):
        return str(value.strftime(d3_format))
    sign, plain = ("$", d3_format[1:]) if d3_format.startswith("$") else ("", d3_format)
    try:
        text = format(abs(float(value)), plain.replace("~", ""))
    except ValueError:
        text = words.number(abs(float(value)))
    return f"{words.MINUS if float(value) < 0 else ''}{sign}{text}"
