from __future__ import annotations

import math
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import ndcg_score

from playbook.errors import PlaybookError
from playbook.evidence import moments
from playbook.evidence.ranking import ranking
from playbook.evidence.tables import Decisions, open_decisions
from playbook.product import Columns, Product, Table, Words

SEARCH: dict[str, Any] = {"label": "fit", "score": "score", "query": "query"}


def opened(folder: Path, frame: pd.DataFrame, **columns: Any) -> Decisions:
    frame.to_parquet(folder / "data.parquet", index=False)
    table = Table(source="data.parquet", columns=Columns(**(SEARCH | columns)))
    words = Words(case="hit", cases="hits")
    return open_decisions(
        Product(slug="search", folder=folder, name="Search", owner="Ada", kind="ranking",
                words=words, tables={"decisions": table})
    )  # fmt: skip


def searches(lists: int = 200, seed: int = 4, decimals: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 25, lists)
    query = np.repeat([f"q{i}" for i in range(lists)], sizes)
    score = rng.normal(size=len(query))
    fit = np.clip(np.floor(score * 0.8 + rng.normal(-0.9, 1, len(query))), 0, 3)
    market = np.where(np.char.endswith(query.astype(str), "7"), "<i>de</i>", "fr")
    return pd.DataFrame(
        {"query": query, "score": np.round(score, decimals), "fit": fit, "market": market}
    )


def reference(part: pd.DataFrame, k: int) -> dict[str, float]:
    """One list's measures, row by row; ties as the module says."""
    fit, score = part["fit"].to_numpy(), part["score"].to_numpy()
    n, relevant = len(part), (part["fit"] > 0).sum()
    worst = np.lexsort((fit, -score))
    mean_fit = part.groupby("score")["fit"].transform("mean").to_numpy()[worst]
    chance = (part["fit"] > 0).groupby(part["score"]).transform("mean").to_numpy()[worst]
    discount = 1 / np.log2(np.arange(2, n + 2))
    top = min(k, n)
    found = {"precision_at_k": chance[:top].sum() / k}
    found["random_precision_at_k"] = relevant / n * top / k
    if relevant:
        best = (np.sort(fit)[::-1] * discount)[:top].sum()
        first = int(np.argmax(fit[worst] > 0)) + 1
        found |= {
            "recall_at_k": chance[:top].sum() / relevant,
            "ndcg_at_k": (mean_fit * discount)[:top].sum() / best,
            "random_ndcg_at_k": fit.mean() * discount[:top].sum() / best,
            "mean_reciprocal_rank": 1 / first,
            "hit_rate_at_k": float(first <= k),
        }
    return found


def averages(frame: pd.DataFrame, k: int) -> dict[str, float]:
    parts = [reference(part, k) for _, part in frame.groupby("query")]
    return pd.DataFrame(parts).mean().to_dict()


@pytest.mark.parametrize("k", [1, 5, 10, 50])
@pytest.mark.parametrize("decimals", [12, 0])
def test_ndcg_equals_scikit_learns_with_and_without_ties(
    tmp_path: Path, k: int, decimals: int
) -> None:
    frame = searches(decimals=decimals)
    found = ranking(opened(tmp_path, frame), k=k)
    answerable = frame.groupby("query").filter(lambda part: (part["fit"] > 0).any())
    expected = [
        ndcg_score([part["fit"]], [part["score"]], k=k, ignore_ties=decimals == 12)
        for _, part in answerable.groupby("query")
    ]
    assert math.isclose(found["ndcg_at_k"].value, np.mean(expected), rel_tol=1e-9)
    assert found["ndcg_at_k"].n == len(expected)
    assert found.unanswerable == frame["query"].nunique() - len(expected)


@pytest.mark.parametrize("decimals", [12, 0])
def test_every_measure_equals_a_plain_reference(tmp_path: Path, decimals: int) -> None:
    frame = searches(decimals=decimals)
    found = ranking(opened(tmp_path, frame), k=5)
    for measure, value in averages(frame, 5).items():
        e = found[measure]
        assert math.isclose(e.value, value, rel_tol=1e-9), measure
        assert e.low < e.value < e.high
    assert found["precision_at_k"].n == found.lists == 200
    assert found.rows == len(frame)
    tied = frame.groupby(["query", "score"])["fit"].transform("size") > 1
    assert found.tied == tied.sum()
    assert found.short == (frame.groupby("query").size() < 5).sum()


def test_the_gain_over_a_random_order_is_paired_by_list(tmp_path: Path) -> None:
    frame = searches()
    found = ranking(opened(tmp_path, frame), k=5)["ndcg_at_k_difference"]
    parts = pd.DataFrame([reference(part, 5) for _, part in frame.groupby("query")])
    gain = (parts["ndcg_at_k"] - parts["random_ndcg_at_k"]).dropna()
    expected = stats.ttest_1samp(gain, 0).confidence_interval()
    assert math.isclose(found.value, gain.mean(), rel_tol=1e-9)
    assert np.allclose([found.low, found.high], expected, rtol=1e-9)


def test_a_random_order_is_expected_to_reach_the_mean_of_all_orders(tmp_path: Path) -> None:
    fit, k = np.array([0.0, 2.0, 0.0, 1.0, 0.0, 0.0]), 3
    frame = pd.DataFrame({"query": ["a"] * 6 + ["b"] * 6, "fit": [*fit, *fit], "score": range(12)})
    found = ranking(opened(tmp_path, frame), k=k)
    orders = np.array(list(permutations(fit)))[:, :k]
    discount = 1 / np.log2([2, 3, 4])
    ndcg = (orders * discount).sum(axis=1) / (np.array([2, 1, 0]) * discount).sum()
    assert math.isclose(found["random_ndcg_at_k"].value, ndcg.mean(), rel_tol=1e-9)
    expected = (orders > 0).mean()
    assert math.isclose(found["random_precision_at_k"].value, expected, rel_tol=1e-9)


def test_groups_of_lists_are_compared_and_mixed_lists_stand_apart(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    frame = searches(700)
    bad = frame["market"] == "<i>de</i>"
    frame.loc[bad, "score"] = rng.random(bad.sum()) - frame.loc[bad, "fit"]
    frame.loc[frame["query"] == "q0", "market"] = ["a", "b"] + ["fr"] * (
        (frame["query"] == "q0").sum() - 2
    )
    found = ranking(opened(tmp_path, frame, groups=["market"]), k=5)
    by_name = {g.group["market"]: g for g in found.groups}
    assert set(by_name) <= {"<i>de</i>", "fr", "(several)"}
    parts = pd.DataFrame(
        [reference(part, 5) | {"market": part["market"].iloc[0], "query": query}
         for query, part in frame.groupby("query")]
    )  # fmt: skip
    scores = parts.dropna(subset=["ndcg_at_k"])
    de = scores["market"] == "<i>de</i>"
    test = stats.ttest_ind(scores["ndcg_at_k"][de], scores["ndcg_at_k"][~de], equal_var=False)
    worst = by_name["<i>de</i>"]
    assert worst.worse
    assert worst.difference is not None
    assert np.allclose([worst.difference.low, worst.difference.high], test.confidence_interval())
    assert "Lists of market <i>de</i> are in a worse order" in found.summary().text
    for shown in (found.summary(), found.group_table()):
        assert "<i>de" not in shown.html


def test_sentences_say_what_is_counted_and_what_is_not(tmp_path: Path) -> None:
    frame = searches(decimals=0)
    found = ranking(opened(tmp_path, frame), k=10)
    text = found.summary().text
    for told in ("lists something relevant stands in the first 10 places", "in random order it",
                 "better than a random order", "nothing relevant", "fewer than 10 rows",
                 "share their score"):  # fmt: skip
        assert told in text, told
    assert "Mean reciprocal rank" in found.table().text
    assert "random order" in found.chart().text
    assert "no groups" in found.group_table().text


def test_perfect_lists_keep_an_interval(tmp_path: Path) -> None:
    frame = searches(60)
    frame["score"] = frame["fit"] + np.arange(len(frame)) * 1e-6
    found = ranking(opened(tmp_path, frame), k=3)
    for measure in ("ndcg_at_k", "mean_reciprocal_rank", "hit_rate_at_k"):
        assert found[measure].value == 1
        assert 0.9 < found[measure].low < 1


def test_lists_without_anything_relevant_leave_only_precision(tmp_path: Path) -> None:
    found = ranking(opened(tmp_path, searches(20).assign(fit=0.0)))
    assert found.unanswerable == 20
    assert found["precision_at_k"].value == 0
    assert found.get("ndcg_at_k") is None
    assert "20 lists have nothing relevant" in found.summary().text
    assert found.chart().text


def test_faults_are_told_in_one_sentence(tmp_path: Path) -> None:
    decisions = opened(tmp_path, searches(20))
    with pytest.raises(PlaybookError, match="at least 1"):
        ranking(decisions, k=0)
    with pytest.raises(PlaybookError, match="not one of the product's group columns"):
        ranking(decisions, by=["land"])
    with pytest.raises(PlaybookError, match="gives no 'ndgc_at_k'"):
        ranking(decisions)["ndgc_at_k"]
    with pytest.raises(PlaybookError, match="negative or infinite"):
        ranking(opened(tmp_path, searches(20).assign(fit=-1.0)))
    with pytest.raises(PlaybookError, match="fewer than two lists"):
        ranking(opened(tmp_path, searches(1)))


rows = st.tuples(
    st.sampled_from("abcd"), st.sampled_from([0.1, 0.2, 0.3, 0.7]), st.sampled_from([0.0, 1.0, 3.0])
)


@settings(max_examples=20, deadline=None)
@given(st.lists(rows, min_size=4, max_size=40), st.integers(1, 6))
def test_any_lists_give_what_the_reference_gives(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, float, float]], k: int
) -> None:
    table = [("a", 0.5, 1.0), ("b", 0.5, 0.0), *table]
    frame = pd.DataFrame(table, columns=["query", "score", "fit"])
    found = ranking(opened(tmp_path_factory.mktemp("any"), frame), k=k)
    for measure, value in averages(frame, k).items():
        e = found.get(measure)
        if e is not None:
            assert abs(e.value - value) < 1e-9, measure
            assert 0 <= e.low <= e.high <= 1
    assert found.summary().text


@pytest.mark.parametrize(("a", "b"), [(5, 5), (1, 9), (0.2, 0.2), (8, 1)])
def test_intervals_of_mean_shares_cover_as_often_as_they_say(a: float, b: float) -> None:
    rng, n, runs = np.random.default_rng(3), 150, 1_500
    x = rng.beta(a, b, (runs, n))
    held = 0
    for total, squares in zip(x.sum(axis=1).tolist(), (x**2).sum(axis=1).tolist(), strict=True):
        i = moments.mean_share(n, total, squares)
        assert i is not None
        held += i.low <= a / (a + b) <= i.high
    assert 0.93 < held / runs < 0.97, held / runs
