"""Leakage where the outcome is an amount: R² of one column alone, against scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from make_decisions import from_frame
from playbook.errors import NoEvidence
from playbook.evidence.leakage import Leakage, leakage
from playbook.evidence.onecolumn import explained


def rows(n: int = 4_000, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    delay = np.exp(rng.normal(2, 1, n)) - 5
    return pd.DataFrame(
        {
            "flight": rng.permutation(n),
            "delay": delay,
            "told": delay + rng.normal(0, 10, n),
            "honest": delay + rng.normal(0, 15, n),
            "noise": rng.normal(size=n),
            "carrier": rng.choice(list("abc"), n),
        }
    )


def look(folder: Path, frame: pd.DataFrame, **table: Any) -> Leakage:
    roles = {"label": "delay", "prediction": "told", "id": "flight", "kind": "regression"}
    roles |= table
    features = [c for c in frame if c not in {*roles.values()}]
    return leakage(from_frame(folder, frame, **{"features": features, **roles}))


def r2(found: Leakage, column: str) -> float:
    return next(e.value for e in found.alone if e.group == {"column": column})


def test_r2_of_a_number_equals_a_linear_regression(tmp_path: Path) -> None:
    frame = rows()
    frame.loc[::10, "honest"] = np.nan
    found = look(tmp_path, frame)
    there = frame.dropna()
    fitted = LinearRegression().fit(there[["honest"]], there["delay"])
    expected = fitted.score(there[["honest"]], there["delay"])
    (e,) = (e for e in found.alone if e.group == {"column": "honest"})
    assert e.value == pytest.approx(expected, abs=1e-9)
    assert e.low < expected < e.high
    assert e.n == len(there)
    assert (e.measure, e.unit) == ("r_squared", "score")


def test_honest_columns_are_not_suspect(tmp_path: Path) -> None:
    found = look(tmp_path, rows())
    assert found.suspects == []
    said = found.summary().text
    assert "No column gives the outcome away, of 3 features and the id." in said
    assert "The most telling column is honest: it alone explains 0." in said
    assert "above the middle" not in said
    assert r2(found, "noise") < 0.01
    assert r2(found, "carrier") < 0.01


def test_the_outcome_in_another_unit_is_suspect(tmp_path: Path) -> None:
    frame = rows()
    seconds = frame["delay"] * 60 + np.random.default_rng(1).normal(0, 20, len(frame))
    found = look(tmp_path, frame.assign(seconds=seconds))
    (suspect,) = found.suspects
    assert (suspect.column, suspect.kind) == ("seconds", "alone")
    assert suspect.estimate.low > 0.99
    assert "explains 0.99" in found.summary().text
    assert "R² alone" in found.table().text
    assert "too good to be true" in found.chart().text.lower()


def test_a_bent_copy_and_a_coded_one_are_suspect(tmp_path: Path) -> None:
    frame = rows()
    frame["delay"] = np.random.default_rng(5).uniform(-1, 1, len(frame))
    frame["squared"] = (frame["delay"] - 0.1) ** 2 * np.sign(frame["delay"] - 0.1)
    frame["code"] = "k" + np.digitize(frame["delay"], np.linspace(-1, 1, 12)).astype(str).astype(
        object
    )
    found = look(tmp_path, frame)
    assert {s.column for s in found.suspects} == {"squared", "code"}
    assert r2(found, "code") > 0.98


def test_ids_and_rare_values_are_no_leak(tmp_path: Path) -> None:
    frame = rows()
    rng = np.random.default_rng(2)
    frame["name"] = [f"N{i // 2}" for i in rng.permutation(len(frame))]
    found = look(tmp_path, frame)
    assert found.suspects == []
    assert r2(found, "name") < 0.02


def test_a_file_sorted_by_the_outcome_shows_in_its_id(tmp_path: Path) -> None:
    frame = rows().sort_values("delay", ignore_index=True)
    found = look(tmp_path, frame.assign(flight=range(len(frame))))
    (suspect,) = found.suspects
    assert (suspect.column, suspect.kind) == ("flight", "running_number")


def test_a_season_does_not_make_a_running_number_suspect(tmp_path: Path) -> None:
    frame = rows()
    frame["delay"] = np.sin(np.arange(len(frame)) / 100) + 0.01 * frame["noise"]
    found = look(tmp_path, frame.assign(flight=range(len(frame))))
    assert found.suspects == []


def test_a_value_there_for_large_amounts_only_is_suspect(tmp_path: Path) -> None:
    frame = rows()
    late = frame["delay"] > frame["delay"].median()
    there = late & (np.random.default_rng(3).random(len(frame)) < 0.6)
    found = look(tmp_path, frame.assign(reason=np.where(there, "weather", None)))
    (suspect,) = found.suspects
    assert (suspect.column, suspect.kind) == ("reason", "missingness")
    assert "above the middle" in found.summary().text


def test_wild_values_hide_nothing_and_break_nothing(tmp_path: Path) -> None:
    frame = rows()
    frame["copy"] = frame["delay"].astype(float)
    frame["wild"] = frame["honest"]
    frame.loc[:2, "wild"] = [1e300, -1e300, np.inf]
    frame["same"] = 1.0
    frame["none"] = np.nan
    found = look(tmp_path, frame)
    assert [s.column for s in found.suspects] == ["copy"]
    assert r2(found, "same") == 0


def test_one_amount_only_is_no_evidence(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, rows().assign(delay=3.0), kind="regression", label="delay")
    with pytest.raises(NoEvidence, match="the label is the same in every row"):
        explained(decisions, ["honest"])


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    frame = rows(300)
    found = look(tmp_path, frame.assign(**{"<b>": frame["delay"], 'x"; drop': 1.0}))
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<b>" not in shown.html


@given(st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3), st.floats(-1e4, 1e4))
@settings(max_examples=10, deadline=None)
def test_units_and_origins_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, scale: float, shift: float
) -> None:
    frame = rows(400)
    plain = look(tmp_path_factory.mktemp("a"), frame)
    other = look(tmp_path_factory.mktemp("b"), frame.assign(honest=frame["honest"] * scale + shift))
    assert r2(other, "honest") == pytest.approx(r2(plain, "honest"), abs=1e-6)


def test_intervals_cover_the_share_that_is_truly_explained() -> None:
    from playbook.evidence.onecolumn import _line

    rng = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        x = rng.normal(size=300)
        y = x + rng.normal(size=300)
        moments = np.array([[(x**i * y**j).sum() if i + j < 5 else 0 for j in range(5)]
                            for i in range(5)])  # fmt: skip
        found = _line(moments, 0.95)
        assert found
        covered.append(found.low <= 0.5 <= found.high)
    assert 0.92 <= np.mean(covered) <= 0.98
