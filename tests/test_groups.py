from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, count, false_positive_rate, selection_rate
from statsmodels.stats.multitest import multipletests

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.contrasts import Share, contrast, key
from playbook.evidence.group_thresholds import group_thresholds
from playbook.evidence.groups import GroupAudit, group_audit
from playbook.evidence.groupwords import people as people_words
from playbook.evidence.tables import MISSING


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return people(4_000)


@pytest.fixture(scope="module")
def audit(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> GroupAudit:
    decisions = from_frame(tmp_path_factory.mktemp("groups"), frame, **LOANS)
    return group_audit(decisions, minimum_n=100)


def test_rates_equal_fairlearns_for_every_group_and_intersection(
    frame: pd.DataFrame, audit: GroupAudit
) -> None:
    # Denied is positive and approved favourable: the false positives are the wrongly denied.
    features = frame[["race", "region"]].fillna(MISSING)
    metrics = {"n": count, "denied": selection_rate, "wrongly": false_positive_rate}
    seen = 0
    for size in (1, 2):
        for columns in combinations(["race", "region"], size):
            theirs = MetricFrame(
                metrics=metrics,
                y_true=frame["denied"] == "yes",
                y_pred=frame["prediction"] == "yes",
                sensitive_features=features[list(columns)],
            ).by_group
            for names, values in theirs.iterrows():
                names = names if isinstance(names, tuple) else (names,)
                if math.isnan(values["n"]):
                    continue
                row = audit.row(**dict(zip(columns, names, strict=True)))
                assert row.n == values["n"]
                assert row.selection_rate is not None
                assert math.isclose(row.selection_rate.value, 1 - values["denied"], abs_tol=1e-9)
                if row.wrongly_denied_rate is not None:
                    wrongly = row.wrongly_denied_rate.value
                    assert math.isclose(wrongly, values["wrongly"], abs_tol=1e-9)
                seen += 1
    assert seen == len(audit.rows)


def test_ratios_are_to_the_best_off_of_the_large_named_groups(audit: GroupAudit) -> None:
    worst = audit.worst_wrongly_denied
    assert worst is not None
    assert worst.group == {"race": "Black"}
    assert worst.wrongly_denied is not None
    assert worst.wrongly_denied.reference == {"race": "White"}
    ours, best = worst.wrongly_denied_rate, audit.row(race="White").wrongly_denied_rate
    ratio = worst.wrongly_denied_ratio
    assert ours is not None
    assert best is not None
    assert ratio is not None
    assert math.isclose(ratio.value, ours.value / best.value, rel_tol=1e-12)
    assert (ratio.unit, ratio.n, ratio.group) == ("ratio", ours.n + best.n, {"race": "Black"})
    assert "against race White" in ratio.method
    assert "after Holm's correction for" in ratio.method
    difference = worst.wrongly_denied.difference
    assert difference.unit == "difference"
    assert math.isclose(difference.value, ours.value - best.value, abs_tol=1e-12)
    assert audit.row(race="White").wrongly_denied is None
    assert audit.worst_impact is not None
    assert audit.worst_impact.group == {"race": "Black"}


def test_tests_are_corrected_over_the_family(audit: GroupAudit) -> None:
    for rows in (audit.singles, audit.intersections):
        for name in ("impact", "wrongly_denied"):
            pairs = [p for row in rows if (p := getattr(row, name))]
            assert len(pairs) > 1
            theirs = multipletests([p.p for p in pairs], method="holm")[1]
            assert np.allclose([p.p_adjusted for p in pairs], theirs, atol=1e-12)
            assert {p.tests for p in pairs} == {len(pairs)}


def test_small_groups_are_listed_and_never_judged(audit: GroupAudit) -> None:
    small = audit.row(region="far east")
    assert small.too_few
    assert 0 < small.n < 100
    assert small.selection_rate is not None
    assert small.impact is None
    assert small in audit.too_few
    assert "Region: far east" in audit.table().text
    assert "under 100 such" in audit.table().text
    assert "Too few to judge" in audit.summary().text
    assert "100 of each would do" in audit.summary().text
    listed = audit.intersections_table().text.splitlines()
    assert sum(" · " in line for line in listed) == len(audit.intersections)


def test_enough_cases_but_too_few_favourable_labels(tmp_path: Path) -> None:
    frame = people(3_000)
    few = (frame["region"] == "south") & (frame["denied"] == "no")
    frame = pd.concat([frame[~few], frame[few].head(20)])
    audit = group_audit(from_frame(tmp_path, frame, **LOANS), minimum_n=100)
    south = audit.row(region="south")
    assert south.n >= 100
    assert south.n_favourable == 20
    assert south.too_few
    assert south.impact is not None
    assert south.wrongly_denied is None


def test_a_missing_group_is_compared_but_is_no_reference() -> None:
    family = [
        Share({"a": MISSING}, 99, 100),
        Share({"a": "x"}, 50, 100),
        Share({"a": "y"}, 40, 100),
    ]
    found = contrast(
        [family], minimum_n=10, highest=True, ratio_name="impact_ratio", difference_name="d"
    )
    assert set(found) == {key({"a": MISSING}), key({"a": "y"})}
    assert all(c.reference == {"a": "x"} for c in found.values())


def test_a_faultless_reference_still_gives_a_finite_ratio() -> None:
    family = [Share({"a": "x"}, 0, 500), Share({"a": "y"}, 30, 200), Share({"a": "z"}, 0, 300)]
    found = contrast(
        [family], minimum_n=10, highest=False, ratio_name="wrongly_denied_ratio",
        difference_name="d",
    )  # fmt: skip
    ratio = found[key({"a": "y"})].ratio
    assert ratio is not None
    assert ratio.low > 1
    assert "half a case" in ratio.method
    assert found[key({"a": "z"})].ratio is None


def test_the_worst_is_the_gravest_for_the_bar(audit: GroupAudit) -> None:
    template = audit.row(race="Black")
    assert template.wrongly_denied is not None

    def row(name: str, low: float, value: float, high: float) -> object:
        pair = template.wrongly_denied
        e = Estimate(measure="wrongly_denied_ratio", group={"g": name}, value=value, low=low,
                     high=high, n=300, unit="ratio", method="m")  # fmt: skip
        return type(template)(
            **{**vars(template), "group": {"g": name}, "wrongly_denied": type(pair)(
                **{**vars(pair), "ratio": e})}
        )  # fmt: skip

    fine, unsure, bad = (
        row("fine", 1.1, 1.12, 1.15),
        row("unsure", 0.6, 1, 2),
        row("bad", 1.3, 2, 3),
    )

    def worst(*rows: object, bar: float | None) -> str:
        found = type(audit)(**{**vars(audit), "rows": list(rows)})
        chosen = found.worst("wrongly_denied_ratio", bar=bar)
        assert chosen is not None
        return chosen.group["g"]

    assert worst(fine, unsure, bad, bar=1.25) == "bad"
    assert worst(fine, unsure, bar=1.25) == "unsure"
    assert worst(fine, unsure, bar=None) == "fine"
    assert worst(fine, unsure, bar=3.0) == "fine"
    assert audit.worst("impact_ratio", single_only=False, bar=0.8) in audit.rows


def test_favourable_may_be_the_positive_outcome(tmp_path: Path, frame: pd.DataFrame) -> None:
    turned = from_frame(tmp_path, frame, **{**LOANS, "favourable": "yes"})
    audit = group_audit(turned, minimum_n=100)
    assert (audit.favourable, audit.unfavourable) == ("denied", "approved")
    black = frame[frame["race"] == "Black"]
    row = audit.row(race="Black")
    assert row.selection_rate is not None
    assert row.wrongly_denied_rate is not None
    assert row.selection_rate.value == (black["prediction"] == "yes").mean()
    wanted = black[black["denied"] == "yes"]
    assert row.wrongly_denied_rate.value == (wanted["prediction"] == "no").mean()


def test_words_state_the_finding_and_escape_the_data(tmp_path: Path, audit: GroupAudit) -> None:
    first = audit.summary().text.splitlines()[0]
    assert first.startswith("Of Black applicants who should be approved, ")
    assert "of 100 (" in first
    assert "of White applicants, " in first
    assert "times as often. Chance alone would hardly show this (p <\u00a00.001" in first
    chart = audit.chart(bar=1.25)
    assert chart.text.startswith("Black applicants are wrongly denied ")
    assert "1.25 × race White" in chart.text
    frame = people(3_000).replace({"race": {"Black": "<script>alert(1)</script>"}})
    hostile = group_audit(from_frame(tmp_path, frame, **LOANS), minimum_n=100)
    for shown in (hostile.summary(), hostile.table(), hostile.intersections_table(),
                  hostile.chart(bar=1.25)):  # fmt: skip
        assert "<script>" not in str(shown.html)
    assert people_words({"sex": "Female"}, "clients") == "female clients"


def test_nothing_to_compare_is_said(tmp_path: Path, frame: pd.DataFrame) -> None:
    audit = group_audit(from_frame(tmp_path, frame, **LOANS), minimum_n=10**6)
    assert audit.worst_impact is None
    assert audit.worst_wrongly_denied is None
    assert "No two groups are large enough" in audit.summary().text
    assert "No two groups are large enough" in audit.chart().text
    with pytest.raises(KeyError):
        audit.row(race="Purple")


def test_what_is_needed_is_asked_for(tmp_path: Path, frame: pd.DataFrame) -> None:
    def message(**changes: object) -> str:
        with pytest.raises(PlaybookError) as caught:
            group_audit(from_frame(tmp_path, frame, **{**LOANS, **changes}), minimum_n=100)
        return str(caught.value)

    assert "does not say which outcome is good" in message(favourable=None)
    assert "names no groups" in message(groups=[])
    assert "has no prediction" in message(prediction=None, threshold=None)
    frame = frame.assign(number=np.arange(len(frame)))
    assert "different values" in message(groups=["number"])


def test_thresholds_agree_with_the_audit_at_the_one_in_use(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    decisions = from_frame(tmp_path, frame, **LOANS)
    audit = group_audit(decisions, minimum_n=100)
    found = group_thresholds(decisions, "race", minimum_n=100)
    now = found.frame[found.frame["threshold"] == 0.4].iloc[0]
    for name, row, estimate in (
        (
            "wrongly_denied",
            audit.worst_wrongly_denied,
            audit.row(race="Black").wrongly_denied_ratio,
        ),
        ("impact", audit.worst_impact, audit.row(race="Black").impact_ratio),
    ):
        assert row is not None
        assert estimate is not None
        assert now[f"{name}_group"] == "Black" == row.group["race"]
        for side, value in (
            ("ratio", estimate.value),
            ("low", estimate.low),
            ("high", estimate.high),
        ):
            assert math.isclose(now[f"{name}_{side}"], value, rel_tol=1e-12)
    approved = (frame["prediction"] == "no").mean()
    assert math.isclose(now["selection_rate"], approved, rel_tol=1e-12)


@pytest.mark.parametrize("distinct", [300, 10**9])
def test_the_nearest_threshold_clears_the_bar_for_every_group(
    tmp_path: Path, distinct: int
) -> None:
    frame = people(30_000, distinct=distinct)
    decisions = from_frame(tmp_path, frame, **LOANS)
    found = group_thresholds(decisions, "race", minimum_n=100)
    nearest = found.nearest_threshold(0.8, "impact_ratio")
    assert nearest is not None
    assert nearest > 0.4

    def impact_low(threshold: float) -> float:
        approved = frame.assign(ok=frame["score"] < threshold).groupby("race")["ok"]
        k, n = approved.sum(), approved.count()
        ratio = intervals.ratio(k["Black"], n["Black"], k["White"], n["White"])
        assert ratio is not None
        return ratio.low

    assert impact_low(nearest) >= 0.8
    before = found.frame.loc[found.frame["threshold"].between(0.4, nearest, "left"), "threshold"]
    assert all(impact_low(t) < 0.8 for t in before.iloc[-3:])
    assert found.nearest_threshold(1.0001, "impact_ratio") is None
    wanted = found.frame["threshold"].iloc[[10, 20]].tolist()
    stated = group_thresholds(decisions, "race", thresholds=wanted, minimum_n=100)
    assert stated.frame["threshold"].tolist() == wanted
    assert stated.current == 0.4


def test_one_group_gives_no_ratio_and_no_threshold(tmp_path: Path) -> None:
    frame = people(500).assign(race="White")
    found = group_thresholds(from_frame(tmp_path, frame, **LOANS), "race")
    assert found.frame["wrongly_denied_ratio"].isna().all()
    assert found.nearest_threshold(1.25) is None
