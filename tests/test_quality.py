"""The audit of a table, against slow pandas and at the edges."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from make_decisions import from_frame, from_text, people
from playbook.evidence import columns, duplicates
from playbook.evidence.columns import ColumnAudit
from playbook.evidence.quality import QualityAudit, audit

NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*")
ODD_NAMES = ["a b", "select", 'quo"te', "semi;--", "ümläut", "<b>", "x.y", "n", "c0_missing", "{}"]
TEXTS = st.sampled_from(["", " ", "\t", "12", "-1.5", "3e4", "x", "no", "1,5", "n/a", "<i>"])
NUMBERS = st.one_of(
    st.none(),
    st.integers(-3, 3).map(float),
    st.floats(-1e6, 1e6).map(lambda x: round(x, 3)),
    st.sampled_from([math.nan, math.inf, -math.inf]),
)


def column(found: QualityAudit, name: str) -> ColumnAudit:
    return next(c for c in found.columns if c.name == name)


def slow_missing(value: Any) -> bool:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and not value.strip(" \t\n\r\v\f")


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    n = draw(st.integers(1, 25))
    names = draw(st.lists(st.sampled_from(ODD_NAMES), min_size=2, max_size=4, unique=True))
    frame = pd.DataFrame(index=range(n))
    for i, name in enumerate(names):
        kind = NUMBERS if i % 2 else st.one_of(st.none(), TEXTS)
        dtype = "float64" if i % 2 else object
        frame[name] = pd.Series(draw(st.lists(kind, min_size=n, max_size=n)), dtype=dtype)
    if draw(st.booleans()):
        frame = pd.concat([frame, frame.head(draw(st.integers(1, n)))], ignore_index=True)
    return frame


@settings(max_examples=40, deadline=None)
@given(tables())
def test_the_audit_equals_plain_pandas(
    tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame
) -> None:
    for name in frame.columns[::2]:
        frame[name] = frame[name].astype("string")
    found = audit(from_frame(tmp_path_factory.mktemp("t"), frame))
    n = len(frame)
    keys = [tuple("nan" if isinstance(v, float) and math.isnan(v) else v for v in row)
            for row in frame.astype(object).where(frame.notna(), None).to_numpy()]  # fmt: skip
    assert found.n == n
    assert found.duplicates.value == pytest.approx((n - len(set(keys))) / n)
    for name in frame.columns:
        seen, values = column(found, name), list(frame[name].astype(object))
        there = [v for v in values if not slow_missing(v)]
        assert seen.missing.value == pytest.approx((n - len(there)) / n)
        assert seen.missing.n == n
        assert seen.distinct == len(set(there))
        finite = [v for v in there if isinstance(v, str) or math.isfinite(v)]
        share = max((there.count(v) for v in set(finite)), default=0) / max(1, len(there))
        assert seen.constant == (share > 0.995)
        if seen.kind == "number":
            check_numbers(seen, finite)
        else:
            odd = sorted(v for v in there if not NUMBER.fullmatch(v))
            expected = bool(odd) and len(odd) <= 0.05 * len(there)
            assert (seen.odd_value, seen.odd_rows) == (
                (odd[0], len(odd)) if expected else (None, 0)
            )
    for shown in (found.summary(), found.table()):
        assert "<b>" not in shown.html
        assert "<i>" not in shown.html


def check_numbers(seen: ColumnAudit, finite: list[float]) -> None:
    if not finite:
        assert (seen.minimum, seen.quartiles, seen.outliers) == (None, None, None)
        return
    low, middle, high = np.quantile(finite, [0.25, 0.5, 0.75])
    assert (seen.minimum, seen.maximum) == (min(finite), max(finite))
    assert seen.quartiles == pytest.approx((low, middle, high), rel=1e-9, abs=1e-9)
    if seen.outliers is None:
        assert high - low < 1e-6 or (seen.distinct or 0) < columns.CODES
        return
    spread = 3 * (high - low)
    out = [x for x in finite if x < low - spread or x > high + spread]
    assert seen.outliers.value == pytest.approx(len(out) / len(finite))


def test_blank_text_and_not_a_number_are_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["", " ", "\t\n", None, "NA", "0"],
                          "number": [np.nan, 1, 2, 3, 4, 5]})  # fmt: skip
    found = audit(from_frame(tmp_path, frame))
    assert column(found, "text").missing.value == pytest.approx(4 / 6)
    assert column(found, "number").missing.value == pytest.approx(1 / 6)
    assert found.worst_missing is column(found, "text")
    assert found.summary().text.splitlines()[1].startswith("text is missing most often: 4 of 6")


def test_doubled_rows_and_doubled_ids_are_told_apart(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1, 1, 2, 3, 3, None], "x": [5.0, 5.0, 6.0, 7.0, 8.0, 9.0]})
    found = audit(from_frame(tmp_path, frame, id="id"))
    assert (found.duplicates.value, found.duplicates.n) == (pytest.approx(1 / 6), 6)
    assert found.duplicate_ids is not None
    assert (found.duplicate_ids.value, found.duplicate_ids.n) == (pytest.approx(2 / 5), 5)
    text = found.summary().text
    assert "1 of 6 rows (17 %) repeats an earlier row in every column." in text
    assert "2 of 5 rows (40 %) repeat the id of an earlier row." in text


def test_a_clean_table_is_called_clean(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": range(100), "x": np.linspace(0, 1, 100)})
    found = audit(from_frame(tmp_path, frame, id="id"))
    text = found.summary().text
    assert "No value is missing." in text
    assert "No row occurs twice." in text
    assert found.worst_missing is None
    assert found.gravest_contrast is None
    assert "Nothing is missing, and no number lies far out" in found.chart().text


@pytest.mark.parametrize(("others", "constant"), [(0, True), (4, True), (6, False)])
def test_a_column_is_constant_above_99_5_per_cent(
    tmp_path: Path, others: int, constant: bool
) -> None:
    values = ["same"] * (1_000 - others) + [f"other {i}" for i in range(others)]
    numbers = [7.0] * (1_000 - others) + [float(i) for i in range(others)]
    days = pd.to_datetime(["2024-01-01"] * (1_000 - others) + ["2024-05-05"] * others)
    frame = pd.DataFrame({"t": values, "x": numbers, "d": days})
    found = audit(from_frame(tmp_path, frame))
    assert [c.constant for c in found.columns] == [constant] * 3
    assert ("'7'" in found.summary().text) == constant


def test_a_value_far_out_is_counted_and_drawn(tmp_path: Path) -> None:
    values = [*np.linspace(10, 20, 98), 1_000.0, -1_000.0]
    found = audit(from_frame(tmp_path, pd.DataFrame({"income": values, "code": [1, 2] * 50})))
    outliers = column(found, "income").outliers
    assert outliers is not None
    assert (outliers.value, outliers.n) == (0.02, 100)
    assert column(found, "code").outliers is None
    assert (
        "Values lie far outside the usual range in income (2 % of values)." in found.summary().text
    )
    assert "income has values far out in 2 of 100 rows (2 %)" in found.chart().text


def test_numbers_stored_as_text_show_the_value_that_is_none(tmp_path: Path) -> None:
    values = [str(i) for i in range(97)] + ["about 5", "about 5", " "]
    text = "income,zip\n" + "".join(f"{v},{i:05}\n" for i, v in enumerate(values))
    found = audit(from_text(tmp_path, text))
    income = column(found, "income")
    assert (income.kind, income.odd_value, income.odd_rows) == ("text", "about 5", 2)
    assert (
        "income holds numbers as text, except in 2 rows such as 'about 5'." in found.summary().text
    )


def uneven(n: int = 4_000) -> pd.DataFrame:
    rng = np.random.default_rng(90)
    frame = people(n, seed=9)
    lacking = rng.random(n) < np.where(frame["race"] == "Black", 0.30, 0.06)
    frame["income"] = np.where(lacking, np.nan, rng.lognormal(10, 1, n))
    frame["phone"] = np.where(rng.random(n) < 0.1, " ", "yes")
    return frame


def test_missing_values_by_group_equal_pandas_and_name_the_gravest_contrast(
    tmp_path: Path,
) -> None:
    frame = uneven()
    found = audit(from_frame(tmp_path, frame, label="denied", groups=["race", "region"]))
    race = frame["race"].fillna("(missing)")
    for value in ("Black", "White", "(missing)"):
        scope = {"column": "income", "race": value}
        estimate = next(e for e in found.missing_by_group if e.group == scope)
        of_group = frame.loc[race == value, "income"]
        assert estimate.value == pytest.approx(of_group.isna().mean())
        assert estimate.n == len(of_group)
    worst = found.gravest_contrast
    assert worst is not None
    assert (worst.column, worst.group) == ("income", {"race": "Black"})
    black = race == "Black"
    absent = frame["income"].isna()
    ratio = absent[black].mean() / absent[~black].mean()
    assert worst.ratio is not None
    assert worst.ratio.value == pytest.approx(ratio)
    assert worst.ratio.low > 1
    assert "income is missing unevenly: for race Black in" in found.summary().text


def test_contrasts_are_tested_and_adjusted_as_statsmodels_does(tmp_path: Path) -> None:
    frame = uneven(1_500)
    found = audit(from_frame(tmp_path, frame, label="denied", groups=["race", "region"]))
    wanted, tests = [], []
    for name, absent in (("race", frame["race"].isna()), ("income", frame["income"].isna()),
                         ("phone", frame["phone"] == " ")):  # fmt: skip
        for group in ("race", "region"):
            if name == group:
                continue
            values = frame[group].fillna("(missing)")
            for value in sorted(set(values)):
                inside = values == value
                if min(inside.sum(), (~inside).sum()) < 30:
                    continue
                counts = [absent[inside].sum(), absent[~inside].sum()]
                wanted.append((name, value, counts[0] / inside.sum() > counts[1] / (~inside).sum()))
                tests.append(proportions_ztest(counts, [inside.sum(), (~inside).sum()])[1])
        denied = frame["denied"] == "yes"
        counts = [absent[denied].sum(), absent[~denied].sum()]
        wanted.append((name, "label", False))
        tests.append(proportions_ztest(counts, [denied.sum(), (~denied).sum()])[1])
    adjusted = multipletests(tests, method="holm")[1]
    expected = {
        (name, value): p for (name, value, more), p in zip(wanted, adjusted, strict=True) if more
    }
    seen = {(c.column, next(iter(c.group.values()))): c.p_value for c in found.contrasts}
    assert seen == pytest.approx(expected)


def test_an_even_spread_of_missing_values_is_no_contrast(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    frame = people(1_000).assign(x=np.where(rng.random(1_000) < 0.1, np.nan, 1.0))
    frame["race"] = frame["race"].fillna("White")
    found = audit(from_frame(tmp_path, frame, label="denied", groups=["race"]))
    assert found.gravest_contrast is None
    assert "No group lacks values clearly more often" in found.summary().text


def test_many_rows_are_audited_approximately_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "EXACT_ROWS", 1_000)
    monkeypatch.setattr(duplicates, "SLICE_ROWS", 8_192)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=20_000), "id": range(20_000), "t": ["a"] * 20_000})
    found = audit(from_frame(tmp_path, frame, id="id"))
    x = column(found, "x")
    assert x.approximate
    assert x.quartiles == pytest.approx(tuple(np.quantile(frame["x"], [0.25, 0.5, 0.75])), abs=0.03)
    assert x.distinct == pytest.approx(20_000, rel=0.1)
    assert column(found, "t").constant
    assert found.duplicates.value == 0
    assert "not everything is exact" in found.summary().text


def test_dates_flags_and_nested_values_are_audited_too(tmp_path: Path) -> None:
    frame = pd.DataFrame({
        "day": pd.to_datetime(["2024-01-01", None, "2024-03-01"]),
        "flag": [True, None, False], "many": [[1, 2], None, [3]],
    })  # fmt: skip
    found = audit(from_frame(tmp_path, frame))
    assert [c.kind for c in found.columns] == ["time", "true/false", "other"]
    assert [round(c.missing.value, 2) for c in found.columns] == [0.33, 0.33, 0.33]
    assert [c.distinct for c in found.columns] == [2, 2, None]
    span = column(found, "day").span
    assert span is not None
    assert span[0].startswith("2024-01-01")
    assert span[1].startswith("2024-03-01")
    assert "2024-01-01" in found.table().text


def test_every_estimate_names_its_column(tmp_path: Path) -> None:
    found = audit(from_frame(tmp_path, uneven(300), label="denied", groups=["race"]))
    missing = [e for e in found.estimates if e.measure == "missing_rate"]
    assert {"column": "income"} in [e.group for e in missing]
    assert {"column": "income", "race": "Black"} in [e.group for e in missing]
    assert found.estimates[0].measure == "duplicate_rate"


def test_a_group_column_called_column_keeps_its_own_place(tmp_path: Path) -> None:
    frame = uneven(300).rename(columns={"race": "column"})
    found = audit(from_frame(tmp_path, frame, label="denied", groups=["column"]))
    assert {"column": "Black", "lacking": "income"} in [e.group for e in found.missing_by_group]
