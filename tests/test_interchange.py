"""Answers as YAML: exact there and back, and every fault named with its line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from playbook.answers import Answer, Answers
from playbook.answervalues import check_value
from playbook.errors import PlaybookError
from playbook.interchange import export_answers, import_answers, read_answers
from playbook.product import Product
from playbook.questionfiles import load_questions
from playbook.questions import ROLE_NAMES, Question, QuestionSet
from playbook.shipped import shipped
from playbook.store import AnswerStore

PRODUCT = Product(slug="mortgage", folder=Path(), name="Mortgage approval", owner="Maria Lopez")
OPTIONS = [{"value": v, "label": v} for v in ("measured", "1.0", "no", "a: b #c")]
BY_TYPE: dict[str, dict[str, Any]] = {
    "choice": {"options": OPTIONS},
    "several": {"options": OPTIONS},
    "rank": {"options": OPTIONS},
    "yes_no": {},
    "text": {"text": "Who is\x07 asked:\n# and why?"},
    "long_text": {},
    "number": {"unit": "days\nor weeks"},
    "money": {},
    "percentage": {},
    "date": {},
    "range": {"unit": "EUR"},
    "table": {"columns": [{"id": i, "label": i} for i in ("who", "yes", "a: b")]},
}
ALL_TYPES = QuestionSet(
    playbook="evaluation",
    title="Every type",
    questions=[
        Question(id=f"a_{kind}", type=kind, why="w", example="e", **({"text": "What?"} | more))
        for kind, more in BY_TYPE.items()
    ],
)
SMALL = QuestionSet(
    playbook="problem_definition",
    title="Problem",
    questions=[
        Question(
            id="need_evidence", text="Who has this problem, and how do you know?", why="w",
            example="e", type="choice", role="business", options=["measured", "believed"],
        ),
        Question(
            id="stop_criterion", text="When do you stop?", why="w", example="e", type="text",
            role="legal", show_if=[{"question": "need_evidence", "is": ["measured"]}],
            rule={"statement": "s", "remedy": "r", "skippable": False},
        ),
        Question(
            id="reach", text="How many?", why="w", example="e", type="range", unit="people",
        ),
    ],
)  # fmt: skip
WHERE = "answers.yaml"


def exported(answers: list[Answer], *sets: QuestionSet) -> str:
    return export_answers(PRODUCT, sets or [ALL_TYPES], Answers({a.key: a for a in answers}))


def imported(text: str, *sets: QuestionSet) -> list[Answer]:
    return import_answers(text, WHERE, "mortgage", sets or [ALL_TYPES])


def filled(lines: str) -> str:
    """A file for `SMALL` with these lines below the playbook."""
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    return f"product: mortgage\nanswers:\n  problem_definition:\n{body}"


# There and back

text = (
    st.text(st.characters(), min_size=1, max_size=60)
    | st.text("ab:#- \n\t'\"|>\\", min_size=1, max_size=40)
    | st.sampled_from(["yes", "no", "null", "~", "1.0", "1e3", "0x1F", "2026-01-01", "<<", "="])
).filter(str.strip)
number = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
share = st.integers(0, 100) | st.floats(0, 100)
options = [option["value"] for option in OPTIONS]
cell = text | number | st.booleans()
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "choice": st.sampled_from(options),
    "several": st.lists(st.sampled_from(options), unique=True),
    "rank": st.permutations(options),
    "yes_no": st.sampled_from(["yes", "no"]),
    "text": text,
    "long_text": text,
    "number": number,
    "money": number,
    "percentage": share,
    "date": st.dates().map(str),
    "range": st.lists(share, min_size=3, max_size=3).map(
        lambda n: dict(zip(("low", "likely", "high"), sorted(n), strict=True))
    ),
    "table": st.lists(
        st.fixed_dictionaries({}, optional=dict.fromkeys(("who", "yes", "a: b"), cell))
    ),
}


@st.composite
def answer_sheets(draw: st.DrawFn) -> list[Answer]:
    sheet = []
    for question in ALL_TYPES.questions:
        state = draw(st.sampled_from(["open", "answered", "answered", "unknown", "not_applicable"]))
        if state == "open":
            continue
        value = reason = None
        if state == "answered":
            value = check_value(question, draw(VALUES[question.type]))
        if state == "not_applicable" or draw(st.booleans()):
            reason = draw(storable)
        sheet.append(
            Answer(
                playbook="evaluation", question=question.id, state=state, value=value,
                reason=reason, by=draw(storable), role=draw(st.sampled_from(list(ROLE_NAMES))),
                at=draw(moments).replace(tzinfo=UTC, fold=0),
            )
        )  # fmt: skip
    return sheet


storable = text.filter(lambda t: not any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in t))
moments = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30))


def shown(answers: list[Answer]) -> list[str]:
    """Everything about them but the revision; repr tells 1 from 1.0."""
    return [repr(a.model_copy(update={"revision": None})) for a in answers]


_numbers = count()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnswerStore]:
    with AnswerStore.in_folder(tmp_path_factory.mktemp("store")) as store:
        yield store


@settings(max_examples=80, deadline=None)
@given(sheet=answer_sheets())
def test_every_type_of_answer_round_trips_through_the_file_and_the_store(
    store: AnswerStore, sheet: list[Answer]
) -> None:
    written = exported(sheet)
    read = imported(written)
    assert shown(read) == shown(sheet)

    empty = f"product-{next(_numbers)}"
    store.append_all(empty, read)
    stored = store.answers(empty)
    assert export_answers(PRODUCT, [ALL_TYPES], stored) == written
    assert written.encode("utf-8").decode("utf-8") == written


@settings(max_examples=80, deadline=None)
@given(value=text)
@example('=HYPERLINK("http://x","y")')
@example("# no comment")
@example("  leading, and trailing  ")
@example("first\n\n\n  third\n")
@example("\n  first line empty")
@example("line\n   \nline")
@example("tab\there\nand\r\nthere")
@example("\x00\x07\x1b\x7f\x85\xa0\u2028\u2029\ufeff\ufffe\ud800")
@example("مرحبا \u202e 🏦👩🏽‍💼\nشكرا")
@example("---\n...\n%YAML 1.1")
@example("a: |\n  b\n# c")
@example("word " * 3_999)
@example("x" * 5_000 + "  " + "y" * 5_000 + "\x85" + " z" * 4_000)
@example("line of words \n" * 1_000 + "end")
@example("line of words\n" * 1_000 + "end")
def test_any_text_comes_back_as_it_was_typed(value: str) -> None:
    sheet = [
        Answer(playbook="evaluation", question="a_text", state="answered", value=value),
        Answer(
            playbook="evaluation", question="a_table", state="answered",
            value=[{"who": value}, {"a: b": value}],
        ),
    ]  # fmt: skip
    assert shown(imported(exported(sheet))) == shown(sheet)


def test_an_export_lists_every_question_with_what_it_asks_and_how_to_answer() -> None:
    at = datetime(2026, 3, 12, 9, 14, tzinfo=UTC)
    answer = Answer(
        playbook="problem_definition", question="need_evidence", state="answered",
        value="measured", by="Maria Lopez", at=at, revision=41,
    )  # fmt: skip
    written = exported([answer], SMALL)
    assert written.startswith("# Mortgage approval: answers\n")
    assert written.endswith(
        """\
product: mortgage
answers:
  problem_definition:
    # Who has this problem, and how do you know? (one of these: measured, believed)
    need_evidence:
      value: measured
      by: Maria Lopez
      role: product
      at: 2026-03-12T09:14:00Z
    # When do you stop? (in words; asked when need_evidence is measured)
    stop_criterion:
    # How many? (three numbers in people: low, likely and high)
    reach:
"""
    )


def test_an_export_says_what_each_option_means() -> None:
    question = Question(
        id="proof", text="Is it proven?", why="w", example="e", type="choice",
        options=[{"value": "yes", "label": "Yes, by an experiment"}, "no"],
    )  # fmt: skip
    written = exported([], QuestionSet(playbook="p", title="P", questions=[question]))
    assert (
        "    # Is it proven? (one of those below)\n"
        "    #   yes = Yes, by an experiment\n"
        "    #   no = no\n"
        "    proof:\n"
    ) in written


def test_lines_of_text_are_written_as_lines() -> None:
    answer = Answer(
        playbook="evaluation", question="a_long_text", state="answered", value="One: yes\n\n# Two"
    )
    assert "      value: |-\n        One: yes\n\n        # Two\n" in exported([answer])


def test_an_export_does_not_depend_on_revisions_or_their_order() -> None:
    answers = [
        Answer(playbook="evaluation", question=f"a_{kind}", state="unknown", revision=revision)
        for revision, kind in enumerate(("text", "number"), start=1)
    ]
    later = [a.model_copy(update={"revision": 9}) for a in reversed(answers)]
    assert exported(answers) == exported(later)


def test_answers_to_questions_no_longer_asked_are_kept_there_and_back() -> None:
    gone = [
        Answer(playbook="evaluation", question="gone", state="answered", value=[1, {"a": 2.0}]),
        Answer(playbook="a: removed\nplaybook", question="#1", state="unknown", reason="1.0"),
    ]
    written = exported(gone)
    assert "no_longer_asked:\n" in written
    assert sorted(shown(imported(written))) == sorted(shown(gone))
    assert exported(imported(written)) == written


def test_an_answer_kept_as_old_is_held_to_its_question_where_that_is_asked_again() -> None:
    old = filled("need_evidence: maybe").replace("answers:", "no_longer_asked:")
    with pytest.raises(PlaybookError, match="'maybe' is not one of the options"):
        imported(old, SMALL)


def test_the_shipped_questions_export_and_import_empty() -> None:
    sets = [load_questions(p) for p in sorted(shipped("templates/questions").glob("*.yaml"))]
    assert sets
    written = export_answers(PRODUCT, sets, Answers())
    assert import_answers(written, WHERE, "mortgage", sets) == []
    assert all(f"    {q.id}:\n" in written for s in sets for q in s.questions)
    assert max(map(len, written.splitlines())) <= 120


# Filled in by hand


def test_a_person_needs_to_write_only_the_answer() -> None:
    answers = imported(
        filled("need_evidence: measured\nstop_criterion:\n  value: 'Never'\nreach:\n"), SMALL
    )
    assert [(a.question, a.value, a.by, a.role) for a in answers] == [
        ("need_evidence", "measured", "unknown", "business"),
        ("stop_criterion", "Never", "unknown", "legal"),
    ]
    assert all(abs(a.at - datetime.now(UTC)) < timedelta(minutes=1) for a in answers)


@pytest.mark.parametrize(
    "entry",
    ["", "{}", "{value: }", "{value: , by: Ann}", "{by: Ann, role: legal}", "{unknown: }", "~"],
)
def test_what_holds_no_answer_is_left_open(entry: str) -> None:
    assert imported(filled(f"need_evidence: {entry}"), SMALL) == []


@pytest.mark.parametrize(
    "file", ["product: mortgage", "product: mortgage\nanswers:", filled("").rstrip()]
)
def test_a_file_without_answers_is_no_fault(file: str) -> None:
    assert imported(file, SMALL) == []


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", "1.10", "1.10"),
        ("text", "012", "012"),
        ("text", "2026-03-12", "2026-03-12"),
        ("text", "yes", "yes"),
        ("choice", "1.0", "1.0"),
        ("several", "[no, 1.0]", ["no", "1.0"]),
        ("yes_no", "true", "yes"),
        ("yes_no", "no", "no"),
        ("number", "12", 12),
        ("number", "1_000", 1000),
        ("number", "12.0", 12.0),
        ("date", "2026-03-12", "2026-03-12"),
        ("table", "[{who: Ann, yes: 2026-03-12}]", [{"who": "Ann", "yes": "2026-03-12"}]),
    ],
)
def test_what_is_typed_without_quotes_is_understood(kind: str, typed: str, value: Any) -> None:
    file = f"product: mortgage\nanswers:\n  evaluation:\n    a_{kind}:\n      value: {typed}\n"
    (answer,) = imported(file)
    assert repr(answer.value) == repr(value)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2026-03-12", "2026-03-12T00:00:00+00:00"),
        ("2026-03-12T09:14:00Z", "2026-03-12T09:14:00+00:00"),
        ("2026-03-12 09:14", "2026-03-12T09:14:00+00:00"),
        ("2026-03-12T09:14:00.000001+02:00", "2026-03-12T07:14:00.000001+00:00"),
        ("'2026-03-12T09:14:00-05:30'", "2026-03-12T14:44:00+00:00"),
    ],
)
def test_times_are_read_in_every_usual_form(typed: str, expected: str) -> None:
    (answer,) = imported(filled(f"stop_criterion:\n  unknown: true\n  at: {typed}"), SMALL)
    assert answer.at.isoformat() == expected


# Faults


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("need_evidence: guessed", "line 4, question 'need_evidence': 'guessed' is not one of"),
        ("need_evidence:\n  value: measurd", "line 5, .*measurd.* Did you mean 'measured'"),
        ("need_evidense: measured", "line 4, .*unknown question .* Did you mean 'need_evidence'"),
        ("1: measured", "line 4, question '1': unknown question '1'"),
        ("need_evidence: {valu: measured}", "unknown field 'valu'. Did you mean 'value'"),
        ("reach: {low: 1, likely: 2, high: 3}", "unknown field 'low'. Write it below"),
        ("reach:\n  value: {low: 3, likely: 2, high: 1}", "line 5, .* not in order"),
        ("reach:\n  value: {low: a, likely: 2, high: 1}", "'a' is not a number"),
        ("stop_criterion:\n  value: x\n  unknown: true", "line 6, .* exclude each other. Keep one"),
        ("need_evidence: {not_applicable: x, reason: y}", "exclude each other"),
        ("need_evidence:\n  unknown: maybe", "line 5, .*Write 'unknown: true'"),
        ("need_evidence: {unknown: false}", "Write 'unknown: true'"),
        ("need_evidence:\n  not_applicable: ' '", "line 5, .*needs a reason"),
        ("need_evidence:\n  not_applicable: true", "line 5, .*needs a reason"),
        ("stop_criterion:\n  not_applicable: x", "line 5, .*cannot be skipped"),
        ("need_evidence:\n  unknown: true\n  role: leagl", "line 6, .* Did you mean 'legal'"),
        ("need_evidence:\n  unknown: true\n  role: [legal]", "line 6, .*unknown role"),
        ("need_evidence:\n  unknown: true\n  by: [Ann]", "line 6, .*'by' must be words"),
        ("need_evidence:\n  unknown: true\n  reason: {a: b}", "line 6, .*'reason' must be words"),
        ("need_evidence:\n  unknown: true\n  at: yesterday", "line 6, .*'yesterday' is not a time"),
        ("need_evidence:\n  unknown: true\n  at: [1]", "line 6, .*is not a time"),
        ("need_evidence:\n  value: !secret x", "line 5, .*!secret"),
        ("stop_criterion: [a, b]", "line 4, .* must be text"),
        ("need_evidence: measured\nneed_evidence: believed", "line 5: the key 'need_evidence'"),
        ("\tneed_evidence: measured", "line 4, column 5: a tab"),
    ],
)
def test_each_fault_is_one_sentence_with_line_question_and_remedy(
    lines: str, sentence: str
) -> None:
    with pytest.raises(PlaybookError, match=sentence) as caught:
        imported(filled(lines), SMALL)
    assert str(caught.value).startswith("answers.yaml, line ")
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("product: churn", "line 1: these answers are about 'churn', not about 'mortgage'"),
        ("answers:", "these answers are about 'None'"),
        ("product: mortgage\nanswer:", "line 2: unknown field 'answer'. Did you mean 'answers'"),
        ("product: mortgage\nanswers: [a]", "line 2: 'answers' must hold 'name: …' lines"),
        ("product: mortgage\nanswers:\n  evaluation: 7", "line 3: 'evaluation' must hold"),
        ("product: mortgage\nanswers:\n  evalution:", "line 3: unknown playbook .* 'evaluation'"),
        ("", "this file is empty"),
        ("product: mortgage\n\x07", "this is not readable YAML"),
    ],
)
def test_faults_of_the_whole_file_are_named(file: str, sentence: str) -> None:
    with pytest.raises(PlaybookError, match=sentence):
        imported(file)


def test_any_product_may_be_accepted() -> None:
    assert import_answers("product: churn", WHERE, None, [SMALL]) == []


def test_all_faults_are_found_and_the_good_answers_kept() -> None:
    file = filled("need_evidence: guessed\nstop_criterion: Never\nreach: 7\ntypo: 1") + "x: 1\n"
    answers, faults = read_answers(file, WHERE, "mortgage", [SMALL])
    assert [a.question for a in answers] == ["stop_criterion"]
    assert [str(f).split(":")[0].split(",")[1] for f in faults] == [
        " line 8", " line 4", " line 6", " line 7",
    ]  # fmt: skip
