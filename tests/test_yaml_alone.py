"""A workspace changes questions, options, severities and bars by YAML alone; what it gets wrong is
told with file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from playbook.batch.plan import plan
from playbook.batch.preflight import shared_faults
from playbook.batch.run import run_batch
from playbook.checks.finding import Finding
from playbook.errors import PlaybookError
from playbook.forms.desk import Desk
from playbook.policy import Policy, Threshold
from playbook.session.book import Book
from playbook.store import TEAM
from playbook.workspace import Workspace

PLAYBOOK = "data_strategy"
QUESTIONS = """\
questions:
  - id: access_control
    options:
      - value: contractors
        label: Contractors, under a contract of ours
        severity: condition
        statement: Contractors can open the raw data.
  - id: days_to_correct
    after: access_control
    section: House rules
    text: Within how many days is a wrong value put right?
    why: People may ask for it.
    example: "5"
    type: number
    unit: days
    rule:
      severity: condition
      policy: days_to_correct
      statement: Wrong values stay too long.
      remedy: Put them right sooner.
      passes: Wrong values are put right in time.
"""
POLICY = """\
thresholds:
  days_to_correct:
    at_most: 7
    severity: condition
    reason: Promised to customers.
    source: Customer charter, 2026.
  charges_complete:
    playbook: data_strategy
    measure: missing_rate
    group: {column: total_charges}
    at_most: {high: 0.0001, limited: 0.0001, minimal: 0.0001}
    severity: blocker
    reason: Billing needs every charge.
    source: Billing handbook.
    statement: Charges that nobody knows
    remedy: Ask billing for the missing charges
    owner: engineering
questions:
  data_strategy.access_control:
    severity: blocker
    reason: Decided by the security board.
"""


def lay(workspace: Workspace, questions: str = QUESTIONS, policy: str = POLICY) -> Workspace:
    (workspace.folder / "questions").mkdir(exist_ok=True)
    (workspace.folder / "questions" / f"{PLAYBOOK}.yaml").write_text(questions, encoding="utf-8")
    (workspace.folder / "policy.yaml").write_text(policy, encoding="utf-8")
    return Workspace.open(workspace.folder)


def answer(workspace: Workspace, question: str, value: Any) -> dict[str, Any]:
    desk = Desk(workspace.store, "churn", workspace.questions(PLAYBOOK))
    message = {"by": "Ana", "role": "legal", "sheet": TEAM, "nonce": "n", "state": "answered"}
    return desk.save(message | {"question": question, "value": value})


def findings(workspace: Workspace) -> dict[str, Finding]:
    return {f.id: f for f in Book(PLAYBOOK, "churn", workspace).assess().findings}


@pytest.fixture
def workspace(own_workspace: Workspace) -> Workspace:
    return lay(own_workspace)


def test_what_is_added_and_changed_is_asked_and_stored(workspace: Workspace) -> None:
    desk = Desk(workspace.store, "churn", workspace.questions(PLAYBOOK))
    asked = {q["id"]: q for q in desk.asked()}
    names = list(asked)
    assert names.index("days_to_correct") == names.index("access_control") + 1
    assert asked["access_control"]["options"][-1]["value"] == "contractors"
    assert answer(workspace, "access_control", "contractors")["type"] == "saved"
    assert answer(workspace, "days_to_correct", 9)["type"] == "saved"
    assert "days_to_correct" in desk.state(TEAM)["shown"]


def test_it_leads_to_findings_and_stands_in_the_report(workspace: Workspace) -> None:
    answer(workspace, "access_control", "contractors")
    answer(workspace, "days_to_correct", 9)
    found = findings(workspace)
    assert found[f"{PLAYBOOK}.access_control"].severity == "blocker"
    assert found[f"{PLAYBOOK}.days_to_correct"].severity == "condition"
    house = found[f"{PLAYBOOK}.charges_complete_total_charges.house"]
    assert (house.severity, house.owner) == ("blocker", "Engineering")
    assert house.statement.startswith("Charges that nobody knows (column total_charges): ")
    assert house.remedy == "Ask billing for the missing charges."
    answer(workspace, "days_to_correct", 7)
    assert findings(workspace)[f"{PLAYBOOK}.days_to_correct"].severity == "pass"
    assert run_batch(workspace, ["churn"], [workspace.find_playbook(PLAYBOOK)]).exit_status == 0
    record = json.loads((workspace.reports / "churn" / f"{PLAYBOOK}.json").read_text())
    assert house.id in {f["id"] for f in record["findings"]}
    report = (workspace.reports / "churn" / f"{PLAYBOOK}.html").read_text(encoding="utf-8")
    for words in ("Contractors can open the raw data", "Within how many days", "House rules",
                  "Charges that nobody knows"):  # fmt: skip
        assert words in report
    assert shared_faults(workspace) == []


def test_a_new_bar_on_a_measure_makes_the_report_run_again(own_workspace: Workspace) -> None:
    chosen = [own_workspace.find_playbook(name) for name in ("06", PLAYBOOK)]
    assert run_batch(own_workspace, ["churn"], chosen).exit_status == 0
    only = POLICY[: POLICY.index("  days_to")] + POLICY[POLICY.index("  charges") :]
    (own_workspace.folder / "policy.yaml").write_text(
        only[: only.index("questions:")], encoding="utf-8"
    )
    fresh = Workspace.open(own_workspace.folder)
    due = plan(fresh, ["churn"], chosen, force=False).tasks
    assert [task.playbook for task in due] == [PLAYBOOK]


@pytest.mark.parametrize(
    ("bar", "ids", "outcome"),
    [
        ("every: column", 17, None),
        ("group: {column: nowhere}", 1, "inconclusive"),
        ("statement: Whatever", 1, "inconclusive"),
    ],
)
def test_a_bar_holds_every_estimate_that_it_is_about(
    own_workspace: Workspace, bar: str, ids: int, outcome: str | None
) -> None:
    text = POLICY[: POLICY.index("questions:")].replace("group: {column: total_charges}", bar)
    text = text.replace("    statement: Charges that nobody knows\n", "")
    found = [f for f in findings(lay(own_workspace, policy=text)).values() if ".house" in f.id]
    assert len(found) >= ids if outcome is None else len(found) == 1
    assert outcome is None or found[0].outcome == outcome
    assert outcome is None or "Not measured" in found[0].statement


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"playbook": "x"}, "names both"),
        ({"group": {"a": "b"}}, "belong to a bar"),
        ({"playbook": "x", "measure": "m", "every": "a", "group": {"a": "b"}}, "at most one"),
        ({"playbook": "x", "measure": "Not so"}, "pattern"),
    ],
)
def test_a_bar_that_cannot_be_held_is_refused(wrong: dict[str, Any], says: str) -> None:
    whole = {"at_most": 1, "severity": "note", "reason": "r", "source": "s"}
    with pytest.raises(ValueError, match=says):
        Threshold.model_validate(whole | wrong)


def test_the_bars_of_a_playbook_are_one_entry_of_policy() -> None:
    bar = {"at_most": 1, "severity": "note", "reason": "r", "source": "s"}
    house = Threshold.model_validate(bar | {"playbook": "x", "measure": "m"})
    policy = Policy(thresholds={"a": Threshold.model_validate(bar), "b": house})
    assert list(policy.house_bars("x")) == ["b"]
    assert list(policy.entry("house/x")) == ["b"]
    assert policy.entry("house/y") is None


def said(workspace: Workspace) -> str:
    faults: list[PlaybookError] = shared_faults(Workspace.open(workspace.folder))
    return "\n".join(str(fault) for fault in faults)


def line_with(text: str, part: str) -> int:
    first = part.splitlines()[0]
    return next(number for number, line in enumerate(text.splitlines(), 1) if first in line)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("policy: days_to_correct", "policy: days_to_corect",
         "names the threshold 'days_to_corect', which no policy has. Did you mean 'days_to_corr"),
        ("after: access_control", "after: acces_control",
         "which is not asked. Did you mean 'access_control'?"),
        ("type: number", "type: numbr", "is 'numbr', which is not one of its values"),
        ("unit: days", "units: days", "Did you mean 'unit'?"),
        ("unit: days", "show_if: [{question: evaluation.held_ou, answered: true}]",
         "depends on 'evaluation.held_ou', which nobody asks. Did you mean 'evaluation.held_out'?"),
        ("    unit: days", "\tunit: days", "a tab stands"),
    ],
)  # fmt: skip
def test_a_wrong_line_of_questions_is_named(
    workspace: Workspace, old: str, new: str, sentence: str
) -> None:
    path = workspace.folder / "questions" / f"{PLAYBOOK}.yaml"
    text = QUESTIONS.replace(old, new)
    assert text != QUESTIONS
    path.write_text(text, encoding="utf-8")
    told = said(workspace)
    assert f"{path}, line {line_with(text, new)}" in told
    assert sentence in told


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("data_strategy.access_control:", "data_strategy.acces_control:",
         "there is no question 'data_strategy.acces_control' whose severity could be changed. "
         "Did you mean 'data_strategy.access_control'?"),
        ("playbook: data_strategy", "playbook: data_stratgy", "Did you mean 'data_strategy'?"),
        ("  days_to_correct:", "  days_correct:",
         "'days_correct' has no effect: nothing uses it. Did you mean 'days_to_correct'?"),
        ("  days_to_correct:", "  missing_rat:\n    at_most: 1\n    severity: note\n    reason: r\n"
         "    source: s\n  days_to_correct:", "Did you mean 'missing_rate'?"),
        ("at_most: 7", "at_mots: 7", "Did you mean 'at_most'?"),
        ("severity: condition", "severity: grave", "is 'grave', which is not one of its values"),
    ],
)  # fmt: skip
def test_a_wrong_line_of_policy_is_named(
    workspace: Workspace, old: str, new: str, sentence: str
) -> None:
    path = workspace.folder / "policy.yaml"
    text = POLICY.replace(old, new, 1)
    assert text != POLICY
    path.write_text(text, encoding="utf-8")
    told = said(workspace)
    assert f"{path}, line {line_with(text, new)}" in told
    assert sentence in told


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("data_stratgy.yaml", QUESTIONS, "Did you mean 'data_strategy'?"),
        ("data_strategy.yml", "", "only files that end in '.yaml' are read here"),
        ("Vendor review.yaml", "playbook: x", "is no name of a question set"),
        ("portfolio.yaml", "playbook: portfolio", "the name 'portfolio' is taken"),
        ("mine.yaml", "playbook: yours\ntitle: T\nquestions: []", "line 1: the file is called"),
        ("mine.yaml", "playbook: mine\nquestions: []", "the field 'title' is missing"),
        ("mine.yaml", "", "this file is empty"),
        ("mine.yaml", "playbook: mine\ntitle: T\nscoring: {title: S}\nquestions: []",
         "line 3: 'scoring' has no effect"),
    ],
)  # fmt: skip
def test_a_file_that_nothing_reads_is_named(
    own_workspace: Workspace, name: str, text: str, sentence: str
) -> None:
    path = own_workspace.folder / "questions" / name
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    told = said(own_workspace)
    assert str(path) in told
    assert sentence in told


def test_a_file_of_no_concern_is_left_alone(own_workspace: Workspace) -> None:
    folder = own_workspace.folder / "questions"
    folder.mkdir()
    for name in ("README.md", ".hidden", "notes.txt"):
        Path(folder, name).write_text("x", encoding="utf-8")
    assert said(own_workspace) == ""
