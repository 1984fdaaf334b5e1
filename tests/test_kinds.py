"""Weights, bands, windows, classes, amounts and ranks: every kind of table opens and is counted."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.bands import band_names
from playbook.evidence.counts import count
from playbook.evidence.intervals import wilson
from playbook.evidence.performance import performance
from playbook.evidence.tables import MISSING


def applicants(n: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    day = pd.Timestamp("2025-01-15") + pd.to_timedelta(rng.integers(0, 300, n), "D")
    return people(n).assign(age=rng.integers(18, 90, n), day=day, weight=rng.choice([1, 3], n))


def test_bands_of_whole_numbers_read_as_people_say_them(tmp_path: Path) -> None:
    frame = applicants().assign(age=[24, 25, 44, 45] * 125)
    loans = {**LOANS, "groups": ["age"], "bins": {"age": [25, 45]}}
    decisions = from_frame(tmp_path, frame, **loans)
    counts = count(decisions, by=["age"]).frame.groupby("age")["n"].sum()
    assert counts.to_dict() == {"under 25": 125, "25 to 44": 250, "45 and over": 125}
    assert decisions.group_order == {"age": ["under 25", "25 to 44", "45 and over"]}


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.one_of(st.none(), st.floats(-10, 10, width=32)), min_size=2, max_size=30),
    edges=st.lists(st.integers(-8, 8), min_size=1, max_size=4, unique=True).map(sorted),
)
def test_every_value_falls_into_the_band_that_holds_it(
    values: list[float | None], edges: list[int]
) -> None:
    names = band_names(edges, whole=False)
    slow: dict[str, int] = {}
    for value in values:
        place = MISSING if value is None else names[sum(value >= edge for edge in edges)]
        slow[place] = slow.get(place, 0) + 1
    frame = pd.DataFrame({"y": ["yes", "no"] * len(values), "x": [*values, *values]})
    frame["x"] = frame["x"].astype(float)
    with tempfile.TemporaryDirectory() as folder:
        decisions = from_frame(Path(folder), frame, label="y", groups=["x"], bins={"x": edges})
        found = count(decisions, by=["x"]).frame.groupby("x")["n"].sum().to_dict()
    assert found == {name: 2 * n for name, n in slow.items()}


def test_one_value_bands_have_no_range() -> None:
    assert band_names([1, 2, 4], whole=True) == ["under 1", "1", "2 to 3", "4 and over"]


@pytest.mark.parametrize(("window", "unit"), [("month", "M"), ("quarter", "Q"), ("day", "D")])
def test_windows_are_those_of_the_calendar(tmp_path: Path, window: Any, unit: str) -> None:
    frame = applicants()
    decisions = from_frame(tmp_path, frame, time="day", **LOANS)
    counts = count(decisions, by=["race"], window=window).frame
    slow = frame["day"].dt.to_period(unit).dt.start_time.value_counts().sort_index()
    assert counts.groupby("window")["n"].sum().tolist() == slow.tolist()
    assert counts["window"].drop_duplicates().sort_values().tolist() == list(slow.index)


def test_weights_give_population_shares_and_kish_s_effective_cases(tmp_path: Path) -> None:
    frame = applicants()
    decisions = from_frame(tmp_path, frame, **{**LOANS, "weight": "weight"})
    counts = count(decisions, by=["race"])
    weight = frame["weight"].astype(float)
    effective = weight.sum() ** 2 / (weight**2).sum()
    assert counts.weighted
    assert counts.frame["n"].sum() == pytest.approx(effective)
    assert counts.frame["rows"].sum() == len(frame)
    right = weight[frame["denied"] == frame["prediction"]].sum() / weight.sum()
    accuracy = performance(decisions)["accuracy"]
    low, high = map(float, wilson(right * effective, effective))
    assert (accuracy.value, accuracy.low, accuracy.high) == pytest.approx((right, low, high))
    assert "weighted" in accuracy.method


def test_a_weight_of_two_has_the_shares_of_two_rows(tmp_path: Path) -> None:
    frame = applicants(200).assign(weight=1)
    twice = frame.assign(weight=np.where(frame["race"] == "Black", 2, 1))
    doubled = pd.concat([frame, frame[frame["race"] == "Black"]])
    found = []
    for name, table, extra in (("w", twice, {"weight": "weight"}), ("d", doubled, {})):
        folder = tmp_path / name
        folder.mkdir()
        measured = performance(from_frame(folder, table, **{**LOANS, **extra}))
        found.append({e.measure: e.value for e in measured.estimates if e.unit == "share"})
    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize("bad", [0, -1, np.nan, np.inf])
def test_a_weight_that_is_none_is_told(tmp_path: Path, bad: float) -> None:
    frame = applicants(50).assign(weight=1.0)
    frame.loc[3, "weight"] = bad
    with pytest.raises(PlaybookError, match="weight is missing, zero or negative in 1 row"):
        from_frame(tmp_path, frame, **{**LOANS, "weight": "weight"})


def test_classes_are_spelled_as_the_product_spells_them(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"y": ["Bill ", "invoice", None, "LETTER"], "p": ["bill", "bill", "bill", "letter"]}
    )
    named = {"label": "y", "prediction": "p", "classes": ["Bill", "Invoice", "Letter"]}
    decisions = from_frame(tmp_path, frame, **named)
    assert (decisions.binary, decisions.n, decisions.n_labelled) == (False, 4, 3)
    cases = decisions.cases.execute()
    assert cases["label"].tolist() == ["Bill", "Invoice", "Letter"]
    assert cases["prediction"].tolist() == ["Bill", "Bill", "Letter"]
    with pytest.raises(PlaybookError, match="not among the classes: 'leter'") as caught:
        from_frame(tmp_path, frame.assign(p="leter"), **named)
    assert "Did you mean 'Letter'?" in str(caught.value)


def test_amounts_are_numbers_and_rows_without_one_are_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"y": [1.5, 2, np.nan, 4], "p": [1, np.nan, 3, 4], "hi": [2.0, 3, 4, 5], "lo": 0}
    )
    columns = {"label": "y", "prediction": "p", "quantiles": {0.9: "hi", 0.1: "lo"}}
    decisions = from_frame(tmp_path, frame, kind="regression", **columns)
    assert decisions.quantile_levels == (0.1, 0.9)
    cases = decisions.cases.execute()
    assert cases.to_dict("list") == {
        "label": [1.5, 4.0], "prediction": [1.0, 4.0],
        "quantile_0": [0.0, 0.0], "quantile_1": [2.0, 5.0],
    }  # fmt: skip
    with pytest.raises(PlaybookError, match="the label is text, not a number"):
        from_frame(tmp_path, frame.assign(y="late"), kind="regression", **columns)


def test_ranked_rows_need_a_list_and_a_score(tmp_path: Path) -> None:
    frame = pd.DataFrame({"q": ["a", "a", "b"], "y": [1, 0, 2], "s": [3.5, -1, 0]})
    columns = {"label": "y", "score": "s", "query": "q"}
    decisions = from_frame(tmp_path, frame, kind="ranking", **columns)
    assert decisions.cases.execute()["label"].tolist() == [1.0, 0.0, 2.0]
    frame.loc[1, "q"] = None
    with pytest.raises(PlaybookError, match="the list that a row belongs to is missing in 1 row"):
        from_frame(tmp_path, frame, kind="ranking", **columns)


def test_a_time_that_is_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="the time is stored as string"):
        from_frame(tmp_path, applicants(50).assign(day="May"), time="day", **LOANS)
    decisions = from_frame(tmp_path, applicants(50), **LOANS)
    with pytest.raises(PlaybookError, match="this table has no time"):
        count(decisions, window="month")
