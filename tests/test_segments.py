"""Kinds of cases, worst first: equal to statsmodels and scipy, small ones named, none by chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from make_decisions import LOANS, from_frame, people
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.segments import Segment, Segments, segments
from playbook.evidence.tables import Decisions

AMOUNTS: dict[str, Any] = {
    "kind": "regression", "label": "y", "prediction": "p", "features": ["colour", "size"],
}  # fmt: skip


def amounts(n: int = 3_000, seed: int = 3) -> pd.DataFrame:
    """Predictions that are further off, and too low, for red cases."""
    rng = np.random.default_rng(seed)
    colour = rng.choice(["red", "blue", "green"], n)
    y = rng.normal(100, 10, n)
    error = rng.normal(np.where(colour == "red", -6, 0), 3, n)
    size = rng.normal(0, 1, n)
    return pd.DataFrame({"y": y, "p": y + error, "colour": colour, "size": size})


def loans(folder: Path, frame: pd.DataFrame | None = None, **more: Any) -> Decisions:
    frame = people() if frame is None else frame
    return from_frame(folder, frame, **(LOANS | more))


def row(found: Segments, column: str, value: str) -> Segment:
    return next(r for r in found.rows if r.group == {column: value})


def test_rates_gaps_and_tests_equal_statsmodels(tmp_path: Path) -> None:
    frame = people()
    found = segments(loans(tmp_path, frame), 30)
    wrong = frame["denied"] != frame["prediction"]
    assert found.overall.value == pytest.approx(wrong.mean(), abs=1e-12)
    pvalues = []
    for r in found.rows:
        ((column, value),) = r.group.items()
        here = (frame[column].fillna("(missing)") == value).to_numpy()
        k, n, other, m = wrong[here].sum(), here.sum(), wrong[~here].sum(), (~here).sum()
        assert r.estimate is not None
        assert r.gap is not None
        assert (r.n, r.wrong) == (n, k)
        low, high = proportion_confint(k, n, method="beta" if n < 40 else "wilson")
        assert (r.estimate.value, r.estimate.low, r.estimate.high) == pytest.approx(
            (k / n, low, high)
        )
        limits = confint_proportions_2indep(k, n, other, m, method="newcomb", compare="diff")
        assert (r.gap.low, r.gap.high) == pytest.approx(limits, abs=1e-9)
        table = [[k, n - k], [other, m - other]]
        pvalues.append(stats.chi2_contingency(table, correction=False).pvalue)
    adjusted = multipletests(pvalues, method="holm")[1]
    assert [r.p for r in found.rows] == pytest.approx(adjusted, abs=1e-9)


def test_the_worst_comes_first_and_says_which_error(tmp_path: Path) -> None:
    found = segments(loans(tmp_path), 30)
    assert found.worst is found.rows[0]
    assert found.worst is not None
    assert found.worst.group == {"race": "Black"}
    assert found.worst.over > 0.6
    said = found.summary().text
    assert "applicants with race Black are decided wrongly; of all others" in said
    assert "Mostly they are wrongly “denied”" in said
    assert "the worst looks worse than it is" in said
    assert "race Black" in found.chart().text
    assert {e.measure for e in found.estimates} == {"error_rate", "segment_gap"}


def test_small_ones_are_named_and_not_judged(tmp_path: Path) -> None:
    frame = people()
    n = int((frame["region"] == "far east").sum())
    found = segments(loans(tmp_path, frame), n + 1)
    assert [s.group for s in found.small] == [{"region": "far east"}]
    assert found.too_small == 1
    assert f"region far east | {n} | too few to judge" in found.table().text
    assert "1 kind of case is too small to judge" in found.summary().text
    assert not any(e.group == {"region": "far east"} for e in found.estimates)


def test_chance_alone_is_not_called_worse(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    called = 0
    for _ in range(3):
        frame = pd.DataFrame({f"f{i}": rng.choice(list("abcdefgh"), 600) for i in range(5)})
        frame["y"] = rng.choice(["yes", "no"], 600)
        frame["p"] = np.where(rng.random(600) < 0.2, np.where(frame["y"] == "yes", "no", "yes"),
                              frame["y"])  # fmt: skip
        found = segments(from_frame(tmp_path, frame, label="y", prediction="p",
                                    features=[f"f{i}" for i in range(5)]), 20)  # fmt: skip
        called += found.worst is not None
        if found.worst is None:
            assert "none is surely worse off" in found.summary().text
            assert "No kind of case is surely worse" in found.chart().text
    assert called <= 1  # at most 1 in 20 is expected


def test_amounts_equal_pandas_and_welch(tmp_path: Path) -> None:
    frame = amounts()
    found = segments(from_frame(tmp_path, frame, **AMOUNTS), 30)
    off = (frame["p"] - frame["y"]).abs()
    pvalues = []
    for name in ("red", "blue", "green"):
        here = frame["colour"] == name
        r = row(found, "colour", name)
        assert r.estimate is not None
        assert r.gap is not None
        test = stats.ttest_ind(off[here], off[~here], equal_var=False)
        limits = test.confidence_interval()
        assert (r.gap.low, r.gap.high) == pytest.approx((limits.low, limits.high), abs=1e-9)
        assert r.estimate.value == pytest.approx(off[here].mean(), abs=1e-9)
        pvalues.append(test.pvalue)
    assert found.worst is not None
    assert found.worst.group == {"colour": "red"}
    assert found.worst.p == pytest.approx(len(found.rows) * min(pvalues), rel=1e-6)
    assert "Mostly it is too low" in found.summary().text
    quarters = [r for r in found.rows if "size" in r.group]
    assert [r.n for r in quarters] == [750] * 4


def test_numbers_are_cut_with_their_gaps_and_heaps(tmp_path: Path) -> None:
    n = 400
    rain = np.where(np.arange(n) < 300, 0.0, np.arange(n) / 10)
    seen = np.where(np.arange(n) < 300, 10.0, np.arange(n) / 100)
    seen[:50] = np.nan
    rng = np.random.default_rng(1)
    y = rng.choice(["yes", "no"], n)
    frame = pd.DataFrame({"rain": rain, "seen": seen, "code": np.arange(n) % 3, "y": y, "p": y})
    found = segments(from_frame(tmp_path, frame, label="y", prediction="p",
                                features=["rain", "seen", "code"]), 10)  # fmt: skip
    sizes = {next(iter(r.group.items())): r.n for r in found.rows}
    assert sizes["rain", "up to 0"] == 300
    assert sizes["seen", "(missing)"] == 50
    assert sizes["seen", "10 and over"] == 250
    assert {v for c, v in sizes if c == "code"} == {"0", "1", "2"}
    for column in ("rain", "seen", "code"):
        assert sum(n for (c, _), n in sizes.items() if c == column) == n


def test_several_classes(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    y = rng.choice(["a", "b", "c"], 900)
    group = rng.choice(["x", "z"], 900)
    said = np.where((group == "x") & (rng.random(900) < 0.5), "a", y)
    frame = pd.DataFrame({"y": y, "p": said, "g": group})
    found = segments(
        from_frame(tmp_path, frame, label="y", prediction="p", groups=["g"],
                   classes=["a", "b", "c"]), 30,
    )  # fmt: skip
    assert found.worst is not None
    assert found.worst.group == {"g": "x"}
    assert found.worst.wrong == ((y != said) & (group == "x")).sum()
    assert "Mostly" not in found.summary().text


def test_weighted_rows_count_as_kish_says(tmp_path: Path) -> None:
    frame = people(800).assign(w=np.tile([1.0, 3.0], 400))
    found = segments(loans(tmp_path, frame, weight="w"), 30)
    wrong = (frame["denied"] != frame["prediction"]) * frame["w"]
    w = frame["w"]
    assert found.overall.value == pytest.approx(wrong.sum() / w.sum())
    assert found.overall.n == round(w.sum() ** 2 / (w**2).sum())
    assert "weighted" in found.overall.method


def test_values_from_the_file_are_escaped_and_long_tables_bounded(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    names = [f"<script>alert({i})</script>" for i in range(60)]
    y = rng.choice(["yes", "no"], 6_000)
    frame = pd.DataFrame({"y": y, "p": rng.permutation(y), "g": rng.choice(names, 6_000),
                          "who": [f"p{i}" for i in range(6_000)]})  # fmt: skip
    found = segments(from_frame(tmp_path, frame, label="y", prediction="p", groups=["g"],
                                features=["who"]), 30)  # fmt: skip
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<script>" not in shown.html
    assert found.table().text.count("<script>") == 25
    assert "35 rows more, which fare better, not shown." in found.table().text
    assert "Not looked at: who, as it has more than 200 different values." in found.summary().text


def test_nothing_to_tell_cases_apart_by(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="neither features nor groups"):
        segments(loans(tmp_path, groups=[]), 30)


def test_ranked_lists_and_missing_predictions_have_no_segments(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": [1, 0], "s": [0.2, 0.1], "q": [1, 1], "g": ["a", "b"]})
    ranked = from_frame(tmp_path, frame, kind="ranking", label="y", score="s", query="q",
                        groups=["g"])  # fmt: skip
    with pytest.raises(NoEvidence, match="ranked list"):
        segments(ranked, 30)
    bare = from_frame(tmp_path, people(), label="denied", groups=["race"])
    with pytest.raises(NoEvidence, match="no prediction"):
        segments(bare, 30)


def test_a_handful_of_rows_is_judged_in_no_part(tmp_path: Path) -> None:
    found = segments(loans(tmp_path, people(8)), 30)
    assert found.rows == []
    assert found.worst is None
    assert [e.measure for e in found.estimates] == ["error_rate"]
    assert "No kind of case has enough rows" in found.summary().text
    assert "No kind of case has enough rows" in found.chart().text
    assert found.table().text.startswith("Too small to judge")


def test_infinite_amounts_are_refused(tmp_path: Path) -> None:
    frame = amounts(100)
    frame.loc[5, "y"] = np.inf
    with pytest.raises(PlaybookError, match="infinite or absurdly large"):
        segments(from_frame(tmp_path, frame, **AMOUNTS), 30)
