"""The worst errors one by one: the right ones, in a fixed order, and nobody recognisable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from make_decisions import LOANS, from_frame, people
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.errorexamples import error_examples

FEATURES = ["income", "note", "race", "town"]


def loans() -> pd.DataFrame:
    frame = people()
    rng = np.random.default_rng(0)
    return frame.assign(id=rng.permutation(len(frame)), income=rng.normal(50, 9, len(frame)),
                        note="<b>hello</b>", town="Springfield")  # fmt: skip


def test_the_surest_errors_of_both_kinds_equal_pandas(tmp_path: Path) -> None:
    frame = loans()
    found = error_examples(from_frame(tmp_path, frame, **LOANS, id="id", features=["income"]))
    over = frame[(frame["denied"] == "no") & (frame["prediction"] == "yes")]
    under = frame[(frame["denied"] == "yes") & (frame["prediction"] == "no")]
    over = over.sort_values(["score", "id"], ascending=[False, True]).head(5)
    under = under.sort_values(["score", "id"]).head(5)
    assert [e.id for e in found.of("over")] == over["id"].astype(str).tolist()
    assert [e.id for e in found.of("under")] == under["id"].astype(str).tolist()
    assert [e.size for e in found.of("under")] == pytest.approx((1 - under["score"]).tolist())
    first = found.of("over")[0]
    assert (first.said, first.was, list(first.values)) == ("denied", "approved", ["income"])


def test_how_errors_are_spread_equals_pandas(tmp_path: Path) -> None:
    frame = loans()
    found = error_examples(from_frame(tmp_path, frame, **LOANS, id="id"))
    wrong = frame["denied"] != frame["prediction"]
    near = (frame["score"] - 0.4).abs() <= 0.05 + 1e-9
    chance = np.where(frame["prediction"] == "yes", frame["score"], 1 - frame["score"])
    sure = chance > 0.9 + 1e-9
    s = found.spread
    assert (s.n, s.errors, s.near) == (2_000, wrong.sum(), (wrong & near).sum())
    assert (s.sure, s.sure_errors) == (sure.sum(), (wrong & sure).sum())
    e = found["confident_error_rate"]
    low, high = proportion_confint((wrong & sure).sum(), sure.sum(), method="wilson")
    assert (e.low, e.high, e.n) == pytest.approx((low, high, sure.sum()))
    assert f"Of {wrong.sum()} errors, {(wrong & near).sum()} lie within 5 points" in (
        found.summary().text
    )


def test_who_it_is_does_not_travel_and_html_is_escaped(tmp_path: Path) -> None:
    found = error_examples(
        from_frame(tmp_path, loans(), **LOANS, id="id", features=FEATURES, text=["note"],
                   quasi_identifiers=["town"])
    )  # fmt: skip
    assert found.withheld == ["note", "race", "town"]
    assert all(list(e.values) == ["income"] for e in found.examples)
    text = found.table().text
    assert "Springfield" not in text
    assert "left out (note, race, town)" in text
    hidden = error_examples(
        from_frame(tmp_path, loans(), **LOANS, id="id", quasi_identifiers=["id"])
    )
    assert {e.id for e in hidden.examples} == {""}
    shown = error_examples(from_frame(tmp_path, loans(), **LOANS, features=["note"]))
    assert "<b>" not in shown.table().html
    assert "(no id)" in shown.table().text


def test_the_same_rows_in_another_order_give_the_same_examples(tmp_path: Path) -> None:
    frame = loans().assign(score=lambda f: f["score"].round(1))
    frame["prediction"] = np.where(frame["score"] >= 0.4, "yes", "no")
    for columns in ({"id": "id"}, {}):
        found = [
            error_examples(from_frame(tmp_path, rows, **LOANS, **columns, features=["income"]))
            for rows in (frame, frame.sample(frac=1, random_state=1))
        ]
        assert found[0].examples == found[1].examples


def test_without_a_score_nobody_knows_how_sure(tmp_path: Path) -> None:
    table = {k: v for k, v in LOANS.items() if k not in {"score", "threshold"}}
    found = error_examples(from_frame(tmp_path, loans(), **table, id="id"))
    assert [e.size for e in found.examples] == [None] * 10
    assert found.estimates == []
    assert "nobody can say how sure" in found.summary().text
    assert "no score" in found.table().text


def test_several_classes_show_what_was_taken_for_what(tmp_path: Path) -> None:
    y = np.resize(["a", "b", "c"], 30)
    said = np.where(np.arange(30) % 10 == 0, "b", y)
    frame = pd.DataFrame({"y": y, "p": said, "s": np.linspace(0.5, 1, 30), "id": range(30)})
    found = error_examples(from_frame(tmp_path, frame, label="y", prediction="p", score="s",
                                      id="id", classes=["a", "b", "c"]))  # fmt: skip
    assert [(e.id, e.said, e.was) for e in found.examples] == [("20", "b", "c"), ("0", "b", "a")]
    assert found.spread.errors == 2
    assert found.spread.near is None


def test_amounts_show_the_furthest_off_either_way(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    y = rng.normal(100, 20, 500)
    frame = pd.DataFrame({"id": range(500), "y": y, "p": y + rng.standard_t(3, 500) * 5,
                          "f": np.where(np.arange(500) % 2, np.nan, 1.5)})  # fmt: skip
    frame.loc[3, "p"] = np.nan
    found = error_examples(from_frame(tmp_path, frame, kind="regression", label="y",
                                      prediction="p", id="id", features=["f"]))  # fmt: skip
    error = (frame["p"] - frame["y"]).dropna()
    off = error.abs()
    assert [e.id for e in found.of("over")] == [str(i) for i in error.nlargest(5).index]
    assert [e.id for e in found.of("under")] == [str(i) for i in error.nsmallest(5).index]
    assert {v for e in found.examples for v in e.values.values()} <= {"1.5", "(missing)"}
    assert found["large_error_rate"].value == pytest.approx((off > 2 * off.mean()).mean())
    assert found["too_low_rate"].value == pytest.approx((error < 0).mean())
    assert found.spread.large_share == pytest.approx(off[off > 2 * off.mean()].sum() / off.sum())
    assert "twice the average" in found.summary().text


def test_no_errors_no_examples(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": ["yes", "no"] * 20, "p": ["yes", "no"] * 20})
    found = error_examples(from_frame(tmp_path, frame, label="y", prediction="p"))
    assert found.examples == []
    assert "No error among 40 applicants." in found.summary().text
    assert found.table().text == "There is no error to show."
    exact = pd.DataFrame({"y": [1.0, 2.0], "p": [1.0, 2.0]})
    amounts = error_examples(from_frame(tmp_path, exact, kind="regression", label="y",
                                        prediction="p"))  # fmt: skip
    assert "came out exactly" in amounts.summary().text


def test_without_predictions_there_is_no_evidence(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="no prediction"):
        error_examples(from_frame(tmp_path, loans(), label="denied"))


def test_infinite_amounts_are_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": [1.0, np.inf, 3.0], "p": [1.0, 2.0, 2.0]})
    with pytest.raises(PlaybookError, match="infinite or absurdly large"):
        error_examples(from_frame(tmp_path, frame, kind="regression", label="y", prediction="p"))
