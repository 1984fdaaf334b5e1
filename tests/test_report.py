"""Reports and index: readable, accessible, self-contained, and free of code and of harm."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any

import nbformat.v4 as v4
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from playbook.answers import Answer, Answers
from playbook.checks.finding import judge
from playbook.checks.verdict import conclude
from playbook.estimate import Estimate
from playbook.evidence import figures
from playbook.evidence.display import Html, sentences, stack, table
from playbook.questions import QuestionSet
from playbook.report import render_index, render_report
from playbook.session.record import Record
from playbook.shipped import shipped
from playbook.views import answers_view, findings_view, style_html, verdict_view

SCRIPT = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
FINDINGS = [
    judge("misses", "blocker", id="e.a", statement="Errors fall unequally.", remedy="Retrain.",
          owner="data_science"),
    judge("meets", "condition", id="e.b", statement=f"Calibrated {SCRIPT}"),
]  # fmt: skip
QUESTIONS = QuestionSet.model_validate(
    {"playbook": "ethics_review", "title": "Ethics review", "questions": [
        {"id": "q", "text": "Who hears appeals?", "why": "w", "example": "e", "type": "long_text"}]}
)  # fmt: skip
HEADER: dict[str, Any] = {
    "product_name": "Mortgage approval", "slug": "mortgage", "playbook": "ethics_review",
    "number": "05", "title": "Ethics review", "owner": "Head of lending", "stage": "pilot",
    "currency": "USD", "cases": "applications", "rows": 2380, "revision": 41, "answered": 1,
    "asked": 1, "as_of": "2027-03-12T09:00:00+00:00", "version": "0.1.0",
    "fingerprint": "sha256:3f2a9c1b7d40aaaa", "index_href": "../index.html",
    "siblings": [
        {"slug": "evaluation", "title": "Evaluation", "number": "03", "href": "evaluation.html",
         "current": False},
        {"slug": "ethics_review", "title": "Ethics review", "number": "05",
         "href": "ethics_review.html", "current": True},
    ],
}  # fmt: skip


def shows(value: Html, *tags: str) -> NotebookNode:
    return code(v4.new_output("execute_result", data=value._repr_mimebundle_()), tags=tags)


def code(*outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return v4.new_code_cell("SOURCE_CODE", outputs=list(outputs), metadata={"tags": list(tags)})


def data(metadata: dict[str, Any] | None = None, **by_mime: Any) -> NotebookNode:
    bundle = {mime.replace("__", "/"): value for mime, value in by_mime.items()}
    return v4.new_output("display_data", data=bundle, metadata=metadata or {})


def conclusion() -> Html:
    return stack(verdict_view(conclude(FINDINGS), FINDINGS), findings_view(FINDINGS))


def answer_table() -> Html:
    at = datetime(2027, 3, 12, tzinfo=UTC)
    answer = Answer(playbook="ethics_review", question="q", state="answered",
                    value=f"{SCRIPT} [x](javascript:alert(3))", at=at)  # fmt: skip
    return answers_view(QUESTIONS, Answers({answer.key: answer}))


@cache
def chart() -> Html:
    e = Estimate(measure="rate", value=0.2, low=0.1, high=0.3, n=50, method="m")
    return figures.intervals([(SCRIPT, e)], title="One in five", bar=0.25)


def notebook() -> NotebookNode:
    grid = table("By group", ["Group", "Rate"], [["a", "20 % (10–30)"], [SCRIPT, "x"]], numeric={1})
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# Ethics review\n\nWho bears the errors?"),
            code(data(text__plain="PARAMETER"), tags=("parameters",)),
            code(data(text__plain="INJECTED"), tags=("injected-parameters",)),
            code(data(text__plain="SETUP"), tags=("setup",)),
            shows(Html(style_html() + sentences(["About it."]).html, ""), "about"),
            v4.new_markdown_cell("## Answer here\n\nAsk your colleagues."),
            shows(answer_table(), "answers"),
            v4.new_markdown_cell("## Who is turned away?\n\nLook at the widths."),
            shows(chart()),
            v4.new_markdown_cell("##### Deep\n\n| a | b |\n|---|--:|\n| 1 | 2 |"),
            shows(grid),
            v4.new_markdown_cell("## Who is turned away?\n\nOnce more."),
            shows(sentences(["Twice."])),
            v4.new_markdown_cell("# Verdict\n\nGravest first."),
            shows(conclusion(), "conclusion"),
        ]
    )


def render(*extra: NotebookNode, **header: Any) -> str:
    nb = notebook()
    nb.cells[-2:-2] = extra
    return render_report(nb, {"findings": [f.model_dump() for f in FINDINGS]}, {**HEADER, **header})


def soup_of(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


PRODUCTS: list[dict[str, Any]] = [
    {"slug": "m", "name": f"Mortgage {SCRIPT}", "owner": "Lending", "industry": "Finance",
     "stage": "pilot", "verdict": "no_go", "cells": [
        {"playbook": "evaluation", "number": "03", "title": "Evaluation", "error": "",
         "verdict": "go", "href": "m/evaluation.html", "blockers": 0, "conditions": 0},
        {"playbook": "ethics_review", "number": "05", "title": "Ethics review", "error": "",
         "verdict": "no_go", "href": "m/ethics_review.html", "blockers": 1, "conditions": 2}]},
    {"slug": "c", "name": "Churn", "owner": "Retention", "industry": "", "stage": "live",
     "verdict": None, "cells": [
        {"playbook": "evaluation", "number": "03", "title": "Evaluation",
         "error": f"A column is missing {SCRIPT}."}]},
    {"slug": "b", "name": "b", "error": "product.yaml, line 7: unknown field 'lable'."},
]  # fmt: skip


def index() -> str:
    return render_index(PRODUCTS, "2027-03-12T10:00:00+00:00", "0.1.0")


@pytest.fixture(scope="module", params=["report", "index"])
def page(request: pytest.FixtureRequest) -> str:
    return render() if request.param == "report" else index()


def test_a_page_has_language_title_and_one_first_heading(page: str) -> None:
    soup = soup_of(page)
    assert page.startswith("<!doctype html>")
    assert soup.html["lang"] == "en"
    assert soup.title.text.strip()
    assert len(soup.find_all("h1")) == 1


def test_headings_never_skip_a_level(page: str) -> None:
    levels = [int(h.name[1]) for h in soup_of(page).find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


def test_tables_and_images_are_described(page: str) -> None:
    soup = soup_of(page)
    assert soup.find_all("table")
    assert all(t.caption and t.caption.text.strip() for t in soup.find_all("table"))
    assert all(th.get("scope") in {"col", "row"} for th in soup.find_all("th"))
    assert all(img.get("alt", "").strip() for img in soup.find_all("img"))


def test_ids_are_unique_and_every_inner_link_lands(page: str) -> None:
    soup = soup_of(page)
    ids = [e["id"] for e in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    inner = [a["href"][1:] for a in soup.find_all("a", href=True) if a["href"].startswith("#")]
    assert inner
    assert set(inner) <= set(ids)
    named = [e["aria-labelledby"] for e in soup.find_all(attrs={"aria-labelledby": True})]
    assert set(named) <= set(ids)


def test_a_page_fetches_nothing_and_forbids_it(page: str) -> None:
    soup = soup_of(page)
    assert not soup.find_all(["script", "link", "iframe", "object", "embed", "base", "form"])
    assert all(e["src"].startswith("data:image/") for e in soup.find_all(src=True))
    assert not re.search(r"url\(|@import", page)
    assert not re.search(r"(?:src|href|action)=[\"']?(?:https?:)?//", page)
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert "default-src 'none'" in policy


def test_hostile_text_is_only_text(page: str) -> None:
    soup = soup_of(page)
    assert not [e for e in soup.find_all(True) for name in e.attrs if name.startswith("on")]
    assert not [a for a in soup.find_all("a", href=True) if "script:" in a["href"].lower()]
    assert SCRIPT in soup.text


def test_a_page_prints_without_cut_tables_and_figures(page: str) -> None:
    css = soup_of(page).style.text
    printed = css[css.index("@media print") :]
    assert ".playbook figure" in printed
    assert ".playbook tr" in printed
    assert "break-inside: avoid" in printed
    assert "@page" in css


def test_the_report_puts_the_verdict_first_and_the_answers_last() -> None:
    soup = soup_of(render())
    headings = [" ".join(h.text.split()) for h in soup.find_all("h2")]
    assert headings == [
        "Verdict No-go", "Findings", "About this playbook", "Who is turned away?",
        "Who is turned away?", "Your answers",
    ]  # fmt: skip
    assert soup.h1.text == "Mortgage approval"
    assert soup.select_one("main .kicker").text == "05 · Ethics review"


def test_text_of_a_section_goes_along_with_its_special_cell() -> None:
    soup = soup_of(render())
    assert "Ask your colleagues." in soup.find(id="answers").parent.text
    assert "Answer here" not in soup.text
    main = soup.main.text
    assert main.index("Gravest first.") < main.index("Who bears the errors?")


def test_text_for_people_at_the_keyboard_is_left_out() -> None:
    live = v4.new_markdown_cell("## At the keyboard\n\nType here.", metadata={"tags": ["live"]})
    assert "keyboard" not in render(live)


def test_text_that_leads_to_an_empty_output_is_left_out() -> None:
    def found(cell: NotebookNode) -> str:
        return render(v4.new_markdown_cell("Look at the line."), cell)

    assert "Look at the line" not in found(shows(Html.nothing()))
    assert "Look at the line" in found(shows(sentences(["It rises."])))
    assert "Look at the line" in found(code())  # which says nothing, as a helper's definition
    titled = v4.new_markdown_cell("## Lines\n\nThey rise.")
    assert "They rise." in render(titled, shows(Html.nothing()))


def test_the_header_says_whose_when_and_on_what() -> None:
    meta = soup_of(render()).main.select_one(".meta").text
    assert meta == (
        "Owner: Head of lending · Pilot · 2,380 applications · answers as of 12 March 2027, "
        "revision 41"
    )
    bare = soup_of(render(rows=None, as_of=None, fingerprint=None)).main.select_one(".meta").text
    assert bare == "Owner: Head of lending · Pilot · nothing answered yet"


def test_contents_count_findings_and_answers() -> None:
    entries = [" ".join(a.text.split()) for a in soup_of(render()).select("nav ul:first-of-type a")]
    assert entries[:2] == ["Verdict", "Findings 2"]
    assert entries[-1] == "Your answers 1 of 1"


def test_the_report_links_its_data_its_siblings_and_the_index() -> None:
    links = {a["href"] for a in soup_of(render()).find_all("a", href=True)}
    assert {"ethics_review.json", "answers.yaml", "evaluation.html", "../index.html"} <= links
    assert "3f2a9c1b7d40" in render()


def test_code_and_silent_cells_never_appear() -> None:
    html = render()
    for word in ("SOURCE_CODE", "PARAMETER", "INJECTED", "SETUP"):
        assert word not in html


def test_errors_become_one_sentence_without_a_traceback() -> None:
    crash = v4.new_output("error", ename="KeyError", evalue="'SECRET'", traceback=["TRACE"])
    ours = v4.new_output(
        "error",
        ename="PlaybookError",
        evalue="The column <x> is missing. Add it.",
        traceback=["TRACE"],
    )
    html = render(code(crash, ours))
    assert "TRACE" not in html
    assert "SECRET" not in html
    faults = [p.text for p in soup_of(html).select(".fault")]
    assert faults[0].startswith("This part could not be computed because of an unexpected fault")
    assert faults[1] == "The column <x> is missing. Add it."


def test_printed_text_widgets_and_machine_output_are_left_out() -> None:
    printed = v4.new_output("stream", name="stdout", text="PRINTED")
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "m"}, "text/plain": "WIDGET"}
    record = {"application/vnd.playbook.record+json": {"k": "MACHINE"}, "text/plain": "REPR"}
    html = render(code(printed, data(**widget), data(**record)))
    for word in ("PRINTED", "WIDGET", "MACHINE", "REPR"):
        assert word not in html


def test_an_image_carries_its_alternative_text() -> None:
    told = data({"image/png": {"alt": 'One "red" pixel'}}, image__png=PIXEL, text__plain="<Figure>")
    untold = data(image__png=PIXEL)
    drawn = data({"alt": "Vector"}, **{"image/svg+xml": "<svg><script>alert(1)</script></svg>"})
    alts = [i["alt"] for i in soup_of(render(code(told, untold, drawn))).find_all("img")]
    assert 'One "red" pixel' in alts
    assert "A figure without a description" in alts
    assert "Vector" in alts


def test_markup_that_is_not_ours_keeps_only_what_is_harmless() -> None:
    foreign = data(
        text__html="<h1>Big</h1><p onclick=x>kept</p><img src='http://e.example/y.png'>"
        "<a href='javascript:x'>l</a><style>p{}</style><iframe src='//e.example'></iframe>"
    )
    plain = data(text__plain="<b>plain</b>")
    markdown = data(text__markdown="# Top\n\n<b>raw</b> [l](javascript:x) ![i](http://e.example/i)")
    html = render(code(foreign, plain, markdown))
    soup = soup_of(html)
    assert "kept" in soup.text
    assert "<b>plain</b>" in soup.text
    assert "<b>raw</b>" in soup.text
    assert len(soup.find_all("h1")) == 1
    assert not soup.find_all(["iframe"])
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//|javascript:", html.split("Who hears")[0])


def test_authored_links_survive_and_notebooks_lead_to_reports() -> None:
    text = (
        "[law](https://example.org/a?b=1&c=2) [next](03_evaluation.ipynb) "
        "[gone](99_x.ipynb) [f](f.py)"
    )
    links = {
        a.text: a["href"] for a in soup_of(render(v4.new_markdown_cell(text))).main.find_all("a")
    }
    assert links["law"] == "https://example.org/a?b=1&c=2"
    assert links["next"] == "evaluation.html"
    assert "gone" not in links
    assert "f" not in links


def test_the_style_stands_once() -> None:
    assert render().count("<style>") == 1


def test_numbers_stay_with_their_per_cent_sign_and_interval() -> None:
    html = render()
    assert "20\u00a0% " in html
    assert '<span class="keep">(10–30)</span>' in html


def test_wide_tables_scroll_by_themselves_and_with_the_keyboard() -> None:
    frames = soup_of(render()).select(".scroll")
    assert [f["aria-label"] for f in frames] == ["By group"]
    assert all(f["tabindex"] == "0" for f in frames)


def test_a_report_of_forty_charts_is_small() -> None:
    assert len(render(*[shows(chart()) for _ in range(40)]).encode()) < 1_000_000


def test_a_notebook_without_text_or_conclusion_still_renders() -> None:
    nb = v4.new_notebook(cells=[shows(sentences(["Only this."]))])
    soup = soup_of(render_report(nb, {}, HEADER))
    assert len(soup.find_all("h1")) == 1
    assert "Only this." in soup.main.text
    assert not soup.find(id="verdict")


def test_the_index_shows_every_verdict_in_words_and_links_it() -> None:
    soup = soup_of(index())
    assert "3 products: 1 no-go, 2 without a verdict." in soup.text
    cells = {a["href"]: " ".join(a.parent.text.split()) for a in soup.select("table a[href^=m]")}
    assert cells["m/evaluation.html"] == "Evaluation Go"
    assert cells["m/ethics_review.html"] == "Ethics review No-go 1 blocker, 2 conditions"
    assert {t["class"][1] for t in soup.select("table a .tag")} == {"pass", "blocker", "fail"}
    legend = [dt.text for dt in soup.select(".legend dt")]
    assert legend == ["No-go", "Not enough evidence", "Go with conditions", "Go"]


def test_the_index_says_what_failed_and_why() -> None:
    soup = soup_of(index())
    rows = [" ".join(tr.text.split()) for tr in soup.select("tbody tr")]
    assert "Failed" in rows[1]
    assert rows[2] == "b Not run"
    faults = {dt.text: dt.parent.dd.text for dt in soup.select(".faults dt")}
    assert faults["Churn · Evaluation"].startswith("A column is missing")
    assert faults["b"] == "product.yaml, line 7: unknown field 'lable'."


def test_an_overall_verdict_on_part_of_the_playbooks_says_so() -> None:
    half = PRODUCTS[0] | {"cells": PRODUCTS[0]["cells"][:1]}
    html = render_index([half, PRODUCTS[0] | {"name": "whole"}], "2027-03-12T10:00:00+00:00", "1")
    overall = [" ".join(td.text.split()) for td in soup_of(html).select(".overall")]
    assert overall == ["No-go from 1 of 2 playbooks", "No-go"]


def test_an_empty_index_says_so() -> None:
    soup = soup_of(render_index([], "2027-03-12T10:00:00+00:00", "0.1.0"))
    assert "No product has been run yet." in soup.text


def test_the_shipped_schema_is_that_of_the_record() -> None:
    schema = json.loads(shipped("templates/report/record.schema.json").read_text("utf-8"))
    assert schema == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Record.model_json_schema(),
    }
