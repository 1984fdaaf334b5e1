"""The model beside the simplest alternatives, and the paired interval it rests on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from make_decisions import LOANS, from_frame, people
from playbook.errors import PlaybookError
from playbook.evidence.baseline import compare
from playbook.evidence.paired import Confusion, Paired, paired_difference
from playbook.product import Rule


@st.composite
def discordant(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 3_000))
    first = draw(st.integers(0, n))
    return first, draw(st.integers(0, n - first)), n


# Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014), airway hyper-responsiveness.
def test_the_paired_interval_is_the_published_one() -> None:
    found = paired_difference(1, 7, 21)
    assert (found.value, found.low, found.high) == pytest.approx((-0.286, -0.517, -0.026), abs=5e-4)


@given(discordant())
def test_the_paired_interval_holds_its_value_and_mirrors(counts: tuple[int, int, int]) -> None:
    first, second, n = counts
    one, other = paired_difference(first, second, n), paired_difference(second, first, n)
    assert -1 <= one.low <= one.value <= one.high <= 1
    assert one.low < one.high
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)


@given(discordant())
def test_the_paired_interval_leaves_out_zero_where_mcnemar_is_significant(
    counts: tuple[int, int, int],
) -> None:
    first, second, n = counts
    assume(first + second > 0)
    table = [[n - first - second, first], [second, 0]]
    p = mcnemar(table, exact=False, correction=False).pvalue
    assume(abs(p - 0.05) > 1e-6)
    found = paired_difference(first, second, n)
    assert (found.low > 0 or found.high < 0) == (p < 0.05)


def test_without_any_difference_the_interval_is_the_closed_form() -> None:
    z2 = 1.959963984540054**2
    assert paired_difference(0, 0, 50).high == pytest.approx(z2 / (50 + z2), abs=1e-7)


@pytest.mark.parametrize(
    ("n", "shares"),
    [
        (100, (0.10, 0.05)),
        (400, (0.04, 0.02)),
        (60, (0.30, 0.10)),
        (1_000, (0.03, 0.03)),
    ],
)
def test_the_paired_interval_covers_the_truth_95_times_of_100(
    n: int, shares: tuple[float, float]
) -> None:
    rng = np.random.default_rng(1)
    first, second = shares
    draws = rng.multinomial(n, [first, second, 1 - first - second], size=4_000)
    kinds, times = np.unique(draws[:, :2], axis=0, return_counts=True)
    covered = 0
    for (b, c), count in zip(kinds.tolist(), times.tolist(), strict=True):
        found = paired_difference(b, c, n)
        covered += count * (found.low <= first - second <= found.high)
    assert 0.93 <= covered / 4_000 <= 0.97


def test_no_rows_cannot_be_compared() -> None:
    with pytest.raises(PlaybookError, match="on no rows"):
        paired_difference(0, 0, 0)


def test_the_paired_table_adds_up_to_both_confusion_tables() -> None:
    both = Paired((((50, 4), (6, 3)), ((2, 5), (7, 23))))
    assert both.model == Confusion(30, 9, 54, 7)
    assert both.rule == Confusion(28, 7, 56, 9)
    assert (both.both_right, both.only_model_right, both.only_rule_right, both.both_wrong) == (
        73, 11, 11, 5,
    )  # fmt: skip
    assert both.n == 100


def reference(frame: pd.DataFrame, says: pd.Series) -> dict[str, int]:
    label, model = frame["denied"] == "yes", frame["prediction"] == "yes"
    return {
        "both": int(((model == label) & (says == label)).sum()),
        "model": int(((model == label) & (says != label)).sum()),
        "rule": int(((model != label) & (says == label)).sum()),
    }


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (Rule(column="debt", operator="at_least", value=0.5), lambda f: f["debt"] >= 0.5),
        (Rule(column="debt", operator="at_most", value="0.2"), lambda f: f["debt"] <= 0.2),
        (Rule(column="years", operator="equals", value=3), lambda f: f["years"] == 3),
        (Rule(column="home", operator="equals", value=" RENTS "), lambda f: f["home"] == "rents"),
        (Rule(column="new", operator="equals", value="yes"), lambda f: f["new"]),
    ],
)
def test_the_stated_rule_is_counted_as_pandas_counts_it(
    tmp_path: Path, rule: Rule, says: object
) -> None:
    rng = np.random.default_rng(3)
    frame = people(600)
    frame["debt"] = np.where(rng.random(600) < 0.2, np.nan, rng.random(600).round(2))
    frame["years"] = rng.integers(0, 6, 600)
    frame["home"] = rng.choice(["rents", "owns", None], 600)
    frame["new"] = rng.random(600) < 0.3
    found = compare(from_frame(tmp_path, frame, **LOANS, baseline=rule))
    row = next(row for row in found.rows if row.name == "stated rule")
    expected = reference(frame, says(frame))  # type: ignore[operator]
    assert expected == {
        "both": row.paired.both_right,
        "model": row.paired.only_model_right,
        "rule": row.paired.only_rule_right,
    }
    assert row.advantage.value == pytest.approx((expected["model"] - expected["rule"]) / 600)
    assert row.advantage.n == 600


def test_everyone_alike_means_the_more_common_label(tmp_path: Path) -> None:
    frame = people(500)
    for name, flip in (("rare", False), ("common", True)):
        folder = tmp_path / name
        folder.mkdir()
        table = frame.assign(
            denied=np.where((frame["denied"] == "yes") ^ flip, "yes", "no"),
        )
        alike = compare(from_frame(folder, table, **LOANS)).rows[0]
        share = (table["denied"] == "yes").mean()
        assert alike.rule.accuracy == pytest.approx(max(share, 1 - share))
        assert alike.description == (
            "every applicant denied" if flip else "every applicant approved"
        )


def planted(n: int = 3_000, seed: int = 5) -> pd.DataFrame:
    """Debt from 0.6 upwards decides nearly all; the other columns are noise."""
    rng = np.random.default_rng(seed)
    debt = rng.random(n).round(3)
    label = (debt >= 0.6) ^ (rng.random(n) < 0.05)
    model = label ^ (rng.random(n) < 0.15)
    return pd.DataFrame({
        "number": rng.permutation(n), "denied": np.where(label, "yes", "no"),
        "prediction": np.where(model, "yes", "no"), "debt": debt,
        "noise": rng.normal(size=n), "home": rng.choice(["rents", "owns", None], n),
        "empty": pd.Series([None] * n, dtype="float64"),
    })  # fmt: skip


PLANTED = {
    "id": "number", "label": "denied", "prediction": "prediction",
    "features": ["noise", "home", "debt", "empty", "prediction", "number", "denied"],
}  # fmt: skip


def test_the_best_single_column_is_found_and_counted_on_rows_it_has_not_seen(
    tmp_path: Path,
) -> None:
    frame = planted()
    found = compare(from_frame(tmp_path, frame, **PLANTED))
    row = found.rows[-1]
    column, _, cut = row.description.partition(" at least ")
    assert (column, float(cut)) == ("debt", pytest.approx(0.6, abs=0.03))
    assert 1_350 < row.paired.n < 1_650
    assert row.rule.accuracy == pytest.approx(0.95, abs=0.02)
    assert found.strongest is row
    assert row.advantage.high < 0
    assert "right more often than the model" in found.summary().text


def test_the_rule_found_does_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    frame = planted(800)
    results = []
    for i, table in enumerate((frame, frame.sample(frac=1, random_state=1))):
        (tmp_path / str(i)).mkdir()
        results.append(compare(from_frame(tmp_path / str(i), table, **PLANTED)).rows)
    assert results[0] == results[1]


@pytest.mark.parametrize("kind", ["integer", "text", "none"])
def test_the_halves_are_even_and_follow_the_seed(tmp_path: Path, kind: str) -> None:
    frame, table = planted(2_000), dict(PLANTED)
    if kind == "text":
        frame["number"] = frame["number"].map(lambda x: f"case {x}")
    if kind == "none":
        del table["id"]
    decisions = from_frame(tmp_path, frame, **table)
    first, again, other = (compare(decisions, seed=seed).rows[-1].paired for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert 880 < first.n < 1_120


def test_rows_of_one_id_stay_in_one_half(tmp_path: Path) -> None:
    frame = planted(1_000)
    frame["number"] = frame["number"] // 100
    found = compare(from_frame(tmp_path, frame, **PLANTED)).rows[-1]
    assert found.paired.n % 100 == 0


def test_a_rule_picked_from_noise_is_not_rewarded_for_the_picking(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(rng.normal(size=(400, 40)), columns=[f"x{i}" for i in range(40)])
    frame["denied"] = rng.choice(["yes", "no"], 400)
    frame["prediction"] = rng.choice(["yes", "no"], 400)
    table = {
        "label": "denied",
        "prediction": "prediction",
        "features": [f"x{i}" for i in range(40)],
    }
    decisions = from_frame(tmp_path, frame, **table)
    shares = [compare(decisions, seed=seed).rows[-1].rule.accuracy for seed in range(6)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.03)


def test_a_missing_value_is_negative_and_no_largest_number(tmp_path: Path) -> None:
    frame = people(200).assign(debt=np.nan)
    rule = Rule(column="debt", operator="at_least", value=0)
    found = compare(from_frame(tmp_path, frame, **LOANS, baseline=rule)).rows[1]
    assert found.rule.true_positive + found.rule.false_positive == 0


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Rule(column="regoin", operator="equals", value="north"), "Did you mean 'region'"),
        (Rule(column="score", operator="at_least", value="much"), "does not fit"),
        (Rule(column="flag", operator="equals", value="maybe"), "does not fit"),
    ],
)
def test_a_rule_that_does_not_fit_the_table_is_one_sentence(
    tmp_path: Path, rule: Rule, message: str
) -> None:
    frame = people(100).assign(flag=True)
    with pytest.raises(PlaybookError, match=message):
        compare(from_frame(tmp_path, frame, **LOANS, baseline=rule))


def test_a_table_without_predictions_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="needs a label and a prediction"):
        compare(from_frame(tmp_path, people(100), label="denied"))


def test_without_rule_and_features_the_summary_says_so(tmp_path: Path) -> None:
    text = compare(from_frame(tmp_path, people(300), **LOANS)).summary().text
    assert "No rule that people would use without AI" in text
    assert "no features named" in text


@settings(max_examples=5, deadline=None)
@given(st.sampled_from(["<script>", "a\"b'c", "x;--", "ümläut", "n", "label 2"]))
def test_whatever_columns_are_called_they_are_compared_and_escaped(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    frame = planted(400).rename(columns={"debt": name})
    table = PLANTED | {"features": [name, "home"]}
    found = compare(from_frame(tmp_path_factory.mktemp("t"), frame, **table))
    assert any(row.description.startswith(name) for row in found.rows)
    for shown in (found.summary(), found.table(), found.chart()):
        assert "<script" not in shown.html
