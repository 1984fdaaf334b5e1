"""Only what has changed runs again, and ``--why`` says in words what that was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm import Farm, failures, ran, task_lines
from playbook.answers import Answer
from playbook.batch.plan import plan
from playbook.batch.run import run_batch
from playbook.batch.runkey import changes, key_of
from playbook.catalog import find_playbook, playbooks
from playbook.store import ORGANISATION
from playbook.workspace import Workspace

ALL = {"01", "02", "03", "05", "06"}
EXAMPLES = ("churn", "mortgage")


@pytest.fixture
def folder(finished_workspace: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished_workspace, tmp_path / "workspace"))


def close(workspace: Workspace) -> None:
    workspace.store.close()
    workspace.runs.close()


def due(folder: Path, *, force: bool = False) -> dict[tuple[str, str], list[str]]:
    """Product and number of what a batch would run now, and why."""
    workspace = Workspace.open(folder)
    made = plan(workspace, EXAMPLES, playbooks(), force)
    close(workspace)
    assert made.unusable == {}
    assert len(made.tasks) + len(made.standing) == 10
    return {(task.slug, task.file.number): list(task.why) for task in made.tasks}


def answer(folder: Path, product: str, key: str, value: Any) -> None:
    playbook, _, question = key.partition(".")
    workspace = Workspace.open(folder)
    workspace.store.append(
        product,
        Answer(playbook=playbook, question=question, state="answered", value=value,
               by="Ana", role="product", at=datetime.now(UTC)),
    )  # fmt: skip
    close(workspace)


def of(product: str, numbers: set[str], why: str) -> dict[tuple[str, str], list[str]]:
    return {(product, number): [why] for number in numbers}


# ---- what changes


def test_a_second_run_runs_nothing_and_says_so(folder: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in (folder / "reports").rglob("*")}
    assert due(folder) == {}
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PLAYBOOK_")}
    done = subprocess.run(
        [sys.executable, "-m", "playbook.cli", "run", "--why", "--workspace", folder],
        env=clean, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("Nothing has changed for 10 reports.\nReports: ")
    lines = done.stderr.splitlines()
    assert len(lines) == 10
    assert all("stands since" in line and line.endswith("nothing changed") for line in lines)
    assert {p: p.stat().st_mtime_ns for p in (folder / "reports").rglob("*")} == before


@pytest.mark.parametrize(
    ("key", "value", "numbers"),
    [
        ("problem_definition.ai_unique_value", "When it costs more.", {"01"}),
        ("evaluation.failure_plan", "Decide by hand.", {"03"}),
        ("kpi_alignment.volume_per_month", 12_345, {"01", "03", "06"}),
        ("problem_definition.effect_on_people", "negligible", ALL),
        ("problem_definition.a_question_of_nobody", "Hello.", set()),
        ("another_playbook.ai_unique_value", "Hello.", set()),
    ],
)
def test_an_answer_runs_what_read_it(folder: Path, key: str, value: Any, numbers: set[str]) -> None:
    answer(folder, "churn", key, value)
    assert due(folder) == of("churn", numbers, f"the answer to '{key}' changed")


def test_an_answer_given_again_or_on_a_private_sheet_runs_nothing(folder: Path) -> None:
    workspace = Workspace.open(folder)
    stands = workspace.answers("churn")["problem_definition.ai_unique_value"]
    other = stands.model_copy(update={"value": "Never."})
    workspace.store.append("churn", stands)
    workspace.store.append("churn", other, sheet="person:ana")
    close(workspace)
    assert due(folder) == {}


def test_an_answer_taken_back_runs_what_read_it(folder: Path) -> None:
    key = "problem_definition.ai_unique_value"
    take_back(folder, key)
    assert due(folder) == of("churn", {"01"}, f"the answer to '{key}' changed")


def take_back(folder: Path, key: str) -> None:
    workspace = Workspace.open(folder)
    stands = workspace.answers("churn")[key]
    taken = stands.model_copy(update={"state": "open", "value": None, "reason": None})
    workspace.store.append("churn", taken)
    close(workspace)


def test_an_answer_of_the_organisation_runs_what_read_it(folder: Path) -> None:
    """It stands for every product that does not say otherwise itself."""
    key = "ethics_review.local_rules"
    answer(folder, ORGANISATION, key, "Ours.")
    assert due(folder) == {}
    take_back(folder, key)
    why = f"the answer to '{key}' changed"
    assert due(folder) == of("churn", {"05"}, why)
    workspace = Workspace.open(folder)
    assert run_batch(workspace, ["churn"], [find_playbook("05")]).exit_status == 0
    close(workspace)
    assert due(folder) == {}
    answer(folder, ORGANISATION, key, "Ours, anew.")
    assert due(folder) == of("churn", {"05"}, why)


def policy(folder: Path, text: str) -> None:
    (folder / "policy.yaml").write_text(text, encoding="utf-8")


def test_a_number_of_policy_runs_what_read_it(folder: Path) -> None:
    policy(folder, "thresholds:\n  auc:\n    at_least: 0.61\n")
    why = "the policy's 'auc' changed"
    # Problem definition tells how many bars grow stricter with the tier, and so reads them all.
    read = {"01", "03"}
    assert due(folder) == of("churn", read, why) | of("mortgage", read, why)
    policy(folder, "thresholds:\n  significance_level:\n    at_most: 0.04\n")
    why = "the policy's 'significance_level' changed"
    both = {"01", "05", "06"}
    assert due(folder) == of("churn", both, why) | of("mortgage", both, why)
    policy(folder, "questions:\n  evaluation.failure_plan: {severity: note, reason: ours}\n")
    why = "the policy's 'questions/evaluation.failure_plan' changed"
    assert due(folder) == of("churn", read, why) | of("mortgage", read, why)


def test_a_policy_that_says_the_same_runs_nothing(folder: Path) -> None:
    policy(folder, "# ours\nthresholds: {}\n")
    assert due(folder) == {}
    shipped = Workspace.open(folder).policy.thresholds["auc"]
    policy(folder, f"thresholds:\n  auc:\n    at_least: {shipped.at_least}\n")
    assert due(folder) == {}
    policy(
        folder,
        "thresholds:\n  of_nobody: {at_least: 1, severity: note, reason: r, source: s}\n",
    )
    assert due(folder) == {}


def data(folder: Path) -> Path:
    return folder / "products/churn/data/decisions.parquet"


def test_data_written_anew_with_the_same_content_run_nothing(folder: Path) -> None:
    data(folder).write_bytes(data(folder).read_bytes())
    assert due(folder) == {}
    os.utime(data(folder), (1, 1))
    assert due(folder) == {}


def test_one_value_of_the_data_runs_all_playbooks_of_that_product(folder: Path) -> None:
    frame = pd.read_parquet(data(folder))
    frame.loc[7, "score"] = 0.123
    frame.to_parquet(data(folder))
    assert due(folder) == of("churn", ALL, "the data of 'decisions' changed")


def test_a_changed_product_runs_its_playbooks(folder: Path) -> None:
    path = folder / "products/churn/product.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("0.30", "0.31"), encoding="utf-8")
    assert due(folder) == of("churn", ALL, "product.yaml changed")


def test_a_question_set_of_ones_own_runs_its_playbook(folder: Path) -> None:
    (folder / "questions").mkdir()
    (folder / "questions/kpi_alignment.yaml").write_text(
        "playbook: kpi_alignment\nquestions: []\n", encoding="utf-8"
    )
    why = "the question set changed"
    # Problem definition tells how many questions each playbook asks.
    assert due(folder) == of("churn", {"01", "06"}, why) | of("mortgage", {"01", "06"}, why)


@pytest.mark.parametrize("kind", ["html", "json"])
def test_a_deleted_report_runs_alone(folder: Path, kind: str) -> None:
    (folder / f"reports/churn/evaluation.{kind}").unlink()
    assert due(folder) == of("churn", {"03"}, "its report is not there any more")


def test_force_runs_everything_and_still_says_what_changed(folder: Path) -> None:
    key = "problem_definition.ai_unique_value"
    answer(folder, "churn", key, "Never.")
    found = due(folder, force=True)
    assert found.pop(("churn", "01")) == [f"the answer to '{key}' changed"]
    assert list(found.values()) == [["asked for with --force"]] * 9


# ---- in real processes, with the small notebooks


def test_each_reason_is_one_line_and_only_that_runs(farm: Farm) -> None:
    short = ("--playbook", "01", "--playbook", "06", "--why")
    first = farm.run("ant", *short, IN_06="raise RuntimeError('oh no')")
    reasons = [line for line in first.stderr.splitlines() if "  runs: " in line]
    assert [line.partition("  runs: ")[2] for line in reasons] == ["it has not run yet"] * 2
    assert failures(first).keys() == {("ant", "06")}
    again = farm.run("ant", *short)
    assert ran(again) == {("ant", "06")}
    assert "ant  06_kpi_alignment  runs: its last run failed: 06_kpi" in again.stderr
    assert "ant  01_problem_definition  stands since" in again.stderr
    third = farm.run("ant", *short)
    assert (task_lines(third), third.returncode) == ([], 0)


def test_what_changes_while_a_notebook_runs_is_new_to_the_next_run(farm: Farm) -> None:
    """It was computed from the old policy and question set, so it is marked with those."""
    tweak = "Path(workspace, 'policy.yaml').write_text('thresholds:\\n  monthly_net_value:\\n"
    tweak += "    at_least: 7\\n')"
    later = "import playbook.session.record as r; made = r.make_record\ndef late(*a):\n"
    later += f"    done = made(*a); exec({tweak!r}); return done\n"
    later += "import playbook.session.book as b; b.make_record = late"
    assert farm.run("ant", "--playbook", "06", IN_06=later).returncode == 0
    again = farm.run("ant", "--playbook", "06", "--why")
    assert "runs: the policy's 'monthly_net_value' changed" in again.stderr
    assert ran(again) == {("ant", "06")}


def test_the_index_says_what_stands_also_where_nothing_ran(farm: Farm) -> None:
    assert farm.run("ant", "--playbook", "01").returncode == 0
    index = (farm.reports / "index.html").read_bytes()
    product = farm.workspace / "products/ant/product.yaml"
    good = product.read_bytes()
    product.write_text("name: [", encoding="utf-8")
    assert farm.run("ant", "--playbook", "01").returncode == 2
    assert b"product.yaml" in (farm.reports / "index.html").read_bytes()
    assert farm.run("bee", "--playbook", "01").returncode == 0
    assert b"product.yaml" in (farm.reports / "index.html").read_bytes()
    product.write_bytes(good)
    done = farm.run("ant", "--playbook", "01")
    assert (done.returncode, task_lines(done)) == (0, [])
    assert b"product.yaml" not in (farm.reports / "index.html").read_bytes()
    # As though the driver had been killed before it came to the index.
    (farm.reports / "index.html").write_bytes(index)
    assert farm.run("ant", "--playbook", "01").returncode == 0
    assert b"The bee" in (farm.reports / "index.html").read_bytes()
    stamp = (farm.reports / "index.html").stat().st_mtime_ns
    assert farm.run("ant", "--playbook", "01").returncode == 0
    assert (farm.reports / "index.html").stat().st_mtime_ns == stamp


# ---- the run key

_MARKS = st.text("ab", max_size=2)
_DATA = st.dictionaries(
    st.sampled_from(["decisions", "other"]),
    st.fixed_dictionaries({"source": st.just("d"), "mark": _MARKS, "fingerprint": _MARKS}),
)
_REVISIONS = st.dictionaries(st.sampled_from(["a.b", "a.c", "*"]), st.integers(0, 2))
_POLICY = st.dictionaries(st.sampled_from(["auc", "power"]), _MARKS)
INPUTS = st.fixed_dictionaries(
    dict.fromkeys(("library", "notebook", "questions", "product", "policy_files"), _MARKS)
    | {"data": _DATA, "answers": _REVISIONS, "policy": _POLICY}
    | {
        "beside": st.lists(st.sampled_from(["evaluation", "ethics_review"]), unique=True).map(
            sorted
        )
    }
)


@given(INPUTS, INPUTS)
def test_the_key_is_another_exactly_when_a_change_can_be_told(
    before: dict[str, Any], now: dict[str, Any]
) -> None:
    assert (changes(before, now) == []) == (key_of(before) == key_of(now))


@given(INPUTS)
def test_nothing_differs_from_itself(inputs: dict[str, Any]) -> None:
    assert changes(inputs, inputs) == []
    moved = {k: dict(reversed(list(v.items()))) if isinstance(v, dict) else v
             for k, v in inputs.items()}  # fmt: skip
    assert key_of(moved) == key_of(inputs)
