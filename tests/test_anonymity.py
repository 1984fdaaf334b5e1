"""k-anonymity: exact counts, what each column gives away, and that no combination is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from make_decisions import from_frame
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.anonymity import Anonymity, anonymity

QUASI = ["age", "town", "sex"]


def people(n: int = 1_000, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "town": rng.choice(["Ulm", "Köln", None], n, p=[0.3, 0.6, 0.1]),
            "sex": rng.choice(["f", "m"], n),
            "y": (["yes", "no"] * n)[:n],
        }
    )


def look(folder: Path, frame: pd.DataFrame, size: int = 5, **table: Any) -> Anonymity:
    table.setdefault("quasi_identifiers", QUASI)
    return anonymity(from_frame(folder, frame, label="y", **table), size)


def slow(frame: pd.DataFrame, columns: list[str], size: int) -> tuple[int, float, float]:
    """k, share alone and share in small classes, by pandas."""
    sizes = frame.groupby(columns, dropna=False).size()
    n = sizes.sum()
    return int(sizes.min()), (sizes == 1).sum() / n, sizes[sizes < size].sum() / n


def test_counts_equal_pandas_with_all_columns_and_without_each(tmp_path: Path) -> None:
    frame = people()
    found = look(tmp_path, frame)
    e = found
    assert (e["smallest_class"].value, e["share_unique"].value,
            e["share_in_small_classes"].value) == pytest.approx(slow(frame, QUASI, 5))  # fmt: skip
    for column in QUASI:
        rest = [c for c in QUASI if c != column]
        k, alone, small = slow(frame, rest, 5)
        without = found.get("share_in_small_classes", without=column)
        assert without
        assert without.value == pytest.approx(small)
        assert found.without[column].smallest == k
        assert found.without[column].below(2) / 1_000 == pytest.approx(alone)


def test_estimates_are_exact_counts_of_this_table(tmp_path: Path) -> None:
    for e in look(tmp_path, people()).estimates:
        assert e.low == e.value == e.high
        assert (e.n, e.method) == (1_000, "exact count of this table")


def test_the_summary_names_what_gives_away_most_but_no_combination(tmp_path: Path) -> None:
    frame = people()
    frame.loc[0, "town"] = "Hintertupfing"
    found = look(tmp_path, frame)
    said = found.summary().text + found.table().text + found.chart().text
    assert "Hintertupfing" not in said
    assert "alone with their age, town and sex" in said
    assert "age gives away most" in said
    assert "Alone in this table is not alone in the world" in said
    assert "age stands there to the last digit" in said


def test_all_places_show_one_figure(tmp_path: Path) -> None:
    frame = people(1_000).assign(age=30, sex="f")
    frame["town"] = ["Ulm"] * 993 + ["Köln"] * 7
    found = look(tmp_path, frame, size=11)
    assert "7 rows (0.7 %) look like fewer than 11, themselves included." in found.summary().text
    assert "all columns | 7 | 0.7 % | 0 %" in found.table().text
    assert "0.7 % of rows look like fewer than 11" in found.chart().text
    assert "all columns: 0.7 %" in found.chart().text


def test_declared_bins_are_used(tmp_path: Path) -> None:
    frame = people()
    found = look(tmp_path, frame, groups=["age"], bins={"age": [30, 60]})
    banded = frame.assign(age=np.digitize(frame["age"], [30, 60]))
    k, alone, small = slow(banded, QUASI, 5)
    assert found["smallest_class"].value == k
    assert found["share_unique"].value == pytest.approx(alone)
    assert found["share_in_small_classes"].value == pytest.approx(small)
    assert "Counted in the bands of product.yaml: age." in found.summary().text


def test_without_quasi_identifiers_the_groups_are_taken_and_it_is_said(tmp_path: Path) -> None:
    found = look(tmp_path, people(), quasi_identifiers=[], groups=["town", "sex"])
    assert found.columns == ["town", "sex"]
    assert "No quasi-identifiers are named, so these are the group columns" in found.summary().text


def test_where_all_rows_look_alike_nothing_is_wrong(tmp_path: Path) -> None:
    found = look(tmp_path, people().assign(age=30, town="Ulm", sex="f"))
    assert found["smallest_class"].value == 1_000
    assert found["share_in_small_classes"].value == 0
    assert "No row is alone" in found.summary().text
    assert "not alone in the world" not in found.summary().text
    assert "Every row looks like at least 5" in found.chart().text


def test_one_column_has_nothing_to_leave_out(tmp_path: Path) -> None:
    found = look(tmp_path, people(), quasi_identifiers=["age"])
    assert found.dropped == {}
    assert found.table().text
    assert found.chart().text


def test_every_way_to_miss_a_value_is_one_value(tmp_path: Path) -> None:
    frame = pd.DataFrame({"town": [None, "", "  ", "Ulm"], "age": [np.nan] * 4,
                          "y": ["yes", "no"] * 2})  # fmt: skip
    found = look(tmp_path, frame, quasi_identifiers=["town", "age"])
    assert found.all.sizes == {1: 1, 3: 1}
    assert "1 row is alone with its town and age" in found.summary().text


def test_weights_play_no_part(tmp_path: Path) -> None:
    frame = people(200)
    plain = look(tmp_path, frame)
    weighted = look(tmp_path, frame.assign(w=np.arange(200) + 1.0), weight="w")
    assert weighted.estimates == plain.estimates


def test_rows_without_a_label_are_people_too(tmp_path: Path) -> None:
    frame = people(100)
    frame.loc[:49, "y"] = None
    assert look(tmp_path, frame)["smallest_class"].n == 100


def test_without_any_column_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="under 'quasi_identifiers:'"):
        look(tmp_path, people(), quasi_identifiers=[])


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    frame = people(20).assign(**{f"c{i}": i for i in range(13)})
    with pytest.raises(NoEvidence, match="13 quasi-identifiers are named"):
        look(tmp_path, frame, quasi_identifiers=[f"c{i}" for i in range(13)])


def test_a_column_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match=r"there is no column 'twon'.*'town'"):
        look(tmp_path, people(), quasi_identifiers=["twon"])


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    frame = people(50).rename(columns={"town": "<b>", "age": 'a"; drop'})
    found = look(tmp_path, frame, quasi_identifiers=["<b>", 'a"; drop', "sex"])
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<b>" not in shown.html
    assert found.all.n == 50


def test_times_and_lists_can_be_quasi_identifiers(tmp_path: Path) -> None:
    frame = people(60)
    frame["born"] = pd.to_datetime("2000-01-01") + pd.to_timedelta(np.arange(60) // 2, "D")
    frame["tags"] = [["a"], ["b"]] * 30
    found = look(tmp_path, frame, quasi_identifiers=["born", "tags"])
    assert found["share_unique"].value == 1


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.integers(0, 2)),
             min_size=1, max_size=40),
    st.integers(2, 6),
)  # fmt: skip
@settings(max_examples=20, deadline=None)
def test_knowing_less_never_makes_anybody_stand_out_more(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[str, str, int]], size: int
) -> None:
    frame = pd.DataFrame(values, columns=["a", "b", "c"]).assign(y="yes")
    frame.loc[len(frame)] = ["a", "x", 0, "no"]
    found = look(tmp_path_factory.mktemp("d"), frame, size, quasi_identifiers=["a", "b", "c"])
    k, alone, small = slow(frame, ["a", "b", "c"], size)
    assert found["smallest_class"].value == k
    assert found["share_unique"].value == pytest.approx(alone)
    for column, e in found.dropped.items():
        assert e.value <= small + 1e-12
        assert found.without[column].below(2) <= found.all.below(2)
        assert found.without[column].smallest >= k
