"""A judge's pass rate corrected by people's ratings: known cases, and coverage by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from playbook.evidence.corrected import corrected, rogan_gladen

TRUE = 0.7


def captured(
    seed: int,
    prompts: int = 150,
    tries: int = 2,
    labelled: float = 0.35,
    sensitivity: float = 0.95,
    specificity: float = 0.6,
) -> pd.DataFrame:
    """Answers that people pass 70 % of, alike within a prompt, and a lenient judge's ratings."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(2.1, 0.9, prompts)
    prompt = np.repeat(np.arange(prompts), tries)
    good = rng.random(len(prompt)) < chance[prompt]
    passes = np.where(good, rng.random(len(prompt)) < sensitivity,
                      rng.random(len(prompt)) > specificity)  # fmt: skip
    rated = (rng.random(prompts) < labelled)[prompt]
    return pd.DataFrame({
        "prompt": prompt.astype(str), "judge": passes.astype(float),
        "people": np.where(rated, good.astype(float), np.nan),
    })  # fmt: skip


def test_both_corrections_cover_while_the_judges_own_rate_does_not() -> None:
    runs = 150
    first = second = alone = 0
    bias = []
    for seed in range(runs):
        rated = captured(seed)
        found = corrected(rated)
        assert found is not None
        assert found.second is not None
        first += found.rate.low <= TRUE <= found.rate.high
        second += found.second.low <= TRUE <= found.second.high
        bias.append(found.rate.value - TRUE)
        half = 1.96 * rated.groupby("prompt")["judge"].mean().sem()
        alone += abs(rated["judge"].mean() - TRUE) <= half
    # 95 % of 150 is 142, and chance moves that by 8 at most in 997 of 1,000 such tests.
    assert first / runs >= 0.89
    assert second / runs >= 0.89
    assert alone / runs < 0.3
    assert abs(np.mean(bias)) < 3 * np.std(bias) / np.sqrt(runs)


def test_a_good_judge_makes_the_interval_narrower_than_people_alone() -> None:
    rated = captured(3, prompts=400, sensitivity=0.97, specificity=0.95)
    found = corrected(rated)
    alone = corrected(rated.assign(judge=np.nan))
    assert found is not None
    assert alone is not None
    assert found.weight > 0.5
    assert found.rate.high - found.rate.low < 0.85 * (alone.rate.high - alone.rate.low)
    assert (alone.weight, alone.second) == (0, None)


def test_a_judge_that_says_nothing_is_not_listened_to() -> None:
    rng = np.random.default_rng(1)
    rated = captured(4, prompts=600)
    rated["judge"] = rng.integers(0, 2, len(rated)).astype(float)
    found = corrected(rated)
    assert found is not None
    assert found.weight < 0.2
    assert found.rate.value == pytest.approx(rated["people"].mean(), abs=0.02)


def test_where_people_rated_everything_it_is_their_own_rate() -> None:
    rated = captured(5, labelled=1.0)
    rated.loc[:9, "judge"] = np.nan
    found = corrected(rated)
    assert found is not None
    assert found.rate.value == pytest.approx(rated["people"].mean(), abs=1e-12)
    assert (found.weight, found.labels, found.answers) == (0, 300, 300)
    assert found.second is not None
    # With all answers in both counts, Rogan and Gladen give people's rate back exactly.
    judged = rated[rated["judge"].notna()]
    assert found.second.value == pytest.approx(judged["people"].mean(), abs=1e-12)


def test_answers_of_one_prompt_do_not_count_as_independent() -> None:
    rated = captured(6, prompts=200, tries=1)
    copies = pd.concat([rated] * 5, ignore_index=True)
    once, often = corrected(rated), corrected(copies)
    assert once is not None
    assert often is not None
    assert often.rate.value == pytest.approx(once.rate.value)
    assert often.rate.low == pytest.approx(once.rate.low, abs=1e-9)
    assert often.rate.high == pytest.approx(once.rate.high, abs=1e-9)


def test_split_people_count_as_half() -> None:
    people = [1.0, 0.5, 0.0, 0.5]
    rated = pd.DataFrame({"prompt": list("abcd"), "people": people, "judge": [1.0, 1, 0, 1]})
    found = corrected(rated)
    assert found is not None
    assert found.rate.value == 0.5


def test_nothing_is_corrected_without_people_or_with_one_prompt() -> None:
    rated = captured(7)
    assert corrected(rated.assign(people=np.nan)) is None
    one = rated.assign(people=np.where(rated["prompt"] == "0", 1.0, np.nan))
    assert corrected(one) is None


def test_a_judge_no_better_than_chance_has_no_second_reading() -> None:
    rated = captured(8)
    assert rogan_gladen(rated.assign(judge=1 - rated["judge"])) is None
    assert (
        rogan_gladen(rated.assign(people=rated["people"].where(rated["people"].isna(), 1))) is None
    )


def test_all_passed_leaves_room_for_a_failure() -> None:
    rated = pd.DataFrame({"prompt": [str(i) for i in range(50)], "people": 1.0, "judge": 1.0})
    found = corrected(rated)
    assert found is not None
    assert found.rate.value == 1
    assert found.rate.low == pytest.approx(0.025 ** (1 / 50), abs=1e-9)


def test_the_weight_is_that_of_the_paper_where_every_prompt_has_one_answer() -> None:
    rated = captured(9, prompts=500, tries=1)
    found = corrected(rated)
    assert found is not None
    ours = rated[rated["people"].notna()]
    others = rated[rated["people"].isna()]["judge"]
    n, rest = len(ours), len(others)
    both = np.cov(ours["people"], ours["judge"], bias=True)
    # Angelopoulos et al. (2023), equation for the mean, with each part's own variance.
    weight = both[0, 1] / (both[1, 1] + n / rest * others.var(ddof=0))
    assert found.weight == pytest.approx(weight, abs=1e-12)
    value = ours["people"].mean() + weight * (others.mean() - ours["judge"].mean())
    assert found.rate.value == pytest.approx(value, abs=1e-12)


def test_lang_and_reiczigel_by_hand() -> None:
    """60 of 100 pass; the judge is right on 36 of 40 that people pass, 27 of 30 that they fail."""
    people = [1.0] * 40 + [0.0] * 30 + [np.nan] * 30
    judge = [1.0] * 36 + [0.0] * 4 + [0.0] * 27 + [1.0] * 3 + [1.0] * 21 + [0.0] * 9
    rated = pd.DataFrame({"prompt": [str(i) for i in range(100)], "people": people, "judge": judge})
    found = rogan_gladen(rated)
    assert found is not None
    assert found.value == pytest.approx((0.6 + 0.9 - 1) / 0.8)
    z2 = 1.959963984540054**2
    p, se, sp = (60 + z2 / 2) / (100 + z2), 37 / 42, 28 / 32
    middle = (p + sp - 1) / (se + sp - 1)
    v_se, v_sp = se * (1 - se) / 42, sp * (1 - sp) / 32
    shift = 2 * z2 * (middle * v_se - (1 - middle) * v_sp)
    error = p * (1 - p) / (100 + z2) + middle**2 * v_se + (1 - middle) ** 2 * v_sp
    half = (z2 * error) ** 0.5 / (se + sp - 1)
    assert (found.low, found.high) == pytest.approx(
        (middle + shift - half, min(1.0, middle + shift + half)), abs=1e-9
    )
