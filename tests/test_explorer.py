"""The threshold explorer: its numbers are those of the evidence; the browser only shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page
from sklearn.metrics import confusion_matrix

from browser import Browse, axe
from make_decisions import LOANS, from_frame, people
from playbook.errors import NoEvidence
from playbook.evidence.bundle import Evidence
from playbook.evidence.money import Money, Stakes, money
from playbook.evidence.paired import Confusion
from playbook.evidence.performance import performance
from playbook.evidence.tables import Decisions, open_decisions
from playbook.evidence.threshold_effects import MEASURES, threshold_effects
from playbook.evidence.thresholds import sweep
from playbook.evidence.tradeoffs import DRAWS, Tradeoffs, nested, tradeoffs
from playbook.evidence.value import value_difference, value_per_decision
from playbook.forms.explorer import Explorer
from playbook.forms.lookup import look_up
from playbook.session.primer import open_primer
from widgetpage import overflow, show

MINIMUM = 30
STAKES = Stakes(
    gain_true_positive=(80, 100, 150), cost_false_positive=(40, 60, 70),
    gain_true_negative=(0, 5, 10), cost_false_negative=(90, 120, 200),
)  # fmt: skip
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return people(4_000)


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> Decisions:
    return from_frame(tmp_path_factory.mktemp("loans"), frame, **LOANS)


@pytest.fixture(scope="module")
def worth(loans: Decisions) -> Money:
    return money(loans, STAKES)


@pytest.fixture(scope="module")
def found(loans: Decisions, worth: Money) -> Tradeoffs:
    return tradeoffs(loans, worth, MINIMUM)


@pytest.fixture(scope="module")
def mortgage() -> Evidence:
    return open_primer("nowhere").evidence["mortgage"]


@pytest.fixture(scope="module")
def shipped_tradeoffs(mortgage: Evidence) -> Tradeoffs:
    return tradeoffs(mortgage.decisions, money(mortgage.decisions, mortgage.stakes), MINIMUM)


# The numbers


def test_counts_are_scikit_learns_at_every_threshold(found: Tradeoffs, frame: pd.DataFrame) -> None:
    label, score = frame["denied"] == "yes", frame["score"]
    for row in found.frame.itertuples():
        expected = confusion_matrix(label, score >= row.threshold).ravel()
        assert (row.tn, row.fp, row.fn, row.tp) == tuple(expected)


def test_at_most_101_thresholds_with_todays_and_the_best_one(
    found: Tradeoffs, worth: Money
) -> None:
    thresholds = found.frame["threshold"].tolist()
    assert 50 <= len(thresholds) <= 101
    assert thresholds == sorted(set(thresholds))
    assert len(set(found.labels)) == len(found.labels)
    assert found.current is not None
    assert found.best is not None
    assert worth.sweep
    assert thresholds[found.current] == worth.sweep.current == 0.4
    assert thresholds[found.best] == worth.sweep.best


def test_rates_at_todays_threshold_are_those_of_performance(
    found: Tradeoffs, loans: Decisions
) -> None:
    today = performance(loans)
    assert found.current is not None
    for measure, rates in found.rates.items():
        assert rates[found.current] == today[measure]


def test_money_is_that_of_the_money_evidence(found: Tradeoffs, worth: Money) -> None:
    assert found.current is not None
    assert found.best is not None
    assert worth.sweep
    assert found.values[found.current] == worth.value
    assert found.values[found.best] == worth.sweep.at_best
    swept = sweep(found.frame, STAKES, "USD", current=0.4).frame
    assert np.allclose([e.value for e in found.values], swept["value"])
    width = (swept["high"] - swept["low"]).to_numpy()
    for side in ("low", "high"):
        ours = np.array([getattr(e, side) for e in found.values])
        assert (np.abs(ours - swept[side]) < 0.12 * width).all()  # other draws, the same law


def test_elsewhere_money_is_that_of_value_per_decision_and_value_difference(
    found: Tradeoffs,
) -> None:
    assert found.current is not None
    cells = found.frame[["tp", "fp", "tn", "fn"]].to_numpy(float)
    today = Confusion(*cells[found.current])
    for place in (3, 20, len(cells) - 1):
        here = Confusion(*cells[place])
        assert found.values[place] == value_per_decision(here, STAKES, "USD", draws=DRAWS)
        gain = found.gains[place]
        assert gain == value_difference(
            here, today, STAKES, "USD", joint=nested(here, today), draws=DRAWS
        )
        assert gain is not None
        difference = found.values[place].value - found.values[found.current].value
        assert gain.value == pytest.approx(difference)
    assert found.gains[found.current] is None


def test_two_thresholds_on_the_same_rows_are_nested(frame: pd.DataFrame) -> None:
    label, score = frame["denied"] == "yes", frame["score"]

    def at(threshold: float) -> Confusion:
        tn, fp, fn, tp = confusion_matrix(label, score >= threshold).ravel()
        return Confusion(tp, fp, tn, fn)

    joint = nested(at(0.3), at(0.5))
    for truth in (0, 1):
        for ours in (0, 1):
            for theirs in (0, 1):
                rows = (label == truth) & ((score >= 0.3) == ours) & ((score >= 0.5) == theirs)
                assert joint.counts[truth][ours][theirs] == rows.sum()


def test_groups_are_those_of_threshold_effects(found: Tradeoffs, loans: Decisions) -> None:
    for effects in found.groups:
        expected = threshold_effects(loans, [0.2, 0.4], effects.column, MINIMUM).frame
        mine = effects.frame[effects.frame["threshold"].isin([0.2, 0.4])].reset_index(drop=True)
        for measure in MEASURES:
            for column in (measure, f"{measure}_low", f"{measure}_high"):
                assert np.array_equal(mine[column], expected[column], equal_nan=True)


def test_the_payload_tells_the_groups_rates_at_each_threshold(
    found: Tradeoffs, loans: Decisions
) -> None:
    payload = found.payload()
    races = next(g for g in payload["groups"] if "race" in g["titles"][0])
    place = payload["labels"].index("0.30")
    effects = threshold_effects(loans, [0.3], "race", MINIMUM).frame.set_index("group")
    for row in races["rows"]:
        for key, side in (("value", ""), ("low", "_low"), ("high", "_high")):
            expected = effects.loc[row["name"], f"wrongly_denied_rate{side}"]
            assert row[key][place] == pytest.approx(expected, abs=1e-4)
        assert row["said"][place].startswith(f"{100 * row['value'][place]:.0f} %")
    assert "Black" in races["titles"][place]
    assert "against White" in races["titles"][place]


def test_a_small_group_is_named_as_too_small_and_not_drawn(loans: Decisions) -> None:
    groups = tradeoffs(loans, None, 100).payload()["groups"]
    region = next(g for g in groups if "region" in g["titles"][0])
    assert "far east" not in [row["name"] for row in region["rows"]]
    assert "Too few to judge, and so not drawn: far east." in region["note"]


def test_sentences_speak_in_natural_frequencies(shipped_tradeoffs: Tradeoffs) -> None:
    payload = shipped_tradeoffs.payload()
    assert payload["said"][payload["today"]] == [
        "Of all applicants, 11 of 100 (10 to 13) are denied.",
        "Of those who should be approved, 7 of 100 (6 to 8) are wrongly denied.",
        "Of those who should be denied, 58 of 100 (52 to 64) are wrongly approved.",
    ]
    assert payload["money"]["title"] == "No other threshold clearly pays better than today's"
    assert "owes part of its lead to luck" in " ".join(payload["money"]["said"][payload["best"]])


def test_the_payload_is_small_and_plain_json(shipped_tradeoffs: Tradeoffs) -> None:
    assert len(json.dumps(shipped_tradeoffs.payload(), allow_nan=False)) < 150_000


def test_without_stakes_the_rest_works_and_says_what_to_answer(loans: Decisions) -> None:
    missing = NoEvidence("money cannot be computed: nobody has stated it", remedy="Answer it")
    found = tradeoffs(loans, missing, MINIMUM)
    payload = found.payload()
    assert payload["money"] is None
    assert payload["best"] is None
    assert payload["no_money"] == "Money cannot be computed: nobody has stated it. Answer it."
    assert "Answer it." in found.table().text
    assert found.estimates
    assert "Problem definition" in tradeoffs(loans).payload()["no_money"]


def test_without_a_favourable_outcome_groups_say_why(tmp_path: Path) -> None:
    spec = {key: value for key, value in LOANS.items() if key != "favourable"}
    payload = tradeoffs(from_frame(tmp_path, people(500), **spec)).payload()
    assert payload["groups"] == []
    assert "favourable" in payload["no_groups"]


def test_many_scores_fall_on_round_thresholds_at_which_counts_are_exact(tmp_path: Path) -> None:
    frame = people(30_000, distinct=10**9)
    decisions = from_frame(tmp_path, frame, **LOANS)
    found = tradeoffs(decisions, money(decisions, STAKES), MINIMUM)
    assert len(found.labels) <= 101
    assert {"0.10", "0.40", "0.75"} <= set(found.labels)
    label, score = frame["denied"] == "yes", frame["score"]
    for row in found.frame.itertuples():
        assert row.tp == (label & (score >= row.threshold)).sum()
    assert found.payload()["groups"][0]["rows"]


def test_a_best_threshold_above_all_scores_is_nobody(tmp_path: Path) -> None:
    useless = Stakes(
        gain_true_positive=(-9, -9, -9), cost_false_positive=(50, 60, 70),
        gain_true_negative=(1, 1, 1), cost_false_negative=(0, 0, 0),
    )  # fmt: skip
    decisions = from_frame(tmp_path, people(30_000, distinct=10**9), **LOANS)
    found = tradeoffs(decisions, money(decisions, useless), MINIMUM)
    assert found.best == len(found.labels) - 1
    assert "none of the 30,000" in found.payload()["said"][-1][0]


def test_narrow_scores_get_finer_thresholds(tmp_path: Path) -> None:
    frame = people(2_000)
    rare = frame.assign(score=frame["score"] / 50)
    spec = {**LOANS, "threshold": 0.008}
    found = tradeoffs(from_frame(tmp_path, rare, **spec))
    assert 40 <= len(found.labels) <= 101
    assert found.labels[found.current or 0] == "0.0080"
    one = tradeoffs(from_frame(tmp_path, frame.assign(score=0.5, prediction="yes"), **spec))
    assert one.labels


def test_weights_count(tmp_path: Path) -> None:
    frame = people(1_000)
    weights = np.random.default_rng(5).uniform(0.5, 4, len(frame))
    decisions = from_frame(tmp_path, frame.assign(w=weights), **LOANS)
    decisions.table.columns.weight = "w"
    weighted = open_decisions(decisions.product)
    found = tradeoffs(weighted, money(weighted, STAKES))
    place = found.labels.index("0.30")
    chosen = (frame["score"] >= 0.3).to_numpy()
    rate = found.rates["positive_rate"][place]
    assert rate is not None
    assert rate.value == pytest.approx(weights[chosen].sum() / weights.sum())
    assert rate.method.endswith("effective n by Kish")


def test_decisions_that_follow_from_no_threshold_have_no_today(tmp_path: Path) -> None:
    frame = people(1_000)
    mixed = frame.assign(prediction=np.resize(["yes", "no"], len(frame)))
    decisions = from_frame(tmp_path, mixed, **{**LOANS, "threshold": None})
    found = tradeoffs(decisions, money(decisions, STAKES))
    assert found.current is None
    assert found.best is not None
    assert found.payload()["today"] is None
    assert set(found.gains) == {None}
    assert "no single threshold" in tradeoffs(decisions).summary().text


# The static face


def test_in_batch_five_thresholds_stand_in_a_table(
    monkeypatch: pytest.MonkeyPatch, shipped_tradeoffs: Tradeoffs
) -> None:
    monkeypatch.setenv("PLAYBOOK_LIVE", "0")
    shown = look_up(Explorer, shipped_tradeoffs)
    assert not isinstance(shown, Explorer)
    assert shown.html.count("<tr>") == 6
    assert "0.25, today" in shown.text
    assert "worth most" in shown.text
    assert shipped_tradeoffs.table().text in shown.text


def test_live_there_is_a_widget_with_the_table_beside_it(
    monkeypatch: pytest.MonkeyPatch, shipped_tradeoffs: Tradeoffs
) -> None:
    monkeypatch.setenv("PLAYBOOK_LIVE", "1")
    shown = look_up(Explorer, shipped_tradeoffs)
    assert isinstance(shown, Explorer)
    data, _ = shown._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "<table>" in data["text/html"]


# In a real browser


@pytest.fixture(scope="module")
def payload(shipped_tradeoffs: Tradeoffs) -> dict[str, Any]:
    return shipped_tradeoffs.payload()


def test_both_controls_move_together_by_keyboard_alone(page: Page, payload: dict[str, Any]) -> None:
    show(page, Explorer, payload)
    drag, typed = page.get_by_role("slider"), page.get_by_role("spinbutton")
    assert drag.get_attribute("aria-valuetext") == "0.25, today's"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    place = payload["today"] - 1
    assert typed.input_value() == payload["labels"][place] == "0.24"
    assert page.get_by_text(payload["said"][place][1]).is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("0.4")
    assert drag.get_attribute("aria-valuetext") == "0.40"
    assert typed.input_value() == "0.4"  # what is typed is left alone
    page.keyboard.press("ArrowUp")
    assert typed.input_value() == "0.41"
    place = payload["labels"].index("0.41")
    for line in [*payload["said"][place], *payload["money"]["said"][place]]:
        assert page.get_by_text(line, exact=True).first.is_visible()


def test_a_number_outside_is_refused_in_words(page: Page, payload: dict[str, Any]) -> None:
    show(page, Explorer, payload)
    typed = page.get_by_role("spinbutton")
    typed.fill("7")
    assert typed.get_attribute("aria-invalid") == "true"
    assert page.get_by_text("Type a number from 0.01 to 0.99.").is_visible()
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "0.25, today's"
    typed.fill("0.3")
    assert typed.get_attribute("aria-invalid") is None


def test_the_buttons_go_to_today_and_to_the_best_threshold(
    page: Page, payload: dict[str, Any]
) -> None:
    show(page, Explorer, payload)
    best = page.get_by_role("button", name="Best for money")
    best.click()
    assert best.get_attribute("aria-pressed") == "true"
    assert page.get_by_role("spinbutton").input_value() == payload["labels"][payload["best"]]
    page.get_by_role("button", name="Today's threshold").press("Enter")
    assert page.get_by_role("spinbutton").input_value() == "0.25"


def test_screen_readers_hear_the_sentence_once_the_hand_rests(
    page: Page, payload: dict[str, Any]
) -> None:
    show(page, Explorer, payload)
    live = page.locator("[aria-live=polite]")
    assert live.text_content() == ""
    page.get_by_role("slider").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert live.text_content() == ""
    live.get_by_text("Threshold 0.29").wait_for()


def test_the_picture_and_bars_say_what_they_show(page: Page, payload: dict[str, Any]) -> None:
    show(page, Explorer, payload)
    picture = page.get_by_role("img")
    assert payload["money"]["alt"] in (picture.get_attribute("aria-label") or "")
    page.get_by_role("spinbutton").fill("0.4")
    place = payload["labels"].index("0.40")
    assert "chosen 0.40" in (picture.text_content() or "")
    row = payload["groups"][0]["rows"][0]
    line = page.get_by_role("row", name=row["name"])
    assert row["said"][place] in (line.text_content() or "")
    bar = line.locator(".pb-bar i")
    page.wait_for_function("document.getAnimations().length === 0")
    width = bar.evaluate("i => i.offsetWidth / i.parentElement.offsetWidth")
    assert width == pytest.approx(row["value"][place], abs=0.02)


def test_a_move_is_drawn_at_once_and_replaces_no_element(
    page: Page, payload: dict[str, Any]
) -> None:
    show(page, Explorer, payload)
    before, after, replaced = page.evaluate("""() => {
      const range = document.querySelector("input[type=range]");
      const said = document.querySelector(".pb-said").firstChild;
      const before = said.textContent;
      let replaced = 0;
      const seen = new MutationObserver(() => {});
      seen.observe(document.body, { childList: true, subtree: true });
      range.value = 60;
      range.dispatchEvent(new Event("input"));
      const isElement = (node) => node.nodeType === 1 && node.tagName !== "P";
      for (const { removedNodes } of seen.takeRecords())
        replaced += [...removedNodes].filter(isElement).length;
      return [before, said.textContent, replaced];
    }""")
    assert before == payload["said"][payload["today"]][0]
    assert after == payload["said"][60][0]
    assert replaced == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_and_everybody_can_use_it(
    browse: Browse, payload: dict[str, Any], width: int
) -> None:
    page = browse(who=None, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    show(page, Explorer, payload)
    assert overflow(page) <= 0
    assert axe(page) == []
    duration = page.locator(".pb-bar i").first.evaluate(
        "i => getComputedStyle(i).transitionDuration"
    )
    assert duration == "0s"


def test_hostile_names_are_shown_as_text(page: Page, tmp_path: Path, frame: pd.DataFrame) -> None:
    bad = frame.replace({"race": {"Black": EVIL}, "region": {"far east": EVIL}})
    decisions = from_frame(tmp_path, bad, **LOANS)
    words = {"case": EVIL, "cases": EVIL, "positive": EVIL, "negative": EVIL}
    hostile = decisions.product.words.model_copy(update=words)
    object.__setattr__(decisions.product, "words", hostile)
    found = tradeoffs(decisions, money(decisions, STAKES), 100)
    show(page, Explorer, found.payload())
    assert page.locator("img").count() == 0
    assert page.get_by_role("rowheader", name=EVIL).is_visible()
    for shown in (found.summary(), found.table(), found.static()):
        assert "<img" not in shown.html


def test_new_data_keep_the_chosen_threshold_and_the_focus(
    page: Page, loans: Decisions, payload: dict[str, Any]
) -> None:
    show(page, Explorer, payload)
    page.get_by_role("spinbutton").fill("0.33")
    page.evaluate("data => model.set('data', data)", {**payload, "money": None, "no_money": "Ask."})
    assert page.get_by_role("spinbutton").input_value() == "0.33"
    assert page.evaluate("document.activeElement.type") == "number"
    assert page.get_by_text("Ask.").is_visible()
    assert page.get_by_role("img").count() == 0


def test_it_leaves_nothing_behind(page: Page, payload: dict[str, Any]) -> None:
    show(page, Explorer, payload)
    assert page.evaluate("model.listeners()") == 1
    page.evaluate("tidy()")
    assert page.evaluate("model.listeners()") == 0
