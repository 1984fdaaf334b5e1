"""Pass rates: by criterion, system and segment; who decided; what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from answers import asked, opened
from playbook.errors import NoEvidence
from playbook.evidence import clusters
from playbook.evidence.intervals import proportion
from playbook.evidence.passrates import PassRates, pass_rates

JUDGED: dict[str, Any] = {
    "correct": {"says": "is right", "people": ["ann", "bob"], "judge": "judge"},
    "polite": {"says": "is polite", "judge": "tone", "required": False},
}


def look(folder: Path, frame: pd.DataFrame, minimum_n: int = 10, **table: Any) -> PassRates:
    return pass_rates(opened(folder, frame, **table), minimum_n)


def test_one_try_each_is_the_plain_rate(tmp_path: Path) -> None:
    frame = asked(200)
    k = int((frame["correct"] == "yes").sum())
    found = look(tmp_path, frame)
    expected = proportion(k, 200)
    assert found.accepted is not None
    assert (found.accepted.value, found.accepted.low, found.accepted.n) == (
        k / 200, expected.low, 200
    )  # fmt: skip
    assert found.by_criterion["correct"].group == {"criterion": "correct"}
    assert found.advantage is None
    assert found.estimates[0].measure == "accepted_rate"
    assert "answers are accepted" in found.summary().text


def test_tries_of_a_question_are_clustered(tmp_path: Path) -> None:
    frame = asked(80, tries=4)
    found = look(tmp_path, frame)
    plain = proportion((frame["correct"] == "yes").sum(), 320)
    assert found.accepted is not None
    assert found.accepted.high - found.accepted.low > 1.2 * (plain.high - plain.low)
    assert "320 answers to 80 questions count" in found.summary().text


def test_people_decide_and_a_judge_alone_is_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({
        "prompt": list("abcdef"), "ann": ["yes", "yes", "no", None, None, None],
        "bob": ["yes", "no", "no", None, None, None], "judge": ["no"] * 3 + ["yes"] * 2 + [None],
        "tone": ["yes"] * 5 + [None],
    })  # fmt: skip
    found = look(tmp_path, frame, criteria=JUDGED)
    assert found.by_criterion["correct"].value == pytest.approx(1 / 3)
    by = found.ratings["correct"]
    assert (by.people, by.judge, by.n) == (3, 0, 3)
    assert found.judge_only == ["polite"]
    assert found.decided_by == {"correct": "people"}
    assert found.unrated == 3
    text = found.summary().text
    assert "Decided by people." in text
    assert "Only an automatic judge says so; no person has rated this." in text
    assert "3 answers lack a rating" in text


def test_errors_and_unrated_answers_are_left_out_and_said(tmp_path: Path) -> None:
    correct = ["yes"] * 30 + ["no"] * 10 + [None] * 60
    frame = pd.DataFrame({"prompt": range(100), "correct": correct,
                          "error": [""] * 80 + ["timeout"] * 20})  # fmt: skip
    found = look(tmp_path, frame)
    assert found.accepted is not None
    assert (found.accepted.value, found.accepted.n) == (0.75, 40)
    assert found.by_criterion["correct"].value == 0.75
    assert (found.errors, found.unrated) == (20, 40)
    assert "20 tries ended in a tool error" in found.summary().text


def systems() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    hard = rng.random(120)
    parts = [
        pd.DataFrame({
            "prompt": [f"q{i}" for i in range(120)], "system": name,
            "correct": np.where(hard < chance, "yes", "no"),
            "language": np.where(np.arange(120) % 3 == 0, "de", "en"),
        })
        for name, chance in (("new", 0.85), ("old", 0.8), ("search", 0.5))
    ]  # fmt: skip
    return pd.concat(parts)


def test_systems_are_compared_on_the_same_questions(tmp_path: Path) -> None:
    frame = systems()
    found = look(tmp_path, frame, current="new", baseline_system="search", groups=["language"])
    assert [s.system for s in found.systems] == ["new", "old", "search"]
    assert found.advantage is not None
    assert found.advantage.unit == "difference"
    a, b = (frame[frame["system"] == s] for s in ("new", "search"))
    expected = clusters.paired(a["correct"] == "yes", a["prompt"], b["correct"] == "yes",
                               b["prompt"], measure="x")  # fmt: skip
    assert expected is not None
    assert (found.advantage.low, found.advantage.high) == (expected.low, expected.high)
    assert found.systems[2].difference is None
    assert "new beside search: of 100 questions" in found.summary().text
    assert {"system": "old"} in [e.group for e in found.estimates if e.measure == "accepted_rate"]


def test_without_a_baseline_others_stand_beside_the_current_one(tmp_path: Path) -> None:
    found = look(tmp_path, systems(), current="new")
    assert found.advantage is None
    assert found.reference == "new"
    assert found.systems[1].difference is not None
    assert found.systems[1].difference.value < 0


def test_segments_worst_first_small_ones_shown(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    topic = np.array(["refund"] * 60 + ["login"] * 100 + ["rare"] * 4)
    chance = np.where(topic == "refund", 0.5, 0.9)
    frame = pd.DataFrame({
        "prompt": range(164), "topic": topic,
        "correct": np.where(rng.random(164) < chance, "yes", "no"),
    })  # fmt: skip
    found = look(tmp_path, frame, groups=["topic"])
    assert [s.group["topic"] for s in found.segments] == ["refund", "login", "rare"]
    refund, login, rare = found.segments
    assert refund.differs
    assert refund.gap is not None
    assert refund.gap.low > 0.2
    assert login.p_value >= refund.p_value
    assert rare.too_small
    assert rare.gap is None
    assert "topic refund: only" in found.summary().text
    assert "Too small to judge, with fewer than 10 questions: topic rare (4)." in (
        found.summary().text
    )
    assert "too small" in found.table().text
    assert "topic refund: clearly fewer answers pass" in found.chart().text


def test_segments_alike_are_rarely_called_different(tmp_path: Path) -> None:
    called = 0
    for seed in range(15):
        frame = asked(90, tries=3, icc=0.7, seed=seed)
        frame["topic"] = [f"t{int(p[1:]) % 3}" for p in frame["prompt"]]
        called += any(s.differs for s in look(tmp_path, frame, groups=["topic"]).segments)
    assert called <= 4  # 5 % of 15 is 0.75; four standard errors above


def test_no_required_criterion_leaves_the_criteria(tmp_path: Path) -> None:
    optional = {"correct": {"says": "is right", "people": ["correct"], "required": False}}
    found = look(tmp_path, asked(40), criteria=optional)
    assert found.accepted is None
    assert found.by_criterion["correct"].n == 40
    assert "each criterion stands alone" in found.summary().text
    assert found.chart().text
    assert found.table().text


def test_nothing_rated_is_no_evidence(tmp_path: Path) -> None:
    frame = asked(5).assign(correct=None)
    with pytest.raises(NoEvidence, match="Rate some answers"):
        look(tmp_path, frame)


def test_a_run_of_errors_only_is_no_evidence(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="no answer has all the ratings"):
        look(tmp_path, asked(30).assign(error="401 unauthorised"))


def test_names_from_the_file_are_escaped(tmp_path: Path) -> None:
    frame = systems().replace({"language": {"de": "<b>"}, "system": {"old": "<i>"}})
    found = look(tmp_path, frame, current="new", groups=["language"])
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<b>" not in shown.html
        assert "<i>" not in shown.html


def test_acceptance_by_a_judge_alone_is_told_apart(tmp_path: Path) -> None:
    judged = {"correct": {"says": "is right", "judge": "correct"}}
    found = look(tmp_path, asked(40), criteria=judged)
    assert found.accepted is not None
    assert found.decided_by == {"correct": "judge"}
    assert "only an automatic judge" in found.table().text
