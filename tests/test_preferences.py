"""Comparisons of two answers: win rates, strengths of several systems, and the order shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from answers import compared, product
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.comparisons import open_comparisons
from playbook.evidence.preferences import preferences
from playbook.evidence.strengths import strengths

SYSTEMS = ("new", "old", "plain")
TRUE = {"new": 0.8, "old": 0.0, "plain": -0.8}


def shown(
    seed: int = 0, prompts: int = 60, lean: float = 0.0, tie: float = 0.1, mood: float = 0.0
) -> pd.DataFrame:
    """Each pair in both orders for each prompt; `lean` helps the answer shown first, `mood` is how
    far a prompt favours one system."""
    rng = np.random.default_rng(seed)
    rows = []
    for prompt in range(prompts):
        liked = {name: value + mood * rng.normal() for name, value in TRUE.items()}
        for first in SYSTEMS:
            for second in SYSTEMS:
                if first == second:
                    continue
                odds = liked[first] - liked[second] + lean
                wins = rng.random() < 1 / (1 + np.exp(-odds))
                winner = "tie" if rng.random() < tie else first if wins else second
                rows.append((f"q{prompt}", first, second, winner))
    return pd.DataFrame(rows, columns=["prompt", "first", "second", "winner"])


def test_win_rates_count_ties_as_half(tmp_path: Path) -> None:
    frame = pd.DataFrame({
        "prompt": list("abcdef"), "first": ["new", "new", "old", "old", "new", "new"],
        "second": ["old", "old", "new", "new", "old", "old"],
        "winner": ["New ", "first", "second", "tie", "old", None],
    })  # fmt: skip
    found = preferences(compared(tmp_path, frame, current="new"))
    (against,) = found.against
    assert (against.won, against.tied, against.lost) == (3, 1, 1)
    assert against.rate.value == pytest.approx(3.5 / 5)
    assert against.says == "open"
    assert found.strengths is None
    assert found.comparisons.undecided == 1
    assert "1 row lacks a winner or a name and is left out." in found.summary().text


def test_strengths_are_those_of_maximum_likelihood(tmp_path: Path) -> None:
    frame = compared(tmp_path, shown(), current="new").frame
    found = strengths(frame)

    def surprise(free: np.ndarray) -> float:
        values = dict(zip(SYSTEMS, [*free, -sum(free)], strict=True))
        odds = np.array([values[a] - values[b] for a, b in zip(frame["first"], frame["second"],
                                                               strict=True)])  # fmt: skip
        won = frame["won"].to_numpy()
        return float((won * np.logaddexp(0, -odds) + (1 - won) * np.logaddexp(0, odds)).sum())

    best = minimize(surprise, [0.0, 0.0], tol=1e-12).x
    value = {(e.group or {})["system"]: e.value for e in found.found}
    assert [value["new"], value["old"]] == pytest.approx(best, abs=1e-5)
    assert sum(value.values()) == pytest.approx(0, abs=1e-9)
    assert (found.connected, found.steadied, found.ahead) == (True, False, True)


def test_intervals_cover_where_answers_of_a_prompt_hang_together(tmp_path: Path) -> None:
    """Every comparison stands four times in the table, which tells nothing new."""
    covered = total = 0
    for seed in range(80):
        frame = shown(seed, prompts=40, tie=0.0)
        won = (frame["winner"] == frame["first"]).astype(float)
        found = strengths(pd.concat([frame.assign(won=won)] * 4, ignore_index=True))
        for e in found.found:
            covered += e.low <= TRUE[(e.group or {})["system"]] <= e.high
            total += 1
    assert 0.89 <= covered / total <= 0.99


def test_a_system_that_never_loses_gets_a_finite_strength_and_a_word(tmp_path: Path) -> None:
    frame = shown(prompts=20)
    frame = frame[frame["winner"] != "tie"]
    ahead = (frame["first"] == "new") | (frame["second"] == "new")
    frame.loc[ahead, "winner"] = "new"
    found = preferences(compared(tmp_path, frame, current="new"))
    assert found.strengths is not None
    assert found.strengths.steadied
    assert (found.strengths.found[0].group or {})["system"] == "new"
    assert "take the order, not the distances" in found.summary().text
    assert all(np.isfinite(e.high) for e in found.estimates)


def test_systems_never_compared_have_no_common_order(tmp_path: Path) -> None:
    frame = pd.DataFrame({"prompt": list("abcd"), "first": ["a", "a", "c", "c"],
                          "second": ["b", "b", "d", "d"],
                          "winner": ["a", "b", "c", "d"]})  # fmt: skip
    found = preferences(compared(tmp_path, frame, current="a"))
    assert found.strengths is not None
    assert found.strengths.found == []
    assert "there is no ranking of all of them" in found.summary().text
    assert [a.other for a in found.against] == ["b"]


def test_a_lean_to_the_first_answer_is_found(tmp_path: Path) -> None:
    found = preferences(compared(tmp_path, shown(lean=1.2), current="new"))
    assert found.order.counts
    assert found.order.first.low > 0.5
    assert "the first place helps" in found.summary().text
    fair = preferences(compared(tmp_path, shown(lean=0.0), current="new"))
    assert not fair.order.counts
    assert fair.order.pairs == 180
    assert fair.order.consistent is not None
    assert found.order.consistent is not None
    assert found.order.consistent.value < fair.order.consistent.value


def test_consistency_by_hand(tmp_path: Path) -> None:
    frame = pd.DataFrame({
        "prompt": ["p", "p", "q", "q", "r", "r"], "first": ["a", "b"] * 3,
        "second": ["b", "a"] * 3, "winner": ["a", "a", "first", "first", "tie", "tie"],
        "annotator": ["x"] * 6,
    })  # fmt: skip
    order = preferences(compared(tmp_path, frame, current="a")).order
    assert order.consistent is not None
    assert order.consistent.value == pytest.approx(2 / 3)
    assert order.first.value == pytest.approx((0.5 + 1 + 0.5) / 3)
    other = frame.assign(annotator=["x", "y"] * 3)  # nobody saw both orders
    alone = preferences(compared(tmp_path, other, current="a"))
    assert alone.order.consistent is None
    assert "No pair was shown in both orders" in alone.summary().text


def test_a_winner_that_is_neither_is_named(tmp_path: Path) -> None:
    frame = shown(prompts=2)
    frame.loc[3, "winner"] = "gpt"
    with pytest.raises(PlaybookError, match="who won where the winner is 'gpt' between 'old'"):
        compared(tmp_path, frame)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    frame = shown(prompts=2)
    with pytest.raises(NoEvidence, match="which one is preferred"):
        compared(tmp_path, frame.drop(columns="winner"))
    with pytest.raises(NoEvidence, match="no row says which"):
        compared(tmp_path, frame.assign(winner=""))
    with pytest.raises(PlaybookError, match="by the system 'next'"):
        compared(tmp_path, frame, current="next")


def test_a_system_compared_with_itself_is_left_out(tmp_path: Path) -> None:
    frame = shown(prompts=5)
    frame.loc[0, ["first", "second"]] = "new"
    found = preferences(compared(tmp_path, frame, current="new"))
    assert found.comparisons.alone == 1
    assert "1 row compares a system with itself; left out." in found.summary().text


def test_names_from_the_file_are_escaped(tmp_path: Path) -> None:
    frame = shown(prompts=10).replace("old", "<b>")
    found = preferences(compared(tmp_path, frame, current="new"))
    for part in (found.summary(), found.table(), found.chart()):
        assert part.text
        assert "<b>" not in part.html


def test_a_product_without_comparisons_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="two answers to the same question are compared"):
        open_comparisons(product(tmp_path, pd.DataFrame({"prompt": ["a"], "correct": [1]})))
