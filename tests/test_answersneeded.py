"""How many questions, tries and labels would decide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from answers import opened
from playbook.errors import NoEvidence
from playbook.evidence.answersneeded import Need, answers_needed
from playbook.evidence.corrected import corrected
from playbook.evidence.intervals import proportion
from playbook.evidence.promptsums import likeness, roughly

RIGHT = {"right": {"says": "is right", "people": ["ann"], "judge": "bot"}}


def tried(
    seed: int = 0, prompts: int = 100, tries: int = 3, alike: float = 0.5, rate: float = 0.84
) -> pd.DataFrame:
    """Tries of a question with the given intraclass correlation."""
    rng = np.random.default_rng(seed)
    spread = 1 / alike - 1
    chance = rng.beta(rate * spread, (1 - rate) * spread, prompts)
    good = (rng.random((prompts, tries)) < chance[:, None]).astype(int).ravel()
    bot = np.where(rng.random(len(good)) < 0.1, 1 - good, good)
    return pd.DataFrame({"prompt": np.repeat(np.arange(prompts), tries),
                         "ann": good.astype(float), "bot": bot})  # fmt: skip


def test_likeness_is_that_of_analysis_of_variance() -> None:
    frame = tried()
    table = frame["ann"].to_numpy().reshape(100, 3)
    among = 3 * table.mean(axis=1).var(ddof=1)
    within = table.var(axis=1, ddof=1).mean()
    found = likeness(frame["ann"], frame["prompt"])
    assert found is not None
    assert found.value == pytest.approx((among - within) / (among + 2 * within), abs=1e-12)
    assert found.low < found.value < found.high


def test_likeness_covers() -> None:
    runs = 100
    covered = 0
    for seed in range(runs):
        frame = tried(seed, prompts=120, rate=0.7)
        found = likeness(frame["ann"], frame["prompt"])
        assert found is not None
        covered += found.low <= 0.5 <= found.high
    assert covered / runs >= 0.88  # 95 less three spreads of 100 draws


def test_the_number_of_questions_is_the_fewest_that_decide(tmp_path: Path) -> None:
    found = answers_needed(opened(tmp_path, tried(), RIGHT), 0.8, 50)
    need = found.accepted
    assert need is not None
    assert need.says == "open"
    n = need.independent
    assert n is not None
    clear = proportion(need.rate.value * n, n)
    before = proportion(need.rate.value * (n - 1), n - 1)
    assert clear.low >= 0.8 or clear.high < 0.8
    assert before.low < 0.8 <= before.high
    assert need.needed(1) == n
    three = need.needed(3)
    assert three is not None
    assert need.alike is not None
    assert three == pytest.approx(n * (1 + 2 * need.alike.value) / 3, abs=1)


def test_that_many_questions_do_decide(tmp_path: Path) -> None:
    """Questions asked anew at the number given are clear of the bar about half the time."""
    need = answers_needed(opened(tmp_path, tried(), RIGHT), 0.75, 50).accepted
    if need is None or need.independent is None or need.alike is None:
        need = answers_needed(opened(tmp_path, tried(), RIGHT), 0.8, 50).accepted
    assert need is not None
    assert need.alike is not None
    questions = need.needed(3)
    assert questions is not None
    assert questions > need.questions
    rng = np.random.default_rng(0)
    spread = 1 / need.alike.value - 1
    p = need.rate.value
    chance = rng.beta(p * spread, (1 - p) * spread, (300, questions))
    rates = rng.binomial(3, chance).mean(axis=1) / 3
    half = 1.96 * np.sqrt(p * (1 - p) / need.independent) if need.independent else 0
    assert np.std(rates) * 1.96 == pytest.approx(half, rel=0.15)


def test_what_is_clear_needs_no_more(tmp_path: Path) -> None:
    for bar, says, word in ((0.5, "above", "clearly reached"), (0.97, "below", "clearly missed")):
        found = answers_needed(opened(tmp_path, tried(), RIGHT), bar, 50)
        assert found.accepted is not None
        assert found.accepted.says == says
        assert found.accepted.needed(1) is None
        assert word in found.summary().text
    assert "More questions will not help with “right”" in found.summary().text


def test_repeats_that_always_end_alike_are_worth_nothing(tmp_path: Path) -> None:
    frame = tried(tries=1)
    frame = pd.concat([frame] * 3, ignore_index=True)
    found = answers_needed(opened(tmp_path, frame, RIGHT), 0.85, 50)
    assert found.accepted is not None
    assert found.accepted.worth(3) == pytest.approx(1)
    assert "tells nearly nothing about the rate: ask new questions" in found.summary().text


def test_without_repeats_nobody_can_say_what_they_bring(tmp_path: Path) -> None:
    found = answers_needed(opened(tmp_path, tried(tries=1), RIGHT), 0.85, 50)
    assert found.accepted is not None
    assert found.accepted.needed(2) is None
    assert found.accepted.needed(1) is not None
    assert "no question was asked twice" in found.summary().text
    assert found.table().text


def test_labels_missing_for_the_judge_are_counted(tmp_path: Path) -> None:
    frame = tried()
    frame.loc[frame["prompt"] % 5 > 0, "ann"] = np.nan
    found = answers_needed(opened(tmp_path, frame, RIGHT), 0.8, 100)
    (need,) = found.judged
    assert (need.labels, need.missing) == (60, 40)
    said = found.summary().text
    assert "people rated 60 answers of those that the automatic judge rated; 40 more" in said
    assert "Missing to 100" in found.table().text


def test_labels_are_enough_or_new_questions_are_asked_for(tmp_path: Path) -> None:
    frame = tried(prompts=1500, tries=1, rate=0.9, alike=0.5)
    frame.loc[frame["prompt"] % 20 > 0, "ann"] = np.nan
    outputs = opened(tmp_path, frame, RIGHT)
    now = corrected(outputs.rated("right"))
    assert now is not None
    bar = now.rate.value - 0.7 * (now.rate.value - now.rate.low)
    (need,) = answers_needed(outputs, bar, 50).judged
    assert need.says == "open"
    assert need.to_decide is not None
    assert 75 < need.to_decide <= 1500
    near = answers_needed(outputs, now.rate.value, 50)
    assert (near.judged[0].says, near.judged[0].to_decide) == ("open", None)
    assert "it takes new questions" in near.summary().text


def test_no_rating_is_no_evidence(tmp_path: Path) -> None:
    frame = tried().assign(ann=np.nan, bot=np.nan)
    with pytest.raises(NoEvidence, match="no answer of the product has a rating"):
        answers_needed(opened(tmp_path, frame, RIGHT), 0.8, 50)


def test_a_rate_on_the_bar_is_never_told(tmp_path: Path) -> None:
    frame = pd.DataFrame({"prompt": range(100), "ann": [1.0, 0.0] * 50, "bot": 1})
    found = answers_needed(opened(tmp_path, frame, RIGHT), 0.5, 50)
    assert isinstance(found.accepted, Need)
    assert found.accepted.independent is None
    assert "no number of questions one could ask would tell" in found.summary().text


def test_forecasts_are_rounded_up_to_two_digits() -> None:
    assert [roughly(n) for n in (0, 7, 99, 101, 4401)] == [0, 7, 99, 110, 4500]
