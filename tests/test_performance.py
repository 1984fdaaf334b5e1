from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.counts import count
from playbook.evidence.performance import (
    _NAMES,
    MOST_THRESHOLDS,
    candidate_thresholds,
    performance,
    threshold_sweep,
)


def test_every_measure_equals_scikit_learns(tmp_path: Path) -> None:
    frame = people(3_000)
    perf = performance(from_frame(tmp_path, frame, **LOANS))
    label, predicted = frame["denied"] == "yes", frame["prediction"] == "yes"
    tn, fp, fn, tp = metrics.confusion_matrix(label, predicted).ravel().tolist()
    assert perf.confusion.cells == (tp, fp, tn, fn)
    expected = {
        "accuracy": metrics.accuracy_score(label, predicted),
        "precision": metrics.precision_score(label, predicted),
        "recall": metrics.recall_score(label, predicted),
        "specificity": metrics.recall_score(~label, ~predicted),
        "false_positive_rate": fp / (fp + tn),
        "false_negative_rate": fn / (fn + tp),
        "false_discovery_rate": fp / (fp + tp),
        "negative_predictive_value": metrics.precision_score(~label, ~predicted),
        "base_rate": label.mean(),
        "positive_rate": predicted.mean(),
        "f1_score": metrics.f1_score(label, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(label, predicted),
        "matthews_correlation_coefficient": metrics.matthews_corrcoef(label, predicted),
        "auc": metrics.roc_auc_score(label, frame["score"]),
        "average_precision": metrics.average_precision_score(label, frame["score"]),
        "brier_score": metrics.brier_score_loss(label, frame["score"]),
        "log_loss": metrics.log_loss(label, frame["score"]),
    }
    assert [e.measure for e in perf.estimates] == list(expected)
    for measure, value in expected.items():
        found = perf[measure]
        assert math.isclose(found.value, value, abs_tol=1e-9), measure
        assert found.low < found.value < found.high
        assert found.group is None
    assert perf["recall"].n == tp + fn
    assert perf["precision"].n == tp + fp
    twice = perf.f_score(2)
    assert twice is not None
    assert twice.measure == "f2_score"
    assert twice.value == pytest.approx(metrics.fbeta_score(label, predicted, beta=2), abs=1e-9)


def test_scores_of_0_and_1_that_are_wrong_are_clipped_as_scikit_learn_does(tmp_path: Path) -> None:
    score = np.array([0.0, 1.0, 0.2, 0.9] * 5)
    label = np.array([True, False, False, True] * 5)
    frame = pd.DataFrame({"y": np.where(label, "yes", "no"), "s": score})
    perf = performance(from_frame(tmp_path, frame, label="y", score="s", threshold=0.5))
    assert perf["log_loss"].value == pytest.approx(metrics.log_loss(label, score), abs=1e-9)
    assert perf["log_loss"].low < perf["log_loss"].value < perf["log_loss"].high


def test_perfect_constant_and_tiny_tables_have_intervals(tmp_path: Path) -> None:
    for score in ([0.9, 0.1], [0.9] * 20 + [0.1] * 30, [0.5, 0.5], [0.5] * 50):
        half = len(score) // 2 if len(set(score)) == 1 else sum(x > 0.5 for x in score)
        frame = pd.DataFrame({"y": ["yes"] * half + ["no"] * (len(score) - half), "s": score})
        perf = performance(from_frame(tmp_path, frame, label="y", score="s", threshold=0.6))
        assert perf["auc"].value == (1 if 0.9 in score else 0.5)
        if 0.9 in score:  # an AUC of equal scores is one half whatever the rows
            assert perf["auc"].low < perf["auc"].value
        assert perf["average_precision"].low < perf["average_precision"].value
        assert ("precision" in {e.measure for e in perf.estimates}) == (0.9 in score)
        assert perf["balanced_accuracy"].low < perf["balanced_accuracy"].value


def test_binned_scores_stay_close_and_say_so(tmp_path: Path) -> None:
    frame = people(50_000, distinct=10**9)
    perf = performance(from_frame(tmp_path, frame, **LOANS))
    label = frame["denied"] == "yes"
    assert perf.bins == "4,096 bins of equal width"
    assert "4,096 bins" in perf["auc"].method
    assert abs(perf["auc"].value - metrics.roc_auc_score(label, frame["score"])) < 1e-4
    for measure, exact in (
        ("auc", metrics.roc_auc_score),
        ("average_precision", metrics.average_precision_score),
        ("brier_score", metrics.brier_score_loss),
        ("log_loss", metrics.log_loss),
    ):
        bound = float(re.search(r"widened by at most (\S+) for", perf[measure].method)[1])
        assert abs(perf[measure].value - exact(label, frame["score"])) <= 1.05 * bound, measure
        assert bound < 0.001
    assert "4,096 bins" in perf.table().text


def test_what_cannot_be_computed_is_left_out(tmp_path: Path) -> None:
    frame = people(200).assign(prediction="no")
    perf = performance(from_frame(tmp_path, frame.drop(columns="score"), label="denied",
                                  prediction="prediction"))  # fmt: skip
    assert perf.get("precision") is None
    assert perf.get("auc") is None
    with pytest.raises(PlaybookError, match="gives no 'auc'"):
        perf["auc"]
    assert "finds none of the" in perf.summary().text
    for missing, role in (("denied", "label"), ("prediction", "prediction")):
        roles = {"label": "denied", "prediction": "prediction"}
        del roles[role]
        with pytest.raises(PlaybookError, match=f"this table has no {role}"):
            performance(from_frame(tmp_path, frame, positive="no", **roles))
        assert missing in frame


def test_words_speak_of_the_product_and_escape_it(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, people(800), **LOANS)
    perf = performance(decisions)
    text = perf.summary().text
    assert "applicants who should be denied" in text
    assert "of 100 (" in text
    words = decisions.product.words.model_copy(update={"cases": "<b>people</b>"})
    product = decisions.product.model_copy(update={"words": words})
    object.__setattr__(decisions, "product", product)
    assert "<b>" not in str(performance(decisions).summary().html)
    assert perf.table().text.startswith("How good the decisions are")
    assert all(_NAMES[e.measure][0] in perf.table().text for e in perf.estimates)
    assert "<img alt=" in str(perf.chart().html)


def test_unlabelled_rows_are_mentioned(tmp_path: Path) -> None:
    frame = people(300)
    frame.loc[:9, "denied"] = None
    assert (
        "10 rows without a label"
        in performance(from_frame(tmp_path, frame, **LOANS)).summary().text
    )


@pytest.mark.parametrize("distinct", [300, 10**9])
def test_the_sweep_is_exact_at_each_of_its_thresholds(tmp_path: Path, distinct: int) -> None:
    frame = people(30_000, distinct=distinct)
    counts = count(from_frame(tmp_path, frame, **LOANS), scores=True)
    sweep = threshold_sweep(counts, at=[0.123])
    label, score = frame["denied"] == "yes", frame["score"]
    assert len(sweep) <= MOST_THRESHOLDS + 1
    assert 0.4 in sweep["threshold"].tolist()
    assert (0.123 in sweep["threshold"].tolist()) == (counts.bins == "exact")
    assert (np.diff(sweep["threshold"]) > 0).all()
    assert sweep.iloc[0][["tn", "fn"]].tolist() == [0, 0]
    for row in sweep.iloc[::40].itertuples():
        positive = score >= row.threshold
        expected = [positive & label, positive & ~label, ~positive & ~label, ~positive & label]
        assert [row.tp, row.fp, row.tn, row.fn] == [int(cell.sum()) for cell in expected]
    at_use = sweep[sweep["threshold"] == 0.4].iloc[0]
    assert at_use.tp + at_use.fp == (score >= 0.4).sum()


def test_thinned_thresholds_lie_evenly_among_the_cases(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    score = rng.beta(1, 30, 15_000)
    frame = pd.DataFrame({"denied": np.where(rng.random(15_000) < score, "yes", "no"), "s": score})
    counts = count(from_frame(tmp_path, frame, label="denied", score="s"), scores=True)
    points = candidate_thresholds(counts)
    assert len(points) == MOST_THRESHOLDS - 1
    gaps = np.diff(np.searchsorted(np.sort(score), points))
    assert gaps.min() >= 37
    assert gaps.max() <= 39


def test_weighted_tables_measure_the_population(tmp_path: Path) -> None:
    frame = people(2_000)
    frame["w"] = np.random.default_rng(0).uniform(0.5, 4, len(frame))
    perf = performance(from_frame(tmp_path, frame, **LOANS, weight="w"))
    label, predicted = frame["denied"] == "yes", frame["prediction"] == "yes"
    w = frame["w"]
    expected = {
        "recall": metrics.recall_score(label, predicted, sample_weight=w),
        "f1_score": metrics.f1_score(label, predicted, sample_weight=w),
        "matthews_correlation_coefficient": metrics.matthews_corrcoef(
            label, predicted, sample_weight=w
        ),
        "auc": metrics.roc_auc_score(label, frame["score"], sample_weight=w),
        "average_precision": metrics.average_precision_score(
            label, frame["score"], sample_weight=w
        ),
        "log_loss": metrics.log_loss(label, frame["score"], sample_weight=w),
    }
    for measure, value in expected.items():
        assert perf[measure].value == pytest.approx(value, abs=1e-9), measure
        assert "weighted, effective n by Kish" in perf[measure].method
    assert perf["accuracy"].n == round(w.sum() ** 2 / (w**2).sum())
