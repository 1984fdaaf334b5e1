"""Break-even quality: closed forms, the value it must give, and intervals that cover."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.baseline import compare
from playbook.evidence.breakeven import break_even
from playbook.evidence.money import value_difference
from playbook.evidence.paired import Confusion
from playbook.evidence.value import Stakes

NAMES = ("gain_true_positive", "cost_false_positive", "gain_true_negative", "cost_false_negative")


def stakes(*ranges: Any) -> Stakes:
    full = [r if isinstance(r, tuple) else (r, r, r) for r in ranges]
    return Stakes(**dict(zip(NAMES, full, strict=True)))


WORKED = Confusion(60, 45, 855, 40)
KNOWN = stakes(100, 30, 5, 20)


def test_break_even_against_deciding_all_negative_in_closed_form() -> None:
    row = break_even(WORKED, KNOWN).rows[1]
    assert row.name == "all negative"
    assert row.recall is not None
    assert row.false_positive_rate is not None
    assert row.precision is not None
    # Of 1,000: 45 wrongly positive cost 45 x 35, each of the 100 found brings 120.
    assert row.recall.at.value == pytest.approx(45 * 35 / (100 * 120))
    assert row.false_positive_rate.at.value == pytest.approx(60 * 120 / (900 * 35))
    # C. Elkan, The foundations of cost-sensitive learning, IJCAI 2001, equation 2.
    assert row.precision.at.value == pytest.approx(35 / (35 + 120))
    assert row.recall.today.value == pytest.approx(0.6)
    assert row.recall.margin.value == pytest.approx(0.6 - 0.13125)


def test_break_even_against_nothing_and_all_positive_worked_by_hand() -> None:
    nothing, _, positive = break_even(WORKED, KNOWN).rows
    # Nothing: 100 r x 120 - 100 x 20 - 45 x 30 + 855 x 5 = 0 needs less than none found.
    assert nothing.recall is not None
    assert nothing.recall.pays == "always"
    assert nothing.recall.at.value == 0
    assert positive.false_positive_rate is not None
    # All positive is worth 100 x 100 - 900 x 30; the model 60 x 100 - 40 x 20 + 4,500 - 900 f x 35.
    expected = (6_000 - 800 + 4_500 - (10_000 - 27_000)) / (900 * 35)
    assert positive.false_positive_rate.at.value == pytest.approx(expected)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(1, 2_000), min_size=4, max_size=4),
    st.lists(st.floats(1, 500), min_size=4, max_size=4),
)
def test_at_the_break_even_both_are_worth_the_same(cells: list[int], worth: list[float]) -> None:
    tp, fp, tn, fn = cells
    found = break_even(Confusion(tp, fp, tn, fn), stakes(*worth), draws=50)
    gain, alarm, passed, missed = worth
    good, bad = tp + fn, fp + tn

    def value(recall: float, rate: float) -> float:
        return good * (recall * gain - (1 - recall) * missed) + bad * (
            (1 - rate) * passed - rate * alarm
        )

    others = {"nothing": 0.0, "all negative": value(0, 0), "all positive": value(1, 1)}
    for row in found.rows:
        assert row.recall is not None
        assert row.false_positive_rate is not None
        if row.recall.pays == "from here":
            assert value(row.recall.at.value, fp / bad) == pytest.approx(others[row.name], abs=1e-6)
        elif row.recall.pays == "always":
            assert value(0, fp / bad) >= others[row.name] - 1e-6
        else:
            assert value(1, fp / bad) <= others[row.name] + 1e-6
        if row.false_positive_rate.pays == "from here":
            rate = row.false_positive_rate.at.value
            assert value(tp / good, rate) == pytest.approx(others[row.name], abs=1e-6)
        # Better than break-even is the same as worth more than the alternative.
        for limit in (row.recall, row.false_positive_rate):
            if abs(row.advantage) > 1e-6 and abs(limit.margin.value) > 1e-9:
                assert (limit.margin.value > 0) == (row.advantage > 0)
        for limit in row.limits:
            assert limit.at.low <= limit.at.value <= limit.at.high


@pytest.mark.parametrize("n", [300, 2_000])
def test_the_interval_covers_the_true_break_even_95_times_of_100(n: int) -> None:
    rng = np.random.default_rng(5)
    shares = np.array([0.12, 0.10, 0.70, 0.08])
    truth = 0.10 * 35 / (0.20 * 120)
    covered = 0
    for cells in rng.multinomial(n, shares, size=600):
        limit = break_even(Confusion(*map(int, cells)), KNOWN, draws=600).rows[1].recall
        assert limit is not None
        covered += limit.at.low <= truth <= limit.at.high
    assert 0.93 <= covered / 600 <= 0.97


def test_wide_stakes_widen_the_interval() -> None:
    narrow = break_even(WORKED, KNOWN).rows[1].recall
    wide = break_even(WORKED, stakes((50, 100, 150), (10, 30, 50), 5, (0, 20, 40))).rows[1].recall
    assert narrow is not None
    assert wide is not None
    assert wide.at.high - wide.at.low > 1.3 * (narrow.at.high - narrow.at.low)


def test_where_no_quality_pays_or_any_does_it_is_said() -> None:
    hopeless = break_even(Confusion(5, 400, 500, 5), stakes(10, 100, 0, 0))
    assert hopeless.hardest.recall is not None
    assert hopeless.hardest.recall.pays == "never"
    assert hopeless.hardest.recall.at.value == 1
    assert "finding more is not enough" in hopeless.summary().text
    assert "none does" in hopeless.table().text
    easy = break_even(Confusion(50, 0, 900, 50), stakes(100, 1, 5, 1))
    alone = easy.rows[1].recall
    assert alone is not None
    assert (alone.pays, alone.at.value) == ("always", 0)
    assert "any" in easy.table().text
    assert easy.summary().text
    assert easy.chart().text


def test_finding_that_brings_nothing_has_no_break_even_of_its_own() -> None:
    found = break_even(WORKED, stakes(0, 30, 5, 0)).rows[1].recall
    assert found is not None
    assert found.pays == "never"
    assert np.isfinite([found.at.low, found.at.high]).all()


def test_without_positives_the_recall_is_unknown() -> None:
    row = break_even(Confusion(0, 10, 90, 0), KNOWN).rows[1]
    assert row.recall is None
    assert row.false_positive_rate is not None
    assert "none seen" in break_even(Confusion(0, 10, 90, 0), KNOWN).table().text
    with pytest.raises(PlaybookError, match="from no rows"):
        break_even(Confusion(0, 0, 0, 0), KNOWN)


def test_alternatives_of_the_table_are_solved_on_their_own_rows(tmp_path: Path) -> None:
    decisions = from_frame(
        tmp_path, people(2_000), **LOANS,
        baseline={"column": "region", "operator": "equals", "value": "south"},
    )  # fmt: skip
    stated = stakes((50, 100, 150), (10, 30, 60), (0, 5, 10), (20, 60, 200))
    baseline = compare(decisions)
    found = break_even(decisions, stated, baseline=baseline)
    names = [row.name for row in found.rows]
    assert names[:4] == ["nothing", "all negative", "all positive", "stated rule"]
    row = next(r for r in baseline.rows if r.name == "stated rule")
    more = value_difference(row.model, row.rule, stated, "USD", joint=row.paired)
    assert found.rows[3].advantage == pytest.approx(more.value)
    assert found.rows[3].recall is not None
    assert (found.rows[3].recall.margin.low > 0) == (more.low > 0)
    text = found.summary().text
    assert "applicants who should be denied" in text
    assert "To lose no money" in text
    assert "The model pays" in found.chart().text
    assert {e.measure for e in found.estimates} >= {
        "break_even_recall", "break_even_false_positive_rate", "break_even_precision",
        "recall_margin",
    }  # fmt: skip


def test_effective_counts_need_not_be_whole() -> None:
    cells = [x * 0.37 for x in WORKED.cells]
    whole, part = (
        break_even(c, KNOWN).rows[1].recall
        for c in (WORKED, Confusion(*cells))  # type: ignore[arg-type]
    )
    assert whole is not None
    assert part is not None
    assert part.at.value == pytest.approx(whole.at.value)
    assert part.at.high - part.at.low > whole.at.high - whole.at.low
    assert part.at.n == 37


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, again, other = (break_even(WORKED, KNOWN, seed=s).estimates for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_table_without_predictions_has_no_break_even(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="without a label and a prediction"):
        break_even(from_frame(tmp_path, people(100), label="denied"), KNOWN)
