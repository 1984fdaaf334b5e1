"""An automatic judge beside people: agreement, errors, and whether it may decide alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from answers import opened
from playbook.errors import NoEvidence
from playbook.evidence.judge import judge

RIGHT = {"right": {"says": "is right", "people": ["ann", "bob"], "judge": "bot"}}


def rated(n: int = 200, wrong: float = 0.1, seed: int = 0, **more: Any) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    good = rng.random(n) < 0.6
    bot = np.where(rng.random(n) < wrong, ~good, good)
    frame = {"prompt": range(n), "ann": good.astype(int), "bob": good.astype(int),
             "bot": bot.astype(int)}  # fmt: skip
    return pd.DataFrame(frame | more)


def lenient(n: int = 300) -> pd.DataFrame:
    """People pass half; of what they fail, the judge passes 40 of 100."""
    frame = rated(n)
    frame["ann"] = frame["bob"] = np.arange(n) % 2
    frame["bot"] = np.where((frame["ann"] == 1) | (np.arange(n) % 5 < 2), 1, 0)
    return frame


def test_kappa_and_rates_equal_scikit_learn(tmp_path: Path) -> None:
    frame = rated(wrong=0.2)
    found = judge(opened(tmp_path, frame, RIGHT), 0.6, 100)
    (c,) = found.criteria
    kappa = found.get("judge_agreement", criterion="right")
    assert kappa is not None
    assert kappa.value == pytest.approx(cohen_kappa_score(frame["ann"], frame["bot"]), abs=1e-12)
    passed = frame[frame["ann"] == 1]
    for measure, value in {
        "judge_raw_agreement": (frame["ann"] == frame["bot"]).mean(),
        "judge_base_rate": frame["ann"].mean(),
        "judge_pass_rate": frame["bot"].mean(),
        "corrected_pass_rate": frame["ann"].mean(),
        "judge_sensitivity": passed["bot"].mean(),
        "judge_specificity": 1 - frame[frame["ann"] == 0]["bot"].mean(),
        "judge_leniency": (frame["bot"] - frame["ann"]).mean(),
    }.items():
        estimate = found.get(measure, criterion="right")
        assert estimate is not None, measure
        assert estimate.value == pytest.approx(value, abs=1e-12), measure
        assert estimate.low < estimate.value < estimate.high, measure
    assert c.labels == kappa.n == 200


@pytest.mark.parametrize(
    ("wrong", "labels_bar", "gates"),
    [(0.02, 100, "yes"), (0.02, 500, "open"), (0.2, 100, "open"), (0.45, 100, "no")],
)
def test_it_may_decide_alone_where_the_whole_interval_says_so(
    tmp_path: Path, wrong: float, labels_bar: int, gates: str
) -> None:
    (c,) = judge(opened(tmp_path, rated(wrong=wrong), RIGHT), 0.6, labels_bar).criteria
    assert c.gates == gates
    if gates == "open":
        assert c.labels_needed is not None
        assert c.labels_needed >= labels_bar
    else:
        assert c.labels_needed is None


def test_a_lenient_judge_is_called_so_and_its_pass_rate_corrected(tmp_path: Path) -> None:
    frame = lenient()
    frame.loc[frame.index % 3 > 0, ["ann", "bob"]] = np.nan
    found = judge(opened(tmp_path, frame, RIGHT), 0.6, 50)
    (c,) = found.criteria
    assert c.corrected is not None
    assert c.corrected.low < 0.5 < c.corrected.high < c.raw.value
    said = found.summary().text
    assert "Of answers that people fail, the judge passes 40 of 100" in said
    assert "of answers that people pass, it fails none of the 50" in said
    assert "It is too lenient." in said
    assert "So the judge alone makes the product look better than it is." in said
    assert "if the answers that people rated were chosen by chance" in said
    assert "right, corrected" in found.chart().text
    assert "PPI++" in found.table().text


def test_answers_people_split_on_are_left_out_of_agreement(tmp_path: Path) -> None:
    frame = rated()
    frame.loc[:19, "bob"] = 1 - frame.loc[:19, "ann"]
    found = judge(opened(tmp_path, frame, RIGHT), 0.6, 100)
    (c,) = found.criteria
    assert (c.labels, c.tied) == (180, 20)
    assert c.corrected is not None
    assert c.corrected.value == pytest.approx(frame[["ann", "bob"]].to_numpy().mean())
    assert "On 20 ratings people are split." in found.summary().text


def test_repeated_answers_widen_the_interval(tmp_path: Path) -> None:
    one = rated(80, wrong=0.2)
    many = pd.concat([one] * 4, ignore_index=True)
    (once,) = judge(opened(tmp_path, one, RIGHT), 0.6, 50).criteria
    (often,) = judge(opened(tmp_path, many, RIGHT), 0.6, 50).criteria
    assert once.kappa is not None
    assert often.kappa is not None
    wide = once.kappa.high - once.kappa.low
    assert often.kappa.high - often.kappa.low == pytest.approx(wide, rel=0.1)


def test_a_judge_that_nobody_checked_says_so(tmp_path: Path) -> None:
    found = judge(
        opened(tmp_path, rated(), {"polite": {"says": "is polite", "judge": "bot"}}), 0.6, 100
    )
    (c,) = found.criteria
    assert (c.kappa, c.corrected, c.gates, c.labels_needed) == (None, None, "open", 100)
    assert "nobody has checked it. Let people rate 100 answers" in found.summary().text
    assert [e.measure for e in found.estimates] == ["judge_pass_rate"]
    assert "Nobody has checked" in found.chart().text


def test_labels_of_another_system_only_correct_nothing(tmp_path: Path) -> None:
    frame = rated(system=np.where(np.arange(200) % 2 == 0, "a", "b"))
    frame.loc[frame["system"] == "b", ["ann", "bob"]] = np.nan
    found = judge(opened(tmp_path, frame, RIGHT, current="b"), 0.6, 100)
    (c,) = found.criteria
    assert c.kappa is not None
    assert c.corrected is None
    assert c.raw.n == 100
    assert "that cannot be corrected" in found.summary().text


def test_where_all_ratings_are_the_same_there_is_no_kappa(tmp_path: Path) -> None:
    found = judge(opened(tmp_path, rated().assign(ann=1, bob=1, bot=1), RIGHT), 0.6, 100)
    (c,) = found.criteria
    assert c.kappa is None
    assert c.gates == "open"
    assert "nobody can tell agreement from habit" in found.summary().text
    assert found.table().text


def test_without_a_judge_there_is_no_evidence(tmp_path: Path) -> None:
    people = {"right": {"says": "is right", "people": ["ann"]}}
    with pytest.raises(NoEvidence, match="no automatic judge rated the answers of the product"):
        judge(opened(tmp_path, rated(), people), 0.6, 100)


def test_names_from_the_file_are_escaped(tmp_path: Path) -> None:
    criteria = {"<b>": {"says": "is <i>", "people": ["ann", "bob"], "judge": "bot"}}
    found = judge(opened(tmp_path, rated(), criteria), 0.6, 100)
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<b>" not in shown.html
