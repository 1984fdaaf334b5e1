"""The playbooks executed on the examples by `make run` in a fresh copy, and by plain papermill."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from sklearn.metrics import recall_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from playbook.batch.index import write_index
from playbook.batch.run import run_batch
from playbook.catalog import find_playbook, playbooks
from playbook.documents import catalog
from playbook.evallogs.joining import read_log
from playbook.shipped import shipped
from playbook.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
NAMES = [p.name for p in playbooks()]
EXAMPLES = ("mortgage", "churn", "flight-delay", "tumour", "support-assistant")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """The README's first command, as a new user types it, where nothing but our own files is (the
    second command is this run). Files not yet committed are taken along."""
    clone = tmp_path_factory.mktemp("fresh") / "clone"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    left_out = ("PLAYBOOK_", "MAKE", "OMP_")
    variables = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
    return subprocess.run(
        ["make", "run"],
        cwd=clone,
        env=variables,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.fixture(scope="module")
def ran(
    made: subprocess.CompletedProcess[str], tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """The workspace that the first command leaves: all examples through all playbooks."""
    assert made.returncode == 0, made.stderr[-3000:]
    index = Path(made.stdout.rpartition("Reports: ")[2].strip())
    return Workspace.open(index.parents[1])


def record(workspace: Workspace, slug: str, name: str) -> dict[str, Any]:
    return json.loads((workspace.reports / slug / f"{name}.json").read_text(encoding="utf-8"))


def estimate(record: dict[str, Any], measure: str, **group: str) -> dict[str, Any]:
    return next(
        e for e in record["estimates"] if e["measure"] == measure and (e["group"] or {}) == group
    )


def test_make_run_leaves_reports_documents_and_their_index(ran: Workspace) -> None:
    documents = set(catalog.TITLES)
    assert {p.name for p in ran.reports.glob("portfolio.*")} == {
        f"portfolio.{kind}" for kind in ("html", "json", "xlsx")
    }
    for slug in EXAMPLES:
        left = {p.name for p in (ran.reports / slug).iterdir()}
        assert left >= {"answers.yaml"} | {
            f"{n}.{kind}" for n in NAMES for kind in ("html", "json")
        }
        assert {Path(n).stem for n in left if n.endswith(".html")} == {*NAMES} | documents
    assert all(0 < p.stat().st_size < 3_000_000 for p in ran.reports.rglob("*.html"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("slug", EXAMPLES)
def test_records_fit_the_shipped_schema(ran: Workspace, slug: str, name: str) -> None:
    schema = json.loads(shipped("templates/report/record.schema.json").read_text("utf-8"))
    found = record(ran, slug, name)
    jsonschema.validate(found, schema)
    assert (found["product"], found["playbook"]) == (slug, name)
    assert all(e["low"] <= e["value"] <= e["high"] for e in found["estimates"])


def test_the_mortgage_example_is_a_no_go_that_its_data_show(ran: Workspace) -> None:
    found = record(ran, "mortgage", "ethics_review")
    blockers = [f for f in found["findings"] if f["severity"] == "blocker"]
    assert found["verdict"] == "no_go"
    assert [b["id"] for b in blockers] == ["ethics_review.wrongly_denied_ratio_race"]
    assert blockers[0]["evidence"][0]["measure"] == "wrongly_denied_ratio"
    assert blockers[0]["evidence"][0]["low"] > 1.25
    assert any("contradicted" in f["id"] for f in found["findings"])
    assert estimate(record(ran, "mortgage", "evaluation"), "expected_value")["low"] > 0


def test_churn_may_go_with_conditions(ran: Workspace) -> None:
    verdicts = {name: record(ran, "churn", name)["verdict"] for name in NAMES}
    assert set(verdicts.values()) == {"go", "go_with_conditions"}


def test_recorded_estimates_equal_other_libraries(ran: Workspace) -> None:
    found = record(ran, "mortgage", "evaluation")
    table = pd.read_parquet(ran.folder / "products/mortgage/data/decisions.parquet")
    label, decided = table["denied"] == "yes", table["prediction"] == "yes"
    recall, auc = estimate(found, "recall"), estimate(found, "auc")
    assert recall["value"] == pytest.approx(recall_score(label, decided), abs=1e-12)
    low, high = proportion_confint((label & decided).sum(), label.sum(), method="wilson")
    assert (recall["low"], recall["high"]) == pytest.approx((low, high), abs=1e-9)
    assert auc["value"] == pytest.approx(roc_auc_score(label, table["score"]), abs=1e-9)
    ethics = record(ran, "mortgage", "ethics_review")
    black = (table["race"] == "Black") & ~label
    wronged = estimate(ethics, "wrongly_denied_rate", race="Black")
    assert wronged["value"] == pytest.approx(decided[black].mean(), abs=1e-12)
    assert wronged["n"] == black.sum()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("slug", EXAMPLES)
def test_reports_are_whole_and_self_contained(ran: Workspace, slug: str, name: str) -> None:
    path = ran.reports / slug / f"{name}.html"
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    assert path.stat().st_size < 3_000_000
    assert page.html is not None
    assert page.html["lang"] == "en"
    assert page.title is not None
    assert len(page.find_all("h1")) == 1
    assert page.find_all("script") == []
    for tag in page.find_all(src=True):
        assert tag["src"].startswith("data:")
    assert page.find_all("link", rel="stylesheet") == []
    images = page.find_all("img")
    # Of the tumour nobody recorded a group: its ethics review has nothing to draw, and says so.
    assert images or (slug, name) == ("tumour", "ethics_review")
    assert all(len(image.get("alt", "")) > 20 for image in images)
    text = page.get_text()
    for trace in ("Traceback", "open_playbook", "Error:", r"\bnan\b", "<IPython", "object at 0x"):
        assert not re.search(trace, text), trace
    for link in page.find_all("a", href=True):
        target = link["href"].split("#")[0]
        assert not target or (path.parent / target).is_file(), target


def test_the_index_links_every_report(ran: Workspace) -> None:
    path = ran.reports / "index.html"
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    links = {a["href"] for a in page.find_all("a", href=True)}
    assert {f"{slug}/{name}.html" for slug in EXAMPLES for name in NAMES} <= links
    assert "No-go" in page.get_text()


def test_a_record_of_another_shape_counts_as_not_run(ran: Workspace, tmp_path: Path) -> None:
    shutil.copytree(ran.folder, tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    last = workspace.runs.done("churn", "evaluation")
    assert last is not None
    workspace.runs.append(replace(last, record={**(last.record or {}), "schema_version": 0}))
    write_index(workspace, {})
    page = (workspace.reports / "index.html").read_text(encoding="utf-8")
    assert "Not enough evidence" in page
    assert "churn/evaluation.html" not in page


def test_a_product_with_data_but_no_answers_still_runs(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    source = shipped("templates/products/mortgage")
    shutil.copytree(source, workspace.folder / "products/fresh")
    batch = run_batch(workspace, ["fresh"], [find_playbook("06"), find_playbook("01")])
    assert [r.error for r in batch.results if r.error] == []
    for name in ("kpi_alignment", "problem_definition"):
        found = record(workspace, "fresh", name)
        assert (found["answered"], found["answers_revision"]) == (0, 0)
        assert found["verdict"] == "not_enough_evidence"


def test_a_product_without_a_table_still_runs(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    folder = workspace.folder / "products/idea"
    folder.mkdir()
    (folder / "product.yaml").write_text("name: An idea\nowner: Somebody\nstage: idea\n")
    batch = run_batch(workspace, ["idea"], [find_playbook("05")])
    assert [r.error for r in batch.results if r.error] == []
    found = record(workspace, "idea", "ethics_review")
    assert found["data"] is None
    assert found["estimates"] == []
    assert found["verdict"] == "not_enough_evidence"


def test_logs_of_other_tools_go_through_the_playbooks(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    logs = {"inspect": ("epochs.eval", "*.eval"), "promptfoo": ("promptfoo.json", "promptfoo.json")}
    for slug, (name, source) in logs.items():
        folder = workspace.folder / "products" / slug
        folder.mkdir()
        shutil.copy2(ROOT / "tests/evallogs" / name, folder)
        text = f"name: {slug}\nowner: Me\nkind: generative\n"
        text += f"tables:\n  outputs:\n    source: '{source}'\n"
        (folder / "product.yaml").write_text(text)
    chosen = [find_playbook(number) for number in ("02", "03", "05")]
    batch = run_batch(workspace, list(logs), chosen)
    assert [r.error for r in batch.results if r.error] == []
    for slug, (name, _) in logs.items():
        found = record(workspace, slug, "data_strategy")
        log = read_log(ROOT / "tests/evallogs" / name)
        assert found["data"]["rows"] == len(log.rows) > 5
        assert estimate(found, "duplicate_rate")["n"] == len(log.rows)
        card = json.loads((workspace.reports / slug / "data_card.croissant.json").read_text())
        assert "distribution" not in card
    assert run_batch(workspace, list(logs), chosen).results == []  # nothing has changed
    (workspace.folder / "products/inspect/epochs.eval").unlink()
    shutil.copy2(ROOT / "tests/evallogs/errors.eval", workspace.folder / "products/inspect")
    again = run_batch(workspace, list(logs), chosen)
    assert {(r.task.slug, r.error) for r in again.results} == {("inspect", "")}


def test_a_fault_found_only_in_the_notebook_is_one_sentence(demo_workspace: Workspace) -> None:
    environment = {**os.environ, "PLAYBOOK_WORKSPACE": str(demo_workspace.folder)}
    code = "from playbook.session import open_playbook\nopen_playbook('evaluation', 'mortage')"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Did you mean 'mortgage'?" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
