from __future__ import annotations

import math
import warnings
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import (
    MetricFrame,
    count,
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
    false_negative_rate,
    false_positive_rate,
    selection_rate,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_score, recall_score
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.contrasts import Share, contrast, key
from playbook.evidence.group_thresholds import group_thresholds
from playbook.evidence.groups import GroupAudit, group_audit
from playbook.evidence.groupwords import people as people_words
from playbook.evidence.tables import MISSING, open_decisions


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
        return replace(template, group={"g": name}, wrongly_denied=replace(pair, ratio=e))

    fine, unsure, bad = (
        row("fine", 1.1, 1.12, 1.15),
        row("unsure", 0.6, 1, 2),
        row("bad", 1.3, 2, 3),
    )

    def worst(*rows: object, bar: float | None) -> str:
        found = replace(audit, rows=list(rows))
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


THEIRS = {
    "true_positive_rate": recall_score,
    "false_positive_rate": false_positive_rate,
    "false_negative_rate": false_negative_rate,
    "precision": precision_score,
    "negative_predictive_value": lambda y, p: precision_score(~y, ~p, zero_division=0),
    "accuracy": accuracy_score,
}


def test_error_rates_equal_fairlearns_with_stated_intersections_of_three(tmp_path: Path) -> None:
    frame = people(3_000).assign(sex=np.resize(["f", "m"], 3_000)).fillna({"race": MISSING})
    together = [["race", "sex"], ["race", "region", "sex"]]
    kept = {**LOANS, "groups": ["race", "region", "sex"], "intersections": together}
    audit = group_audit(from_frame(tmp_path, frame, **kept), minimum_n=30)
    assert {tuple(row.group) for row in audit.intersections} == set(map(tuple, together))
    truth, decided = frame["denied"] == "yes", frame["prediction"] == "yes"
    seen = 0
    for columns in [["race"], ["region"], ["sex"], *together]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn on groups without a positive
            theirs = MetricFrame(
                metrics=THEIRS, y_true=truth, y_pred=decided, sensitive_features=frame[columns]
            ).by_group.dropna(how="all")
        for names, values in theirs.iterrows():
            names = names if isinstance(names, tuple) else (names,)
            row = audit.row(**dict(zip(columns, names, strict=True)))
            for measure, e in row.error_rates.items():
                assert math.isclose(e.value, values[measure], abs_tol=1e-9)
                assert e.low <= e.value <= e.high
                seen += 1
    of_rows = [e for row in audit.rows for e in row.error_rates.values()]
    assert seen == len(of_rows)
    assert all(e in audit.estimates for e in of_rows[:20])
    assert len(audit.estimates) == len(audit.parity) + sum(len(r.estimates) for r in audit.rows)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10**6), st.integers(5, 150), st.booleans())
def test_every_rate_equals_plain_pandas_and_statsmodels(
    tmp_path: Path, seed: int, n: int, good_is_positive: bool
) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "denied": rng.choice(["yes", "no"], n), "prediction": rng.choice(["yes", "no"], n),
        "race": rng.choice(["a", "b", None], n), "region": rng.choice(["x", "y"], n),
    })  # fmt: skip
    frame.loc[:3, "denied"] = ["yes", "no", "yes", "no"]
    frame.loc[:3, "prediction"] = ["yes", "no", "no", "yes"]
    favourable = "yes" if good_is_positive else "no"
    kept = {**LOANS, "score": None, "threshold": None, "favourable": favourable}
    audit = group_audit(from_frame(tmp_path, frame, **kept), minimum_n=1)
    frame = frame.fillna({"race": MISSING})
    for row in audit.rows:
        mine = frame[np.logical_and.reduce([frame[c] == v for c, v in row.group.items()])]
        assert row.n == len(mine)
        label, decided = mine["denied"], mine["prediction"]
        wanted = {
            "selection_rate": decided == favourable,
            "wrongly_denied_rate": (decided != favourable)[label == favourable],
            "favourable_base_rate": label == favourable,
            "true_positive_rate": (decided == "yes")[label == "yes"],
            "false_positive_rate": (decided == "yes")[label == "no"],
            "false_negative_rate": (decided == "no")[label == "yes"],
            "precision": (label == "yes")[decided == "yes"],
            "negative_predictive_value": (label == "no")[decided == "no"],
            "accuracy": decided == label,
        }
        found = {e.measure: e for e in row.estimates if e.unit == "share"}
        assert set(found) == {name for name, right in wanted.items() if len(right)}
        for name, e in found.items():
            right = wanted[name]
            assert math.isclose(e.value, right.mean(), abs_tol=1e-12)
            assert e.n == len(right)
            method = "wilson" if len(right) >= 40 else "beta"
            limits = proportion_confint(right.sum(), len(right), method=method)
            assert np.allclose((e.low, e.high), limits, atol=1e-9)


def _parity(audit: GroupAudit, measure: str, *columns: str) -> Estimate:
    return next(
        e for e in audit.parity if e.measure == measure and e.group and tuple(e.group) == columns
    )


@pytest.mark.parametrize("favourable", ["yes", "no"])
def test_aggregates_equal_fairlearns(tmp_path: Path, favourable: str) -> None:
    frame = people(3_000).fillna({"race": MISSING})
    frame = frame[frame["region"] != "far east"].reset_index(drop=True)
    decisions = from_frame(tmp_path, frame, **{**LOANS, "favourable": favourable})
    audit = group_audit(decisions, minimum_n=1)
    truth, decided = frame["denied"] == favourable, frame["prediction"] == favourable
    for columns in (["race"], ["region"], ["race", "region"]):
        for theirs in (
            demographic_parity_difference,
            demographic_parity_ratio,
            equalized_odds_difference,
            equalized_odds_ratio,
        ):
            expected = theirs(truth, decided, sensitive_features=frame[columns])
            found = _parity(audit, theirs.__name__, *columns)
            assert math.isclose(found.value, expected, abs_tol=1e-9)
            assert found.low <= found.value <= found.high
            assert "conservative" in found.method


def test_aggregates_of_two_groups_have_newcombes_interval(audit: GroupAudit) -> None:
    # Of the three regions one is too small to count.
    found = _parity(audit, "demographic_parity_difference", "region")
    pair = audit.row(region="south").impact or audit.row(region="north").impact
    assert pair is not None
    d = pair.difference
    assert math.isclose(found.value, abs(d.value))
    assert math.isclose(found.high, max(d.high, -d.low), rel_tol=1e-9)
    assert found.low == 0
    assert "simultaneous" in found.method


def test_aggregates_of_rates_that_are_all_0_have_no_ratio(tmp_path: Path) -> None:
    frame = people(2_000).assign(prediction="yes")
    audit = group_audit(from_frame(tmp_path, frame, **LOANS), minimum_n=30)
    found = {e.measure for e in audit.parity if e.group and tuple(e.group) == ("race",)}
    assert found == {"demographic_parity_difference", "equalized_odds_difference"}


def test_the_stated_reference_is_the_yardstick(tmp_path: Path, frame: pd.DataFrame) -> None:
    decisions = from_frame(tmp_path, frame, **{**LOANS, "reference": {"race": "Black"}})
    audit = group_audit(decisions, minimum_n=100)
    white = audit.row(race="White").wrongly_denied
    assert white is not None
    assert white.stated
    assert white.reference == {"race": "Black"}
    assert white.ratio is not None
    assert white.ratio.high < 1
    cells = [audit.row(race=race).wrongly_denied_rate for race in ("White", "Black")]
    assert cells[0] is not None
    assert cells[1] is not None
    assert math.isclose(white.ratio.value, cells[0].value / cells[1].value, rel_tol=1e-12)
    assert audit.row(race="Black").wrongly_denied is None
    # Region states none, so the best-off region stands; both together: the best-off Black cell.
    south = audit.row(region="south").impact or audit.row(region="north").impact
    assert south is not None
    assert not south.stated
    for row in audit.intersections:
        if row.impact:
            assert row.impact.stated
            assert row.impact.reference["race"] == "Black"
    shown = audit.table().text
    assert "Ratios are to the stated reference or else the best-off group" in shown
    assert "Race: Black" in next(line for line in shown.splitlines() if "| reference |" in line)
    found = group_thresholds(decisions, "race", minimum_n=100).frame
    now = found[found["threshold"] == 0.4].iloc[0]
    row = audit.worst("wrongly_denied_ratio", column="race")
    assert row is not None
    assert now["wrongly_denied_group"] == row.group["race"]


def test_a_reference_that_is_too_small_or_missing_is_not_used(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    stated = {**LOANS, "reference": {"region": "far east"}}
    audit = group_audit(from_frame(tmp_path, frame, **stated), minimum_n=100)
    pairs = [row.impact for row in audit.singles if row.impact and "region" in row.group]
    assert [pair.stated for pair in pairs] == [False]
    with pytest.raises(PlaybookError, match="'Whyte' is not among the values of 'race'") as caught:
        group_audit(
            from_frame(tmp_path, frame, **{**LOANS, "reference": {"race": "Whyte"}}), minimum_n=9
        )
    assert "White" in str(caught.value)


def test_bands_stand_in_their_order_and_what_is_missing_last(tmp_path: Path) -> None:
    frame = people(1_000).assign(age=np.resize([70.0, 30, np.nan, 5, 50], 1_000))
    kept = {**LOANS, "groups": ["age", "race"], "bins": {"age": [25, 45, 65]}, "intersections": []}
    audit = group_audit(from_frame(tmp_path, frame, **kept), minimum_n=30)
    names = [row.group["age"] for row in audit.singles if "age" in row.group]
    assert names[0].startswith("under 25")
    assert names[1].startswith("25 to ")
    assert names[2].startswith("45 to ")
    assert names[3:] == ["65 and over", MISSING]
    assert audit.intersections == []


def test_weighted_groups_have_their_own_effective_number(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    weights = np.random.default_rng(4).uniform(0.2, 3, len(frame))
    decisions = from_frame(tmp_path, frame.assign(w=weights), **LOANS)
    decisions.table.columns.weight = "w"
    audit = group_audit(open_decisions(decisions.product), minimum_n=100)
    plain = group_audit(from_frame(tmp_path, frame, **LOANS), minimum_n=100)
    row = audit.row(race="Black")
    inside = (frame["race"] == "Black").to_numpy()
    good = inside & (frame["denied"] == "no").to_numpy()
    decided = (frame["prediction"] == "no").to_numpy()

    def kish(rows: np.ndarray) -> float:
        return float(weights[rows].sum() ** 2 / (weights[rows] ** 2).sum())

    for e, rows, hits in (
        (row.selection_rate, inside, decided),
        (row.wrongly_denied_rate, good, ~decided),
        (row.error_rates["false_positive_rate"], good, ~decided),
    ):
        assert e is not None
        assert e.n == round(kish(rows))
        share = weights[rows & hits].sum() / weights[rows].sum()
        assert math.isclose(e.value, share, rel_tol=1e-9)
        expected = intervals.wilson(share * kish(rows), kish(rows))
        assert np.allclose((e.low, e.high), expected, atol=1e-9)
        assert e.method == "Wilson 95 % interval, weighted, effective n by Kish"
    assert row.n == plain.row(race="Black").n == inside.sum()
    assert row.n_favourable == good.sum()
    assert row.enough == round(kish(good))
    assert row.wrongly_denied_ratio is not None
    assert "effective n by Kish against race White" in row.wrongly_denied_ratio.method


def test_an_identifier_is_seen_before_all_rows_are_counted(
    tmp_path: Path, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.concat([frame] * 2, ignore_index=True)
    table["number"] = np.arange(len(table))
    decisions = from_frame(tmp_path, table, **{**LOANS, "groups": ["number"]})

    def count(*_: object, **__: object) -> None:
        raise AssertionError("counted")

    monkeypatch.setattr("playbook.evidence.groups.count", count)
    with pytest.raises(PlaybookError, match="'number' has more than 200 different values"):
        group_audit(decisions, minimum_n=30)
    banded = {**LOANS, "groups": ["number"], "bins": {"number": [1_000, 4_000]}}
    monkeypatch.undo()
    audit = group_audit(from_frame(tmp_path, table, **banded), minimum_n=30)
    assert len(audit.singles) == 3


def test_classes_and_amounts_are_not_compared_as_two_outcomes(tmp_path: Path) -> None:
    frame = people(300).assign(denied=np.resize(["a", "b", "c"], 300))
    frame["prediction"] = frame["denied"]
    kept = {**LOANS, "score": None, "threshold": None, "favourable": None, "positive": None}
    decisions = from_frame(tmp_path, frame, **kept, classes=["a", "b", "c"])
    with pytest.raises(PlaybookError, match="the good one of two outcomes"):
        group_audit(decisions, minimum_n=30)


def test_error_rates_have_their_own_table(audit: GroupAudit) -> None:
    shown = audit.error_rates_table().text
    header = shown.splitlines()[1]
    assert header == (
        "Group | n | True positives | False positives | Positives right | Negatives right | "
        "Accuracy"
    )
    assert "Region: far east | " in shown
    gap = next(e for e in audit.parity if e.group == {"race": "any"} and "parity" in e.measure)
    apart = next(line for line in shown.splitlines() if line.startswith("Race | "))
    assert f"{100 * gap.value:.1f} points" in apart
    assert "demographic parity" in shown
    assert "Black · north" in audit.error_rates_table(intersections=True).text
    assert "Positives right" not in audit.table().text.splitlines()[1]


def test_an_intersection_that_is_gravest_is_told_with_its_interval(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    frame = people(20_000).assign(sex=rng.choice(["f", "m"], 20_000))
    frame["race"] = frame["race"].fillna("White")
    hit = (frame["race"] == "Black") & (frame["sex"] == "f")
    frame["prediction"] = np.where(hit, "yes", np.where(rng.random(20_000) < 0.2, "yes", "no"))
    kept = {**LOANS, "score": None, "threshold": None, "groups": ["race", "sex"]}
    audit = group_audit(from_frame(tmp_path, frame, **kept), minimum_n=100)
    line = next(s for s in audit.summary().text.splitlines() if s.startswith("Gravest of all is"))
    assert "all of the " in line or " of 100 (" in line
    assert "times as often" in line
