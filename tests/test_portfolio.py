"""The portfolio: from run records to a page, a JSON document and a workbook."""

from __future__ import annotations

import ast
import copy
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import nbformat
import papermill
import pytest

from browser import Browse, axe
from playbook.answers import Answer, Answers
from playbook.catalog import playbooks
from playbook.checks.obligations import obligations
from playbook.checks.portfoliofacts import Portfolio
from playbook.errors import PlaybookError
from playbook.regulation import load_law, shipped_laws
from playbook.report.portfolio import facts_of, write_portfolio
from playbook.runs import Run
from playbook.session import open_playbook
from playbook.session.portfolio import open_portfolio
from playbook.shipped import shipped
from playbook.views.portfolioverdicts import NOTHING
from playbook.workspace import Workspace

NOTEBOOK = shipped("playbooks/portfolio.ipynb")
AREA = "ethics_review.ai_act_area"
BEGUN = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
HOSTILE = '=HYPERLINK("http://x.test","a")<script>alert(1)</script>\u202e</td>'
REAL = {
    "mortgage": ("ethics_review", "kpi_alignment", "problem_definition"),
    "churn": ("ethics_review", "kpi_alignment"),
}


def run(
    product: str, playbook: str, record: dict[str, Any] | None, batch: str = "b1", **more: Any
) -> Run:
    days = timedelta(days=int(batch.removeprefix("b")))
    outcome = "failed" if record is None else "done"
    return Run(
        product, playbook, batch, outcome, "k", {}, BEGUN + days, 1.0, "h", record=record, **more
    )


def execute(path: Path, parameters: dict[str, str]) -> nbformat.NotebookNode:
    """The notebook's cells run in this process, as a kernel would run them, without one."""
    notebook = nbformat.read(path, as_version=4)
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        *body, last = ast.parse(cell.source).body
        if not isinstance(last, ast.Expr):
            body.append(last)
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        if "parameters" in cell.metadata.get("tags", []):
            names |= parameters
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
            data = json.loads(json.dumps(shown._repr_mimebundle_()))
            cell.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=1)]
    return notebook


@pytest.fixture(scope="module")
def real(demo_workspace: Workspace) -> dict[tuple[str, str], dict[str, Any]]:
    """Records of real runs of both examples."""
    found = {}
    for product, names in REAL.items():
        for name in names:
            book = open_playbook(name, product, str(demo_workspace.folder))
            found[product, name] = book.conclude().record.model_dump(mode="json")
    return found


@pytest.fixture
def place(own_workspace: Workspace, real: dict[tuple[str, str], dict[str, Any]]) -> Workspace:
    """A workspace with both examples run once, one playbook of churn failed since."""
    for (product, name), record in real.items():
        own_workspace.runs.append(run(product, name, record))
    return own_workspace


def grown(place: Workspace, real: Any, products: int, name: str = "Product") -> None:
    """As many generated products, each run in all playbooks, beside the real ones."""
    for number in range(products):
        slug = f"made-{number:03}"
        folder = place.folder / "products" / slug
        folder.mkdir()
        (folder / "product.yaml").write_text("name: Made\n")
        for playbook in playbooks():
            given = ("mortgage", "churn")[number % 2], playbook.name
            record = copy.deepcopy(real.get(given) or real["churn", "kpi_alignment"])
            record |= {
                "product": slug,
                "product_name": f"{name} {number}",
                "playbook": playbook.name,
            }
            for estimate in record["estimates"]:
                estimate["unit"] = estimate["unit"].replace(
                    "USD", ("USD", "EUR", "GBP")[number % 3]
                )
            place.runs.append(run(slug, playbook.name, record))


def answered(value: str | None, state: str = "answered", reason: str | None = None) -> Answers:
    answer = Answer(
        playbook="ethics_review", question="ai_act_area", state=state, value=value,
        reason=reason, by="Ann",
    )  # fmt: skip
    return Answers({AREA: answer})


class TestRegulation:
    @pytest.mark.parametrize("law", shipped_laws(), ids=lambda law: law.id)
    def test_rules_name_questions_and_answers_that_exist(
        self, law: Any, demo_workspace: Workspace
    ) -> None:
        for rule in law.rules:
            for condition in rule.when:
                playbook, name = condition.question.split(".")
                question = demo_workspace.questions(playbook)[name]
                assert set(condition.answer) <= {option.value for option in question.options}

    def test_every_answer_about_the_ai_act_leads_somewhere(self, demo_workspace: Workspace) -> None:
        product = demo_workspace.product("churn")
        for option in demo_workspace.questions("ethics_review")["ai_act_area"].options:
            assert obligations(answered(option.value), product), option.value

    @pytest.mark.parametrize(
        "answers", [Answers(), answered(None, "unknown"), answered(None, "open")]
    )
    def test_an_unanswered_question_is_not_assessed_never_not_applicable(
        self, answers: Answers, demo_workspace: Workspace
    ) -> None:
        (duty,) = obligations(answers, demo_workspace.product("churn"))
        assert (duty.status, duty.applies_from) == ("not_assessed", date(2025, 2, 2))

    def test_only_a_person_declares_a_product_outside_and_the_reason_is_kept(
        self, demo_workspace: Workspace
    ) -> None:
        (duty,) = obligations(answered(None, "not_applicable", "sold in Peru only"),
                              demo_workspace.product("churn"))  # fmt: skip
        assert duty.status == "declared_outside"
        assert "said Ann (sold in Peru only)" in duty.because[0]

    def test_high_risk_duties_are_dated_unverified_and_in_order(
        self, demo_workspace: Workspace
    ) -> None:
        duties = obligations(answered("high_risk_open"), demo_workspace.product("mortgage"))
        dates = [duty.applies_from for duty in duties]
        assert dates == sorted(dates, key=str)
        by_id = {duty.id.split(".")[1]: duty for duty in duties}
        assert by_id["high_risk_annex_iii"].applies_from == date(2027, 12, 2)
        assert not by_id["high_risk_annex_iii"].verified
        assert by_id["high_risk_annex_i"].applies_from == date(2028, 8, 2)
        assert "Annex III" in by_id["high_risk_annex_iii"].provided

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (
                ("applies_from: 2025-02-02", "applies_from: soon"),
                ", line {}: 'rules.0.applies_from'",
            ),
            (("    status: not_assessed", "    state: not_assessed"), "unknown field"),
            (("id: literacy", "id: not_assessed"), "stands twice"),
            (("    provided: the practice is one of those in Art. 5\n", ""), "what it depends on"),
            (("answer: [not_assessed]", "anser: [not_assessed]"), "Did you mean 'answer'"),
        ],
    )
    def test_faults_name_file_and_line(
        self, tmp_path: Path, change: tuple[str, str], fault: str
    ) -> None:
        text = shipped("templates/regulation/eu_ai_act.yaml").read_text(encoding="utf-8")
        assert change[0] in text
        path = tmp_path / "law.yaml"
        path.write_text(text.replace(change[0], change[1], 1), encoding="utf-8")
        with pytest.raises(PlaybookError, match=re.escape(str(path))) as caught:
            load_law(path)
        line = text[: text.index(change[0])].count("\n") + 1
        assert fault.format(line) in str(caught.value)


class TestFacts:
    def test_the_overall_verdict_is_the_gravest_and_unrun_playbooks_are_not_evidence(
        self, place: Workspace
    ) -> None:
        facts = open_portfolio(str(place.folder)).facts
        by = {product.slug: product for product in facts.products}
        assert by["mortgage"].verdict == "no_go"
        assert by["mortgage"].blockers == 1
        assert by["churn"].verdict == "not_enough_evidence"
        assert [cell.playbook for cell in by["churn"].cells if cell.ran is None] == [
            "problem_definition", "data_strategy", "evaluation",
        ]  # fmt: skip

    def test_worth_is_the_record_s_own_estimate(self, place: Workspace, real: Any) -> None:
        facts = open_portfolio(str(place.folder)).facts
        stated = {
            e["unit"]: e["value"]
            for e in real["churn", "kpi_alignment"]["estimates"]
            if e["measure"] in {"expected_value", "expected_value_per_month"}
        }
        (churn,) = (p for p in facts.products if p.slug == "churn")
        assert {e.unit: e.value for e in churn.worth} == stated

    def test_a_failed_run_leaves_the_earlier_report_standing(self, place: Workspace) -> None:
        place.runs.append(
            run("churn", "ethics_review", None, "b2", error="No table.", fault="input")
        )
        view = open_portfolio(str(place.folder))
        (churn,) = (p for p in view.facts.products if p.slug == "churn")
        (cell,) = (c for c in churn.cells if c.playbook == "ethics_review")
        assert (cell.error, cell.verdict) == ("No table.", "go_with_conditions")
        assert "No table. The report of 21 November 2026 stands." in view.faults().text

    def test_changes_are_those_of_the_last_batch(self, place: Workspace, real: Any) -> None:
        assert open_portfolio(str(place.folder)).facts.changes == []
        record = copy.deepcopy(real["mortgage", "ethics_review"])
        gone = [f for f in record["findings"] if f["severity"] == "blocker"]
        record["findings"] = [f for f in record["findings"] if f not in gone]
        record["verdict"] = "not_enough_evidence"
        place.runs.append(run("mortgage", "ethics_review", record, "b2"))
        view = open_portfolio(str(place.folder))
        (change,) = view.facts.changes
        assert (change.before, change.after) == ("no_go", "not_enough_evidence")
        assert (change.opened, change.closed) == ([], [gone[0]["statement"]])
        assert "1 verdict better, 0 worse" in view.changes().text

    def test_a_blocker_of_several_products_is_counted_once_with_its_owners(
        self, place: Workspace, real: Any
    ) -> None:
        grown(place, real, 4)
        facts = open_portfolio(str(place.folder)).facts
        (first, *_) = facts.blockers
        assert first.id == "ethics_review.wrongly_denied_ratio_race"
        assert {told.product for told in first.products} == {"mortgage", "made-000", "made-002"}
        assert first.owners == ["Data science"]

    def test_runs_of_removed_products_and_of_another_shape_are_left_out(
        self, place: Workspace, real: Any
    ) -> None:
        place.runs.append(run("gone", "evaluation", real["churn", "kpi_alignment"]))
        other = {**real["churn", "kpi_alignment"], "schema_version": 2}
        place.runs.append(run("churn", "data_strategy", other))
        facts = open_portfolio(str(place.folder)).facts
        assert [p.slug for p in facts.products] == ["churn", "mortgage"]
        assert next(c for c in facts.products[0].cells if c.playbook == "data_strategy").ran is None

    def test_currencies_are_kept_apart(self, place: Workspace, real: Any) -> None:
        grown(place, real, 3)
        charts = open_portfolio(str(place.folder)).value_charts()
        titles = re.findall(r'<p class="title">(\w+ per \w+):', charts.html)
        assert titles == ["USD per month", "EUR per month", "GBP per month"]

    def test_obligations_are_counted_from_the_day_given(self, place: Workspace) -> None:
        view = open_portfolio(str(place.folder), today=date(2025, 2, 1))
        assert "2 February 2025 in 1 day" in view.obligations().text
        assert "Unverified: 1 of 2 entries" in view.obligations().text
        stale = open_portfolio(str(place.folder), today=date(2030, 1, 1)).obligations().text
        assert "Out of date" in stale
        assert "compliant" not in view.obligations().text.lower()


class TestNotebook:
    notebook = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)

    def test_reads_like_the_others(self) -> None:
        nbformat.validate(self.notebook)
        code = [c for c in self.notebook.cells if c.cell_type == "code"]
        assert max(len(c.source.splitlines()) for c in code) <= 5
        assert not any(c.outputs or c.execution_count for c in code)
        for before, cell in pairwise(self.notebook.cells):
            if cell.cell_type == "code" and not cell.metadata.get("tags"):
                assert before.cell_type == "markdown"

    def test_runs_with_plain_papermill_also_before_any_run(
        self, own_workspace: Workspace, tmp_path: Path
    ) -> None:
        done = papermill.execute_notebook(
            str(NOTEBOOK), str(tmp_path / "out.ipynb"), {"workspace": str(own_workspace.folder)},
            kernel_name="python3", progress_bar=False,
        )  # fmt: skip
        _close_loop()
        said = [o.data["text/plain"] for c in done.cells for o in c.get("outputs", [])]
        assert [text for text in said if text] == [NOTHING]
        assert facts_of(done).products == []


def _close_loop() -> None:
    from playbook.batch.execute import close_loop

    close_loop()


class TestFiles:
    def test_three_files_that_say_the_same(self, place: Workspace) -> None:
        assert write_portfolio(place, execute) == [
            "portfolio.html", "portfolio.json", "portfolio.xlsx",
        ]  # fmt: skip
        document = json.loads(place.reports_place.read("portfolio.json"))
        schema = json.loads(shipped("templates/report/portfolio.schema.json").read_text("utf-8"))
        jsonschema.validate(document, schema)
        assert schema == {"$schema": schema["$schema"], **Portfolio.model_json_schema()}
        page = place.reports_place.read("portfolio.html").decode()
        book = Sheets(place.reports_place.read("portfolio.xlsx"))
        verdicts = [row for row in book["Verdicts"][1:] if row[3] == "Overall"]
        assert {row[1]: row[4] for row in verdicts} == {
            "mortgage": "No-go", "churn": "Not enough evidence",
        }  # fmt: skip
        assert 'href="mortgage/ethics_review.html"' in page

    def test_before_any_run_the_page_is_one_sentence(self, own_workspace: Workspace) -> None:
        write_portfolio(own_workspace, execute)
        page = own_workspace.reports_place.read("portfolio.html").decode()
        assert "No playbook has been run to its end yet." in page
        assert "<h2" not in page
        assert Sheets(own_workspace.reports_place.read("portfolio.xlsx"))["Findings"][1:] == []

    def test_cells_of_the_workbook_have_their_own_types(self, place: Workspace) -> None:
        write_portfolio(place, execute)
        content = place.reports_place.read("portfolio.xlsx")
        book = Sheets(content)
        assert list(book) == ["Verdicts", "Findings", "Estimates", "Obligations", "Changes"]
        estimates = book["Estimates"]
        assert all(isinstance(x, float) for row in estimates[1:] for x in row[4:8])
        from_, left = estimates[0].index("Value"), book["Obligations"][0].index("Days left")
        assert from_ == 4
        days = [row[left] for row in book["Obligations"][1:] if row[left] is not None]
        assert days
        assert all(isinstance(day, float) for day in days)
        for name in book:
            assert "<pane" in book.xml(name)
            assert "<autoFilter" in book.xml(name)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            core = archive.read("docProps/core.xml").decode()
        assert "<dc:creator></dc:creator>" in core

    def test_hostile_names_and_findings_stay_text(self, place: Workspace, real: Any) -> None:
        record = copy.deepcopy(real["churn", "kpi_alignment"])
        record["product_name"] = HOSTILE
        record["findings"].append(
            {**record["findings"][0], "id": "kpi_alignment.hostile", "severity": "blocker",
             "outcome": "misses", "at_stake": "blocker", "statement": HOSTILE,
             "remedy": f"@{HOSTILE}", "owner": f"+{HOSTILE}", "topic": HOSTILE}
        )  # fmt: skip
        place.runs.append(run("churn", "kpi_alignment", record, "b2"))
        sentence = f"{HOSTILE} <img src=x onerror=alert(1)>"
        place.runs.append(run("churn", "evaluation", None, "b2", error=sentence, fault="crash"))
        write_portfolio(place, execute)
        page = place.reports_place.read("portfolio.html").decode()
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert "<img src=x" not in page
        book = Sheets(place.reports_place.read("portfolio.xlsx"))
        assert all("<f>" not in book.xml(name) and "<f " not in book.xml(name) for name in book)
        assert all("<hyperlink" not in book.xml(name) for name in book)
        texts = [x for name in book for row in book[name] for x in row if isinstance(x, str)]
        assert any("HYPERLINK" in text for text in texts)
        assert not [text for text in texts if text.lstrip().startswith(("=", "+", "-", "@"))]

    def test_two_hundred_products_stay_under_three_megabytes(
        self, place: Workspace, real: Any
    ) -> None:
        grown(place, real, 198, "Product with quite a long name for a table")
        write_portfolio(place, execute)
        page = place.reports_place.read("portfolio.html")
        assert len(page) < 3_000_000
        assert b"200 products: " in page


class Sheets:
    """What a spreadsheet would read: rows of text and numbers by sheet, and each sheet's XML."""

    def __init__(self, content: bytes) -> None:
        self._names = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {name: archive.read(name).decode() for name in archive.namelist()}
        book = ElementTree.fromstring(files["xl/workbook.xml"])
        titles = [sheet.get("name", "") for sheet in book.findall(".//s:sheet", self._names)]
        self._xml = {t: files[f"xl/worksheets/sheet{i}.xml"] for i, t in enumerate(titles, 1)}
        shared = ElementTree.fromstring(files["xl/sharedStrings.xml"])
        self._texts = [
            "".join(t.text or "" for t in item.iter(f"{{{self._names['s']}}}t"))
            for item in shared.findall("s:si", self._names)
        ]

    def __iter__(self) -> Iterator[str]:
        return iter(self._xml)

    def xml(self, name: str) -> str:
        return self._xml[name]

    def __getitem__(self, name: str) -> list[list[str | float | None]]:
        rows = ElementTree.fromstring(self._xml[name]).findall(".//s:row", self._names)
        width = max(len(row) for row in rows)
        found = []
        for row in rows:
            line: list[str | float | None] = [None] * width
            for cell in row:
                value = cell.find("s:v", self._names)
                place = _column(cell.get("r", ""))
                if value is not None and value.text:
                    text = cell.get("t") == "s"
                    line[place] = self._texts[int(value.text)] if text else float(value.text)
            found.append(line)
        return found


def _column(reference: str) -> int:
    letters = reference.rstrip("0123456789")
    place = 0
    for letter in letters:
        place = 26 * place + ord(letter) - 64
    return place - 1


class TestPage:
    @pytest.fixture
    def address(self, place: Workspace, real: Any) -> str:
        grown(place, real, 6, "Ein Produkt / منتج")
        record = copy.deepcopy(real["mortgage", "ethics_review"])
        record["verdict"] = "go"
        place.runs.append(run("mortgage", "ethics_review", record, "b2"))
        place.runs.append(run("churn", "evaluation", None, "b2", error="No table.", fault="input"))
        write_portfolio(place, execute)
        return place.reports_place.path("portfolio.html").as_uri()

    @pytest.mark.parametrize("width", [1280, 390])
    def test_is_accessible_and_never_wider_than_the_screen(
        self, browse: Browse, address: str, width: int
    ) -> None:
        page = browse(None, viewport={"width": width, "height": 900})
        page.goto(address)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width

    def test_orders_are_chosen_with_the_keyboard_and_without_script(
        self, browse: Browse, address: str
    ) -> None:
        page = browse(None, java_script_enabled=False)
        page.goto(address)
        rows = page.locator(".heat:visible tbody strong")
        gravest = rows.all_text_contents()
        page.locator("#order-verdicts-1").focus()
        for _ in range(2):
            page.keyboard.press("ArrowRight")
        by_name = rows.all_text_contents()
        assert by_name == sorted(gravest, key=str.casefold)
        assert gravest != by_name
        assert len(by_name) == 8
        assert page.locator("#order-verdicts-3").is_checked()

    def test_paper_shows_the_chosen_order_and_no_buttons(
        self, browse: Browse, address: str
    ) -> None:
        page = browse(None)
        page.goto(address)
        page.get_by_label("By name").first.check(force=True)
        page.emulate_media(media="print")
        assert page.locator(".orders > label:visible").count() == 0
        assert page.locator(".heat:visible").count() == 1
        assert len(page.pdf()) > 10_000
