"""Charts: intervals always drawn, told in words, small, harmless, and without foreign fonts."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from playbook.estimate import Estimate
from playbook.evidence import figures
from playbook.evidence.display import Html

HOSTILE = ['<script>alert("x")</script>', '"><img src=x onerror=alert(1)>', "x" * 500,
           "👩🏽‍💻 & <b>bold</b>", "מבחן \u202e evil", ""]  # fmt: skip
BLACK = Estimate(measure="wrongly_denied_rate", value=0.21, low=0.17, high=0.26, n=339, method="m")
OTHERS = Estimate(
    measure="wrongly_denied_rate", value=0.07, low=0.06, high=0.08, n=2041, method="m"
)


def svg_of(figure: Html) -> str:
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', figure.html)
    assert found
    return base64.b64decode(found[1]).decode()


def alt_of(figure: Html) -> str:
    found = re.search(r'alt="([^"]*)"', figure.html)
    assert found
    return found[1]


def drawn(**more: object) -> Html:
    items = [("Black", BLACK), ("Others", OTHERS)]
    settings = {"title": "Black applicants 3.1 times as often (2.5 to 3.8)", "bar": 0.09}
    return figures.intervals(items, **{**settings, **more})  # type: ignore[arg-type]


def curve(names: list[str], points: int = 50) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "x": i / points,
                "value": 2.0 * i,
                "low": 2.0 * i - 3,
                "high": 2.0 * i + 3,
                "series": s,
            }
            for s in names
            for i in range(points + 1)
        ]
    )


def test_the_alternative_text_holds_every_number_and_the_bar() -> None:
    alt = alt_of(drawn())
    for part in ("Black: 21 % (17–26), n = 339", "Others: 7 % (6–8), n = 2,041", "olicy: 9 %"):
        assert part in alt


def test_title_and_caption_are_text_outside_the_image() -> None:
    figure = drawn(caption="95 % Wilson intervals.")
    assert '<p class="title">Black applicants 3.1 times as often (2.5 to 3.8)</p>' in figure.html
    assert "<figcaption>95 % Wilson intervals.</figcaption>" in figure.html
    assert "3.1 times" not in svg_of(figure)


def test_every_interval_is_drawn_to_scale() -> None:
    """The drawn line of each item spans from its low to its high on one common scale."""
    root = ET.fromstring(svg_of(drawn()))
    lines = [e for e in root.iter() if e.tag.endswith("line") and e.get("stroke-width") == "3"]
    lengths = [abs(float(line.get("x2", "0"))) for line in lines]
    assert len(lengths) == 2
    assert lengths[0] / lengths[1] == pytest.approx((0.26 - 0.17) / (0.08 - 0.06), rel=0.02)


def test_the_policy_line_is_dashed_and_named() -> None:
    svg = svg_of(drawn(bar_label="policy: at most 9 %"))
    assert "stroke-dasharray" in svg
    assert "policy: at most 9 %" in svg
    assert "stroke-dasharray" not in svg_of(drawn(bar=None))


def test_emphasis_changes_shape_as_well_as_colour() -> None:
    plain, loud = svg_of(drawn()), svg_of(drawn(emphasis=["Black"]))
    circles = [len(re.findall(r'd="M[^"]*A[^"]*"', svg)) for svg in (plain, loud)]
    assert circles == [2, 1]
    assert "#a3231c" in loud
    assert "#a3231c" not in plain


def test_fonts_are_the_readers_own() -> None:
    svg = svg_of(drawn())
    assert svg.count("font-family") == 1
    assert "system-ui" in svg
    assert "sans-serif" in svg


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_text(label: str) -> None:
    figure = figures.intervals(
        [(label, BLACK)], title=label, caption=label, bar=0.09, bar_label=label, emphasis=[label]
    )
    assert not re.search(r"<(script|b|img src=x)", figure.html)
    root = ET.fromstring(svg_of(figure))
    assert {e.tag.split("}")[1] for e in root.iter()} <= {
        "svg",
        "g",
        "path",
        "line",
        "text",
        "rect",
    }
    assert "\u202e" not in svg_of(figure)
    band = figures.band(
        curve([label or "a", "b"]), title=label, x_title=label, y_title=label, x_format=".1f",
        y_format=".0f", marks=[(0.3, label)],
    )  # fmt: skip
    assert not re.search(r"<(script|b|img src=x)", band.html)
    ET.fromstring(svg_of(band))


def test_many_items_stay_small_and_the_caption_says_what_is_left_out() -> None:
    items = [(f"race Group {i}, sex female", BLACK) for i in range(60)]
    figure = figures.intervals(items, title="Many", bar=0.2)
    assert len(figure.html) < 26_000
    assert "The first 24 of 60 are drawn." in figure.html
    assert "Group 24" not in svg_of(figure)


def test_a_long_band_is_thinned_and_small() -> None:
    figure = figures.band(
        curve(["a", "b", "c"], points=5000), title="t", x_title="Threshold", y_title="Money",
        x_format=".2f", y_format="$,.0f", marks=[(0.5, "today")],
    )  # fmt: skip
    assert len(figure.html) < 26_000


def test_a_band_is_told_at_its_ends_and_extremes() -> None:
    frame = curve(["a"], points=10).drop(columns="series")
    figure = figures.band(
        frame, title="t", x_title="Threshold", y_title="Money", x_format=".1f", y_format="$,.0f",
        marks=[(0.5, "today")],
    )  # fmt: skip
    alt = alt_of(figure)
    assert "Starts at 0.0: $0 (−$3 to $3)" in alt
    assert "ends at 1.0: $20 ($17 to $23)" in alt
    assert "Marked at 0.5: today" in alt


def test_dates_make_a_time_axis() -> None:
    frame = pd.DataFrame(
        {
            "x": pd.date_range("2026-01-01", periods=6, freq="MS"),
            "value": 1.0,
            "low": 0.5,
            "high": 2.0,
        }
    )
    figure = figures.band(
        frame, title="t", x_title="Month", y_title="Rate", x_format="%b %Y", y_format=".1f"
    )
    assert "Starts at Jan 2026: 1.0 (0.5 to 2.0)" in alt_of(figure)
    assert "2026" in svg_of(figure)


@pytest.mark.parametrize(
    ("value", "low", "high", "unit"),
    [(0, 0, 0, "share"), (1, 1, 1, "ratio"), (1.1, 0.2, 1e9, "ratio"), (-5, -9, -1, "USD"),
     (0, -1e-9, 1e-9, "difference"), (1e12, 1e11, 2e12, "count")],
)  # fmt: skip
def test_extreme_estimates_are_drawn(value: float, low: float, high: float, unit: str) -> None:
    extreme = Estimate(measure="m", value=value, low=low, high=high, n=3, unit=unit, method="m")
    svg = svg_of(figures.intervals([("one", extreme)], title="t"))
    assert "NaN" not in svg
    assert "Infinity" not in svg


def test_nothing_to_draw_is_said() -> None:
    assert "nothing to draw" in figures.intervals([], title="t").text
    empty = curve(["a"]).head(0)
    said = figures.band(empty, title="t", x_title="x", y_title="y", x_format="", y_format="")
    assert "nothing to draw" in said.text
