"""Failures: kinds, counts by system, examples, what nobody named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from answers import asked, opened
from playbook.errors import NoEvidence
from playbook.evidence import clusters
from playbook.evidence.failures import Failures, failures

ROWS = pd.DataFrame({
    "prompt": [f"q{i // 2}" for i in range(40)],
    "repeat": [i % 2 for i in range(40)],
    "correct": ["no"] * 12 + ["yes"] * 26 + [None] * 2,
    "failure": ["Invents a price"] * 5 + ["invents  a price"] + ["<b>rude"] * 3 + [None] * 29
    + ["too long", "<b>rude"],
    "input": ["What does <i>it</i> cost?"] * 40,
    "output": ["It costs " + "a lot " * 80] * 40,
    "error": [None] * 39 + ["timeout"],
})  # fmt: skip


def look(folder: Path, frame: pd.DataFrame = ROWS, **table: str) -> Failures:
    return failures(opened(folder, frame, **table))


def test_kinds_are_counted_most_common_first(tmp_path: Path) -> None:
    found = look(tmp_path)
    now = found.current
    assert [(k.name, k.counts[now]) for k in found.kinds] == [
        ("Invents a price", 6),
        ("<b>rude", 3),
    ]
    assert found.answers[now] == 38
    assert found.unnamed[now] == 3
    assert found.apart == 1
    expected = clusters.rate([1] * 6 + [0] * 32, ROWS["prompt"][:38]).interval
    rate = found.kinds[0].rates[now]
    assert (rate.measure, rate.group) == ("failure_rate", {"failure": "Invents a price"})
    assert (rate.value, rate.low, rate.high) == (6 / 38, expected.low, expected.high)
    text = found.summary().text
    assert "3 answers are not accepted though nobody said what is wrong with them." in text
    assert "1 named failure is left out" in text


def test_examples_are_cut_and_escaped(tmp_path: Path) -> None:
    found = look(tmp_path)
    assert "What does <i>it</i> cost?" in found.table().text
    assert "a lot…" in found.table().text or "a…" in found.table().text
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<i>" not in shown.html
        assert "<b>" not in shown.html
    assert "The most common failure: Invents a price" in found.chart().text


def test_systems_stand_side_by_side(tmp_path: Path) -> None:
    other = ROWS.assign(system="old", failure="too short")
    found = look(tmp_path, pd.concat([ROWS.assign(system="new"), other]), current="new")
    short = next(k for k in found.kinds if k.name == "too short")
    assert (short.counts["new"], short.counts["old"]) == (0, 38)
    assert short.rates["old"].group == {"failure": "too short", "system": "old"}
    assert short.example is None
    assert "old: share" in found.table().text


def test_no_named_failure_is_no_evidence(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="'failure:' under 'columns:'"):
        look(tmp_path, asked(10))


def test_without_ratings_all_answers_are_looked_at(tmp_path: Path) -> None:
    found = look(tmp_path, ROWS.assign(correct=None))
    assert found.answers[found.current] == 39
    assert found.kinds[0].counts[found.current] == 6
