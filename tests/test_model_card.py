"""The model card: its sections, its numbers, its metadata as Hugging Face's library reads them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import mistune
import pytest
from bs4 import BeautifulSoup
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results

from loans import PRODUCT, STAKES, table
from playbook.answers import Answer, Answers
from playbook.checks.assess import assess
from playbook.documents import Document, build
from playbook.documents.huggingface import metadata
from playbook.documents.modelresults import ROWS, in_money, measured_names, results, tables
from playbook.documents.parts import Gap, Heading, Line, Rows, tidy
from playbook.estimate import Estimate
from playbook.session.book import Book
from playbook.workspace import Workspace

# Without features no learning curve is measured, which no card shows.
LOANS = PRODUCT.replace(",\n              features: [income]", "")
SECTIONS = [
    "Model details", "Uses", "Bias, risks and limitations", "How to get started with the model",
    "Training details", "Evaluation", "Model examination", "Environmental impact",
    "Technical specifications", "Glossary", "Model card authors", "Model card contact",
]  # fmt: skip
ANSWERS = {
    "problem_definition.job": "Says who cannot pay back.",
    "problem_definition.success_metric": "recall",
    "problem_definition.success_target": 99,
    "evaluation.held_out": "unseen_later",
    **{f"problem_definition.{name}": dict(zip(("low", "likely", "high"), amounts, strict=True))
       for name, amounts in STAKES.items()},
}  # fmt: skip
HOSTILE = (
    "---\n# head\n- a: b\n<script>alert(1)</script> [x](javascript:alert(2)) | y |\n---\n"
    "![z](https://evil.example/p.png) {{ 7*7 }} !!python/object:os.system 'q' \"d\" \u202e #"
)
TEXTS = (
    "problem_definition.job",
    "problem_definition.who_bears_errors",
    "ethics_review.accountable_owner",
    "data_strategy.label_process",
)
OTHER_KINDS = {
    "regression": "name: Trains\nowner: Ada\nkind: regression\n",
    "ranking": "name: Finder\nowner: Ada\nkind: ranking\n",
    "generative": "name: Helper\nowner: Ada\nkind: generative\n",
}


def opened(folder: Path, product: str, rows: int = 0) -> Book:
    workspace = Workspace.create(folder / "workspace")
    home = workspace.folder / "products" / "loans"
    home.mkdir(parents=True)
    (home / "product.yaml").write_text(product, encoding="utf-8")
    if rows:
        table(rows).to_parquet(home / "data.parquet", index=False)
    return Book("evaluation", "loans", workspace)


def made(book: Book, answers: Mapping[str, Any]) -> Document:
    given = [Answer(playbook=p, question=q, state="answered", value=v, by="Bo")
             for (p, q), v in ((key.split("."), v) for key, v in answers.items())]  # fmt: skip
    case = book.case_with(Answers({a.key: a for a in given}))
    return build("model_card", case, book.questions, assess(case, book.questions))


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return opened(tmp_path_factory.mktemp("loans"), LOANS, rows=600)


@pytest.fixture(scope="module")
def card(loans: Book) -> Document:
    return made(loans, ANSWERS)


def loaded(document: Document, folder: Path) -> ModelCard:
    path = folder / "model_card.md"
    path.write_text(document.files()["model_card.md"], encoding="utf-8")
    return ModelCard.load(path)


def headings(text: str) -> list[tuple[int, str]]:
    tokens: Any = mistune.create_markdown(renderer="ast")(text)
    return [
        (t["attrs"]["level"], "".join(c.get("raw", "") for c in t["children"]))
        for t in tokens
        if t["type"] == "heading"
    ]


def hollow(document: Document) -> list[str]:
    """Headings with nothing below them."""
    found = [part.title for part in document.parts if not part.blocks]
    for part in document.parts:
        after = [*part.blocks[1:], Heading("end")]
        found += [b.text for b, then in zip(part.blocks, after, strict=True)
                  if isinstance(b, Heading) and isinstance(then, Heading)]  # fmt: skip
    return found


def test_the_sections_are_those_of_the_template_and_none_is_empty(card: Document) -> None:
    assert [part.title for part in card.parts] == SECTIONS
    found = headings(card.markdown)
    assert [text for level, text in found if level == 2] == SECTIONS
    assert {"Direct use", "Out-of-scope use", "Testing data", "Factors", "Metrics", "Results"} <= {
        text for level, text in found if level == 3
    }
    assert hollow(card) == []
    raw = r"\b(None|nan)\b|\b(True|False)(?! [a-z]+(ive|y) )|Estimate\(|playbook\.|datetime|Gap\("
    assert not re.search(raw, card.markdown)


def test_every_number_stands_with_its_interval_and_its_n(loans: Book, card: Document) -> None:
    performance = loans.case.evidence.performance
    blocks = [b for part in card.parts for b in part.blocks if isinstance(b, Rows)]
    told = {row[0]: row for rows in blocks if rows.caption == "Everyone together"
            for row in rows.body}  # fmt: skip
    assert told["Recall"][1].endswith(")")
    assert told["Recall"][2] == str(performance.get("recall").n)
    assert all(len(row) == len(rows.header) and all(row) for rows in blocks for row in rows.body)
    assert not re.search(r"USD|\$|expected value", card.markdown, re.I)


def test_the_library_reads_the_card_back(card: Document, loans: Book, tmp_path: Path) -> None:
    read = loaded(card, tmp_path)
    assert read.data.language == "en"
    assert read.data.pipeline_tag == "tabular-classification"
    assert read.data.model_name == "Loans"
    assert read.text.strip() == card.markdown.strip()
    recall = next(r for r in read.data.eval_results if r.metric_type == "recall")
    measured = loans.case.evidence.performance.get("recall")
    assert recall.metric_value == pytest.approx(measured.value, rel=1e-5)
    assert f"n = {measured.n}" in str(recall.metric_name)
    assert "95\u00a0% interval 0." in str(recall.metric_name)
    index = eval_results_to_model_index("Loans", read.data.eval_results)
    assert model_index_to_eval_results(index) == ("Loans", read.data.eval_results)
    assert read.data.to_dict()["model-index"] == index
    assert ModelCard(read.content).data.to_dict() == read.data.to_dict()


def test_what_misses_and_what_is_open_is_said(loans: Book, card: Document) -> None:
    assert "Says who cannot pay back" in card.markdown
    assert "the team's own target is at least 99\u00a0%" in card.markdown
    text = BeautifulSoup(card.page(), "html.parser").text
    assert "Before it is used further" in text


def test_without_answers_or_data_every_gap_names_its_place(tmp_path: Path) -> None:
    bare = made(opened(tmp_path, "name: Idea\nowner: Ada\nstage: idea\n"), {})
    text = tidy(BeautifulSoup(bare.page(), "html.parser").text)
    assert "Fill it in: playbook Problem definition, “What does the AI do, in one sentence" in text
    assert "Fill it in: playbook Data strategy, “Which sources do the data come from?”" in text
    assert "Fill it in: playbook Evaluation, “" in text
    assert "Not measured yet: Idea has no table of decisions yet." in text
    assert "Nobody has answered a question" in text
    assert hollow(bare) == []
    assert loaded(bare, tmp_path).data.eval_results is None


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_every_kind_has_a_card(kind: str, tmp_path: Path) -> None:
    told = made(opened(tmp_path, OTHER_KINDS[kind]), {})
    assert [part.title for part in told.parts] == SECTIONS
    assert hollow(told) == []
    assert kind in loaded(told, tmp_path).data.tags
    assert "Not measured" in told.markdown


def test_what_is_typed_stays_text(tmp_path: Path) -> None:
    quoted = HOSTILE.replace("\\", "").replace("'", "''").replace("\n", " ")
    hostile = LOANS.replace("name: Loans", f"name: '{quoted}'")
    hostile += f"description: '{quoted}'\nindustry: '{quoted}'\n"
    book = opened(tmp_path, hostile, rows=200)
    typed = dict.fromkeys(TEXTS, HOSTILE)
    typed |= {"problem_definition.affected_people":
              [{"who": HOSTILE, "uses_it": "no", "harm": HOSTILE}]}  # fmt: skip
    told = made(book, {**ANSWERS, **typed})
    page = BeautifulSoup(told.page(), "html.parser")
    assert page.select("script, a, img") == []
    assert "<" not in told.markdown
    assert len(re.findall(r"^---$", told.files()["model_card.md"], re.M)) == 3
    read = loaded(told, tmp_path)
    assert str(read.data.model_name).startswith("--- # head")
    assert read.text.strip() == told.markdown.strip()
    below = [(2 if isinstance(b, str) else 3, b if isinstance(b, str) else b.text)
             for part in told.parts for b in (part.title, *part.blocks)
             if isinstance(b, str | Heading)]  # fmt: skip
    assert headings(told.markdown)[1:] == below
    assert "!!python" not in re.sub(r"'[^']*(?:''[^']*)*'", "", told.metadata)


def test_criteria_are_listed_for_machines_and_other_systems_are_not(loans: Book) -> None:
    found = [
        Estimate(measure="pass_rate", group={"criterion": "polite: yes # no"}, value=0.8, low=0.7,
                 high=0.9, n=50, method="Wilson"),
        Estimate(measure="accepted_rate", group={"system": "older"}, value=0.8, low=0.7, high=0.9,
                 n=50, method="Wilson"),
        Estimate(measure="latency", value=2.0, low=1.5, high=2.5, n=9, unit="seconds", method="m"),
        Estimate(measure="accepted_rate", value=1.0, low=1.0, high=1.0, n=3, method="exact"),
    ]  # fmt: skip
    product = loans.product.model_copy(update={"kind": "generative"})
    read = ModelCard(f"---\n{metadata(product, found, 0.9, 'abc')}\n---\n")
    names = [r.metric_name for r in read.data.eval_results]
    assert names == [
        "Pass rate, criterion polite: yes # no (90\u00a0% interval 0.7 to 0.9, n = 50)",
        "Latency (90\u00a0% interval 1.5 to 2.5 seconds, n = 9)",
        "Accepted rate (no interval, n = 3)",
    ]
    assert read.data.pipeline_tag == "text-generation"
    assert read.data.eval_results[0].dataset_revision == "abc"


def test_results_of_each_kind_have_a_table_of_their_own(
    loans: Book,
) -> None:
    def share(value: str, column: str) -> Estimate:
        return Estimate(measure="error_rate", group={column: value}, value=0.2, low=0.1, high=0.3,
                        n=40, method="Wilson 95 % interval")  # fmt: skip

    found = [share("Black", "race"), share("one", "score"), *(share(str(i), "score")
             for i in range(40))]  # fmt: skip
    by_group, others, more = tables(found, loans.product.decisions)
    assert isinstance(by_group, Rows)
    assert isinstance(others, Rows)
    assert (by_group.caption, list(by_group.body[0][:4])) == (
        "By group", ["Error rate", "race Black", "20 % (10–30)", "40"],
    )  # fmt: skip
    assert (others.caption, len(others.body)) == ("Told apart otherwise", ROWS)
    assert more == Line("11 more, in the report")


def test_money_and_what_nobody_measures_stay_out(loans: Book) -> None:
    worth = Estimate(measure="value", value=1, low=0, high=2, n=9, unit="USD per month", method="m")
    assert in_money(worth)
    assert not in_money(worth.model_copy(update={"unit": "minutes"}))
    assert "performance" in measured_names(loans.product)
    ranked = loans.product.model_copy(update={"kind": "ranking"})
    (only,) = results(replace(loans.case, product=ranked))
    assert isinstance(only, Line)
    assert isinstance(only.text, Gap)


def test_the_library_loads_no_client_of_the_web() -> None:
    code = (
        "import sys; from playbook.documents import model_card, huggingface\n"
        "assert 'huggingface_hub' not in sys.modules\n"
        "from playbook.product import Product; from pathlib import Path\n"
        "huggingface.metadata(Product(slug='a', folder=Path(), name='A', owner='B'), [], 0.95)\n"
        "assert 'huggingface_hub.repocard_data' in sys.modules\n"
        "assert not {'httpx', 'httpx2', 'requests', 'hf_xet', 'huggingface_hub.hf_api'} "
        "& set(sys.modules), 'a client'"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_a_set_of_questions_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    book = opened(tmp_path, "name: Idea\nowner: Ada\nstage: idea\n")
    own = book.workspace.folder / "questions"
    own.mkdir(exist_ok=True)
    (own / "problem_definition.yaml").write_text("questions: [", encoding="utf-8")
    told = made(book, {})
    assert "The questions of Problem definition cannot be read" in told.markdown


def test_a_model_file_is_named(tmp_path: Path) -> None:
    book = opened(tmp_path, "name: Idea\nowner: Ada\nmodel: m.skops\n")
    assert "**Model file:** m.skops" in made(book, {}).markdown
