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
from scipy.spatial.distance import jensenshannon
from sklearn import metrics

from playbook.errors import PlaybookError
from playbook.evidence import distances
from playbook.evidence.drift import drift
from playbook.evidence.tables import Decisions, open_decisions
from playbook.product import Columns, Product, Table

FEATURES = ["income", "channel", "rooms", "employed", "steady"]
LOANS: dict[str, Any] = {
    "label": "denied",
    "score": "score",
    "prediction": "said",
    "time": "decided",
    "features": FEATURES,
}


def opened(folder: Path, frame: pd.DataFrame, **columns: Any) -> Decisions:
    frame.to_parquet(folder / "data.parquet", index=False)
    table = Table(source="data.parquet", positive="yes", columns=Columns(**columns))
    return open_decisions(
        Product(slug="loans", folder=folder, name="Loans", owner="Ada",
                tables={"decisions": table})
    )  # fmt: skip


def loans(n: int = 12_000, seed: int = 5, months: int = 4) -> pd.DataFrame:
    """Income rises in the last month, and labels then follow scores less."""
    rng = np.random.default_rng(seed)
    month = rng.integers(1, months + 1, n)
    last = month == months
    day = rng.integers(0, 28, n)
    decided = pd.to_datetime({"year": 2025, "month": month, "day": day + 1})
    income = rng.lognormal(10, 0.5, n) * np.where(last, 1.8, 1.0)
    income[rng.random(n) < 0.02] = np.nan
    score = rng.random(n)
    label = rng.random(n) < np.where(last, 0.3 + 0.4 * score, score)
    return pd.DataFrame(
        {
            "decided": decided + pd.to_timedelta(rng.integers(0, 86_400, n), unit="s"),
            "income": income,
            "channel": rng.choice(["branch", "<b>web</b>", "phone", None, " "], n),
            "rooms": rng.integers(1, 7, n),
            "employed": rng.random(n) < 0.8,
            "steady": rng.normal(size=n),
            "score": score,
            "said": np.where(score >= 0.5, "yes", "no"),
            "denied": np.where(label, "yes", "no"),
        }
    )


def test_distances_equal_scipys_and_the_closed_form() -> None:
    a, b = np.array([120, 80, 60, 40, 10]), np.array([300, 420, 150, 90, 40])
    q, p = a / a.sum(), b / b.sum()
    psi = ((p - q) * np.log(p / q)).sum()
    assert math.isclose(distances.population_stability_index(a, b), psi, rel_tol=1e-12)
    kl = stats.entropy(p, q) + stats.entropy(q, p)
    assert math.isclose(distances.population_stability_index(a, b), kl, rel_tol=1e-12)
    js = jensenshannon(p, q, base=2)
    assert math.isclose(distances.jensen_shannon_distance(a, b), js, rel_tol=1e-12)
    ks = stats.ks_2samp(np.repeat(range(5), a), np.repeat(range(5), b)).statistic
    assert math.isclose(distances.kolmogorov_smirnov(a, b), ks, rel_tol=1e-12)


def test_every_count_and_distance_equals_pandas(tmp_path: Path) -> None:
    frame = loans()
    found = drift(opened(tmp_path, frame, **LOANS))
    assert found.columns == [*FEATURES, "score", "said"]
    month = frame["decided"].dt.to_period("M").dt.start_time
    for row in found.rows:
        table = found.binned[row.column].counts
        assert table.sum(axis=1).tolist() == month.value_counts().sort_index().tolist()
        a, b = table.loc[found.reference].to_numpy(), table.loc[row.start].to_numpy()
        there = (a > 0) | (b > 0)
        q, p = a[there] / a.sum(), b[there] / b.sum()
        if (a[there] > 0).all() and (b[there] > 0).all():
            assert math.isclose(row.psi.value, ((p - q) * np.log(p / q)).sum(), rel_tol=1e-9)
        assert math.isclose(row.js.value, jensenshannon(p, q, base=2), rel_tol=1e-9)
        assert row.psi.low <= row.psi.value <= row.psi.high
        if row.ks:
            bins = np.arange(len(a) - 1)
            ks = stats.ks_2samp(np.repeat(bins, a[:-1]), np.repeat(bins, b[:-1])).statistic
            assert math.isclose(row.ks.value, ks, rel_tol=1e-9)
    channel = found.binned["channel"].counts
    for name, counted in channel.items():
        text = frame["channel"].fillna("").str.strip()
        here = text == ("" if name == "(missing)" else name)
        assert counted.tolist() == month[here].value_counts().reindex(
            channel.index, fill_value=0
        ).tolist()  # fmt: skip
    rooms = found.binned["rooms"].counts
    assert list(rooms.columns)[-2:] == ["(other)", "(missing)"]
    assert not found.binned["rooms"].ordered
    income = found.binned["income"].counts
    assert income["(missing)"].sum() == frame["income"].isna().sum()
    shares = income.loc[found.reference].to_numpy()[:-1]
    assert abs(shares / shares.sum() - 0.1).max() < 0.02


def test_only_what_moved_is_flagged_and_said(tmp_path: Path) -> None:
    found = drift(opened(tmp_path, loans(), **LOANS))
    assert [(r.column, r.start.month) for r in found.flagged] == [("income", 4)]
    assert not any(r.beyond_chance for r in found.rows if r.column != "income")
    text = found.summary().text
    assert "7 columns in 3 months compared with Jan 2025" in text
    assert "income has moved: “" in text
    assert "chance alone stays under" in text
    assert "Decisions are less often right in 1 of 3 months; most so in Apr 2025" in text
    assert "moved" in found.table().text
    assert "income has moved furthest since Jan 2025" in found.chart().text
    assert "chance alone stays below" in found.chart().text
    assert "Accuracy was lower in Apr 2025" in found.performance_chart().text
    for shown in (found.summary(), found.table(), found.performance_table()):
        assert "<b>web" not in shown.html
    psi = next(e for e in found.estimates if e.measure == "population_stability_index")
    assert psi.group == {"column": "income", "window": "2025-02-01"}
    assert "by chance alone under" in psi.method
    assert "Holm's correction for 21" in psi.method


def test_performance_by_window_equals_scikit_learns(tmp_path: Path) -> None:
    frame = loans(4_000)
    found = drift(opened(tmp_path, frame, **LOANS))
    month = frame["decided"].dt.to_period("M").dt.start_time
    assert [p.start for p in found.performance] == sorted(month.unique())
    for one in found.performance:
        part = frame[month == one.start]
        y, p = part["denied"] == "yes", part["said"] == "yes"
        expected = {
            "accuracy": metrics.accuracy_score(y, p),
            "recall": metrics.recall_score(y, p),
            "precision": metrics.precision_score(y, p),
            "auc": metrics.roc_auc_score(y, part["score"]),
        }
        for measure, value in expected.items():
            e = one.get(measure)
            assert e is not None
            assert math.isclose(e.value, value, rel_tol=1e-9), measure
            assert e.low < e.value < e.high
    first, last = found.performance[0], found.performance[-1]
    assert first.change is None
    assert last.worse
    a, b = first.get("accuracy"), last.get("accuracy")
    assert a is not None
    assert b is not None
    assert last.change is not None
    assert math.isclose(last.change.value, b.value - a.value, abs_tol=1e-12)


def test_a_window_a_reference_and_columns_can_be_chosen(tmp_path: Path) -> None:
    frame = loans(3_000)
    decisions = opened(tmp_path, frame, **LOANS)
    found = drift(decisions, ["income"], window="week", reference="2025-03-05", size=0.25)
    assert found.reference == pd.Timestamp("2025-03-03")
    assert found.columns == ["income"]
    assert "the week of 3 Mar 2025" in found.summary().text
    quarters = drift(decisions, ["income", "channel", "score"], window="quarter")
    assert "Q1 2025" in quarters.summary().text
    assert len(quarters.rows) == 3
    with pytest.raises(PlaybookError, match="no row lies in the month of 2024-01-01"):
        drift(decisions, reference="2024-01-01")
    with pytest.raises(PlaybookError, match="no row lies in the month of 2026-01-01"):
        drift(decisions, reference="2026-01-01")
    with pytest.raises(PlaybookError, match="'spring' is not a date"):
        drift(decisions, reference="spring")
    with pytest.raises(PlaybookError, match="no column 'incme'"):
        drift(decisions, ["incme"])
    with pytest.raises(PlaybookError, match="lie in one year"):
        drift(decisions, window="year")
    with pytest.raises(PlaybookError, match="no column to watch"):
        drift(decisions, ["decided"])
    no_time = {k: v for k, v in LOANS.items() if k != "time"}
    with pytest.raises(PlaybookError, match="no time"):
        drift(opened(tmp_path, frame, **no_time))


def test_rows_without_time_and_thin_windows_are_left_out_and_said(tmp_path: Path) -> None:
    frame = loans(3_000)
    frame["decided"] = frame["decided"].mask(frame.index < 40)
    frame.loc[50:59, "decided"] = pd.Timestamp("2025-08-01")
    found = drift(opened(tmp_path, frame, **LOANS))
    assert (found.undated, found.thin) == (40, 1)
    text = found.summary().text
    assert "40 rows without a time left out" in text
    assert "1 month with fewer than 30 rows left out" in text


def test_values_unseen_before_and_many_values_count_as_other(tmp_path: Path) -> None:
    frame = loans(6_000)
    rng = np.random.default_rng(0)
    frame["code"] = [f"id{i}" for i in rng.integers(0, 3_000, len(frame))]
    frame["empty"] = pd.Series(np.nan, index=frame.index)
    frame.loc[frame["decided"].dt.month == 4, "channel"] = "fax"
    found = drift(opened(tmp_path, frame, time="decided", features=["code", "channel", "empty"]))
    code, channel = found.binned["code"].counts, found.binned["channel"].counts
    assert len(code.columns) == 52
    assert code.to_numpy().sum() == channel.to_numpy().sum() == len(frame)
    april = pd.Timestamp("2025-04-01")
    assert channel.loc[april, "(other)"] == (frame["decided"].dt.month == 4).sum()
    assert [r.column for r in found.flagged] == ["channel"]
    assert found.performance == []
    assert "performance by window is unknown" in found.performance_table().text
    assert found.performance_chart().text


def test_few_rows_leave_it_open_rather_than_flagged(tmp_path: Path) -> None:
    frame = loans(12_000).groupby(lambda i: i % 60).head(3).reset_index(drop=True)
    frame["income"] = np.random.default_rng(1).random(len(frame))
    found = drift(opened(tmp_path, frame, time="decided", features=["income"]))
    assert not found.flagged
    assert any(r.open for r in found.rows)
    assert "too few rows to tell" in found.summary().text
    assert "No column has surely moved" in found.chart().text


counts = st.lists(st.integers(0, 300), min_size=3, max_size=12)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_counts_give_what_scipy_gives(data: st.DataObject) -> None:
    a = np.array(data.draw(counts.filter(any)))
    b = np.array(data.draw(st.lists(st.integers(0, 300), min_size=len(a), max_size=len(a))
                           .filter(any)))  # fmt: skip
    found = distances.distance(a, b, ordered=True)
    js = jensenshannon(a / a.sum(), b / b.sum(), base=2)
    assert abs(found.js.value - js) < 1e-7
    bins = range(len(a))
    assert found.ks is not None
    ks = stats.ks_2samp(np.repeat(bins, a), np.repeat(bins, b), method="asymp").statistic
    assert abs(found.ks.value - ks) < 1e-9
    for i in (found.psi, found.js, found.ks):
        assert 0 <= i.low <= i.value <= i.high
    assert 0 <= found.chance_95 <= found.chance_99
    assert 0 <= found.p <= 1


def test_the_test_of_no_drift_equals_scipys_chi_squared() -> None:
    a, b = np.array([120, 80, 60, 40]), np.array([300, 420, 150, 90])
    expected = stats.chi2_contingency([a, b], correction=False).pvalue
    assert math.isclose(distances.homogeneity_test(a, b), expected, rel_tol=1e-9)


@pytest.mark.parametrize("sizes", [(300, 300), (5_000, 400), (60, 40)])
def test_chance_levels_are_exceeded_as_rarely_as_they_say(sizes: tuple[int, int]) -> None:
    rng, runs = np.random.default_rng(0), 1_000 if min(sizes) > 100 else 400
    shares = np.array([0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05])
    drawn = [rng.multinomial(n, shares, runs) for n in sizes]
    index = distances.population_stability_index(*drawn)
    levels = np.array([distances.chance_index(a, b) for a, b in zip(*drawn, strict=True)])
    below = (index[:, None] <= levels).mean(axis=0)
    assert 0.93 < below[0] < 0.97
    assert 0.98 < below[1] <= 1
    p = [distances.homogeneity_test(a, b) for a, b in zip(*drawn, strict=True)]
    assert 0.03 < np.mean(np.array(p) < 0.05) < 0.07


@pytest.mark.parametrize(("shift", "n"), [(0.3, 500), (0.8, 500), (0.1, 20_000)])
def test_intervals_of_distances_cover_as_often_as_they_say(shift: float, n: int) -> None:
    rng, runs, bins = np.random.default_rng(1), 400, 10
    q = np.full(bins, 1 / bins)
    p = np.exp(shift * np.linspace(-1.5, 1.5, bins))
    p /= p.sum()
    truth = (
        ((p - q) * np.log(p / q)).sum(),
        jensenshannon(p, q, base=2),
        abs(np.cumsum(p - q)).max(),
    )
    held = np.zeros(3)
    for a, b in zip(rng.multinomial(n, q, runs), rng.multinomial(n, p, runs), strict=True):
        found = distances.distance(a, b, ordered=True, seed=int(a[0]))
        intervals = (found.psi, found.js, found.ks)
        held += [i.low <= t <= i.high for i, t in zip(intervals, truth, strict=True) if i]
    assert (held[:2] / runs > 0.925).all(), held / runs
    assert (held[:2] / runs < 0.975).all(), held / runs
    assert held[2] / runs > 0.95  # Smirnov's band promises no more than "at least"


def test_without_drift_intervals_reach_down_to_zero() -> None:
    rng, runs = np.random.default_rng(2), 200
    shares = np.full(10, 0.1)
    lows = [
        distances.distance(rng.multinomial(2_000, shares), rng.multinomial(900, shares), True)
        for _ in range(runs)
    ]
    for which in ("psi", "js", "ks"):
        assert np.mean([getattr(d, which).low == 0 for d in lows]) > 0.95
