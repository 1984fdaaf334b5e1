from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from playbook.evidence import intervals
from playbook.evidence.groupcells import GroupCells
from playbook.evidence.intervals import (
    auc_delong,
    difference,
    difference_limits,
    exact,
    holm,
    proportion,
    proportion_methods,
    proportions,
    rate,
    ratio,
    ratio_limits,
    two_proportion_test,
    wilson,
)
from playbook.evidence.manyestimates import estimates, rates
from playbook.evidence.parity import parity
from playbook.evidence.ratetests import TESTS, two_proportion_tests

counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None)
@given(counts, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_rates_equal_statsmodels(cell: tuple[int, int], confidence: float) -> None:
    for method, name in ((wilson, "wilson"), (exact, "beta")):
        theirs = proportion_confint(*cell, alpha=1 - confidence, method=name)
        assert np.allclose(method(*cell, confidence), theirs, atol=1e-9)


def test_rates_take_arrays() -> None:
    k, n = np.array([[0, 5], [10, 10]]), np.array([10, 10])
    for method in (wilson, exact):
        low, high = method(k, n)
        assert low.shape == high.shape == (2, 2)
        assert (low[0, 0], high[1, 0]) == (0, 1)


def test_small_rates_are_exact_and_large_ones_wilson() -> None:
    assert proportion(3, 39).method == "Clopper-Pearson 95 % interval"
    assert proportion(3, 40, 0.9).method == "Wilson 90 % interval"
    with pytest.raises(ValueError, match="at least one case"):
        proportion(0, 0)
    assert rate("recall", 0, 0) is None
    estimate = rate("recall", 18, 100, {"race": "Black"})
    assert estimate is not None
    assert (estimate.value, estimate.n, estimate.group) == (0.18, 100, {"race": "Black"})


@settings(deadline=None)
@given(counts, counts)
def test_differences_equal_statsmodels(a: tuple[int, int], b: tuple[int, int]) -> None:
    found = difference(*a, *b)
    theirs = confint_proportions_2indep(*a, *b, compare="diff", method="newcomb")
    assert math.isclose(found.low, theirs[0], abs_tol=1e-9)
    assert math.isclose(found.high, theirs[1], abs_tol=1e-9)


def test_differences_equal_newcombes_published_table() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table II, method 10.
    for cells, low, high in (
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ):
        found = difference(*cells)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_ratio_equals_the_formula_as_donner_and_zou_print_it() -> None:
    k1, n1, k2, n2 = 30, 120, 22, 150
    (l1, l2), (u1, u2) = wilson(np.array([k1, k2]), np.array([n1, n2]))
    p1, p2 = k1 / n1, k2 / n2
    root = math.sqrt((p1 * p2) ** 2 - l1 * u2 * (2 * p1 - l1) * (2 * p2 - u2))
    low = (p1 * p2 - root) / (u2 * (2 * p2 - u2))
    root = math.sqrt((p1 * p2) ** 2 - u1 * l2 * (2 * p1 - u1) * (2 * p2 - l2))
    high = (p1 * p2 + root) / (l2 * (2 * p2 - l2))
    found = ratio(k1, n1, k2, n2)
    assert found is not None
    assert np.allclose((found.low, found.high), (low, high), rtol=1e-12)


@settings(deadline=None)
@given(counts, counts)
def test_ratio_is_finite_and_holds_its_value(a: tuple[int, int], b: tuple[int, int]) -> None:
    found = ratio(*a, *b)
    if found is None:
        assert a[0] == b[0] == 0
        return
    assert 0 <= found.low <= found.value <= found.high < math.inf
    assert (found.low > 0) == (a[0] > 0)
    assert ("half a case" in found.method) == (b[0] == 0)
    vector = ratio_limits(np.array([a[0]] * 2), a[1], np.array([b[0]] * 2), b[1])
    assert np.allclose(vector, np.array([[found.value], [found.low], [found.high]]), rtol=1e-12)


def test_ratio_of_nothing_is_not_a_number() -> None:
    assert ratio(0, 10, 0, 10) is None
    assert ratio(0, 0, 3, 10) is None
    assert np.isnan(ratio_limits(0, 10, 0, 10)).all()


@given(counts, counts)
@settings(max_examples=60, deadline=None)
def test_two_rates_are_tested_as_scipy_does(a: tuple[int, int], b: tuple[int, int]) -> None:
    p, name = two_proportion_test(*a, *b)
    table = np.array([[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]])
    if 0 in table.sum(axis=0):
        assert (p, name) == (1.0, "no difference")
        return
    expected = stats.contingency.expected_freq(table)
    if expected.min() < 5:
        theirs = stats.fisher_exact(table).pvalue
        assert name == "Fisher's exact test"
    else:
        theirs = stats.chi2_contingency(table, correction=False).pvalue
        assert name == "score test"
    assert math.isclose(p, theirs, rel_tol=1e-9, abs_tol=1e-12)


@settings(max_examples=8, deadline=None)  # statsmodels collects garbage at every call
@given(st.lists(st.floats(0, 1), max_size=30))
def test_holm_equals_statsmodels(pvalues: list[float]) -> None:
    theirs = multipletests(pvalues, method="holm")[1] if pvalues else []
    assert np.allclose(holm(pvalues), theirs, atol=1e-12)


def _slow_delong(positive: np.ndarray, negative: np.ndarray) -> tuple[float, float]:
    """DeLong as first written: the kernel over all pairs."""
    kernel = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    v10, v01 = kernel.mean(axis=1), kernel.mean(axis=0)
    variance = v10.var(ddof=1) / len(positive) + v01.var(ddof=1) / len(negative)
    return float(kernel.mean()), float(variance)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_auc_equals_scikit_learn_and_its_variance_delongs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random(80), 1)
    labels = rng.random(80) < 0.2 + 0.6 * scores
    labels[:4] = [True, True, False, False]
    values = np.unique(scores)
    m = np.array([((scores == v) & labels).sum() for v in values])
    n = np.array([((scores == v) & ~labels).sum() for v in values])
    found = auc_delong(m, n)
    assert found is not None
    auc, variance = _slow_delong(scores[labels], scores[~labels])
    assert math.isclose(found.value, roc_auc_score(labels, scores), abs_tol=1e-12)
    half = 1.959963984540054 * math.sqrt(variance) / (auc * (1 - auc))
    middle = math.log(auc / (1 - auc))
    assert math.isclose(found.low, 1 / (1 + math.exp(half - middle)), abs_tol=1e-9)
    assert math.isclose(found.high, 1 / (1 + math.exp(-half - middle)), abs_tol=1e-9)


def test_auc_at_the_edges() -> None:
    assert auc_delong([0, 0], [3, 1]) is None
    perfect = auc_delong([0, 30], [20, 0])
    assert perfect is not None
    assert (perfect.value, perfect.high) == (1, 1)
    assert math.isclose(perfect.low, 0.025 ** (1 / 20))
    upside_down = auc_delong([30, 0], [0, 20])
    assert upside_down is not None
    assert (upside_down.value, upside_down.low) == (0, 0)
    single = auc_delong([0, 1, 0], [5, 3, 4])
    assert single is not None
    assert single.low < 0.1
    assert single.high > 0.9
    tied = auc_delong([10], [10])
    assert tied is not None
    assert tied.value == 0.5


def _covers(low: np.ndarray, high: np.ndarray, truth: float) -> float:
    return float(((low <= truth) & (truth <= high)).mean())


def test_nominal_95_percent_covers_93_to_97_percent() -> None:
    rng = np.random.default_rng(20)
    runs = 20_000
    for p, n in ((0.1, 150), (0.3, 80), (0.5, 60), (0.93, 400)):
        k = rng.binomial(n, p, runs)
        assert 0.93 <= _covers(*wilson(k, n), p) <= 0.97
        assert _covers(*exact(k, n), p) >= 0.95
    for p1, n1, p2, n2 in ((0.19, 240, 0.06, 1_850), (0.5, 60, 0.4, 80), (0.1, 300, 0.1, 150)):
        k1, k2 = rng.binomial(n1, p1, runs), rng.binomial(n2, p2, runs)
        _, low, high = ratio_limits(k1, n1, k2, n2)
        assert 0.93 <= _covers(low, high, p1 / p2) <= 0.97
        few = [difference(a, n1, b, n2) for a, b in zip(k1[:4_000], k2[:4_000], strict=True)]
        lows, highs = (np.array([getattr(f, side) for f in few]) for side in ("low", "high"))
        assert 0.93 <= _covers(lows, highs, p1 - p2) <= 0.97


def test_auc_covers_too() -> None:
    rng = np.random.default_rng(21)
    truth = float(stats.norm.cdf(1 / math.sqrt(2)))
    hits, runs = 0, 1_500
    for _ in range(runs):
        scores = np.concatenate([rng.normal(1, 1, 60), rng.normal(0, 1, 120)])
        order = np.argsort(scores)
        m = (order < 60).astype(int)
        found = auc_delong(m, 1 - m)
        assert found is not None
        hits += found.low <= truth <= found.high
    assert 0.93 <= hits / runs <= 0.97


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=8))
def test_many_at_once_equal_one_at_a_time(
    pairs: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    k1, n1, k2, n2 = np.array([[*a, *b] for a, b in pairs]).T
    for each in zip(*difference_limits(k1, n1, k2, n2), pairs, strict=True):
        theirs = confint_proportions_2indep(*each[3][0], *each[3][1], method="newcomb")
        assert np.allclose(each[1:3], theirs, atol=1e-9)
    for value, low, high, method, k, n in zip(
        *proportions(k1, n1), proportion_methods(n1), k1, n1, strict=True
    ):
        one = proportion(int(k), int(n))
        assert np.allclose((value, low, high), (one.value, one.low, one.high), atol=1e-12)
        assert method == one.method
    p, test = two_proportion_tests(k1, n1, k2, n2)
    for mine, name, (a, b) in zip(p, test, pairs, strict=True):
        assert (float(mine), TESTS[name]) == two_proportion_test(*a, *b)


def test_many_estimates_are_those_made_one_by_one() -> None:
    k, n = np.array([3.0, 18, 0]), np.array([10.0, 100, 0])
    groups = [{"g": name} for name in "abc"]
    found = rates("recall", groups, k, n, 0.9)
    one_by_one = [
        rate("recall", a, b, g, 0.9)
        for a, b, g in zip([3, 18, 0], [10, 100, 0], groups, strict=True)
    ]
    assert found == one_by_one
    assert found[2] is None
    with pytest.raises(ValueError, match="does not hold its value"):
        estimates("x", groups[:1], np.array([0.5]), np.array([0.6]), np.array([0.7]), n[:1], ["m"])
    with pytest.raises(ValueError, match="does not hold its value"):
        estimates(
            "x", groups[:1], np.array([0.5]), np.array([0.1]), np.array([np.inf]), n[:1], ["m"]
        )


def test_parts_of_cases_have_intervals_between_those_of_whole_ones() -> None:
    # Weighted tables count effective cases, which are no whole numbers.
    low, high = exact([0.4, 0.5, 9.7], [10, 10, 10])
    whole_low, whole_high = exact([0, 1, 9, 10], [10, 10, 10, 10])
    assert (whole_low[[0, 0, 2]] <= low).all()
    assert (low <= whole_low[[1, 1, 3]]).all()
    assert (whole_high[[0, 0, 2]] <= high).all()
    assert (high <= whole_high[[1, 1, 3]]).all()


@pytest.mark.parametrize("cells", [(3, 2_000, 1, 900_000), (0, 7, 800, 20_000), (2, 3, 4, 5)])
def test_rare_cases_in_large_tables_are_tested_exactly(cells: tuple[int, int, int, int]) -> None:
    k1, n1, k2, n2 = cells
    theirs = stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]]).pvalue
    p, name = two_proportion_test(*cells)
    assert name == "Fisher's exact test"
    assert math.isclose(p, theirs, rel_tol=1e-8)


@pytest.mark.parametrize(
    "selected", [(0.5, 0.5), (0.5, 0.5, 0.5, 0.5), (0.7, 0.6), (0.8, 0.7, 0.5, 0.75)]
)
def test_aggregates_of_groups_picked_after_looking_cover_at_least_as_often_as_said(
    selected: tuple[float, ...],
) -> None:
    # Interval and truth are of the largest distance, whichever groups show it.
    rng, runs = np.random.default_rng(22), 400
    rate_of, n, good = np.array(selected), 300, 0.4
    groups = [{"g": str(i)} for i in range(len(rate_of))]
    hits: dict[str, int] = {}
    for _ in range(runs):
        favourable = rng.binomial(n, good, len(rate_of))
        first = rng.binomial(favourable, rate_of)
        second = rng.binomial(n - favourable, rate_of)
        kinds = [n - favourable - second, second, favourable - first, first]
        cells = np.stack(kinds, axis=1).astype(float)
        found = parity(GroupCells(groups, [slice(0, len(groups))], cells, cells, cells), 1)
        assert len(found) == 4
        for e in found:
            gap = rate_of.max() - rate_of.min()
            truth = gap if e.unit == "difference" else rate_of.min() / rate_of.max()
            slack = 1e-12
            hits[e.measure] = hits.get(e.measure, 0) + (e.low - slack <= truth <= e.high + slack)
    # Three standard errors of 400 runs below 95 %.
    assert all(hit / runs >= 0.95 - 0.033 for hit in hits.values())


def test_methods_name_their_confidence() -> None:
    assert intervals.quantile(0.95) == pytest.approx(1.959963984540054)
    assert "90 %" in difference(1, 10, 2, 20, 0.9).method
