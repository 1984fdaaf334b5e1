from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.counts import BINS, count
from playbook.evidence.tables import MISSING, Decisions

texts = st.one_of(
    st.none(), st.text(max_size=4), st.sampled_from(["a", "A", "NULL", "'", '"', "1.0"])
)
numbers = st.one_of(st.none(), st.sampled_from([0.0, 1.0, 2.5, -3.0]))
rows = st.lists(
    st.tuples(
        st.sampled_from(["yes", "no", "Yes", None]),
        st.sampled_from([0.0, 0.25, 0.5, 1 / 3, 1.0]),
        st.sampled_from(["yes", "no"]),
        texts,
        numbers,
    ),
    min_size=2,
    max_size=40,
)


BLANKS = " \t\n\r\v\f"  # what the engine takes for blank


def _shown(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return MISSING
    if isinstance(value, float):
        return f"{value:g}"
    return MISSING if not str(value).strip(BLANKS) else str(value)


@settings(max_examples=25, deadline=None)
@given(rows)
def test_counts_equal_a_plain_pandas_group_by(table: list[tuple[Any, ...]]) -> None:
    table = [*table, ("yes", 0.5, "no", None, 1.0), ("no", 0.5, "no", "a", None)]
    frame = pd.DataFrame(table, columns=["y", "s", "p", "word", "number"])
    with tempfile.TemporaryDirectory() as folder:
        decisions = from_frame(
            Path(folder), frame, label="y", score="s", prediction="p", groups=["word", "number"]
        )
        found = count(decisions, by=["number", "word"], scores=True)
    slow: dict[tuple[object, ...], int] = {}
    for y, s, p, word, number in table:
        if y is not None:
            key = (_shown(number), _shown(word), s, y.lower() == "yes", p == "yes")
            slow[key] = slow.get(key, 0) + 1
    names = ["number", "word", "score", "label", "prediction"]
    assert list(found.frame.columns) == [*names, "n"]
    fast = {tuple(row[:-1]): row[-1] for row in found.frame.itertuples(index=False)}
    assert fast == slow
    assert found.n == sum(slow.values()) == decisions.n_labelled


@pytest.fixture(scope="module")
def many_scores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Decisions, pd.DataFrame]:
    rng = np.random.default_rng(5)
    score = np.concatenate(
        [rng.beta(2, 5, 59_990), [0, 1, 1, 0.3, np.nextafter(0.3, 0)], [0.5] * 5]
    )
    label = np.where(rng.random(60_000) < score, "yes", "no")
    frame = pd.DataFrame({"y": label, "s": score})
    folder = tmp_path_factory.mktemp("many")
    return from_frame(folder, frame, label="y", score="s", threshold=0.3), frame


def test_many_scores_are_binned_with_the_threshold_as_an_exact_edge(
    many_scores: tuple[Decisions, pd.DataFrame],
) -> None:
    decisions, frame = many_scores
    counts = count(decisions, scores=True)
    assert counts.bins == "4,096 bins of equal width"
    assert len(counts.frame) <= 2 * (BINS + 1)
    assert 0.3 in counts.edges
    by_score = counts.by_score()
    assert (np.diff(by_score["edge"]) > 0).all()
    assert (by_score["score"] > by_score["edge"]).all()
    for edge in [0.3, *counts.edges[::500]]:
        above = by_score[by_score["edge"] >= edge]
        assert above["positives"].sum() == ((frame["s"] >= edge) & (frame["y"] == "yes")).sum()
        assert above["negatives"].sum() == ((frame["s"] >= edge) & (frame["y"] == "no")).sum()
    predicted = counts.frame.groupby("prediction")["score"]
    assert predicted.min()[True] > 0.3 > predicted.max()[False]


def test_few_scores_are_exact(tmp_path: Path) -> None:
    frame = people(5_000)
    counts = count(from_frame(tmp_path, frame, **LOANS), scores=True)
    assert counts.bins == "exact"
    assert counts.edges.tolist() == sorted(frame["score"].unique())


def test_only_what_the_table_has_is_counted(tmp_path: Path) -> None:
    frame = people(300)
    bare = from_frame(tmp_path, frame[["denied"]], label="denied")
    counts = count(bare)
    assert counts.bins == "none"
    assert list(counts.frame.columns) == ["label", "n"]
    assert not len(counts.edges)
    with pytest.raises(PlaybookError, match="has no score"):
        count(bare, scores=True)
    with pytest.raises(PlaybookError, match="Did you mean 'race'"):
        count(from_frame(tmp_path, frame, **LOANS), by=["rase"])
    unlabelled = from_frame(tmp_path, frame[["race"]], groups=["race"])
    assert count(unlabelled).frame["n"].tolist() == [300]
    assert set(count(unlabelled, by=["race"]).frame["race"]) == {"White", "Black", MISSING}
