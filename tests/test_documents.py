"""The brief and the data card: what they say, that typed text stays text, and that they print."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mistune
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from playwright.sync_api import Page

from browser import axe
from playbook.answers import Answer, Answers, shown
from playbook.batch.plan import plan
from playbook.batch.run import run_batch
from playbook.catalog import find_playbook
from playbook.documents import TITLES, Document, build
from playbook.documents.document import check_file
from playbook.documents.marked import escaped
from playbook.documents.parts import clipped, tidy
from playbook.errors import PlaybookError
from playbook.questions import Question, QuestionSet
from playbook.session.book import Book
from playbook.session.leaflet import Files
from playbook.workspace import Workspace

OF = {
    "problem_brief": "problem_definition",
    "data_card": "data_strategy",
    "model_card": "evaluation",
}
EXAMPLES = ("mortgage", "churn")
LINKED = mistune.create_markdown(renderer="ast", plugins=["table", "strikethrough", "url"])
HOSTILE = (
    "# head\n\n| a | b |\n|---|---|\n<script>alert(1)</script> [x](javascript:alert(2)) "
    "![y](https://evil.example/p.png) <img src=x onerror=alert(3)> `code` $m$ \u202e"
)


def opened(workspace: Workspace, slug: str, name: str) -> Book:
    return Book(OF[name], slug, workspace)


def made(book: Book, name: str, answers: Mapping[str, Any] | None = None) -> Document:
    """The document `name` of an open playbook, also under other `answers` by their keys."""
    case, questions = book.case, book.questions
    if answers is not None:
        given = [Answer(playbook=p, question=q, state="answered", value=v, by="Ann")
                 for (p, q), v in ((key.split("."), v) for key, v in answers.items())]  # fmt: skip
        case = book.case_with(Answers({a.key: a for a in given}))
    return build(name, case, questions, assessed(case, questions))


def assessed(case: Any, questions: QuestionSet) -> Any:
    from playbook.checks.assess import assess

    return assess(case, questions)


def value_of(question: Question, text: str) -> Any:
    """An answer with as much of `text` in it as the question takes."""
    match question.type:
        case "choice":
            return question.options[-1].value
        case "several" | "rank":
            return [option.value for option in question.options]
        case "yes_no":
            return "no"
        case "number" | "money" | "percentage":
            return 99
        case "date":
            return "2027-01-31"
        case "range":
            return {"low": 1_000_000, "likely": 2_000_000, "high": 30_000_000}
        case "table":
            cells = {
                c.id: {"number": 90, "date": "2027-01-31", "yes_no": "no"}.get(c.type, text)
                if not c.options
                else c.options[0]
                for c in question.columns
            }
            return [cells] * 9
    return text


def everything(book: Book, text: str) -> dict[str, Any]:
    """All questions of the playbook answered, so that all of them are asked."""
    playbook = book.questions.playbook
    return {f"{playbook}.{q.id}": value_of(q, text) for q in book.questions.questions}


@pytest.fixture(scope="module")
def books(demo_workspace: Workspace) -> dict[tuple[str, str], Book]:
    return {(slug, n): opened(demo_workspace, slug, n) for slug in EXAMPLES for n in OF}


@pytest.mark.parametrize("slug", EXAMPLES)
def test_the_brief_says_what_the_report_says(books: dict[tuple[str, str], Book], slug: str) -> None:
    book = books[slug, "problem_brief"]
    verdict, told = book.assess().verdict, made(book, "problem_brief")
    page = BeautifulSoup(told.page(), "html.parser").text
    measured = book.case.evidence.baseline.summary().text.split("\n")[0]
    dearest = book.case.evidence.assumptions.ranked[0]
    for said in (verdict.title, book.product.name, book.product.owner, tidy(measured)[:150],
                 clipped(dearest.assumption, 60).rstrip(' …'), "Risk tier", "(not a user)",
                 "most likely", "Stop if", book.case.tier.capitalize()):  # fmt: skip
        assert said in page
    assert "Not answered yet" not in page


@pytest.mark.parametrize("slug", EXAMPLES)
def test_the_card_names_every_column_source_and_gap(
    books: dict[tuple[str, str], Book], slug: str
) -> None:
    book = books[slug, "data_card"]
    text = BeautifulSoup(made(book, "data_card").page(), "html.parser").text
    for column in book.case.evidence.quality.columns:
        assert column.name in text
    for row in book.answers.value("data_strategy.sources"):
        assert row["source"] in text
    for finding in book.assess().findings[:3]:
        assert clipped(finding.statement, 260) in text


@pytest.mark.parametrize("name", OF)
def test_without_a_single_answer_everything_is_said_to_be_open(
    books: dict[tuple[str, str], Book], name: str
) -> None:
    book = books["churn", name]
    told = made(book, name, {})
    asked = shown(book.questions, Answers({}))
    gaps = BeautifulSoup(told.page(), "html.parser").select(".gap")
    assert sum("Not answered yet" in gap.text for gap in gaps) >= len(asked) / 2
    assert "nothing answered yet" in told.markdown
    assert "Not answered yet" in told.markdown


@pytest.mark.parametrize("name", OF)
def test_a_product_at_the_idea_stage_has_its_documents_too(
    own_workspace: Workspace, name: str
) -> None:
    folder = own_workspace.folder / "products" / "idea"
    folder.mkdir()
    (folder / "product.yaml").write_text("name: An idea\nowner: Ann\nstage: idea\n")
    told = made(opened(own_workspace, "idea", name), name)
    assert "Not measured yet: An idea has no table of decisions yet." in told.markdown
    assert set(told.files()) == {f"{name}.html", f"{name}.md"}


# Evaluation asks for no text of one's own: its card has a test with the other playbooks' answers.
@pytest.mark.parametrize("name", ["problem_brief", "data_card"])
def test_what_is_typed_stays_text(books: dict[tuple[str, str], Book], name: str) -> None:
    book = books["mortgage", name]
    plain, bad = (made(book, name, everything(book, t)) for t in ("Something", HOSTILE))
    pages = [BeautifulSoup(d.page(), "html.parser") for d in (plain, bad)]
    for tag in ("script", "img", "a", "h1", "h2", "table", "code"):
        assert len(pages[0].select(tag)) == len(pages[1].select(tag)), tag
    assert kinds(plain.markdown) == kinds(bad.markdown)
    assert "javascript" in bad.markdown
    assert "<" not in bad.markdown


def kinds(text: str) -> list[str]:
    """All but plain text that Markdown makes of a document."""

    def walk(tokens: list[dict[str, Any]]) -> list[str]:
        return [kind for t in tokens for kind in (t["type"], *walk(t.get("children", [])))]

    flat: Any = LINKED(text)
    return [kind for kind in walk(flat) if kind not in {"text", "softbreak"}]


@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda t: tidy(t)))
def test_escaped_text_reads_as_it_was_typed(text: str) -> None:
    tokens: Any = LINKED(escaped(text))
    assert [token["type"] for token in tokens] == ["paragraph"]
    assert {child["type"] for child in tokens[0]["children"]} == {"text"}
    read = "".join(child["raw"] for child in tokens[0]["children"])
    assert Markup(read).unescape() == Markup(tidy(text).replace("&", "&amp;")).unescape()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("slug", EXAMPLES)
def test_the_brief_prints_on_one_page_however_much_was_typed(
    books: dict[tuple[str, str], Book], page: Page, slug: str, paper: str
) -> None:
    book = books[slug, "problem_brief"]
    say = "Everybody concerned has a good deal to say about this matter " * 40
    texts = [say, say[:120], say[:200], "W" * 900, "字" * 300]
    for answers in (None, {}, *(everything(book, text) for text in texts)):
        page.set_content(made(book, "problem_brief", answers).page())
        printed = page.pdf(format=paper)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.parametrize("name", OF)
def test_pages_are_whole_and_accessible(
    books: dict[tuple[str, str], Book], page: Page, tmp_path: Path, name: str
) -> None:
    html = made(books["mortgage", name], name).page()
    soup = BeautifulSoup(html, "html.parser")
    assert soup.html is not None
    assert (soup.html["lang"], len(soup.select("h1")), soup.select("script, link")) == ("en", 1, [])
    assert soup.title is not None
    assert soup.title.text == f"{TITLES[name]}: Mortgage approval"
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_batch_leaves_them_beside_the_report(own_workspace: Workspace) -> None:
    chosen = [find_playbook("problem_definition")]
    assert run_batch(own_workspace, ["churn"], chosen).exit_status == 0
    folder = own_workspace.reports / "churn"
    report = BeautifulSoup((folder / "problem_definition.html").read_text(), "html.parser")
    linked = [a["href"] for a in report.select(".take a")]
    assert linked == ["problem_brief.html", "problem_brief.md"]
    assert all((folder / str(name)).is_file() for name in linked)
    assert len(report.select("h1")) == 1
    index = BeautifulSoup((own_workspace.reports / "index.html").read_text(), "html.parser")
    assert [a["href"] for a in index.select(".documents a")] == ["churn/problem_brief.html"]
    assert plan(own_workspace, ["churn"], chosen, False).tasks == []
    (folder / "problem_brief.md").unlink()
    (task,) = plan(own_workspace, ["churn"], chosen, False).tasks
    assert task.why == ("its report is not there any more",)


def test_before_a_browser_the_files_are_in_the_links_and_follow_the_answers(
    own_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_LIVE", "1")
    book = opened(own_workspace, "churn", "problem_brief")
    view: Any = book.document("problem_brief")
    assert book._refresher.settle()
    assert in_link(view.html) == made(book, "problem_brief").markdown
    job = Answer(playbook="problem_definition", question="job", state="answered", value="Guess.")
    own_workspace.store.append("churn", job)
    book.renew()
    assert book._refresher.settle()
    assert "Guess." in in_link(view.html)


def in_link(html: str) -> str:
    """The Markdown that the page offers."""
    link = BeautifulSoup(html, "html.parser").select_one("a[download$='.md']")
    assert link is not None
    return base64.b64decode(str(link["href"]).partition("base64,")[2]).decode()


@pytest.mark.parametrize(
    "file",
    ["", "brief", "other.html", "brief.html/../x", "../brief.html", "brief..html", "brief.a.b.c",
     "brief.HTML", "briefs.html", "brief.html\n"],
)  # fmt: skip
def test_no_file_may_take_the_place_of_another(file: str) -> None:
    assert check_file("brief", "brief.croissant.json")
    with pytest.raises(PlaybookError, match="cannot be a file of the document"):
        check_file("brief", file)
    with pytest.raises(ValueError, match="cannot be a file of the document"):
        Files(name="brief", title="Brief", files={file: ""})


def test_a_document_has_one_playbook(books: dict[tuple[str, str], Book]) -> None:
    book = books["churn", "problem_brief"]
    with pytest.raises(PlaybookError, match="belongs to another playbook"):
        made(book, "data_card")
    with pytest.raises(PlaybookError, match="Did you mean 'problem_brief'"):
        made(book, "problem_brif")
