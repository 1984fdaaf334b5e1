"""Evaluation of several classes, of ranked lists, of scores read as chances, and of kinds of cases:
each check with data that pass, that fail, and that settle nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from loans import PRODUCT, assess, one, table

CLASSES = """\
name: Post
owner: Ada
words: {case: letter, cases: letters}
tables:
  decisions:
    source: data.parquet
    classes: [bill, invoice, letter]
    columns: {label: kind, prediction: said, features: [pages]}
"""
LISTS = """\
name: Search
owner: Ada
kind: ranking
words: {case: hit, cases: hits}
tables:
  decisions:
    source: data.parquet
    columns: {label: relevant, score: score, query: list}
"""


def letters(rare: int, found: float, n: int = 3000) -> pd.DataFrame:
    """`rare` letters among `n`, of which the share `found` is recognised; others always are."""
    kind = np.array(["bill", "invoice"] * (n // 2), dtype=object)
    kind[:rare] = "letter"
    said = kind.copy()
    said[: round(rare * (1 - found))] = "bill"
    return pd.DataFrame({"kind": kind, "said": said, "pages": np.arange(n) % 7})


@pytest.mark.parametrize(
    ("rare", "found", "outcome"),
    [(300, 0.9, "meets"), (300, 0.2, "misses"), (20, 0.6, "inconclusive")],
)
def test_the_class_that_is_found_worst(
    tmp_path: Path, rare: int, found: float, outcome: str
) -> None:
    told = assess(tmp_path, "evaluation", letters(rare, found), CLASSES)
    finding = one(told, "evaluation.class_recall")
    assert finding.outcome == outcome
    assert "“letter”" in finding.statement


@pytest.mark.parametrize(("percent", "outcome"), [(90, "meets"), (98, "misses")])
def test_the_teams_measure_over_all_classes(tmp_path: Path, percent: int, outcome: str) -> None:
    told = assess(
        tmp_path, "evaluation", letters(600, 0.75), CLASSES,
        problem_definition__success_metric="recall", problem_definition__success_target=percent,
    )  # fmt: skip
    assert one(told, "evaluation.success_target").outcome == outcome


def lists(noise: float, n: int = 200) -> pd.DataFrame:
    """Lists of twenty, ordered by relevance but for noise."""
    rng = np.random.default_rng(4)
    relevant = (rng.random(n * 20) < 0.2).astype(float)
    score = relevant + rng.normal(0, noise, n * 20)
    return pd.DataFrame({"list": np.repeat(np.arange(n), 20), "relevant": relevant,
                         "score": score})  # fmt: skip


@pytest.mark.parametrize(
    ("noise", "n", "outcome"), [(0.3, 200, "meets"), (9.0, 200, "misses"), (0.9, 8, "inconclusive")]
)
def test_what_stands_at_the_top_of_lists(
    tmp_path: Path, noise: float, n: int, outcome: str
) -> None:
    told = assess(tmp_path, "evaluation", lists(noise, n), LISTS)
    assert one(told, "evaluation.rank_ndcg").outcome == outcome


def scored(off: float, n: int = 20000) -> pd.DataFrame:
    """Decisions whose scores state `off` more than what happens."""
    frame, rng = table(n), np.random.default_rng(8)
    chance = rng.uniform(0.05, 0.6, n)
    frame["denied"] = np.where(rng.random(n) < chance, "yes", "no")
    frame["score"] = chance + off
    frame["said"] = np.where(frame["score"] > 0.3, "yes", "no")
    return frame


@pytest.mark.parametrize(("off", "outcome"), [(0.0, "meets"), (0.2, "misses")])
def test_scores_that_people_read_as_chances(tmp_path: Path, off: float, outcome: str) -> None:
    told = assess(tmp_path, "evaluation", scored(off), evaluation__score_meaning="checked_close")
    assert one(told, "evaluation.calibration_error").outcome == outcome
    refuted = [f for f in told.findings if f.id == "evaluation.score_meaning.contradicted"]
    assert bool(refuted) == (outcome == "misses")


@pytest.mark.parametrize(("worse", "outcome"), [(0.4, "misses"), (0.08, "inconclusive")])
def test_a_kind_of_case_that_fares_worse(tmp_path: Path, worse: float, outcome: str) -> None:
    frame = table(4000)
    poor = frame["income"] < frame["income"].quantile(0.25)
    wrong = poor & (np.random.default_rng(3).random(len(frame)) < worse)
    frame.loc[wrong, "said"] = frame.loc[wrong, "said"].map({"yes": "no", "no": "yes"})
    told = assess(tmp_path, "evaluation", frame)
    assert one(told, "evaluation.segment_gap").outcome == outcome


@pytest.mark.parametrize(
    ("rests", "outcome"), [(1.0, "misses"), (0.2, "inconclusive"), (0.05, "meets")]
)
def test_inputs_that_are_spoilt_on_an_ordinary_day(
    tmp_path: Path, rests: float, outcome: str
) -> None:
    """Outcomes rest on income as often as `rests` says; without it, half of these go wrong."""
    frame, rng = table(1500), np.random.default_rng(4)
    frame["debt"] = rng.normal(0, 9, len(frame))
    known, coin = rng.random(len(frame)) < rests, rng.random(len(frame)) < 0.5
    frame["denied"] = np.where(np.where(known, frame["income"] > 50, coin), "yes", "no")
    inputs = frame[["income", "debt"]]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(inputs, frame["denied"])
    frame["score"] = model.predict_proba(inputs)[:, 1]
    frame["said"] = np.where(frame["score"] >= 0.5, "yes", "no")
    product = PRODUCT.replace("[income]", "[income, debt]")
    product = product.replace("tables:", "model: model.skops\ntables:")
    product += "    threshold: 0.5\n"
    told = assess(
        tmp_path, "evaluation", frame, product, {"model.skops": skops.io.dumps(model)},
        evaluation__odd_inputs="tried",
    )  # fmt: skip
    assert one(told, "evaluation.spoilt_input_gap").outcome == outcome
    refuted = [f for f in told.findings if f.id == "evaluation.odd_inputs.contradicted"]
    assert bool(refuted) == (outcome == "misses")


def test_without_a_model_file_nothing_is_said_of_spoilt_inputs(tmp_path: Path) -> None:
    told = assess(tmp_path, "evaluation", table(), evaluation__odd_inputs="tried")
    assert not [f for f in told.findings if "spoilt" in f.id or f.id.endswith(".contradicted")]


def test_no_kind_of_case_stands_out(tmp_path: Path) -> None:
    told = assess(tmp_path, "evaluation", table(4000), PRODUCT)
    assert not [f for f in told.findings if f.id == "evaluation.segment_gap"]
