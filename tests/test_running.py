"""Time and cost: percentiles, cost of accepted answers, what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from answers import asked, opened
from playbook.errors import NoEvidence
from playbook.evidence.percentiles import percentile
from playbook.evidence.running import Running, running


def timed(questions: int = 400, tries: int = 1, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = asked(questions, tries, seed=seed)
    frame["latency"] = rng.lognormal(0.5, 0.6, len(frame))
    frame["cost"] = rng.gamma(4, 0.001, len(frame))
    return frame


def look(folder: Path, frame: pd.DataFrame, **table: str) -> Running:
    return running(opened(folder, frame, **table), "USD")


def test_percentiles_are_order_statistics(tmp_path: Path) -> None:
    frame = timed()
    found = look(tmp_path, frame)
    x = np.sort(frame["latency"].to_numpy())
    half = found.latency[50]
    assert sorted(found.latency) == [50, 90, 95, 99]
    assert (half.measure, half.unit, half.n) == ("latency_p50", "seconds", 400)
    assert half.value == pytest.approx(x[199])
    low, high = stats.binom.ppf([0.025, 0.975], 400, 0.5).astype(int)
    assert (half.low, half.high) == (pytest.approx(x[low - 1]), pytest.approx(x[high]))


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_percentiles_cover_with_and_without_clusters(level: float) -> None:
    rng = np.random.default_rng(6)
    true, names = stats.norm.ppf(level), np.repeat(np.arange(60), 4)
    alone = together = naive = 0
    for _ in range(300):
        x = rng.normal(size=240) + 10
        one = percentile(x, np.arange(240), level)
        own = rng.normal(0, np.sqrt(0.8), 60)[names] + rng.normal(0, np.sqrt(0.2), 240) + 10
        two, plain = percentile(own, names, level), percentile(own, np.arange(240), level)
        assert one is not None
        assert two is not None
        assert plain is not None
        alone += one.low <= true + 10 <= one.high
        together += two.low <= true + 10 <= two.high
        naive += plain.low <= true + 10 <= plain.high
    least = 0.95 - 4 * np.sqrt(0.95 * 0.05 / 300)
    assert alone / 300 >= least
    assert together / 300 >= least - 0.01
    assert naive / 300 < 0.85


def test_a_percentile_too_far_out_is_left_out(tmp_path: Path) -> None:
    assert percentile(np.arange(367), np.arange(367), 0.99) is None
    assert percentile(np.arange(368), np.arange(368), 0.99) is not None
    found = look(tmp_path, timed(50))
    assert sorted(found.latency) == [50, 90]
    assert "With 50 answers nobody can say how long the slowest 5 of 100 take." in (
        found.summary().text
    )


def test_cost_per_accepted_answer_pays_for_errors_and_failures(tmp_path: Path) -> None:
    frame = timed(200, tries=2)
    frame["error"] = [""] * 380 + ["timeout"] * 20
    found = look(tmp_path, frame)
    came, good = frame[:380], (frame["correct"][:380] == "yes").sum()
    answer, accepted = found.cost_per_answer, found.cost_per_accepted_answer
    assert answer is not None
    assert accepted is not None
    assert answer.value == pytest.approx(frame["cost"].sum() / len(came))
    assert accepted.value == pytest.approx(frame["cost"].sum() / good)
    assert accepted.unit == "USD per accepted answer"
    assert "with 20 tries that ended in a tool error paid for" in found.summary().text
    assert found.latency[50].n == 380


def test_rated_answers_stand_for_the_others(tmp_path: Path) -> None:
    frame = timed(100).assign(cost=0.01, correct=["yes"] * 20 + ["no"] * 20 + [None] * 60)
    accepted = look(tmp_path, frame).cost_per_accepted_answer
    assert accepted is not None
    assert accepted.value == pytest.approx(0.02)
    assert accepted.n == 40


def test_all_accepted_may_fail_yet(tmp_path: Path) -> None:
    frame = timed(50).assign(cost=0.01, correct="yes")
    accepted = look(tmp_path, frame).cost_per_accepted_answer
    assert accepted is not None
    assert accepted.value == pytest.approx(0.01)
    assert accepted.high > 0.0105


def test_accepted_unknown_is_said(tmp_path: Path) -> None:
    found = look(tmp_path, timed(50).assign(correct=None))
    assert found.cost_per_accepted_answer is None
    assert "no answer is known to be accepted" in found.summary().text
    assert "What answers cost" in found.table().text
    assert found.chart().text


def test_systems_beside_one_another_escaped(tmp_path: Path) -> None:
    frame = pd.concat([timed(60).assign(system="new"), timed(60, seed=9).assign(system="<b>old")])
    found = look(tmp_path, frame, current="new")
    assert "With <b>old an accepted answer costs $0.00" in found.summary().text
    assert {"system": "<b>old"} in [e.group for e in found.estimates]
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<b>" not in shown.html
    assert "What accepted answers cost" in found.chart().text


def test_neither_time_nor_cost_is_no_evidence(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="'latency:' and 'cost:'"):
        look(tmp_path, asked(10))


def test_time_alone_is_enough(tmp_path: Path) -> None:
    found = look(tmp_path, timed(60).drop(columns="cost"))
    assert found.cost_per_answer is None
    assert "Nobody recorded what answers cost." in found.summary().text
