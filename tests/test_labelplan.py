"""What more labels would tell and cost: before any are there, and from measured agreement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.answers import Answer, Answers
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.agreement import Agreement
from playbook.evidence.bundle import Evidence
from playbook.evidence.labelbudget import Purse
from playbook.evidence.labelplan import LabelPlan, label_plan, planned
from playbook.product import Product, Words
from playbook.workspace import Workspace
from test_agreement import crowd, look, product, rows

WORDS = Words(case="letter", cases="letters")
FULL = Purse((3_000, 5_000, 8_000), 12, (45, 55, 70), "USD")
EMPTY = Purse(None, None, None, "USD")


def plan(found: Agreement | None = None, bar: float = 0.8, purse: Purse = EMPTY, **more: Any):
    return label_plan(found, bar, purse, WORDS, **more)


def test_before_any_label_there_is_a_plan_with_its_assumption(tmp_path: Path) -> None:
    found = plan(purse=FULL, common=0.88, deadline="2027-01-31")
    said = found.summary().text
    assert "Nobody has measured agreement yet, so this is a plan" in said
    assert "the most common label making up 88 %, as in the table" in said
    assert f"If agreement turns out like 0.9 (α), about {found.needed} letters are enough" in said
    assert "if it is 0.85 and" in said
    assert found["items_needed"].value == found.needed
    assert found["items_needed"].low < found.needed < found["items_needed"].high
    assert "wanted by 31 January 2027" in said
    assert [n for n, _ in found.steps] == [50, 100, 200, 400, 800, 1_600]


def test_without_a_table_two_labels_are_planned_as_equally_common() -> None:
    assert "two labels that are equally common" in plan().summary().text


@pytest.mark.parametrize(("alpha", "common"), [(0.9, 0.5), (0.8, 0.8)])
def test_the_planned_interval_is_as_wide_as_kappa_varies(alpha: float, common: float) -> None:
    """Simulated from the model that the formula is of: with chance α both say the same thing."""
    rng = np.random.default_rng(0)
    n, runs = 200, 4_000
    shared, first, second = (rng.random((runs, n)) < p for p in (alpha, common, common))
    second = np.where(shared, first, second)
    base = (first.mean(axis=1) + second.mean(axis=1)) / 2
    apart = (first != second).mean(axis=1)
    kappa = 1 - apart / (2 * base * (1 - base))
    low, high = planned(alpha, common).at(n)
    assert (high - low) / 2 / 1.96 == pytest.approx(kappa.std(), rel=0.1)


def test_needed_items_are_where_the_interval_meets_the_bar() -> None:
    outlook = planned(0.9, 0.7)
    needed = outlook.needed(0.8)
    assert needed
    assert outlook.at(needed)[0] >= 0.8 > outlook.at(needed - 1)[0]
    assert outlook.needed(0.9) is None


def test_from_measured_agreement_the_interval_shrinks_with_the_root_of_n(tmp_path: Path) -> None:
    found = look(tmp_path, rows(crowd(100, 2, gaps=0)))
    made = plan(found, bar=0.4)
    assert made.measured == found.alpha
    assert found.alpha
    (now, e), *more = made.steps
    assert (now, e) == (100, found.alpha)
    at_400 = dict(more)[400]
    assert at_400.low == pytest.approx(e.value - (e.value - e.low) / 2)
    assert made.needed == e.against(at_least=0.4).n_needed
    assert "100 items today" in made.chart().text


def test_agreement_surely_too_low_asks_for_rules_not_labels(tmp_path: Path) -> None:
    found = look(tmp_path, rows(crowd(150, 3)))
    made = plan(found, bar=0.9, purse=FULL)
    assert made.hopeless
    said = made.summary().text
    assert "More labels of this kind will not help" in said
    assert "takes mean" not in said
    assert "surely agree too little" in made.chart().text


def test_agreement_surely_high_asks_for_nothing(tmp_path: Path) -> None:
    a = ["x", "y"] * 150
    made = plan(look(tmp_path, rows({"a": a, "b": a})), bar=0.8, purse=FULL)
    assert "That is clear already" in made.summary().text
    assert "known well enough" in made.chart().text


def test_one_label_only_is_planned_like_none(tmp_path: Path) -> None:
    made = plan(look(tmp_path, rows({"a": ["x"] * 50, "b": ["x"] * 50})))
    assert made.measured is None
    assert "All labels given so far are the same" in made.summary().text


def test_the_budget_buys_what_arithmetic_says_where_nothing_is_uncertain() -> None:
    made = plan(purse=Purse((1_000, 1_000, 1_000), 6, (50, 50, 50), "EUR"))
    assert made["affordable_labels"].value == 200
    assert made["affordable_items"].value == 100
    assert made["labelling_days"].value == 2.5
    assert made.needed
    assert made["labelling_cost_needed"].value == pytest.approx(2 * made.needed * 5)
    assert made["labelling_cost_needed"].unit == "EUR"


def test_ranges_of_money_become_a_range_of_labels() -> None:
    labels = plan(purse=FULL)["affordable_labels"]
    assert 3_000 / (70 * 0.2) < labels.low < labels.value < labels.high < 8_000 / (45 * 0.2)
    assert "draws, triangular over the stated ranges" in labels.method


@pytest.mark.parametrize(
    ("purse", "missing"),
    [
        (EMPTY, "the budget, the minutes that a label takes, what an hour of labelling costs"),
        (Purse((1, 2, 3), None, (1, 2, 3), "USD"), "the minutes that a label takes"),
        (Purse((1, 2, 3), 5, (0, 2, 3), "USD"), "what an hour of labelling costs"),
    ],
)
def test_what_nobody_has_stated_is_named(purse: Purse, missing: str) -> None:
    made = plan(purse=purse)
    assert made.get("affordable_labels") is None
    assert f"nobody has stated it: {missing}." in made.summary().text


def test_a_range_out_of_order_is_refused() -> None:
    with pytest.raises(PlaybookError, match="labelling budget"):
        Purse((3, 2, 1), None, None, "USD")


def test_the_note_of_the_table_goes_with_the_plan(tmp_path: Path) -> None:
    made = plan(look(tmp_path, rows(crowd(60, 2)), note="Made up <b>."))
    for shown in (made.summary(), made.table(), made.chart()):
        assert "Made up <b>." in shown.text
        assert "<b>" not in shown.html


@given(st.floats(0.1, 0.98), st.floats(0.5, 0.99), st.integers(2, 10_000))
def test_more_items_never_widen_the_interval(alpha: float, common: float, n: int) -> None:
    outlook = planned(alpha, common)
    (low, high), (less_low, less_high) = outlook.at(n + 1), outlook.at(n)
    assert less_low <= low <= alpha <= high <= less_high


def evidence(p: Product, workspace: Workspace, **said: Any) -> Evidence:
    answers = Answers({
        f"data_strategy.{name}": Answer(playbook="data_strategy", question=name, state="answered",
                                        value=value)
        for name, value in said.items()
    })  # fmt: skip
    return Evidence(p, answers, workspace.policy, "high")


def test_the_bundle_plans_from_answers_and_policy(
    tmp_path: Path, demo_workspace: Workspace
) -> None:
    p = product(tmp_path, rows(crowd(100, 2)))
    made: LabelPlan = evidence(
        p, demo_workspace, label_minutes=12, label_deadline="2027-01-31",
        labelling_budget={"low": 3000, "likely": 5000, "high": 8000},
        label_hour_cost={"low": 45, "likely": 55, "high": 70},
    ).label_plan  # fmt: skip
    assert made.bar == 0.8
    assert made.measured
    assert made.get("affordable_labels")
    none = Product(slug="mail", folder=tmp_path, name="Mail", owner="Ada", words=WORDS)
    assert evidence(none, demo_workspace).label_plan.measured is None
    amounts = none.model_copy(update={"kind": "regression"})
    with pytest.raises(NoEvidence, match="the labels of Mail are amounts"):
        evidence(amounts, demo_workspace).label_plan  # noqa: B018
    assert evidence(none, demo_workspace).label_plan.common == 0.5
