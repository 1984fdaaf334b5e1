"""Imported before processes are forked: does once what each of them would else do anew.

Reads the shipped policy, questions and laws, and lets Ibis and Altair fill what they keep from
their first query and their first chart.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import ibis
import pandas as pd

from playbook.catalog import playbooks
from playbook.evidence.theme import configured, upright
from playbook.policy import load_policy
from playbook.questionfiles import load_questions
from playbook.regulation import shipped_laws
from playbook.shipped import shipped


def warm() -> None:
    """Read, compile and build, and keep nothing but what the libraries keep."""
    load_policy(shipped("templates/policy.yaml"))
    for playbook in playbooks():
        load_questions(shipped(f"templates/questions/{playbook.name}.yaml"))
    shipped_laws()
    ibis.to_sql(query(), dialect="duckdb")
    configured(chart()).to_dict(validate=False)


def query() -> Any:
    """A query of the kinds that evidence asks; nothing runs it."""
    rows = ibis.table(
        {"id": "int64", "score": "float64", "label": "string", "at": "timestamp"}, name="rows"
    )
    known = rows.filter(rows.score.notnull(), ~rows.score.isnan())
    marked = known.mutate(
        positive=(known.label == "yes").fill_null(False),
        part=ibis.cases((known.score < 0.5, "low"), else_=known.label.cast("string")),
        day=known.at.truncate("D"),
    )
    counted = marked.group_by("positive", "part").agg(
        n=marked.count(),
        ids=marked.id.nunique(),
        mean=marked.score.cast("float64").mean(),
        most=marked.score.max(),
        some=marked.count(where=marked.positive),
        share=marked.positive.cast("int64").sum() / marked.count(),
    )
    ranked = counted.mutate(place=ibis.row_number().over(order_by=ibis.desc("n")))
    return ranked.filter(ranked.place < 10).order_by("part").limit(5)


def chart() -> Any:
    """A chart of the kinds that evidence draws; nothing draws it."""
    data = pd.DataFrame(
        {"x": [0.0, 1.0], "low": [0.0, 1.0], "high": [1.0, 2.0], "name": list("ab")}
    )
    base = alt.Chart(data)
    x = alt.X("x:Q", axis=alt.Axis(title="x", format=".2f"), scale=alt.Scale(domain=[0, 1]))
    band = base.mark_area(opacity=0.2).encode(x=x, y=alt.Y("low:Q", axis=upright("y")), y2="high:Q")
    line = base.mark_line().encode(x=x, y="high:Q", color=alt.Color("name:N", legend=None))
    text = base.mark_text(align="left", dx=4).encode(x=x, y="high:Q", text="name:N")
    rule = base.mark_rule().encode(x="x:Q")
    points = base.mark_point().encode(x=x, y=alt.Y("name:N", sort=["a", "b"]))
    return alt.layer(band, line, text, rule, points).properties(width=300, height=200)


warm()
