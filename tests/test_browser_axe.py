"""axe-core finds nothing serious or critical in what we author, as the browser shows it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser import Browse, Server, axe
from formpage import NOTEBOOK, Form
from playbook.workspace import Workspace

PRODUCTS = ["filled", "open"]


@pytest.fixture(scope="module")
def reports(form_workspace: Workspace) -> Path:
    """Reports as the command writes them, of a playbook with tables, charts and long answers."""
    command = [sys.executable, "-m", "playbook.cli", "run", "filled"]
    command += ["--playbook", "ethics_review", "--playbook", "kpi_alignment"]
    command += ["--workspace", str(form_workspace.folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return form_workspace.reports


@pytest.mark.parametrize(
    "name", ["index.html", "filled/ethics_review.html", "filled/kpi_alignment.html"]
)
def test_reports_and_their_index(reports: Path, page: Page, name: str) -> None:
    page.goto((reports / name).as_uri())
    assert axe(page) == []


def in_every_state(form: Form) -> None:
    """Bring the form to where most of its parts show: saved, refused, unknown, history, rows."""
    form.fill_every_type()
    form.write("a_percentage", "300")
    expect(form.question("a_percentage").locator(".fault")).to_be_visible()
    form.button("some_money", "Unknown").click()
    form.button("a_date", "Not applicable").click()
    expect(form.question("a_date").get_by_label("Because")).to_be_visible()
    form.has_saved("a_table", "a_text")
    form.button("a_text", "History").click()


def test_the_form_in_jupyterlab(lab_server: Server, page: Page) -> None:
    form = Form(page, lab_server.notebook(f"filled/{NOTEBOOK}")).open()
    in_every_state(form)
    assert axe(page, ".pb-form") == []


def test_a_playbook_without_code(voila_server: Server, page: Page) -> None:
    form = Form(page, voila_server.notebook(f"open/{NOTEBOOK}")).open()
    in_every_state(form)
    expect(page.locator("#verdict")).to_be_visible()
    assert axe(page) == []


def test_who_answers_is_asked_first(voila_server: Server, browse: Browse) -> None:
    page = browse(who=None)
    page.goto(voila_server.notebook(f"open/{NOTEBOOK}"))
    expect(page.get_by_label("Your name")).to_be_visible(timeout=120_000)
    assert axe(page) == []


def test_home(voila_server: Server, page: Page) -> None:
    page.goto(voila_server.notebook("00_start_here.ipynb"))
    expect(page.get_by_role("link", name="KPI alignment").first).to_be_visible(timeout=120_000)
    assert axe(page) == []
