"""Predicted amounts beside the simplest ways without AI, in their unit and in money."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import mean_absolute_error
from sqlalchemy.engine import make_url

from playbook.answers import Answer, Answers
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.amountbaseline import (
    ALIKE,
    STATED,
    USUAL,
    AmountComparison,
    AmountRow,
    compare_amounts,
)
from playbook.evidence.amountmoney import AmountMoney, amount_money
from playbook.evidence.amountrule import nearest_usual, weighted_median
from playbook.evidence.amountsums import AmountSums, median_label
from playbook.evidence.amountvalue import MODEL, SAVED, AmountStakes, simulate_amounts
from playbook.evidence.bundle import Evidence
from playbook.evidence.tables import Decisions, open_decisions
from playbook.policy import load_policy
from playbook.product import Columns, Product, Rule, Table, Words
from playbook.session.book import Book
from playbook.session.create import add_example
from playbook.session.trials import assumptions
from playbook.shipped import shipped
from playbook.workspace import Workspace

OLD = Rule(column="old", operator="value_of", description="last week's average")
HOSTILE = 'a "b"; DROP TABLE x; --<script>'
SHOWN = ("summary", "table", "chart", "against_summary", "against_chart", "month_summary",
         "tornado_chart", "tornado_table")  # fmt: skip


def flights(n: int = 2_000, seed: int = 1) -> pd.DataFrame:
    """Delays that depend on the carrier and on what the model knows; `old` is sometimes missing."""
    rng = np.random.default_rng(seed)
    carrier = rng.choice(list("ABCD"), n)
    known = rng.gamma(1.5, 10, n)
    delay = known + pd.Series(carrier).map({"A": 0, "B": 5, "C": 15, "D": 30}).to_numpy()
    return pd.DataFrame(
        {
            "number": np.arange(n),
            "delay": delay.round() + rng.choice([0.0, 0.5], n),
            "predicted": 0.6 * delay + 8 + rng.normal(0, 4, n),
            "carrier": carrier,
            "junk": rng.choice(list("xyz"), n),
            "noise": rng.normal(size=n),
            "old": np.where(rng.random(n) < 0.1, np.nan, delay + rng.normal(0, 12, n)),
            "w": rng.choice([0.5, 1.0, 3.0], n),
        }
    )


def product(folder: Path, rule: Rule | None = OLD, **columns: Any) -> Product:
    roles: dict[str, Any] = {"id": "number", "label": "delay", "prediction": "predicted"}
    table = Table(source="data.parquet", columns=Columns(**{**roles, **columns}), baseline=rule)
    words = Words(case="flight", cases="flights", unit="minutes")
    return Product(slug="flights", folder=folder, name="Flights", owner="Ada", kind="regression",
                   words=words, tables={"decisions": table})  # fmt: skip


def opened(folder: Path, frame: pd.DataFrame, rule: Rule | None = OLD, **columns: Any) -> Decisions:
    frame.to_parquet(folder / "data.parquet", index=False)
    return open_decisions(product(folder, rule, **columns))


def named(found: AmountComparison, name: str) -> AmountRow:
    return next(row for row in found.rows if row.name == name)


def test_errors_and_advantages_equal_scikit_learns_and_scipys(tmp_path: Path) -> None:
    frame = flights()
    found = compare_amounts(opened(tmp_path, frame))
    middle = frame["delay"].median()
    for name, other in (
        (ALIKE, frame["delay"] * 0 + middle),
        (STATED, frame["old"].fillna(middle)),
    ):
        row = named(found, name)
        ours = mean_absolute_error(frame["delay"], frame["predicted"])
        theirs = mean_absolute_error(frame["delay"], other)
        assert row.model_error.value == pytest.approx(ours, rel=1e-9)
        assert row.other_error.value == pytest.approx(theirs, rel=1e-9)
        near, far = (frame["predicted"] - frame["delay"]).abs(), (other - frame["delay"]).abs()
        expected = stats.ttest_rel(far, near).confidence_interval()
        e = row.advantage
        assert (e.value, e.low, e.high) == pytest.approx(
            (theirs - ours, expected.low, expected.high), rel=1e-9
        )
        assert (e.measure, e.group, e.unit, e.n) == (
            "mean_absolute_error_reduction", {"alternative": name}, "minutes", len(frame)
        )  # fmt: skip
        wilson = stats.binomtest(int((near < far).sum()), len(frame)).proportion_ci(method="wilson")
        assert (row.nearer.low, row.nearer.high) == pytest.approx(tuple(wilson), abs=1e-9)
    least = found.best_by("root_mean_squared_error")
    assert least is not None
    off = frame["old"].fillna(middle) - frame["delay"]
    assert least[1].value == pytest.approx(float(np.sqrt((off**2).mean())), rel=1e-9)
    assert least[1].low < least[1].value < least[1].high
    assert found.best_by("mean_absolute_error") == (
        "last week's average", named(found, STATED).other_error, True,
    )  # fmt: skip
    assert found.best_by("r_squared") is None
    assert named(found, STATED).missing == frame["old"].isna().sum()
    assert found.strongest is named(found, STATED)


def test_weighted_cases_count_with_their_weight(tmp_path: Path) -> None:
    frame = flights()
    decisions = opened(tmp_path, frame, weight="w")
    y, w = frame["delay"].to_numpy(), frame["w"].to_numpy()
    middle = median_label(decisions)
    assert w[y < middle].sum() <= w.sum() / 2 <= w[y <= middle].sum()
    found = compare_amounts(decisions)
    gain = np.abs(middle - y) - np.abs(frame["predicted"] - y)
    row = named(found, ALIKE)
    assert row.advantage.value == pytest.approx(np.average(gain, weights=w), rel=1e-9)
    ours = mean_absolute_error(y, frame["predicted"], sample_weight=w)
    assert row.model_error.value == pytest.approx(ours, rel=1e-9)
    n = w.sum() ** 2 / (w**2).sum()
    variance = np.average((gain - row.advantage.value) ** 2, weights=w) * n / (n - 1)
    half = stats.t.ppf(0.975, n - 1) * np.sqrt(variance / n)
    assert row.advantage.high - row.advantage.value == pytest.approx(half, rel=1e-9)
    assert row.advantage.n == round(n)


def test_a_weight_of_two_is_two_rows(tmp_path: Path) -> None:
    frame = flights(300).assign(w=2.0)
    twice = pd.concat([frame, frame], ignore_index=True).assign(number=np.arange(600))
    one = named(compare_amounts(opened(tmp_path, frame, weight="w")), ALIKE)
    two = named(compare_amounts(opened(tmp_path, twice)), ALIKE)
    assert one.advantage.value == pytest.approx(two.advantage.value, rel=1e-9)
    assert one.advantage.n == 300  # no more is known for the weight


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 5)), min_size=1, max_size=30))
def test_a_weighted_median_is_that_of_the_rows_repeated(pairs: list[tuple[int, int]]) -> None:
    values, weights = (np.array(x, dtype=float) for x in zip(*pairs, strict=True))
    expected = np.median(np.repeat(values, weights.astype(int)))
    assert weighted_median(values, weights) == expected


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # A model that is 1 too low on average beside a rule with heavier tails; costs known exactly.
    def sums(n: int, rng: np.random.Generator) -> AmountSums:
        model, other = rng.normal(-1, 4, n), rng.laplace(2, 5, n)
        four = np.array([np.clip(x, 0, None) for x in (model, -model, other, -other)])
        return AmountSums(n, four.mean(axis=1), np.cov(four), 0, 0, 0, 0)

    rng = np.random.default_rng(5)
    known = stakes(2, 5)
    truth, _ = simulate_amounts(sums(2_000_000, rng), SAVED, known, 1, 0)
    held = 0
    for seed in range(600):
        _, drawn = simulate_amounts(sums(100, rng), SAVED, known, 500, seed)
        low, high = np.quantile(drawn, [0.05, 0.95])
        held += bool(low <= truth <= high)
    assert 0.865 <= held / 600 <= 0.935


def test_the_single_column_is_found_on_one_half_and_compared_on_the_other(tmp_path: Path) -> None:
    frame = flights()
    found = compare_amounts(opened(tmp_path, frame, features=["junk", "noise", "carrier"]))
    row = named(found, USUAL)
    assert row.description == "what is usual for the same carrier"
    assert 0.4 * len(frame) < row.sums.n < 0.6 * len(frame)
    assert row.other_error.value < named(found, ALIKE).other_error.value
    assert found.summary().text.count("predicting what is usual for the same carrier") == 1


def test_a_large_table_is_searched_in_a_sample_of_it(tmp_path: Path) -> None:
    frame = flights(180_000)
    row = named(compare_amounts(opened(tmp_path, frame, features=["junk", "carrier"])), USUAL)
    assert row.description.endswith("carrier")
    assert row.sums.n == pytest.approx(90_000, rel=0.02)
    expected = frame.groupby("carrier")["delay"].median()
    off = (frame["delay"] - frame["carrier"].map(expected)).abs().mean()
    assert row.other_error.value == pytest.approx(off, rel=0.02)


def test_a_number_is_cut_into_levels_and_a_missing_one_predicts_the_median(tmp_path: Path) -> None:
    frame = flights()
    frame["distance"] = frame["delay"] * 100 + np.arange(len(frame)) / 1_000
    frame.loc[::7, "distance"] = np.nan
    decisions = opened(tmp_path, frame, features=["distance"])
    usual = nearest_usual(decisions, 1)
    assert usual is not None
    assert usual.description == "what is usual at a similar distance"
    assert len(usual.amounts) == 9  # 90 of the 857 known values of the half in each
    assert usual.amounts == sorted(usual.amounts)
    said = decisions.rows.select(x="distance", p=usual.says(decisions.rows)).execute()
    places = np.searchsorted(usual.levels, said["x"], side="right")
    expected = np.where(said["x"].isna(), usual.otherwise, np.array([*usual.amounts, 0.0])[places])
    assert np.array_equal(said["p"], expected)


def test_a_feature_of_pure_chance_does_not_win(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    wins = 0
    for seed in range(15):
        frame = flights(600, seed).assign(predicted=lambda f: f["delay"].median())
        for i in range(8):
            frame[f"f{i}"] = rng.integers(0, 12, len(frame)).astype(str)
        found = compare_amounts(opened(tmp_path, frame, None, features=[f"f{i}" for i in range(8)]))
        wins += any(r.name == USUAL and r.advantage.high < 0 for r in found.rows)
    assert wins <= 2  # 2.5 % of 15 would be chance


def test_hostile_names_and_values_are_only_shown(tmp_path: Path) -> None:
    frame = flights().rename(columns={"carrier": HOSTILE, "old": "old'\""})
    frame[HOSTILE] = frame[HOSTILE].str.replace("D", "<img src=x onerror='1'>")
    rule = Rule(column="old'\"", operator="value_of", description="<b>old</b>")
    found = compare_amounts(opened(tmp_path, frame, rule, features=[HOSTILE, "junk"]))
    assert HOSTILE in named(found, USUAL).description
    shown = [found.summary(), found.table(), found.chart()]
    money = amount_money(found, stakes(1, 2), per_month=(1, 2, 3))
    shown += [getattr(money, name)() for name in SHOWN]
    assert not any("<script>" in s.html or "<b>old" in s.html for s in shown)


@pytest.mark.parametrize("rows", [0, 1, 29])
def test_too_few_rows_are_said_to_be_too_few(tmp_path: Path, rows: int) -> None:
    frame = flights(40)
    frame.loc[rows:, "delay"] = np.nan
    with pytest.raises(NoEvidence, match="too few to say whether the model is nearer"):
        compare_amounts(opened(tmp_path, frame))


def test_a_rule_that_does_not_fit_is_said_to_not_fit(tmp_path: Path) -> None:
    frame = flights(100).assign(day=pd.Timestamp("2026-05-04"), text="soon")
    for rule, said in (
        (Rule(column="old", operator="at_least", value=3), "operator: value_of"),
        (Rule(column="odl", operator="value_of"), "did you mean 'old'"),
        (Rule(column="day", operator="value_of"), "Name a column of numbers"),
    ):
        with pytest.raises(PlaybookError, match=r"baseline rule") as caught:
            compare_amounts(opened(tmp_path, frame, rule))
        assert said.casefold() in str(caught.value).casefold()
    words_only = compare_amounts(opened(tmp_path, frame, Rule(column="text", operator="value_of")))
    assert named(words_only, STATED).missing == 100


def test_infinite_amounts_are_a_sentence_and_infinite_rules_are_missing(tmp_path: Path) -> None:
    frame = flights(100)
    frame.loc[3, "old"] = np.inf
    missing = int(frame["old"].isna().sum()) + 1
    assert named(compare_amounts(opened(tmp_path, frame)), STATED).missing == missing
    frame.loc[3, "predicted"] = np.inf
    with pytest.raises(PlaybookError, match="infinite or absurdly large"):
        compare_amounts(opened(tmp_path, frame))


def test_sentences_are_in_the_unit_and_natural_frequencies(tmp_path: Path) -> None:
    found = compare_amounts(opened(tmp_path, flights(), features=["junk"]))
    text = found.summary().text
    assert text.startswith("On average a prediction by the model is off by ")
    assert "the stated rule (“last week's average”)" in text
    assert "Of 1,000 flights the model is nearer for " in text
    assert " minutes for every flight" in text
    assert "rows have no value for the stated rule; there it predicts the median" in text
    assert "nearer than every simple alternative" in found.chart().text


def test_a_model_no_better_than_a_rule_is_said_to_be_so(tmp_path: Path) -> None:
    frame = flights().assign(old=lambda f: f["predicted"])
    found = compare_amounts(opened(tmp_path, frame))
    assert found.strongest.advantage.value == 0
    assert "Which of the two is nearer is not settled" in found.summary().text
    better = compare_amounts(opened(tmp_path, frame.assign(old=lambda f: f["delay"])))
    assert "The model is further off" in better.summary().text
    assert "is nearer than the model" in better.chart().text


def stakes(high: Any, low: Any) -> AmountStakes:
    full = [r if isinstance(r, tuple) else (r, r, r) for r in (high, low)]
    return AmountStakes(cost_too_high=full[0], cost_too_low=full[1])


def test_money_at_known_costs_is_the_closed_form(tmp_path: Path) -> None:
    frame = flights()
    money = amount_money(compare_amounts(opened(tmp_path, frame)), stakes(2, 5))

    def cost(predicted: Any) -> pd.Series:
        error = predicted - frame["delay"]
        return 2 * error.clip(lower=0) + 5 * (-error).clip(lower=0)

    ours, theirs = cost(frame["predicted"]), cost(frame["old"].fillna(frame["delay"].median()))
    assert money.cost.value == pytest.approx(ours.mean(), rel=1e-9)
    saved = dict(money.against)["last week's average"]
    assert saved.value == pytest.approx((theirs - ours).mean(), rel=1e-9)
    # Where ranges are points all that is left is sampling: the paired t interval.
    expected = stats.ttest_rel(theirs, ours).confidence_interval()
    assert (saved.low, saved.high) == pytest.approx((expected.low, expected.high), rel=0.05)
    assert money.hardest == ("last week's average", saved)
    assert (money.value.value, money.value.group) == (saved.value, None)
    assert (saved.unit, saved.measure) == ("USD per decision", "expected_value_difference")


def test_a_month_is_the_saving_times_the_volume_less_the_running_cost(tmp_path: Path) -> None:
    found = compare_amounts(opened(tmp_path, flights()))
    money = amount_money(found, stakes(2, 5), per_month=(100, 100, 100), run_cost=(30, 30, 30),
                         currency="EUR")  # fmt: skip
    assert money.month is not None
    assert money.month_against is not None
    assert money.month.value == pytest.approx(100 * money.value.value - 30)
    assert money.month.low == pytest.approx(100 * money.value.low - 30)
    assert (money.month.measure, money.month.unit) == ("expected_value_per_month", "EUR per month")
    assert money.month_against.value == money.month.value
    assert "At 100 flights a month" in money.month_summary().text
    assert "not stated yet" in amount_money(found, stakes(2, 5)).month_summary().text
    for name in SHOWN:
        assert getattr(money, name)().text
    with pytest.raises(PlaybookError, match="not in order"):
        amount_money(found, stakes((3, 2, 1), 1))


RANGES = st.lists(st.floats(0, 1e4), min_size=3, max_size=3).map(lambda x: tuple(sorted(x)))


@settings(max_examples=60, deadline=None)
@given(RANGES, RANGES, st.integers(0, 2), st.floats(0, 1e4))
def test_errors_never_cost_less_where_a_unit_costs_more(
    high: tuple[float, ...], low: tuple[float, ...], end: int, more: float
) -> None:
    sums = AmountSums(50, np.array([3.0, 0.01, 2, 1]), np.diag([9.0, 4, 1, 1]), 30, 20, 25, 25)
    dearer = tuple(x + (more if place >= end else 0) for place, x in enumerate(high))
    first, before = simulate_amounts(sums, MODEL, stakes(high, low), 400, 0)
    second, after = simulate_amounts(sums, MODEL, stakes(dearer, low), 400, 0)
    assert second >= first - 1e-9
    assert (after >= before - 1e-6).all()
    assert (before >= 0).all()


def test_what_costs_more_on_one_side_is_said_with_its_quantile(tmp_path: Path) -> None:
    found = compare_amounts(opened(tmp_path, flights()))
    assert stakes(1, 3).cheapest_level == 0.75
    assert stakes(0, 0).cheapest_level is None
    text = amount_money(found, stakes(1, 3)).against_summary().text
    assert "the one that 75 of 100 flights stay under" in text
    assert "stay under" not in amount_money(found, stakes(2, 2)).against_summary().text


def evidence(folder: Path, **answers: Any) -> Evidence:
    flights().to_parquet(folder / "data.parquet", index=False)
    given = {}
    for name, value in answers.items():
        playbook, question = name.split("__")
        given[f"{playbook}.{question}"] = Answer(
            playbook=playbook, question=question, state="answered", value=value, by="Ada"
        )
    policy = load_policy(shipped("templates/policy.yaml"))
    return Evidence(product(folder), Answers(given), policy, "limited")


def test_the_bundle_gives_amounts_their_own_baseline_and_money(tmp_path: Path) -> None:
    def three(low: float) -> dict[str, float]:
        return {"low": low, "likely": low + 1, "high": low + 2}

    found = evidence(
        tmp_path,
        problem_definition__cost_too_high=three(1),
        problem_definition__cost_too_low=three(2),
        kpi_alignment__volume_per_month=three(1_000),
    )
    assert isinstance(found.baseline, AmountComparison)
    assert isinstance(found.money, AmountMoney)
    assert found.money.month is not None
    assert {e.unit for e in found.estimates(("baseline", "money"))} == {
        "minutes", "share", "USD per decision", "USD per month",
    }  # fmt: skip
    for name in ("sweep", "tradeoffs", "threshold_remedy", "threshold_effects"):
        assert "there is no threshold to move" in str(found.get(name))
    assert isinstance(found.get("break_even"), NoEvidence)


def test_unanswered_costs_are_named(tmp_path: Path) -> None:
    missing = evidence(tmp_path).get("money")
    assert isinstance(missing, NoEvidence)
    both = "the cost of predicting too high and the cost of predicting too low"
    assert f"nobody has stated {both}" in str(missing)


@pytest.mark.parametrize("weight", [None, "w"])
def test_another_engine_gives_the_same(
    tmp_path: Path, postgres_url: str, weight: str | None
) -> None:
    frame = flights(1_000)
    here = opened(tmp_path, frame, features=["carrier", "noise"], weight=weight)
    address = make_url(postgres_url)
    engine = sqlalchemy.create_engine(address.set(drivername="postgresql+psycopg"))
    frame.to_sql("flights", engine, index=False)
    engine.dispose()
    password = quote(str(address.password), safe="")
    source = f"postgres://{address.username}:{password}@/{address.database}"
    source += f"?host={address.query['host']}"
    table = here.table.model_copy(update={"source": source, "table": "flights"})
    there = open_decisions(here.product.model_copy(update={"tables": {"decisions": table}}))
    one, other = compare_amounts(here), compare_amounts(there)
    assert [row.description for row in one.rows] == [row.description for row in other.rows]
    for ours, theirs in zip(one.estimates, other.estimates, strict=True):
        assert (ours.value, ours.low, ours.high) == pytest.approx(
            (theirs.value, theirs.low, theirs.high), rel=1e-9
        )


def test_other_costs_can_be_tried_before_a_screen(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    assert add_example(workspace, "flight-delay")
    book = Book("problem_definition", "flight-delay", workspace, 0.95)
    trial = assumptions(book)
    keys = ["problem_definition.cost_too_high", "problem_definition.cost_too_low"]
    assert [q["key"] for q in trial.setup["questions"]] == keys
    dear = {"low": 500, "likely": 500, "high": 500}
    tried = trial.hypothetical({keys[1]: dear})
    shown = trial._build(tried).text
    assert shown.startswith("With these numbers: one decision is worth $")
    assert "As answered: one decision is worth $" in shown
    assert "The model's errors cost $" in shown
