"""The form's side of the store: what an edit becomes, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.display import Html, sentences
from playbook.forms.desk import MINE, Desk, clean
from playbook.forms.form import Form
from playbook.forms.host import is_live
from playbook.forms.newest import Newest
from playbook.questionfiles import load_questions
from playbook.reads import EVERYTHING, note, recording, touched
from playbook.session.book import Book
from playbook.session.refresh import Refresher
from playbook.store import TEAM, AnswerStore, person_sheet
from playbook.workspace import Workspace

QUESTIONS = """
playbook: trial
title: Trial
questions:
  - {id: pick, text: Which?, why: w, example: e, type: choice, options: [a, b]}
  - {id: words, text: What?, why: w, example: e, type: long_text}
  - {id: share, text: How much?, why: w, example: e, type: percentage}
  - id: after_b
    text: Why b?
    why: w
    example: e
    type: text
    show_if: [{question: pick, is: [b]}]
  - {id: strict, text: Strict?, why: w, example: e, type: yes_no, tiers: [high]}
  - {id: own, text: And you?, why: w, example: e, type: yes_no, scope: respondent}
  - {id: house, text: And all?, why: w, example: e, type: yes_no, scope: organisation}
  - id: rows
    text: Which rows?
    why: w
    example: e
    type: table
    columns:
      - {id: name, label: Name}
      - {id: kind, label: Kind, type: choice, options: [x, y]}
      - {id: n, label: Number, type: number}
      - {id: day, label: Day, type: date}
      - {id: ok, label: Fine, type: yes_no}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    path = tmp_path / "trial.yaml"
    path.write_text(QUESTIONS, encoding="utf-8")
    return Desk(AnswerStore.in_folder(tmp_path), "demo", load_questions(path), "EUR")


def edit(question: str, value: Any = None, **more: Any) -> dict[str, Any]:
    said = {"by": "Ana", "role": "design", "sheet": TEAM, "nonce": "n", "state": "answered"}
    return said | {"question": question, "value": value} | more


def test_an_edit_is_stored_before_it_is_acknowledged(desk: Desk) -> None:
    reply = desk.save(edit("pick", "a", expected=0))
    assert (reply["type"], reply["nonce"]) == ("saved", "n")
    stored = desk.store.answers("demo")["trial.pick"]
    assert (stored.value, stored.by, stored.role) == ("a", "Ana", "design")
    assert stored.revision == reply["answer"]["revision"]


def test_the_same_edit_sent_twice_is_one_revision(desk: Desk) -> None:
    first = desk.save(edit("pick", "a", expected=0))
    again = desk.save(edit("pick", "a", expected=0))
    assert again["answer"]["revision"] == first["answer"]["revision"]
    assert len(desk.store.history("demo", "trial", "pick")) == 1


def test_someone_elses_change_is_a_conflict_that_shows_theirs(desk: Desk) -> None:
    desk.save(edit("pick", "a", expected=0))
    reply = desk.save(edit("pick", "b", expected=0, by="Bob", role="legal"))
    assert reply["type"] == "conflict"
    assert reply["current"]["told"] == "a"
    assert (reply["current"]["by"], reply["current"]["role"]) == ("Ana", "Design")
    kept = desk.save(
        edit("pick", "b", expected=reply["current"]["revision"], by="Bob", role="legal")
    )
    assert kept["type"] == "saved"


def test_two_people_who_agree_have_no_conflict(desk: Desk) -> None:
    desk.save(edit("pick", "a", expected=0))
    assert desk.save(edit("pick", "a", expected=0, by="Bob"))["type"] == "saved"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (edit("share", 120), "not between 0 and 100"),
        (edit("share", "much"), "not a number"),
        (edit("words", "x" * 2_000_001), "2,000,001 characters"),
        (edit("pick", "c"), "not one of the options"),
        (edit("nothing", 1), "asked no longer"),
        (edit("words", "x", by=" "), "Write your name"),
        (edit("words", "x", by="x" * 81), "80 characters"),
        (edit("words", state="not_applicable", reason=" "), "needs a reason"),
        (edit("words", "x", state="perhaps"), "no state"),
        (edit("rows", [{"n": "many"}]), "does not fit 'Number'"),
        (edit("rows", [{"kind": "z"}]), "does not fit 'Kind'"),
        (edit("rows", [{"day": "soon"}]), "does not fit 'Day'"),
        (edit("rows", [{"ok": "perhaps"}]), "does not fit 'Fine'"),
    ],
)
def test_what_cannot_be_stored_is_refused_in_a_sentence(
    desk: Desk, message: dict[str, Any], said: str
) -> None:
    reply = desk.save(message)
    assert reply["type"] == "refused"
    assert said in reply["message"]
    assert len(desk.store.answers("demo")) == 0


def test_a_row_of_every_kind_is_stored_as_typed(desk: Desk) -> None:
    row = {"name": "<b>", "kind": "x", "n": 1.5, "day": "2027-03-31", "ok": False}
    assert desk.save(edit("rows", [row]))["type"] == "saved"
    assert desk.store.answers("demo").value("trial.rows") == [row]


def test_half_characters_become_the_replacement_sign_and_all_else_stays(desk: Desk) -> None:
    assert clean({"a\ud800": ["\x00", "שלום 👍", "=1+1", "\x1b"]}) == {
        "a\ufffd": ["\ufffd", "שלום 👍", "=1+1", "\x1b"]
    }
    desk.save(edit("words", "\udfff<script>"))
    assert desk.store.answers("demo").value("trial.words") == "\ufffd<script>"


def test_an_answer_taken_back_stands_no_more_and_stays_in_the_history(desk: Desk) -> None:
    first = desk.save(edit("pick", "a", expected=0))["answer"]["revision"]
    taken = desk.save(edit("pick", state="open", expected=first))
    assert taken["type"] == "saved"
    assert "trial.pick" not in desk.store.answers("demo")
    past = desk.history(edit("pick"))["past"]
    assert [one["told"] for one in past] == ["Taken back", "a"]
    # A page that never saw the answer may answer anew.
    assert desk.save(edit("pick", "b", expected=0))["type"] == "saved"


def test_an_earlier_answer_can_be_used_again(desk: Desk) -> None:
    first = desk.save(edit("pick", "a"))["answer"]["revision"]
    second = desk.save(edit("pick", "b"))["answer"]["revision"]
    reply = desk.reuse(edit("pick", revision=first, expected=second))
    assert (reply["type"], reply["answer"]["value"]) == ("saved", "a")
    assert desk.store.answers("demo").value("trial.pick") == "a"
    assert desk.reuse(edit("pick", revision=999))["type"] == "refused"


def test_questions_unfold_by_earlier_answers_and_by_risk_tier(desk: Desk) -> None:
    assert "after_b" not in desk.state(TEAM)["shown"]
    assert "strict" in desk.state(TEAM)["shown"]
    desk.save(edit("pick", "b"))
    assert "after_b" in desk.state(TEAM)["shown"]
    tier = Desk(desk.store, "demo", _tier_set(), "")
    for name, value in {
        "effect_on_people": "negligible",
        "autonomy": "assists",
        "reversible": "easily",
        "vulnerable_people": "none",
        "people_per_year": "under_1000",
    }.items():
        tier.save(edit(name, value))
    assert "strict" not in desk.state(TEAM)["shown"]


def _tier_set() -> Any:
    from playbook.shipped import shipped

    return load_questions(shipped("templates/questions/problem_definition.yaml"))


def test_participants_answer_for_themselves_beside_the_team(desk: Desk) -> None:
    desk.save(edit("pick", "a"))
    desk.save(edit("pick", "b", sheet=MINE, by="Bob"))
    assert desk.store.answers("demo").value("trial.pick") == "a"
    assert desk.store.answers("demo", person_sheet(" BOB ")).value("trial.pick") == "b"
    own = desk.state(person_sheet("Bob"))
    assert own["answers"]["pick"]["value"] == "b"
    assert own["team"]["pick"] == "a"
    assert "after_b" in own["shown"]
    people = desk.history(edit("pick"))["people"]
    assert [(one["by"], one["told"]) for one in people] == [("Bob", "b")]


def test_scope_decides_where_an_answer_lies(desk: Desk) -> None:
    desk.save(edit("own", "yes"))
    desk.save(edit("house", "yes"))
    assert "trial.own" not in desk.store.answers("demo")
    assert desk.store.answers("demo", person_sheet("Ana")).value("trial.own") == "yes"
    assert desk.store.answers("another").value("trial.house") == "yes"


def test_only_what_is_newer_travels(desk: Desk) -> None:
    seen = desk.save(edit("pick", "a"))["answer"]["revision"]
    desk.save(edit("words", "new"))
    state = desk.state(TEAM, since=seen)
    assert set(state["answers"]) == {"words"}
    assert set(state["standing"]) == {"pick", "words"}
    assert state["revision"] == desk.store.newest("demo")


class Talk(Form):
    """A form whose messages to the browser are kept instead of sent."""

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent = [*getattr(self, "sent", []), content]


def talk(desk: Desk, heard: list[str]) -> Talk:
    return Talk(desk, lambda: heard.append("changed"), lambda: sentences(["static"]))


def test_the_form_acknowledges_and_then_tells_the_page(desk: Desk) -> None:
    heard: list[str] = []
    form = talk(desk, heard)
    form._heard(form, edit("pick", "b", expected=0) | {"type": "edit"}, [])
    assert form.sent[-1]["type"] == "saved"
    assert "after_b" in form.sent[-1]["shown"]
    assert heard == ["changed"]
    form._heard(form, {"type": "sync", "revision": desk.store.newest("demo")}, [])
    assert form.sent[-1]["type"] == "synced"
    assert heard == ["changed"]


def test_the_form_notices_what_others_store(desk: Desk) -> None:
    heard: list[str] = []
    form = talk(desk, heard)
    desk.save(edit("pick", "a", by="Bob"))
    form._heard(form, {"type": "sync", "revision": 0, "sheet": TEAM, "by": "Ana"}, [])
    assert form.sent[-1]["answers"]["pick"]["by"] == "Bob"
    assert heard == ["changed"]


@pytest.mark.parametrize("message", [{}, {"type": "dance"}, {"type": "edit"}, {"type": "history"}])
def test_a_strange_message_is_answered_with_a_sentence(desk: Desk, message: dict[str, Any]) -> None:
    form = talk(desk, [])
    form._heard(form, message, [])
    assert form.sent[-1]["type"] == "refused"


def test_the_form_carries_a_static_face(desk: Desk) -> None:
    data, _ = talk(desk, [])._repr_mimebundle_()
    assert "<p>static</p>" in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.parametrize(
    ("name", "value", "live"),
    [
        ("PLAYBOOK_LIVE", "1", True),
        ("PLAYBOOK_LIVE", "0", False),
        ("JPY_SESSION_NAME", "a.ipynb", True),
        ("VOILA_REQUEST_URL", "somewhere", True),
        ("ELSEWHERE", "1", False),
    ],
)
def test_who_is_live(monkeypatch: pytest.MonkeyPatch, name: str, value: str, live: bool) -> None:
    for sign in ("PLAYBOOK_LIVE", "JPY_SESSION_NAME", "VOILA_REQUEST_URL", "VOILA_BASE_URL"):
        monkeypatch.delenv(sign, raising=False)
    monkeypatch.setenv(name, value)
    assert is_live() is live


def test_recordings_nest() -> None:
    with recording() as outer:
        note("a.b")
        with recording() as inner:
            note("c.d")
    assert (outer, inner) == ({"a.b", "c.d"}, {"c.d"})
    assert touched({EVERYTHING}, {"x.y"})
    assert not touched({"a.b"}, set())


@pytest.fixture
def live_book(own_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Book:
    monkeypatch.setenv("PLAYBOOK_LIVE", "1")
    return Book("kpi_alignment", "mortgage", own_workspace)


def answer(book: Book, question: str, value: Any) -> None:
    playbook, name = question.split(".")
    desk = Desk(book.workspace.store, book.product.slug, book.workspace.questions(playbook))
    assert desk.save(edit(name, value))["type"] == "saved"
    book.renew()
    assert book._refresher.settle()


def test_only_views_that_read_a_changed_answer_are_drawn_again(live_book: Book) -> None:
    drawn: list[str] = []

    def view(name: str, read: Callable[[], object]) -> Callable[[], Html]:
        def build() -> Html:
            drawn.append(name)
            return sentences([f"{name}: {read()}"])

        return build

    evidence = lambda: live_book.case.evidence  # noqa: E731
    money = live_book.live(view("money", lambda: evidence().money.value.value))
    live_book.live(view("performance", lambda: evidence().performance["auc"].value))
    assert live_book._refresher.settle()
    assert drawn == ["money", "performance"]
    before = money.html
    answer(live_book, "problem_definition.cost_false_negative", {"low": 1, "likely": 2, "high": 3})
    assert drawn == ["money", "performance", "money"]
    assert money.html != before
    answer(live_book, "kpi_alignment.kpi_baseline", 12)
    assert drawn == ["money", "performance", "money"]


def test_evidence_that_no_answer_touches_is_not_computed_again(live_book: Book) -> None:
    before = live_book.case.evidence.performance
    money = live_book.case.evidence.money
    answer(live_book, "problem_definition.cost_false_negative", {"low": 1, "likely": 2, "high": 3})
    assert live_book.case.evidence.performance is before
    assert live_book.case.evidence.money is not money


def test_missing_evidence_appears_as_soon_as_it_can_be_computed(live_book: Book) -> None:
    # A withdrawn answer and its return: what was missing is remembered, and forgotten.
    name = "problem_definition.cost_false_negative"
    desk = Desk(live_book.workspace.store, "mortgage", _tier_set())
    assert desk.save(edit("cost_false_negative", state="open"))["type"] == "saved"
    live_book.renew()
    assert isinstance(live_book.case.evidence.get("money"), NoEvidence)
    answer(live_book, name, {"low": 1, "likely": 2, "high": 3})
    assert not isinstance(live_book.case.evidence.get("money"), NoEvidence)


def test_a_fault_in_a_view_is_one_sentence_in_its_place(live_book: Book) -> None:
    def breaks() -> Html:
        raise ZeroDivisionError("<b>secret</b>")

    def asks() -> Html:
        raise PlaybookError("a line is wrong", remedy="Mend it")

    odd, plain = live_book.live(breaks), live_book.live(asks)
    fine = live_book.live(lambda: sentences(["well"]))
    assert live_book._refresher.settle()
    assert "unexpected fault (ZeroDivisionError)" in odd.html
    assert "secret" not in odd.html
    assert "A line is wrong" in plain.html or "a line is wrong" in plain.html
    assert "well" in fine.html


def test_many_changes_in_a_row_cost_few_redraws() -> None:
    from threading import Event

    refresher, begun, go = Refresher(live=True), Event(), Event()
    drawn: list[int] = []

    def build() -> Html:
        note("a.b")
        drawn.append(1)
        begun.set()
        assert go.wait(60)
        return Html.nothing()

    refresher.view(build)
    assert begun.wait(60)
    for _ in range(50):
        refresher.changed({"a.b"})
    go.set()
    assert refresher.settle()
    assert len(drawn) == 2


def test_of_many_jobs_the_newest_runs() -> None:
    from threading import Event

    work, go, done = Newest(), Event(), Event()
    ran: list[int] = []

    def first() -> None:
        assert go.wait(60)
        ran.append(0)

    work.do(first)
    for number in range(1, 20):
        work.do(lambda number=number: (ran.append(number), done.set() if number == 19 else None))
    go.set()
    assert done.wait(60)
    assert ran in ([0, 19], [19])


def test_a_trial_changes_nothing_until_it_is_kept(live_book: Book) -> None:
    import time

    trial = live_book.assumptions()
    sent: list[Any] = []
    trial.send = lambda content, buffers=None: sent.append(content)
    key = "problem_definition.cost_false_negative"
    values = {key: {"low": 1, "likely": 2, "high": 3}}
    as_answered = live_book.answers.value(key)
    trial._heard(trial, {"type": "try", "values": values}, [])
    give_up = time.monotonic() + 60
    while "As answered" not in trial.html and time.monotonic() < give_up:
        time.sleep(0.05)
    assert "As answered" in trial.html
    assert live_book.workspace.answers("mortgage").value(key) == as_answered
    trial._heard(trial, {"type": "keep", "values": values, "by": "Ana", "role": "design"}, [])
    assert sent == [{"type": "kept", "said": "Saved as the team’s answers."}]
    assert live_book.workspace.answers("mortgage").value(key) == values[key]


def test_in_batch_every_piece_is_finished_and_static(own_workspace: Workspace) -> None:
    book = Book("kpi_alignment", "mortgage", own_workspace)
    assert isinstance(book.form(), Html)
    assert isinstance(book.about(), Html)
    assert isinstance(book.flip(), Html)
    assert book.flip().text == ""
    assert "nav" not in book.about().html
