"""Estimates carry their interval, and hold it against a bar in three outcomes only."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from playbook.estimate import Estimate


def share(value: float, low: float, high: float, n: int = 100, unit: str = "share") -> Estimate:
    return Estimate(
        measure="recall", value=value, low=low, high=high, n=n, unit=unit, method="test"
    )


@pytest.mark.parametrize(
    ("bar", "outcome"), [(0.6, "meets"), (0.7, "meets"), (0.75, "inconclusive"), (0.9, "misses")]
)
def test_at_least_compares_the_whole_interval(bar: float, outcome: str) -> None:
    assert share(0.8, 0.7, 0.87).against(at_least=bar).outcome == outcome


@pytest.mark.parametrize(
    ("bar", "outcome"), [(0.9, "meets"), (0.87, "meets"), (0.8, "inconclusive"), (0.6, "misses")]
)
def test_at_most_compares_the_whole_interval(bar: float, outcome: str) -> None:
    assert share(0.8, 0.7, 0.87).against(at_most=bar).outcome == outcome


def test_n_needed_shrinks_the_interval_until_it_touches_the_bar() -> None:
    # Width shrinks with the root of n: from 0.10 to 0.05 takes four times the rows.
    assert share(0.8, 0.7, 0.87, n=80).against(at_least=0.75).n_needed == 320


def test_n_needed_for_ratios_works_on_the_log_scale() -> None:
    wide = share(2.0, 1.0, 4.0, n=100, unit="ratio").against(at_most=math.sqrt(2))
    assert wide.outcome == "inconclusive"
    assert wide.n_needed == 400


def test_no_n_settles_a_value_that_lies_on_the_bar() -> None:
    assert share(0.8, 0.7, 0.9).against(at_least=0.8).n_needed is None


@pytest.mark.parametrize(
    ("value", "low", "high"), [(0.5, 0.6, 0.7), (math.nan, 0, 1), (0.5, 0.4, math.inf)]
)
def test_an_interval_must_hold_its_value(value: float, low: float, high: float) -> None:
    with pytest.raises(ValidationError):
        share(value, low, high)


def test_exactly_one_bar_is_compared() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        share(0.8, 0.7, 0.9).against()


@given(
    st.floats(0.01, 0.99),
    st.floats(0.001, 0.2),
    st.floats(0, 1),
    st.integers(2, 10_000),
)
def test_the_n_named_as_enough_is_enough(value: float, half: float, bar: float, n: int) -> None:
    before = share(value, value - half, value + half, n)
    comparison = before.against(at_least=bar)
    if comparison.outcome != "inconclusive" or comparison.n_needed is None:
        return
    shrunk = half * math.sqrt(n / comparison.n_needed)
    after = share(value, value - shrunk - 1e-12, value + shrunk - 1e-12, comparison.n_needed)
    assert comparison.n_needed > n
    assert after.against(at_least=bar - 1e-9).outcome != "inconclusive" or abs(value - bar) < 1e-6
