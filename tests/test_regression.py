from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from playbook.errors import PlaybookError
from playbook.evidence import moments
from playbook.evidence.regression import Regression, regression
from playbook.evidence.tables import Decisions, open_decisions
from playbook.product import Columns, Product, Table, Words

TRIPS: dict[str, Any] = {
    "label": "minutes",
    "prediction": "predicted",
    "groups": ["city", "day"],
    "quantiles": {0.1: "p10", 0.5: "p50", 0.9: "p90"},
}


def opened(folder: Path, frame: pd.DataFrame, **columns: Any) -> Decisions:
    frame.to_parquet(folder / "data.parquet", index=False)
    table = Table(source="data.parquet", columns=Columns(**columns))
    words = Words(case="trip", cases="trips")
    return open_decisions(
        Product(slug="trips", folder=folder, name="Trips", owner="Ada", kind="regression",
                words=words, tables={"decisions": table})
    )  # fmt: skip


def trips(n: int = 3_000, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    predicted = rng.gamma(2, 20, n)
    city = rng.choice(["Bonn", "Köln", "<b>Trier</b>"], n, p=[0.6, 0.3, 0.1])
    noise = rng.laplace(0, 8, n) + np.where(city == "Köln", 5, 0)
    minutes = predicted + noise * np.where(city == "<b>Trier</b>", 2, 1)
    spread = 8 * math.log(5)
    return pd.DataFrame(
        {
            "minutes": minutes,
            "predicted": predicted,
            "city": city,
            "day": rng.choice(["week", "weekend"], n),
            "p10": predicted - spread,
            "p50": predicted,
            "p90": predicted + spread,
        }
    )


def test_every_measure_equals_scikit_learns(tmp_path: Path) -> None:
    frame = trips()
    y, p = frame["minutes"], frame["predicted"]
    found = regression(opened(tmp_path, frame, **TRIPS))
    expected = {
        "mean_absolute_error": metrics.mean_absolute_error(y, p),
        "root_mean_squared_error": metrics.root_mean_squared_error(y, p),
        "median_absolute_error": metrics.median_absolute_error(y, p),
        "r_squared": metrics.r2_score(y, p),
        "mean_error": (p - y).mean(),
        "baseline_mean_absolute_error": (y - y.mean()).abs().mean(),
        "mean_absolute_error_difference": (p - y).abs().mean() - (y - y.mean()).abs().mean(),
    }
    for measure, value in expected.items():
        e = found[measure]
        assert math.isclose(e.value, value, rel_tol=1e-9), measure
        assert e.low < e.value < e.high
        assert e.n == len(frame)
    for level, column in TRIPS["quantiles"].items():
        at = {"quantile": f"{level:g}"}
        loss, covered = found.get("pinball_loss", **at), found.get("quantile_coverage", **at)
        assert loss is not None
        assert covered is not None
        pinball = metrics.mean_pinball_loss(y, frame[column], alpha=level)
        assert math.isclose(loss.value, pinball, rel_tol=1e-9)
        assert math.isclose(covered.value, (y <= frame[column]).mean(), abs_tol=1e-12)
    inside = found.get("interval_coverage", quantiles="0.1 to 0.9")
    width = found.get("mean_interval_width", quantiles="0.1 to 0.9")
    assert inside is not None
    assert width is not None
    assert math.isclose(inside.value, y.between(frame["p10"], frame["p90"]).mean())
    assert math.isclose(width.value, (frame["p90"] - frame["p10"]).mean())


def test_mean_intervals_equal_scipys(tmp_path: Path) -> None:
    frame = trips(500)
    found = regression(opened(tmp_path, frame, **TRIPS), confidence=0.9)
    error = frame["predicted"] - frame["minutes"]
    for measure, values in (("mean_error", error), ("mean_absolute_error", error.abs())):
        expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
        assert np.allclose([found[measure].low, found[measure].high], expected, rtol=1e-9)


def test_groups_are_compared_by_welchs_test_with_holms_correction(tmp_path: Path) -> None:
    from statsmodels.stats.multitest import multipletests

    frame = trips()
    found = regression(opened(tmp_path, frame, **TRIPS))
    error = frame["predicted"] - frame["minutes"]
    pvalues, shown = [], []
    for g in found.groups:
        ((column, value),) = g.group.items()
        one = frame[column] == value
        for which, e, p in ((error.abs(), g.error_difference, g.p_error),
                            (error, g.bias_difference, g.p_bias)):  # fmt: skip
            test = stats.ttest_ind(which[one], which[~one], equal_var=False)
            assert e is not None
            assert math.isclose(e.value, which[one].mean() - which[~one].mean(), abs_tol=1e-9)
            assert np.allclose([e.low, e.high], test.confidence_interval(), rtol=1e-6)
            pvalues.append(test.pvalue)
            shown.append(p)
        assert math.isclose(g.error.value, error[one].abs().mean(), rel_tol=1e-9)
    assert np.allclose(shown, multipletests(pvalues, method="holm")[1], rtol=1e-6, atol=1e-12)
    trier = next(g for g in found.groups if g.group == {"city": "<b>Trier</b>"})
    koeln = next(g for g in found.groups if g.group == {"city": "Köln"})
    assert trier.worse
    assert koeln.biased
    assert not any(g.worse or g.biased for g in found.groups if "day" in g.group)


def test_small_groups_are_shown_but_not_judged(tmp_path: Path) -> None:
    frame = trips(400).assign(city=["Ulm"] * 20 + ["Bonn"] * 380)
    found = regression(opened(tmp_path, frame, **TRIPS), by=["city"])
    assert [g.error_difference for g in found.groups] == [None, None]
    assert "too few" in found.group_table().text


def test_sentences_speak_of_the_unit_and_escape_what_files_hold(tmp_path: Path) -> None:
    found = regression(opened(tmp_path, trips(), **TRIPS))
    text = found.summary().text
    assert text.startswith("On average a prediction is off by ")
    assert " minutes (" in text
    assert "Always guessing the average of these trips" in text
    assert "closer." in text
    assert "too low by" in text
    assert "should hold 80 % of outcomes" in text
    assert "For city <b>Trier</b> predictions are off by" in text
    for shown in (found.summary(), found.table(), found.group_table(), found.group_chart()):
        assert "<b>Trier" not in shown.html
    assert found.chart().text.count("minutes") >= 2
    dollars = regression(opened(tmp_path, trips(), **TRIPS), unit="USD")
    assert "off by $" in dollars.summary().text


def test_a_model_no_better_than_the_mean_is_said_to_be_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"minutes": rng.normal(30, 5, 400), "predicted": 30.0})
    found = regression(opened(tmp_path, frame, label="minutes", prediction="predicted"))
    assert "not clearly closer than that" in found.summary().text
    assert "neither clearly too high nor too low" in found.summary().text
    assert found.groups == []
    assert "no groups" in found.group_table().text


def test_rows_without_label_prediction_or_quantile_are_left_out_and_said(tmp_path: Path) -> None:
    frame = trips(200)
    frame.loc[:9, "minutes"] = np.nan
    frame.loc[10:14, "predicted"] = np.nan
    frame.loc[15:24, "p10"] = np.nan
    found = regression(opened(tmp_path, frame, **TRIPS))
    known = frame.dropna(subset=["minutes", "predicted"])
    assert found["mean_absolute_error"].n == 185
    assert found.unlabelled == 15
    assert "15 rows without a label or a prediction left out" in found.summary().text
    loss = found.get("pinball_loss", quantile="0.1")
    there = known.dropna()
    assert loss is not None
    assert loss.n == 175
    expected = metrics.mean_pinball_loss(there["minutes"], there["p10"], alpha=0.1)
    assert math.isclose(loss.value, expected, rel_tol=1e-9)


def test_weighted_rows_count_as_many_cases(tmp_path: Path) -> None:
    frame = trips(600)
    frame["w"] = np.random.default_rng(1).integers(1, 5, 600).astype(float)
    found = regression(opened(tmp_path, frame, weight="w", **TRIPS))
    y, p, w = frame["minutes"], frame["predicted"], frame["w"]
    mae = metrics.mean_absolute_error(y, p, sample_weight=w)
    r2 = metrics.r2_score(y, p, sample_weight=w)
    assert math.isclose(found["mean_absolute_error"].value, mae, rel_tol=1e-9)
    assert math.isclose(found["r_squared"].value, r2, rel_tol=1e-9)
    assert found["mean_absolute_error"].n == round(w.sum() ** 2 / (w**2).sum())
    assert "Kish" in found["mean_absolute_error"].method
    assert found.get("median_absolute_error") is None


def test_faults_are_told_in_one_sentence(tmp_path: Path) -> None:
    decisions = opened(tmp_path, trips(50), **TRIPS)
    with pytest.raises(PlaybookError, match="not one of the product's group columns"):
        regression(decisions, by=["town"])
    with pytest.raises(PlaybookError, match="gives no 'mean_absolut_error'"):
        regression(decisions)["mean_absolut_error"]
    with pytest.raises(PlaybookError, match="no prediction"):
        regression(opened(tmp_path, trips(50), label="minutes"))
    with pytest.raises(PlaybookError, match="fewer than two rows"):
        regression(opened(tmp_path, trips(1), **TRIPS))
    endless = trips(50).assign(minutes=[math.inf] + [1.0] * 49)
    with pytest.raises(PlaybookError, match="infinite"):
        regression(opened(tmp_path, endless, **TRIPS))


numbers = st.floats(-1e4, 1e4).map(lambda x: round(x, 3))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, st.sampled_from("ab")), min_size=3, max_size=40))
def test_any_table_gives_what_pandas_gives(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float, str]]
) -> None:
    frame = pd.DataFrame(rows, columns=["minutes", "predicted", "city"])
    folder = tmp_path_factory.mktemp("any")
    decisions = opened(folder, frame, label="minutes", prediction="predicted", groups=["city"])
    found: Regression = regression(decisions)
    error = frame["predicted"] - frame["minutes"]
    scale = max(1.0, error.abs().max())
    assert abs(found["mean_absolute_error"].value - error.abs().mean()) < 1e-9 * scale
    assert abs(found["mean_error"].value - error.mean()) < 1e-9 * scale
    assert abs(found["median_absolute_error"].value - error.abs().median()) < 1e-9 * scale
    for g in found.groups:
        part = error[frame["city"] == g.group["city"]]
        assert abs(g.error.value - part.abs().mean()) < 1e-9 * scale
    assert found.summary().text
    assert found.chart().text


@pytest.mark.parametrize("shape", ["normal", "laplace", "uniform"])
def test_intervals_cover_as_often_as_they_say(shape: str) -> None:
    rng, n, runs = np.random.default_rng(5), 300, 1_500
    draws = {"normal": rng.normal, "laplace": rng.laplace}.get(shape)
    y = rng.gamma(3, 1, (runs, n))
    e = draws(0, 1, (runs, n)) if draws else rng.uniform(-1, 1, (runs, n))
    truth = {
        "normal": (math.sqrt(2 / math.pi), 1.0),
        "laplace": (1.0, math.sqrt(2)),
        "uniform": (0.5, math.sqrt(1 / 3)),
    }[shape]
    d = y - y.mean(axis=1, keepdims=True)
    sums = [x.sum(axis=1).tolist() for x in
            (abs(e), e**2, e**4, d**2, d**4, e**2 * d**2)]  # fmt: skip
    held = np.zeros(3)
    for absolute, e2, e4, d2, d4, both in zip(*sums, strict=True):
        found = (
            (moments.mean(n, absolute, e2), truth[0]),
            (moments.root_mean_square(n, e2, e4), truth[1]),
            (moments.r_squared(n, e2, e4, d2, d4, both), 1 - truth[1] ** 2 / 3),
        )
        held += [i is not None and i.low <= value <= i.high for i, value in found]
    assert ((held / runs > 0.925) & (held / runs < 0.97)).all(), held / runs


def test_the_gain_over_the_mean_is_covered_though_the_mean_is_estimated() -> None:
    """The baseline's mean comes from the same rows; a skewed label makes that matter."""
    from playbook.evidence.errorsums import Centre
    from playbook.evidence.regression import _overall

    rng, n, runs = np.random.default_rng(8), 300, 1_000
    truth = 0.5 * math.sqrt(2 / math.pi) - 2 / math.e
    held = 0
    for _ in range(runs):
        y, e = rng.exponential(1, n), rng.normal(0, 0.5, n)
        d = y - y.mean()
        gain = abs(e) - abs(d)
        s = {"n": n, "abs": abs(e).sum(), "e": e.sum(), "e2": (e**2).sum(), "e4": (e**4).sum(),
             "d": d.sum(), "d_abs": abs(d).sum(), "d2": (d**2).sum(), "d4": (d**4).sum(),
             "e2d2": (e**2 * d**2).sum(), "d_below": (d < 0).sum(), "gain": gain.sum(),
             "gain2": (gain**2).sum(), "gain_d": (gain * d).sum()}  # fmt: skip
        found = _overall(s, Centre(0, 1, [], None, False), "hours", "", 0.95)
        held += found[-1].low <= truth <= found[-1].high
    assert 0.93 < held / runs < 0.97, held / runs


def test_the_median_error_is_covered(tmp_path: Path) -> None:
    rng, n, runs = np.random.default_rng(2), 200, 2_000
    low, _, high = moments.median_levels(n)
    ends = np.quantile(abs(rng.normal(size=(runs, n))), [low, high], axis=1)
    truth = stats.norm.ppf(0.75)
    assert 0.93 < ((ends[0] <= truth) & (truth <= ends[1])).mean() < 0.97
