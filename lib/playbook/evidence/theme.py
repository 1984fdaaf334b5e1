"""One look for all charts, and the way from an Altair chart to a figure that shows everywhere.

JupyterLab strips inline SVG and styles from untrusted notebooks, so a chart travels as an image
with its own alternative text; its title is text outside the image.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from markupsafe import Markup

from playbook.evidence.display import Html, sentences
from playbook.evidence.renderer import draw

INK, SOFT, LINE = "#1c2330", "#5b6575", "#dfe3ea"
ACCENT, STOP = "#1f5fae", "#a3231c"
SERIES = (ACCENT, "#b35900", "#1d6b3a", "#7a3e9d", "#5b6575")
"""Told apart with every common colour blindness (and in grey, by their direct labels)."""
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
WIDTH = 520
"""Narrow on purpose: scaled to a phone's 350 pixels, 15 px text is still 10 px."""
TEXT, SMALL = 15, 14
_LONGEST = 60
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_CLIP = re.compile(r'( id="clip| clip-path="url\(#clip)(\d+)')
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def label(text: str, longest: int = _LONGEST) -> str:
    """Text from data, safe to stand in a chart: one line, bounded, direction kept to itself."""
    line = " ".join(_CONTROL.sub("", str(text)).split())
    line = line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
    return f"\u2068{line}\u2069" if _RIGHT_TO_LEFT.search(line) else line


def configured(chart: Any) -> Any:
    """Apply the theme to a top-level Altair chart."""
    return (
        chart.configure(font="sans-serif", aria=False, background="white", padding=4)
        .configure_view(stroke=None)
        .configure_text(font="sans-serif", fontSize=TEXT, fill=INK, stroke="white", strokeWidth=6)
        .configure_axis(
            labelFontSize=SMALL,
            labelColor=SOFT,
            titleColor=SOFT,
            titleFontSize=SMALL,
            titleFontWeight="normal",
            gridColor=LINE,
            domainColor=LINE,
            tickColor=LINE,
            labelPadding=5,
            titlePadding=8,
        )
    )


def upright(title: str, **more: Any) -> Any:
    """The axis at the left with its title above it, to be read without turning the head."""
    import altair as alt

    return alt.Axis(
        title=label(title),
        tickCount=5,
        titleAngle=0,
        titleAlign="left",
        titleAnchor="start",
        titleX=0,
        titleY=-14,
        titleBaseline="bottom",
        domain=False,
        ticks=False,
        **more,
    )


def figure(chart: Any, *, title: str, alt: str, caption: str = "") -> Html:
    """Draw `chart` to SVG and wrap it as ``<figure>`` with title, image and caption."""
    svg = to_svg(configured(chart))
    source = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    foot = Markup("<figcaption>{}</figcaption>").format(caption) if caption else Markup("")
    html = Markup('<figure><p class="title">{}</p><img alt="{}" src="{}">{}</figure>').format(
        title, alt, source, foot
    )
    return Html(html, "\n".join(part for part in (title, alt, caption) if part))


def nothing(title: str, caption: str) -> Html:
    """What stands in for a chart of nothing."""
    return sentences([part for part in (title, "There is nothing to draw.", caption) if part])


def to_svg(chart: Any) -> str:
    """Compact SVG that names the system's own fonts, whatever fonts this machine has."""
    # A test validates every chart; here that would cost more than to draw it.
    svg = draw(chart.to_dict(validate=False))
    svg = re.sub(r"<[^>]*>", lambda tag: _compact(tag[0]), svg)
    # Vega numbers its clips through all that a process draws; a picture is to be always the same.
    first = min(map(int, re.findall(r' id="clip(\d+)"', svg)), default=1)
    svg = _CLIP.sub(lambda name: f"{name[1]}{int(name[2]) - first + 1}", svg)
    # A white halo keeps words legible where a line crosses them: painted before the letters.
    return svg.replace("<svg ", f'<svg font-family="{FONT}" paint-order="stroke" ', 1)


def _compact(tag: str) -> str:
    """Drop what a still image does not need; the text between tags is never touched."""
    tag = re.sub(r' (?:font-family|class|stroke-miterlimit|pointer-events)="[^"]*"', "", tag)
    return re.sub(r' (?:d|transform|[xy][12]?|width|height)="[^"]*"', _tenths, tag)


def _tenths(attribute: re.Match[str]) -> str:
    return re.sub(r"(\d+\.\d)\d+", r"\1", attribute[0])
