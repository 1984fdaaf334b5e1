"""Agreement between people who rate answers."""

from __future__ import annotations

from pathlib import Path

import krippendorff
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from answers import opened
from playbook.errors import NoEvidence
from playbook.evidence.raters import raters

TWO = {"right": {"says": "is right", "people": ["ann", "bob"]}}


def rated(n: int = 150, differ: float = 0.15, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ann = rng.integers(0, 2, n)
    bob, eve = (np.where(rng.random(n) < differ, 1 - ann, ann) for _ in range(2))
    return pd.DataFrame({"prompt": range(n), "ann": ann, "bob": bob, "eve": eve}, dtype=float)


def test_two_people_equal_scikit_learn_and_krippendorff(tmp_path: Path) -> None:
    frame = rated()
    found = raters(opened(tmp_path, frame, TWO), 0.667)
    (c,) = found.criteria
    assert c.kappa is not None
    assert c.alpha is not None
    assert c.kappa.value == pytest.approx(cohen_kappa_score(frame["ann"], frame["bob"]), abs=1e-9)
    units = frame[["ann", "bob"]].to_numpy().T
    expected = krippendorff.alpha(reliability_data=units, level_of_measurement="nominal")
    assert c.alpha.value == pytest.approx(expected, abs=1e-9)
    assert c.raw.value == pytest.approx((frame["ann"] == frame["bob"]).mean())
    assert c.base_rate.value == pytest.approx(units.mean())
    for e in found.estimates:
        assert e.group == {"criterion": "right"}
        assert e.low < e.value < e.high
        assert e.n == 150


def test_three_people_with_gaps_equal_krippendorff(tmp_path: Path) -> None:
    frame = rated()
    rng = np.random.default_rng(3)
    for name in ("ann", "bob", "eve"):
        frame.loc[rng.random(len(frame)) < 0.3, name] = np.nan
    criteria = {"right": {"says": "is right", "people": ["ann", "bob", "eve"]}}
    (c,) = raters(opened(tmp_path, frame, criteria), 0.667).criteria
    expected = krippendorff.alpha(
        reliability_data=frame[["ann", "bob", "eve"]].to_numpy().T, level_of_measurement="nominal"
    )
    assert c.alpha is not None
    assert c.alpha.value == pytest.approx(expected, abs=1e-9)
    assert (c.kappa, c.stricter) == (None, None)


def test_a_stricter_person_and_the_policy_are_named(tmp_path: Path) -> None:
    frame = rated(differ=0.0)
    frame.loc[frame.index % 3 == 0, "ann"] = 0
    found = raters(opened(tmp_path, frame, TWO), 0.9)
    said = found.summary().text
    assert "ann is stricter than bob." in said
    assert "less than the policy asks (0.9)" in said
    assert "right" in found.chart().text
    assert "Krippendorff" in found.table().text


def test_high_agreement_by_habit_is_called_so(tmp_path: Path) -> None:
    frame = rated(differ=0.0).assign(ann=1.0, bob=1.0)
    frame.loc[:5, "ann"] = 0
    frame.loc[4:9, "bob"] = 0
    assert "The high agreement says little" in (
        raters(opened(tmp_path, frame, TWO), 0.667).summary().text
    )


def test_one_rating_only_gives_no_alpha(tmp_path: Path) -> None:
    found = raters(opened(tmp_path, rated().assign(ann=1.0, bob=1.0), TWO), 0.667)
    (c,) = found.criteria
    assert (c.alpha, c.chance, c.kappa) == (None, None, None)
    assert c.raw.value == 1
    assert "nobody can tell agreement from habit" in found.summary().text
    assert found.chart().text


def test_criteria_rated_by_one_person_are_named(tmp_path: Path) -> None:
    criteria = TWO | {"kind": {"says": "is kind", "people": ["eve"]}}
    found = raters(opened(tmp_path, rated(), criteria), 0.667)
    assert found.single == ["kind"]
    assert "Never two people rated the same answer on “kind”" in found.summary().text
    with pytest.raises(NoEvidence, match="no two people rated the same answer"):
        raters(opened(tmp_path, rated(), {"kind": criteria["kind"]}), 0.667)
