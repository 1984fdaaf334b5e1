"""Decisions in money: worked by hand, by closed form, by simulation, and over all thresholds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, triang
from sklearn.metrics import confusion_matrix

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.baseline import compare
from playbook.evidence.counts import count
from playbook.evidence.cutoffs import at_every_threshold
from playbook.evidence.money import (
    Stakes,
    money,
    sweep,
    tornado,
    value_difference,
    value_per_decision,
)
from playbook.evidence.paired import Confusion, Paired
from playbook.evidence.value import triangle, triangle_mean

NAMES = ("gain_true_positive", "cost_false_positive", "gain_true_negative", "cost_false_negative")


def stakes(*ranges: Any) -> Stakes:
    """Stakes from four ranges, or from four numbers known exactly."""
    full = [r if isinstance(r, tuple) else (r, r, r) for r in ranges]
    return Stakes(**dict(zip(NAMES, full, strict=True)))


def ranges(low: float = 0, high: float = 1e6) -> st.SearchStrategy[tuple[float, float, float]]:
    three = st.lists(st.floats(low, high, allow_subnormal=False), min_size=3, max_size=3)
    return three.map(lambda x: tuple(sorted(x)))  # type: ignore[arg-type, return-value]


STAKES = st.builds(stakes, ranges(), ranges(), ranges(), ranges())
CONFUSIONS = st.builds(Confusion, *[st.integers(0, 5_000)] * 4).filter(lambda c: c.n > 0)
WORKED = Confusion(30, 10, 50, 10)


def test_a_value_worked_by_hand() -> None:
    # 30 x 100 - 10 x 50 + 50 x 2 - 10 x 20 = 2,400 over 100 decisions.
    found = value_per_decision(WORKED, stakes(100, 50, 2, (10, 20, 30)), "EUR")
    assert found.value == pytest.approx(24)
    assert (found.unit, found.n, found.measure) == ("EUR per decision", 100, "expected_value")


def test_a_range_counts_with_its_mean() -> None:
    found = value_per_decision(Confusion(100, 0, 0, 0), stakes((0, 30, 150), 0, 0, 0), "USD")
    assert found.value == pytest.approx(60)


@pytest.mark.parametrize("stake", [(0.0, 3.0, 10.0), (2.0, 2.0, 5.0), (-4.0, 1.0, 1.0), (7.0,) * 3])
def test_draws_follow_the_triangular_distribution(stake: tuple[float, float, float]) -> None:
    low, likely, high = stake
    uniform = np.linspace(0, 1, 101)
    if high > low:
        expected = triang.ppf(uniform, (likely - low) / (high - low), low, high - low)
        assert triangle_mean(stake) == pytest.approx(
            triang.mean((likely - low) / (high - low), low, high - low)
        )
    else:
        expected = np.full(101, low)
    assert triangle(uniform, stake) == pytest.approx(expected)


def test_sampling_alone_gives_the_quantiles_of_the_beta_law() -> None:
    found = value_per_decision(WORKED, stakes(1, 0, 0, 0), "USD", draws=200_000)
    expected = beta.ppf([0.025, 0.975], 30.5, 71.5)
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=1e-3)


def test_an_error_never_seen_is_not_taken_for_impossible() -> None:
    found = value_per_decision(Confusion(25, 0, 25, 0), stakes(10, 10, 10, 100_000), "USD")
    assert found.value == 10
    assert found.low < 0


@pytest.mark.parametrize("n", [80, 1_000])
def test_the_interval_covers_the_true_value_95_times_of_100(n: int) -> None:
    rng = np.random.default_rng(4)
    shares, known = np.array([0.10, 0.15, 0.70, 0.05]), stakes(300, 80, 20, 400)
    truth = float(shares @ known.mean)
    covered = 0
    for cells in rng.multinomial(n, shares, size=1_000):
        found = value_per_decision(Confusion(*map(int, cells)), known, "USD", draws=1_000)
        covered += found.low <= truth <= found.high
    assert 0.93 <= covered / 1_000 <= 0.97


@settings(max_examples=50, deadline=None)
@given(CONFUSIONS, STAKES)
def test_the_interval_holds_the_value(confusion: Confusion, stated: Stakes) -> None:
    found = value_per_decision(confusion, stated, "USD", draws=200)
    assert found.low <= found.value <= found.high


@settings(max_examples=50, deadline=None)
@given(CONFUSIONS, STAKES, st.sampled_from(NAMES), st.integers(0, 2), st.floats(0, 1e6))
def test_a_costlier_error_or_a_smaller_gain_never_raises_the_value(
    confusion: Confusion, stated: Stakes, name: str, place: int, more: float
) -> None:
    changed = list(getattr(stated, name))
    changed[place:] = [max(x, changed[place] + more) for x in changed[place:]]
    raised = Stakes(**{**dict(stated.named()), name: tuple(changed)})
    before, after = (value_per_decision(confusion, s, "USD", draws=200) for s in (stated, raised))
    worse, better = (after, before) if name.startswith("cost") else (before, after)
    slack = 1e-6 * (1 + max(abs(before.low), abs(after.high)))
    assert worse.value <= better.value + slack
    assert worse.low <= better.low + slack
    assert worse.high <= better.high + slack


def test_a_difference_worked_by_hand_and_the_same_with_and_without_the_joint_table() -> None:
    both = Paired((((500, 40), (60, 30)), ((20, 50), (70, 230))))
    known = stakes(100, 50, 0, 10)
    alone = value_difference(both.model, both.rule, known, "USD")
    paired = value_difference(both.model, both.rule, known, "USD", joint=both)
    # Model: 300 found, 90 false alarms, 70 missed; rule: 280, 70, 90.
    by_hand = (20 * 100 - 20 * 50 + 20 * 10) / 1_000
    assert alone.value == pytest.approx(by_hand)
    assert paired.value == pytest.approx(by_hand)
    assert paired.high - paired.low < 0.7 * (alone.high - alone.low)


def test_uncertain_stakes_cancel_between_two_ways_to_decide_alike() -> None:
    same = Paired((((600, 0), (0, 100)), ((50, 0), (0, 250))))
    wide = stakes((0, 100, 900), (0, 50, 500), 0, (0, 50, 500))
    found = value_difference(same.model, same.rule, wide, "USD", joint=same)
    assert found.value == 0
    assert -5 < found.low <= 0 <= found.high < 5


def test_the_tornado_moves_one_stake_at_a_time() -> None:
    bars = {name: (low, high) for name, low, high in tornado(
        WORKED, stakes((50, 100, 150), 50, 2, (10, 20, 30))
    )}  # fmt: skip
    assert bars["gain_true_positive"] == pytest.approx((24 - 0.3 * 50, 24 + 0.3 * 50))
    assert bars["cost_false_negative"] == pytest.approx((23, 25))
    assert bars["gain_true_negative"] == pytest.approx((24, 24))
    assert bars["rows"][0] < 24 < bars["rows"][1]


def test_the_widest_bar_comes_first() -> None:
    bars = tornado(WORKED, stakes((50, 100, 150), (0, 50, 900), 2, (10, 20, 30)))
    widths = [high - low for _, low, high in bars]
    assert widths == sorted(widths, reverse=True)


def test_counts_at_every_threshold_are_those_of_scikit_learn(tmp_path: Path) -> None:
    frame = people(400, distinct=40)
    found, current = at_every_threshold(count(from_frame(tmp_path, frame, **LOANS), scores=True))
    assert current == 0.4
    for row in found.itertuples():
        flagged = frame["score"] >= row.threshold
        tn, fp, fn, tp = confusion_matrix(frame["denied"] == "yes", flagged).ravel()
        assert (row.tp, row.fp, row.tn, row.fn) == (tp, fp, tn, fn)
    assert found["threshold"].is_monotonic_increasing
    assert tuple(found.iloc[-1][["tp", "fp"]]) == (0, 0)


def test_predictions_that_follow_no_threshold_have_none(tmp_path: Path) -> None:
    frame = people(200)
    frame["prediction"] = np.where(frame.index % 2 == 0, "yes", "no")
    table = {k: v for k, v in LOANS.items() if k != "threshold"}
    found, current = at_every_threshold(count(from_frame(tmp_path, frame, **table), scores=True))
    assert current is None
    swept = sweep(found, stakes(100, 50, 0, 20), "USD")
    assert swept.gain is None
    assert "worth most" in swept.summary().text


def cells(n: int, seed: int, informative: bool = True) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = rng.beta(1, 3, n).round(2)
    label = rng.random(n) < (score if informative else 0.25)
    rows = [
        (t, (label & (score >= t)).sum(), (~label & (score >= t)).sum(),
         (~label & (score < t)).sum(), (label & (score < t)).sum())
        for t in np.unique(score)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["threshold", "tp", "fp", "tn", "fn"])


def test_each_point_of_the_sweep_is_the_value_at_that_threshold() -> None:
    frame, stated = cells(2_000, 1), stakes((50, 100, 200), (10, 30, 60), 1, (0, 20, 80))
    swept = sweep(frame, stated, "USD", current=0.3, draws=4_000)
    for row in swept.frame.iloc[::12].itertuples():
        alone = value_per_decision(
            Confusion(int(row.tp), int(row.fp), int(row.tn), int(row.fn)), stated, "USD"
        )
        assert row.value == pytest.approx(alone.value)
        width = alone.high - alone.low
        assert (row.low, row.high) == pytest.approx((alone.low, alone.high), abs=0.06 * width)
    assert swept.best == swept.frame.loc[swept.frame["value"].idxmax(), "threshold"]


def test_with_a_true_chance_as_score_the_best_threshold_is_elkans() -> None:
    # C. Elkan, The foundations of cost-sensitive learning, IJCAI 2001, equation 2.
    gain, alarm, passed, missed = 100, 40, 10, 50
    swept = sweep(cells(200_000, 2), stakes(gain, alarm, passed, missed), "USD", draws=100)
    assert swept.best == pytest.approx(
        (alarm + passed) / (alarm + passed + gain + missed), abs=0.03
    )


def test_a_better_threshold_is_shown_to_pay() -> None:
    swept = sweep(cells(20_000, 3), stakes(100, 40, 10, 50), "USD", current=0.8)
    assert swept.gain is not None
    assert swept.gain.low > 0
    assert "brings" in swept.summary().text
    assert "pays" in swept.chart().text


def test_choosing_a_threshold_on_the_same_rows_is_hardly_rewarded() -> None:
    # At these stakes, with a score that knows nothing, every threshold is truly worth the same.
    apparent, corrected, false_alarms = 0.0, 0.0, 0
    for seed in range(100):
        frame = cells(400, 1_000 + seed, informative=False)
        current = float(frame["threshold"].iloc[len(frame) // 2])
        swept = sweep(frame, stakes(75, 25, 0, 0), "USD", current=current, draws=300)
        if swept.gain is not None:
            values = swept.frame.set_index("threshold")["value"]
            apparent += values[swept.best] - values[current]
            corrected += swept.gain.value
            false_alarms += swept.gain.low > 0
    assert corrected < 0.5 * apparent
    assert false_alarms <= 7


def test_the_best_threshold_has_nothing_to_gain() -> None:
    frame, stated = cells(2_000, 1), stakes(100, 30, 0, 20)
    best = sweep(frame, stated, "USD").best
    swept = sweep(frame, stated, "USD", current=best)
    assert swept.gain is None
    assert "worth most of all thresholds" in swept.summary().text


def test_many_thresholds_are_thinned_but_never_todays() -> None:
    steps = np.arange(2_000, dtype=float)
    frame = pd.DataFrame({"threshold": steps / 2_000, "tp": 2_000 - steps, "fp": 2_000 - steps,
                          "tn": steps, "fn": steps})  # fmt: skip
    swept = sweep(frame, stakes(1, 2, 0, 0), "USD", current=0.123, draws=50)
    assert len(swept.frame) <= 501
    assert swept.current in set(swept.frame["threshold"])


def test_a_threshold_that_was_not_counted_is_refused() -> None:
    with pytest.raises(PlaybookError, match="not among those counted"):
        sweep(cells(100, 1), stakes(1, 1, 1, 1), "USD", current=0.12345)


@pytest.mark.parametrize("stake", [(2, 1, 3), (1, 3, 2), (0, 1, float("inf")), (float("nan"),) * 3])
def test_a_range_out_of_order_is_one_sentence(stake: tuple[float, float, float]) -> None:
    with pytest.raises(PlaybookError, match="the gain true positive ranges from"):
        stakes(stake, 0, 0, 0)


def test_no_rows_have_no_value() -> None:
    with pytest.raises(PlaybookError, match="from no rows"):
        value_per_decision(Confusion(0, 0, 0, 0), stakes(1, 1, 1, 1), "USD")


def test_a_month_is_the_volume_times_the_value_less_the_running_cost() -> None:
    found = money(WORKED, stakes(100, 50, 2, 20), per_month=(900, 1_000, 1_100),
                  run_cost=(1_000, 2_000, 3_000))  # fmt: skip
    assert found.month is not None
    assert found.month.value == pytest.approx(24 * 1_000 - 2_000)
    assert found.month.unit == "USD per month"
    assert found.month.low < found.month.value < found.month.high
    assert found.sweep is None
    assert money(WORKED, stakes(100, 50, 2, 20)).month is None


def test_the_bundle_joins_value_alternatives_month_and_thresholds(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, people(1_500), **LOANS)
    stated = stakes((50, 100, 150), (10, 30, 60), (0, 5, 10), (20, 60, 200))
    baseline = compare(decisions)
    found = money(decisions, stated, baseline=baseline, per_month=(800, 1_000, 1_300))
    row = baseline.rows[0]
    direct = value_difference(row.model, row.rule, stated, "USD", joint=row.paired,
                              group={"alternative": row.name})  # fmt: skip
    assert found.against[0][1] == direct
    assert found.sweep is not None
    assert found.sweep.current == 0.4
    assert found.sweep.at_current == found.value
    assert found.month_against is not None
    measures = [e.measure for e in found.estimates]
    assert measures[:2] == ["expected_value", "expected_value_difference"]
    assert "expected_value_per_month" in measures
    for shown in (found.summary(), found.table(), found.chart()):
        assert shown.html
    assert "$" in found.summary().text


def test_the_same_seed_gives_the_same_numbers() -> None:
    stated = stakes((50, 100, 150), (10, 30, 60), (0, 5, 10), (20, 60, 200))
    first, again, other = (money(WORKED, stated, seed=seed).value for seed in (1, 1, 2))
    assert first == again
    assert first.value == other.value
    assert first.low != other.low


def test_a_table_without_predictions_has_no_value(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="without a label and a prediction"):
        money(from_frame(tmp_path, people(100), label="denied"), stakes(1, 1, 1, 1))


def test_effective_counts_need_not_be_whole() -> None:
    stated = stakes(100, 30, 1, 20)
    frame = cells(2_000, 1)
    weighted = frame.astype(float)
    weighted[["tp", "fp", "tn", "fn"]] *= 0.137
    whole, part = (sweep(f, stated, "USD", current=0.3) for f in (frame, weighted))
    assert part.best == whole.best
    assert part.frame["value"].to_numpy() == pytest.approx(whole.frame["value"].to_numpy())
    widths = [(f["high"] - f["low"]).mean() for f in (whole.frame, part.frame)]
    assert widths[1] == pytest.approx(widths[0] / 0.137**0.5, rel=0.1)
    assert part.at_best.n == round(2_000 * 0.137)
    assert part.table().text
    confusion = Confusion(*(0.5 * x for x in WORKED.cells))  # type: ignore[arg-type]
    found = money(confusion, stakes(100, 50, 2, 20), per_month=(900, 1_000, 1_100))
    assert found.value.value == pytest.approx(24)
    assert found.value.n == 50
    assert found.table().text


def test_every_threshold_has_its_value_with_an_interval_from_the_ranges(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, people(1_500), **LOANS)
    exact, vague = stakes(100, 30, 5, 60), stakes((20, 100, 180), (5, 30, 55), 5, (0, 60, 120))
    narrow, wide = (money(decisions, s).sweep for s in (exact, vague))
    assert narrow is not None
    assert wide is not None
    assert wide.frame["value"].to_numpy() == pytest.approx(narrow.frame["value"].to_numpy())
    assert (wide.frame["low"] <= wide.frame["value"]).all()
    assert (wide.frame["value"] <= wide.frame["high"]).all()
    apart = (wide.frame["high"] - wide.frame["low"]) - (narrow.frame["high"] - narrow.frame["low"])
    assert (apart > 0).mean() > 0.95
