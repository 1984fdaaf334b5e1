"""Hints at wrong labels: repeats against pandas, confident learning against its definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.label_noise import LabelNoise, contradicted_labels, label_noise
from playbook.evidence.repeats import _ceiling, cluster_share


def confident_joint(label: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Northcutt, Jiang and Chuang (2021), equation 1, row by row."""
    chance = np.column_stack([1 - score, score])
    bars = [chance[label == j, j].mean() for j in (0, 1)]
    joint = np.zeros((2, 2), int)
    for i, p in zip(label, chance, strict=True):
        likely = [j for j in (0, 1) if p[j] >= bars[j] - 1e-12]
        if likely:
            joint[i, max(likely, key=lambda j: (p[j], -j))] += 1
    return joint


def look(folder: Path, frame: pd.DataFrame, **table: object) -> LabelNoise:
    return label_noise(from_frame(folder, frame, label="y", **table))


def twins(sets: int, wrong: int, size: int = 4) -> pd.DataFrame:
    """So many sets of alike rows, in the first few of which one row is labelled otherwise."""
    y = [["yes"] * size if i % 2 else ["no"] * size for i in range(sets)]
    for i in range(wrong):
        y[i][0] = "no" if y[i][0] == "yes" else "yes"
    return pd.DataFrame({"a": np.repeat(np.arange(sets), size), "b": "x", "y": np.concatenate(y)})


def test_contradictory_rows_are_those_of_plain_pandas(tmp_path: Path) -> None:
    frame = people().assign(y=lambda t: t["denied"], grade=lambda t: t["score"].round(1))
    found = look(tmp_path, frame, features=["grade", "region", "race"]).repeats
    assert found
    grouped = frame.groupby(["grade", "region", "race"], dropna=False)["y"]
    size, kinds = grouped.transform("size"), grouped.transform("nunique")
    assert found.contradictory.value == pytest.approx((kinds > 1).mean())
    assert found.contradictory.n == len(frame)
    assert found.repeated == (size > 1).sum()
    assert found.repeated_sets == (grouped.size() > 1).sum()
    assert found.sets == (grouped.nunique() > 1).sum()


@given(
    st.lists(
        st.tuples(st.sampled_from([1.0, 2.5, None]), st.sampled_from(["u", "v", None]),
                  st.booleans()),
        min_size=2, max_size=30,
    ).filter(lambda rows: len({label for *_, label in rows}) == 2)
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_sets_equal_a_slow_count(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float | None, str | None, bool]]
) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b", "truth"])
    frame["a"] = frame["a"].astype(float)
    frame["b"] = frame["b"].astype(object)
    frame["y"] = np.where(frame.pop("truth"), "yes", "no")
    found = look(tmp_path_factory.mktemp("d"), frame, features=["a", "b"]).repeats
    sets: dict[tuple[object, object], list[bool]] = {}
    for a, b, label in rows:
        sets.setdefault((a, b), []).append(label)
    assert found
    assert found.sets == sum(len(set(labels)) == 2 for labels in sets.values())
    assert round(found.contradictory.value * len(rows)) == sum(
        len(labels) for labels in sets.values() if len(set(labels)) == 2
    )


def test_the_ceiling_is_the_bound_of_cover_and_hart(tmp_path: Path) -> None:
    """One of four labels turned in a tenth of the sets: two rows of a set differ half the time."""
    found = look(tmp_path, twins(400, 40), features=["a", "b"]).repeats
    assert found
    assert found.ceiling
    differ = 0.1 * (2 * 1 * 3 / (4 * 3))
    assert found.ceiling.value == pytest.approx((1 + np.sqrt(1 - 2 * differ)) / 2)
    assert found.ceiling.low < found.ceiling.value < found.ceiling.high
    assert found.contradictory.value == pytest.approx(0.1)


def test_no_contradiction_is_said_and_still_has_an_upper_limit(tmp_path: Path) -> None:
    found = look(tmp_path, twins(100, 0), features=["a", "b"])
    assert found.repeats
    assert found.repeats.contradictory.value == 0
    assert 0 < found.repeats.contradictory.high < 0.05
    assert "none of these has another label" in found.summary().text


def test_without_repeats_nothing_is_claimed(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": range(50), "y": ["yes", "no"] * 25})
    found = look(tmp_path, frame, features=["a"])
    assert found.repeats
    assert found.repeats.ceiling is None
    assert "No two rows are alike in all 1 feature." in found.summary().text


def test_few_sets_cap_nothing(tmp_path: Path) -> None:
    found = look(tmp_path, twins(10, 5), features=["a", "b"])
    assert found.repeats
    assert found.repeats.ceiling is None
    assert "it cannot be said what this caps accuracy at" in found.summary().text


def test_many_rows_are_looked_at_in_part_with_sets_kept_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playbook.evidence.repeats.MOST_ROWS", 2_000)
    found = look(tmp_path, twins(2_000, 400), features=["a", "b"])
    assert found.repeats
    assert found.repeats.part == 4
    assert 1_600 < found.repeats.contradictory.n < 2_400
    assert found.repeats.contradictory.n % 4 == 0
    assert found.repeats.contradictory.low < 0.2 < found.repeats.contradictory.high
    assert "One in 4 rows is looked at" in found.summary().text


def test_contradicted_labels_are_the_off_diagonal_of_the_confident_joint(tmp_path: Path) -> None:
    frame = people().assign(y=lambda t: t["denied"])
    found = look(tmp_path, frame, score="score").contradicted
    assert found
    label = (frame["y"] == "yes").to_numpy(int)
    joint = confident_joint(label, frame["score"].to_numpy())
    assert round(found.positive.value * found.positive.n) == joint[1, 0]
    assert round(found.negative.value * found.negative.n) == joint[0, 1]
    assert round(found.all.value * found.all.n) == joint[1, 0] + joint[0, 1]
    assert found.positive.n == label.sum()


@given(
    st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=2, max_size=40).filter(
        lambda rows: len({label for _, label in rows}) == 2
    )
)
@settings(max_examples=50, deadline=None)
def test_any_scores_give_the_confident_joint(rows: list[tuple[int, bool]]) -> None:
    score = np.array([s for s, _ in rows]) / 10
    label = np.array([y for _, y in rows], int)
    values = np.unique(score)
    n = [[((score == v) & (label == y)).sum() for v in values] for y in (1, 0)]
    found = contradicted_labels(values, np.array(n[0], float), np.array(n[1], float))
    joint = confident_joint(label, score)
    assert found
    assert round(found.positive.value * found.positive.n) == joint[1, 0]
    assert round(found.negative.value * found.negative.n) == joint[0, 1]


def test_turned_labels_of_a_good_model_are_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(4_000) < 0.4
    score = np.clip(rng.normal(np.where(truth, 0.9, 0.1), 0.05), 0, 1)
    turned = rng.random(4_000) < 0.05
    frame = pd.DataFrame({"no": range(4_000), "score": score,
                          "y": np.where(truth ^ turned, "yes", "no")})  # fmt: skip
    found = look(tmp_path, frame, id="no", score="score")
    assert found.contradicted
    assert 0.75 < found.contradicted.all.value / turned.mean() < 1.05
    assert len(found.examples) == 10
    assert all(turned[int(e.id)] for e in found.examples)
    away = [abs(e.positive - e.score) for e in found.examples]
    assert away == sorted(away, reverse=True)
    assert "Look at these first: " in found.summary().text
    assert found.examples[0].id in found.table().text


def test_a_hint_is_called_a_hint_and_its_other_cause_is_named(tmp_path: Path) -> None:
    said = look(tmp_path, people().assign(y=lambda t: t["denied"]), score="score").summary().text
    assert (
        "This is a hint only: a model that is wrong or too sure of itself looks the same." in said
    )
    assert "No features are named" in said


def test_without_an_id_no_row_is_named(tmp_path: Path) -> None:
    found = look(tmp_path, people().assign(y=lambda t: t["denied"]), score="score")
    assert found.examples == []
    assert "Labels the score contradicts" in found.table().text


def test_hostile_ids_are_escaped(tmp_path: Path) -> None:
    frame = people().assign(y=lambda t: t["denied"], no=[f"<b>{i}" for i in range(2_000)])
    found = look(tmp_path, frame, id="no", score="score")
    assert "<b>" not in found.summary().html + found.table().html


def test_every_estimate_has_a_name_in_the_table(tmp_path: Path) -> None:
    frame = people().assign(grade=lambda t: t["score"].round(2))
    decisions = from_frame(tmp_path, frame, **LOANS, features=["grade", "region", "race"])
    found = label_noise(decisions)
    assert [e.measure for e in found.estimates] == [
        "contradictory_label_rate", "accuracy_ceiling", "contradicted_label_rate",
        "contradicted_positive_rate", "contradicted_negative_rate",
    ]  # fmt: skip
    assert "Most any rule can be right" in found.table().text


def test_nothing_to_compare_with_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="neither features nor a score"):
        look(tmp_path, pd.DataFrame({"y": ["yes", "no"]}))
    with pytest.raises(PlaybookError, match="label"):
        label_noise(from_frame(tmp_path, pd.DataFrame({"a": [1]}), features=["a"]))


def test_intervals_over_sets_cover() -> None:
    """Sets of 2 to 6 rows whose own rate differs from set to set; both kinds of interval."""
    rng = np.random.default_rng(5)
    share, ceiling = 0, 0
    draws, sets = 500, 300
    sizes = np.arange(2, 7)
    # Beta(0.5, 2): E[p] = 0.2, E[2 p (1 - p)] = 2 * 0.5 * 2 / (2.5 * 3.5)
    bound = (1 + np.sqrt(1 - 2 * 2 / (2.5 * 3.5))) / 2
    for _ in range(draws):
        size = rng.choice(sizes, sets)
        positives = rng.binomial(size, rng.beta(0.5, 2, sets))
        kinds, n = np.unique([size, positives], axis=1, return_counts=True)
        found = cluster_share(kinds[1], kinds[0], n)
        share += found.low <= 0.2 <= found.high
        e = _ceiling(kinds[0], kinds[1], n, 0.95)
        ceiling += e.low <= bound <= e.high
    assert 0.93 <= share / draws <= 0.97
    assert 0.93 <= ceiling / draws <= 0.97
