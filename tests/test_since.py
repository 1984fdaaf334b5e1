"""What changed between two runs: the noise rule, findings, answers, and the report's section."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from playbook.answers import Answer
from playbook.checks.finding import Finding, judge
from playbook.checks.noise import moved
from playbook.checks.since import AnswerChange, Since, compare, gravity
from playbook.checks.verdict import WORST_FIRST
from playbook.estimate import Estimate
from playbook.questions import QuestionSet
from playbook.report import render_report
from playbook.session.changes import answer_changes
from playbook.store import ORGANISATION, AnswerStore
from playbook.views.since import since_sentence, since_view
from test_report import HEADER, SCRIPT, notebook

WHEN = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def estimate(value: float, low: float, high: float, **more: Any) -> Estimate:
    fields = {"measure": "recall", "n": 100, "method": "Wilson 95 % interval"} | more
    return Estimate(value=value, low=low, high=high, **fields)


def record(
    findings: list[Finding] | None = None, estimates: list[Estimate] | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "verdict": "go",
        "data": {"table": "decisions", "rows": 2380, "fingerprint": "sha256:a"},
        "versions": {"playbook": "1.0"},
        "findings": [f.model_dump(mode="json") for f in findings or []],
        "estimates": [e.model_dump(mode="json") for e in estimates or []],
    } | more


def other_data(rows: int = 2380) -> dict[str, Any]:
    return {"data": {"table": "decisions", "rows": rows, "fingerprint": "sha256:b"}}


# The noise rule

ends = st.floats(0, 50) | st.just(0.0)
values = st.floats(-1e4, 1e4)


@st.composite
def estimates(draw: st.DrawFn, **more: Any) -> Estimate:
    value = draw(values)
    return estimate(value, value - draw(ends), value + draw(ends), unit="score", **more)


@given(estimates(), st.booleans())
def test_an_estimate_that_stayed_the_same_never_moved(e: Estimate, same_rows: bool) -> None:
    assert moved(e, e, same_rows) is None


@given(estimates(), estimates())
def test_a_change_larger_than_both_intervals_together_always_shows(
    a: Estimate, b: Estimate
) -> None:
    together = (a.high - a.low) + (b.high - b.low)
    if abs(a.value - b.value) > together + 1e-3:
        assert moved(a, b)


@given(st.floats(0.01, 50), st.floats(0.01, 50), values, st.floats(1.001, 5), st.booleans())
def test_symmetric_intervals_apart_by_more_than_the_wider_one_always_show(
    half: float, other: float, value: float, factor: float, up: bool
) -> None:
    change = 2 * max(half, other) * factor * (1 if up else -1)
    before = estimate(value, value - half, value + half)
    after = estimate(value + change, value + change - other, value + change + other)
    assert moved(before, after)


@given(estimates(), estimates())
def test_intervals_that_do_not_meet_always_show(a: Estimate, b: Estimate) -> None:
    if a.high + 1e-3 < b.low or b.high + 1e-3 < a.low:
        assert moved(a, b)


@given(estimates(), estimates())
def test_a_value_inside_the_other_interval_of_no_narrower_reach_never_shows(
    a: Estimate, b: Estimate
) -> None:
    if a.low <= b.value <= a.high and b.low <= a.value <= b.high:
        assert moved(a, b) is None


@given(estimates(), estimates(), st.booleans())
def test_a_move_back_is_as_far_as_the_move_there(a: Estimate, b: Estimate, same: bool) -> None:
    there, back = moved(a, b, same), moved(b, a, same)
    assert (there is None) == (back is None)
    if there and back:
        assert there.times == pytest.approx(back.times)


@given(st.floats(-5, 5), st.floats(0.01, 2), st.floats(0.01, 2), st.floats(-8, 8))
def test_normal_estimates_move_where_the_z_test_of_their_difference_rejects(
    value: float, error: float, other: float, change: float
) -> None:
    z95 = norm.ppf(0.975)
    before = estimate(value, value - z95 * error, value + z95 * error)
    after = estimate(value + change, value + change - z95 * other, value + change + z95 * other)
    p = 2 * norm.sf(abs(after.value - before.value) / math.hypot(error, other))
    if abs(p - 0.05) > 1e-6:
        assert bool(moved(before, after)) == bool(p < 0.05)


def test_two_proportions_agree_with_newcombes_published_interval() -> None:
    """56 of 70 against 48 of 80: 0.0524 to 0.3339 (Newcombe 1998, table II, method 10)."""
    first, second = (
        estimate(k / n, *proportion_confint(k, n, method="wilson"), n=n)
        for k, n in ((56, 70), (48, 80))
    )
    rise, fall = moved(second, first), moved(first, second)
    assert rise
    assert fall
    assert rise.times == fall.times == pytest.approx(0.2 / (0.2 - 0.0524), abs=1e-3)


@given(st.floats(0.1, 10), st.floats(1.01, 3), st.floats(1.01, 3), st.floats(0.05, 20))
def test_ratios_move_alike_when_both_are_turned_upside_down(
    value: float, low: float, high: float, factor: float
) -> None:
    def ratio(v: float) -> Estimate:
        return estimate(v, v / low, v * high, unit="ratio")

    def inverse(e: Estimate) -> Estimate:
        return estimate(1 / e.value, 1 / e.high, 1 / e.low, unit="ratio")

    a, b = ratio(value), ratio(value * factor)
    reach = math.hypot(math.log(low), math.log(high))
    if abs(abs(math.log(factor)) - reach) > 1e-6:
        assert bool(moved(a, b)) == bool(abs(math.log(factor)) > reach)
        assert bool(moved(inverse(a), inverse(b))) == bool(moved(a, b))


def test_a_ratio_whose_interval_begins_at_none_or_that_is_none_is_compared() -> None:
    low = estimate(0.5, 0, 1, unit="ratio")
    high = estimate(8, 6, 11, unit="ratio")
    assert moved(low, high)
    assert moved(high, low)
    assert moved(estimate(0, 0, 0.1, unit="ratio"), high)


def test_on_the_same_rows_any_change_is_a_move_but_rounding_is_none() -> None:
    before, after = estimate(0.5, 0.1, 0.9), estimate(0.51, 0.1, 0.9)
    assert moved(before, after) is None
    assert moved(before, after, same_rows=True)
    assert moved(before, estimate(0.5 + 1e-12, 0.1, 0.9), same_rows=True) is None


# Comparing records

outcomes = st.sampled_from(["meets", "misses", "inconclusive"])
stakes = st.sampled_from(["pass", "note", "condition", "blocker"])


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    ids = draw(st.lists(st.sampled_from("abcdef"), unique=True))
    findings = [
        judge(draw(outcomes), draw(stakes), id=f"p.{id}", statement=f"About {id}.") for id in ids
    ]
    measures = draw(st.lists(st.sampled_from(["recall", "precision", "auc"]), unique=True))
    measured = [draw(estimates(measure=m, group=draw(groups))) for m in measures]
    return record(findings, measured, verdict=draw(st.sampled_from(WORST_FIRST)))


groups = st.none() | st.just({"race": "Black", "sex": "female"})


def ids(changes: list[Any]) -> list[str]:
    return sorted((c.after or c.before).id for c in changes)


@given(records())
def test_nothing_changed_where_before_and_after_are_the_same(run: dict[str, Any]) -> None:
    since = compare(run, run, when=WHEN)
    assert not any((since.opened, since.closed, since.worse, since.better, since.moved))
    assert (since.added, since.dropped, since.answers) == (0, 0, [])
    assert since.within == len(run["estimates"])
    assert since.same_data
    assert "unchanged" in since_sentence(since)
    assert since_sentence(since).endswith("; nothing moved.")


@settings(max_examples=60)
@given(records(), records())
def test_what_opens_one_way_closes_the_other_way(a: dict[str, Any], b: dict[str, Any]) -> None:
    there, back = compare(a, b, when=WHEN), compare(b, a, when=WHEN)
    assert ids(there.opened) == ids(back.closed)
    assert ids(there.closed) == ids(back.opened)
    assert ids(there.worse) == ids(back.better)
    assert ids(there.better) == ids(back.worse)
    assert (there.added, there.within) == (back.dropped, back.within)
    assert {m.after.measure for m in there.moved} == {m.after.measure for m in back.moved}
    assert there.verdict == back.verdict[::-1]
    assert len(there.moved) + there.within + there.added == len(b["estimates"])
    since_view(there)


def blocker(id: str = "p.a", **more: Any) -> Finding:
    return judge("misses", "blocker", id=id, statement=more.pop("statement", "It is bad."), **more)


def test_findings_are_opened_closed_worse_better_or_unchanged() -> None:
    condition = judge("misses", "condition", id="p.a", statement="It is not good.")
    open_ = judge("inconclusive", "blocker", id="p.a", statement="Nobody knows.")
    met = judge("meets", "blocker", id="p.a", statement="It is good.")
    order = [met, condition, open_, blocker()]
    assert [gravity(f) for f in (None, *order)] == [0, 0, 2, 3, 4]

    def kind(before: list[Finding], after: list[Finding]) -> str:
        since = compare(record(before), record(after), when=WHEN)
        kinds = ("opened", "closed", "worse", "better")
        return " ".join(name for name in kinds if getattr(since, name))

    assert kind([met], [condition]) == kind([], [condition]) == "opened"
    assert kind([blocker()], [met]) == kind([blocker()], []) == "closed"
    assert kind([condition], [open_]) == kind([open_], [blocker()]) == "worse"
    assert kind([blocker()], [open_]) == "better"
    assert kind([met], []) == kind([], [met]) == kind([condition], [condition]) == ""


def test_estimates_are_matched_by_measure_group_and_unit() -> None:
    group = {"race": "Black", "sex": "female"}
    turned = dict(reversed(group.items()))
    then = [estimate(0.5, 0.4, 0.6, group=group), estimate(1, 1, 1, unit="USD per decision")]
    now = [estimate(0.9, 0.8, 0.95, group=turned), estimate(1, 1, 1, unit="EUR per decision")]
    since = compare(record(estimates=then), record(estimates=now, **other_data()), when=WHEN)
    assert [m.after.value for m in since.moved] == [0.9]
    assert (since.within, since.added, since.dropped) == (0, 1, 1)


def test_the_furthest_move_comes_first() -> None:
    then = [estimate(0.1, 0.05, 0.15, measure=m) for m in ("near", "far")]
    now = [estimate(0.3, 0.2, 0.4, measure="near"), estimate(0.9, 0.8, 1, measure="far")]
    since = compare(record(estimates=then), record(estimates=now, **other_data()), when=WHEN)
    assert [m.after.measure for m in since.moved] == ["far", "near"]


def test_findings_and_estimates_of_another_shape_count_as_not_made() -> None:
    old = record([blocker()], [estimate(0.5, 0.4, 0.6)])
    old["findings"][0].pop("statement")
    old["estimates"][0]["interval"] = [0.4, 0.6]
    since = compare(old, record([blocker()], [estimate(0.5, 0.4, 0.6)]), when=WHEN)
    assert (len(since.opened), since.added, since.dropped) == (1, 1, 0)
    bare = compare({"verdict": "go"}, {"verdict": "go"}, when=WHEN)
    assert not bare.same_data


# In words


def worded(**change: Any) -> str:
    return since_view(compare(record(), record(**change), when=WHEN)).text


def test_the_first_sentence_counts_what_changed() -> None:
    before = record([blocker("p.a"), blocker("p.b")], [estimate(0.5, 0.4, 0.6)], verdict="no_go")
    after = record(
        [judge("meets", "blocker", id="p.a", statement="Good."), blocker("p.c")],
        [estimate(0.9, 0.8, 0.95)],
        verdict="no_go",
        **other_data(),
    )
    change = AnswerChange("p.q", "Who?", "Ana", "Ben", "Ben", "Legal", AT)
    since = compare(before, after, [change], when=WHEN)
    assert since_sentence(since) == (
        "Since 22 November 2026: verdict unchanged (No-go); 1 finding opened; 1 finding closed; "
        "1 finding no longer checked; 1 answer changed; 1 number moved."
    )
    assert since_sentence(compare(before, record(), when=WHEN)).startswith(
        "Since 22 November 2026: verdict was No-go, now Go; 2 findings no longer checked"
    )


def test_changed_data_and_library_are_told_in_one_sentence() -> None:
    assert "The data changed from 2,380 to 2,410 rows." in worded(**other_data(2410))
    assert "The data changed, still 2,380 rows." in worded(**other_data())
    assert "The data were taken away (2,380 rows)." in worded(data=None)
    added = since_view(compare(record(data=None), record(), when=WHEN)).text
    assert "The data were added (2,380 rows)." in added
    assert "The library" not in worded()
    newer = worded(versions={"playbook": "1.1"}, **other_data(1))
    assert (
        "The data changed from 2,380 to 1 row, and the library changed from version 1.0 to 1.1."
        in newer
    )
    assert "The library changed from version 1.0 to 1.1." in worded(versions={"playbook": "1.1"})


def test_without_data_nothing_is_said_about_data() -> None:
    text = since_view(compare(record(data=None), record(data=None), when=WHEN)).text
    assert "data" not in text


def test_what_moved_on_the_same_data_is_not_called_chance() -> None:
    then, now = [estimate(0.5, 0.4, 0.6)] * 1, [estimate(0.52, 0.4, 0.6)]
    same = since_view(compare(record(estimates=then), record(estimates=now), when=WHEN)).text
    assert "what moved follows from answers, policy or library" in same
    other = record(estimates=now, **other_data())
    assert (
        "1 of 1 number stayed within noise."
        in since_view(compare(record(estimates=then), other, when=WHEN)).text
    )


def test_how_many_numbers_chance_alone_moves_is_told() -> None:
    then = [estimate(0.1, 0.05, 0.15, measure=f"m{i}") for i in range(40)]
    now = [estimate(0.9, 0.8, 0.95, measure="m0"), *then[1:]]
    text = since_view(
        compare(record(estimates=then), record(estimates=now, **other_data()), when=WHEN)
    ).text
    assert "39 of 40 numbers stayed within noise." in text
    assert "Chance alone moves up to 2 of 40." in text


# In the report


def busy(many: int = 1) -> Since:
    then = [estimate(0.1, 0.05, 0.15, measure="auc", unit="score")]
    now = [estimate(0.9, 0.8, 0.95, measure="auc", unit="score")]
    for i in range(many):
        group = {"race": f"{SCRIPT} {i}"}
        then.append(estimate(0.1, 0.05, 0.15, group=group))
        now.append(estimate(0.9, 0.8, 0.95, group=group))
    before = record([blocker(f"p.old{i}", statement=f"Old {SCRIPT}") for i in range(many)], then)
    after = record(
        [blocker(f"p.new{i}", statement=f"New {SCRIPT}") for i in range(many)],
        now,
        verdict="no_go",
        versions={"playbook": f"2 {SCRIPT}"},
        **other_data(),
    )
    change = AnswerChange(
        "p.q", f"Who? {SCRIPT}", f"a {SCRIPT}", f"b {SCRIPT}", SCRIPT, "Legal", AT
    )
    return compare(before, after, [change] * many, when=WHEN)


def page(since: Since | None) -> BeautifulSoup:
    shown = since and since_view(since)
    return BeautifulSoup(render_report(notebook(), {"findings": []}, HEADER, shown), "html.parser")


def test_the_section_stands_right_below_the_verdict_and_in_the_contents() -> None:
    soup = page(busy())
    headings = [" ".join(h.text.split()) for h in soup.find_all("h2")]
    assert headings[:3] == ["Verdict No-go", "What changed", "Findings"]
    assert soup.find(id="since").parent.find_previous_sibling("section")["class"][0] == "verdict"
    assert soup.find(id="since").parent.find_next_sibling("section")["class"] == ["flip"]
    entries = [a["href"] for a in soup.select("nav ul:first-of-type a")]
    assert entries[:3] == ["#verdict", "#since", "#findings"]


def test_without_an_earlier_run_a_report_says_nothing_of_changes() -> None:
    soup = page(None)
    assert not soup.find(id="since")
    assert "What changed" not in soup.text


def test_without_a_verdict_the_section_still_stands_on_top() -> None:
    bare = notebook()
    bare.cells = bare.cells[:-1]
    html = render_report(bare, {}, HEADER, since_view(busy()))
    soup = BeautifulSoup(html, "html.parser")
    assert soup.h2["id"] == "since"


def test_a_heading_of_the_notebook_cannot_take_the_sections_name() -> None:
    nb = notebook()
    nb.cells[5].source = "## Since\n\nText."
    soup = BeautifulSoup(render_report(nb, {}, HEADER, since_view(busy())), "html.parser")
    names = [e["id"] for e in soup.find_all(id=True)]
    assert len(names) == len(set(names))


def test_hostile_text_is_only_text() -> None:
    soup = page(busy())
    section = soup.find(id="since").parent
    assert not soup.find_all(["script", "img", "iframe"], src=lambda s: s and "data:" not in s)
    assert not section.find_all(["script", "img"])
    assert section.text.count("alert(1)") >= 7
    assert not [e for e in section.find_all(True) for name in e.attrs if name.startswith("on")]


def test_the_section_is_accessible() -> None:
    section = page(busy()).find(id="since").parent
    assert section.name == "section"
    assert section["aria-labelledby"] == "since"
    assert section.table.caption.text == "Numbers that moved"
    assert all(th["scope"] in {"col", "row"} for th in section.find_all("th"))
    assert section.select_one(".scroll")["tabindex"] == "0"
    assert "AUC" in section.table.text
    assert section.table.select_one("td .keep + .keep").text == "(0.05–0.15)"


def test_at_most_ten_of_a_kind_are_listed_and_the_rest_counted() -> None:
    section = page(busy(30)).find(id="since").parent
    assert len(section.select(".finding")) == 20
    assert len(section.select("tbody tr")) == 10
    more = [p.text for p in section.select("p.why") if p.text.startswith("And ")]
    assert [text.split(",")[0] for text in more] == ["And 50 more", "And 20 more", "And 21 more"]


def test_long_answers_are_cut_to_where_they_differ() -> None:
    start = "The same beginning. " * 50
    change = AnswerChange("p.q", "Who?", start + "Ana.", start + "Ben. " * 100, "", "Legal", AT)
    text = since_view(compare(record(), record(), [change], when=WHEN)).text
    assert "Ana." in text
    assert "Ben." in text
    assert len(text) < 900
    short = AnswerChange("p.q", "Who?", "A" * 60 + "x", "A" * 60 + "y", "", "Legal", AT)
    assert f"Was: {'A' * 60}x" in since_view(compare(record(), record(), [short], when=WHEN)).text


# Answers


ASKED = QuestionSet.model_validate(
    {
        "playbook": "p",
        "title": "P",
        "questions": [
            {"id": "kind", "text": "Which kind?", "why": "w", "example": "e", "type": "choice",
             "options": [{"value": "a", "label": "Kind A"}, {"value": "b", "label": "Kind B"}]},
            {"id": "cost", "text": "What does it cost?", "why": "w", "example": "e",
             "type": "money", "show_if": [{"question": "kind", "is": ["b"]}]},
            {"id": "free", "text": "Anything else?", "why": "w", "example": "e",
             "type": "long_text", "scope": "organisation"},
        ],
    }
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AnswerStore]:
    with AnswerStore.in_folder(tmp_path) as store:
        yield store


def give(store: AnswerStore, question: str, value: Any, product: str = "m", **more: Any) -> int:
    fields = {"state": "answered", "by": "Ana", "role": "legal", "at": AT} | more
    answer = Answer(playbook="p", question=question, value=value, **fields)
    return store.append(product, answer).revision or 0


def changes(store: AnswerStore, before: int, after: int | None = None) -> list[AnswerChange]:
    return answer_changes(store, "m", before, after, [ASKED], "EUR")


def test_a_changed_answer_is_told_in_words_with_who_and_when(store: AnswerStore) -> None:
    first = give(store, "kind", "a")
    last = give(store, "kind", "b", by="Ben", role="engineering")
    give(store, "kind", "a", by="Too late")
    assert changes(store, first, last) == [
        AnswerChange("p.kind", "Which kind?", "Kind A", "Kind B", "Ben", "Engineering", AT)
    ]


def test_a_first_answer_and_an_unknown_one_are_changes(store: AnswerStore) -> None:
    first = give(store, "free", "yes & no", by="unknown")
    [change] = changes(store, 0, first)
    assert (change.before, change.after, change.by) == ("Not answered yet", "yes & no", "")
    give(store, "free", None, state="unknown", reason="nobody measured")
    [change] = changes(store, first)
    assert change.after == "Unknown: nobody measured"


def test_the_same_words_from_someone_else_are_no_change(store: AnswerStore) -> None:
    first = give(store, "kind", "a")
    give(store, "kind", "a", by="Ben")
    assert changes(store, first) == []
    assert changes(store, first, first) == []


def test_an_answer_taken_back_names_who_took_it(store: AnswerStore) -> None:
    give(store, "kind", "a")
    first = store.answers("m").revision
    give(store, "kind", None, state="open", by="Ben")
    [change] = changes(store, first, store.answers("m").revision)
    assert (change.before, change.after, change.by) == ("Kind A", "Not answered yet", "Ben")


def test_questions_shown_neither_then_nor_now_are_left_out(store: AnswerStore) -> None:
    give(store, "kind", "a")
    first = give(store, "cost", 1)
    hidden = give(store, "cost", 2)
    assert changes(store, first, hidden) == []
    give(store, "kind", "b")
    shown = changes(store, first)
    assert [(c.key, c.before, c.after) for c in shown] == [
        ("p.kind", "Kind A", "Kind B"),
        ("p.cost", "Not asked", "2 EUR"),
    ]


def test_an_answer_of_the_organisation_counts_for_each_product(store: AnswerStore) -> None:
    give(store, "free", "for all", product=ORGANISATION)
    [change] = changes(store, 0)
    assert change.after == "for all"
