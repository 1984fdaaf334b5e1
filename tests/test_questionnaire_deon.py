"""A deon checklist becomes a question set: one question per line, done or not done."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbook.answers import Answer, Answers
from playbook.checks.rules import judge_answers
from playbook.errors import PlaybookError
from playbook.policy import load_policy
from playbook.questionfiles import load_questions
from playbook.questionnaires import Converted, convert
from playbook.shipped import shipped

CHECKLIST = """\
title: Ward checklist
sections:
  - title: Data
    section_id: A
    lines:
        - line_id: A.1
          line_summary: Informed consent
          line: Have all patients whose records are used agreed to it, in words that they
            understood, and can they take it back at any time without being treated worse?
        - line_id: A.2
          line_summary: Retention
          line: Is there a day on which the records are deleted (e.g., after two years)?
  - title: Use
    section_id: B
    lines:
        - line_id: B.1
          line_summary: Roll back
          line: Can the model be switched off during a night shift?
"""


def converted(folder: Path, text: str = CHECKLIST, severity: str = "condition") -> Converted:
    path = folder / "ward.yml"
    path.write_text(text, encoding="utf-8")
    return convert(path, severity=severity)  # type: ignore[arg-type]


def test_each_line_is_a_question_with_its_section(tmp_path: Path) -> None:
    done = converted(tmp_path)
    asked = done.questions.questions
    assert done.questions.playbook == "ward_checklist"
    assert [q.id for q in asked] == ["a_1", "a_2", "b_1"]
    assert [q.section for q in asked] == ["Data", "", "Use"]
    assert asked[0].text == "A.1 Informed consent: is this done?"
    assert asked[0].why.startswith("Have all patients whose records")
    assert [o.value for o in asked[0].options] == ["done", "not_done"]
    assert done.warnings == []


def test_the_file_written_holds_the_same_set(tmp_path: Path) -> None:
    done = converted(tmp_path)
    target = tmp_path / "own.yaml"
    target.write_text(done.yaml, encoding="utf-8")
    assert load_questions(target) == done.questions
    assert done.yaml.startswith("# Ward checklist: imported from 'ward.yml' (deon).\n")
    assert str(tmp_path) not in done.yaml


@pytest.mark.parametrize("severity", ["note", "condition", "blocker"])
def test_a_line_not_done_has_the_severity_asked_for(tmp_path: Path, severity: str) -> None:
    questions = converted(tmp_path, severity=severity).questions
    answers = Answers()
    for name, value in (("a_1", "done"), ("a_2", "not_done")):
        answers = answers.replace(Answer(playbook=questions.playbook, question=name,
                                         state="answered", value=value))  # fmt: skip
    policy = load_policy(shipped("templates/policy.yaml"))
    done, missing, left = judge_answers(questions, answers, policy, "high")
    assert (done.severity, done.outcome) == ("pass", "meets")
    assert (missing.severity, missing.statement) == (severity, "A.2 Retention: this is not done.")
    assert missing.remedy.endswith("deleted (e.g., after two years)?")
    assert left.outcome == "inconclusive"


WRONG = {
    "no lines": (CHECKLIST.replace("    lines:\n        - line_id: B.1\n          line_summary: "
                                   "Roll back\n          line: Can the model be switched off "
                                   "during a night shift?\n", ""), "section 2: this section has"),
    "no summary": (CHECKLIST.replace("          line_summary: Retention\n", ""),
                   "section 1, line 2: the field 'line_summary' has no text"),
    "a list for a title": (CHECKLIST.replace("title: Use", "title: [Use]"),
                           "section 2: the field 'title' has no text"),
    "a line that is text": (CHECKLIST.replace("- line_id: A.1\n", "- A\n        - line_id: A.1\n"),
                            "section 1, line 1: a line needs"),
    "an alias": (CHECKLIST.replace("Data\n", "&x Data\n").replace("title: Use", "title: *x"),
                 "alias"),
    "deep": ("sections: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    "another file": ("name: mortgage\nowner: Ada\n", "neither a deon checklist nor a SurveyJS"),
    "empty": ("", "empty"),
    "too large": (CHECKLIST + "# x\n" * 130_000, "larger than 0.5 MB"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_faulty_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    text, part = WRONG[name]
    with pytest.raises(PlaybookError) as fault:
        converted(tmp_path, text)
    assert part in str(fault.value)
    assert "ward.yml" in str(fault.value)
    assert str(tmp_path) not in str(fault.value)


def test_markup_and_hidden_characters_are_taken_out(tmp_path: Path) -> None:
    hostile = CHECKLIST.replace("Retention", '"<script>x</script>Reten\\u202etion\\0"')
    text = converted(tmp_path, hostile).questions["a_2"].text
    assert text == "A.2 xReten tion: is this done?"


def test_lines_of_one_name_stay_apart(tmp_path: Path) -> None:
    twice = CHECKLIST.replace("A.2", "A.1").replace("B.1", "年")
    assert [q.id for q in converted(tmp_path, twice).questions.questions] == ["a_1", "a_1_2", "q"]
