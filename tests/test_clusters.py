"""Intervals of rates over clusters: coverage by simulation, edges, and what they come down to."""

from __future__ import annotations

import numpy as np
import pytest

from answers import beta_binomial
from playbook.evidence import clusters, intervals
from playbook.evidence.paired import paired_difference

DRAWS = 600


def coverage(questions: int, tries: int, chance: float, icc: float) -> tuple[float, float]:
    """How often the clustered and the naive interval hold the true rate."""
    rng = np.random.default_rng([questions, tries, round(100 * icc)])
    names = np.repeat(np.arange(questions), tries)
    held = np.zeros(2)
    for _ in range(DRAWS):
        y = beta_binomial(rng, questions, tries, chance, icc).ravel()
        found = clusters.rate(y, names).interval
        naive = intervals.proportion(y.sum(), len(y))
        held += [i.low <= chance <= i.high for i in (found, naive)]
    return held[0] / DRAWS, held[1] / DRAWS


@pytest.mark.parametrize("icc", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(("questions", "tries"), [(15, 5), (100, 4)])
def test_clustered_intervals_cover(questions: int, tries: int, icc: float) -> None:
    ours, naive = coverage(questions, tries, 0.75, icc)
    # Four standard errors of 600 draws below; conservative is allowed, liberal is not.
    assert 0.95 - 4 * np.sqrt(0.95 * 0.05 / DRAWS) <= ours
    if icc >= 0.5:
        assert naive < 0.88


def test_tries_that_tell_as_much_as_questions_cost_little() -> None:
    ours, naive = coverage(100, 4, 0.75, 0.0)
    assert ours >= 0.915
    assert naive >= 0.915


def test_unequal_clusters_cover() -> None:
    rng = np.random.default_rng(8)
    sizes = rng.integers(1, 8, 60)
    names = np.repeat(np.arange(60), sizes)
    held = 0
    for _ in range(DRAWS):
        y = beta_binomial(rng, 60, 7, 0.6, 0.6)
        flat = np.concatenate([row[:n] for row, n in zip(y, sizes, strict=True)])
        found = clusters.rate(flat, names).interval
        held += found.low <= 0.6 <= found.high
    assert held / DRAWS >= 0.915


def test_one_row_each_is_the_plain_interval() -> None:
    for n in (20, 90):
        y = [1.0] * (n - 7) + [0.0] * 7
        found = clusters.rate(y, np.arange(n))
        assert found.interval == intervals.proportion(n - 7, n)
        assert found.design_effect == 1


def test_tries_that_always_agree_count_as_one() -> None:
    y = np.repeat([1.0] * 60 + [0.0] * 40, 5)
    found = clusters.rate(y, np.repeat(np.arange(100), 5))
    low, high = intervals.wilson(60, 100)
    assert (found.n, found.clusters) == (500, 100)
    assert found.design_effect == pytest.approx(5, rel=0.05)
    assert found.interval.low == pytest.approx(float(low), abs=0.004)
    assert found.interval.high == pytest.approx(float(high), abs=0.004)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_alike_counts_questions_not_tries(value: float) -> None:
    found = clusters.rate([value] * 60, np.repeat(np.arange(20), 3)).interval
    expected = intervals.proportion(20 * value, 20)
    assert (found.value, found.low, found.high) == (value, expected.low, expected.high)


def test_a_failure_more_never_brings_the_limit_closer() -> None:
    names, highs = np.repeat(np.arange(14), 3), []
    for k in range(6):
        y = np.zeros(42)
        y[3 * np.arange(k)] = 1
        highs.append(clusters.rate(y, names).interval.high)
        mirrored = clusters.rate(1 - y, names).interval.low
        assert mirrored == pytest.approx(1 - highs[-1])
    assert highs == sorted(highs)


def test_few_questions_say_little() -> None:
    one = clusters.rate([1, 1, 0, 1], ["a"] * 4)
    assert one.effective == 1
    assert one.interval.high - one.interval.low > 0.9
    two = clusters.rate([1, 1, 0, 0, 1, 0], ["a"] * 3 + ["b"] * 3)
    assert two.effective < 6


def test_effective_rows_never_exceed_rows() -> None:
    y = [1.0, 0.0] * 30
    found = clusters.rate(y, np.repeat(np.arange(30), 2))
    assert found.effective == 60


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        clusters.rate([], [])


def test_single_pairs_are_tangos() -> None:
    a, b = np.array([1, 1, 1, 0, 0, 1, 1, 0]), np.array([1, 0, 0, 0, 1, 1, 0, 0])
    found = clusters.paired(a, range(8), b, range(8), measure="accepted_rate_difference")
    expected = paired_difference(3, 1, 8)
    assert found is not None
    assert (found.value, found.low, found.high) == (expected.value, expected.low, expected.high)
    assert found.n == 8


def test_pairs_without_a_common_question_say_nothing() -> None:
    assert clusters.paired([1], ["a"], [1], ["b"], measure="x") is None


@pytest.mark.parametrize("tries", [1, 4])
def test_paired_intervals_cover_and_are_narrower_than_unpaired(tries: int) -> None:
    rng = np.random.default_rng(tries)
    m, held, narrower = 60, 0, 0
    names = np.repeat(np.arange(m), tries)
    for _ in range(300):
        hard = rng.beta(1.2, 0.6, m)
        first = (rng.random((m, tries)) < np.minimum(hard * 0.9 + 0.1, 1)[:, None]).ravel()
        second = (rng.random((m, tries)) < hard[:, None]).ravel()
        found = clusters.paired(first, names, second, names, measure="x")
        assert found is not None
        true = 0.1 * (1 - 1.2 / 1.8)
        held += found.low <= true <= found.high
        one, two = (clusters.rate(y, names) for y in (first, second))
        apart = intervals.difference(
            first.mean() * one.effective, one.effective, second.mean() * two.effective,
            two.effective,
        )  # fmt: skip
        narrower += found.high - found.low < apart.high - apart.low
    assert held / 300 >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 300)
    assert narrower > 270


def test_ratio_covers_and_has_no_answer_without_a_sum() -> None:
    rng = np.random.default_rng(4)
    names, held = np.repeat(np.arange(50), 3), 0
    for _ in range(400):
        share = rng.beta(4, 2, 50)
        good = rng.random((50, 3)) < share[:, None]
        cost = rng.gamma(4, 0.01, (50, 3)) * (1.5 - share[:, None])
        found = clusters.ratio(cost.ravel(), good.ravel(), names)
        assert found is not None
        held += found.low <= 0.04 * (1.5 - 2 / 3) / (2 / 3) <= found.high
    assert held / 400 >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 400)
    assert clusters.ratio([1.0, 1.0], [0, 0], ["a", "b"]) is None
