"""What more rows would bring: exact laws, closed-form AUCs, scikit-learn's own curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.model_selection import learning_curve as sklearns

from make_decisions import from_frame
from playbook.errors import PlaybookError
from playbook.evidence.learning import FOLDS, LearningCurve, fold_results, learning_curve
from playbook.evidence.powerlaw import fit, plausible, shared_rows
from playbook.evidence.sampling import Sample, sample

SIZES = np.array([50.0, 100, 200, 400, 800, 1600])
SHIFT = np.full(12, 0.35)


def centroids(features: np.ndarray, label: np.ndarray, unseen: np.ndarray) -> np.ndarray:
    """Scores along the line through the two classes' means: best for two round clouds."""
    away: np.ndarray = features[label].mean(axis=0) - features[~label].mean(axis=0)
    scores: np.ndarray = unseen @ away
    return scores


def clouds(n: int, seed: int) -> Sample:
    """Two round clouds at distance |SHIFT|: a direction w has AUC Φ(w·SHIFT / (√2 |w|))."""
    rng = np.random.default_rng(seed)
    label = rng.random(n) < 0.4
    features = rng.standard_normal((n, len(SHIFT))) + np.outer(label, SHIFT)
    return Sample(features, np.zeros(len(SHIFT), bool), label, ["x"] * len(SHIFT), [])


def true_auc(n: int, tries: int = 3_000) -> float:
    """Expected AUC of `centroids` that learnt from n rows."""
    rng = np.random.default_rng(1)
    spread = np.sqrt(1 / (0.4 * n) + 1 / (0.6 * n))
    away = SHIFT + spread * rng.standard_normal((tries, len(SHIFT)))
    cosine = away @ SHIFT / np.sqrt((away**2).sum(axis=1))
    return float(norm.cdf(cosine / np.sqrt(2)).mean())


class Centroids(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The same for scikit-learn."""

    def fit(self, X: Any, y: Any) -> Centroids:
        self.classes_ = np.unique(y)
        self.away_ = X[y].mean(axis=0) - X[~y].mean(axis=0)
        return self

    def decision_function(self, X: Any) -> Any:
        return X @ self.away_

    def predict(self, X: Any) -> Any:
        return self.decision_function(X) > 0


def people(n: int = 1_500, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    income, age = rng.normal(50, 15, n), rng.integers(18, 80, n)
    contract = rng.choice(["monthly", "yearly", None], n, p=[0.6, 0.3, 0.1])
    logit = -1 + 0.05 * (income - 50) + (contract == "monthly") + 0.02 * (age - 50)
    label = rng.random(n) < 1 / (1 + np.exp(-logit))
    income[rng.random(n) < 0.05] = np.nan
    return pd.DataFrame(
        {
            "id": np.arange(n),
            "y": np.where(label, "yes", "no"),
            "income": income,
            "age": age,
            "contract": contract,
            "note": [f"note {i}" for i in range(n)],
            "since": pd.Timestamp("2024-01-01"),
            "flat": 1.0,
        }
    )


TABLE: dict[str, Any] = {
    "id": "id",
    "label": "y",
    "features": ["income", "age", "contract", "note", "since", "flat"],
}


def test_an_exact_power_law_is_found_again() -> None:
    from playbook.evidence import powerlaw

    rate = float(powerlaw._RATES[20])
    law = fit(SIZES, (0.9 - 0.8 * SIZES**-rate)[None], np.ones(6))
    assert (law.top[0], law.loss[0], law.rate[0]) == pytest.approx((0.9, 0.8, rate))
    assert law.at(300)[0] == pytest.approx(0.9 - 0.8 * 300**-rate)
    assert law.gain(300)[0] == pytest.approx(law.at(600)[0] - law.at(300)[0])
    rows = law.needed(0.85)[0]
    assert law.at(rows)[0] == pytest.approx(0.85)
    assert law.needed(0.95)[0] == np.inf


def test_a_curve_that_falls_is_flat_and_none_ends_above_the_most() -> None:
    falling = fit(SIZES, np.linspace(0.8, 0.7, 6)[None], np.ones(6))
    assert falling.loss[0] == 0
    assert falling.gain(1_000)[0] == 0
    steep = fit(SIZES, (1.3 - 3 * SIZES**-0.3)[None], np.ones(6))
    assert steep.top[0] <= 1


def test_curves_drawn_have_the_spread_of_the_mean_of_folds() -> None:
    results = np.random.default_rng(2).normal(0.8, 0.03, (FOLDS, 6))
    drawn = plausible(results, SIZES, 200_000, 1)
    assert drawn.mean(axis=0) == pytest.approx(results.mean(axis=0), abs=1e-3)
    expected = shared_rows(FOLDS, SIZES) * results.var(axis=0, ddof=1) * 4 / 2  # t with 4
    assert drawn.var(axis=0) == pytest.approx(expected, rel=0.1)


def test_results_agree_with_the_closed_form_and_with_scikit_learns_curve() -> None:
    data = clouds(4_000, 1)
    sizes = np.array([100.0, 400, 1_600, 3_200])
    ours = fold_results(data, sizes, centroids, 0)
    assert ours.mean(axis=0) == pytest.approx([true_auc(int(n)) for n in sizes], abs=0.02)
    _, _, theirs = sklearns(
        Centroids(), data.features, data.label, train_sizes=sizes.astype(int), scoring="roc_auc",
        cv=StratifiedKFold(5, shuffle=True, random_state=1), shuffle=True, random_state=1,
    )  # fmt: skip
    assert ours.mean(axis=0) == pytest.approx(theirs.mean(axis=1), abs=0.02)
    assert ours[:, -1].mean() == pytest.approx(theirs[-1].mean(), abs=0.002)


def test_held_out_rows_are_never_learnt_from_and_auc_is_scikit_learns() -> None:
    data = clouds(500, 2)
    data = Sample(np.arange(500.0)[:, None], np.array([False]), data.label, ["row"], [])
    held: list[np.ndarray] = []

    def learner(features: np.ndarray, label: np.ndarray, unseen: np.ndarray) -> np.ndarray:
        assert not set(features[:, 0]) & set(unseen[:, 0])
        assert abs(label.mean() - data.label.mean()) < 0.05
        held.append(unseen[:, 0].astype(int))
        return np.sin(unseen[:, 0]).round(1)

    found = fold_results(data, np.array([60.0, 400.0]), learner, 0)
    assert sorted(np.concatenate(held[::2])) == list(range(500))
    expected = [roc_auc_score(data.label[h], np.sin(h).round(1)) for h in held]
    assert found.ravel() == pytest.approx(expected)


def test_the_intervals_cover_the_expected_auc() -> None:
    from scipy.special import stdtrit

    sizes = np.array([60.0, 150, 380])
    truth = np.array([true_auc(int(n)) for n in sizes])
    covered = np.zeros(3)
    for seed in range(300):
        results = fold_results(clouds(475, 100 + seed), sizes, centroids, seed)
        half = stdtrit(FOLDS - 1, 0.975) * np.sqrt(
            shared_rows(FOLDS, sizes) * results.var(axis=0, ddof=1)
        )
        covered += abs(results.mean(axis=0) - truth) <= half
    # Wider than needed where folds share most rows: what they share cannot be told from so few.
    assert (covered / 300 >= 0.93).all(), covered / 300


def found(tmp_path: Path, **options: Any) -> LearningCurve:
    return learning_curve(from_frame(tmp_path, people(), **TABLE), **options)


def test_a_table_says_what_more_rows_bring_and_what_was_ignored(tmp_path: Path) -> None:
    curve = found(tmp_path, target=0.999)
    assert (curve.used, curve.left_out) == (["income", "age", "contract"], ["note", "since"])
    assert curve.rows == 1_500
    assert len(curve.points) == 6
    assert curve.points["rows"].iloc[-1] == 1_200
    assert 0.6 < curve.auc.value < 0.85
    assert 0 <= curve.doubling.low <= curve.doubling.value <= curve.doubling.high
    text = curve.summary().text
    assert "twice the rows would raise the AUC" in text
    assert "not the product's own model" in text
    assert "note, since" in text
    assert "0.999" in text
    assert curve.target is not None
    assert curve.target.rows is None
    assert "extrapolated" in curve.chart().text
    assert "1,200" in curve.table().text


def test_rows_needed_are_more_for_a_higher_target(tmp_path: Path) -> None:
    curve = found(tmp_path, learner=lambda x, y, new: np.nan_to_num(new[:, 0]))
    assert curve.doubling.value < 0.05
    reached = curve.rows_needed(0.51)
    assert reached.rows is not None or reached.at_least is not None
    never = curve.rows_needed(0.9999)
    assert never.rows is None


def test_the_sample_is_drawn_in_the_engine_the_same_every_time(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, people(6_000), **TABLE)
    first, again, other = (sample(decisions, 1_000, seed) for seed in (1, 1, 2))
    assert 850 < len(first.label) < 1_150
    assert np.array_equal(first.features, again.features, equal_nan=True)
    assert not np.array_equal(first.features, other.features, equal_nan=True)
    everyone = sample(decisions, 20_000, 1)
    assert len(everyone.label) == 6_000
    assert everyone.categorical.tolist() == [False, False, True]
    assert np.isnan(everyone.features[:, 0]).mean() == pytest.approx(0.05, abs=0.02)


def test_the_same_seed_gives_the_same_numbers(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, people(500), **TABLE)
    first, again, other = (learning_curve(decisions, seed=s).estimates for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_too_few_rows_or_no_feature_is_one_sentence(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, people(120), **TABLE)
    with pytest.raises(PlaybookError, match="too few rows"):
        learning_curve(decisions)
    with pytest.raises(PlaybookError, match="no target"):
        learning_curve(decisions, target=1.2)
    bare = from_frame(tmp_path, people(300), **{**TABLE, "features": ["note", "flat"]})
    with pytest.raises(PlaybookError, match="no feature that varies"):
        learning_curve(bare)
    unlabelled = from_frame(tmp_path, people(300), id="id", features=["income"])
    with pytest.raises(PlaybookError, match="without a label"):
        learning_curve(unlabelled)
