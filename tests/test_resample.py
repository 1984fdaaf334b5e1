from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics

from playbook.estimate import Estimate
from playbook.evidence.confusionrates import (
    balanced_accuracy,
    f_beta,
    matthews_correlation,
    rates,
)
from playbook.evidence.paired import Confusion
from playbook.evidence.resample import average, resampled

TABLES = [(100, 50, 300, 50), (20, 15, 450, 15), (150, 10, 330, 10), (25, 150, 320, 5)]


def share(cells: np.ndarray) -> np.ndarray:
    return cells[:, 0] / cells.sum(axis=1)


def labels(cells: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    label = np.repeat([True, False, False, True], cells)
    return label, np.repeat([True, True, False, False], cells)


@pytest.mark.parametrize("cells", TABLES)
def test_scores_of_four_counts_equal_scikit_learns(cells: tuple[int, int, int, int]) -> None:
    label, predicted = labels(cells)
    confusion = Confusion(*cells)
    found = {e.measure: e for e in rates(confusion)}
    expected = {
        "f1_score": metrics.f1_score(label, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(label, predicted),
        "matthews_correlation_coefficient": metrics.matthews_corrcoef(label, predicted),
    }
    for beta, name in ((2, "f2_score"), (0.5, "f0_5_score")):
        e = f_beta(confusion, beta)
        assert e is not None
        found[name] = e
        expected[name] = metrics.fbeta_score(label, predicted, beta=beta)
    for measure, value in expected.items():
        assert found[measure].value == pytest.approx(value, abs=1e-9), measure
        assert found[measure].low < value < found[measure].high


@pytest.mark.parametrize("cells", TABLES[1:])
@pytest.mark.parametrize(
    "measure",
    [f_beta, lambda c: f_beta(c, 2), lambda c: f_beta(c, 0.5), balanced_accuracy,
     matthews_correlation],
    ids=["f1", "f2", "f0.5", "balanced accuracy", "matthews"],
)  # fmt: skip
def test_intervals_cover_the_truth_as_often_as_they_say(
    measure: Callable[[Confusion], Estimate | None], cells: tuple[int, int, int, int]
) -> None:
    truth = measure(Confusion(*cells))
    assert truth is not None
    drawn = np.random.default_rng(2).multinomial(500, np.array(cells) / sum(cells), 1_500)
    found = [measure(Confusion(*row)) for row in drawn.tolist()]
    hits = [e.low <= truth.value <= e.high for e in found if e is not None]
    assert 0.93 <= np.mean(hits) <= 0.97


def test_a_mean_of_skewed_values_is_covered() -> None:
    rng = np.random.default_rng(2)
    values = np.quantile(rng.exponential(size=100_000) ** 1.3, (np.arange(40) + 0.5) / 40)
    drawn = rng.multinomial(500, np.full(40, 1 / 40), 3_000)
    found = [average(values, row) for row in drawn]
    assert 0.93 <= np.mean([x.low <= values.mean() <= x.high for x in found]) <= 0.97


def test_the_same_seed_gives_the_same_interval() -> None:
    first, again = resampled([30, 70], share, seed=4), resampled([30, 70], share, seed=4)
    assert first == again
    assert resampled([30, 70], share, seed=5) != first
    assert "BCa 95 % interval" in first.method


def test_effective_counts_need_not_be_whole() -> None:
    found = resampled([30.4, 70.3], share)
    assert found.value == pytest.approx(30.4 / 100.7)
    assert 0.2 < found.low < 0.25
    assert 0.35 < found.high < 0.42
    with pytest.raises(ValueError, match="at least one case"):
        resampled([0.2, 0.2], share)


def test_a_model_that_never_erred_is_not_certain() -> None:
    confusion = Confusion(30, 0, 70, 0)
    for e in (f_beta(confusion), f_beta(confusion, 2), balanced_accuracy(confusion),
              matthews_correlation(confusion)):  # fmt: skip
        assert e is not None
        assert e.value == e.high == 1
        assert 0.8 < e.low < 0.99, e.measure


def test_what_has_no_denominator_is_left_out() -> None:
    never = {e.measure: e for e in rates(Confusion(0, 0, 70, 30))}
    assert {"precision", "false_discovery_rate", "matthews_correlation_coefficient"}.isdisjoint(
        never
    )
    assert never["f1_score"].value == 0
    assert never["balanced_accuracy"].value == 0.5
    one_class = {e.measure for e in rates(Confusion(0, 0, 70, 0))}
    assert one_class == {"accuracy", "specificity", "false_positive_rate", "base_rate",
                         "positive_rate", "negative_predictive_value"}  # fmt: skip
    assert len(rates(Confusion(1, 0, 1, 0))) == 13
    with pytest.raises(ValueError, match="beta"):
        f_beta(Confusion(1, 1, 1, 1), 0)


def test_a_mean_without_drawing_is_the_drawn_one() -> None:
    rng = np.random.default_rng(0)
    values, counts = rng.exponential(size=30), rng.integers(1, 40, 30)
    found = average(values, counts)
    drawn = resampled(counts, lambda c: c @ values / c.sum(axis=1), draws=20_000)
    assert found.value == pytest.approx(drawn.value)
    width = drawn.high - drawn.low
    assert abs(found.low - drawn.low) < 0.02 * width
    assert abs(found.high - drawn.high) < 0.02 * width


def test_values_that_are_all_the_same_leave_room_for_one_unlike_them() -> None:
    assert average([0.25, 0.25], [30, 20], most=0.25).high == 0.25
    assert average([0.0], [100], most=1).high == pytest.approx(1 - 0.025**0.01)


def test_log_loss_is_covered() -> None:
    rng, hits = np.random.default_rng(4), []
    score = rng.beta(0.5, 1.5, 1_000_000).clip(0.001, 0.999)
    wrong = 1 / (1 + np.exp(-0.7 * np.log(score / (1 - score))))
    target = float(-(wrong * np.log(score) + (1 - wrong) * np.log1p(-score)).mean())
    for _ in range(2_000):
        some = rng.integers(0, len(score), 700)
        label = rng.random(700) < wrong[some]
        found = average(
            np.where(label, -np.log(score[some]), -np.log1p(-score[some])), np.ones(700)
        )
        hits.append(found.low <= target <= found.high)
    assert 0.93 <= np.mean(hits) <= 0.97
