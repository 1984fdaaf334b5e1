"""Leaving cases to a person, in sentences, a table and a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.halves import out_of

if TYPE_CHECKING:
    from playbook.evidence.abstention import Abstention, Handled


def summary(a: Abstention) -> Html:
    """See `Abstention.summary`."""
    w, main = a.words, _main(a)
    every = f"Deciding all {w.cases} automatically, {words.natural(a.error)} are decided wrongly."
    if main.share is None or main.error is None:
        return sentences([every, _unreached(a, main)])
    lines = [
        every,
        f"If at most {out_of(main.risk)} automatic decisions may be wrong, "
        f"{words.natural(main.share)} {w.cases} need no person: {_reviews(a, main)}",
        f"Of those handled, {words.natural(main.error)} were decided wrongly, on rows not used to "
        f"draw the line; with {_percent(a)} confidence it is at most {out_of(main.risk)}.",
    ]
    lines += [_unreached(a, h) for h in a.handled if h.share is None]
    return sentences(lines)


def table_of(a: Abstention) -> Html:
    """See `Abstention.table`."""
    body = []
    for h in a.handled:
        if h.share is None or h.error is None:
            more = f"about {_rough(h.needed)} rows" if h.needed else "more rows do not help"
            row = ["none shown", "1,000", more, "–"]
        else:
            row = [words.brief(h.share), words.count(h.reviews), words.brief(h.error), _line(a, h)]
        body.append([f"At most {out_of(h.risk)}", *row])
    header = ["Wrong decisions allowed", "Handled automatically", "Reviews per 1,000",
              "Wrong among the handled", _sureness(a)]  # fmt: skip
    note = (
        "Lines are drawn on one half of the rows and tested on the other: each keeps its risk "
        f"with {_percent(a)} confidence. Where none is shown to, the table says how many labelled "
        "rows would settle it."
    )
    return table("What may be handled without a person", header, body, (1, 2, 3, 4), note)


def chart(a: Abstention) -> Html:
    """See `Abstention.chart`."""
    from playbook.evidence.lines import band

    main, risk = _main(a), a.risk
    line = a.curve.rename(columns={"share": "x"})[["x", "value", "low", "high"]]
    line = line.assign(series="decided wrongly")
    stated = pd.DataFrame({"x": [line["x"].min(), line["x"].max()]})
    stated = stated.assign(value=risk, low=risk, high=risk, series=f"stated: {out_of(risk)}")
    if main.share is None:
        title = f"No part of the {a.words.cases} is shown to err on at most {out_of(risk)}"
        marks = []
    else:
        title = (
            f"{words.natural(main.share)} {a.words.cases} can be handled automatically if at most "
            f"{out_of(risk)} decisions may be wrong"
        )
        marks = [(main.share.value, f"handled: {words.percent(main.share.value)}")]
    return band(
        pd.concat([line, stated], ignore_index=True),
        title=title,
        x_title="share handled automatically, surest first",
        y_title="wrong among those handled",
        x_format=".0%",
        y_format=".1%" if line["high"].max() < 0.1 else ".0%",
        marks=marks,
        caption=f"Band: {_percent(a)} interval at each share. The dashed line is drawn where "
        "the stated risk is still kept with confidence, so it lies left of where the curves cross.",
    )


def _main(a: Abstention) -> Handled:
    return next(h for h in a.handled if h.risk == a.risk)


def _reviews(a: Abstention, h: Handled) -> str:
    looked_at = words.count(h.reviews)
    return f"of 1,000 {a.words.cases}, a person reviews {looked_at}."


def _unreached(a: Abstention, h: Handled) -> str:
    stated = f"at most {out_of(h.risk)}"
    if h.needed is None:
        return (
            f"Even the decisions it is surest of are not seen to be wrong for {stated}: more rows "
            "alone are unlikely to change that."
        )
    return (
        f"No part of the {a.words.cases} is shown to be decided wrongly for {stated}: these rows "
        f"are too few to tell. About {_rough(h.needed)} labelled rows like them would be "
        "needed."
    )


def _rough(n: int) -> str:
    """Rounded up to two digits: what is guessed should not look counted."""
    step = 10 ** max(0, len(str(n)) - 2)
    return words.count(-(-n // step) * step)


def _percent(a: Abstention) -> str:
    return f"{100 * a.confidence:g} %"


def _sureness(a: Abstention) -> str:
    return "Chance of being right, by score" if a.by == "confidence" else "From the threshold"


def _line(a: Abstention, h: Handled) -> str:
    shown = words.percent(h.sure or 0.0) if a.by == "confidence" else f"{h.sure:.3g}"
    return f"at least {shown}"
