"""A question set that a workspace brings itself is shown, judged and reported like our own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from playbook.batch.index import write_index
from playbook.batch.plan import plan
from playbook.batch.run import Batch, run_batch
from playbook.batch.task import Result
from playbook.catalog import find_playbook
from playbook.checks.assess import assess
from playbook.cli import app as cli
from playbook.errors import PlaybookError
from playbook.forms.desk import Desk
from playbook.interchange import export_answers
from playbook.questions import QuestionSet
from playbook.session.book import Book
from playbook.session.create import import_file
from playbook.session.home import open_home
from playbook.session.opening import open_playbook
from playbook.session.pages import write_pages
from playbook.session.portfolio import gathered
from playbook.store import TEAM
from playbook.workspace import Workspace

OWN = Path(__file__).with_name("ownset.yaml")
NAME = "vendor_review"
TITLE = "Vendor <b>review</b> & risk"
ANSWERS = {"outside": "yes", "where": "elsewhere", "papers": ["audit"]}


def bring(workspace: Workspace) -> Workspace:
    folder = workspace.folder / "questions"
    folder.mkdir(exist_ok=True)
    shutil.copy(OWN, folder / f"{NAME}.yaml")
    return workspace


def save(workspace: Workspace, slug: str, **values: Any) -> None:
    desk = Desk(workspace.store, slug, workspace.questions(NAME))
    for question, value in values.items():
        message = {"by": "Ana", "role": "legal", "sheet": TEAM, "nonce": "n", "state": "answered"}
        assert desk.save(message | {"question": question, "value": value})["type"] == "saved"


@pytest.fixture
def workspace(own_workspace: Workspace) -> Workspace:
    return bring(own_workspace)


@pytest.fixture(scope="module")
def ran(demo_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Both examples after a batch of their own set and a shipped one; never changed by a test."""
    folder = tmp_path_factory.mktemp("own") / "workspace"
    shutil.copytree(demo_workspace.folder, folder)
    workspace = bring(Workspace.open(folder))
    save(workspace, "churn", **ANSWERS)
    assert batch(workspace, "mortgage", "churn").exit_status == 0
    return workspace


def batch(workspace: Workspace, *slugs: str, names: tuple[str, ...] = (NAME, "06")) -> Batch:
    return run_batch(workspace, slugs, [workspace.find_playbook(name) for name in names])


def record(workspace: Workspace, slug: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((workspace.reports / slug / f"{NAME}.json").read_text())
    return made


def test_it_follows_the_shipped_playbooks_under_its_own_title(workspace: Workspace) -> None:
    *shipped, own = workspace.playbooks()
    assert [p.number for p in shipped] == sorted(p.number for p in shipped)
    assert (own.name, own.number, own.title, own.page) == (NAME, "", TITLE, f"{NAME}.ipynb")
    assert workspace.find_playbook(f"{NAME}.ipynb") == own
    with pytest.raises(PlaybookError, match="Did you mean 'vendor_review'"):
        workspace.find_playbook("vendor_reviews")
    with pytest.raises(PlaybookError, match="no playbook"):
        find_playbook(NAME)
    with pytest.raises(PlaybookError, match="no questions called 'nothing'"):
        workspace.questions("nothing")


def test_its_page_has_its_title_and_both_parameters(workspace: Workspace) -> None:
    page = write_pages(workspace) / "churn" / f"{NAME}.ipynb"
    notebook = json.loads(page.read_text(encoding="utf-8"))
    source = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    assert 'product: str = "churn"' in source
    assert f'questions: str = "{NAME}"' in source
    assert "book.scores()" in source
    assert notebook["metadata"]["title"] == TITLE
    assert "<b>" not in source
    (workspace.folder / "questions" / f"{NAME}.yaml").unlink()
    mine = page.with_name("mine.ipynb")
    mine.write_text("{}", encoding="utf-8")
    write_pages(workspace)
    assert not page.exists()
    assert mine.exists()


def test_a_set_without_scores_has_no_cells_about_them(workspace: Workspace) -> None:
    path = workspace.folder / "questions" / f"{NAME}.yaml"
    kept = [line for line in path.read_text().splitlines() if "score: " not in line]
    text = "\n".join(kept).replace("options:", "options: [here, there]", 1)
    text = text.replace("type: choice\n", "type: choice\n    unit: u\n")
    path.write_text(text.replace("    options:\n\n", "    options: [x, y]\n"), encoding="utf-8")
    plain = workspace.folder / "questions" / "plain.yaml"
    plain.write_text(
        "playbook: plain\ntitle: Plain\nquestions:\n"
        "  - {id: a, text: A?, why: w, example: e, type: yes_no}\n",
        encoding="utf-8",
    )
    page = write_pages(workspace, "churn") / "churn" / "plain.ipynb"
    assert "book.scores()" not in page.read_text(encoding="utf-8")


def test_answers_lead_to_findings_a_score_and_what_it_leads_to(workspace: Workspace) -> None:
    save(workspace, "churn", **ANSWERS)
    book = Book(NAME, "churn", workspace)
    found = {f.id: f for f in book.assess().findings}
    assert found[f"{NAME}.papers"].outcome == "misses"
    assert found[f"{NAME}.score"].severity == "blocker"
    assert "6 of at most 7 points" in found[f"{NAME}.score"].statement
    assert book.assess().estimates[0].measure == "questionnaire_score"
    shown = book.scores()
    assert "Within the EU" not in shown.text
    assert "High risk | 6 points | Blocker | Lies here" in shown.text
    assert "Vendor &lt;b&gt;" in book.form().html
    assert '<th scope="rowgroup" colspan="2" dir="auto">The contract</th>' in book.form().html
    assert "Written by Procurement" in book.about().text
    assert assess(book.case, book.questions) == book.assess()


def test_the_form_unfolds_and_is_told_of_sections_and_of_what_is_needed(
    workspace: Workspace,
) -> None:
    desk = Desk(workspace.store, "churn", workspace.questions(NAME))
    asked = {q["id"]: q for q in desk.asked()}
    assert [q["section"] for q in asked.values()] == ["The supplier"] * 2 + ["The contract"] * 2
    who, _, how, *_ = asked["people"]["columns"]
    assert who["required"]
    assert how["undecided"] == ["Not clear yet"]
    assert "where" not in desk.shown(TEAM)
    save(workspace, "churn", outside="yes")
    assert "where" in desk.shown(TEAM)


def test_the_same_notebook_serves_every_set_and_asks_which(workspace: Workspace) -> None:
    assert open_playbook(NAME, "churn", str(workspace.folder)).questions.title == TITLE
    with pytest.raises(PlaybookError, match="no questions are named"):
        open_playbook("", "churn", str(workspace.folder))


def test_a_batch_leaves_its_report_record_and_place_in_the_index(ran: Workspace) -> None:
    assert record(ran, "churn")["verdict"] == "no_go"
    assert record(ran, "mortgage")["verdict"] == "not_enough_evidence"
    report = (ran.reports / "churn" / f"{NAME}.html").read_text(encoding="utf-8")
    assert "Vendor &lt;b&gt;review&lt;/b&gt; &amp; risk" in report
    assert "What each answer adds" in report
    assert "<b>review" not in report
    index = (ran.reports / "index.html").read_text(encoding="utf-8")
    assert f'href="churn/{NAME}.html"' in index
    other = (ran.reports / "churn" / "kpi_alignment.html").read_text(encoding="utf-8")
    assert f'href="{NAME}.html"' in other
    facts = gathered(ran, ran.runs.standing())
    assert [column.title for column in facts.playbooks][-1] == TITLE
    assert {c.verdict for p in facts.products for c in p.cells if c.playbook == NAME} == {
        "no_go",
        "not_enough_evidence",
    }


def test_it_runs_again_only_when_its_answers_or_its_file_changed(
    ran: Workspace, tmp_path: Path
) -> None:
    folder = shutil.copytree(ran.folder, tmp_path / "workspace")
    workspace = Workspace.open(folder)

    def due() -> dict[tuple[str, str], tuple[str, ...]]:
        chosen = [workspace.find_playbook(name) for name in (NAME, "06")]
        made = plan(workspace, ["churn", "mortgage"], chosen, force=False)
        return {(task.slug, task.playbook): task.why for task in made.tasks}

    assert due() == {}
    save(workspace, "churn", where="inside")
    assert list(due()) == [("churn", NAME)]
    assert batch(workspace, "churn").exit_status == 0
    report = (workspace.reports / "churn" / f"{NAME}.html").read_text(encoding="utf-8")
    changed = report[report.index("What changed</h2>") : report.index("What would flip it")]
    assert "Where does it go?" in changed
    assert "Within the EU" in changed
    own = folder / "questions" / f"{NAME}.yaml"
    own.write_text(own.read_text().replace("score: 4", "score: 5"), encoding="utf-8")
    assert due() == {
        ("churn", NAME): ("the question set changed",),
        ("mortgage", NAME): ("the question set changed",),
    }


def test_its_answers_are_exported_and_imported(workspace: Workspace, tmp_path: Path) -> None:
    save(workspace, "churn", **ANSWERS)
    product = workspace.product("churn")
    text = export_answers(product, workspace.readable_sets(), workspace.answers("churn"))
    file = tmp_path / "answers.yaml"
    file.write_text(text, encoding="utf-8")
    import_file(workspace, file, "mortgage")
    answers = workspace.answers("mortgage")
    assert {q: answers.value(f"{NAME}.{q}") for q in ANSWERS} == ANSWERS
    again = export_answers(product, [workspace.questions(NAME)], answers)
    assert again[again.index(f"{NAME}:") :].partition("\nno_longer")[0] in text


def test_the_home_shows_its_progress_and_its_verdict(workspace: Workspace) -> None:
    save(workspace, "churn", **ANSWERS)
    shown = open_home(str(workspace.folder), "churn").products()
    assert f"{TITLE}: 3 of 4 answered, No-go" in shown.text
    assert f'href="churn/{NAME}.ipynb"' in shown.html


def test_a_damaged_set_takes_no_other_down(workspace: Workspace) -> None:
    path = workspace.folder / "questions" / f"{NAME}.yaml"
    path.write_text(path.read_text().replace("type: yes_no", "type: yesno"), encoding="utf-8")
    results: list[Result] = []
    chosen = [workspace.find_playbook(name) for name in (NAME, "06")]
    made = run_batch(workspace, ["churn"], chosen, on_result=results.append)
    assert made.exit_status == 2
    errors = {result.task.playbook: result.error for result in results}
    assert errors["kpi_alignment"] == ""
    assert f"{NAME}.yaml, line 20: 'questions.0.type' is 'yesno'" in errors[NAME]
    write_index(workspace, {})
    assert "yesno" in (workspace.reports / "index.html").read_text(encoding="utf-8")
    home = open_home(str(workspace.folder), "churn").products()
    assert "yesno" in home.html
    assert "Ethics review: 0 of" not in home.text
    write_pages(workspace)
    assert len(workspace.readable_sets()) == len(workspace.playbooks()) - 1
    assert all(isinstance(s, QuestionSet) for s in workspace.readable_sets())


def test_the_command_line_knows_it(workspace: Workspace) -> None:
    from typer.testing import CliRunner

    folder = ["--workspace", str(workspace.folder)]
    ran = CliRunner().invoke(cli, ["check", *folder])
    assert (ran.exit_code, ran.output) == (0, "No fault found in 2 products.\n")
    ran = CliRunner().invoke(cli, ["run", "churn", "--playbook", NAME, "--jobs", "1", *folder])
    assert ran.exit_code == 0, ran.output
    assert f"churn  {NAME}  Not enough evidence" in ran.output
