"""Who is in the table beside the population: shares, ratios, tests, and who is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

from make_decisions import from_frame
from playbook.errors import PlaybookError
from playbook.evidence.fit import goodness_of_fit, share_test
from playbook.evidence.representation import Representation, representation

POPULATION = {"race": {"White": 0.6, "Black": 0.2, "Asian": 0.2}}


def look(
    folder: Path, population: dict[str, dict[str, float]], **columns: list[str | None]
) -> Representation:
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame(columns | {"y": (["yes", "no"] * n)[:n]})
    return representation(
        from_frame(folder, frame, label="y", groups=list(columns), population=population)
    )


def group(found: Representation, column: str, name: str):
    return next(g for g in found.groups if g.group == {column: name})


def test_shares_ratios_and_tests_equal_statsmodels(tmp_path: Path) -> None:
    races: list[str | None] = ["White"] * 700 + ["Black"] * 90 + ["Asian"] * 210
    found = look(tmp_path, POPULATION, race=races)
    black = group(found, "race", "Black")
    low, high = proportion_confint(90, 1_000, method="wilson")
    assert (black.share.value, black.share.low, black.share.high) == pytest.approx(
        (0.09, low, high), abs=1e-9
    )
    assert black.ratio is not None
    assert (black.ratio.value, black.ratio.low, black.ratio.high) == pytest.approx(
        (0.45, low / 0.2, high / 0.2), abs=1e-9
    )
    single = [
        proportions_ztest(k, 1_000, value=p, prop_var=p)[1]
        for k, p in ((700, 0.6), (90, 0.2), (210, 0.2))
    ]
    assert [g.p_value for g in found.groups] == pytest.approx(
        multipletests(single, method="holm")[1], abs=1e-9
    )
    (column,) = found.columns
    expected = stats.chisquare([700, 90, 210], [600, 200, 200])
    assert (column.chi_squared, column.p_value) == pytest.approx(tuple(expected), abs=1e-9)
    assert found.worst is black


def test_the_sentence_speaks_of_people(tmp_path: Path) -> None:
    races: list[str | None] = ["White"] * 710 + ["Black"] * 100 + ["Asian"] * 190
    said = look(tmp_path, POPULATION, race=races).summary().text
    assert (
        "10 of 100 (8 to 12) rows are Black; of 100 applicants it is for, 20 are: too few by half."
        in said
    )
    assert "rows are White; of 100 applicants it is for, 60 are: too many by 18 %." in said
    assert "Asian;" not in said  # chance


def test_a_group_that_is_not_there_is_named_with_its_upper_limit(tmp_path: Path) -> None:
    races: list[str | None] = ["White"] * 800 + ["Black"] * 200
    found = look(tmp_path, POPULATION, race=races)
    asian = group(found, "race", "Asian")
    assert asian.absent
    assert asian.share.value == asian.share.low == 0
    assert asian.share.high == pytest.approx(proportion_confint(0, 1_000, method="wilson")[1])
    assert "None of the 1,000 (at most 4 of 1,000) rows are Asian" in found.summary().text
    assert "not one is there" in found.summary().text


def test_an_absence_that_few_rows_explain_is_called_so(tmp_path: Path) -> None:
    found = look(tmp_path, {"race": {"White": 0.95, "Asian": 0.05}}, race=["White"] * 20)
    assert group(found, "race", "Asian").p_value > 0.05
    assert "With so few rows that may be chance." in found.summary().text


def test_groups_the_population_does_not_name_are_named_and_left_out(tmp_path: Path) -> None:
    races: list[str | None] = ["White"] * 60 + ["Black"] * 20 + ["Asian"] * 20 + ["Martian"] * 50
    found = look(tmp_path, POPULATION, race=[*races, None, " "])
    (column,) = found.columns
    assert column.unnamed == {"Martian": 50}
    assert (column.missing, column.n) == (2, 100)
    assert group(found, "race", "White").share.value == 0.6
    assert "do not name these values of race, so they are left out: Martian (50 rows)." in (
        found.summary().text
    )
    assert "2 rows have no race (1 %) and are left out." in found.summary().text


def test_a_table_like_its_population_says_so(tmp_path: Path) -> None:
    found = look(tmp_path, POPULATION, race=["White"] * 60 + ["Black"] * 20 + ["Asian"] * 20)
    assert found.worst is None
    assert "By race the table looks like the applicants it is for" in found.summary().text
    assert "as far as 100 rows can tell (p = 1.000)" in found.summary().text
    assert "No group is clearly too few" in found.chart().text


def test_holm_counts_the_groups_of_all_columns(tmp_path: Path) -> None:
    races: list[str | None] = ["White"] * 55 + ["Black"] * 30 + ["Asian"] * 15
    sexes: list[str | None] = ["f", "m"] * 50
    alone = look(tmp_path, POPULATION, race=races)
    both = look(tmp_path, POPULATION | {"sex": {"f": 0.5, "m": 0.5}}, race=races, sex=sexes)
    assert group(both, "race", "Black").p_value == pytest.approx(
        5 / 3 * group(alone, "race", "Black").p_value
    )


def test_shares_that_do_not_quite_add_up_are_scaled(tmp_path: Path) -> None:
    population = {"race": {"White": 0.597, "Black": 0.199, "Asian": 0.199}}
    found = look(tmp_path, population, race=["White"] * 60 + ["Black"] * 20 + ["Asian"] * 20)
    assert group(found, "race", "White").population == pytest.approx(0.6)


def test_a_population_without_a_group_that_is_there(tmp_path: Path) -> None:
    population = {"race": {"White": 1.0, "Black": 0.0}}
    found = look(tmp_path, population, race=["White"] * 60 + ["Black"] * 20)
    black = group(found, "race", "Black")
    assert black.ratio is None
    assert black.differs
    assert found.summary().text
    assert found.table().text
    assert found.chart().text


def test_groups_spelled_otherwise_are_pointed_out(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="no row has one of the groups"):
        look(tmp_path, POPULATION, race=["w", "b"])


def test_without_population_shares_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="who the product is for"):
        look(tmp_path, {}, race=["White", "Black"])


def test_rows_without_a_label_are_said_to_be_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"race": ["White", "Black"] * 30, "y": [*["yes", "no"] * 25, *[None] * 10]}
    )
    found = representation(
        from_frame(tmp_path, frame, label="y", groups=["race"],
                   population={"race": {"White": 0.5, "Black": 0.5}})
    )  # fmt: skip
    assert (found.n, found.unlabelled) == (50, 10)
    assert "Only rows with a label are counted; 10 rows have none." in found.summary().text


def test_weighted_rows_count_by_their_weight(tmp_path: Path) -> None:
    frame = pd.DataFrame({"race": ["White", "Black"] * 50, "w": [3.0, 1.0] * 50,
                          "y": (["yes"] * 2 + ["no"] * 2) * 25})  # fmt: skip
    found = representation(
        from_frame(tmp_path, frame, label="y", weight="w", groups=["race"],
                   population={"race": {"White": 0.75, "Black": 0.25}})
    )  # fmt: skip
    white = group(found, "race", "White")
    assert white.share.value == pytest.approx(0.75)
    assert white.share.n == 80  # (Σw)² / Σw² = 200² / 500
    assert not white.differs
    assert "Rows count by their weight" in found.summary().text


def test_chart_marks_those_too_few_and_the_population(tmp_path: Path) -> None:
    races: list[str | None] = ["White"] * 700 + ["Black"] * 90 + ["Asian"] * 210
    chart = look(tmp_path, POPULATION, race=races).chart()
    assert "race Black: too few by 55 % in this table" in chart.text
    assert "As in the population" in chart.text
    assert "race Black: 0.45 (0.37–0.55), n = 1,000" in chart.text


def test_names_from_the_file_are_escaped(tmp_path: Path) -> None:
    found = look(tmp_path, {"race": {"<b>": 0.5, "c": 0.5}}, race=["<b>"] * 90 + ["c"] * 10)
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<b>" not in shown.html


@given(
    st.lists(st.integers(0, 400), min_size=2, max_size=5).filter(lambda k: sum(k) > 0),
    st.lists(st.integers(1, 50), min_size=5, max_size=5),
)
@settings(max_examples=50, deadline=None)
def test_fit_equals_scipy_where_every_group_is_expected_often(
    seen: list[int], weights: list[int]
) -> None:
    shares = np.array(weights[: len(seen)]) / sum(weights[: len(seen)])
    found, p, test = goodness_of_fit(np.array(seen, float), shares)
    expected = stats.chisquare(seen, sum(seen) * shares)
    assert found == pytest.approx(expected.statistic, rel=1e-9)
    if (sum(seen) * shares).min() >= 5:
        assert p == pytest.approx(expected.pvalue, abs=1e-9)
        assert test == "chi-squared test of fit"
    else:
        assert 0 < p <= 1
        assert "draws" in test


def test_fit_by_draws_agrees_with_the_exact_binomial() -> None:
    _, p, test = goodness_of_fit(np.array([3.0, 17.0]), np.array([0.05, 0.95]))
    assert "draws" in test
    exact = stats.binomtest(3, 20, 0.05).pvalue
    assert p == pytest.approx(exact, abs=0.01)
    assert share_test(3, 20, 0.05) == pytest.approx(exact, abs=1e-12)


def test_intervals_of_the_ratio_cover() -> None:
    from playbook.evidence.intervals import wilson

    k = np.random.default_rng(1).binomial(500, 0.1, 20_000)
    low, high = wilson(k, 500)
    assert 0.93 <= ((low / 0.2 <= 0.5) & (high / 0.2 >= 0.5)).mean() <= 0.97
