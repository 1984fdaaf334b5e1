from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.groups import group_audit
from playbook.evidence.intervals import proportion
from playbook.evidence.tables import MISSING, open_decisions
from playbook.evidence.threshold_effects import MEASURES, ThresholdEffects, threshold_effects


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return people(4_000)


@pytest.fixture(scope="module")
def effects(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> ThresholdEffects:
    decisions = from_frame(tmp_path_factory.mktemp("effects"), frame, **LOANS)
    return threshold_effects(decisions, [0.2, 0.4, 0.6], "race", minimum_n=100)


def test_rates_at_the_threshold_in_use_are_the_audits(
    tmp_path: Path, frame: pd.DataFrame, effects: ThresholdEffects
) -> None:
    audit = group_audit(from_frame(tmp_path, frame, **LOANS), minimum_n=100)
    seen = 0
    for e in effects.estimates:
        assert e.group is not None
        if e.group["threshold"] != "0.4":
            continue
        row = audit.row(race=e.group["race"])
        if e.measure == "wrongly_approved_rate":
            # Approved is the negative outcome: the false negatives are approved in error.
            theirs = row.error_rates["false_negative_rate"]
        else:
            found = getattr(row, e.measure)
            assert found is not None
            theirs = found
        assert np.allclose(
            (e.value, e.low, e.high, e.n), (theirs.value, theirs.low, theirs.high, theirs.n),
            rtol=1e-12,
        )  # fmt: skip
        assert e.method == theirs.method
        seen += 1
    assert seen == 9


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.integers(0, 10_000),
    st.lists(st.floats(0, 1), min_size=1, max_size=4, unique=True),
    st.sampled_from(["yes", "no"]),
)
def test_every_rate_equals_plain_pandas(
    tmp_path: Path, seed: int, thresholds: list[float], favourable: str
) -> None:
    frame = people(120, seed=seed, distinct=20)
    decisions = from_frame(tmp_path, frame, **{**LOANS, "favourable": favourable})
    found = threshold_effects(decisions, thresholds, "region")
    positive_is_good = favourable == "yes"
    for row in found.frame.to_dict("records"):
        mine = frame[frame["region"] == row["group"]]
        good = mine["denied"] == favourable
        chosen = (mine["score"] >= row["threshold"]) == positive_is_good
        pairs = {
            "selection_rate": (chosen.sum(), len(mine)),
            "wrongly_denied_rate": ((good & ~chosen).sum(), good.sum()),
            "wrongly_approved_rate": ((~good & chosen).sum(), (~good).sum()),
        }
        for measure, (k, n) in pairs.items():
            if n == 0:
                assert math.isnan(row[measure])
                continue
            expected = proportion(k, n)
            sides = (row[measure], row[f"{measure}_low"], row[f"{measure}_high"])
            assert np.allclose(sides, (expected.value, expected.low, expected.high), atol=1e-12)


def test_thresholds_between_bins_move_to_the_next_edge(tmp_path: Path) -> None:
    frame = people(30_000, distinct=10**9)
    found = threshold_effects(from_frame(tmp_path, frame, **LOANS), [0.31234, 0.4], "race")
    first, second = sorted(set(found.frame["threshold"]))
    assert 0.31234 <= first <= 0.31234 + 1 / 4_096
    assert second == 0.4
    black = found.frame[(found.frame["group"] == "Black") & (found.frame["threshold"] == first)]
    mine = frame[frame["race"] == "Black"]
    assert math.isclose(black["selection_rate"].item(), (mine["score"] < first).mean())


def test_words_compare_large_groups_with_a_name(effects: ThresholdEffects) -> None:
    told = effects.summary().text.splitlines()
    assert told[0].startswith("At 0.2 the groups are furthest apart: of all Black applicants who ")
    assert "would be denied; of White applicants, " in told[0]
    assert told[1].startswith("At 0.6 the groups are nearest to each other")
    table = effects.table().text
    assert "0.4, today | Race: Black" in table
    assert f"Race: {MISSING}" in table
    assert "Wrongly approved" in table


def test_a_small_group_is_listed_and_neither_drawn_nor_compared(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    decisions = from_frame(tmp_path, frame, **LOANS)
    found = threshold_effects(decisions, [0.2, 0.4], "region", minimum_n=100)
    assert "Region: far east (too few)" in found.table().text
    assert "Too few to judge: far east" in found.summary().text
    assert "far east" not in found.chart().text
    nothing = threshold_effects(decisions, [0.2], "region", minimum_n=10**6)
    assert "No two groups" in nothing.summary().text
    assert "No two groups" in nothing.chart().text


def test_the_title_claims_no_more_than_the_intervals(
    tmp_path: Path, effects: ThresholdEffects, frame: pd.DataFrame
) -> None:
    for measure in MEASURES:
        chart = effects.chart(measure)
        assert "furthest apart at" in chart.text
        assert "Marked at 0.40: today" in chart.text
    alike = from_frame(tmp_path, frame.assign(region=np.resize(["n", "s"], 4_000)), **LOANS)
    found = threshold_effects(alike, [0.3, 0.5], "region")
    assert found.chart().text.startswith("At no threshold are groups surely apart")


def test_weights_count_as_their_own_groups_effective_number(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    weights = np.random.default_rng(5).uniform(0.5, 4, len(frame))
    decisions = from_frame(tmp_path, frame.assign(w=weights), **LOANS)
    decisions.table.columns.weight = "w"
    found = threshold_effects(open_decisions(decisions.product), [0.3], "race").frame
    for row in found[found["group"] != MISSING].to_dict("records"):
        inside = (frame["race"] == row["group"]).to_numpy()
        w, chosen = weights[inside], (frame["score"] < 0.3).to_numpy()[inside]
        assert math.isclose(row["n"], w.sum() ** 2 / (w**2).sum(), rel_tol=1e-6)
        assert math.isclose(row["selection_rate"], w[chosen].sum() / w.sum(), rel_tol=1e-6)


def test_what_is_needed_is_asked_for(tmp_path: Path, effects: ThresholdEffects) -> None:
    decisions = from_frame(tmp_path, people(200), **LOANS)
    with pytest.raises(PlaybookError, match="no threshold is given"):
        threshold_effects(decisions, [], "race")
    with pytest.raises(PlaybookError, match="group columns"):
        threshold_effects(decisions, [0.5], "rase")
    with pytest.raises(PlaybookError, match="no line for"):
        effects.chart("accuracy")


def test_names_from_data_are_escaped(tmp_path: Path, frame: pd.DataFrame) -> None:
    bad = frame.replace({"race": {"Black": "<script>alert(1)</script>"}})
    found = threshold_effects(from_frame(tmp_path, bad, **LOANS), [0.4], "race", minimum_n=50)
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<script>" not in str(shown.html)
