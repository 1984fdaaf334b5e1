"""The example of predicted amounts: split by time, inputs from the past, labels of landings."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from examplebuild import build_script
from playbook.answers import Answers
from playbook.catalog import find_playbook, playbooks
from playbook.cellkinds import concerns
from playbook.checks import amounts, evaluation
from playbook.checks.case import Case
from playbook.evidence import moments
from playbook.evidence.bundle import Evidence
from playbook.interchange import import_answers
from playbook.policy import load_policy
from playbook.product import load_product
from playbook.questionfiles import load_questions
from playbook.shipped import shipped

FOLDER = shipped("templates/products/flight-delay")
LATE = {"departure_delay", "arrival_delay", "status"}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return build_script("flight-delay")


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return pd.read_parquet(FOLDER / "data/flights.parquet")


@pytest.fixture(scope="module")
def decisions() -> pd.DataFrame:
    return pd.read_parquet(FOLDER / "data/decisions.parquet")


class TestData:
    def test_every_departure_of_the_year_is_there_once(self, flights: pd.DataFrame) -> None:
        assert len(flights) == flights["flight_id"].nunique() == 336_776
        assert flights["scheduled_departure"].dt.year.eq(2013).all()

    def test_every_flight_from_july_on_is_predicted_and_none_before(
        self, script: ModuleType, flights: pd.DataFrame, decisions: pd.DataFrame
    ) -> None:
        later = flights["scheduled_departure"] >= script.FIRST_SCORED
        assert decisions["flight_id"].tolist() == flights.loc[later, "flight_id"].tolist()
        assert decisions[[*script.QUANTILES, "route_usual_delay"]].notna().all(axis=None)
        learnt = flights.loc[~later, "scheduled_departure"]
        assert learnt.dt.date.max() < decisions["scheduled_departure"].dt.date.min()

    def test_only_flights_that_never_landed_have_no_label(self, decisions: pd.DataFrame) -> None:
        unlabelled = decisions["arrival_delay"].isna()
        assert unlabelled.equals(decisions["status"].isin(["cancelled", "diverted"]))
        assert unlabelled.sum() == 3_950

    def test_nothing_known_afterwards_is_an_input(self, script: ModuleType) -> None:
        columns = load_product(FOLDER).tables["decisions"].columns
        assert set(columns.features) == set(script.INPUTS)
        assert not LATE & set(script.INPUTS)

    def test_quantiles_stand_in_order(self, decisions: pd.DataFrame) -> None:
        p10, middle, p90 = (decisions[name] for name in ("p10", "predicted_delay", "p90"))
        assert (p10 <= middle).all()
        assert (middle <= p90).all()


@pytest.fixture(scope="module")
def case() -> Case:
    product, answers = load_product(FOLDER), _answers()
    policy = load_policy(shipped("templates/policy.yaml"))
    evidence = Evidence(product, answers, policy, "limited")
    return Case(product, answers, evidence, policy, "limited")


class TestScript:
    def test_refuses_to_predict_a_flight_it_may_have_learnt_from(
        self, script: ModuleType, flights: pd.DataFrame
    ) -> None:
        with pytest.raises(ValueError, match="learnt from flights before 01 July 2013"):
            script.score(
                {}, flights.tail(10).assign(scheduled_departure=pd.Timestamp("2013-06-30"))
            )

    def test_training_sees_nothing_after_june(
        self, script: ModuleType, decisions: pd.DataFrame
    ) -> None:
        with pytest.raises(ValueError, match="minimum of 1 is required"):
            script.train(decisions.head(100))

    @pytest.mark.parametrize(
        ("airline", "origin", "destination", "day"),
        [
            ("United Air Lines", "Newark", "SFO", "2013-07-01"),
            ("JetBlue Airways", "John F. Kennedy", "BOS", "2013-09-16"),
            ("Delta Air Lines", "LaGuardia", "ATL", "2013-12-31"),
        ],
    )
    def test_the_usual_delay_comes_from_the_four_weeks_to_the_day_before_yesterday(
        self,
        flights: pd.DataFrame,
        decisions: pd.DataFrame,
        airline: str,
        origin: str,
        destination: str,
        day: str,
    ) -> None:
        route = {"airline": airline, "origin": origin, "destination": destination}
        today, before = _of(decisions, **route), _of(flights, **route)
        dates = before["scheduled_departure"].dt.normalize()
        one = pd.Timedelta(days=1)
        window = dates.between(pd.Timestamp(day) - 29 * one, pd.Timestamp(day) - 2 * one)
        expected = before.loc[window, "arrival_delay"].dropna().astype(float).median()
        found = today.loc[today["scheduled_departure"].dt.normalize() == day, "route_usual_delay"]
        assert len(found)
        assert found.to_numpy() == pytest.approx(expected, abs=0.051)

    def test_inputs_from_earlier_flights_do_not_change_with_the_future(
        self, script: ModuleType, flights: pd.DataFrame
    ) -> None:
        few = _of(flights, airline="Virgin America")
        few = few[few["scheduled_departure"].dt.month <= 3].reset_index(drop=True)
        when = few["scheduled_departure"]
        moment = pd.Timestamp("2013-03-10 12:00")
        other = few.copy()
        future = when > moment - pd.Timedelta(hours=2)
        other.loc[future, ["arrival_delay", "departure_delay"]] = 900
        for made in (script.usual_delay, script.delay_so_far):
            same = when <= moment
            assert made(few)[same].equals(made(other)[same])
            assert not made(few).equals(made(other))

    def test_who_still_waits_counts_with_the_minutes_waited(self, script: ModuleType) -> None:
        due = pd.to_datetime(["2013-01-01 09:00", "2013-01-01 09:30", "2013-01-01 12:00"])
        table = pd.DataFrame(
            {"scheduled_departure": due, "origin": "Newark", "departure_delay": [20, 300, 0]}
        )
        found = script.delay_so_far(table).to_numpy()
        assert np.isnan(found[:2]).all()
        assert found[2] == (20 + 30) / 2  # at ten, the second had waited half an hour


class TestFindings:
    def test_the_target_is_met_and_the_model_saves_money(self, case: Case) -> None:
        target, saving = evaluation.check(case)
        assert (target.id, target.outcome) == ("evaluation.success_target", "meets")
        assert saving.evidence[0].low > 0

    @pytest.mark.parametrize(
        ("metric", "target", "outcome"),
        [
            ("mean_absolute_error", 20, "misses"),
            ("mean_absolute_error", 22.4, "inconclusive"),
            ("interval_coverage", 75, "meets"),
            ("r_squared", 30, "misses"),
        ],
    )
    def test_the_target_may_be_any_measure_and_any_way(
        self, case: Case, metric: str, target: float, outcome: str
    ) -> None:
        found, _ = evaluation.check(_with(case, {amounts.METRIC: metric, amounts.TARGET: target}))
        assert found.outcome == outcome

    def test_a_group_served_surely_worse_than_the_bar_refutes_the_claim(self, case: Case) -> None:
        bars = case.policy.thresholds
        strict = bars["group_error_ratio"].model_copy(update={"at_most": 1.05})
        policy = case.policy.model_copy(
            update={"thresholds": {**bars, "group_error_ratio": strict}}
        )
        claims = replace(_with(case, {amounts.EQUAL: "equal"}), policy=policy)
        found = {f.id: f for f in amounts.review(claims)}
        worst = found["ethics_review.group_error_ratio_airline"]
        assert worst.outcome == "misses"
        assert worst.evidence[0].low > 1.05
        assert found[f"{amounts.EQUAL}.contradicted"].evidence == worst.evidence

    def test_a_ratio_of_means_agrees_with_its_closed_form(self) -> None:
        one, other = [2.0, 4.0, 6.0], [1.0, 2.0, 3.0, 2.0]
        sums = [(float(len(x)), sum(x), sum(v * v for v in x)) for x in (one, other)]
        found = moments.ratio(sums[0], sums[1])
        assert found
        assert found.value == 2.0
        spread = sum(np.var(x, ddof=1) / len(x) / np.mean(x) ** 2 for x in (one, other))
        assert np.log(found.high / 2) == pytest.approx(1.959964 * np.sqrt(spread), abs=1e-6)

    def test_no_group_is_served_much_worse_but_one_airline_is_open(self, case: Case) -> None:
        found = {f.id: f.outcome for f in amounts.review(case)}
        assert found == {
            "ethics_review.group_error_ratio_origin": "meets",
            "ethics_review.group_error_ratio_airline": "inconclusive",
        }


@pytest.mark.parametrize("name", ["03", "05", "06", "01"])
def test_a_product_of_amounts_is_shown_no_cell_about_thresholds(name: str) -> None:
    cells = json.loads(find_playbook(name).path.read_text(encoding="utf-8"))["cells"]
    told = {
        task: " ".join("".join(c["source"]) for c in cells if concerns(c, task))
        for task in ("amounts", "two_outcomes")
    }
    assert not re.search("threshold|turned away wrongly|decided rightly", told["amounts"])
    assert 'evidence("regression")' not in told["two_outcomes"]


def _with(case: Case, values: dict[str, Any]) -> Case:
    given = {key: case.answers[key].model_copy(update={"value": v}) for key, v in values.items()}
    answers = Answers({**case.answers, **given})
    return replace(case, answers=answers, evidence=case.evidence.with_answers(answers, case.tier))


def _of(table: pd.DataFrame, **values: str) -> pd.DataFrame:
    rows = np.logical_and.reduce([table[column] == value for column, value in values.items()])
    return table[rows]


def _answers() -> Answers:
    sets = [
        load_questions(shipped(f"templates/questions/{playbook.name}.yaml"))
        for playbook in playbooks()
    ]
    text = (FOLDER / "answers.yaml").read_text(encoding="utf-8")
    given = import_answers(text, "answers.yaml", "flight-delay", sets)
    return Answers({answer.key: answer for answer in given})
