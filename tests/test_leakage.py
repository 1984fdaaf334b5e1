"""Leakage: columns that know the outcome are named, strong honest ones are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from make_decisions import from_frame
from playbook.errors import PlaybookError
from playbook.evidence.cells import CELLS, Cells, count_cells
from playbook.evidence.leakage import Leakage, leakage
from playbook.evidence.stored import bucket, labelled, part, telling


def rows(n: int = 3_000, base: float = 0.2, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = rng.random(n) < base
    frame = pd.DataFrame({
        "y": np.where(label, "left", "stayed"),
        "strong": label * 1.466 + rng.normal(size=n),  # AUC 0.85
        "weak": label * 0.3 + rng.normal(size=n),
        "city": rng.choice(list("abcdef"), n),
    })  # fmt: skip
    return frame, label


def look(folder: Path, frame: pd.DataFrame, **table: object) -> Leakage:
    taken = {"y", table.get("id"), table.get("time")}
    table.setdefault("features", [c for c in frame.columns if c not in taken])
    return leakage(from_frame(folder, frame, label="y", positive="left", **table))


def auc_of(found: Leakage, column: str) -> float:
    return next(e.value for e in found.alone if e.group == {"column": column})


def test_a_strong_honest_feature_is_not_suspect(tmp_path: Path) -> None:
    frame, _ = rows()
    found = look(tmp_path, frame)
    assert found.suspects == []
    assert auc_of(found, "strong") == pytest.approx(0.85, abs=0.02)
    assert "No column gives the outcome away, of 3 features." in found.summary().text
    assert "most telling column is strong" in found.summary().text


def test_a_feature_that_alone_tells_the_label_is_suspect(tmp_path: Path) -> None:
    frame, label = rows()
    noise = np.random.default_rng(5).normal(0, 0.25, len(frame))
    found = look(tmp_path, frame.assign(leak=-1.0 * label + noise))
    (suspect,) = found.suspects
    assert (suspect.column, suspect.kind) == ("leak", "alone")
    assert suspect.estimate.low >= 0.95
    assert "Ask the data owner when leak is written" in found.summary().text


def test_a_category_that_alone_tells_the_label_is_suspect(tmp_path: Path) -> None:
    frame, label = rows()
    rng = np.random.default_rng(2)
    state = np.where(label, rng.choice(["closed", "lost"], 3_000), rng.choice(list("xyz"), 3_000))
    found = look(tmp_path, frame.assign(state=state))
    assert [(s.column, s.kind) for s in found.suspects] == [("state", "alone")]
    assert auc_of(found, "state") == 1.0


def test_a_number_whose_order_hides_the_label_is_suspect(tmp_path: Path) -> None:
    frame, label = rows()
    code = np.where(label, np.random.default_rng(2).choice([1, 5, 9], 3_000), 4)
    found = look(tmp_path, frame.assign(code=code))
    assert [(s.column, s.kind) for s in found.suspects] == [("code", "alone")]


def test_many_different_values_are_no_leak(tmp_path: Path) -> None:
    frame, _ = rows()
    rng = np.random.default_rng(3)
    names = [f"K{i:05d}" for i in rng.permutation(3_000)]
    pairs = [f"P{i // 2}" for i in rng.permutation(3_000)]
    found = look(tmp_path, frame.assign(name=names, pair=pairs, few=rng.integers(0, 900, 3_000)))
    assert found.suspects == []
    assert max(auc_of(found, c) for c in ("name", "pair", "few")) < 0.6


@pytest.mark.parametrize("positive", [True, False])
def test_a_value_there_for_one_outcome_only_is_suspect(tmp_path: Path, positive: bool) -> None:
    frame, label = rows()
    there = (label == positive) & (np.random.default_rng(4).random(3_000) < 0.5)
    found = look(tmp_path, frame.assign(reason=np.where(there, "price", None)))
    (suspect,) = found.suspects
    assert (suspect.column, suspect.kind) == ("reason", "missingness")
    assert suspect.estimate.value == pytest.approx(
        max(roc_auc_score(label, there), roc_auc_score(label, ~there)), abs=1e-12
    )
    own = "denied" if positive else "approved"
    assert f"of the outcome “{own}”" in suspect.reason
    assert "but for 0 of" in suspect.reason


def test_a_value_missing_for_one_outcome_only_is_suspect(tmp_path: Path) -> None:
    frame, label = rows()
    lacking = label & (np.random.default_rng(4).random(3_000) < 0.6)
    found = look(tmp_path, frame.assign(limit=np.where(lacking, np.nan, 5.0)))
    assert [(s.column, s.kind) for s in found.suspects] == [("limit", "missingness")]
    assert "limit is missing for" in found.suspects[0].reason


def test_missing_more_often_for_one_outcome_is_not_suspect(tmp_path: Path) -> None:
    frame, label = rows()
    lacking = np.random.default_rng(4).random(3_000) < np.where(label, 0.5, 0.05)
    assert look(tmp_path, frame.assign(income=np.where(lacking, np.nan, 5.0))).suspects == []


def test_a_time_after_the_decision_is_suspect(tmp_path: Path) -> None:
    frame, _ = rows()
    rng = np.random.default_rng(6)
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 3_000), "D")
    frame = frame.assign(
        when=when,
        closed=when + pd.to_timedelta(rng.integers(-2, 30, 3_000), "D"),
        opened=when - pd.to_timedelta(rng.integers(0, 900, 3_000), "D"),
    )
    found = look(tmp_path, frame, time="when")
    (suspect,) = found.suspects
    assert (suspect.column, suspect.kind) == ("closed", "later")
    shares = {e.group["column"]: e for e in found.later if e.group}
    assert shares["closed"].value == pytest.approx((frame.closed > frame.when).mean())
    assert shares["opened"].value == 0
    assert "closed is later than the decision in 91 of 100" in suspect.reason


def test_the_hour_of_a_day_is_not_later_than_that_day(tmp_path: Path) -> None:
    frame, _ = rows()
    day = pd.Series(pd.to_datetime(["2024-01-01"] * 3_000)).dt.date
    noon = pd.Series(pd.to_datetime(["2024-01-01 12:00"] * 3_000))
    assert look(tmp_path, frame.assign(when=day, seen=noon), time="when").suspects == []


def test_a_file_sorted_by_outcome_shows_in_its_id(tmp_path: Path) -> None:
    frame, _ = rows()
    frame = frame.sort_values("y", ignore_index=True).assign(no=range(3_000))
    found = look(tmp_path, frame, id="no")
    (suspect,) = found.suspects
    assert (suspect.column, suspect.kind) == ("no", "running_number")
    assert "sorted by outcome" in suspect.ask


def test_a_running_number_without_a_role_is_looked_at_as_one(tmp_path: Path) -> None:
    frame, label = rows()
    order = np.argsort(label + np.random.default_rng(0).normal(0, 0.7, 3_000))
    frame = frame.iloc[order].reset_index(drop=True).assign(row=range(3_000))
    found = look(tmp_path, frame, features=["strong"])
    (suspect,) = found.suspects
    assert (suspect.column, suspect.kind) == ("row", "running_number")
    assert suspect.estimate.high < 0.95  # as a feature it would pass
    assert found.others == ["weak", "city", "row"]
    assert "Not named as features, but looked at: weak, city, row." in found.summary().text


def test_an_id_in_no_order_is_not_suspect(tmp_path: Path) -> None:
    frame, _ = rows()
    assert look(tmp_path, frame.assign(no=range(3_000)), id="no").suspects == []


def test_a_leak_in_few_rows_is_not_claimed(tmp_path: Path) -> None:
    frame, label = rows(60)
    assert look(tmp_path, frame.assign(leak=label * 1.0)).suspects == []


def test_rare_outcomes_and_outliers_do_not_hide_a_leak(tmp_path: Path) -> None:
    frame, label = rows(20_000, base=0.01)
    rng = np.random.default_rng(8)
    amount = np.exp(rng.normal(0, 2, 20_000) + 9 * label)
    amount[:3] = 1e300, -1e300, np.inf
    found = look(tmp_path, frame.assign(amount=amount))
    assert [s.column for s in found.suspects] == ["amount"]


def test_auc_of_few_values_equals_scikit_learn(tmp_path: Path) -> None:
    frame, label = rows()
    frame["grade"] = np.round(np.clip(frame["strong"], -2, 4) * 10).astype(int)
    decisions = from_frame(tmp_path, frame, label="y", positive="left", features=["grade"])
    cells = count_cells(decisions, ["grade"])["grade"]
    assert len(cells.positives) == frame["grade"].nunique()
    (found, n) = cells.auc() or (None, 0)
    assert found
    assert n == 3_000
    assert found.value == pytest.approx(roc_auc_score(label, frame["grade"]), abs=1e-9)


@pytest.mark.parametrize("shape", ["even", "skewed", "spiked", "whole"])
def test_auc_of_binned_values_is_near_scikit_learn(tmp_path: Path, shape: str) -> None:
    frame, label = rows(20_000)
    x = frame["weak"].to_numpy() * 1.0
    x = {"even": x, "skewed": np.exp(4 * x), "spiked": np.where(x < 0.5, 0, x * 1e6),
         "whole": np.round(x * 1e9)}[shape]  # fmt: skip
    decisions = from_frame(tmp_path, frame.assign(x=x), label="y", positive="left")
    cells = count_cells(decisions, ["x"])["x"]
    assert len(cells.positives) <= CELLS + 1
    found = cells.auc()
    assert found
    assert found[0].value == pytest.approx(roc_auc_score(label, x), abs=0.004)


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.sampled_from([0.0, 1.5, -3.0, 7.25])), st.booleans()),
        min_size=4, max_size=40,
    ).filter(lambda cells: len({label for _, label in cells}) == 2)
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_counts_equal_a_slow_count(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[float | None, bool]]
) -> None:
    frame = pd.DataFrame({"x": [x for x, _ in values], "t": [str(x) for x, _ in values],
                          "y": ["left" if y else "stayed" for _, y in values]})  # fmt: skip
    frame["x"] = frame["x"].astype(float)
    decisions = from_frame(tmp_path_factory.mktemp("d"), frame, label="y", positive="left")
    found = count_cells(decisions, ["x", "t"])
    slow = frame.dropna().groupby("x")["y"].value_counts().unstack(fill_value=0)
    slow = slow.reindex(columns=["left", "stayed"], fill_value=0)
    assert found["x"].positives.tolist() == slow["left"].tolist()
    assert found["x"].negatives.tolist() == slow["stayed"].tolist()
    without = frame[frame["x"].isna()]["y"]
    assert found["x"].missing == ((without == "left").sum(), (without == "stayed").sum())
    assert found["t"].positives.sum() == (frame["y"] == "left").sum()


def test_intervals_of_a_learned_category_cover() -> None:
    """A category of 4 values: the cross-fitted AUC's interval holds the true AUC."""
    rng = np.random.default_rng(0)
    share = np.array([0.05, 0.2, 0.5, 0.9])
    p, q = share / share.sum(), (1 - share) / (1 - share).sum()
    true = sum(p[i] * (q[:i].sum() + q[i] / 2) for i in range(4))
    covered = 0
    for _ in range(1_000):
        cells = Cells(rng.multinomial(600, p), rng.multinomial(900, q), (0, 0), ordered=False)
        found = cells.auc()
        assert found
        covered += found[0].low <= true <= found[0].high
    assert 0.93 <= covered / 1_000 <= 0.97


def test_each_column_has_one_estimate_and_all_are_shown(tmp_path: Path) -> None:
    frame, _ = rows()
    found = look(tmp_path, frame.assign(**{"<b>": 1.0, "flag": True}))
    assert len(found.estimates) == 5
    shown = found.table().html + found.summary().html + found.chart().html
    assert "<b>" not in shown.replace("&lt;b&gt;", "")
    assert "n = 3,000" in found.chart().text
    assert auc_of(found, "flag") == 0.5


def test_rows_without_a_label_are_left_out(tmp_path: Path) -> None:
    frame, _ = rows()
    frame.loc[:99, "y"] = None
    assert look(tmp_path, frame).n == 2_900


def test_without_a_label_the_remedy_is_named(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, pd.DataFrame({"a": [1, 2]}), label=None)
    with pytest.raises(PlaybookError, match="label"):
        leakage(decisions)


def test_nothing_to_look_at_is_no_error(tmp_path: Path) -> None:
    frame, _ = rows(100)
    found = look(tmp_path, frame[["y"]])
    assert found.estimates == found.suspects == []
    assert "of 0 features" in found.summary().text


def test_a_part_of_the_rows_is_the_same_each_time_and_about_as_large_as_asked(
    tmp_path: Path,
) -> None:
    frame, _ = rows()
    decisions = from_frame(tmp_path, frame, label="y", positive="left")
    taken = part(labelled(decisions), telling(decisions), 10)
    first, second = (taken.execute().sort_values("strong") for _ in range(2))
    assert first["strong"].tolist() == second["strong"].tolist()
    assert 230 < len(first) < 380
    keys = decisions.rows.select(k=bucket(decisions.rows, ["city"])).execute()["k"]
    assert keys.nunique() == 6
    assert keys.between(0, 2**31 - 2).all()
