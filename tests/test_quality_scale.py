"""The audit of large tables: what is approximate stays within what it says."""

from __future__ import annotations

from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, fisher_exact

from make_decisions import from_frame, people
from playbook.evidence import duplicates
from playbook.evidence.columnpasses import first_look
from playbook.evidence.columns import ColumnAudit, is_missing
from playbook.evidence.duplicates import Repeats, duplicate_rate, is_heavy, repeats
from playbook.evidence.intervals import holm
from playbook.evidence.quality import QualityAudit, audit


def column(found: QualityAudit, name: str) -> ColumnAudit:
    return next(c for c in found.columns if c.name == name)


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "EXACT_ROWS", 1_000)
    monkeypatch.setattr(duplicates, "SLICE_ROWS", 4_096)


def drawn(sizes: np.ndarray, cut: int, rng: np.random.Generator) -> Repeats:
    """What a slice shows of a table whose different rows occur `sizes` times."""
    inside = rng.random(len(sizes)) < 1 / cut
    c = sizes[inside]
    bits = [int(sizes[rng.random(len(sizes)) < 0.5].sum()) for _ in range(8)]
    seen = {"different": len(c), "rows": int(c.sum()), "squares": int(((c - 1) ** 2).sum())}
    return repeats(seen, bits, int(sizes.sum()), cut)


def sizes_of(kind: str) -> np.ndarray:
    rng = np.random.default_rng(5)
    once = np.ones(40_000, int)
    if kind == "none":
        return once
    if kind == "pairs":
        return np.concatenate([once, np.full(6_000, 2)])
    if kind == "uneven":
        return np.concatenate([once, 2 + rng.geometric(0.3, 5_000)])
    if kind == "all in tens":
        return np.full(6_000, 10)
    return np.concatenate([once, [30_000]])  # one giant


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("none", 1.0, 1.0),
        ("pairs", 0.93, 0.97),
        ("uneven", 0.93, 0.97),
        ("all in tens", 0.93, 0.97),
        ("one giant", 0.93, 0.97),
    ],
)
def test_the_interval_from_a_slice_covers_the_share_of_repeats(
    kind: str, least: float, most: float
) -> None:
    sizes, rng, times = sizes_of(kind), np.random.default_rng(11), 600
    n, cut = int(sizes.sum()), 16
    truth = (n - len(sizes)) / n
    found = [duplicate_rate(drawn(sizes, cut, rng), n, cut, None, 0.95) for _ in range(times)]
    covered = np.mean([e is not None and e.low <= truth <= e.high for e in found])
    values = np.array([e.value for e in found if e])
    assert least <= covered <= most
    assert abs(values.mean() - truth) <= 4 * values.std() / np.sqrt(times) + 1e-4


def test_one_row_that_repeats_endlessly_is_noticed_though_the_slice_misses_it() -> None:
    rng = np.random.default_rng(2)
    sizes = np.concatenate([np.ones(100_000, int), [3_000]])
    n = int(sizes.sum())

    def bits(sizes: np.ndarray) -> list[float]:
        return [float(sizes[rng.random(len(sizes)) < 0.5].sum()) for _ in range(8)]

    noticed = np.mean([is_heavy(bits(sizes), n, n) for _ in range(300)])
    false_alarms = np.mean([is_heavy(bits(sizes[:-1]), n - 3_000, n - 3_000) for _ in range(300)])
    assert noticed > 0.97
    assert false_alarms <= 0.01


def test_a_slice_of_a_real_table_finds_its_share_of_doubled_rows(
    tmp_path: Path, small_slices: None
) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"id": range(40_000), "x": rng.normal(size=40_000), "t": "a"})
    frame = pd.concat([frame, frame.head(4_000)], ignore_index=True)
    found = audit(from_frame(tmp_path, frame, id="id"))
    for estimate in (found.duplicates, found.duplicate_ids):
        assert estimate is not None
        assert estimate.low <= 4_000 / 44_000 <= estimate.high
        assert "one slice of 16 by hash" in estimate.method
        assert estimate.n < 5_000
    text = found.summary().text
    assert "of rows repeat an earlier row in every column." in text
    assert "not everything is exact" in text


def test_a_large_table_is_exact_but_for_what_it_says(tmp_path: Path, small_slices: None) -> None:
    rng = np.random.default_rng(4)
    n = 30_000
    frame = pd.DataFrame({
        "x": np.where(rng.random(n) < 0.05, np.nan, rng.lognormal(size=n)),
        "endless": np.where(rng.random(n) < 0.01, np.inf, rng.normal(size=n)),
        "whole": rng.integers(0, 500, n), "word": rng.choice(["a", "b", " ", None], n),
        "same": np.where(rng.random(n) < 0.001, "other", "same"),
        "amount": np.where(rng.random(n) < 0.01, "n/a", rng.integers(0, 9_999, n).astype(str)),
    })  # fmt: skip
    frame["holes"] = "one"
    found = audit(from_frame(tmp_path, frame))
    x, endless, word = (column(found, c) for c in ("x", "endless", "word"))
    assert x.missing.value == pytest.approx(frame["x"].isna().mean())
    assert word.missing.value == pytest.approx(
        (frame["word"].isna() | (frame["word"] == " ")).mean()
    )
    assert word.distinct == 2
    assert column(found, "whole").distinct == 500
    assert x.distinct == pytest.approx(frame["x"].nunique(), rel=0.15)
    assert (x.minimum, x.maximum) == (frame["x"].min(), frame["x"].max())
    finite = frame.loc[np.isfinite(frame["endless"]), "endless"]
    assert (endless.minimum, endless.maximum) == (finite.min(), finite.max())
    assert x.quartiles is not None
    values = frame["x"].dropna().to_numpy()
    ranks = [(values <= q).mean() for q in x.quartiles]
    stated = float(x.approximate.split("within ")[-1].split()[0]) / 100
    assert ranks == pytest.approx([0.25, 0.5, 0.75], abs=stated)
    low, _, high = x.quartiles
    out = (values < low - 3 * (high - low)) | (values > high + 3 * (high - low))
    assert x.outliers is not None
    assert (x.outliers.value, x.outliers.n) == (pytest.approx(out.mean()), len(values))
    assert column(found, "same").constant
    assert column(found, "same").common == "same"
    amount = column(found, "amount")
    assert (amount.odd_value, amount.odd_rows) == ("n/a", (frame["amount"] == "n/a").sum())
    assert not column(found, "holes").approximate


def test_a_table_of_few_different_rows_gets_its_quartiles_from_all_rows(
    tmp_path: Path, small_slices: None
) -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"x": rng.integers(0, 30, 50_000).astype(float), "g": "a"})
    found = audit(from_frame(tmp_path, frame))
    x = column(found, "x")
    truth = (50_000 - 30) / 50_000
    assert found.duplicates.low <= truth <= found.duplicates.high
    assert x.quartiles == pytest.approx(tuple(frame["x"].quantile([0.25, 0.5, 0.75])), abs=1)
    assert "own approximation" in x.approximate


def test_codes_for_not_known_are_named_and_honest_spikes_are_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    n = 5_000
    age = rng.integers(0, 101, n).astype(float)
    age[rng.random(n) < 0.2] = 40.0
    age[rng.random(n) < 0.1] = 99.0
    days = pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 18_000, n), unit="D")
    frame = pd.DataFrame({
        "age": age,
        "coded": np.where(rng.random(n) < 0.03, -999.0, age),
        "both": np.where(rng.random(n) < 0.05, 999, np.where(rng.random(n) < 0.02, -1, age)),
        "balance": rng.normal(0, 500, n).round(), "yes": rng.choice([-1, 1], n),
        "income": np.where(rng.random(n) < 0.01, 999_999, rng.integers(0, 2_000_000, n)),
        "born": np.where(rng.random(n) < 0.04, np.datetime64("1900-01-01"), days),
        "seen": days, "once": np.where(np.arange(n) == 7, -999, age),
    })  # fmt: skip
    found = audit(from_frame(tmp_path, frame))
    named = {c.name: [s.value for s in c.sentinels] for c in found.columns if c.sentinels}
    assert named == {"coded": ["-999"], "both": ["999", "-1"], "born": ["1900-01-01"]}
    share = column(found, "coded").sentinels[0].share
    assert share.value == pytest.approx((frame["coded"] == -999).mean())
    assert share in found.estimates
    assert "Some values look like codes for 'not known':" in found.summary().text
    assert "-999 in" in found.table().text


@pytest.mark.parametrize("seed", range(5))
def test_ordinary_columns_raise_no_alarm(tmp_path: Path, seed: int) -> None:
    rng, n = np.random.default_rng(seed), 3_000
    frame = pd.DataFrame({
        "normal": rng.normal(size=n).round(1), "counts": rng.poisson(3, n),
        "money": rng.lognormal(8, 1, n).round(), "heaped": rng.integers(0, 20, n) * 50,
        "nines": np.minimum(rng.integers(0, 150, n), 99), "change": rng.integers(-9, 10, n),
        "price": rng.choice([9, 19, 49, 99, 199, 499, 999, 29, 39, 59, 79], n),
    })  # fmt: skip
    found = audit(from_frame(tmp_path, frame))
    assert not [c.name for c in found.columns if c.sentinels or c.stored_as]


def test_types_that_surprise_are_named(tmp_path: Path) -> None:
    n = 200
    frame = pd.DataFrame({
        "number": [str(i / 2) for i in range(n)], "zip": [f"{i:05}" for i in range(n)],
        "day": ["2024-01-31", "31.12.2023"] * (n // 2), "truth": ["True", "false"] * (n // 2),
        "mixed": ["12", "high"] * (n // 2), "text": ["a 1", "b"] * (n // 2),
        "stamp": [20240101 + i % 28 for i in range(n)], "plain": [20_240_101 + i for i in range(n)],
    })  # fmt: skip
    found = audit(from_frame(tmp_path, frame))
    assert {c.name: c.stored_as for c in found.columns if c.stored_as} == {
        "number": "numbers", "day": "dates", "truth": "true or false", "mixed": "mixed",
        "stamp": "day numbers",
    }  # fmt: skip
    assert "day holds dates stored as text." in found.summary().text


@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 10_000), st.floats(0, 0.3), st.floats(0, 0.3))
def test_missing_by_label_equals_scipys_tests(
    tmp_path_factory: pytest.TempPathFactory, seed: int, often: float, seldom: float
) -> None:
    rng = np.random.default_rng(seed)
    frame = people(400, seed=seed).assign(race="one")
    denied = (frame["denied"] == "yes").to_numpy()
    for name in ("a", "b"):
        lacks = rng.random(400) < np.where(denied, often, seldom)
        frame[name] = np.where(lacks, np.nan, 1.5)
    found = audit(from_frame(tmp_path_factory.mktemp("t"), frame, label="denied"))
    pvalues, more = [], []
    for name in ("a", "b"):
        lacks = frame[name].isna()
        if not lacks.any():
            continue
        table = [[int((lacks & side).sum()), int((~lacks & side).sum())] for side in
                 (denied, ~denied)]  # fmt: skip
        small = not lacks.all() and min(chi2_contingency(table)[3].ravel()) < 5
        pvalues.append(fisher_exact(table)[1] if small
                       else chi2_contingency(table, correction=False)[1])  # fmt: skip
        rates = [k / (k + rest) for k, rest in table]
        more.append((name, "denied" if rates[0] > rates[1] else "approved", rates))
    expected = {
        (name, side): p
        for (name, side, rates), p in zip(more, holm(pvalues), strict=True)
        if rates[0] != rates[1]
    }
    seen = {(c.column, c.group["denied"]): c.p_value for c in found.label_contrasts}
    assert seen == pytest.approx(expected, abs=1e-12)


def test_a_column_that_tells_the_outcome_by_its_absence_is_said_so(tmp_path: Path) -> None:
    frame = people(2_000).assign(reason="x")
    frame.loc[frame["denied"] == "no", "reason"] = None
    found = audit(from_frame(tmp_path, frame, label="denied", groups=["region"]))
    gravest = found.gravest_by_label
    assert gravest is not None
    assert (gravest.column, gravest.group) == ("reason", {"denied": "approved"})
    assert "reason is missing more often where denied approved" in found.summary().text
    assert found.gravest_contrast is None or found.gravest_contrast.column != "reason"


def test_groups_of_very_many_values_are_counted_one_by_one_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = people(1_000).assign(x=np.where(np.arange(1_000) % 7 == 0, np.nan, 1.0))
    roles = {"label": "denied", "groups": ["race", "region"]}
    together = audit(from_frame(tmp_path, frame, **roles))
    monkeypatch.setattr("playbook.evidence.missingness.MOST_CELLS", 1)
    apart = audit(from_frame(tmp_path, frame, **roles))
    assert apart.missing_by_group == together.missing_by_group
    assert apart.contrasts == together.contrasts


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_the_first_look_compiles_elsewhere(dialect: str) -> None:
    schema = {"i": "int64", "x": "float64", "t": "string", "d": "timestamp", "b": "boolean"}
    rows = ibis.table(schema, name="rows")
    for roughly in (True, False):
        looked = rows.aggregate(**first_look(rows, roughly))
        assert ibis.to_sql(looked, dialect=dialect)
    assert ibis.to_sql(rows.filter(is_missing(rows["t"])), dialect=dialect)
