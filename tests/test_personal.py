"""Personal data in text: measured precision, masking, hostile text, sampling."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from faker import Faker
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from make_decisions import from_frame
from playbook.errors import PlaybookError
from playbook.evidence.personal import personal
from playbook.evidence.personal_finds import NAMES
from playbook.evidence.personal_patterns import LONGEST, find, masked
from playbook.evidence.personal_precision import MEASURED, precision, recall

CORPUS = Path(__file__).with_name("personal_corpus.yaml")


def corpus() -> dict[str, list[str]]:
    found = YAML(typ="safe").load(CORPUS.read_text(encoding="utf-8"))
    return {kind: texts.splitlines() for kind, texts in found.items()}


def kinds(text: str) -> set[str]:
    return {hit.kind for hit in find(text) if hit.valid}


def table(notes: list[str | None], **more: object) -> pd.DataFrame:
    n = len(notes)
    return pd.DataFrame({"id": range(n), "y": ["yes", "no"] * (n // 2) + ["no"] * (n % 2),
                         "note": notes, **more})  # fmt: skip


def test_stated_precision_and_recall_are_those_of_the_collection() -> None:
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for kind, texts in corpus().items():
        for text in texts:
            seen = kinds(text)
            right.update(seen & {kind})
            wrong.update(seen - {kind})
            missed.update({kind} - seen - {"nothing"})
    assert {k: (right[k], wrong[k], missed[k]) for k in NAMES} == MEASURED


def test_the_collection_is_large_and_mostly_look_alikes() -> None:
    texts = corpus()
    hard = texts.pop("nothing")
    assert set(texts) == set(NAMES) == set(MEASURED)
    assert sum(map(len, texts.values())) >= 150
    assert len(hard) >= 250
    assert min(map(len, texts.values())) >= 20


def test_precision_is_useful_for_every_kind() -> None:
    for kind in NAMES:
        assert precision(kind).value >= 0.85
        assert recall(kind).value >= 0.85
        assert precision(kind).low >= 0.7


def test_invented_people_are_found_in_many_countries() -> None:
    """Texts that nobody looked at while writing the patterns."""
    seen: Counter[str] = Counter()
    for locale in ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL"):
        fake = Faker(locale)
        fake.seed_instance(7)
        for _ in range(60):
            seen["email"] += "email" in kinds(f"{fake.sentence()} {fake.free_email()}, thanks")
            seen["iban"] += "iban" in kinds(f"IBAN: {fake.iban()}")
            card = fake.credit_card_number("visa16")
            seen["payment_card"] += "payment_card" in kinds(f"paid with {card}.")
            seen["ip_address"] += "ip_address" in kinds(f"login from {fake.ipv4_public()}")
            born = fake.date_of_birth(minimum_age=1)
            seen["birth_date"] += "birth_date" in kinds(f"date of birth {born:%d.%m.%Y}")
    english = Faker("en_US")
    english.seed_instance(7)
    ssn = sum("us_ssn" in kinds(f"the number is {english.ssn()}") for _ in range(420))
    assert min(seen.values()) >= 0.93 * 420, seen
    assert ssn >= 0.97 * 420


def test_invented_prose_numbers_and_dates_are_left_alone() -> None:
    fake = Faker("en_US")
    fake.seed_instance(3)
    texts = [
        *(fake.paragraph(6) for _ in range(200)),
        *(f"{fake.sentence()} {fake.date()} {fake.time()}" for _ in range(200)),
        *(f"{fake.bothify('??-####-##')} at {fake.pyfloat(5, 3)}" for _ in range(200)),
        *(f"{fake.latitude()}, {fake.longitude()}" for _ in range(200)),
        *(f"isbn {fake.isbn13()} {fake.uuid4()} {fake.mac_address()}" for _ in range(200)),
        *(fake.user_agent() for _ in range(200)),
    ]
    wrong = [text for text in texts if kinds(text)]
    assert len(wrong) <= 0.01 * len(texts), wrong[:5]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10**6, "1" * 10**6, "1-" * 500_000, "a@" * 500_000, "a." * 500_000 + "@",
        "+1 " * 333_333, "born " * 200_000, "born 1 " * 140_000, "AB12 " * 200_000,
        "1:" * 500_000, "0 0 " * 250_000, "(0" * 500_000, "tel me me 1 " * 80_000,
        "a@" + "a-." * 300_000, " " * 10**6, "4111 1111 1111 " * 65_000, "::" * 500_000,
        "1." * 500_000, "@" * 10**6, "۱" * 10**6, "\x00\ud800" * 10_000,
    ],
    ids=lambda text: repr(text[:8]),
)  # fmt: skip
def test_hostile_text_takes_no_time(text: str) -> None:
    find("+442079460958 1")  # loads the numbering plans
    began = time.perf_counter()
    find(text)
    assert time.perf_counter() - began < 0.1


@given(st.text(alphabet=st.sampled_from("ab1 0@.+-(:/)"), max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_text_is_judged_and_valid_finds_never_overlap(text: str) -> None:
    hits = sorted((h for h in find(text) if h.valid), key=lambda h: h.start)
    assert all(0 <= h.start < h.end <= len(text) for h in hits)
    assert all(a.end <= b.start for a, b in pairwise(hits))


def test_no_find_of_the_collection_is_shown_in_full() -> None:
    for kind, texts in corpus().items():
        for text in texts:
            for hit in find(text):
                found = text[hit.start : hit.end]
                shown = masked(hit.kind, found)
                assert found not in shown, kind
                open_digits = sum(c.isdigit() for c in shown)
                assert open_digits <= 1, shown


def test_the_word_before_a_number_is_not_what_is_masked() -> None:
    (hit,) = [h for h in find("dob: 12/03/1985") if h.valid]
    assert masked(hit.kind, "dob: 12/03/1985"[hit.start : hit.end]) == "••/••/••••"


def test_shares_are_counted_by_column_and_kind(tmp_path: Path) -> None:
    notes = ["write to ada@lovelace.org"] * 6 + ["card 4111 1111 1111 1112"] * 4 + ["fine"] * 30
    frame = table([*notes, None, "  "], code=[f"A{i}" for i in range(42)])
    scan = personal(from_frame(tmp_path, frame, label="y", id="id"))
    (found,) = scan.found
    assert (found.column, found.kind, found.share.n) == ("note", "email", 40)
    assert found.share.value == pytest.approx(6 / 40)
    assert {c.column: round(c.any.value * c.any.n) for c in scan.columns} == {"note": 6, "code": 0}
    shown = scan.summary().text + scan.table().text + scan.table().html + scan.chart().html
    assert "ada@lovelace" not in shown
    assert "lovelace" not in shown
    assert "a•••@l•••.org" in scan.summary().text
    assert len(scan.estimates) == 3


def test_values_that_only_look_alike_are_told_apart(tmp_path: Path) -> None:
    notes = ["card 4111 1111 1111 1111"] * 5 + ["card 4111 1111 1111 1112"] * 7 + ["fine"] * 8
    scan = personal(from_frame(tmp_path, table(list(notes)), label="y", id="id"))
    (found,) = scan.found
    assert (found.kind, found.alike, found.by) == ("payment_card", 7, "number verified")


def test_only_the_stated_columns_are_scanned(tmp_path: Path) -> None:
    frame = table(["ada@lovelace.org"] * 10, other=["tom@home.net"] * 10)
    both = personal(from_frame(tmp_path, frame, label="y"))
    assert [c.column for c in both.columns] == ["note", "other"]
    stated = personal(from_frame(tmp_path, frame, label="y", text=["other"]))
    assert [c.column for c in stated.columns] == ["other"]


def test_a_stated_column_without_text_is_named(tmp_path: Path) -> None:
    decisions = from_frame(tmp_path, table(["x"] * 4), label="y", text=["id"])
    with pytest.raises(PlaybookError, match="'id' holds no text"):
        personal(decisions)


def test_groups_labels_and_ids_are_not_scanned(tmp_path: Path) -> None:
    frame = table(["x"] * 10, team=["a@b.org"] * 10)
    decisions = from_frame(tmp_path, frame, label="y", groups=["team"])
    assert [c.column for c in personal(decisions).columns] == ["note"]


def test_many_values_are_sampled_the_same_way_each_time(tmp_path: Path) -> None:
    notes: list[str | None] = [f"{i} ada{i}@lovelace.org" if i % 4 == 0 else f"row {i}"
                               for i in range(8_000)]  # fmt: skip
    decisions = from_frame(tmp_path, table(notes), label="y", id="id")
    scan, again = personal(decisions, most=1_000), personal(decisions, most=1_000)
    assert scan == again
    (column,) = scan.columns
    assert 800 < column.scanned < 1_200
    assert column.values == 8_000
    assert scan.found[0].share.low < 0.25 < scan.found[0].share.high
    assert "were looked through" in scan.summary().text


def test_text_is_read_in_pieces_that_add_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str | None] = [f"{i} ada@lovelace.org" for i in range(500)]
    decisions = from_frame(tmp_path, table(notes), label="y", id="id")
    whole = personal(decisions)
    monkeypatch.setattr("playbook.evidence.personal._AT_ONCE", 1_000)
    assert personal(decisions) == whole
    assert whole.found[0].share.value == 1.0


def test_what_stands_past_the_cut_is_not_seen_and_that_is_said(tmp_path: Path) -> None:
    notes: list[str | None] = ["x " * LONGEST + "ada@lovelace.org"] * 4
    scan = personal(from_frame(tmp_path, table(notes), label="y", id="id"))
    assert scan.found == []
    assert "first 4,000 characters" in scan.summary().text
    assert "does not prove" in scan.summary().text


def test_a_table_without_text_says_so(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": ["yes", "no"], "x": [1, 2]})
    scan = personal(from_frame(tmp_path, frame, label="y"))
    assert scan.estimates == []
    assert "No column holds free text" in scan.summary().text
    assert "No personal data" in scan.chart().text


def test_hostile_column_names_are_escaped(tmp_path: Path) -> None:
    frame = table(["x"] * 4).rename(columns={"note": "<script>"})
    scan = personal(from_frame(tmp_path, frame, label="y", id="id"))
    for shown in (scan.summary(), scan.table(), scan.chart()):
        assert "<script>" not in shown.html
