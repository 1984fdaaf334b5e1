from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve

from make_decisions import LOANS, from_frame, people
from playbook.evidence.calibration import calibration
from playbook.evidence.reliability import (
    bin_of,
    binned,
    calibration_error,
    error_by_chance,
    in_the_large,
    reliability_bins,
)

Truth = Callable[[np.ndarray], np.ndarray]


def shifted(intercept: float, slope: float) -> Truth:
    """A score that is off on the logit scale."""
    return lambda s: 1 / (1 + np.exp(-(intercept + slope * np.log(s / (1 - s)))))


def cells(score: np.ndarray, label: np.ndarray) -> pd.DataFrame:
    at, place = np.unique(score, return_inverse=True)
    positives, negatives = (np.bincount(place, x, len(at)) for x in (label, ~label))
    return pd.DataFrame({"score": at, "positives": positives, "negatives": negatives})


def drawn(rng: np.random.Generator, n: int, truth: Truth) -> pd.DataFrame:
    score = rng.beta(1, 3, n).clip(1e-6, 1 - 1e-6)
    return cells(score, rng.random(n) < truth(score))


def true_error(truth: Truth) -> float:
    score = np.sort(np.random.default_rng(0).beta(1, 3, 1_000_000))
    return float(np.abs((truth(score) - score).reshape(10, -1).mean(axis=1)).mean())


def test_the_curve_is_scikit_learns_where_scores_differ() -> None:
    rng = np.random.default_rng(0)
    score = rng.random(1_000)
    label = rng.random(1_000) < score**1.3
    table = cells(score, label)
    size, observed, mean = binned(table, bin_of(table, 10))
    expected, scores = calibration_curve(label, score, n_bins=10, strategy="quantile")
    assert size.tolist() == [100] * 10
    assert observed == pytest.approx(expected, abs=1e-9)
    assert mean == pytest.approx(scores, abs=1e-9)
    plain, less = calibration_error(table, 10, 0.0)
    assert plain.value == pytest.approx(np.abs(expected - scores).mean(), abs=1e-9)
    assert less.value < plain.value


@pytest.mark.parametrize("n", [500, 1_000])
@pytest.mark.parametrize("truth", [shifted(0.1, 1), shifted(0.8, 1), shifted(0.2, 0.8),
                                   shifted(0, 1.6)])  # fmt: skip
def test_the_calibration_error_is_covered(n: int, truth: Truth) -> None:
    rng, target, hits = np.random.default_rng(1), true_error(truth), []
    for _ in range(800):
        table = drawn(rng, n, truth)
        plain, _ = calibration_error(table, 10, error_by_chance_of(table))
        hits.append(plain.low <= target <= plain.high)
    assert 0.93 <= np.mean(hits) <= 0.985


def error_by_chance_of(table: pd.DataFrame) -> float:
    """The limit as `error_by_chance` simulates it, from the normal law and fewer draws."""
    size, _, mean = binned(table, bin_of(table, 10))
    gap = np.random.default_rng(0).normal(0, np.sqrt(mean * (1 - mean) * size), (400, len(size)))
    return float(np.quantile(np.abs(gap).sum(axis=1) / size.sum(), 0.95))


def test_a_perfect_score_shows_the_error_of_chance() -> None:
    rng, errors, limits, reach = np.random.default_rng(2), [], [], []
    for i in range(200):
        table = drawn(rng, 600, lambda s: s)
        mean, most = error_by_chance(table, 10, seed=i) if i < 20 else limits[-1]
        limits.append((mean, most))
        plain, _ = calibration_error(table, 10, most)
        errors.append(plain.value)
        reach.append(plain.low == 0)
    mean, most = np.mean(limits, axis=0)
    assert np.mean(errors) == pytest.approx(mean, rel=0.05)
    assert 0.91 <= np.mean(np.array(errors) <= most) <= 0.99
    assert np.mean(reach) >= 0.91


def test_calibration_in_the_large_is_covered() -> None:
    truth, rng = shifted(0.3, 1), np.random.default_rng(3)
    score = rng.beta(1, 3, 1_000_000)
    target, hits = float((truth(score) - score).mean()), []
    for _ in range(1_000):
        found, _, _ = in_the_large(drawn(rng, 500, truth))
        hits.append(found.low <= target <= found.high)
    assert 0.93 <= np.mean(hits) <= 0.97


def test_only_bins_that_are_clearly_off_are_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    score = np.repeat([0.1, 0.3, 0.5], 1_000)
    label = rng.random(3_000) < np.repeat([0.1, 0.42, 0.5], 1_000)
    frame = pd.DataFrame({"y": np.where(label, "yes", "no"), "s": score})
    found = calibration(from_frame(tmp_path, frame, label="y", score="s"), bins=3)
    assert [b.off for b in found.bins] == [False, True, False]
    assert found.worst is found.bins[1]
    assert "When the score says 30 %, it happens to 4" in found.summary().text
    assert "too low" in found.table().text
    assert "clearly off the line" in found.chart().text
    right = calibration(from_frame(tmp_path, frame.iloc[:1_000], label="y", score="s"), bins=3)
    assert right.worst is None
    assert "In none of the score's ranges" in right.summary().text


def test_a_score_that_is_right_is_seldom_called_wrong() -> None:
    rng = np.random.default_rng(5)
    called = [
        any(b.off for b in reliability_bins(drawn(rng, 500, lambda s: s), 10)) for _ in range(300)
    ]
    assert np.mean(called) <= 0.05 + 0.025


@pytest.mark.parametrize("labels", [[True, False], [True, True], [False, False]])
def test_two_cases_or_one_outcome_still_give_an_interval(labels: list[bool]) -> None:
    for score in ([0.9, 0.1], [0.5, 0.5], [0.0, 1.0]):
        table = cells(np.array(score), np.array(labels))
        mean, most = error_by_chance(table, 10)
        plain, _ = calibration_error(table, 10, most)
        gap, _, _ = in_the_large(table)
        assert 0 <= mean <= most <= 1
        assert plain.low < plain.high
        assert gap.low < gap.high
        assert all(0 <= b.p_value <= 1 for b in reliability_bins(table, 10))
    with pytest.raises(ValueError, match="at least one bin"):
        bin_of(table, 0)


def test_the_same_table_gives_the_same_numbers_and_says_them(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, people(2_000), **LOANS)
    first, again = calibration(decisions), calibration(decisions)
    assert first.estimates == again.estimates
    assert (first.by_chance, first.by_chance_most) == (again.by_chance, again.by_chance_most)
    assert [e.measure for e in first.estimates][:3] == [
        "expected_calibration_error", "expected_calibration_error_debiased",
        "calibration_in_the_large"]  # fmt: skip
    assert "On average the score says" in first.summary().text
    assert "a perfect one would show" in first.summary().text


def test_binned_scores_widen_by_half_a_bin(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, people(50_000, distinct=10**9), **LOANS)
    found = calibration(decisions)
    frame = people(50_000, distinct=10**9)
    label, score = frame["denied"] == "yes", frame["score"]
    expected, scores = calibration_curve(label, score, n_bins=10, strategy="quantile")
    error = np.abs(expected - scores).mean()
    assert abs(found.error.value - error) < 0.001
    assert abs(found.in_the_large.value - (label.mean() - score.mean())) <= 1 / 8_192
    assert "widened by" in found.error.method
    assert "4,096 bins" in found.table().text
