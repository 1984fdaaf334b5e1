"""Steadiness: same results, chance of a change, correlation of tries."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from answers import asked, opened
from playbook.errors import NoEvidence
from playbook.evidence.intervals import proportion
from playbook.evidence.steadiness import steadiness


def test_shares_are_those_of_counting_pairs(tmp_path: Path) -> None:
    frame = asked(60, tries=4, icc=0.6)
    found = steadiness(opened(tmp_path, frame))
    pairs, same = [], 0
    for _, rows in frame.groupby("prompt"):
        said = rows["correct"].tolist()
        same += len(set(said)) == 1
        pairs.append(np.mean([a != b for a, b in combinations(said, 2)]))
    expected = proportion(same, 60)
    assert (found.same_result_rate.value, found.same_result_rate.low) == (same / 60, expected.low)
    assert found.current.changed.value == pytest.approx(np.mean(pairs))
    assert found.current.tries == 4
    assert [e.measure for e in found.estimates] == [
        "same_result_rate", "changed_result_rate", "intraclass_correlation"
    ]  # fmt: skip
    assert "Ask again, and" in found.summary().text


@pytest.mark.parametrize("icc", [0.0, 0.5, 0.9])
def test_correlation_finds_what_was_put_in(tmp_path: Path, icc: float) -> None:
    held, values = 0, []
    for seed in range(8):
        frame = asked(150, tries=3, icc=icc, seed=seed)
        rho = steadiness(opened(tmp_path, frame)).current.correlation
        assert rho is not None
        held += rho.low <= icc <= rho.high
        values.append(rho.value)
    assert np.mean(values) == pytest.approx(icc, abs=0.06)
    assert held >= 6


def test_tries_that_never_differ(tmp_path: Path) -> None:
    found = steadiness(opened(tmp_path, asked(50, tries=3, icc=1.0)))
    assert found.same_result_rate.value == 1
    assert found.current.changed.high < 0.1
    assert found.current.correlation is not None
    assert found.current.correlation.value == pytest.approx(1)
    assert found.current.design_effect == pytest.approx(3)
    assert "as 50 different questions asked once" in found.summary().text
    assert "Ask again and none of the 50 questions changed." in found.summary().text


def test_all_accepted_says_nothing_of_correlation(tmp_path: Path) -> None:
    found = steadiness(opened(tmp_path, asked(20, tries=2).assign(correct="yes")))
    assert found.current.correlation is None
    assert "nobody can say how alike" in found.summary().text
    assert found.table().text
    assert found.chart().text


def test_questions_tried_once_are_left_out_and_said(tmp_path: Path) -> None:
    more = pd.DataFrame({"prompt": ["x", "y"], "repeat": [1, 1], "correct": ["yes", "no"]})
    found = steadiness(opened(tmp_path, pd.concat([asked(20, tries=3), more])))
    assert (found.current.prompts, found.once) == (20, 2)
    assert "2 other questions were tried and rated only once" in found.summary().text


def test_other_systems_stand_beside_and_are_escaped(tmp_path: Path) -> None:
    frame = pd.concat([asked(20, tries=3).assign(system=s) for s in ("<b>old", "new")])
    found = steadiness(opened(tmp_path, frame, current="new"))
    assert [s.system for s in found.systems] == ["new", "<b>old"]
    assert {"system": "<b>old"} in [e.group for e in found.estimates]
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<b>old" not in shown.html


def test_without_repeats_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="Ask some of the questions three times"):
        steadiness(opened(tmp_path, asked(20)))
