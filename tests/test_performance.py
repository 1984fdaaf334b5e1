from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.counts import count
from playbook.evidence.performance import (
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
        "base_rate": label.mean(),
        "positive_rate": predicted.mean(),
        "auc": metrics.roc_auc_score(label, frame["score"]),
        "brier_score": metrics.brier_score_loss(label, frame["score"]),
    }
    assert [e.measure for e in perf.estimates] == list(expected)
    for measure, value in expected.items():
        found = perf[measure]
        assert math.isclose(found.value, value, abs_tol=1e-9), measure
        assert found.low < found.value < found.high
        assert found.group is None
    assert perf["recall"].n == tp + fn
    assert perf["precision"].n == tp + fp


def test_binned_scores_stay_close_and_say_so(tmp_path: Path) -> None:
    frame = people(50_000, distinct=10**9)
    perf = performance(from_frame(tmp_path, frame, **LOANS))
    label = frame["denied"] == "yes"
    assert perf.bins == "4,096 bins of equal width"
    assert "4,096 bins" in perf["auc"].method
    assert abs(perf["auc"].value - metrics.roc_auc_score(label, frame["score"])) < 1e-4
    brier = metrics.brier_score_loss(label, frame["score"])
    assert abs(perf["brier_score"].value - brier) < 1 / 8192
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
