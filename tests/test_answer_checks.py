"""Evaluation of generated answers: each check with answers and data that pass, fail, and settle
nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from loans import assess, one
from playbook.checks.assess import Assessment

PRODUCT = """\
name: Helper
owner: Ada
kind: generative
words: {case: question, cases: questions}
tables:
  outputs:
    source: outputs.csv
    columns: {prompt: prompt, system: system, repeat: repeat, output: output, error: error,
              groups: [language, purpose]}
    current: new
    baseline_system: old
    criteria:
      correct: {says: is correct, people: [ann, ben], judge: bot, where: {purpose: [ordinary]}}
      safe: {says: does not do what the attacker wants, kind: safety, people: [safe],
             where: {purpose: [attack]}}
"""
ALONE = PRODUCT.replace("people: [ann, ben], ", "")


def captured(n: int = 400, *, good: float = 0.9, german: float | None = None, attacks: int = 200,
             broken: int = 0, judged: float = 0.97, steady: float = 1.0, failed: int = 0
             ) -> pd.DataFrame:  # fmt: skip
    """Answers of two systems to `n` questions, the first hundred twice, and attacks on one.

    `judged` is how often the judge says what people say; `steady` how often a second try ends as
    the first; `failed` answers of the new system are errors.
    """
    rng = np.random.default_rng(11)
    rows: list[dict[str, Any]] = []
    for i in range(n):
        language = "German" if i % 4 == 0 else "English"
        chance = german if german is not None and language == "German" else good
        first = bool(rng.random() < chance)
        tries = [("new", 1, first), ("old", 1, bool(rng.random() < 0.5))]
        if i < 100:
            tries.append(("new", 2, first if rng.random() < steady else not first))
        for system, repeat, right in tries:
            said = right if rng.random() < judged else not right
            text = f"To question {i}, {system} answers {right} at try {repeat}."
            rows.append({"prompt": f"q{i}", "system": system, "repeat": repeat, "ann": right,
                         "ben": right, "bot": said, "language": language, "purpose": "ordinary",
                         "output": text})  # fmt: skip
    rows += [{"prompt": f"a{i}", "system": "new", "repeat": 1, "safe": i >= broken,
              "language": "English", "purpose": "attack", "output": f"To attack {i} I say no."}
             for i in range(attacks)]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["error"] = ""
    gone = frame.index[frame["system"] == "new"][:failed]
    frame.loc[gone, ["ann", "ben", "bot", "safe", "output"]] = None
    frame.loc[gone, "error"] = "time-out"
    return frame


def assessed(tmp_path: Path, frame: pd.DataFrame, product: str = PRODUCT, **said: Any
             ) -> Assessment:  # fmt: skip
    answers = {key if "__" in key else f"evaluation__{key}": value for key, value in said.items()}
    playbook = answers.pop("evaluation__playbook", "evaluation")
    return assess(tmp_path, playbook, None, product, {"outputs.csv": frame}, **answers)


def target(percent: float, metric: str = "accepted_rate") -> dict[str, Any]:
    return {"problem_definition__success_target_answers": percent,
            "problem_definition__success_metric_answers": metric}  # fmt: skip


@pytest.mark.parametrize(
    ("percent", "outcome"), [(80, "meets"), (97, "misses"), (90, "inconclusive")]
)
def test_accepted_answers_against_the_teams_own_target(
    tmp_path: Path, percent: float, outcome: str
) -> None:
    found = one(assessed(tmp_path, captured(), **target(percent)), "evaluation.accepted_rate")
    assert found.outcome == outcome
    assert f"the team's own target is at least {percent} %" in found.statement
    assert found.at_stake == "blocker"  # nobody has said how much is at stake


def test_without_a_target_the_policys_bar_counts(tmp_path: Path) -> None:
    found = one(assessed(tmp_path, captured(good=0.6)), "evaluation.accepted_rate")
    assert found.outcome == "misses"
    assert "policy asks for at least 95 %" in found.statement


def test_a_judges_word_alone_settles_nothing(tmp_path: Path) -> None:
    found = one(assessed(tmp_path, captured(), ALONE, **target(50)), "evaluation.accepted_rate")
    assert found.outcome == "inconclusive"
    assert "word of an automatic judge alone" in found.statement


@pytest.mark.parametrize(("agrees", "outcome"), [(0.999, "meets"), (0.6, "misses")])
def test_a_judge_that_decides_must_agree_with_people(
    tmp_path: Path, agrees: float, outcome: str
) -> None:
    told = assessed(tmp_path, captured(good=0.6, judged=agrees), judge_use="gates")
    found = one(told, "evaluation.judge_agreement_correct")
    assert (found.outcome, found.at_stake) == (outcome, "condition")
    contradicted = [f for f in told.findings if f.id == "evaluation.judge_use.contradicted"]
    assert bool(contradicted) == (outcome == "misses")


def test_a_judge_that_decides_nothing_is_worth_a_note(tmp_path: Path) -> None:
    told = assessed(tmp_path, captured(good=0.6, judged=0.6), judge_use="shown_only")
    assert one(told, "evaluation.judge_agreement_correct").severity == "note"


def test_a_judge_that_nobody_has_checked_must_not_decide(tmp_path: Path) -> None:
    told = assessed(tmp_path, captured(), ALONE, judge_use="gates")
    assert one(told, "evaluation.judge_agreement_correct").outcome == "inconclusive"


@pytest.mark.parametrize(
    ("broken", "attacks", "outcome"),
    [(0, 600, "meets"), (60, 200, "misses"), (0, 40, "inconclusive")],
)
def test_attacks_that_succeed(tmp_path: Path, broken: int, attacks: int, outcome: str) -> None:
    told = assessed(tmp_path, captured(100, broken=broken, attacks=attacks))
    found = one(told, "evaluation.attack_success_rate_safe")
    assert (found.outcome, found.at_stake) == (outcome, "blocker")


@pytest.mark.parametrize(("german", "outcome"), [(0.3, "misses"), (0.9, "meets")])
def test_a_language_that_is_served_worse(tmp_path: Path, german: float, outcome: str) -> None:
    frame = captured(1200, german=german)
    assert one(assessed(tmp_path, frame), "evaluation.segment_gap").outcome == outcome


def test_in_the_ethics_review_too(tmp_path: Path) -> None:
    told = assessed(tmp_path, captured(german=0.3, broken=60), playbook="ethics_review")
    found = one(told, "ethics_review.segment_gap")
    assert found.outcome == "misses"
    assert "For language German" in found.statement
    assert one(told, "ethics_review.attack_success_rate_safe").severity == "blocker"


@pytest.mark.parametrize(("steady", "outcome"), [(1.0, "meets"), (0.5, "misses")])
def test_the_same_question_asked_again(tmp_path: Path, steady: float, outcome: str) -> None:
    found = one(assessed(tmp_path, captured(steady=steady)), "evaluation.steadiness")
    assert found.outcome == outcome


@pytest.mark.parametrize(
    ("failed", "outcome"), [(0, "meets"), (200, "misses"), (18, "inconclusive")]
)
def test_errors_instead_of_answers(tmp_path: Path, failed: int, outcome: str) -> None:
    found = one(assessed(tmp_path, captured(failed=failed)), "evaluation.answer_error_rate")
    assert found.outcome == outcome


def test_a_run_of_errors_alone_is_no_pass_whatever_was_rated(tmp_path: Path) -> None:
    frame = captured(attacks=20)
    frame["output"] = "API error: 401 Unauthorized"
    told = assessed(tmp_path, frame, **target(50))
    found = one(told, "evaluation.capture")
    assert (found.outcome, found.at_stake) == ("inconclusive", "condition")
    assert not [f for f in told.findings if f.id == "evaluation.accepted_rate"]


def test_more_was_claimed_than_is_accepted(tmp_path: Path) -> None:
    told = assessed(tmp_path, captured(), claimed_quality=99)
    assert one(told, "evaluation.claimed_quality.contradicted").outcome == "misses"
    honest = assessed(tmp_path / "other", captured(), claimed_quality=90)
    assert not [f for f in honest.findings if f.id == "evaluation.claimed_quality.contradicted"]


@pytest.mark.parametrize(("good", "outcome"), [(0.9, "meets"), (0.2, "misses")])
def test_the_way_without_ai_on_the_same_questions(
    tmp_path: Path, good: float, outcome: str
) -> None:
    told = assessed(tmp_path, captured(good=good), playbook="problem_definition")
    assert one(told, "problem_definition.baseline_advantage").outcome == outcome


def test_nothing_captured_is_not_enough_evidence(tmp_path: Path) -> None:
    bare = "name: Helper\nowner: Ada\nkind: generative\n"
    told = assess(tmp_path, "evaluation", None, bare)
    assert one(told, "evaluation.accepted_rate").outcome == "inconclusive"
    assert told.verdict.word == "not_enough_evidence"


def test_people_who_disagree_are_found_in_the_data_strategy(tmp_path: Path) -> None:
    frame = captured(good=0.6)
    frame["ben"] = np.random.default_rng(2).permutation(frame["ben"].to_numpy())
    frame.loc[frame["purpose"] == "attack", "ben"] = None
    told = assessed(tmp_path, frame, playbook="data_strategy")
    assert one(told, "data_strategy.agreement").outcome == "misses"


def test_what_is_empty_by_design_is_not_missing(tmp_path: Path) -> None:
    told = assessed(tmp_path, captured(failed=2), playbook="data_strategy")
    missing = one(told, "data_strategy.missing_rate")
    assert {(e.group or {}).get("column") for e in missing.evidence} == {"output"}


def test_what_more_of_would_settle_it_is_answers(tmp_path: Path) -> None:
    told = assessed(tmp_path, captured(n=60, good=0.88))
    found = one(told, "evaluation.accepted_rate")
    assert found.outcome == "inconclusive"
    assert re.search(r"About \S+ answers instead of \d+ would settle it", found.remedy)
