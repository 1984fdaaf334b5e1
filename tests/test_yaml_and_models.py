"""Files written by people: each fault is one sentence with file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbook.errors import PlaybookError, did_you_mean
from playbook.policy import for_tier, load_policy
from playbook.product import load_product
from playbook.questionfiles import load_questions
from playbook.shipped import shipped
from playbook.yamlfile import dump_yaml, parse_yaml

GOOD = """\
name: Test product
owner: Someone
tables:
  decisions:
    source: data.csv
    columns:
      label: y
      groups: [sex]
    positive: 1
"""


def product_with(tmp_path: Path, text: str) -> str:
    """The sentence that loading this product.yaml ends in."""
    folder = tmp_path / "thing"
    folder.mkdir()
    (folder / "product.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PlaybookError) as caught:
        load_product(folder)
    return str(caught.value)


def test_a_good_product_loads(tmp_path: Path) -> None:
    folder = tmp_path / "thing"
    folder.mkdir()
    (folder / "product.yaml").write_text(GOOD, encoding="utf-8")
    product = load_product(folder)
    assert (product.slug, product.decisions is not None) == ("thing", True)
    assert product.decisions is not None
    assert product.decisions.positive == "1"
    assert product.decisions.columns.named() == {"y": "label", "sex": "group"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("owner: Someone", "\towner: Someone", ("line 2, column 1", "tab", "spaces")),
        ("owner: Someone", "name: Again", ("line 2", "'name' stands twice")),
        ("owner: Someone", "ownr: Someone", ("line 2", "'ownr'", "Did you mean 'owner'?")),
        ("owner: Someone\n", "", ("'owner' is missing", "Add a line 'owner: …'")),
        ("      label: y", "      labl: y", ("line 7", "labl", "Did you mean 'label'?")),
        ("    positive: 1\n", "", ("needs a line 'positive:'", "line 3")),
        ("owner: Someone", "owner: Someone\nkind: magic", ("line 3", "'magic'", "classification")),
        ("name: Test product", "name: [", ("not valid YAML", "line")),
        ("name: Test product", "name: x\ncurrency: dollars", ("currency", "line 2")),
    ],
)
def test_each_fault_in_product_yaml_is_one_sentence(
    tmp_path: Path, old: str, new: str, expected: tuple[str, ...]
) -> None:
    sentence = product_with(tmp_path, GOOD.replace(old, new))
    assert "product.yaml" in sentence
    assert "\n" not in sentence
    for part in expected:
        assert part in sentence


def test_empty_and_binary_files_are_named(tmp_path: Path) -> None:
    assert "empty" in product_with(tmp_path, "")
    path = tmp_path / "thing" / "product.yaml"
    path.write_bytes(b"name: caf\xe9\n")
    with pytest.raises(PlaybookError, match="not UTF-8 text"):
        load_product(tmp_path / "thing")


def test_an_unknown_product_is_guessed(tmp_path: Path) -> None:
    folder = tmp_path / "mortgage"
    folder.mkdir()
    (folder / "product.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(PlaybookError, match="Did you mean 'mortgage'"):
        load_product(tmp_path / "mortage")


def test_did_you_mean_lists_what_there_is() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "Known are: a, b"
    assert did_you_mean("zzz", []) == "There is none yet"


def test_aliases_that_could_unfold_without_end_are_refused() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    with pytest.raises(PlaybookError, match=r"line 2: the alias '\*a' is not allowed"):
        parse_yaml(bomb, "file")
    assert parse_yaml("a: 'says *this*'\n", "file")["a"] == "says *this*"


def test_no_stays_a_word() -> None:
    assert parse_yaml("favourable: no\n", "x")["favourable"] == "no"


def test_dumped_yaml_reads_back_the_same() -> None:
    data = parse_yaml("a: 'yes: # no'\nb: [1, 2.0]\n", "x")
    assert parse_yaml(dump_yaml(data), "x") == data


def test_a_tier_left_out_takes_the_stricter_one() -> None:
    assert for_tier({"high": 1, "minimal": 3}, "limited") == 1
    assert for_tier(5, "high") == 5


def test_policy_overlay_changes_one_number_and_keeps_the_rest(tmp_path: Path) -> None:
    own = tmp_path / "policy.yaml"
    own.write_text("thresholds:\n  missing_rate:\n    at_most: 0.2\n", encoding="utf-8")
    base = load_policy(shipped("templates/policy.yaml"))
    changed = load_policy(shipped("templates/policy.yaml"), own)
    assert changed.bar("missing_rate").at_most == 0.2
    assert changed.bar("missing_rate").source == base.bar("missing_rate").source
    assert changed.bar("impact_ratio") == base.bar("impact_ratio")


def test_an_unknown_threshold_is_guessed() -> None:
    with pytest.raises(PlaybookError, match="Did you mean 'missing_rate'"):
        load_policy(shipped("templates/policy.yaml")).bar("mising_rate")


def test_question_overlay_replaces_and_extends(tmp_path: Path) -> None:
    own = tmp_path / "data_strategy.yaml"
    own.write_text(
        "playbook: data_strategy\ntitle: Data strategy\nquestions:\n"
        "  - {id: house_rule, text: 'Does the council agree?', why: w, example: e, type: yes_no}\n"
        "  - {id: claims_unique, text: 'Is each there once?', why: w, example: e, type: yes_no}\n",
        encoding="utf-8",
    )
    path = shipped("templates/questions/data_strategy.yaml")
    base, mine = load_questions(path), load_questions(path, own)
    assert len(mine.questions) == len(base.questions) + 1
    assert mine["claims_unique"].text == "Is each there once?"
    assert mine.questions[-1].id == "house_rule"


def test_a_long_question_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.yaml"
    text = " ".join(["word"] * 26)
    question = f"{{id: a, text: '{text}', why: w, example: e, type: text}}"
    path.write_text(f"playbook: x\ntitle: X\nquestions:\n  - {question}\n", encoding="utf-8")
    with pytest.raises(PlaybookError, match=r"line 4.*at most 25 words"):
        load_questions(path)
