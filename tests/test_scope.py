"""What the evidence can decide: by task, from what is there and what the team says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from make_decisions import people, product
from playbook.answers import Answer, Answers
from playbook.evidence.bundle import Evidence
from playbook.evidence.scope import Scope
from playbook.policy import Tier, load_policy
from playbook.product import Product, Table
from playbook.shipped import shipped
from playbook.tableparts import Columns, Criterion

POLICY = load_policy(shipped("templates/policy.yaml"))
AMOUNTS = ("gain_true_positive", "gain_true_negative", "cost_false_positive", "cost_false_negative")
ROLES: dict[str, Any] = {
    "label": "denied", "score": "score", "prediction": "prediction", "groups": ["race"],
}  # fmt: skip


def answers(**given: Any) -> Answers:
    said = {}
    for key, value in given.items():
        playbook, question = key.split("__")
        said[f"{playbook}.{question}"] = Answer(
            playbook=playbook, question=question, state="answered", value=value
        )
    return Answers(said)


def of(made: Product, tier: Tier = "limited", **given: Any) -> Scope:
    return Evidence(made, answers(**given), POLICY, tier).scope


def decided(
    folder: Path, frame: pd.DataFrame, tier: Tier = "limited", answered: Any = None, **table: Any
) -> Scope:
    frame.to_parquet(folder / "data.parquet", index=False)
    return of(product(folder, "data.parquet", **table), tier, **(answered or {}))


def verdicts(found: Scope) -> dict[str, str]:
    return {point.key: point.verdict for point in found.points}


def test_enough_decisions_with_score_rule_and_amounts_decide_most(tmp_path: Path) -> None:
    frame = people()
    frame = frame[frame["race"].notna()].assign(income=1)
    amount = {"low": 1, "likely": 2, "high": 3}
    given = {f"problem_definition__{name}": amount for name in AMOUNTS}
    given["kpi_alignment__volume_per_month"] = amount
    rule = {"column": "income", "operator": "at_most", "value": 3}
    found = decided(tmp_path, frame, answered=given, baseline=rule, **ROLES)
    assert verdicts(found) == {
        "good_enough": "yes", "beats_baseline": "yes", "every_kind": "yes", "scores_mean": "yes",
        "over_time": "no", "worth": "yes", "spoilt_inputs": "no",
    }  # fmt: skip
    counts = {e.measure: e.value for e in found.estimates}
    assert counts["rows_with_outcome"] == len(frame)
    assert counts["positives"] == (frame["denied"] == "yes").sum()
    text = found.summary().text
    assert f"These {len(frame):,} applicants with a known outcome can tell whether" in text
    assert "cannot tell whether quality holds over time or whether it stands spoilt" in text


def test_few_rows_decide_only_in_part_and_say_how_many_are_missing(tmp_path: Path) -> None:
    found = decided(tmp_path, people().head(569), "high", **ROLES)
    assert found["good_enough"].verdict == "partly"
    assert "431 more applicants" in found["good_enough"].remedy
    assert found["beats_baseline"].verdict == "partly"
    assert "can tell" in found.summary().text


def test_few_cases_with_the_rarer_outcome_leave_it_open(tmp_path: Path) -> None:
    frame = people()
    rare = frame[frame["denied"] == "yes"].head(40)
    frame = pd.concat([frame[frame["denied"] == "no"], rare])
    found = decided(tmp_path, frame, **ROLES)
    assert found["good_enough"].verdict == found["scores_mean"].verdict == "partly"
    assert "60 more" in found["good_enough"].remedy


@pytest.mark.parametrize(
    ("answer", "verdict", "said"),
    [
        ({"evaluation__held_out": "same_rows"}, "no", "learnt from"),
        ({"data_strategy__claims_label_meaning": "human_decision"}, "partly", "agrees with them"),
    ],
)
def test_what_the_team_says_can_undo_what_rows_promise(
    tmp_path: Path, answer: Any, verdict: str, said: str
) -> None:
    found = decided(tmp_path, people(), answered=answer, **ROLES)
    assert found["good_enough"].verdict == verdict
    assert said in found["good_enough"].why


def test_small_kinds_are_named_and_shown_harmless(tmp_path: Path) -> None:
    frame = people()
    frame.loc[:4, "race"] = "<script>alert(1)</script>"
    found = decided(tmp_path, frame, **ROLES)
    assert found["every_kind"].verdict == "partly"
    assert "(5)" in found["every_kind"].why
    assert "<script>" not in found.table().html


def test_a_table_without_score_and_prediction_decides_little(tmp_path: Path) -> None:
    found = decided(tmp_path, people(), label="denied")
    assert set(verdicts(found).values()) == {"no"}
    assert "cannot fully settle" in found.summary().text


def test_no_table_decides_nothing_and_says_where_to_name_it() -> None:
    found = of(Product(slug="x", folder=Path("nowhere"), name="X", owner="Ada"))
    assert set(verdicts(found).values()) == {"no"}
    assert found.n == 0
    assert "nothing to judge by" in found.summary().text
    assert "product.yaml" in found["good_enough"].remedy


def test_several_classes_are_counted_by_the_rarest(tmp_path: Path) -> None:
    kinds = np.array(["a"] * 500 + ["b"] * 300 + ["c"] * 20)
    frame = pd.DataFrame({"kind": kinds, "said": kinds})
    found = decided(tmp_path, frame, label="kind", prediction="said", classes=["a", "b", "c"])
    assert "scores_mean" not in verdicts(found)
    assert found["good_enough"].verdict == "partly"
    assert "80 more" in found["good_enough"].remedy


def test_amounts_with_ranges_and_time_can_be_judged(tmp_path: Path) -> None:
    n = 800
    days = pd.date_range("2026-01-01", periods=n, freq="6h")
    frame = pd.DataFrame({"late": np.arange(n) % 30, "told": 12.0, "low": 1.0, "high": 30.0,
                          "at": days})  # fmt: skip
    roles: dict[str, Any] = {"label": "late", "prediction": "told", "time": "at"}
    found = decided(tmp_path, frame, kind="regression",
                    quantiles={0.1: "low", 0.9: "high"}, **roles)  # fmt: skip
    assert {found[k].verdict for k in ("good_enough", "range_holds", "over_time")} == {"yes"}
    without = decided(tmp_path, frame.head(100), kind="regression", **roles)
    assert without["range_holds"].verdict == "no"
    assert without["over_time"].verdict == "partly"


def test_lists_are_judged_by_how_many_there_are(tmp_path: Path) -> None:
    frame = pd.DataFrame({"good": np.arange(600) % 2, "score": np.linspace(0, 1, 600),
                          "list": np.arange(600) // 60})  # fmt: skip
    found = decided(tmp_path, frame, kind="ranking", label="good", score="score", query="list")
    assert found["good_enough"].verdict == "partly"
    assert "10 lists" in found["good_enough"].why


def captured(folder: Path, questions: int = 300, tries: int = 1, **changed: Any) -> Product:
    """Answers by one system, or by two, each rated by two people and a judge."""
    n = questions * tries
    frame = pd.DataFrame({
        "question": np.arange(n) // tries, "system": "new", "one": "yes", "two": "yes",
        "judge": "yes", "topic": np.where(np.arange(n) // tries % 2 == 0, "bills", "returns"),
    })  # fmt: skip
    today = frame[: 60 * tries].assign(system="old")
    pd.concat([frame, today]).to_csv(folder / "outputs.csv", index=False)
    criteria = {"correct": Criterion(says="is right", people=["one", "two"], judge="judge")}
    columns = Columns(prompt="question", system="system", groups=["topic"])
    settings: dict[str, Any] = {"criteria": criteria, "current": "new", "baseline_system": "old"}
    table = Table(source="outputs.csv", columns=columns, **(settings | changed))
    return Product(slug="x", folder=folder, name="X", owner="Ada", kind="generative",
                   tables={"outputs": table})  # fmt: skip


def test_answers_rated_by_people_decide_and_what_was_not_captured_stays_open(
    tmp_path: Path,
) -> None:
    found = of(captured(tmp_path))
    assert verdicts(found) == {
        "good_enough": "yes", "beats_baseline": "yes", "every_kind": "yes", "judge_decides": "yes",
        "resists": "no", "steady": "no", "preferred": "no", "worth": "no", "over_time": "no",
    }  # fmt: skip
    assert "These 300 questions with captured answers can tell" in found.summary().text
    assert {e.measure: e.value for e in found.estimates} == {
        "questions": 300, "captured_answers": 300,
    }  # fmt: skip


def test_few_questions_asked_often_are_few_questions(tmp_path: Path) -> None:
    found = of(captured(tmp_path, 40, tries=10), "high")
    assert found.n == 40
    assert found["good_enough"].verdict == "partly"
    assert found["steady"].verdict == "yes"
    assert found["every_kind"].verdict == "no"


def test_a_judge_alone_decides_nothing(tmp_path: Path) -> None:
    alone = {"correct": Criterion(says="is right", judge="judge")}
    found = of(captured(tmp_path, criteria=alone))
    assert found["good_enough"].verdict == found["judge_decides"].verdict == "no"
    people_only = {"correct": Criterion(says="is right", people=["one", "two"])}
    assert "judge_decides" not in verdicts(of(captured(tmp_path, criteria=people_only)))


def test_attacks_count_once_however_often_they_are_tried(tmp_path: Path) -> None:
    safe = {"safe": Criterion(says="stays safe", kind="safety", people=["one"])}
    assert of(captured(tmp_path, 70, tries=5, criteria=safe))["resists"].verdict == "partly"
    assert of(captured(tmp_path, 80, criteria=safe))["resists"].verdict == "yes"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ({"evaluation__questions_unseen": "tuned_on"}, "no"),
        ({"evaluation__answers_chosen": "written"}, "partly"),
    ],
)
def test_questions_that_were_tuned_on_or_made_up_decide_less(
    tmp_path: Path, answer: Any, verdict: str
) -> None:
    assert of(captured(tmp_path), **answer)["good_enough"].verdict == verdict


def test_a_single_rater_leaves_it_open(tmp_path: Path) -> None:
    one = {"correct": Criterion(says="is right", people=["one"])}
    found = of(captured(tmp_path, criteria=one))["good_enough"]
    assert (found.verdict, "only one person" in found.why) == ("partly", True)


def test_without_captured_answers_nothing_is_decided() -> None:
    bare = Product(slug="x", folder=Path("nowhere"), name="X", owner="Ada", kind="generative")
    found = of(bare)
    assert set(verdicts(found).values()) == {"no"}
    assert "outputs" in found["good_enough"].remedy
