"""Problem definition: each check with answers and data that pass, that fail, and that settle
nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loans import assess, one, table

TESTED = {"test": "Ask twenty customers", "test_cost": 500, "by": "2027-01-31"}
DEAR = {"assumption": "People want it", "chance_wrong": 50, "cost_low": 1000, "cost_high": 9000}
CHEAP = {"assumption": "It rains", "chance_wrong": 10, "cost_low": 0, "cost_high": 100}


@pytest.mark.parametrize(
    ("noise", "outcome"), [(0.02, "meets"), (0.5, "misses"), (0.3, "inconclusive")]
)
def test_the_model_beats_the_simple_way_or_not_or_nobody_can_say(
    tmp_path: Path, noise: float, outcome: str
) -> None:
    found = assess(tmp_path, "problem_definition", table(1500, noise=noise))
    advantage = one(found, "problem_definition.baseline_advantage")
    assert advantage.outcome == outcome
    assert "the model is right more often by" in advantage.statement


def test_without_a_table_the_advantage_is_open(tmp_path: Path) -> None:
    found = assess(tmp_path, "problem_definition", None, "name: Loans\nowner: Ada\n")
    assert one(found, "problem_definition.baseline_advantage").outcome == "inconclusive"


@pytest.mark.parametrize(
    ("metric", "target", "outcome"),
    [
        ("accuracy", 95, "meets"),
        ("accuracy", 50, "misses"),
        ("accuracy", 70.5, "inconclusive"),
        ("specificity", 90, "misses"),  # whoever denies nobody denies nobody wrongly
    ],
)
def test_a_target_that_the_simple_way_reaches_is_none(
    tmp_path: Path, metric: str, target: float, outcome: str
) -> None:
    found = assess(
        tmp_path, "problem_definition", table(2000),
        problem_definition__success_metric=metric, problem_definition__success_target=target,
    )  # fmt: skip
    finding = one(found, "problem_definition.target_beyond_simple_way")
    assert finding.outcome == outcome
    assert finding.at_stake == "note"
    assert f"the target for the model is {target:g} %" in finding.statement


def test_a_measure_that_needs_a_score_is_not_compared_with_rules(tmp_path: Path) -> None:
    found = assess(
        tmp_path, "problem_definition", table(2000),
        problem_definition__success_metric="auc", problem_definition__success_target=80,
    )  # fmt: skip
    assert not [f for f in found.findings if "target_beyond" in f.id]


@pytest.mark.parametrize(
    ("rows", "outcome", "told"),
    [
        ([CHEAP, DEAR | TESTED], "meets", "is tested by 31 January 2027: Ask twenty customers."),
        ([DEAR, CHEAP | TESTED], "misses", "nobody has said how it could be tested"),
        ([DEAR | {"test": "Ask."}, CHEAP], "misses", "nobody has said by when it is tested"),
        ([DEAR | TESTED, {"assumption": "It pays"}], "inconclusive", "no chance is stated"),
        ([DEAR | {"chance_wrong": 120}], "inconclusive", "is not between 0 and 100"),
        ([DEAR | {"cost_low": 10_000}], "inconclusive", "the lowest no more than the highest"),
    ],
)
def test_the_dearest_assumption_is_tested(
    tmp_path: Path, rows: list[dict[str, Any]], outcome: str, told: str
) -> None:
    answers = {"problem_definition__assumptions": rows}
    finding = one(
        assess(tmp_path, "problem_definition", table(500), **answers),
        "problem_definition.dearest_assumption",
    )
    assert finding.outcome == outcome
    assert told in finding.statement


def test_an_expected_loss_is_chance_times_cost(tmp_path: Path) -> None:
    answers = {"problem_definition__assumptions": [CHEAP, DEAR]}
    found = assess(tmp_path, "problem_definition", table(500), **answers)
    losses = [e for e in found.estimates if e.measure == "expected_loss"]
    assert [(e.value, e.low, e.high, e.n) for e in losses] == [
        (2500.0, 500.0, 4500.0, 0),
        (5.0, 0.0, 10.0, 0),
    ]
    assert losses[0].group == {"assumption": "People want it"}
