"""Leaving cases to a person: MAPIE's tests, a slow reference, and risk that is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.abstention import Abstention, abstention, of_counts
from playbook.evidence.counts import Counts
from playbook.evidence.riskcontrol import binomial_tail, fixed_sequence, times_more
from playbook.product import Words


def counts_of(score: np.ndarray, label: np.ndarray, threshold: float = 0.5) -> Counts:
    edges, place = np.unique(score, return_inverse=True)
    n = np.bincount(2 * place + label, minlength=2 * len(edges))
    frame = pd.DataFrame(
        {"score": np.repeat(edges, 2), "label": np.tile([False, True], len(edges))}
    )
    frame = frame.assign(prediction=frame["score"] >= threshold, n=n)
    return Counts(frame[n > 0], (), "exact", threshold, edges)


def rows(n: int, seed: int, distinct: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Scores even between 0 and 1; one that is u of the way from a half errs (1 - u)³ / 2."""
    rng = np.random.default_rng(seed)
    score = (rng.integers(0, distinct, n) + 0.5) / distinct
    wrong = rng.random(n) < (1 - abs(2 * score - 1)) ** 3 / 2
    return score, (score >= 0.5) ^ wrong


def of_rows(n: int, seed: int, **options: float) -> Abstention:
    return of_counts(counts_of(*rows(n, seed)), Words(), seed=seed, **options)  # type: ignore[arg-type]


def true_risk(sure: float, distinct: int = 100) -> float:
    """Errors among all that are at least this sure."""
    score = (np.arange(distinct) + 0.5) / distinct
    u = abs(2 * score - 1)
    return float(((1 - u) ** 3 / 2)[u >= 2 * sure - 1 - 1e-9].mean())


def test_the_binomial_tail_is_scipys() -> None:
    k, n = np.array([0, 3, 10, 40, 7]), np.array([10, 10, 10, 900, 8])
    for share in (0.01, 0.1, 0.5):
        assert binomial_tail(k, n, share) == pytest.approx(binom.cdf(k, n, share), abs=1e-12)
    assert float(binomial_tail(0, 0, 0.1)) == 1


# Rates in a sample rise unevenly, which MAPIE remarks upon; the guarantee does not need it.
@pytest.mark.filterwarnings("ignore:Fixed sequence testing requires")
@pytest.mark.filterwarnings("ignore:All provided predict_params control")
@pytest.mark.parametrize("risk", [0.05, 0.1, 0.2])
def test_lines_tested_in_order_are_those_that_mapie_accepts(risk: float) -> None:
    from mapie.risk_control import BinaryClassificationController

    score, label = rows(1_500, 8, 10_000)
    lines = np.linspace(0.9, 0.5, 41)
    theirs = BinaryClassificationController(
        lambda x: np.column_stack([1 - x[:, 0], x[:, 0]]),
        "precision",
        target_level=1 - risk,
        confidence_level=0.95,
        list_predict_params=lines,
        fwer_method="fixed_sequence",
    ).calibrate(score[:, None], label.astype(int))
    handled = np.array([(score >= line).sum() for line in lines])
    wrong = np.array([(~label & (score >= line)).sum() for line in lines])
    p, ours = theirs.p_values.ravel(), binomial_tail(wrong, handled, risk)
    # MAPIE gets the count of errors back from their share, rounded up, which may add one.
    exact = np.ceil(handled * (1 - (handled - wrong) / handled)) == wrong
    assert exact.sum() >= 15
    assert p[exact] == pytest.approx(ours[exact], abs=1e-9)
    assert (p >= ours - 1e-9).all()
    accepted = lines[: fixed_sequence(wrong, handled, risk, 0.05)]
    assert set(theirs.valid_predict_params) <= set(accepted)
    assert len(accepted)


def test_the_sequence_stops_at_the_first_line_that_stands() -> None:
    assert fixed_sequence([0, 0, 90, 0], [100, 200, 300, 900], 0.05, 0.05) == 2
    assert fixed_sequence([0], [10], 0.05, 0.05) == 0
    assert fixed_sequence([0, 0], [100, 200], 0.05, 0.05) == 2


def test_the_curve_is_the_one_of_sorted_rows() -> None:
    score, label = rows(2_000, 1, 60)
    found = of_counts(counts_of(score, label), Words()).curve
    wrong = label != (score >= 0.5)
    sure = np.round(np.where(score >= 0.5, score, 1 - score), 12)
    for row in found.itertuples():
        handled = sure >= row.sure
        assert row.share == pytest.approx(handled.mean())
        assert row.value == pytest.approx(wrong[handled].mean())
        assert row.low <= row.value <= row.high
    assert found["share"].is_monotonic_increasing
    assert found["share"].iloc[-1] == 1


def test_the_true_risk_exceeds_the_stated_one_in_at_most_5_of_100_samples() -> None:
    found = [of_rows(800, seed).at(0.05) for seed in range(200)]
    reached = [h for h in found if h.sure is not None and h.share is not None]
    broken = sum(true_risk(h.sure) > 0.05 for h in reached if h.sure is not None)
    assert len(reached) > 160
    assert broken / 200 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
    # At most 74 of 100 could be handled: much of it is.
    assert 0.5 < np.mean([h.share.value for h in reached if h.share is not None]) < 0.74


def test_with_a_score_that_knows_nothing_the_risk_is_kept_too() -> None:
    # Every line has a true risk of exactly 10 %, just above the stated one: the worst case.
    rng = np.random.default_rng(0)
    broken = 0
    for seed in range(200):
        score = 0.5 + 0.5 * (rng.integers(0, 50, 800) + 0.5) / 50
        found = of_counts(counts_of(score, rng.random(800) < 0.9), Words(), seed=seed)
        broken += found.at(0.0999).share is not None
    assert broken / 200 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_the_share_and_its_errors_agree_with_what_is_true() -> None:
    found = of_rows(60_000, 4)
    handled = found.at(0.05)
    assert handled.share is not None
    assert handled.error is not None
    assert handled.sure is not None
    assert 0.68 < handled.share.value < 0.74
    assert handled.share.low <= 2 * (1 - handled.sure) + 0.01
    assert handled.share.high >= 2 * (1 - handled.sure) - 0.01
    assert handled.error.low <= true_risk(handled.sure) <= handled.error.high <= 0.05
    assert found.automatic_share(0.05) == handled.share
    assert handled.reviews == pytest.approx(1_000 * (1 - handled.share.value))


def test_each_limit_of_the_error_misses_the_true_one_in_at_most_5_of_100_samples() -> None:
    low = high = told = 0
    for seed in range(200):
        found = of_rows(1_500, 7_000 + seed).at(0.05)
        if found.error is not None and found.sure is not None:
            told += 1
            low += found.error.low > true_risk(found.sure)
            high += found.error.high < true_risk(found.sure)
    assert told > 190
    assert max(low, high) / told <= 0.08


def test_lower_risks_leave_more_to_a_person() -> None:
    found = of_rows(20_000, 6)
    shares = [h.share.value for h in found.handled if h.share is not None]
    assert len(shares) == 4
    assert shares == sorted(shares)
    assert "reviews" in found.summary().text
    assert "At most 5 of 100" in found.table().text
    assert "can be handled automatically" in found.chart().text


def test_a_perfect_model_leaves_no_one_to_a_person() -> None:
    truth = np.arange(2_000) % 2 == 0
    found = of_counts(counts_of(np.where(truth, 0.9, 0.1), truth), Words())
    share = found.automatic_share(0.01)
    assert share is not None
    assert share.value == 1
    assert found.at(0.01).reviews == 0


def test_a_coin_is_never_sure_and_more_rows_do_not_help() -> None:
    rng = np.random.default_rng(3)
    found = of_counts(counts_of(np.full(3_000, 0.5), rng.random(3_000) < 0.5), Words())
    assert found.automatic_share(0.05) is None
    assert found.at(0.05).needed is None
    assert "more rows alone are unlikely" in found.summary().text
    assert "No part" in found.chart().text
    assert "more rows do not help" in found.table().text


def test_too_few_rows_say_how_many_it_takes() -> None:
    truth = np.arange(60) % 2 == 0
    found = of_counts(counts_of(np.where(truth, 0.9, 0.1), truth), Words(), risk=0.05)
    needed = found.at(0.05).needed
    assert found.automatic_share(0.05) is None
    assert needed is not None
    assert "too few to tell" in found.summary().text
    # Without an error it takes ln 0.05 / ln 0.95, 59 cases in a half; with half a one more.
    assert 118 <= needed <= 300


def test_times_more_is_enough() -> None:
    more = times_more([2], [60], 0.1, 0.05)
    assert more is not None
    rate = 2.5 / 61
    assert float(binomial_tail(rate * 60 * more, 60 * more, 0.1)) <= 0.05
    assert float(binomial_tail(rate * 57 * more, 57 * more, 0.1)) > 0.045
    assert times_more([10], [60], 0.1, 0.05) is None


def test_a_table_gives_the_same_as_its_counts(tmp_path: Path) -> None:
    frame = people(3_000)
    decisions = from_frame(tmp_path, frame, **LOANS)
    found = abstention(decisions)
    label = (frame["denied"] == "yes").to_numpy()
    wrong = label != (frame["prediction"] == "yes").to_numpy()
    assert found.error.value == pytest.approx(wrong.mean())
    by_threshold = abstention(decisions, by="threshold")
    near = np.round(abs(frame["score"] - 0.4), 12)
    for row in by_threshold.curve.iloc[::40].itertuples():
        assert row.value == pytest.approx(wrong[near >= row.sure].mean())
    assert "applicants" in found.summary().text
    assert found.estimates[0].measure == "error_rate"


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, again, other = (
        of_counts(counts_of(*rows(4_000, 1)), Words(), seed=seed).estimates for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_distance_needs_a_threshold_and_a_risk_is_a_share(tmp_path: Path) -> None:
    table = {k: v for k, v in LOANS.items() if k != "threshold"}
    decisions = from_frame(tmp_path, people(100), **table)
    with pytest.raises(PlaybookError, match="none is stated"):
        abstention(decisions, by="threshold")
    with pytest.raises(PlaybookError, match="cannot be kept"):
        abstention(decisions, risk=1.5)
