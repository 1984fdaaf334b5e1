"""Numbers become sentences that are true and grammatical at every edge."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.estimate import Comparison, Estimate
from playbook.evidence import words


def estimate(value: float, low: float, high: float, n: int = 1000, unit: str = "share") -> Estimate:
    return Estimate(measure="rate", value=value, low=low, high=high, n=n, unit=unit, method="m")


@pytest.mark.parametrize(
    ("value", "low", "high", "n", "said"),
    [
        (0.18, 0.15, 0.21, 600, "18 of 100 (15 to 21)"),
        (0.003, 0.001, 0.007, 5000, "3 of 1,000 (1 to 7)"),
        (0.0, 0.0, 0.088, 40, "none of the 40 (at most 9 of 100)"),
        (0.0, 0.0, 0.0016, 2380, "none of the 2,380 (at most 2 of 1,000)"),
        (1.0, 0.91, 1.0, 40, "all of the 40 (at least 91 of 100)"),
        (0.0, 0.0, 0.79, 1, "0 of 1 (at most 79 of 100)"),
        (1.0, 0.21, 1.0, 1, "1 of 1 (at least 21 of 100)"),
        (0.0, 0.0, 0.0, 40, "none of the 40"),
        (1.0, 1.0, 1.0, 40, "all of the 40"),
        (0.5, 0.5, 0.5, 40, "50 of 100"),
        (0.5, 0.0, 1.0, 0, "none seen"),
        (0.18, 0.1795, 0.1805, 10**6, "1,800 of 10,000 (1,795 to 1,805)"),
        (0.025, 0.0044, 0.129, 40, "3 of 100 (under 1 to 13)"),
        (0.98, 0.9, 0.9999, 60, "98 of 100 (90 to over 99)"),
        (0.99, 0.95, 0.998, 1000, "990 of 1,000 (950 to 998)"),
        (0.00003, 0.00001, 0.00009, 10**6, "fewer than 1 of 10,000 (at most 1)"),
        (0.99997, 0.9999, 0.99999, 10**6, "more than 9,999 of 10,000 (at least 9,999)"),
    ],
)
def test_natural_frequencies_read_well_at_the_edges(
    value: float, low: float, high: float, n: int, said: str
) -> None:
    assert words.natural(estimate(value, low, high, n)) == said


@given(st.tuples(*[st.floats(0, 1, allow_subnormal=False)] * 3).map(sorted), st.integers(1, 10**7))
def test_a_natural_frequency_never_rounds_something_to_none_or_all(
    bounds: list[float], n: int
) -> None:
    low, value, high = bounds
    said = words.natural(estimate(value, low, high, n))
    assert said.startswith(("none of", "0 of 1 ", "0 of 1")) == (value == 0)
    found = re.match(r"([\d,]+) of ([\d,]+)", said)
    if found and 0 < value < 1:
        told, whole = (int(part.replace(",", "")) for part in found.groups())
        assert 0 < told < whole
        assert abs(told - value * whole) <= 0.5 + 1e-6


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "said"),
    [
        (0.18, 0.15, 0.21, "share", "18 % (15–21)"),
        (0.0, 0.0, 0.09, "share", "0 % (0–9)"),
        (0.003, 0.001, 0.007, "share", "0.3 % (0.1–0.7)"),
        (0.5, 0.5, 0.5, "share", "50 %"),
        (3.1, 2.5, 3.8, "ratio", "3.1 (2.5–3.8)"),
        (1.23, 1.1, 1.37, "ratio", "1.23 (1.10–1.37)"),
        (31.4, 25.0, 38.8, "ratio", "31 (25–39)"),
        (0.78, 0.75, 0.81, "score", "0.78 (0.75–0.81)"),
        (0.042, 0.01, 0.073, "difference", "+4.2 points (1.0–7.3)"),
        (-0.042, -0.073, -0.01, "difference", "−4.2 points (−7.3 to −1.0)"),
        (0.005, -0.01, 0.02, "difference", "+0.5 points (−1.0 to +2.0)"),
        (0.01, 0.005, 0.02, "difference", "+1.0 point (0.5–2.0)"),
        (31.2, 24.1, 39.0, "USD per decision", "$31.20 (24.10–39.00)"),
        (-31.2, -39.0, -24.1, "USD per decision", "−$31.20 (−39.00 to −24.10)"),
        (31234.0, 24120.0, 39055.0, "USD per month", "$31,000 (24,000–39,000)"),
        (1.0, 1.0, 1.0, "weeks", "1 week"),
        (6.2, 5.1, 7.4, "weeks", "6.2 weeks (5.1–7.4)"),
        (2380.0, 2380.0, 2380.0, "count", "2,380"),
    ],
)
def test_brief_shows_value_and_interval_with_the_same_decimals(
    value: float, low: float, high: float, unit: str, said: str
) -> None:
    assert words.brief(estimate(value, low, high, unit=unit)) == said


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (31000, "USD", "$31,000"),
        (-31000, "USD", "−$31,000"),
        (0, "USD", "$0"),
        (-0.001, "USD", "$0.00"),
        (-0.5, "EUR", "−€0.50"),
        (12, "CHF", "CHF 12"),
        (1e9, "GBP", "£1,000,000,000"),
        (1999.5, "JPY", "¥2,000"),
    ],
)
def test_money_has_its_sign_before_its_symbol(amount: float, currency: str, said: str) -> None:
    assert words.money(amount, currency) == said


def test_plurals_follow_the_count() -> None:
    said = [words.plural(n, "row", "rows") for n in (0, 1, 2, 2380)]
    assert said == ["0 rows", "1 row", "2 rows", "2,380 rows"]


def test_a_group_is_named_by_attribute_and_value() -> None:
    assert words.group({"race": "Black", "sex": "female"}) == "race Black, sex female"
    assert words.group(None) == words.group({}) == "everyone"


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (1, "100 %"), (0.18, "18 %"), (0.003, "0.3 %"), (0.995, "99.5 %"),
     (1e-5, "under 0.01 %"), (0.99999, "over 99.99 %"), (-0.04, "−4 %")],
)  # fmt: skip
def test_per_cent_never_hides_that_something_is_left(share: float, said: str) -> None:
    assert words.percent(share) == said


@pytest.mark.parametrize(
    ("bar", "direction", "unit", "said"),
    [
        (1.25, "at_most", "ratio", "policy allows at most 1.25"),
        (0.8, "at_least", "share", "policy asks for at least 80 %"),
        (0.125, "at_most", "share", "policy allows at most 12.5 %"),
        (0.01, "at_most", "difference", "policy allows at most 1 point"),
        (0, "at_least", "USD per decision", "policy asks for at least $0"),
        (1, "at_most", "weeks", "policy allows at most 1 week"),
    ],
)
def test_the_bar_is_said_in_the_unit_of_the_estimate(
    bar: float, direction: str, unit: str, said: str
) -> None:
    comparison = Comparison.model_validate({"outcome": "meets", "bar": bar, "direction": direction})
    assert words.outcome_bar(comparison, unit) == said
