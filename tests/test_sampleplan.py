"""The plan before anything is collected: its numbers hold in simulation, and it says its basis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from playbook.answers import Answer, Answers
from playbook.evidence import plannumbers as numbers
from playbook.evidence.sampleplan import SamplePlan, sample_plan
from playbook.policy import TIERS, Tier, load_policy
from playbook.product import Kind, Product, Table
from playbook.shipped import shipped

POLICY = load_policy(shipped("templates/policy.yaml"))
DRAWS = 20_000
SPREAD = 4 * (0.8 * 0.2 / DRAWS) ** 0.5


def plan(kind: Kind = "classification", tier: Tier = "high", **given: Any) -> SamplePlan:
    """The plan of a product without data; answers by ``playbook__question``."""
    tables = {}
    if given.pop("classes", None):
        tables["decisions"] = Table(source="none.csv", classes=["a", "b", "c"])
    product = Product(slug="x", folder=Path("nowhere"), name="X", owner="Ada", kind=kind,
                      tables=tables)  # fmt: skip
    said = {
        key.replace("__", "."): Answer(
            playbook=key.split("__")[0], question=key.split("__")[1], state="answered", value=value
        )
        for key, value in given.items()
    }
    return sample_plan(product, Answers(said), POLICY, tier)


def cleared(n: int, truth: float, bar: float, seed: int = 3) -> float:
    """How often statsmodels' Wilson interval of n simulated cases lies at or above the bar."""
    k = np.random.default_rng(seed).binomial(n, truth, DRAWS)
    low, _ = proportion_confint(k, n, method="wilson")
    return float((low >= bar).mean())


@pytest.mark.parametrize(("truth", "bar"), [(0.95, 0.9), (0.94, 0.9), (0.75, 0.7), (0.6, 0.5)])
def test_the_number_of_cases_clears_the_bar_four_times_in_five(truth: float, bar: float) -> None:
    n = numbers.cases_to_clear(truth, bar)
    assert n is not None
    assert abs(cleared(n, truth, bar) - 0.8) < 0.04
    assert cleared(n, truth, bar) > 0.8 - SPREAD
    assert max(cleared(round(n * share), truth, bar) for share in (0.7, 0.8)) < 0.8


def test_near_a_hundred_of_a_hundred_the_chance_is_at_least_as_good() -> None:
    """There each case counts so much that the chance jumps past 80 %."""
    n = numbers.cases_to_clear(0.99, 0.97)
    assert n is not None
    assert 0.8 - SPREAD < cleared(n, 0.99, 0.97) < 0.9


def test_no_larger_number_is_much_worse() -> None:
    n = numbers.cases_to_clear(0.95, 0.9)
    assert n is not None
    chances = numbers.chance_to_clear(np.arange(n, n + 300), 0.95, 0.9)
    assert chances[0] >= 0.8
    assert chances.min() > 0.76


def test_under_forty_cases_the_exact_interval_decides() -> None:
    n = numbers.cases_to_clear(1.0, 0.85)
    assert n is not None
    low, _ = proportion_confint(n, n, method="beta")
    before, _ = proportion_confint(n - 1, n - 1, method="beta")
    assert n < 40
    assert before < 0.85 <= low


def test_what_is_not_above_its_bar_is_never_shown_and_a_hair_above_it_takes_very_many() -> None:
    assert numbers.cases_to_clear(0.9, 0.9) is None
    assert numbers.cases_for_auc(0.7, 0.7, 0.1) is None
    assert (numbers.cases_to_clear(0.9001, 0.9) or 0) > 10_000_000


def test_the_number_for_a_width_is_the_smallest_that_keeps_it() -> None:
    n = numbers.cases_for_width(0.9, 0.05)
    widths = [np.diff(proportion_confint(0.9 * m, m, method="wilson"))[0] for m in (n - 1, n)]
    assert widths[1] <= 0.1 < widths[0]


def test_a_mean_is_known_as_well_as_the_plan_says() -> None:
    n = numbers.cases_for_mean(30, 5)
    means = np.random.default_rng(1).normal(20, 30, (4_000, n)).mean(axis=1)
    assert abs((np.abs(means - 20) <= 5).mean() - 0.95) < 4 * (0.95 * 0.05 / 4_000) ** 0.5


def test_an_area_under_the_curve_is_shown_about_four_times_in_five() -> None:
    """Two normal laws a distance d apart have the AUC Φ(d/√2); DeLong judges each sample."""
    from scipy.special import ndtri

    from playbook.evidence.intervals import auc_delong

    n = numbers.cases_for_auc(0.8, 0.7, 0.2)
    assert n is not None
    rng, d = np.random.default_rng(5), 2**0.5 * float(ndtri(0.8))
    few, tries, edges = round(0.2 * n), 300, np.linspace(-5, 7, 1_201)
    shown = 0
    for _ in range(tries):
        hits = np.histogram(rng.normal(d, 1, few), edges)[0]
        others = np.histogram(rng.normal(0, 1, n - few), edges)[0]
        found = auc_delong(hits, others)
        assert found
        shown += found.low >= 0.7
    assert abs(shown / tries - 0.8) < 4 * (0.16 / tries) ** 0.5


@pytest.mark.parametrize("alike", [0.3, 0.6])
def test_tries_of_one_question_tell_as_much_as_the_plan_says(alike: float) -> None:
    """The mean of n questions asked three times varies as that of the cases they stand for."""
    cases, share = 300, 0.8
    n = numbers.questions_with_tries(cases, 3, alike)
    rng, total = np.random.default_rng(8), 1 / alike - 1
    chance = rng.beta(share * total, (1 - share) * total, (6_000, n))
    rates = rng.binomial(3, chance).mean(axis=1) / 3
    assert np.var(rates) == pytest.approx(share * (1 - share) / cases, rel=0.08)


def test_attacks_that_all_fail_leave_no_more_room_than_the_bar() -> None:
    for bar in (0.01, 0.05):
        n = numbers.attacks_needed(bar)
        assert proportion_confint(0, n, method="wilson")[1] <= bar
        assert proportion_confint(0, n - 1, method="wilson")[1] > bar


def test_answers_are_planned_from_the_teams_target_and_hope() -> None:
    found = plan(
        "generative", "limited",
        problem_definition__success_metric_answers="accepted_rate",
        problem_definition__success_target_answers=85, evaluation__plan_expected_quality=90,
        data_strategy__label_minutes=3,
        data_strategy__label_hour_cost={"low": 30, "likely": 36, "high": 45},
    )  # fmt: skip
    n = numbers.cases_to_clear(0.9, 0.85)
    assert found["cases"].n == n
    assert found["cases"].ratings == 2 * (n or 0)
    assert found["judge_labels"].n == 100
    assert found["attacks"].n == numbers.attacks_needed(0.05)
    assert found.basis.assumed == ()
    assert found.hours(100) == 5
    text = found.summary().text
    assert "as expected" in text
    assert f"{found.ratings:,} ratings" in text
    assert "$" in text
    assert {e.measure for e in found.estimates} >= {"cases_needed", "attacks_needed"}


def test_without_any_answer_the_plan_says_what_it_assumes() -> None:
    found = plan("generative")
    assert found.basis.target == 0.95
    assert found["cases"].n == numbers.cases_to_clear(0.975, 0.95)
    text = found.summary().text
    assert "No target is set" in text
    assert "is assumed" in text
    assert "how many minutes" in text
    assert "not stated" in found.table().text


def test_pairs_are_planned_where_preference_decides() -> None:
    found = plan("generative", problem_definition__success_metric_answers="win_rate",
                 evaluation__plan_expected_quality=60)  # fmt: skip
    assert found["cases"].n == numbers.cases_to_clear(0.6, 0.5)
    assert "pairs" in found["cases"].what


def test_rare_cases_ask_for_many_rows() -> None:
    given: dict[str, Any] = {
        "problem_definition__success_metric": "recall",
        "problem_definition__success_target": 70,
        "evaluation__plan_expected_quality": 80,
    }
    often = plan(**given, evaluation__plan_expected_base_rate=50)["cases"].n
    rarely = plan(**given, evaluation__plan_expected_base_rate=2)["cases"].n
    needed = numbers.cases_to_clear(0.8, 0.7)
    assert needed
    assert (often, rarely) == (1_000, needed * 50)


def test_a_hope_below_the_target_is_called_hopeless() -> None:
    found = plan(problem_definition__success_target=90, evaluation__plan_expected_quality=85)
    assert found["cases"].n is None
    assert "does not lie above" in found.summary().text
    assert "no number is enough" in found.table().text


def test_people_who_must_judge_each_case_are_counted() -> None:
    given: dict[str, Any] = {
        "problem_definition__success_target": 80,
        "evaluation__plan_expected_quality": 90,
    }
    assert plan(**given).ratings == 0
    judged = plan(**given, data_strategy__claims_label_meaning="human_decision")
    assert judged.ratings == judged["cases"].n == 1_000


@pytest.mark.parametrize(
    ("metric", "n"),
    [("mean_absolute_error", 653 + 1), ("root_mean_squared_error", 500), ("r_squared", 500)],
)
def test_amounts_are_planned_from_the_spread_of_errors(metric: str, n: int) -> None:
    found = plan("regression", "limited", problem_definition__success_metric_amount=metric,
                 problem_definition__success_target_amount=23,
                 evaluation__plan_expected_spread=30)  # fmt: skip
    assert found["cases"].n == n


def test_every_kind_of_product_has_a_plan_without_data() -> None:
    kinds: list[Kind] = ["classification", "regression", "ranking", "generative"]
    for tier in TIERS:
        for found in [*(plan(kind, tier) for kind in kinds), plan(tier=tier, classes=True)]:
            assert found["cases"].n
            assert "plan" in found.summary().text
            assert found.table().html


def test_a_range_and_lists_are_planned_too() -> None:
    found = plan("regression", problem_definition__success_metric_amount="interval_coverage",
                 problem_definition__success_target_amount=80)  # fmt: skip
    assert found.basis.target == 0.8
    assert found["cases"].n == 1_000
    assert plan("ranking")["cases"].n == numbers.cases_for_mean(0.3, 0.05)
