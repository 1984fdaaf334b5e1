"""Quality by window of time: equal to pandas, honest about days, small windows and no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from make_decisions import LOANS, from_frame, people
from playbook.errors import NoEvidence
from playbook.evidence import moments
from playbook.evidence.overtime import OverTime, over_time
from playbook.evidence.tables import open_decisions
from playbook.evidence.timesums import DaySums
from playbook.evidence.wrongness import Scale
from playbook.product import load_product
from playbook.shipped import shipped

AMOUNTS: dict[str, Any] = {"kind": "regression", "label": "y", "prediction": "p", "time": "t"}


def errors(
    folder: Path, error: np.ndarray, start: str = "2024-01-01", step: str = "3h", **more: Any
) -> OverTime:
    n = len(error)
    y = np.random.default_rng(0).normal(50, 5, n)
    frame = pd.DataFrame({"y": y, "p": y + error, "t": pd.date_range(start, periods=n, freq=step)})
    return over_time(from_frame(folder, frame.assign(**more), **AMOUNTS))


def test_amounts_by_month_equal_pandas(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    error = rng.normal(1, 4, 8 * 182)  # to the end of June
    found = errors(tmp_path, error)
    off = pd.Series(np.abs(error), pd.date_range("2024-01-01", periods=len(error), freq="3h"))
    months = off.groupby(pd.DatetimeIndex(off.index).strftime("%Y-%m"))
    assert found.window == "month"
    for w, (name, part) in zip(found.windows, months, strict=True):
        assert w.error is not None
        assert w.error.group == {"window": name}
        assert (w.error.value, w.error.n) == pytest.approx((part.mean(), len(part)))
        assert "days as clusters" in w.error.method
    assert found.change is not None
    early, late = off[:"2024-03"], off["2024-04":]
    assert found.change.value == pytest.approx(late.mean() - early.mean())
    assert not found.worse
    assert "may be chance" in found.summary().text
    bias = found.windows[0].bias
    assert bias is not None
    assert bias.value == pytest.approx(error[: 8 * 31].mean())


def test_it_becomes_worse_and_says_since_when(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    found = errors(tmp_path, rng.normal(0, np.where(np.arange(1_456) < 728, 2, 6)))
    assert found.worse
    said = found.summary().text
    assert "In January 2024 a prediction was off by" in said or "Before April 2024" in said
    assert "That is surely worse." in said
    assert "Predictions become worse" in found.chart().text
    assert "by month of 2024, with intervals. Starts at Jan: " in found.chart().text
    assert "Later half" in found.table().text


def test_outcomes_have_error_rates_and_auc(tmp_path: Path) -> None:
    frame = people().assign(t=pd.date_range("2024-01-01", periods=2_000, freq="1h"))
    found = over_time(from_frame(tmp_path, frame, **LOANS, time="t"))
    wrong = frame["denied"] != frame["prediction"]
    assert found.window == "month"
    january = frame["t"] < "2024-02-01"
    first = found.windows[0]
    assert first.error is not None
    assert first.auc is not None
    assert first.error.value == pytest.approx(wrong[january].mean())
    assert first.auc.value == pytest.approx(
        roc_auc_score(frame.loc[january, "denied"] == "yes", frame.loc[january, "score"])
    )
    assert first.bias is None
    assert "applicants were decided wrongly" in found.summary().text


def by_day(day: np.ndarray, each: int, rng: np.random.Generator) -> DaySums:
    """Errors of `each` cases a day, added up as the query does."""
    e = day[:, None] + rng.normal(0, 1, (len(day), each))
    ones = np.full(len(day), float(each))
    days = pd.date_range("2024-01-01", periods=len(day))
    return DaySums(pd.DataFrame({
        "day": days, "rows": ones, "weight": ones, "weight_sq": ones,
        "off": np.abs(e).sum(1), "off2": (e**2).sum(1),
        "over": np.maximum(e, 0).sum(1), "under": np.maximum(-e, 0).sum(1),
    }))  # fmt: skip


def test_intervals_hold_what_they_promise_where_days_are_bad_together() -> None:
    rng = np.random.default_rng(3)
    scale, group = Scale(True, "minutes", "", 0.95), {"window": "2024"}
    hits, naive = 0, 0
    draws = 200
    for _ in range(draws):
        days = by_day(rng.normal(1, 3, 60), 20, rng)
        e = days.bias(scale, group)
        assert e is not None
        hits += e.low <= 1 <= e.high
        sums = days.sums
        alone = moments.mean(sums.n, sums.over - sums.under, sums.off2)
        assert alone is not None
        naive += alone.low <= 1 <= alone.high
    assert hits / draws == pytest.approx(0.95, abs=0.047)  # three binomial standard errors
    assert naive / draws < 0.5
    assert days.effective("bias").n < 1_200 / 10


def test_without_bad_days_little_is_lost() -> None:
    rng = np.random.default_rng(4)
    worth = [by_day(np.zeros(60), 20, rng).effective("off").n / 1_200 for _ in range(100)]
    assert np.mean(worth) > 0.85
    assert max(worth) <= 1


def test_small_windows_and_rows_without_a_time_are_named(tmp_path: Path) -> None:
    times = [*pd.date_range("2024-01-01", periods=20, freq="1D"),
             *pd.date_range("2024-02-01", "2024-03-31", periods=200), *[pd.NaT] * 7]  # fmt: skip
    y = np.arange(227.0)
    frame = pd.DataFrame({"y": y, "p": y + np.sin(y), "t": times})
    frame.loc[100, "p"] = np.nan
    found = over_time(from_frame(tmp_path, frame, **AMOUNTS))
    assert found.windows[0].n == 20
    assert found.windows[0].error is None
    assert found.undated == 7
    assert "January 2024 | 20 | too few to judge" in found.table().text
    assert "1 month has too few applicants to judge." in found.summary().text
    assert "7 rows without a time left out." in found.summary().text


@pytest.mark.parametrize(
    ("step", "window", "name"),
    [("10min", "day", "2024-01-01"), ("1h", "week", "2024-01-01"), ("1D", "month", "2024-01"),
     ("2D", "quarter", "2024-Q1"), ("7D", "year", "2024")],
)  # fmt: skip
def test_the_window_follows_the_span(tmp_path: Path, step: str, window: str, name: str) -> None:
    found = errors(tmp_path, np.random.default_rng(6).normal(0, 1, 1_000), step=step)
    assert found.window == window
    assert found.windows[0].error is None or found.windows[0].error.group == {"window": name}
    assert found.summary().text
    assert found.chart().text


def test_several_classes_and_weights(tmp_path: Path) -> None:
    n = 600
    y = np.resize(["a", "b", "c"], n)
    said = np.where(np.arange(n) % 5 == 0, "a", y)
    frame = pd.DataFrame({"y": y, "p": said, "w": np.tile([1.0, 3.0], n // 2),
                          "t": pd.date_range("2024-01-01", periods=n, freq="6h")})  # fmt: skip
    found = over_time(from_frame(tmp_path, frame, label="y", prediction="p", weight="w", time="t",
                                 classes=["a", "b", "c"]))  # fmt: skip
    late = found.halves[1]
    here = (frame["t"] >= late.start) & (frame["y"] != frame["p"])
    assert late.error is not None
    assert late.error.value == pytest.approx(
        frame.loc[here, "w"].sum() / frame.loc[frame["t"] >= late.start, "w"].sum()
    )


def test_no_time_or_too_little_is_no_evidence(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="names no time"):
        over_time(from_frame(tmp_path, people(), **LOANS))
    with pytest.raises(NoEvidence, match="no two stretches"):
        errors(tmp_path, np.zeros(40), step="1min")
    frame = people(100).assign(t=pd.Series([pd.NaT] * 100, dtype="datetime64[ns]"))
    with pytest.raises(NoEvidence, match="no row with an outcome has a time"):
        over_time(from_frame(tmp_path, frame, **LOANS, time="t"))


def test_flights_by_month() -> None:
    product = load_product(shipped("templates/products/flight-delay"))
    found = over_time(open_decisions(product))
    stored = pd.read_parquet(product.folder / "data/decisions.parquet")
    stored = stored.dropna(subset=["arrival_delay", "predicted_delay"])
    off = (stored["predicted_delay"] - stored["arrival_delay"]).abs()
    months = off.groupby(stored["scheduled_departure"].dt.strftime("%Y-%m")).mean()
    told = {f"{w.start:%Y-%m}": w.error.value for w in found.windows if w.error}
    assert told == pytest.approx(months.to_dict())
    assert "In October 2013 a prediction was off by 18.1 minutes" in found.summary().text
