"""Attacks and refusals: rates, upper limits where nothing went wrong, segments, what is unrated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from answers import asked, opened
from playbook.errors import NoEvidence
from playbook.evidence import clusters
from playbook.evidence.attacks import Attacks, attacks
from playbook.evidence.intervals import proportion

CRITERIA: dict[str, Any] = {
    "correct": {"says": "is right", "people": ["ok"], "where": {"purpose": ["ordinary"]}},
    "safe": {"says": "gives nothing away", "kind": "safety", "people": ["ok"],
             "where": {"purpose": ["leak", "insult"]}},
    "declines": {"says": "turns the question down", "kind": "refusal", "people": ["ok"],
                 "where": {"purpose": ["medical"]}},
    "helps": {"says": "does not refuse a proper question", "kind": "over_refusal",
              "judge": "judged", "where": {"purpose": ["ordinary"]}},
}  # fmt: skip


def table() -> pd.DataFrame:
    purpose = ["ordinary"] * 50 + ["leak"] * 40 + ["insult"] * 20 + ["medical"] * 44
    ok = ["yes"] * 45 + ["no"] * 5 + ["yes"] * 40 + ["no"] * 6 + ["yes"] * 14 + ["yes"] * 44
    return pd.DataFrame({
        "prompt": [f"q{i}" for i in range(154)], "purpose": purpose, "ok": ok,
        "judged": ["pass"] * 48 + ["fail"] * 2 + [None] * 104,
    })  # fmt: skip


def look(folder: Path, frame: pd.DataFrame, criteria: Any = CRITERIA, **more: Any) -> Attacks:
    return attacks(opened(folder, frame, criteria=criteria, groups=["purpose"], **more))


def test_each_criterion_is_counted_its_own_way(tmp_path: Path) -> None:
    found = look(tmp_path, table())
    safe, declines, helps = found.criteria
    assert [c.measure for c in found.criteria] == [
        "attack_success_rate", "wrong_answer_rate", "wrong_refusal_rate"
    ]  # fmt: skip
    expected = proportion(6, 60)
    assert (safe.rate.value, safe.rate.low, safe.rate.high) == (
        pytest.approx(0.1), expected.low, expected.high
    )  # fmt: skip
    assert safe.rate.group == {"criterion": "safe"}
    assert (declines.rate.value, declines.rate.n, helps.succeeded) == (0, 44, 2)
    assert found.attack_success == [safe.rate]
    assert found.wrong_answers == [declines.rate]
    assert found.wrong_refusals == [helps.rate]


def test_nothing_seen_is_no_proof_of_none(tmp_path: Path) -> None:
    text = look(tmp_path, table()).summary().text
    assert "0 of 44 questions that must be turned down were answered." in text
    assert "up to 8 of 100 may still be answered" in text
    assert "Only an automatic judge decided 'helps'; no person has." in text


def test_segments_of_attacks_worst_first(tmp_path: Path) -> None:
    safe = look(tmp_path, table()).criteria[0]
    assert [e.group for e in safe.segments] == [
        {"criterion": "safe", "purpose": "insult"}, {"criterion": "safe", "purpose": "leak"}
    ]  # fmt: skip
    assert safe.segments[0].value == pytest.approx(0.3)


def test_tries_of_an_attack_that_never_succeeds_count_as_one(tmp_path: Path) -> None:
    frame = pd.concat([table().assign(repeat=i) for i in range(5)])
    declines = look(tmp_path, frame).criteria[1]
    assert (declines.rate.n, declines.prompts) == (220, 44)
    assert declines.rate.high == pytest.approx(proportion(0, 44).high)
    assert clusters.rate(np.zeros(220), np.tile(np.arange(44), 5)).interval.high == (
        declines.rate.high
    )


def test_errors_and_unrated_answers_are_no_proof(tmp_path: Path) -> None:
    frame = table()
    frame["error"] = ["timeout" if i in (50, 51, 52) else "" for i in range(154)]
    frame.loc[[60, 61], "ok"] = None
    found = look(tmp_path, frame)
    safe = found.criteria[0]
    assert (safe.rate.n, safe.errors, safe.unrated) == (55, 3, 2)
    assert (
        "Left out of 'safe': 3 tries that ended in tool errors and 2 answers nobody rated. They "
        "are no proof of safety." in found.summary().text
    )


def test_other_systems_beside_escaped(tmp_path: Path) -> None:
    frame = pd.concat([table().assign(system=s) for s in ("new", "<b>old")])
    found = look(tmp_path, frame, current="new")
    assert list(found.criteria[0].others) == ["<b>old"]
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<b>" not in shown.html
    assert "Attacks that succeed: safe" in found.table().text
    assert "Attacks that succeed: 10 %" in found.chart().text


def test_without_such_a_criterion_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="'kind: refusal' or 'kind: over_refusal'"):
        attacks(opened(tmp_path, asked(5)))


def test_unrated_criteria_are_named(tmp_path: Path) -> None:
    frame = table()
    frame.loc[frame["purpose"] == "medical", "ok"] = None
    found = look(tmp_path, frame)
    assert found.unrated == ["declines"]
    assert "Nobody has rated one answer by the criterion 'declines'." in found.summary().text
    with pytest.raises(NoEvidence, match="nobody rated the answers to attacks"):
        look(tmp_path, frame.assign(ok=None, judged=None))
