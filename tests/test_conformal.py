"""Prediction sets: those of MAPIE, covered as promised, for everyone and for each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.conformal import answers, conformal, cut_offs
from playbook.evidence.halves import deal, halve, portion
from playbook.evidence.riskcontrol import binomial_tail, least_calibration


class Stored(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier whose only feature is the stored score."""

    def __init__(self) -> None:
        self.classes_ = np.array([0, 1])
        self.fitted_ = True

    def fit(self, X: Any, y: Any) -> Stored:
        return self

    def predict_proba(self, X: Any) -> Any:
        p = np.asarray(X)[:, 0]
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> Any:
        return (np.asarray(X)[:, 0] >= 0.5).astype(int)


def rows(n: int, seed: int, distinct: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    score = np.round(rng.beta(0.7, 1.4, n) * distinct) / distinct
    return score, rng.random(n) < score**1.3


def counted(score: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    frame = pd.DataFrame({"score": score, "label": label}).value_counts().reset_index()
    return frame["score"].to_numpy(), frame["label"].to_numpy(bool), frame["count"].to_numpy(float)


@pytest.mark.parametrize("risk", [0.03, 0.1, 0.25, 0.6])
@pytest.mark.parametrize("distinct", [20, 5_000])
def test_the_answers_are_those_of_mapie(risk: float, distinct: int) -> None:
    from mapie.classification import SplitConformalClassifier

    score, label = rows(1_203, 3, distinct)
    unseen, _ = rows(800, 4, distinct)
    theirs = SplitConformalClassifier(
        Stored(), confidence_level=1 - risk, conformity_score="lac", prefit=True
    ).conformalize(score[:, None], label.astype(int))
    _, sets = theirs.predict_set(unseen[:, None])
    q_negative, q_positive = cut_offs(*counted(score, label), risk)
    says_no, says_yes = answers(unseen, q_negative, q_positive)
    assert (sets[:, 0, 0] == says_no).all()
    assert (sets[:, 1, 0] == says_yes).all()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60),
    st.sampled_from([0.05, 0.1, 0.25, 0.5]),
)
def test_the_cut_off_is_the_order_statistic_of_the_rows(
    cases: list[tuple[int, bool]], risk: float
) -> None:
    score = np.array([s / 20 for s, _ in cases])
    label = np.array([truth for _, truth in cases])
    strange = sorted(1 - s if truth else s for s, truth in zip(score, label, strict=True))
    rank = -(-(len(cases) + 1) * round((1 - risk) * 100) // 100)
    expected = strange[rank - 1] if rank <= len(cases) else np.inf
    assert cut_offs(*counted(score, label), risk)[0] == pytest.approx(expected)


@pytest.mark.parametrize("by_class", [False, True])
def test_new_cases_are_covered_as_promised_on_average_over_splits(by_class: bool) -> None:
    held: list[float] = []
    of_kind: list[list[float]] = [[], []]
    for seed in range(400):
        score, label = rows(200, 100 + seed, 10_000)
        cut = cut_offs(*counted(score, label), 0.1, by_class=by_class)
        score, label = rows(1_000, 10_000 + seed, 10_000)
        says_no, says_yes = answers(score, *cut)
        right = np.where(label, says_yes, says_no)
        held.append(right.mean())
        for kind in (0, 1):
            of_kind[kind].append(right[label == kind].mean())
    noise = 3 * np.std(held) / 20
    assert 0.9 - noise <= np.mean(held) <= 0.9 + 1 / 60 + noise
    if by_class:
        assert min(np.mean(kind) for kind in of_kind) >= 0.9 - noise - 0.003
    else:
        assert min(np.mean(kind) for kind in of_kind) < 0.87


def test_halves_and_groups_are_those_of_one_split_of_the_rows() -> None:
    rng = np.random.default_rng(1)
    group = rng.integers(0, 40, (5, 30))
    frame = pd.DataFrame({"rows": group.sum(axis=0), "n": group.sum(axis=0).astype(float)})
    drawn = np.array([halve(frame, rng) for _ in range(300)])
    assert (drawn <= frame["rows"].to_numpy()).all()
    assert drawn.mean() == pytest.approx(frame["rows"].mean() / 2, rel=0.02)
    assert portion(frame, drawn[0]).tolist() == drawn[0].tolist()
    dealt = np.array([deal(group, d, rng) for d in drawn])
    assert (dealt.sum(axis=1) == drawn).all()
    assert ((dealt >= 0) & (dealt <= group)).all()
    # Each row of a group falls into the half with chance 1/2, each by itself.
    assert dealt.mean(axis=0) == pytest.approx(group / 2, abs=1.2)
    assert dealt.var(axis=0).sum() == pytest.approx((group / 4).sum(), rel=0.1)


def test_everyone_kinds_and_groups_are_reported(tmp_path: Path) -> None:
    found = conformal(from_frame(tmp_path, people(4_000), **LOANS))
    parts = (found.settled, found.undecided, found.neither)
    assert sum(e.value for e in parts) == pytest.approx(1)
    assert found.coverage.low <= 0.9 <= found.coverage.high
    positive, negative = found.by_label
    assert (positive.group, negative.group) == ({"label": "denied"}, {"label": "approved"})
    joined = positive.value * positive.n + negative.value * negative.n
    assert joined == pytest.approx(found.coverage.value * found.coverage.n)
    races = [g for g in found.groups if "race" in (g.coverage.group or {})]
    assert {g.coverage.group["race"] for g in races} == {"White", "Black", "(missing)"}  # type: ignore[index]
    assert sum(g.coverage.n for g in races) == found.coverage.n
    covered = sum(g.coverage.value * g.coverage.n for g in races)
    assert covered == pytest.approx(found.coverage.value * found.coverage.n)
    text = found.summary().text
    assert "may err on at most 10 of 100 applicants" in text
    assert "should be denied" in text
    for shown in (found.table(), found.chart()):
        assert "race Black" in shown.text
    assert {e.measure for e in found.estimates} >= {"coverage", "singleton_rate", "undecided_rate"}


def test_a_group_that_is_not_covered_is_named(tmp_path: Path) -> None:
    frame = people(6_000)
    turned = (frame["race"] == "Black") & (np.arange(len(frame)) % 2 == 0)
    frame.loc[turned, "denied"] = np.where(frame.loc[turned, "score"] < 0.4, "yes", "no")
    found = conformal(from_frame(tmp_path, frame, **LOANS))
    broken = [g.coverage.group for g in found.groups if g.broken]
    assert broken == [{"race": "Black"}]
    assert "not kept for race Black" in found.summary().text
    assert "not kept for race Black" in found.chart().text


def test_small_groups_are_too_few_to_say(tmp_path: Path) -> None:
    found = conformal(from_frame(tmp_path, people(600), **LOANS), minimum_n=30)
    few = [g for g in found.groups if g.too_few]
    assert {"region": "far east"} in [g.coverage.group for g in few]
    assert not any(g.broken for g in few)
    assert "Too few to say" in found.summary().text


def test_a_promise_that_holds_is_seldom_called_broken() -> None:
    rng = np.random.default_rng(5)
    tails = binomial_tail(rng.binomial(400, 0.9, 20_000), 400, 0.9)
    assert (tails < 0.05).mean() <= 0.055


def test_too_few_rows_settle_nothing_and_it_is_said(tmp_path: Path) -> None:
    assert [least_calibration(r) for r in (0.1, 0.05, 0.01, 0.3)] == [9, 19, 99, 3]
    found = conformal(from_frame(tmp_path, people(30), **LOANS), risk=0.01)
    assert found.too_few
    assert found.undecided.value == 1
    assert "At least 198 labelled applicants" in found.summary().text


def test_a_perfect_model_settles_all_and_a_coin_none(tmp_path: Path) -> None:
    truth = np.arange(400) % 3 == 0
    frame = pd.DataFrame({"y": np.where(truth, "yes", "no"), "score": np.where(truth, 0.99, 0.01)})
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    perfect = conformal(from_frame(tmp_path / "a", frame, label="y", score="score"))
    assert (perfect.settled.value, perfect.coverage.value) == (1, 1)
    assert perfect.settled_wrongly is not None
    assert perfect.settled_wrongly.value == 0
    frame["score"] = 0.5
    coin = conformal(from_frame(tmp_path / "b", frame, label="y", score="score"))
    assert coin.undecided.value == 1
    assert coin.settled_wrongly is None
    assert coin.summary().text


def test_a_strong_model_may_have_cases_that_nothing_fits(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    truth = rng.random(2_000) < 0.5
    score = np.clip(np.where(truth, 0.9, 0.1) + rng.normal(0, 0.1, 2_000), 0, 1)
    frame = pd.DataFrame({"y": np.where(truth, "yes", "no"), "score": score})
    found = conformal(from_frame(tmp_path, frame, label="y", score="score"), risk=0.3)
    assert found.neither.value > 0.1
    assert "neither answer fits" in found.summary().text


def test_the_same_seed_gives_the_same_numbers(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, people(1_000), **LOANS)
    first, again, other = (conformal(decisions, seed=seed) for seed in (1, 1, 2))
    assert first.estimates == again.estimates
    assert first.estimates != other.estimates


@pytest.mark.parametrize("risk", [0, 1, -0.1, float("nan")])
def test_a_risk_is_a_share(tmp_path: Path, risk: float) -> None:
    with pytest.raises(PlaybookError, match="cannot be kept"):
        conformal(from_frame(tmp_path, people(100), **LOANS), risk=risk)


def test_a_table_without_scores_cannot_promise(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="no score"):
        conformal(from_frame(tmp_path, people(100), label="denied"))


def test_equal_weights_change_nothing_but_the_method(tmp_path: Path) -> None:
    frame = people(2_000)
    frame["w"] = 2.5
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain = conformal(from_frame(tmp_path / "a", frame, **LOANS))
    weighted = conformal(from_frame(tmp_path / "b", frame, **LOANS, weight="w"))
    assert weighted.positive_from == pytest.approx(plain.positive_from)
    assert weighted.settled.value == pytest.approx(plain.settled.value)
    assert weighted.settled.n == plain.settled.n
    assert "Kish" in weighted.coverage.method


def test_uneven_weights_speak_for_the_population(tmp_path: Path) -> None:
    frame = people(4_000)
    frame["w"] = np.where(frame["denied"] == "yes", 5.0, 1.0)
    decisions = from_frame(tmp_path, frame, **LOANS, weight="w")
    found = conformal(decisions)
    assert found.coverage.n < 2_000
    several = [conformal(decisions, seed=seed).coverage.value for seed in range(12)]
    assert np.mean(several) == pytest.approx(0.9, abs=0.01)
    groups = sum(g.coverage.n for g in found.groups if "race" in (g.coverage.group or {}))
    assert groups == pytest.approx(found.coverage.n, abs=2)
