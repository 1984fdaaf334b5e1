"""Data strategy: each check with data and answers that pass, that fail, and that settle nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from loans import PRODUCT, assess, one, table

PEOPLE = PRODUCT + "    population: {race: {Black: 0.5, White: 0.5}}\n"
JUDGED = (
    PRODUCT
    + """\
  annotations:
    source: marks.csv
    columns: {id: id, annotator: who, label: denied}
"""
)
SOURCE: dict[str, Any] = {
    "source": "Form",
    "owner": "Ops",
    "lawful_basis": "Contract",
    "purpose": "To decide",
    "sensitivity": "No personal data",
    "refresh": "Daily",
    "keep_months": 12,
    "access": "Two people",
}
CONTRADICTED = ".contradicted"


def some(frame: pd.DataFrame, share: float) -> pd.Series:
    """True for the first `share` of the rows."""
    return pd.Series(frame.index < share * len(frame), index=frame.index)


def marks(n: int, share: float) -> pd.DataFrame:
    """Two people judge `n` cases and differ in a `share` of them."""
    first = pd.Series(["yes", "no"] * (n // 2))
    other = first.where(np.arange(n) >= share * n, first.map({"yes": "no", "no": "yes"}))
    said = [
        pd.DataFrame({"id": range(n), "who": who, "denied": said})
        for who, said in (("a", first), ("b", other))
    ]
    return pd.concat(said)


@pytest.mark.parametrize(("rows", "outcome"), [(1000, "meets"), (300, "misses")])
def test_rows_are_enough_or_too_few(tmp_path: Path, rows: int, outcome: str) -> None:
    found = assess(tmp_path, "data_strategy", table(rows))
    assert one(found, "data_strategy.minimum_rows").outcome == outcome


def test_without_a_table_the_data_are_open(tmp_path: Path) -> None:
    found = assess(tmp_path, "data_strategy", None, "name: Loans\nowner: Ada\n")
    assert one(found, "data_strategy.table").outcome == "inconclusive"


@pytest.mark.parametrize(
    ("repeated", "outcome"), [(0, "meets"), (300, "misses"), (12, "inconclusive")]
)
def test_rows_that_stand_twice(tmp_path: Path, repeated: int, outcome: str) -> None:
    frame = pd.concat([table(1200), table(1200).head(repeated)])
    found = assess(tmp_path, "data_strategy", frame)
    assert one(found, "data_strategy.duplicate_rate").outcome == outcome


@pytest.mark.parametrize(
    ("share", "outcome"), [(0.0, "meets"), (0.15, "misses"), (0.05, "inconclusive")]
)
def test_values_that_lie_far_out(tmp_path: Path, share: float, outcome: str) -> None:
    frame = table(1200)
    frame.loc[some(frame, share), "income"] = 10_000.0
    found = [f for f in assess(tmp_path, "data_strategy", frame).findings
             if f.id == "data_strategy.outlier_rate"]  # fmt: skip
    assert [f.outcome for f in found] == [outcome]


@pytest.mark.parametrize(
    ("lacking", "outcome"), [(0.2, "misses"), (0.025, "inconclusive"), (0.012, None)]
)
def test_one_group_lacks_more(tmp_path: Path, lacking: float, outcome: str | None) -> None:
    frame = table(4000)
    black = frame["race"] == "Black"
    frame.loc[black & (frame["id"] % 1000 < lacking * 1000), "income"] = np.nan
    frame.loc[~black & (frame["id"] % 1000 < 12), "income"] = np.nan
    found = [f for f in assess(tmp_path, "data_strategy", frame).findings
             if f.id == "data_strategy.missing_ratio_by_group"]  # fmt: skip
    assert [f.outcome for f in found] == ([outcome] if outcome else [])


@pytest.mark.parametrize(
    ("share", "outcome"), [(0.0, "meets"), (0.3, "misses"), (0.05, "inconclusive")]
)
def test_cases_without_an_outcome(tmp_path: Path, share: float, outcome: str) -> None:
    frame = table(1200)
    frame.loc[some(frame, share), "denied"] = None
    claim = {"data_strategy__unlabelled": "none"}
    found = assess(tmp_path, "data_strategy", frame, **claim)
    assert one(found, "data_strategy.unlabelled_rate").outcome == outcome
    refuted = {f.id for f in found.findings if f.id.endswith(CONTRADICTED)}
    assert refuted == ({"data_strategy.unlabelled.contradicted"} if share else set())


@pytest.mark.parametrize(
    ("black", "outcome"), [(0.5, "meets"), (0.2, "misses"), (0.4, "inconclusive")]
)
def test_a_group_that_is_too_rare(tmp_path: Path, black: float, outcome: str) -> None:
    frame = table(1000)
    frame["race"] = np.where(some(frame, black), "Black", "White")
    claim = {"data_strategy__representative": "compared"}
    found = assess(tmp_path, "data_strategy", frame, PEOPLE, **claim)
    assert one(found, "data_strategy.representation").outcome == outcome
    refuted = {f.id for f in found.findings if f.id.endswith(CONTRADICTED)}
    assert refuted == (
        {"data_strategy.representative.contradicted"} if outcome == "misses" else set()
    )


def test_without_population_shares_nobody_can_say_who_is_too_rare(tmp_path: Path) -> None:
    found = one(assess(tmp_path, "data_strategy", table()), "data_strategy.representation")
    assert found.outcome == "inconclusive"
    assert "population" in found.remedy


@pytest.mark.parametrize(
    ("cases", "share", "outcome"),
    [(400, 0.02, "meets"), (400, 0.3, "misses"), (60, 0.1, "inconclusive")],
)
def test_people_who_judge_the_same_case(
    tmp_path: Path, cases: int, share: float, outcome: str
) -> None:
    claim = {"data_strategy__label_agreement": "measured_close"}
    others = {"marks.csv": marks(cases, share)}
    found = assess(tmp_path, "data_strategy", table(1000), JUDGED, others, **claim)
    assert one(found, "data_strategy.agreement").outcome == outcome
    refuted = {f.id for f in found.findings if f.id.endswith(CONTRADICTED)}
    assert refuted == (
        {"data_strategy.label_agreement.contradicted"} if outcome == "misses" else set()
    )


def test_agreement_that_is_claimed_has_to_be_shown(tmp_path: Path) -> None:
    claim = {"data_strategy__label_agreement": "measured_close"}
    found = one(assess(tmp_path, "data_strategy", table(), **claim), "data_strategy.agreement")
    assert found.outcome == "inconclusive"


@pytest.mark.parametrize(("alike", "outcome"), [(20, "meets"), (2, "misses")])
def test_rows_that_can_be_traced_to_a_person(tmp_path: Path, alike: int, outcome: str) -> None:
    frame = table(1200)
    frame["place"] = (frame["id"] // alike).astype(str)
    product = PRODUCT.replace(
        "features: [income]", "features: [income], quasi_identifiers: [place]"
    )
    found = assess(tmp_path, "data_strategy", frame, product)
    finding = one(found, "data_strategy.small_classes")
    assert finding.outcome == outcome
    assert "fewer than 11" in finding.statement


@pytest.mark.parametrize(("held", "outcome"), [(0, "meets"), (400, "misses")])
def test_personal_data_in_text(tmp_path: Path, held: int, outcome: str) -> None:
    frame = table(1200)
    frame["remark"] = "Called about the letter."
    frame.loc[frame["id"] < held, "remark"] = "Write to ada.lovelace@example.org please."
    product = PRODUCT.replace("features: [income]", "features: [income], text: [remark]")
    claim = {"data_strategy__personal_data": "none"}
    found = assess(tmp_path, "data_strategy", frame, product, **claim)
    assert one(found, "data_strategy.personal_in_text").outcome == outcome
    refuted = {f.id for f in found.findings if f.id.endswith(CONTRADICTED)}
    assert refuted == ({"data_strategy.personal_data.contradicted"} if held else set())


def test_a_claim_of_complete_data_names_the_group_that_lacks_most(tmp_path: Path) -> None:
    frame = table(4000)
    frame.loc[(frame["race"] == "Black") & (frame["id"] % 5 < 2), "income"] = np.nan
    claim = {"data_strategy__claims_complete": "always_present"}
    found = one(
        assess(tmp_path, "data_strategy", frame, **claim),
        "data_strategy.claims_complete.contradicted",
    )
    assert "income is missing in 20 of 100 (19 to 21) rows" in found.statement
    assert "for race Black in 40 of 100 (38 to 42) rows" in found.statement


@pytest.mark.parametrize("leaks", [True, False])
def test_a_claim_that_all_is_known_in_time(tmp_path: Path, leaks: bool) -> None:
    frame = table()
    if leaks:
        frame["income"] = np.where(frame["denied"] == "yes", 1.0, 50.0)
    claim = {"data_strategy__known_at_decision": "all_checked"}
    found = assess(tmp_path, "data_strategy", frame, **claim)
    ids = {f.id for f in found.findings}
    assert ("data_strategy.known_at_decision.contradicted" in ids) == leaks
    leak = "data_strategy.leakage_income_alone" if leaks else "data_strategy.leakage"
    assert one(found, leak).outcome == ("misses" if leaks else "meets")


@pytest.mark.parametrize(("months", "refuted"), [(12, True), (36, False), (40, False)])
def test_a_table_older_than_data_are_kept(tmp_path: Path, months: int, refuted: bool) -> None:
    frame = table(1200)
    frame["at"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(frame.index % 1100, unit="D")
    product = PRODUCT.replace("features: [income]", "features: [income], time: at")
    claim = {"data_strategy__retention_months": months}
    ids = {f.id for f in assess(tmp_path, "data_strategy", frame, product, **claim).findings}
    assert ("data_strategy.retention_months.contradicted" in ids) == refuted


@pytest.mark.parametrize(
    ("change", "id", "outcome"),
    [
        ({}, "source_retention", "meets"),
        ({"keep_months": 90}, "source_retention", "misses"),
        ({"keep_months": None}, "source_retention", "inconclusive"),
        ({"lawful_basis": "Consent", "licence": "Terms of 2026, §4"}, "consent_on_file", "meets"),
        ({"lawful_basis": "Consent"}, "consent_on_file", "misses"),
        ({}, "sources", "meets"),
        ({"owner": None}, "sources", "misses"),
        ({"lawful_basis": "Not clear yet"}, "sources", "inconclusive"),
    ],
)
def test_the_inventory_of_sources(
    tmp_path: Path, change: dict[str, Any], id: str, outcome: str
) -> None:
    row = {k: v for k, v in (SOURCE | change).items() if v is not None}
    found = assess(tmp_path, "data_strategy", table(1000), data_strategy__sources=[row])
    assert one(found, f"data_strategy.{id}").outcome == outcome


@pytest.mark.parametrize(
    ("answer", "sensitivity", "refuted"),
    [
        ("none", "No personal data", False),
        ("none", "Personal", True),
        ("ordinary", "Personal", False),
        ("ordinary", "Specially protected", True),
        ("special_grounded", "Specially protected", False),
    ],
)
def test_the_inventory_says_how_sensitive_the_data_are(
    tmp_path: Path, answer: str, sensitivity: str, refuted: bool
) -> None:
    rows = [SOURCE | {"sensitivity": sensitivity}]
    answers = {"data_strategy__sources": rows, "data_strategy__personal_data": answer}
    found = assess(tmp_path, "data_strategy", table(1000), **answers)
    told = [f for f in found.findings if f.id == "data_strategy.personal_data.contradicted"]
    assert bool(told) == refuted
    assert all("the team's own list of sources says otherwise" in f.statement for f in told)


def test_a_source_kept_longer_than_the_team_says(tmp_path: Path) -> None:
    answers = {"data_strategy__sources": [SOURCE], "data_strategy__retention_months": 6}
    found = assess(tmp_path, "data_strategy", table(1000), **answers)
    told = one(found, "data_strategy.retention_months.contradicted").statement
    assert "raw data are kept for 6 months" in told
    assert "Form is kept for 12 months" in told


def test_no_finding_stands_twice(tmp_path: Path) -> None:
    """What the table contradicts is not contradicted once more by the inventory."""
    frame = table(1200)
    frame["remark"] = "Write to ada.lovelace@example.org please."
    product = PRODUCT.replace("features: [income]", "features: [income], text: [remark]")
    answers = {
        "data_strategy__sources": [SOURCE | {"sensitivity": "Personal"}],
        "data_strategy__personal_data": "none",
    }
    ids = [f.id for f in assess(tmp_path, "data_strategy", frame, product, **answers).findings]
    assert sorted(ids) == sorted(set(ids))
