"""Evidence held against policy: each check with data that pass, fail, and are too thin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from loans import STAKES, assess, one, table


@pytest.mark.parametrize(
    ("frame", "outcome"),
    [
        (table(20_000, noise=0.3), "meets"),
        (table(4000, bias=0.3), "misses"),
        (table(400, bias=0.01), "inconclusive"),
    ],
)
def test_error_burden_meets_misses_or_is_too_thin(
    tmp_path: Path, frame: pd.DataFrame, outcome: str
) -> None:
    found = one(assess(tmp_path, "ethics_review", frame), "ethics_review.wrongly_denied_ratio_race")
    assert found.outcome == outcome
    assert found.at_stake == "blocker"
    if outcome == "inconclusive":
        assert "would settle it" in found.remedy


def test_groups_too_small_to_compare_leave_the_blocker_open(tmp_path: Path) -> None:
    frame = table(400)
    frame["race"] = np.where(frame.index < 20, "Black", "White")
    assessment = assess(tmp_path, "ethics_review", frame)
    found = one(assessment, "ethics_review.wrongly_denied_ratio_race")
    assert (found.outcome, found.at_stake) == ("inconclusive", "blocker")
    assert "no two groups are large enough" in found.statement
    assert assessment.verdict.word == "not_enough_evidence"


def test_a_group_of_one_row_is_named_not_judged(tmp_path: Path) -> None:
    frame = table(4000)
    frame.loc[0, "race"] = "Other <b>"
    found = [f for f in assess(tmp_path, "ethics_review", frame).findings if "too_few" in f.id]
    assert [f.id for f in found] == ["ethics_review.too_few_race_other_b"]
    assert "Nothing can be concluded" in found[0].statement


def test_a_claim_of_equality_is_contradicted_and_no_longer_counts_as_met(tmp_path: Path) -> None:
    claim = {"ethics_review__claims_groups_equal": "equal"}
    found = assess(tmp_path, "ethics_review", table(bias=0.3), **claim)
    against = one(found, "ethics_review.claims_groups_equal.contradicted")
    assert (against.basis, against.severity, against.owner) == ("contradiction", "condition", "Bo")
    assert "ethics_review.claims_groups_equal" not in {f.id for f in found.findings}


def test_a_true_claim_of_equality_stands(tmp_path: Path) -> None:
    claim = {"ethics_review__claims_groups_equal": "equal"}
    found = assess(tmp_path, "ethics_review", table(20_000, noise=0.3), **claim)
    assert one(found, "ethics_review.claims_groups_equal").severity == "pass"


@pytest.mark.parametrize(
    ("share", "outcome"), [(0.0, "meets"), (0.3, "misses"), (0.05, "inconclusive")]
)
def test_missing_values_meet_miss_or_are_open(tmp_path: Path, share: float, outcome: str) -> None:
    frame = table(1200)
    frame.loc[frame.index < share * 1200, "income"] = np.nan
    claim = {"data_strategy__claims_complete": "always_present"}
    found = assess(tmp_path, "data_strategy", frame, **claim)
    assert one(found, "data_strategy.missing_rate").outcome == outcome
    contradicted = any(f.basis == "contradiction" for f in found.findings)
    assert contradicted == (share > 0)


def test_duplicates_contradict_the_claim_that_cases_are_unique(tmp_path: Path) -> None:
    frame = pd.concat([table(1200), table(1200).head(300)])
    found = assess(tmp_path, "data_strategy", frame, data_strategy__claims_unique="yes")
    assert one(found, "data_strategy.duplicate_rate").outcome == "misses"
    assert one(found, "data_strategy.claims_unique.contradicted").severity == "condition"


@pytest.mark.parametrize(
    ("target", "outcome"), [(80, "meets"), (99, "misses"), (95, "inconclusive")]
)
def test_the_teams_own_target_decides(tmp_path: Path, target: int, outcome: str) -> None:
    found = assess(
        tmp_path, "evaluation", table(1000),
        problem_definition__success_metric="recall", problem_definition__success_target=target,
    )  # fmt: skip
    assert one(found, "evaluation.success_target").outcome == outcome


def test_quality_told_to_others_beyond_the_interval_is_contradicted(tmp_path: Path) -> None:
    answers = {"problem_definition__success_metric": "recall", "evaluation__claimed_quality": 99.9}
    found = assess(tmp_path, "evaluation", table(4000), **answers)
    assert "99.9 %" in one(found, "evaluation.claimed_quality.contradicted").statement


def test_money_decides_whether_ai_beats_the_alternative(tmp_path: Path) -> None:
    stakes = {
        f"problem_definition__{name}": dict(zip(("low", "likely", "high"), ends, strict=True))
        for name, ends in STAKES.items()
    }
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    good = assess(tmp_path / "good", "problem_definition", table(), **stakes)
    assert one(good, "problem_definition.baseline_advantage").outcome == "meets"
    bad = assess(
        tmp_path / "bad", "problem_definition", table(noise=0.5), **stakes,
        problem_definition__claims_ai_needed="clearly_better",
    )  # fmt: skip
    assert one(bad, "problem_definition.baseline_advantage").outcome != "meets"
    assert one(bad, "problem_definition.claims_ai_needed.contradicted").severity == "condition"


@pytest.mark.parametrize(
    ("traffic", "outcome"), [(50_000, "meets"), (50, "misses"), (None, "inconclusive")]
)
def test_the_experiment_must_see_the_wanted_effect(
    tmp_path: Path, traffic: int | None, outcome: str
) -> None:
    answers: dict[str, Any] = {
        "kpi_alignment__experiment_weeks": 8, "kpi_alignment__kpi_baseline": 20,
        "kpi_alignment__kpi_target_effect": 2,
    }  # fmt: skip
    if traffic:
        answers["kpi_alignment__experiment_traffic"] = traffic
    found = assess(tmp_path, "kpi_alignment", table(1000), **answers)
    measured = [f for f in found.findings if f.id == "kpi_alignment.detectable_effect"]
    assert measured[0].outcome == outcome


def test_a_column_that_knows_the_outcome_is_a_condition(tmp_path: Path) -> None:
    frame = table()
    frame["income"] = np.where(frame["denied"] == "yes", 1.0, 50.0)
    found = one(assess(tmp_path, "data_strategy", frame), "data_strategy.leakage_income_alone")
    assert (found.outcome, found.severity) == ("misses", "condition")
    assert found.statement.startswith("income gives the outcome away")
    assert "before the decision" in found.remedy


def test_an_honest_column_is_no_leak(tmp_path: Path) -> None:
    found = one(assess(tmp_path, "data_strategy", table()), "data_strategy.leakage")
    assert found.outcome == "meets"
