"""A SurveyJS questionnaire becomes a question set: elements, panels, weights, names, hostility."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.answers import Answer, Answers, shown
from playbook.errors import PlaybookError
from playbook.questionfiles import load_questions
from playbook.questionnaires import Converted, convert
from playbook.questions import QuestionSet
from playbook.session.pages import write_pages
from playbook.workspace import Workspace
from test_cli import is_one_sentence, playbook


def converted(folder: Path, survey: Any, **options: Any) -> Converted:
    path = folder / "survey.json"
    text = survey if isinstance(survey, str) else json.dumps(survey)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return convert(path, **({"name": "survey"} | options))


def of(folder: Path, *elements: dict[str, Any], **options: Any) -> Converted:
    return converted(folder, {"elements": list(elements)}, **options)


def asked(questions: QuestionSet, **values: Any) -> list[str]:
    """The ids of the questions that these answers unfold."""
    answers = Answers()
    for name, value in values.items():
        answers = answers.replace(Answer(playbook=questions.playbook, question=name,
                                         state="answered", value=value))  # fmt: skip
    return [question.id for question in shown(questions, answers)]


CHOICES = ["a", {"value": 2, "text": "Two"}, {"value": "c", "text": "<b>See</b>"}]
TYPES = {
    "radiogroup": ({"choices": CHOICES}, "choice"),
    "dropdown": ({"choices": CHOICES}, "choice"),
    "buttongroup": ({"choices": CHOICES}, "choice"),
    "imagepicker": ({"choices": CHOICES, "multiSelect": True}, "several"),
    "checkbox": ({"choices": CHOICES}, "several"),
    "tagbox": ({"choices": CHOICES}, "several"),
    "ranking": ({"choices": CHOICES}, "rank"),
    "boolean": ({}, "yes_no"),
    "text": ({}, "text"),
    "comment": ({}, "long_text"),
    "rating": ({}, "choice"),
}


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_has_its_counterpart(tmp_path: Path, kind: str) -> None:
    more, expected = TYPES[kind]
    done = of(tmp_path, {"type": kind, "name": "x", "title": "What?", **more})
    (question,) = done.questions.questions
    assert (question.type, question.text, question.id) == (expected, "What?", "x")
    if "choices" in more:
        assert [(o.value, o.label) for o in question.options] == [
            ("a", "a"),
            ("2", "Two"),
            ("c", "See"),
        ]
    assert done.warnings == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [("number", "number"), ("range", "number"), ("date", "date"), ("email", "text"), (7, "text")],
)
def test_a_text_is_what_its_input_is(tmp_path: Path, given: Any, expected: str) -> None:
    done = of(tmp_path, {"type": "text", "name": "x", "inputType": given})
    assert done.questions["x"].type == expected


def test_a_rating_is_a_choice_or_where_it_is_fine_a_number(tmp_path: Path) -> None:
    ends = {"minRateDescription": "Bad", "maxRateDescription": "Good"}
    done = of(
        tmp_path,
        {"type": "rating", "name": "a", "rateMax": 3, **ends},
        {"type": "rating", "name": "b", "rateMin": 0, "rateMax": 100},
        {"type": "rating", "name": "c", "rateCount": 2},
        {"type": "rating", "name": "d", "rateValues": ["low", "high"]},
    )
    a, b, c, d = done.questions.questions
    assert [o.label for o in a.options] == ["1: Bad", "2", "3: Good"]
    assert b.type == "number"
    assert [o.value for o in c.options] == ["1", "2"]
    assert [o.value for o in d.options] == ["low", "high"]


def test_none_and_other_are_options_and_other_asks_which(tmp_path: Path) -> None:
    element = {"type": "checkbox", "name": "x", "title": "Which?", "choices": ["a"],
               "hasNone": True, "showOtherItem": True, "otherText": "Another"}  # fmt: skip
    questions = of(tmp_path, element).questions
    assert [o.label for o in questions["x"].options] == ["a", "None", "Another"]
    other = questions.questions[1]
    assert (other.type, other.text) == ("text", "Which?: Another")
    assert asked(questions, x=["a"]) == ["x"]
    assert asked(questions, x=["a", "other"]) == ["x", other.id]


def test_a_matrix_asks_row_by_row_and_rows_can_be_named(tmp_path: Path) -> None:
    matrix = {"type": "matrix", "name": "m", "title": "How good?", "columns": ["ok", "bad"],
              "rows": ["speed", {"value": "r 2", "text": "Looks"}]}  # fmt: skip
    probe = {"type": "text", "name": "probe", "visibleIf": "{m.r 2} = 'bad'"}
    questions = of(tmp_path, matrix, probe).questions
    assert [q.text for q in questions.questions[:2]] == ["How good?: speed", "How good?: Looks"]
    assert asked(questions, m_speed="bad") == ["m_speed", "m_r_2"]
    assert asked(questions, m_r_2="bad") == ["m_speed", "m_r_2", "probe"]


def test_several_texts_are_one_question_each(tmp_path: Path) -> None:
    element = {"type": "multipletext", "name": "m", "title": "Who?",
               "items": [{"name": "first"}, {"name": "age", "inputType": "number"}]}  # fmt: skip
    questions = of(tmp_path, element).questions.questions
    assert [(q.id, q.text, q.type) for q in questions] == [
        ("m_first", "Who?: first", "text"),
        ("m_age", "Who?: age", "number"),
    ]


def test_rows_that_are_added_are_a_table_where_columns_are_simple(tmp_path: Path) -> None:
    columns = [{"name": "What it is", "cellType": "text", "isRequired": True},
               {"name": "kind", "choices": ["x", {"value": "y", "text": "Why"}]},
               {"name": "n", "cellType": "text", "inputType": "number"},
               {"name": "ok", "cellType": "boolean"}]  # fmt: skip
    parts = [{"type": "text", "name": "a"},
             {"type": "comment", "name": "b", "visibleIf": "{a} empty"}]  # fmt: skip
    panel = {"type": "paneldynamic", "name": "p", "templateElements": parts}
    done = of(tmp_path, {"type": "matrixdynamic", "name": "m", "columns": columns}, panel)
    (table,) = done.questions.questions
    assert [(c.id, c.type, c.required) for c in table.columns] == [
        ("what_it_is", "text", True), ("kind", "choice", False), ("n", "number", False),
        ("ok", "yes_no", False)]  # fmt: skip
    assert table.columns[1].options == ["x", "Why"]
    assert done.warnings == ["question 'p' is left out: its columns have no counterpart in a table"]


def test_whatever_is_left_out_is_named(tmp_path: Path) -> None:
    done = of(
        tmp_path,
        {"type": "text", "name": "kept", "validators": [{"type": "email"}], "min": 1},
        {"type": "html", "name": "h", "html": "<h1>Hello</h1>"},
        {"type": "image", "name": "i"},
        {"type": "html", "name": "h2"},
        {"type": "file", "name": "f"},
        {"type": "matrixdropdown", "name": "md"},
        {"type": ["text"], "name": "odd"},
        {"type": "radiogroup", "name": "lone", "choices": ["only"]},
        {"type": "text", "name": "ghost", "visible": False},
        {"type": "text", "name": "never", "visibleIf": "1 = 2"},
        {"type": "text", "name": "twice", "visibleIf": "{never} notempty"},
        {"type": "radiogroup", "name": "items", "choices": [{"value": 1, "visibleIf": "{a}=1"}, 2]},
    )
    assert [q.id for q in done.questions.questions] == ["kept", "items"]
    told = "\n".join(done.warnings)
    for part in ("2 of type 'html'", "1 of type 'image'", "'f' is left out", "'md' is left out",
                 "'odd' is left out", "'lone' is left out: it has fewer than two options",
                 "'ghost' is left out: it is never visible", "'never' is left out: no answer",
                 "'twice' is left out", "'validators' is not taken over (1 times)",
                 "'min' is not taken over", "'visibleIf of an option'"):  # fmt: skip
        assert part in told


NESTED = {
    "title": {"default": "Impact", "fr": "Incidence"},
    "pages": [
        {"name": "start", "elements": [
            {"type": "boolean", "name": "personal", "title": "Personal data?"},
            {"type": "checkbox", "name": "uses", "choices": ["credit", "work", "fun"]}]},
        {"name": "details", "title": {"default": "Details", "fr": "Détails"},
         "visibleIf": "{personal} = true", "elements": [
            {"type": "text", "name": "first"},
            {"type": "panel", "name": "outer", "title": "Outer",
             "visibleIf": "{uses} contains 'credit' or {uses} contains 'work'", "elements": [
                {"type": "panel", "name": "inner", "elements": [
                    {"type": "text", "name": "age", "inputType": "number"},
                    {"type": "comment", "name": "young",
                     "visibleIf": "{age} < 18 and {uses} notcontains 'fun'"}]}]},
            {"type": "text", "name": "last", "visibleIf": "{young} notempty"}]},
    ],
}  # fmt: skip


def test_conditions_of_pages_and_panels_join_those_inside(tmp_path: Path) -> None:
    questions = converted(tmp_path, NESTED).questions
    assert asked(questions) == ["personal", "uses"]
    assert asked(questions, uses=["credit"]) == ["personal", "uses"]
    assert asked(questions, personal="yes") == ["personal", "uses", "first"]
    both = {"personal": "yes", "uses": ["work"]}
    assert asked(questions, **both) == ["personal", "uses", "first", "age"]
    assert asked(questions, **both, age=18)[-1] == "age"
    assert asked(questions, **both, age=17)[-1] == "young"
    assert asked(questions, **{**both, "uses": ["work", "fun"]}, age=17)[-1] == "age"
    assert asked(questions, **both, age=17, young="So")[-1] == "last"
    # What was said to a question that is hidden now counts nowhere.
    assert asked(questions, uses=["work"], age=17, young="So") == ["personal", "uses"]


def test_sections_are_the_titles_of_pages_and_panels(tmp_path: Path) -> None:
    questions = converted(tmp_path, NESTED).questions
    headed = {q.id: q.section for q in questions.questions if q.section}
    assert headed == {"personal": "Page 1", "first": "Details", "age": "Outer", "last": "Details"}


def test_a_language_is_chosen_and_what_lacks_it_is_counted(tmp_path: Path) -> None:
    done = converted(tmp_path, NESTED, language="fr", name=None)
    assert (done.questions.title, done.questions.playbook) == ("Incidence", "incidence")
    assert done.questions["first"].section == "Détails"
    lacking = converted(tmp_path, NESTED, language="de")
    assert "2 texts are not there in 'de'" in lacking.warnings[-1]
    assert lacking.questions.title == "Impact"


def test_a_question_is_asked_after_what_it_depends_on(tmp_path: Path) -> None:
    done = of(
        tmp_path,
        {"type": "text", "name": "early", "visibleIf": "{late} = true"},
        {"type": "text", "name": "middle"},
        {"type": "boolean", "name": "late"},
    )
    assert [q.id for q in done.questions.questions] == ["middle", "late", "early"]
    assert "'early' is asked later than in the file" in done.warnings[0]
    assert asked(done.questions, late="yes") == ["middle", "late", "early"]


def test_questions_that_depend_on_each_other_are_asked_always(tmp_path: Path) -> None:
    done = of(
        tmp_path,
        {"type": "boolean", "name": "a", "visibleIf": "{b} = true"},
        {"type": "boolean", "name": "b", "visibleIf": "{a} = true"},
    )
    assert asked(done.questions) == ["a"]
    assert "depends on this one; what stands there is asked always" in done.warnings[0]


def test_required_questions_are_the_first_pass_and_cannot_be_skipped(tmp_path: Path) -> None:
    done = of(
        tmp_path,
        {"type": "boolean", "name": "a", "isRequired": True},
        {"type": "text", "name": "b"},
        severity="blocker",
    )
    a, b = done.questions.questions
    assert a.rule is not None
    assert (a.essential, a.rule.severity, a.rule.skippable) == (True, "blocker", False)
    assert (b.essential, b.rule) == (False, None)
    assert of(tmp_path, {"type": "text", "name": "b"}).questions["b"].essential


def test_names_are_ours_and_stay_apart(tmp_path: Path) -> None:
    given = [
        "Full Name",
        "full.name",
        "2nd",
        "年齢",
        "質問",
        "projectDetails-NS",
        "x" * 200,
        "a",
        "a",
    ]
    done = of(tmp_path, *({"type": "text", "name": name} for name in given))
    assert [q.id for q in done.questions.questions] == [
        "full_name", "full_name_2", "q_2nd", "q", "q_2", "project_details_ns", "x" * 60, "a",
        "a_2"]  # fmt: skip
    assert "two questions are called 'a'" in done.warnings[0]


def test_a_long_title_is_cut_and_stands_whole_below(tmp_path: Path) -> None:
    title = " ".join(f"word{i}" for i in range(40))
    element = {"type": "text", "name": "x", "title": title, "description": "Say <i>why</i>"}
    question = of(tmp_path, element).questions["x"]
    assert question.text.endswith("word24…")
    assert question.why == f"{title} Say why"


STATED = {"type": "radiogroup", "name": "x", "choices": [{"value": "a", "score": 3},
          {"value": "b", "weight": "0.5"}, "c"]}  # fmt: skip


def aia(panel: str, name: str) -> dict[str, Any]:
    choices = [{"value": "item1-3", "text": "Yes"}, {"value": "item2-0", "text": "No"}]
    return {"type": "panel", "name": panel,
            "elements": [{"type": "radiogroup", "name": name, "choices": choices}]}  # fmt: skip


def scores(done: Converted) -> dict[str, list[float | None]]:
    return {q.id: [o.score for o in q.options] for q in done.questions.questions}


def test_weights_are_those_that_items_state(tmp_path: Path) -> None:
    done = of(tmp_path, STATED, bands="0:Low, all of it,2.5:High")
    assert scores(done) == {"x": [3, 0.5, None]}
    scoring = done.questions.scoring
    assert scoring is not None
    assert [(b.at_least, b.label) for b in scoring.bands] == [(0, "Low, all of it"), (2.5, "High")]
    assert not scoring.share
    assert of(tmp_path, STATED, scores="none").questions.scoring is None


def test_weights_in_values_are_read_where_most_questions_have_them(tmp_path: Path) -> None:
    plain = {"type": "radiogroup", "name": "plain", "choices": ["x-1", "y-2"]}
    survey = (aia("risk-RS", "risk"), aia("help-MS", "measure"), aia("p", "third"), plain)
    done = of(tmp_path, *survey, bands="0%:Level I,26%:Level II")
    assert scores(done) == {"risk": [3, 0], "measure": [None, None], "third": [3, 0],
                            "plain": [1, 2]}  # fmt: skip
    assert "weights were read from the ends" in done.warnings[0]
    assert "'-MS' or '-NS'" in done.warnings[1]
    assert done.questions.scoring is not None
    assert done.questions.scoring.share
    assert of(tmp_path, *survey, scores="none").questions.scoring is None


def test_values_that_only_happen_to_end_in_numbers_are_no_weights(tmp_path: Path) -> None:
    ages = {"type": "radiogroup", "name": "age", "choices": ["0-17", "18-64", "65-120"]}
    assert of(tmp_path, ages).questions.scoring is None
    assert scores(of(tmp_path, ages, scores="suffix")) == {"age": [17, 64, 120]}


WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "options from an address": ({"elements": [{"type": "dropdown", "name": "x", "choicesByUrl":
                                {"url": "http://x"}}]}, {}, "question 'x': its options are to be"),
    "not JSON": ('{"pages": [', {}, "survey.json, line 1, column"),
    "a comment": ('{"pages": [], // x\n}', {}, "not valid JSON"),
    "a key twice": ('{"pages": [], "pages": []}', {}, "'pages' stands twice"),
    "not a number": ('{"pages": [], "x": NaN}', {}, "'NaN' is no number"),
    "a huge number": ('{"pages": [], "x": ' + "9" * 5000 + "}", {}, "not valid JSON"),
    "deep": ('{"pages": ' + "[" * 100_000 + "]" * 100_000 + "}", {}, "nested too deeply"),
    "no questionnaire": ([1, 2], {}, "neither a deon checklist nor a SurveyJS"),
    "nothing asked": ({"pages": []}, {}, "nothing is asked"),
    "no name": ({"elements": [{"type": "text"}]}, {}, "has no 'name'"),
    "a page of text": ({"pages": ["x", "y"]}, {}, "a page is a group"),
    "elements of text": ({"pages": [{"elements": "x"}]}, {}, "its elements are no list"),
    "an element of text": ({"elements": ["x"]}, {}, "an element is no group"),
    "a title of lists": ({"elements": [{"type": "text", "name": "x", "title": [1]}]}, {},
                         "question 'x': a text is expected"),
    "a condition of numbers": ({"elements": [{"type": "text", "name": "x", "visibleIf": 3}]}, {},
                               "question 'x': 'visibleIf' is no text"),
    "options of text": ({"elements": [{"type": "dropdown", "name": "x", "choices": "ab"}]}, {},
                        "question 'x': its options are no list"),
    "an option of lists": ({"elements": [{"type": "dropdown", "name": "x", "choices": [[1]]}]}, {},
                           "question 'x': an option's value"),
    "a control character": ({"elements": [{"type": "dropdown", "name": "x", "choices":
                            ["a\x00", "b"]}]}, {}, "an option's value"),
    "half a character": ({"elements": [{"type": "dropdown", "name": "x", "choices":
                         ["\ud800", "b"]}]}, {}, "an option's value"),
    "a score of words": ({"elements": [STATED | {"choices": [{"value": 1, "score": "x"}, 2]}]}, {},
                         "an option's score is no number"),
    "steps of words": ({"elements": [{"type": "rating", "name": "x", "rateMax": "9"}]}, {},
                       "no whole numbers"),
    "too many": ({"elements": [{"type": "text", "name": f"q{i}"} for i in range(2001)]}, {},
                 "more than 2,000 questions"),
    "too large": ('{"pages": []}' + " " * 5_000_000, {}, "larger than 5 MB"),
    "no weights": ({"elements": [{"type": "text", "name": "x"}]}, {"scores": "suffix"},
                   "no option's value ends in a hyphen"),
    "bands without scores": ({"elements": [{"type": "text", "name": "x"}]}, {"bands": "0:I"},
                             "no option has a score"),
    "bands of words": ({"elements": [STATED]}, {"bands": "low:I"}, "cannot be read"),
    "bands of both kinds": ({"elements": [STATED]}, {"bands": "0:I,5%:II"}, "cannot be read"),
    "bands that fall": ({"elements": [STATED]}, {"bands": "5:I,0:II"}, "above the one before"),
    "a name": ({"elements": [STATED]}, {"name": "../My set"}, "such as 'my_set'"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_faulty_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    survey, options, part = WRONG[name]
    with pytest.raises(PlaybookError) as fault:
        converted(tmp_path, survey, **options)
    assert part in str(fault.value)
    assert str(tmp_path) not in str(fault.value)


def test_panels_may_lie_fifty_deep_and_no_deeper(tmp_path: Path) -> None:
    def nested(depth: int) -> dict[str, Any]:
        element: dict[str, Any] = {"type": "text", "name": "x"}
        for _ in range(depth):
            element = {"type": "panel", "name": "p", "elements": [element]}
        return element

    assert of(tmp_path, nested(50)).questions["x"]
    with pytest.raises(PlaybookError, match="more than 50 deep"):
        of(tmp_path, nested(51))


JSON = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False,
                    allow_infinity=False), st.text(max_size=8)), lambda inner: st.lists(inner,
                    max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
                    max_leaves=6)  # fmt: skip
KEYS = [
    "name", "title", "choices", "visibleIf", "isRequired", "columns", "rows", "items", "rateMax",
    "rateMin", "rateCount", "rateValues", "inputType", "templateElements", "elements", "hasOther",
    "description", "valueName", "labelTrue", "valueTrue", "cellType", "visible", "validators",
]  # fmt: skip
ELEMENT = st.builds(
    lambda kind, name, more: {"type": kind, "name": name, **more},
    st.sampled_from([*TYPES, "matrix", "multipletext", "matrixdynamic", "paneldynamic", "panel"]),
    st.text(max_size=6),
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5),
)


@given(st.lists(ELEMENT, max_size=4))
def test_no_content_breaks_the_import(tmp_path_factory: Any, elements: list[Any]) -> None:
    folder = tmp_path_factory.getbasetemp()
    with suppress(PlaybookError):
        round_trip(folder, of(folder, *elements))


WORD = st.text(min_size=1, max_size=12)
VALUES = st.lists(WORD.filter(str.isprintable), min_size=2, max_size=4, unique=True)
CONDITION = st.sampled_from(["{q0} = 'a'", "{q1} notempty or {q0} <> 'b'", "!({q2} anyof ['a', 1])",
                             "{q9} > 3", "{q1} > 3 and {q2} < '2020-01-01'"])  # fmt: skip
SURVEY = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from([*TYPES, "matrix"]), "choices": VALUES},
        optional={"title": st.text(), "visibleIf": CONDITION, "isRequired": st.booleans(),
                  "description": st.text(), "rows": VALUES, "columns": VALUES},
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


@given(SURVEY)
def test_any_survey_reads_back_as_it_was_written(
    tmp_path_factory: Any, elements: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    kept = {"type": "text", "name": "kept"}
    done = of(folder, *({"name": f"q{i}"} | e for i, e in enumerate(elements)), kept)
    round_trip(folder, done)


def round_trip(folder: Path, done: Converted) -> None:
    target = folder / "own.yaml"
    target.write_text(done.yaml, encoding="utf-8")
    assert load_questions(target) == done.questions


def command(tmp_path: Path, workspace: Workspace, survey: Any, *more: str) -> Any:
    path = tmp_path / "Impact survey.json"
    path.write_text(json.dumps(survey), encoding="utf-8")
    return playbook("questions", path, "--workspace", workspace.folder, *more, cwd=tmp_path)


def test_the_command_writes_a_set_and_says_what_is_in_it(
    own_workspace: Workspace, tmp_path: Path
) -> None:
    target = own_workspace.folder / "questions/impact.yaml"
    pages = write_pages(own_workspace)
    done = command(tmp_path, own_workspace, NESTED)
    assert done.returncode == 0, done.stderr
    assert (pages / "mortgage/impact.ipynb").is_file()
    assert "SurveyJS: 6 questions, 3 sections; 4 asked only under a condition" in done.stdout
    assert "playbook check" in done.stdout
    assert load_questions(target).title == "Impact"
    before = target.read_bytes()
    is_one_sentence(command(tmp_path, own_workspace, NESTED), "question set of this name")
    assert target.read_bytes() == before
    french = command(tmp_path, own_workspace, NESTED, "--replace", "--language", "fr",
                     "--name", "impact")  # fmt: skip
    assert french.returncode == 0
    assert load_questions(target).title == "Incidence"


def test_the_command_refuses_shipped_names_and_unknown_options(
    own_workspace: Workspace, tmp_path: Path
) -> None:
    for name in ("evaluation", "portfolio", "data_card"):
        done = command(tmp_path, own_workspace, NESTED, "--name", name)
        is_one_sentence(done, f"the name '{name}' is taken")
    is_one_sentence(command(tmp_path, own_workspace, NESTED, "--scores", "sufix"), "'suffix'")
    is_one_sentence(command(tmp_path, own_workspace, NESTED, "--severity", "bad"), "--severity")
    gone = playbook("questions", tmp_path / "no.json", "--workspace", own_workspace.folder,
                    cwd=tmp_path)  # fmt: skip
    is_one_sentence(gone, "no.json", "cannot be read")
    assert not list((own_workspace.folder / "questions").glob("*.yaml"))
