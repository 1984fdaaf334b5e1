"""Agreement of people who label the same items: values, intervals, what is left out and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.agreement import Agreement, agreement
from playbook.evidence.annotations import open_annotations
from playbook.evidence.tables import open_decisions
from playbook.product import Columns, Product, Table, Words

WORDS = Words(case="letter", cases="letters")
ROLES: dict[str, Any] = {"id": "item", "annotator": "who", "label": "said"}


def product(folder: Path, frame: pd.DataFrame, **table: Any) -> Product:
    frame.to_parquet(folder / "annotations.parquet", index=False)
    columns = Columns(**{**ROLES, **table.pop("columns", {})})
    tables = {"annotations": Table(source="annotations.parquet", columns=columns, **table)}
    return Product(slug="mail", folder=folder, name="Mail", owner="Ada", words=WORDS, tables=tables)


def look(folder: Path, frame: pd.DataFrame, bar: float | None = 0.8, **table: Any) -> Agreement:
    return agreement(open_annotations(product(folder, frame, **table)), WORDS, bar=bar)


def rows(said: dict[str, list[Any]]) -> pd.DataFrame:
    """One row per person and item; None is a gap without a row."""
    return pd.DataFrame(
        [(f"i{i}", who, x) for who, given in said.items() for i, x in enumerate(given)
         if x is not None],
        columns=["item", "who", "said"],
    )  # fmt: skip


def crowd(n: int = 200, people: int = 4, gaps: float = 0.3, seed: int = 1) -> dict[str, list[Any]]:
    rng = np.random.default_rng(seed)
    truth = rng.choice(list("abc"), n, p=[0.6, 0.3, 0.1])
    return {
        f"p{j}": [
            None
            if rng.random() < gaps
            else str(rng.choice(list("abc")) if rng.random() < 0.3 else t)
            for t in truth
        ]
        for j in range(people)
    }


def peer_alpha(said: dict[str, list[Any]]) -> float:
    names = sorted({x for given in said.values() for x in given if x is not None})
    data = [[np.nan if x is None else names.index(x) for x in given] for given in said.values()]
    return float(
        krippendorff.alpha(reliability_data=data, level_of_measurement="nominal",
                           value_domain=list(range(len(names))))
    )  # fmt: skip


def test_alpha_of_many_people_with_gaps_equals_krippendorff(tmp_path: Path) -> None:
    said = crowd()
    found = look(tmp_path, rows(said))
    assert found["krippendorff_alpha"].value == pytest.approx(peer_alpha(said), abs=1e-9)
    assert found["krippendorff_alpha"].low < peer_alpha(said) < found["krippendorff_alpha"].high


def test_the_worked_example_of_krippendorff(tmp_path: Path) -> None:
    """Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, part C: 0.743."""
    a = [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None]
    b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3]
    c = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None]
    d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]
    found = look(tmp_path, rows({"a": a, "b": b, "c": c, "d": d}))
    assert found["krippendorff_alpha"].value == pytest.approx(0.743, abs=5e-4)
    assert (found.items, found.single) == (11, 1)
    assert "1 more item has only one label" in found.summary().text


def test_kappa_of_two_equals_scikit_learn(tmp_path: Path) -> None:
    said = crowd(people=2, gaps=0.0)
    found = look(tmp_path, rows(said))
    a, b = said.values()
    assert found["cohen_kappa"].value == pytest.approx(cohen_kappa_score(a, b), abs=1e-9)
    assert found["raw_agreement"].value == pytest.approx(np.mean(np.array(a) == np.array(b)))
    assert "Cohen's κ of the two is" in found.summary().text


def test_of_several_people_the_worst_pair_is_named(tmp_path: Path) -> None:
    said = crowd(people=3, gaps=0.1)
    rng = np.random.default_rng(3)
    said["guesser"] = [str(x) for x in rng.choice(list("abc"), 200)]
    found = look(tmp_path, rows(said))
    for couple in found.couples:
        one, other = couple.people
        both = [(x, y) for x, y in zip(said[one], said[other], strict=True) if x and y]
        expected = cohen_kappa_score(*zip(*both, strict=True))
        assert couple.kappa
        assert couple.kappa.value == pytest.approx(expected, abs=1e-9)
        assert couple.kappa.n == len(both)
    assert found.worst
    assert "guesser" in found.worst.people
    assert "Of 6 pairs of people, guesser and p" in found.summary().text
    assert found.get("cohen_kappa", people="p0 and p1") is not None


def test_high_agreement_by_one_common_label_is_unmasked(tmp_path: Path) -> None:
    a = ["no"] * 97 + ["yes", "no", "yes"]
    b = ["no"] * 97 + ["yes", "yes", "no"]
    found = look(tmp_path, rows({"a": a, "b": b}))
    assert found.prevalence
    said = found.summary().text
    assert "the same label in 98 of 100" in said
    assert "by chance alone it would be 96 of 100" in said
    assert "“no” makes up 98 % of all labels" in said
    assert found.base_rates[0].group == {"label": "no"}
    assert found.base_rates[0].value == pytest.approx(0.98)


def test_honest_agreement_is_not_called_cheap(tmp_path: Path) -> None:
    a = ["no", "yes"] * 50
    found = look(tmp_path, rows({"a": a, "b": [*a[:-1], "no"]}))
    assert not found.prevalence
    assert "says little" not in found.summary().text


def test_where_nobody_disagreed_the_interval_still_leaves_room(tmp_path: Path) -> None:
    a = ["no", "yes"] * 15
    found = look(tmp_path, rows({"a": a, "b": a}))
    e = found["krippendorff_alpha"]
    assert e.value == e.high == 1
    assert 0.7 < e.low < 0.99
    assert found["raw_agreement"].low < 1
    assert found["cohen_kappa"].low < 0.99


def test_one_label_only_leaves_alpha_undefined_and_says_so(tmp_path: Path) -> None:
    found = look(tmp_path, rows({"a": ["no"] * 50, "b": ["no"] * 50}))
    assert found.alpha is None
    assert found.get("cohen_kappa") is None
    assert found["raw_agreement"].value == 1
    assert found["raw_agreement"].low < 1
    assert "Krippendorff's α is undefined" in found.summary().text
    assert found.table().text
    assert "only one label was given" in found.chart().text


def test_another_label_on_items_that_one_person_saw_proves_nothing(tmp_path: Path) -> None:
    found = look(tmp_path, rows({"a": ["no"] * 50 + ["yes"], "b": ["no"] * 50 + [None]}))
    assert found.alpha is None
    assert [e.group for e in found.base_rates] == [{"label": "no"}]
    assert "Every label is “no”" in found.summary().text


def test_one_person_only_is_no_evidence(tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match="no two people labelled the same item"):
        look(tmp_path, rows({"a": ["no", "yes"]}))


def test_gaps_repeats_and_contradictions_are_left_out_and_said(tmp_path: Path) -> None:
    frame = rows({"a": ["x", "y", "x", "y", "y"], "b": ["x", "y", "y", "y", "y"]})
    more = pd.DataFrame(
        [("i0", "a", "x"), ("i1", "b", "x"), ("i2", "c", None), ("i3", "c", " "), (None, "a", "x"),
         ("i9", "", "y")],
        columns=["item", "who", "said"],
    )  # fmt: skip
    found = look(tmp_path, pd.concat([frame, more]))
    a = found.annotations
    assert (a.unlabelled, a.nameless, a.repeated, a.contradicted) == (2, 2, 2, 1)
    assert found.items == 4  # b has contradicted itself on i1, so that has one label left
    assert found["raw_agreement"].value == 0.75
    said = found.summary().text
    assert "2 rows have no label; left out." in said
    assert "2 rows lack the item or the person; left out." in said
    assert "2 times the same person labelled the same item again, once with another" in said


def test_spellings_of_one_label_are_one_label(tmp_path: Path) -> None:
    found = look(tmp_path, rows({"a": ["Yes", "yes ", "no"], "b": ["yes", "YES", "No"]}))
    assert len(found.annotations.labels) == 2
    assert found["raw_agreement"].value == 1


@pytest.mark.parametrize("values", [[True, False], [0, 1], [0.0, 1.0]])
def test_labels_may_be_numbers_or_truth_values(tmp_path: Path, values: list[Any]) -> None:
    a, b = values * 20, [*values * 19, values[0], values[0]]
    frame = rows({"a": a, "b": b}).assign(said=a + b)
    found = look(tmp_path, frame)
    assert found["cohen_kappa"].value == pytest.approx(cohen_kappa_score(a, b), abs=1e-9)


def test_labels_confused_most_come_first(tmp_path: Path) -> None:
    a = ["spam", "ham", "news"] * 30
    b = [*a[:60], *["spam", "news", "ham"] * 10]
    found = look(tmp_path, rows({"a": a, "b": b}))
    most = found.confused[0]
    assert set(most.labels) == {"ham", "news"}
    assert most.part == 1.0
    assert most.rate.value == pytest.approx(20 / 90)
    assert "of all disagreement" in found.summary().text


def test_alpha_by_group_of_items(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    a = rng.choice(["x", "y"], 120).tolist()
    b = [*a[:60], *rng.choice(["x", "y"], 60).tolist()]
    frame = rows({"a": a, "b": b})
    place = frame["item"].str[1:].astype(int)
    frame["language"] = np.where(place < 60, "en", np.where(place < 118, "de", "fr"))
    found = look(tmp_path, frame, columns={"groups": ["language"]})
    assert [e.group for e in found.groups] == [{"language": "de"}, {"language": "en"}]
    part = slice(60, 118)
    expected = peer_alpha({"a": a[part], "b": b[part]})
    assert found.groups[0].value == pytest.approx(expected, abs=1e-9)
    assert found.too_few == [{"language": "fr"}]
    assert "They agree less on language de" in found.summary().text


def test_labels_beside_the_label_of_the_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(80) < 0.4
    pd.DataFrame({"id": range(100, 180), "y": np.where(truth, "yes", "no")}).to_parquet(
        tmp_path / "data.parquet"
    )
    told = {who: np.where(rng.random(80) < 0.15, ~truth, truth) for who in "ab"}
    frame = pd.concat(
        pd.DataFrame({"item": range(100, 180), "who": who, "said": np.where(x, "Yes", "No")})
        for who, x in told.items()
    )
    p = product(tmp_path, frame)
    p.tables["decisions"] = Table(source="data.parquet", positive="yes",
                                  columns=Columns(id="id", label="y"))  # fmt: skip
    found = agreement(open_annotations(p), WORDS, open_decisions(p))
    both, said = np.tile(truth, 2), np.concatenate([told["a"], told["b"]])
    assert found["label_agreement_with_table"].value == pytest.approx((both == said).mean())
    kappa = found["label_kappa_with_table"]
    assert kappa.value == pytest.approx(cohen_kappa_score(both, said), abs=1e-9)
    assert kappa.n == 80
    assert "the label of the table of decisions in" in found.summary().text


def test_ids_that_meet_nowhere_are_not_compared(tmp_path: Path) -> None:
    pd.DataFrame({"id": [1, 2], "y": ["yes", "no"]}).to_parquet(tmp_path / "data.parquet")
    p = product(tmp_path, rows(crowd(30, 2)))
    p.tables["decisions"] = Table(source="data.parquet", positive="yes",
                                  columns=Columns(id="id", label="y"))  # fmt: skip
    found = agreement(open_annotations(p), WORDS, open_decisions(p))
    assert found.table_label is None


def test_the_note_of_the_table_stands_wherever_it_is_used(tmp_path: Path) -> None:
    found = look(tmp_path, rows(crowd(40, 3)), note="Made up for this example.")
    for shown in (found.summary(), found.table(), found.chart()):
        assert "Made up for this example." in shown.text


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    said = {
        "<b>Ada</b>": ["<i>", "x"] * 20,
        "'; drop": ["<i>", "<i>", "x", "x"] * 10,
        "c": ["x"] * 40,
    }
    found = look(tmp_path, rows(said), note="<script>")
    for shown in (found.summary(), found.table(), found.chart()):
        assert not {"<b>", "<i>", "<script>"} & set(shown.html.replace(">", "> ").split())
        assert "<i>" not in shown.html


@pytest.mark.parametrize("role", ["id", "annotator", "label"])
def test_a_role_not_named_is_no_evidence_with_a_remedy(tmp_path: Path, role: str) -> None:
    with pytest.raises(NoEvidence, match=f"Add '{role}:' under 'columns:'"):
        look(tmp_path, rows(crowd(10, 2)), columns={role: None})


def test_a_named_column_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match=r"there is no column 'wo', .* as annotator") as raised:
        look(tmp_path, rows(crowd(10, 2)), columns={"annotator": "wo"})
    assert not isinstance(raised.value, NoEvidence)


def test_free_text_is_no_label(tmp_path: Path) -> None:
    a = [f"text {i}" for i in range(60)]
    with pytest.raises(NoEvidence, match="more than 40 different labels"):
        look(tmp_path, rows({"a": a, "b": a}))


def test_without_such_a_table_the_remedy_is_named(tmp_path: Path) -> None:
    p = Product(slug="mail", folder=tmp_path, name="Mail", owner="Ada", words=WORDS)
    with pytest.raises(NoEvidence, match="no table in which two people label the same letters"):
        open_annotations(p)


def test_a_csv_of_annotations_is_read_like_any_table(tmp_path: Path) -> None:
    frame = rows(crowd(60, 2, gaps=0))
    frame.to_csv(tmp_path / "a.csv", sep=";", index=False)
    p = product(tmp_path, frame)
    p.tables["annotations"] = Table(source="a.csv", delimiter=";", columns=Columns(**ROLES))
    found = agreement(open_annotations(p), WORDS)
    expected = look(tmp_path, frame)
    assert found.estimates == expected.estimates


def test_a_crowd_is_not_compared_two_by_two(tmp_path: Path) -> None:
    found = look(tmp_path, rows(crowd(40, 25, gaps=0.8)))
    assert found.couples == []
    assert "too many people to compare each two" in found.summary().text
    assert "more than 20 people" in found.summary().text


@given(st.lists(st.lists(st.sampled_from(["x", "y", "z", None]), min_size=3, max_size=3),
                min_size=4, max_size=25), st.randoms())  # fmt: skip
@settings(max_examples=10, deadline=None)
def test_order_of_items_and_names_of_people_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, items: list[list[str | None]], random: Any
) -> None:
    said = {f"p{j}": [item[j] for item in items] for j in range(3)}
    mixed = list(items)
    random.shuffle(mixed)
    names = ["q2", "q0", "q1"]
    other = {names[j]: [item[j] for item in mixed] for j in range(3)}
    if not any(sum(x is not None for x in item) > 1 for item in items):
        return
    found, again = (look(tmp_path_factory.mktemp("a"), rows(s)) for s in (said, other))
    for measure in ("raw_agreement", "krippendorff_alpha"):
        assert found.get(measure) == again.get(measure)
    if found.alpha:
        assert found.alpha.value == pytest.approx(peer_alpha(said), abs=1e-9)


@pytest.mark.parametrize(("n", "noise"), [(60, 0.2), (200, 0.1)])
def test_intervals_cover_the_truth_about_as_often_as_they_say(n: int, noise: float) -> None:
    from playbook.evidence import agreementrates as rates
    from playbook.evidence.itemsums import over_items

    vectors = np.array([[2.0, 0], [1, 1], [0, 2]])
    base = 0.3
    right = (1 - noise) ** 2
    both_wrong = noise**2
    law = np.array([(1 - base) * right + base * both_wrong, 2 * noise * (1 - noise),
                    base * right + (1 - base) * both_wrong])  # fmt: skip
    share = law @ vectors / 2
    true = 1 - law[1] / (1 - share @ share)
    rng = np.random.default_rng(0)
    parts = rates.parts_of(vectors)
    found = [over_items(items, parts, rates.alpha) for items in rng.multinomial(n, law, 400)]
    covered = np.mean([f.low <= true <= f.high for f in found])
    assert 0.92 <= covered <= 0.98
