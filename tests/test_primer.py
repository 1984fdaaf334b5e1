"""The primer: every figure comes from the shipped tables, and what is said about them is true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page
from sklearn.metrics import accuracy_score, recall_score
from statsmodels.stats.proportion import proportion_confint

from browser import Browse, axe
from make_decisions import LOANS, from_frame, people
from playbook.evidence.primer import BaseRates as BaseRatesLesson
from playbook.evidence.primer import base_rates
from playbook.evidence.primersamples import BATCHES, SAMPLES, samples
from playbook.evidence.primersamples import Samples as SamplesLesson
from playbook.evidence.tradeoffs import tradeoffs
from playbook.evidence.words import natural
from playbook.forms.lookup import Lookup
from playbook.forms.primer import BaseRates, Glossary, Samples
from playbook.questionfiles import load_questions
from playbook.questions import QuestionSet
from playbook.session.glossary import Words
from playbook.session.primer import EXAMPLES, Primer, open_primer
from playbook.shipped import shipped
from playbook.workspace import Workspace
from widgetpage import overflow, show

EVIL = "<img src=x onerror=alert(1)>"
LABELS = {"mortgage": "denied", "churn": "churned"}
LESSONS = ("base_rates", "thresholds", "intervals", "glossary")


@pytest.fixture(scope="module")
def primer() -> Primer:
    return open_primer("nowhere")


@pytest.fixture(scope="module")
def rates(primer: Primer) -> BaseRatesLesson:
    return base_rates({name: primer.evidence[slug].decisions for slug, name in EXAMPLES.items()})


@pytest.fixture(scope="module")
def drawn(primer: Primer) -> SamplesLesson:
    return samples(primer.evidence["churn"].decisions)


def cases(slug: str) -> tuple[pd.Series, pd.Series]:
    """Labels and predictions as they are shipped; True is positive."""
    path = shipped("templates/products") / slug / "data" / "decisions.parquet"
    found = pd.read_parquet(path, columns=[LABELS[slug], "prediction"]) == "yes"
    return found[LABELS[slug]], found["prediction"]


# Base rates


def test_accuracies_are_scikit_learns(rates: BaseRatesLesson) -> None:
    for example, slug in zip(rates.examples, EXAMPLES, strict=True):
        label, decided = cases(slug)
        nobody = np.zeros(len(label), bool)
        assert example.performance["accuracy"].value == accuracy_score(label, decided)
        assert example.always_no.value == accuracy_score(label, nobody)
        assert example.per_thousand == (
            round(1_000 * label.mean()),
            round(100 * recall_score(label, decided)),
            round(100 * recall_score(~label, ~decided)),
        )


def test_approving_everybody_is_right_as_often_as_the_mortgage_model(
    rates: BaseRatesLesson,
) -> None:
    mortgage = rates.examples[0]
    assert mortgage.always_no.value > mortgage.performance["accuracy"].value
    assert "If every applicant were approved" in rates.summary().text
    assert "with everybody approved, decisions are right as often as with the model" in (
        rates.chart().text
    )
    assert "50 of 112" in rates.table().text


def test_every_setting_adds_up_to_a_thousand_people(rates: BaseRatesLesson) -> None:
    payload = rates.payload()
    assert payload["bases"] == sorted(payload["bases"])
    for place, base in enumerate(payload["bases"]):
        found, alarms = payload["found"][place], payload["alarms"][place]
        assert (found[0], found[100]) == (0, base)
        assert (alarms[0], alarms[100]) == (1_000 - base, 0)
        assert found == sorted(found)
        assert alarms == sorted(alarms, reverse=True)
        assert all(abs(n - base * s / 100) <= 0.5 for s, n in enumerate(found))


# Intervals


def test_intervals_of_samples_are_wilsons(drawn: SamplesLesson) -> None:
    for d in drawn.drawn:
        low, high = proportion_confint(d.hits, d.n, alpha=0.05, method="wilson")
        assert np.allclose(d.low, low)
        assert np.allclose(d.high, high)
        assert np.allclose(d.value, d.hits / d.n)


def test_the_real_value_is_recall_over_the_whole_table(drawn: SamplesLesson) -> None:
    label, decided = cases("churn")
    assert drawn.truth.value == pytest.approx(recall_score(label, decided))
    assert [d.n for d in drawn.drawn] == [50, 200, 1_000, label.sum()]


def test_samples_are_the_same_each_time_and_differ_from_each_other(
    primer: Primer, drawn: SamplesLesson
) -> None:
    again = samples(primer.evidence["churn"].decisions)
    for first, second in zip(drawn.drawn, again.drawn, strict=True):
        assert first.hits.shape == (BATCHES, SAMPLES)
        assert np.array_equal(first.hits, second.hits)
        assert len(np.unique(first.hits)) > 5


def test_what_is_said_about_coverage_is_true(drawn: SamplesLesson) -> None:
    payload = drawn.payload()
    for size, d in zip(payload["sizes"], drawn.drawn, strict=True):
        seen = 0
        for batch, title in enumerate(size["titles"]):
            inside = sum(
                low <= drawn.truth.value <= high
                for low, high in zip(d.low[batch], d.high[batch], strict=True)
            )
            seen += inside
            assert f"{inside} of the 20 intervals hold the real value" in title
            assert sum(size["holds"][batch]) == inside
            if batch:
                assert f"{seen} of {20 * (batch + 1)} so far" in title
        assert 0.90 <= seen / (BATCHES * SAMPLES) <= 0.99


def test_enough_is_the_smallest_number_that_reaches_the_margin(drawn: SamplesLesson) -> None:
    for margin in (0.10, 0.05, 0.03):
        n = drawn.enough(margin)
        widths = [
            np.subtract(*proportion_confint(drawn.truth.value * k, k, method="wilson")[::-1]) / 2
            for k in (n - 1, n)
        ]
        assert widths[1] <= margin < widths[0]
    rows = [line for line in drawn.table().text.splitlines() if "to either side" in line]
    assert len(rows) == 4


def test_a_small_table_has_only_the_sizes_it_can_fill(tmp_path: Path) -> None:
    found = samples(from_frame(tmp_path, people(300), **LOANS))
    assert [d.n for d in found.drawn] == [50, found.truth.n]
    assert found.static().html


# The pages as a whole


def test_it_works_without_a_workspace_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_LIVE", "0")
    primer = open_primer()
    for lesson in LESSONS:
        shown = getattr(primer, lesson)()
        assert not isinstance(shown, Lookup)
        assert shown.text
    assert list(tmp_path.iterdir()) == []


def test_live_every_lesson_is_a_widget_with_a_still_beside_it(
    primer: Primer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_LIVE", "1")
    for lesson in LESSONS:
        shown = getattr(primer, lesson)()
        assert isinstance(shown, Lookup)
        data, _ = shown._repr_mimebundle_()
        assert len(data["text/html"]) > 500
        assert len(json.dumps(shown.data, allow_nan=False)) < 150_000


def test_the_workspaces_policy_says_which_groups_are_too_small(own_workspace: Workspace) -> None:
    own = own_workspace.folder / "policy.yaml"
    own.write_text("thresholds:\n  minimum_group_size:\n    at_least: 5\n    reason: Ours.\n")
    primer = open_primer(str(own_workspace.folder))
    assert primer.policy.bar("minimum_group_size").value == 5


def test_the_glossary_is_folded_and_complete() -> None:
    words = Words()
    shown = words.table()
    assert shown.html.startswith("<details")
    assert shown.html.count("<dt>") == len(words.terms) >= 40
    assert all(term["ask"] in shown.text for term in words.terms)


# The self-check


@pytest.fixture(scope="module")
def check() -> QuestionSet:
    return load_questions(shipped("templates/questions/start_here.yaml"))


def test_five_questions_each_with_one_right_answer_and_all_explained(check: QuestionSet) -> None:
    assert len(check.questions) == 5
    for question in check.questions:
        assert question.type == "choice"
        assert question.scope == "respondent"
        assert question.rule is None
        told = [str(option.explain) for option in question.options]
        assert all(text.startswith(("Right", "Not quite")) for text in told)
        assert sum(text.startswith("Right") for text in told) == 1
        assert all(option.severity == "pass" for option in question.options)


def test_the_right_answer_does_not_always_stand_in_the_same_place(check: QuestionSet) -> None:
    places = [
        next(i for i, o in enumerate(q.options) if str(o.explain).startswith("Right"))
        for q in check.questions
    ]
    assert len(set(places)) > 1


def test_the_figures_of_the_self_check_are_those_of_the_tables(
    check: QuestionSet, primer: Primer, rates: BaseRatesLesson, drawn: SamplesLesson
) -> None:
    mortgage = rates.examples[0]
    base, recall, specificity = mortgage.per_thousand
    hits = round(base * recall / 100)
    alarms = round((1_000 - base) * (100 - specificity) / 100)
    effects = tradeoffs(primer.evidence["mortgage"].decisions, minimum_n=30)
    payload = effects.payload()

    def rate(label: str, measure: str) -> str:
        e = effects.rates[measure][payload["labels"].index(label)]
        assert e is not None
        return f"{100 * e.value:.0f}"

    few = drawn.drawn[0]
    low, high = proportion_confint(34, 50, method="wilson")
    race = {row["name"]: row for row in payload["groups"][0]["rows"]}
    wrong = {name: f"{100 * row['value'][payload['today']]:.0f}" for name, row in race.items()}
    right = natural(mortgage.performance["accuracy"]).split(" (")[0]
    said = {q.id: " ".join([q.text, *(f"{o.label} {o.explain}" for o in q.options)])
            for q in check.questions}  # fmt: skip
    expected = {
        "right_most_of_the_time": [right, natural(mortgage.always_no).split(" (")[0]],
        "alarms_that_are_right": [
            f"would deny {hits + alarms}", f"{hits} of {hits + alarms} alarms are right",
            f"deny {base} of 1,000", f"denies {alarms} by mistake", f"only {hits} of them",
            f"{specificity} of 100", f"{base - hits} slip through",
        ],
        "moving_the_line": [
            f"{rate('0.43', 'false_positive_rate')} are denied in place of "
            f"{rate('0.25', 'false_positive_rate')}",
            f"{rate('0.43', 'false_negative_rate')} are approved in place of "
            f"{rate('0.25', 'false_negative_rate')}",
            f"{rate('0.43', 'positive_rate')} of 100 in place of {rate('0.25', 'positive_rate')}",
        ],
        "one_small_sample": [
            f"{low * 100:.0f} and {high * 100:.0f} of 100", "68 of 100",
            f"all {drawn.truth.n:,} customers", f"{100 * drawn.truth.value:.0f} of 100",
            f"from {100 * few.value[0].min():.0f} to {100 * few.value[0].max():.0f}",
        ],
        "who_pays": [f"{wrong['Black']} are denied", f"White ones, {wrong['White']}",
                     f"denies {rate('0.25', 'false_positive_rate')}"],
    }  # fmt: skip
    for name, parts in expected.items():
        for part in parts:
            assert part in said[name], (name, part)
    assert abs(drawn.enough(0.05) - 300) < 10
    assert "Not" not in payload["groups"][2]["note"]
    assert "No diploma" in payload["groups"][2]["note"]


# In a real browser


@pytest.fixture(scope="module")
def pages(rates: BaseRatesLesson, drawn: SamplesLesson) -> dict[type[Lookup], dict[str, Any]]:
    return {
        BaseRates: rates.payload(),
        Samples: drawn.payload(),
        Glossary: Words().payload(),
    }


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("widget", [BaseRates, Samples, Glossary])
def test_it_fits_and_everybody_can_use_it(
    browse: Browse, pages: dict[type[Lookup], dict[str, Any]], widget: type[Lookup], width: int
) -> None:
    page = browse(who=None, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    show(page, widget, pages[widget])
    if widget is Glossary:
        page.locator("summary").press("Enter")
    assert overflow(page) <= 0
    assert axe(page) == []
    assert page.evaluate("document.getAnimations().length") == 0
    page.evaluate("tidy()")


def dots(page: Page) -> dict[str, int]:
    """How many dots of each kind are drawn."""
    kinds = ("found", "missed", "alarm", "alone")
    paths = {kind: page.locator(f".pb-dots .{kind}").get_attribute("d") or "" for kind in kinds}
    return {kind: len(re.findall("M", path)) for kind, path in paths.items()}


def test_a_thousand_dots_tell_what_the_words_tell(
    page: Page, pages: dict[type[Lookup], dict[str, Any]]
) -> None:
    data = pages[BaseRates]
    show(page, BaseRates, data)
    assert dots(page) == {"found": 50, "missed": 70, "alarm": 62, "alone": 818}
    assert page.get_by_text("Of 112 people flagged, 50 really have it").first.is_visible()
    assert page.get_by_text(data["examples"][0]["said"]).is_visible()
    label = page.locator(".pb-dots").get_attribute("aria-label") or ""
    assert "50 rightly flagged, 70 missed, 62 flagged by mistake, 818 rightly left alone" in label


def test_base_rate_sensitivity_and_specificity_are_set_by_keyboard(
    page: Page, pages: dict[type[Lookup], dict[str, Any]]
) -> None:
    show(page, BaseRates, pages[BaseRates])
    page.get_by_role("button", name="Mortgages").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Home")
    base = page.get_by_label("Of 1,000 people, as a number")
    assert base.input_value() == "1"
    page.get_by_label("Of 100 who have it, as a number").fill("100")
    page.get_by_label("Of 100 who do not, as a number").fill("95")
    assert dots(page) == {"found": 1, "missed": 0, "alarm": 50, "alone": 949}
    assert page.get_by_text("Of 51 people flagged, 1 really has it").first.is_visible()
    page.get_by_text("Flagging nobody is right 999 times").first.wait_for()
    assert page.locator(".pb-real").is_hidden()
    page.get_by_role("button", name="Customers who leave").press("Space")
    assert base.input_value() == "265"
    assert page.locator(".pb-real").is_visible()
    assert sum(dots(page).values()) == 1_000


def test_samples_are_drawn_by_keyboard_and_misses_are_named(
    page: Page, pages: dict[type[Lookup], dict[str, Any]]
) -> None:
    data = pages[Samples]
    show(page, Samples, data)

    def misses() -> int:
        return page.locator("svg").get_by_text("misses it").count()

    first = data["sizes"][0]
    assert page.locator(".pb-title").text_content() == first["titles"][0]
    assert misses() == 20 - sum(first["holds"][0])
    page.get_by_role("button", name="Draw 20 more").press("Enter")
    assert page.locator(".pb-title").text_content() == first["titles"][1]
    assert misses() == 20 - sum(first["holds"][1])
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".pb-title").text_content() == data["sizes"][1]["titles"][0]
    assert data["sizes"][1]["titles"][0] in (page.locator("svg").get_attribute("aria-label") or "")
    for _ in range(BATCHES - 1):
        page.get_by_role("button", name="Draw 20 more").click()
    page.get_by_role("button", name="Start again").click()
    assert page.locator(".pb-title").text_content() == data["sizes"][1]["titles"][0]


def test_larger_samples_have_shorter_lines(
    page: Page, pages: dict[type[Lookup], dict[str, Any]]
) -> None:
    show(page, Samples, pages[Samples])
    widths = []
    for radio in page.get_by_role("radio").all():
        radio.check()
        line = page.locator("svg line:is(.held, .lost)").first
        widths.append(line.evaluate("l => l.x2.baseVal.value - l.x1.baseVal.value"))
    assert widths == sorted(widths, reverse=True)
    assert widths[0] / widths[1] == pytest.approx(2, abs=0.3)  # four times as many, half as long


def test_the_glossary_is_found_from_both_sides(
    page: Page, pages: dict[type[Lookup], dict[str, Any]]
) -> None:
    show(page, Glossary, pages[Glossary])
    page.locator("summary").click()
    search = page.get_by_label("Search")
    search.fill("sensitivity")
    assert page.locator("dt").first.text_content() == "Recall sensitivity, true positive rate, TPR"
    page.get_by_label("A question").check()
    search.fill("how often alarm right")
    assert (
        page.locator("dt").first.text_content() == "When it raises an alarm, how often is it right?"
    )
    assert "Precision" in (page.locator("dd").first.text_content() or "")
    search.fill("no such word at all")
    assert page.locator("dt").count() == 0
    assert page.get_by_text("No word fits.").first.is_visible()


@pytest.mark.parametrize("widget", [BaseRates, Samples, Glossary])
def test_hostile_texts_are_shown_as_text(
    page: Page, pages: dict[type[Lookup], dict[str, Any]], widget: type[Lookup]
) -> None:
    def spoilt(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: spoilt(one) for key, one in value.items()}
        if isinstance(value, list):
            return [spoilt(one) for one in value]
        return f"{EVIL}{value}" if isinstance(value, str) else value

    show(page, widget, spoilt(pages[widget]))
    assert page.locator("img").count() == 0
    assert EVIL in (page.locator("#host").text_content() or "")
