"""Conditions of SurveyJS hold for the same answers as in SurveyJS itself.

``surveyjs_expressions.json`` was written once by the real library (survey-core 3.1.1 under Node:
``survey.data = …; survey.runCondition(expression)`` for every combination of the answers listed
there to the questions that the expression names, the last of them changing first).
"""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.answers import Answer, Answers, shown
from playbook.questionnaires import Converted, convert
from playbook.questionnaires.surveyexpression import Name, NotUnderstood, Operation, parse
from playbook.questionnaires.surveyitems import written

TABLE = json.loads((Path(__file__).parent / "surveyjs_expressions.json").read_text("utf-8"))
PROBE = "probe"


def converted(folder: Path, *elements: dict[str, Any]) -> Converted:
    """The question set of a survey with these elements."""
    path = folder / "survey.json"
    path.write_text(json.dumps({"elements": elements}), encoding="utf-8")
    return convert(path, name="survey")


def ours(element: dict[str, Any], value: Any) -> Any:
    """A SurveyJS answer as we keep it."""
    if element["type"] == "boolean":
        return "yes" if value == element.get("valueTrue", True) else "no"
    if isinstance(value, list):
        return [written(v) for v in value]
    return value if element.get("inputType") == "number" else written(value)


@pytest.mark.parametrize(
    ("expression", "names", "expected"), TABLE["expressions"], ids=lambda v: str(v)[:60]
)
def test_a_condition_holds_as_in_surveyjs(
    tmp_path: Path, expression: str, names: list[str], expected: str
) -> None:
    elements = {e["name"]: e for e in TABLE["elements"]}
    probe = {"type": "text", "name": PROBE, "visibleIf": expression}
    done = converted(tmp_path, *elements.values(), probe)
    ids = dict(zip(elements, [q.id for q in done.questions.questions], strict=False))
    assert not [warning for warning in done.warnings if "asked always" in warning]
    found = ""
    for values in product(*(TABLE["answers"][name] for name in names)):
        answers = Answers()
        for name, value in zip(names, values, strict=True):
            if value is not None:
                answer = Answer(playbook="survey", question=ids[name], state="answered",
                                value=ours(elements[name], value))  # fmt: skip
                answers = answers.replace(answer)
        found += str(int(PROBE in [q.id for q in shown(done.questions, answers)]))
    assert found == expected


NOT_TAKEN_OVER = {
    "{age} + 1 > 2": "it calculates",
    "iif({ok}, 1, 2) = 1": "it calls the function 'iif'",
    "age({day}) > 17": "it calls the function 'age'",
    "today() > {day}": "it calls the function 'today'",
    "{panel.x} = 1": "'panel.x' is no question that is asked here",
    "{sizes[0]} = 's'": "'sizes[0]' is no question that is asked here",
    "{ color } = 'red'": "' color ' is no question that is asked here",
    "{color} = {rate}": "it compares something else than a question with a value",
    "({color} = 'red') = true": "it compares something else than a question with a value",
    "!{color} = 'red'": "it compares something else than a question with a value",
    "{color}": "'color' stands alone and is no yes-or-no question",
    "{My name.x} contains 'A'": "'contains' with this value cannot be asked",
    "{My name.x} > 'A'": "'greater' with this value cannot be asked",
    "{day} > 'soon'": "'greater' with this value cannot be asked",
    "not {ok} = true": "where something else is expected",
    "{color} = 'red' and": "it ends where something else is expected",
    "{color} = 007": "it is not readable from '007' on",
    "{color} = 'it\"s'": "it is not readable",
    "(" * 60 + "{ok} = true" + ")" * 60: "it is nested more than 50 deep",
    "{ok} = true" + " or {ok} = true" * 1000: "it is longer than 10,000 characters",
}


@pytest.mark.parametrize("expression", NOT_TAKEN_OVER, ids=lambda v: v[:30])
def test_what_cannot_be_said_exactly_is_named_and_asked_always(
    tmp_path: Path, expression: str
) -> None:
    probe = {"type": "text", "name": PROBE, "visibleIf": expression}
    done = converted(tmp_path, *TABLE["elements"], probe)
    (warning,) = [w for w in done.warnings if "asked always" in w]
    assert warning.startswith(f"question '{PROBE}': the condition '{expression[:20]}")
    assert NOT_TAKEN_OVER[expression] in warning
    assert done.questions[PROBE].show_if == []


def test_and_binds_closer_than_or_and_not_closer_than_both() -> None:
    tree = parse("{a} = 1 or {b} = 2 and !({c} = 3)")
    assert isinstance(tree, Operation)
    assert tree.operator == "or"
    both = tree.parts[1]
    assert isinstance(both, Operation)
    assert both.operator == "and"
    assert both.parts[1] == Operation("not", (parse("{c} = 3"),))


def test_a_name_is_taken_as_it_stands() -> None:
    assert parse("{my.own name} notempty") == Operation("notempty", (Name("my.own name"),))


PIECES = st.sampled_from(
    ["{a}", "{b b}", "=", "<>", "<", "(", ")", "[", "]", ",", "and", "or", "!", "contains",
     "empty", "'x'", "'", '"', "1", "-2.5", "true", "f(", " "]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map(" ".join)))
def test_no_text_breaks_the_parser(text: str) -> None:
    with suppress(NotUnderstood):
        parse(text)


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_no_condition_breaks_the_import(tmp_path_factory: Any, text: str) -> None:
    choice = {"type": "radiogroup", "name": "a", "choices": ["x", "1"]}
    many = {"type": "checkbox", "name": "b b", "choices": ["x", "1"]}
    probe = {"type": "text", "name": PROBE, "visibleIf": text}
    done = converted(tmp_path_factory.getbasetemp(), choice, many, probe)
    kept = [question.id for question in done.questions.questions]
    assert PROBE in kept or any(f"'{PROBE}' is left out" in w for w in done.warnings)
