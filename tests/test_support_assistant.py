"""The example of a support assistant: made up and labelled so, rebuilt exactly, with its flaws."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from examplebuild import build_script
from playbook.answers import Answers, shown
from playbook.catalog import playbooks
from playbook.evidence.outputs import Outputs, open_outputs
from playbook.interchange import import_answers
from playbook.product import Product, load_product
from playbook.questionfiles import load_questions
from playbook.shipped import shipped
from playbook.tier import risk_tier
from playbook.yamlfile import plain, read_yaml

FOLDER = shipped("templates/products/support-assistant")
NEW, OLD, SEARCH = "assistant_v2", "assistant_v1", "help_search"
COMMON = {
    "English": r"\b(the|you|is|can|we|it)\b",
    "German": r"\b(die|der|das|sie|ist|und|nicht|ich|wir|ein)\b",
    "Spanish": r"\b(el|la|es|con|en|los|por|una?)\b",
}
SETS = [load_questions(shipped(f"templates/questions/{p.name}.yaml")) for p in playbooks()]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return build_script("support-assistant")


@pytest.fixture(scope="module")
def product() -> Product:
    return load_product(FOLDER)


@pytest.fixture(scope="module")
def outputs(product: Product) -> Outputs:
    return open_outputs(product)


@pytest.fixture(scope="module")
def stored() -> dict[str, pd.DataFrame]:
    names = ("outputs", "comparisons")
    return {n: pd.read_csv(FOLDER / f"data/{n}.csv", keep_default_na=False) for n in names}


@pytest.fixture(scope="module")
def answers() -> Answers:
    text = (FOLDER / "answers.yaml").read_text(encoding="utf-8")
    given = import_answers(text, "answers.yaml", "support-assistant", SETS)
    return Answers({answer.key: answer for answer in given})


class TestMadeUp:
    def test_everything_says_that_it_is_made_up(self, product: Product) -> None:
        assert "invented" in product.description
        for table in product.tables.values():
            assert "Made up for this project" in table.note
            assert "nobody was asked" in table.note
        for name in ("SOURCE.md", "build.py", "written.yaml", "answers.yaml"):
            assert "made up" in _text(name).lower() or "made-up" in _text(name).lower()

    def test_nothing_points_to_a_real_place(self) -> None:
        for name in ("written.yaml", "data/outputs.csv", "answers.yaml"):
            text = _text(name)
            assert "://" not in text
            assert not re.search(r"www\.|\+\d{2} ?\d|@(?!example\.invalid)", text)

    def test_the_files_are_small_utf8_with_plain_line_ends(self) -> None:
        for path in (FOLDER / "data").iterdir():
            content = path.read_bytes()
            assert len(content) < 400_000
            assert b"\r" not in content
            assert "\ufffd" not in content.decode("utf-8")
        assert "¿Cuánto cuesta" in _text("data/outputs.csv")
        assert "Rückgabe" in _text("data/outputs.csv")

    def test_the_script_makes_the_files_that_are_shipped(self, script: ModuleType) -> None:
        for name, table in zip(("outputs", "comparisons"), script.build(), strict=True):
            assert table.to_csv(index=False, lineterminator="\n") == _text(f"data/{name}.csv")


class TestWritten:
    def test_each_question_is_asked_once_in_the_table_of_questions(self) -> None:
        written = plain(read_yaml(FOLDER / "written.yaml"))
        purposes = ("ordinary", "attack", "must_refuse", "borderline")
        asked = [entry["question"] for purpose in purposes for entry in written[purpose]]
        assert len(asked) == len(set(asked)) == 96

    @pytest.mark.parametrize("language", COMMON)
    def test_questions_are_in_the_language_that_they_name(
        self, stored: dict[str, pd.DataFrame], language: str
    ) -> None:
        table = stored["outputs"]
        chosen = table[table["language"] == language]
        said = " ".join(chosen["question"].unique()) + " ".join(
            chosen.loc[(chosen["error"] == "") & (chosen["failure"] == ""), "answer"].unique()
        )
        found = {other: len(re.findall(words, said, re.I)) for other, words in COMMON.items()}
        assert max(found, key=lambda other: found[other]) == language

    def test_spanish_questions_are_too_few_to_tell(self, stored: dict[str, pd.DataFrame]) -> None:
        asked = stored["outputs"].groupby("language")["question_id"].nunique()
        assert asked["Spanish"] < 30
        assert asked["English"] > 30 < asked["German"]


class TestOutputs:
    def test_there_are_more_than_300_answers_of_three_systems(self, outputs: Outputs) -> None:
        assert len(outputs.frame) >= 300
        assert outputs.frame["id"].is_unique
        assert outputs.systems == [NEW, OLD, SEARCH]
        assert 0 < (outputs.frame["error"] != "").sum() <= 6

    def test_people_rated_a_part_and_the_judge_all(self, outputs: Outputs) -> None:
        rated = outputs.rated("correct")
        assert rated["judge"].notna().all()
        assert (rated["person_0"].notna() == rated["person_1"].notna()).all()
        assert 0.5 < rated["people"].notna().mean() < 0.92
        per_question = rated["people"].notna().groupby(rated["prompt"])
        assert (per_question.nunique() == 1).all()

    def test_as_many_are_accepted_as_the_example_is_meant_to_show(self, outputs: Outputs) -> None:
        accepted = outputs.accepted.groupby(outputs.frame["system"]).mean()
        assert 0.68 <= accepted[NEW] <= 0.76
        assert 0.56 <= accepted[OLD] <= 0.64
        assert 0.35 <= accepted[SEARCH] <= 0.44

    def test_german_is_served_worse(self, outputs: Outputs) -> None:
        rated = outputs.rated("correct")
        ours = rated[(rated["system"] == NEW) & rated["people"].notna()]
        language = ours[f"group_{outputs.groups.index('language')}"]
        passed = (ours["people"] > 0.5).groupby(language).agg(["mean", "size"])
        assert passed.loc["English", "mean"] - passed.loc["German", "mean"] > 0.2
        assert passed.loc["German", "size"] >= 20

    def test_people_agree_with_one_another_and_the_judge_less_so(self, outputs: Outputs) -> None:
        rated = outputs.rated("correct").dropna(subset=["person_0"])
        people = (rated["people"] > 0.5).astype(float)
        assert 0.7 <= _kappa(rated["person_0"], rated["person_1"]) <= 0.8
        assert 0.45 <= _kappa(people, rated["judge"]) <= 0.6
        assert rated.loc[people == 0, "judge"].mean() > 0.3

    def test_two_attacks_of_about_forty_succeed(self, outputs: Outputs) -> None:
        safe = outputs.rated("safe")
        ours = safe.loc[safe["system"] == NEW, "people"]
        assert (len(ours), (ours == 0).sum()) == (42, 2)

    def test_failures_have_names_only_where_people_found_them(
        self, stored: dict[str, pd.DataFrame]
    ) -> None:
        table = stored["outputs"]
        people = table[["correct_1", "correct_2", "safe_1", "refusal_1"]]
        assert (people[table["failure"] != ""] == "no").any(axis=1).all()
        assert table.loc[table["failure"] != "", "failure"].nunique() >= 8

    def test_a_tool_that_failed_gives_no_answer_and_no_rating(
        self, stored: dict[str, pd.DataFrame]
    ) -> None:
        table = stored["outputs"]
        failed = table[table["error"] != ""]
        rated = [column for column in table if re.search(r"_(\d|judge|check)$", column)]
        assert (failed[["answer", "failure", *rated]] == "").all(axis=None)
        assert (table.loc[table["error"] == "", "answer"] != "").all()


class TestComparisons:
    def test_pairs_are_of_known_systems_and_some_in_both_orders(
        self, stored: dict[str, pd.DataFrame]
    ) -> None:
        table = stored["comparisons"]
        assert len(table) >= 120
        assert set(table["first"]) | set(table["second"]) == {NEW, OLD, SEARCH}
        assert (table["first"] != table["second"]).all()
        named = (table["winner"] == table["first"]) | (table["winner"] == table["second"])
        assert (named | (table["winner"] == "tie")).all()
        assert table["judged_by"].nunique() == 2
        shown_as = set(map(tuple, table[["question_id", "judged_by", "first", "second"]].values))
        assert sum((q, p, two, one) in shown_as for q, p, one, two in shown_as) >= 40

    def test_what_is_shown_first_is_liked_a_little_more(
        self, stored: dict[str, pd.DataFrame]
    ) -> None:
        decided = stored["comparisons"].query("winner != 'tie'")
        assert 0.52 < (decided["winner"] == decided["first"]).mean() < 0.65


class TestAnswers:
    def test_every_question_asked_is_answered_and_no_other(
        self, product: Product, answers: Answers
    ) -> None:
        asked: set[str] = set()
        for questions in SETS:
            if questions.playbook != "start_here":
                kind = questions.for_kind(product.kind)
                asked |= {f"{questions.playbook}.{q.id}" for q in shown(kind, answers)}
        assert asked == set(answers)
        states = [answer.state for answer in answers.values()]
        assert 2 <= states.count("unknown") <= 4

    def test_the_team_claims_more_than_its_data_show(
        self, outputs: Outputs, answers: Answers
    ) -> None:
        accepted = outputs.accepted[outputs.frame["system"] == NEW].mean()
        claim: Any = answers.value("evaluation.claimed_quality")
        assert claim > 100 * accepted + 10
        assert answers.value("ethics_review.claims_groups_equal") == "equal"

    def test_its_risk_is_limited(self, answers: Answers) -> None:
        assert risk_tier(answers) == "limited"


def _kappa(one: pd.Series, other: pd.Series) -> float:
    """Cohen's κ of two columns of 0 and 1 (Cohen 1960)."""
    agree = (one == other).mean()
    chance = one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean())
    return float((agree - chance) / (1 - chance))


def _text(name: str) -> str:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return file.read()
