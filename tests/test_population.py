"""Who the product is for, counted in a table of everybody instead of stated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from make_decisions import product
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.population import population_of
from playbook.evidence.representation import Representation, representation
from playbook.evidence.tables import Decisions, open_decisions
from playbook.product import Columns, Table


def opened(folder: Path, here: pd.DataFrame, everybody: pd.DataFrame, **table: Any) -> Decisions:
    """Decisions with a table of the population beside them; `population_table` says how it is."""
    told = {"groups": ["race"], **table.pop("population_table", {})}
    columns = {k: told.pop(k) for k in ("groups", "weight") if k in told}
    here.assign(y=(["yes", "no"] * len(here))[: len(here)]).to_parquet(folder / "data.parquet")
    everybody.to_parquet(folder / "everybody.parquet")
    table.setdefault("groups", ["race"])
    p = product(folder, "data.parquet", label="y", **table)
    p.tables["population"] = Table(source="everybody.parquet", columns=Columns(**columns), **told)
    return open_decisions(p)


def race(*names: str | None) -> pd.DataFrame:
    return pd.DataFrame({"race": list(names)})


HERE = race(*["White"] * 70, *["Black"] * 30)
EVERYBODY = race(*["White"] * 600, *["Black"] * 400, *[None] * 50)


def test_shares_are_counted_and_their_origin_is_said(tmp_path: Path) -> None:
    found = population_of(opened(tmp_path, HERE, EVERYBODY))
    assert found.shares == {"race": {"White": 0.6, "Black": 0.4}}
    assert found.origin == {"race": "1,000 rows of everybody.parquet"}


def test_representation_is_the_same_as_with_stated_shares(tmp_path: Path) -> None:
    counted = representation(opened(tmp_path, HERE, EVERYBODY))
    stated = {"race": {"White": 0.6, "Black": 0.4}}
    told = representation(opened(tmp_path, HERE, EVERYBODY, population=stated))
    assert sorted(map(repr, counted.estimates)) == sorted(map(repr, told.estimates))
    assert "1,000 rows of everybody.parquet" in counted.summary().text
    assert "1,000 rows of everybody.parquet" in counted.table().text
    assert "1,000 rows of everybody.parquet" in counted.chart().text
    assert "everybody" not in told.summary().text + told.table().text + told.chart().text
    assert all("population share taken as known" in e.method for e in counted.estimates
               if e.measure == "representation_ratio")  # fmt: skip


def test_stated_shares_win_column_by_column(tmp_path: Path) -> None:
    here = HERE.assign(sex=["f", "m"] * 50)
    everybody = EVERYBODY.assign(sex="f")
    everybody.loc[:104, "sex"] = "m"
    found = population_of(
        opened(tmp_path, here, everybody, groups=["race", "sex"],
               population={"race": {"White": 0.5, "Black": 0.5}},
               population_table={"groups": ["race", "sex"]})
    )  # fmt: skip
    assert found.shares["race"] == {"White": 0.5, "Black": 0.5}
    assert found.shares["sex"] == pytest.approx({"m": 0.1, "f": 0.9})
    assert list(found.origin) == ["sex"]


def test_rows_may_stand_for_many_people(tmp_path: Path) -> None:
    everybody = pd.DataFrame({"race": ["White", "Black"], "people": [900, 100]})
    found = population_of(opened(tmp_path, HERE, everybody, population_table={"weight": "people"}))
    assert found.shares["race"] == {"White": 0.9, "Black": 0.1}
    assert found.origin["race"] == "2 rows of everybody.parquet, by weight"


@pytest.mark.parametrize("weight", [-1.0, None])
def test_a_weight_that_is_none_is_refused(tmp_path: Path, weight: float | None) -> None:
    everybody = pd.DataFrame({"race": ["White", "Black"], "people": [900, weight]})
    with pytest.raises(PlaybookError, match="weight is missing or negative"):
        population_of(opened(tmp_path, HERE, everybody, population_table={"weight": "people"}))


@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_bins_of_decisions_apply_to_both(tmp_path: Path, kind: str) -> None:
    here = pd.DataFrame({"age": [20, 30, 40, 50] * 10})
    everybody = pd.DataFrame({"age": np.array([20, 20, 20, 70]).astype(kind)})
    decisions = opened(tmp_path, here, everybody, groups=["age"], bins={"age": [25, 45]},
                       population_table={"groups": ["age"]})  # fmt: skip
    assert population_of(decisions).shares["age"] == {"under 25": 0.75, "45 and over": 0.25}
    found = representation(decisions)
    assert found.columns[0].unnamed == {"25 to 44": 20}


def test_the_note_of_the_population_is_shown(tmp_path: Path) -> None:
    found = representation(
        opened(tmp_path, HERE, EVERYBODY, population_table={"note": "Made up <b>."})
    )
    for shown in (found.summary(), found.table(), found.chart()):
        assert "Made up <b>." in shown.text
        assert "<b>" not in shown.html


def test_names_of_groups_are_escaped(tmp_path: Path) -> None:
    found = representation(
        opened(tmp_path, race(*["<i>"] * 50, *["x"] * 50), race(*["<i>"] * 9, "x"))
    )
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<i>" not in shown.html


def test_a_group_that_decisions_do_not_have_is_a_mistake(tmp_path: Path) -> None:
    everybody = EVERYBODY.rename(columns={"race": "rase"})
    with pytest.raises(PlaybookError, match=r"the group 'rase'.*Did you mean 'race'"):
        population_of(opened(tmp_path, HERE, everybody, population_table={"groups": ["rase"]}))


def test_a_population_without_groups_has_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="names no groups to compare by"):
        population_of(opened(tmp_path, HERE, EVERYBODY, population_table={"groups": []}))


def test_a_number_without_bins_is_no_group(tmp_path: Path) -> None:
    here, everybody = (pd.DataFrame({"age": np.arange(n) / 7}) for n in (50, 3_000))
    decisions = opened(tmp_path, here, everybody, groups=["age"],
                       population_table={"groups": ["age"]})  # fmt: skip
    with pytest.raises(PlaybookError, match="more than 200 different values"):
        population_of(decisions)


def test_a_population_of_blanks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="no value in any row"):
        population_of(opened(tmp_path, HERE, race(None, " ")))


def test_an_empty_population_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="no rows"):
        population_of(opened(tmp_path, HERE, EVERYBODY.head(0)))


def test_of_amounts_rows_without_a_prediction_are_said_to_be_left_out(tmp_path: Path) -> None:
    frame = HERE.assign(minutes=np.arange(100.0), told=[None] * 3 + [1.0] * 97)
    frame.to_parquet(tmp_path / "data.parquet")
    p = product(tmp_path, "data.parquet", kind="regression", label="minutes", prediction="told",
                groups=["race"], population={"race": {"White": 0.5, "Black": 0.5}})  # fmt: skip
    found: Representation = representation(open_decisions(p))
    assert "Only rows with a label and a prediction are counted; 3 rows lack one" in (
        found.summary().text
    )


@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=60))
@settings(max_examples=15, deadline=None)
def test_shares_add_up_and_equal_a_count(
    tmp_path_factory: pytest.TempPathFactory, names: list[str | None]
) -> None:
    names = [*names, "a"]
    found = population_of(opened(tmp_path_factory.mktemp("p"), race("a", "b"), race(*names)))
    there = [name for name in names if name]
    assert found.shares["race"] == pytest.approx(
        {name: there.count(name) / len(there) for name in set(there)}
    )
    assert sum(found.shares["race"].values()) == pytest.approx(1)
