from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from playbook.errors import PlaybookError
from playbook.evidence.multiclass import MOST_CELLED, _overall, _rates, multiclass
from playbook.evidence.tables import Decisions, open_decisions
from playbook.product import Columns, Product, Table, Words

KINDS = ["bill", "invoice", "letter", "<b>memo</b>"]


def opened(
    folder: Path, frame: pd.DataFrame, classes: list[str] = KINDS, **columns: Any
) -> Decisions:
    frame.to_parquet(folder / "data.parquet", index=False)
    roles = {"label": "kind", "prediction": "said"} | columns
    table = Table(source="data.parquet", classes=classes, columns=Columns(**roles))
    words = Words(case="document", cases="documents")
    return open_decisions(
        Product(slug="mail", folder=folder, name="Mail", owner="Ada", words=words,
                tables={"decisions": table})
    )  # fmt: skip


def mail(n: int = 2_000, seed: int = 2, classes: list[str] = KINDS) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    share = np.arange(len(classes), 0, -1.0)
    kind = rng.choice(classes, n, p=share / share.sum())
    said = np.where(rng.random(n) < 0.7, kind, rng.choice(classes, n))
    return pd.DataFrame({"kind": kind, "said": said})


def test_every_measure_equals_scikit_learns(tmp_path: Path) -> None:
    frame = mail()
    found = multiclass(opened(tmp_path, frame))
    y, p = frame["kind"], frame["said"]
    expected = {
        "accuracy": metrics.accuracy_score(y, p),
        "macro_precision": metrics.precision_score(y, p, average="macro"),
        "macro_recall": metrics.balanced_accuracy_score(y, p),
        "macro_f1": metrics.f1_score(y, p, average="macro"),
        "cohen_kappa": metrics.cohen_kappa_score(y, p),
        "baseline_accuracy": y.value_counts(normalize=True).max(),
    }
    for measure, value in expected.items():
        e = found[measure]
        assert math.isclose(e.value, value, rel_tol=1e-9), measure
        assert e.low < e.value < e.high
        assert e.n == len(frame)
    report = metrics.classification_report(y, p, output_dict=True)
    for name in KINDS:
        for measure, key in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            e = found.of(measure, name)
            assert e is not None
            assert math.isclose(e.value, report[name][key], rel_tol=1e-9)
            assert e.low < e.value < e.high
    table = metrics.confusion_matrix(y, p, labels=KINDS)
    assert (found.confusion.to_numpy() == table).all()
    assert found.classes == KINDS


def test_confusions_are_told_by_frequency_in_natural_frequencies(tmp_path: Path) -> None:
    frame = pd.DataFrame({"kind": ["bill"] * 100 + ["invoice"] * 60 + ["letter"] * 40})
    frame["said"] = ["bill"] * 85 + ["invoice"] * 12 + ["letter"] * 3 + frame["kind"].tolist()[100:]
    found = multiclass(opened(tmp_path, frame))
    first, second = found.confused
    assert (first.label, first.prediction, first.n) == ("bill", "invoice", 12)
    assert second.n == 3
    text = found.summary().text
    assert "documents that are “bill” are taken for “invoice”" in text
    assert "12 of 100 (" in text
    assert "Always saying “bill” would be right for 50 of 100" in text
    assert "No document here is “<b>memo</b>”" in text
    for shown in (found.summary(), found.class_table(), found.confusion_table(), found.table()):
        assert "<b>memo" not in shown.html
    assert "bill" in found.chart().text


def test_the_gain_over_the_most_common_class_is_tested_on_the_same_rows(tmp_path: Path) -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    frame = mail(300)
    found = multiclass(opened(tmp_path, frame))
    right, common = frame["kind"] == frame["said"], frame["kind"] == found.most_common
    e = found["accuracy_difference"]
    assert math.isclose(e.value, right.mean() - common.mean(), abs_tol=1e-12)
    p = mcnemar(pd.crosstab(right, common), exact=False, correction=False).pvalue
    assert (p < 0.05) == (e.low > 0 or e.high < 0)


def test_a_faultless_model_keeps_intervals(tmp_path: Path) -> None:
    frame = mail(80).assign(said=lambda f: f["kind"])
    found = multiclass(opened(tmp_path, frame))
    for measure in ("accuracy", "macro_recall", "macro_precision", "macro_f1", "cohen_kappa"):
        e = found[measure]
        assert math.isclose(e.value, 1)
        assert 0.5 < e.low < 1, measure
    assert found.confused == []
    assert "No class was taken for another" in found.summary().text
    assert found.chart().text


def test_a_class_never_decided_for_has_no_precision_but_counts_as_zero(tmp_path: Path) -> None:
    frame = mail(400)
    frame["said"] = frame["said"].replace("<b>memo</b>", "bill")
    found = multiclass(opened(tmp_path, frame))
    assert found.of("precision", "<b>memo</b>") is None
    f1 = found.of("f1", "<b>memo</b>")
    assert f1 is not None
    assert f1.value == 0 < f1.high
    expected = metrics.precision_score(
        frame["kind"], frame["said"], average="macro", zero_division=0
    )
    assert math.isclose(found["macro_precision"].value, expected, rel_tol=1e-9)


def test_many_classes_are_told_by_their_most_confused_pairs(tmp_path: Path) -> None:
    classes = [f"code {i:02d}" for i in range(MOST_CELLED + 10)]
    frame = mail(3_000, classes=classes)
    found = multiclass(opened(tmp_path, frame, classes))
    expected = metrics.f1_score(frame["kind"], frame["said"], average="macro")
    assert math.isclose(found["macro_f1"].value, expected, rel_tol=1e-9)
    assert found["macro_f1"].low < expected < found["macro_f1"].high
    assert "24 most frequent" in found.confusion_table().text


def test_weighted_rows_count_as_many_cases(tmp_path: Path) -> None:
    frame = mail(500)
    frame["w"] = np.random.default_rng(0).integers(1, 6, 500).astype(float)
    found = multiclass(opened(tmp_path, frame, weight="w"))
    y, p, w = frame["kind"], frame["said"], frame["w"]
    f1 = metrics.f1_score(y, p, average="macro", sample_weight=w)
    assert math.isclose(found["macro_f1"].value, f1, rel_tol=1e-9)
    kappa = metrics.cohen_kappa_score(y, p, sample_weight=w)
    assert math.isclose(found["cohen_kappa"].value, kappa, rel_tol=1e-9)
    assert found["accuracy"].n == round(w.sum() ** 2 / (w**2).sum())
    assert all("Kish" in e.method for e in found.estimates)


def test_faults_are_told_in_one_sentence(tmp_path: Path) -> None:
    decisions = opened(tmp_path, mail(50))
    with pytest.raises(PlaybookError, match="gives no 'macro_f2'"):
        multiclass(decisions)["macro_f2"]
    frame = mail(50).replace(KINDS, ["yes", "no", "no", "no"])
    frame.to_parquet(tmp_path / "data.parquet", index=False)
    table = Table(source="data.parquet", positive="yes",
                  columns=Columns(label="kind", prediction="said"))  # fmt: skip
    binary = Product(slug="m", folder=tmp_path, name="M", owner="A", tables={"decisions": table})
    with pytest.raises(PlaybookError, match="states no classes"):
        multiclass(open_decisions(binary))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1,
                max_size=40))  # fmt: skip
def test_any_table_gives_what_scikit_learn_gives(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    frame = pd.DataFrame(rows, columns=["kind", "said"])
    found = multiclass(opened(tmp_path_factory.mktemp("any"), frame, ["a", "b", "c", "d"]))
    expected = metrics.f1_score(frame["kind"], frame["said"], average="macro", zero_division=0)
    assert abs(found["macro_f1"].value - expected) < 1e-9
    assert abs(found["accuracy"].value - (frame["kind"] == frame["said"]).mean()) < 1e-9
    for shown in (found.summary(), found.table(), found.class_table(), found.confusion_table(),
                  found.chart()):  # fmt: skip
        assert shown.text


def test_intervals_cover_as_often_as_they_say() -> None:
    shares = np.array([[0.42, 0.05, 0.03], [0.06, 0.22, 0.02], [0.05, 0.03, 0.12]])
    rng, runs, n = np.random.default_rng(6), 400, 400
    real, said, right = shares.sum(axis=1), shares.sum(axis=0), np.diag(shares)
    chance = (real * said).sum()
    truth = {
        "macro_precision": (right / said).mean(),
        "macro_recall": (right / real).mean(),
        "macro_f1": (2 * right / (real + said)).mean(),
        "cohen_kappa": (right.sum() - chance) / (1 - chance),
        "f1": 2 * right[2] / (real[2] + said[2]),
    }
    held = dict.fromkeys(truth, 0)
    for _ in range(runs):
        cells = rng.multinomial(n, shares.ravel()).reshape(3, 3).astype(float)
        found = {e.measure: e for e in _overall(cells, ["a", "b", "c"], "", 0.95)}
        found |= {e.measure: e for e in _rates(cells, ["a", "b", "c"], "", 0.95)}
        for measure, value in truth.items():
            held[measure] += found[measure].low <= value <= found[measure].high
    for measure, times in held.items():
        assert 0.925 < times / runs < 0.975, (measure, times / runs)
