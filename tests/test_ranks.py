from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.counts import Counts
from playbook.evidence.ranks import ranks
from playbook.evidence.scorequality import (
    auc_bound,
    average_precision,
    average_precision_bounds,
    score_estimates,
)
from playbook.evidence.tables import Decisions
from playbook.evidence.topshares import top_shares

SETTINGS = [(500, 0.2, 1.0), (1_000, 0.1, 1.0), (500, 0.5, 0.5), (800, 0.05, 1.5)]


def scored(rng: np.random.Generator, n: int, base: float, apart: float) -> np.ndarray:
    """Labels as 0 and 1 by ascending score, two normal laws `apart`."""
    label = rng.random(n) < base
    return label[np.argsort(rng.normal(apart * label, 1))].astype(float)


def table(folder: Path, label: np.ndarray, score: np.ndarray) -> Decisions:
    frame = pd.DataFrame({"y": np.where(label, "yes", "no"), "s": score})
    return from_frame(folder, frame, label="y", score="s", threshold=0.5)


@pytest.mark.parametrize("distinct", [7, 300, 10**9])
def test_average_precision_equals_scikit_learns(distinct: int) -> None:
    rng = np.random.default_rng(0)
    label = rng.random(2_000) < 0.3
    score = np.round(distinct / (1 + np.exp(-rng.normal(label, 1)))) / distinct
    at, place = np.unique(score, return_inverse=True)
    positives, negatives = (np.bincount(place, x, len(at)) for x in (label, ~label))
    found = average_precision(positives, negatives)
    assert found is not None
    expected = metrics.average_precision_score(label, score)
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.low < found.value < found.high


@given(st.lists(st.tuples(st.floats(0, 1, width=16), st.booleans()), min_size=4, max_size=40))
@settings(max_examples=50, deadline=None)
def test_binned_values_lie_within_their_bounds(rows: list[tuple[float, bool]]) -> None:
    score, label = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    if label.all() or not label.any():
        return
    place = np.minimum((score * 4).astype(int), 3)
    p, n = (np.bincount(place, x, 4).astype(float) for x in (label, ~label))
    least, most = average_precision_bounds(p, n)
    exact = metrics.average_precision_score(label, score)
    assert least - 1e-9 <= exact <= most + 1e-9
    binned = average_precision(p, n)
    assert binned is not None
    assert least - 1e-9 <= binned.value <= most + 1e-9
    off = abs(metrics.roc_auc_score(label, score) - metrics.roc_auc_score(label, place))
    assert off <= auc_bound(p, n) + 1e-9


def test_intervals_of_binned_scores_hold_the_bound_and_say_so() -> None:
    edges = np.arange(4) / 4
    frame = pd.DataFrame({
        "score": np.repeat(edges + 1 / 8, 2), "label": [False, True] * 4,
        "prediction": True, "n": [40, 5, 30, 10, 20, 20, 5, 30],
    })  # fmt: skip
    counts = Counts(frame, (), "4 bins of equal width", None, edges)
    found = {e.measure: e for e in score_estimates(counts)}
    alone = {e.measure: e for e in score_estimates(Counts(frame, (), "exact", None, edges + 1 / 8))}
    for measure, e in found.items():
        assert e.value == alone[measure].value
        assert e.low < alone[measure].low
        assert e.high > alone[measure].high
        assert "widened by at most" in e.method
        assert "scores in 4 bins of equal width" in e.method


@pytest.mark.parametrize(("n", "base", "apart"), SETTINGS)
def test_average_precision_is_covered(n: int, base: float, apart: float) -> None:
    rng = np.random.default_rng(1)
    many = scored(rng, 2_000_000, base, apart)
    truth = average_precision(many, 1 - many)
    assert truth is not None
    hits = []
    for _ in range(1_000):
        label = scored(rng, n, base, apart)
        found = average_precision(label, 1 - label)
        assert found is not None
        hits.append(found.low <= truth.value <= found.high)
    assert 0.93 <= np.mean(hits) <= 0.97


@pytest.mark.parametrize(("n", "base", "apart"), SETTINGS)
def test_lift_is_covered_at_every_share(n: int, base: float, apart: float) -> None:
    rng = np.random.default_rng(2)
    shares = np.array([0.05, 0.1, 0.2, 0.5])
    many = scored(rng, 2_000_000, base, apart)
    truth = top_shares(many, 1 - many, shares).found
    hits = []
    for _ in range(1_000):
        label = scored(rng, n, base, apart)
        found = top_shares(label, 1 - label, shares)
        hits.append((found.low <= truth) & (truth <= found.high))
    covered = np.mean(hits, axis=0)
    assert (covered >= 0.93).all()
    assert (covered <= 0.97).all()


def test_gains_are_those_of_the_sorted_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    score = rng.permutation(1_000) / 1_000
    label = rng.random(1_000) < score
    found = ranks(table(tmp_path, label, score))
    top = label[np.argsort(-score)]
    for share in (0.01, 0.05, 0.1, 0.2, 0.5):
        gain, k = found.gain(share), round(1_000 * share)
        assert gain.precision.value == pytest.approx(top[:k].mean(), abs=1e-9)
        assert gain.found.value == pytest.approx(top[:k].sum() / label.sum(), abs=1e-9)
        assert found.lift(share).value == pytest.approx(top[:k].mean() / label.mean(), abs=1e-9)
        assert gain.precision.n == k
    assert found.lift(0.1).unit == "ratio"
    assert [e.measure for e in found.estimates][:3] == [
        "precision_at_1_percent", "gain_at_1_percent", "lift_at_1_percent"]  # fmt: skip
    fpr, tpr, _ = metrics.roc_curve(label, score, drop_intermediate=False)
    assert set(np.round(found.roc["value"], 9)) <= set(np.round(tpr, 9))
    assert set(np.round(found.roc["x"], 9)) <= set(np.round(fpr, 9))
    with pytest.raises(PlaybookError, match="not measured at the top 3 %"):
        found.gain(0.03)


def test_a_cut_among_equal_scores_gives_what_drawing_lots_would() -> None:
    positives, negatives = np.array([10.0, 30.0]), np.array([30.0, 30.0])
    top = top_shares(positives, negatives, [0.3])
    assert top.found[0] == pytest.approx(15 / 40)
    assert top.precision[0] == pytest.approx(0.5)
    same = top_shares(np.array([20.0]), np.array([80.0]), [0.1, 0.5])
    assert same.found == pytest.approx([0.1, 0.5])


def test_perfect_and_empty_tables(tmp_path: Path) -> None:
    perfect = average_precision(np.array([0.0, 30.0]), np.array([70.0, 0.0]))
    assert perfect is not None
    assert perfect.value == perfect.high == 1
    assert 0.85 < perfect.low < 0.95
    assert average_precision(np.array([0.0]), np.array([5.0])) is None
    constant = average_precision(np.array([20.0]), np.array([80.0]))
    assert constant is not None
    assert constant.value == pytest.approx(0.2)
    assert 0.1 < constant.low < 0.15
    two = ranks(table(tmp_path, np.array([True, False]), np.array([0.9, 0.1])))
    assert [g.share for g in two.gains] == [0.5]
    assert two.lift(0.5).value == 2


def test_words_say_what_the_top_holds(tmp_path: Path) -> None:
    found = ranks(from_frame(tmp_path, people(2_000), **LOANS))
    text = found.summary().text
    assert "The 10 % of applicants with the highest scores hold" in text
    assert "of all applicants who should be denied" in text
    assert "times as many as 10 % picked at random" in text
    assert "drawn by lot" in found.table().text
    for chart in (found.chart(), found.roc_chart(), found.precision_recall_chart()):
        assert "<img alt=" in str(chart.html)
        assert "The dashed line" in chart.text
