"""Sizing an experiment: against statsmodels, by simulation, and at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize, proportions_ztest

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence.experiment import minimum_detectable_effect


def rate(value: float, low: float | None = None, high: float | None = None) -> Estimate:
    low, high = value if low is None else low, value if high is None else high
    return Estimate(measure="base_rate", value=value, low=low, high=high, n=7_043, method="Wilson")


CHURN = rate(0.26, 0.25, 0.27)


@pytest.mark.parametrize("base", [0.01, 0.26, 0.5, 0.9])
@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize(("alpha", "power"), [(0.05, 0.8), (0.01, 0.9)])
def test_the_effect_is_the_one_statsmodels_finds(
    base: float, share: float, alpha: float, power: float
) -> None:
    found = minimum_detectable_effect(rate(base), 5_000, 4, share, alpha, power)
    treated = 20_000 * share
    expected = NormalIndPower().solve_power(
        nobs1=treated, alpha=alpha, power=power, ratio=(1 - share) / share
    )
    reached = proportion_effectsize(base + found.effect.value, base)
    assert reached == pytest.approx(expected, rel=1e-4)
    weeks = NormalIndPower().solve_power(
        effect_size=reached, alpha=alpha, power=power, ratio=(1 - share) / share
    )
    assert weeks / share / 5_000 == pytest.approx(4, rel=1e-3)
    assert found.weeks_for(found.effect.value).value == pytest.approx(4)


def test_a_change_of_that_size_is_found_in_eighty_of_a_hundred_experiments() -> None:
    found = minimum_detectable_effect(CHURN, per_week=600, weeks=4)
    rng = np.random.default_rng(2)
    arms = rng.binomial(1_200, [0.26, 0.26 + found.effect.value], size=(1_500, 2))
    seen = [proportions_ztest(arm, [1_200, 1_200])[1] < 0.05 for arm in arms]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.03)


@given(
    base=st.floats(0.001, 0.999),
    below=st.floats(0, 0.2),
    above=st.floats(0, 0.2),
    at=st.floats(0, 1),
    cases=st.floats(20, 1e6),
)
def test_the_interval_holds_the_effect_at_every_base_rate_inside_its_interval(
    base: float, below: float, above: float, at: float, cases: float
) -> None:
    low, high = max(0.0, base - below), min(1.0, base + above)
    found = minimum_detectable_effect(rate(base, low, high), cases, 1).effect
    inside = minimum_detectable_effect(rate(low + at * (high - low)), cases, 1).effect
    assert found.low - 1e-9 <= inside.value <= found.high + 1e-9


def test_more_weeks_never_hide_a_change() -> None:
    frame = minimum_detectable_effect(CHURN, per_week=1_200, weeks=8).frame
    assert {8.0, 1.0, 16.0} <= set(frame["weeks"])
    assert (frame["value"].diff().dropna() < 0).all()
    assert ((frame["low"] <= frame["value"]) & (frame["value"] <= frame["high"])).all()


def test_the_summary_speaks_of_whole_cases() -> None:
    text = minimum_detectable_effect(CHURN, per_week=1_200, weeks=8).summary().text
    assert text.startswith("In 8 weeks with 1,200 cases a week the experiment can see a change "
                           "from 26 to 29 of 100 or more")  # fmt: skip


def test_a_tiny_rate_is_told_with_a_larger_denominator() -> None:
    text = minimum_detectable_effect(rate(0.004), per_week=50_000, weeks=1).summary().text
    assert "from 40 to 58 of 10,000" in text


def test_the_relative_lift_is_the_effect_over_the_base_rate() -> None:
    found = minimum_detectable_effect(CHURN, per_week=1_200, weeks=8)
    lift = found.relative_lift
    assert lift is not None
    assert lift.value == pytest.approx(found.effect.value / 0.26)
    assert lift.low < lift.value < lift.high
    assert minimum_detectable_effect(rate(0.0), 1_200, 8).relative_lift is None


def test_too_few_cases_see_nothing_at_all() -> None:
    found = minimum_detectable_effect(rate(0.97), per_week=10, weeks=1)
    assert not found.reachable
    assert found.effect.value == 1
    assert "no rise at all" in found.summary().text
    assert "none" in found.table().text


def test_a_fall_needs_fewer_weeks_than_the_same_rise_below_one_half() -> None:
    found = minimum_detectable_effect(CHURN, per_week=1_200, weeks=8)
    fall, rise = found.weeks_for(-0.05), found.weeks_for(0.05)
    assert fall.value < rise.value
    assert fall.unit == "weeks"
    assert fall.low <= fall.value <= fall.high


@pytest.mark.parametrize("effect", [0.0, 0.75, -0.3])
def test_an_impossible_change_is_refused(effect: float) -> None:
    with pytest.raises(PlaybookError, match="cannot be sized"):
        minimum_detectable_effect(CHURN, 1_200, 8).weeks_for(effect)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"per_week": 0}, "weekly traffic of 0"),
        ({"weeks": float("inf")}, "number of weeks"),
        ({"share": 1.0}, "share of cases"),
        ({"alpha": 0}, "significance level"),
        ({"power": 1}, "power of 1"),
        ({"base": CHURN.model_copy(update={"unit": "ratio"})}, "not a rate"),
    ],
)
def test_a_number_out_of_range_is_one_sentence(change: dict[str, object], message: str) -> None:
    stated: dict[str, object] = {"base": CHURN, "per_week": 1_200, "weeks": 8} | change
    with pytest.raises(PlaybookError, match=message):
        minimum_detectable_effect(**stated)  # type: ignore[arg-type]


def test_the_chart_says_what_it_shows() -> None:
    shown = minimum_detectable_effect(CHURN, per_week=1_200, weeks=8).chart()
    assert "After 8 weeks a change of 2.5 points can be seen" in shown.text
    assert 'alt="' in shown.html
