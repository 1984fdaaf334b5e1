from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.impact_table import ImpactTable, Part, impact_table
from playbook.evidence.intervals import ratio
from playbook.evidence.spreadsheet import disarmed, safe_csv

HIRING: dict[str, Any] = {
    "prediction": "selected",
    "label": "selected",
    "positive": "yes",
    "favourable": "yes",
}


def rows(counts: dict[str, tuple[int, int]], column: str) -> pd.DataFrame:
    """A table with so many rows, so many selected, per category."""
    return pd.DataFrame(
        [
            {column: name, "selected": "yes" if i < selected else "no"}
            for name, (n, selected) in counts.items()
            for i in range(n)
        ]
    )


def part(found: ImpactTable, *columns: str) -> Part:
    return next(p for p in found.parts if set(p.columns) == set(columns))


# In the manner of the example in 6 RCNY § 5-301: applicants, selected, and the ratio by hand.
RULES = {
    "sex": {"Male": (1390, 667, 1.0), "Female": (1181, 555, 0.979)},
    "race": {
        "Hispanic or Latino": (408, 204, 0.967),
        "White": (797, 412, 1.0),
        "Black or African American": (390, 170, 0.843),
        "Native Hawaiian or Pacific Islander": (119, 52, 0.845),
        "Asian": (616, 302, 0.948),
        "Native American or Alaska Native": (41, 18, 0.849),
        "Two or More Races": (213, 96, 0.872),
    },
}


@pytest.mark.parametrize("column", ["sex", "race"])
def test_ratios_are_those_worked_out_by_hand(tmp_path: Path, column: str) -> None:
    table = rows({name: (n, k) for name, (n, k, _) in RULES[column].items()}, column)
    found = impact_table(from_frame(tmp_path, table, groups=[column], **HIRING))
    frame = found.parts[0].frame.set_index(column)
    for name, (n, k, expected) in RULES[column].items():
        row = frame.loc[name]
        assert (row["applicants"], row["selected"]) == (n, k)
        assert math.isclose(row["rate"], k / n)
        assert round(row["impact_ratio"], 3) == expected
        assert bool(row["small"]) is (column == "race" and n == 41)
    shown = found.tables()[0].text
    assert "# of applicants | # selected | selection rate | impact ratio | interval" in shown
    assert ("41 *" in shown) is (column == "race")
    assert "no legal advice" in found.table().text


def test_sex_comes_first_race_then_and_intersections_last(tmp_path: Path) -> None:
    frame = people(2_000).assign(sex=np.resize(["f", "m"], 2_000), age_group="x")
    kept = {**LOANS, "groups": ["race", "age_group", "sex"], "intersections": [["sex", "race"]]}
    found = impact_table(from_frame(tmp_path, frame, **kept))
    assert [p.title for p in found.parts] == [
        "Sex categories",
        "Age group categories",
        "Race/ethnicity categories",
        "Intersectional categories: sex × race",
    ]
    only = impact_table(from_frame(tmp_path, frame, **kept), columns=["sex"])
    assert [p.columns for p in only.parts] == [["sex"]]


def test_unknown_categories_are_counted_below_the_table_and_in_no_rate(tmp_path: Path) -> None:
    frame = people(3_000)
    found = impact_table(from_frame(tmp_path, frame, **LOANS))
    unknown = int(frame["race"].isna().sum())
    for columns in (["race"], ["race", "region"]):
        mine = part(found, *columns)
        assert mine.unknown == unknown
        assert mine.frame["applicants"].sum() == 3_000 - unknown
    assert f"{unknown} cases are not in this table" in found.table().text
    assert "(missing)" not in found.table().text


def test_each_ratio_has_its_interval_against_the_highest_rate(tmp_path: Path) -> None:
    found = impact_table(from_frame(tmp_path, people(3_000), **LOANS))
    (estimate,) = part(found, "race").estimates
    frame = part(found, "race").frame.set_index("race")
    black, white = frame.loc["Black"], frame.loc["White"]
    expected = ratio(black["selected"], black["applicants"], white["selected"], white["applicants"])
    assert expected is not None
    assert estimate.group == {"race": "Black"}
    for side in ("value", "low", "high"):
        assert math.isclose(getattr(estimate, side), getattr(expected, side), rel_tol=1e-12)
    assert "against White" in estimate.method
    assert math.isnan(white["low"])
    assert "Black has the lowest impact ratio" in found.summary().text


def test_a_category_under_2_percent_may_be_left_out_but_is_listed(tmp_path: Path) -> None:
    table = rows({"a": (700, 350), "b": (295, 59), "tiny": (5, 5)}, "sex")
    decisions = from_frame(tmp_path, table, groups=["sex"], **HIRING)
    kept = impact_table(decisions).parts[0].frame.set_index("sex")["impact_ratio"]
    assert np.allclose(kept[["a", "b", "tiny"]], [0.5, 0.2, 1])
    left_out = impact_table(decisions, exclude_small=True)
    frame = left_out.parts[0].frame.set_index("sex")
    assert np.allclose(frame.loc[["a", "b"], "impact_ratio"], [1, 0.4])
    assert math.isnan(frame.loc["tiny", "impact_ratio"])
    assert "tiny | 5 * | 5 | 100.0 % | – | –" in left_out.table().text


@pytest.mark.parametrize(("favourable", "better"), [("yes", "gt"), ("no", "lt")])
def test_scoring_rate_is_the_share_on_the_better_side_of_the_median(
    tmp_path: Path, favourable: str, better: str
) -> None:
    frame = people(3_001, distinct=10**9)
    decisions = from_frame(tmp_path, frame, **{**LOANS, "favourable": favourable})
    found = impact_table(decisions, scored=True)
    ahead = getattr(frame["score"], better)(frame["score"].median())
    expected = ahead.groupby(frame["race"]).mean()
    frame_of = part(found, "race").frame.set_index("race")
    assert np.allclose(frame_of["rate"], expected[frame_of.index], atol=1e-12)
    assert np.allclose(frame_of["impact_ratio"], expected / expected.max(), atol=1e-12)
    assert "scoring rate" in found.table().text
    assert "scoring rate" in found.frame.columns


def test_bands_stand_in_their_order(tmp_path: Path) -> None:
    frame = people(1_000).assign(age=np.resize([70, 30, 19, 50], 1_000))
    kept = {**LOANS, "groups": ["age"], "bins": {"age": [25, 45, 65]}}
    found = impact_table(from_frame(tmp_path, frame, **kept))
    names = found.parts[0].frame["age"].tolist()
    assert names == ["under 25", "25 to 44", "45 to 64", "65 and over"]


def test_weighted_rows_count_once_each(tmp_path: Path) -> None:
    frame = people(1_000).assign(w=np.resize([0.5, 2, 3], 1_000))
    plain = impact_table(from_frame(tmp_path, frame, **LOANS))
    decisions = from_frame(tmp_path, frame, **LOANS)
    decisions.table.columns.weight = "w"
    from playbook.evidence.tables import open_decisions

    weighted = impact_table(open_decisions(decisions.product))
    assert weighted.csv() == plain.csv()


def test_csv_runs_nothing_and_tells_the_same(tmp_path: Path) -> None:
    hostile = '=HYPERLINK("http://x")'
    table = rows({hostile: (50, 20), "@b": (50, 25), "c, d": (50, 0), "-e": (9, 1)}, "sex")
    found = impact_table(from_frame(tmp_path, table, groups=["sex"], **HIRING))
    read = list(csv.reader(io.StringIO(found.csv())))
    assert read[0][:6] == ["table", "category", "# of applicants", "# selected",
                           "selection rate", "impact ratio"]  # fmt: skip
    by_name = {row[1]: row for row in read[1:5]}
    assert set(by_name) == {"'" + hostile, "'@b", "c, d", "'-e"}
    assert by_name["'" + hostile][2:6] == ["50", "20", "0.4", "0.8"]
    assert by_name["c, d"][4:6] == ["0", "0"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in read for cell in row)
    assert "<script>" not in str(found.table().html)


def test_what_a_spreadsheet_would_run_is_disarmed() -> None:
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1"):
        assert disarmed(text) == "'" + text
    assert disarmed("Black or African American") == "Black or African American"
    frame = pd.DataFrame({"=a": ["x"], "b": [math.nan], "c": [True], "d": [-2]})
    assert safe_csv(frame, ["=note"]) == "'=a,b,c,d\nx,,yes,-2\n'=note\n"


def test_nobody_selected_gives_no_ratio(tmp_path: Path) -> None:
    table = pd.concat([rows({"a": (50, 0), "b": (50, 0)}, "sex")])
    table["truth"] = np.resize(["yes", "no"], 100)
    kept = {**HIRING, "label": "truth"}
    found = impact_table(from_frame(tmp_path, table, groups=["sex"], **kept))
    assert found.parts[0].frame["impact_ratio"].isna().all()
    assert found.estimates == []
    assert "no two categories" in found.summary().text


def test_what_is_needed_is_asked_for(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, people(500), **{**LOANS, "favourable": None})
    with pytest.raises(PlaybookError, match="which outcome is good"):
        impact_table(decisions)
    decisions = from_frame(tmp_path, people(500), **{**LOANS, "score": None, "threshold": None})
    with pytest.raises(PlaybookError, match="has no score"):
        impact_table(decisions, scored=True)
    with pytest.raises(PlaybookError, match="group columns"):
        impact_table(decisions, columns=["rase"])
    with pytest.raises(PlaybookError, match="names no groups"):
        impact_table(decisions, columns=[])


def test_a_category_nobody_states_makes_an_empty_table(tmp_path: Path) -> None:
    frame = people(300).assign(sex=pd.Series([None] * 300, dtype="str"))
    found = impact_table(from_frame(tmp_path, frame, **{**LOANS, "groups": ["sex", "race"]}))
    assert part(found, "sex").unknown == 300
    assert part(found, "sex").frame.empty
    assert "300 cases are not in this table" in found.table().text
    assert "Race/ethnicity categories" in found.csv()
