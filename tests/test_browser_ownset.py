"""The page of a workspace's own set: sections, wide rows as cards, scores that follow answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser import Browse, Server, axe, running
from formpage import Form
from playbook.session.pages import write_pages
from playbook.workspace import Workspace
from test_ownsets import NAME, bring

VIEWPORTS = [{"width": 1280, "height": 1000}, {"width": 390, "height": 844}]


@pytest.fixture(scope="module")
def server(demo_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("ownset")
    shutil.copytree(demo_workspace.folder, folder / "workspace")
    workspace = bring(Workspace.open(folder / "workspace"))
    write_pages(workspace)
    with running("app", workspace, folder) as server:
        yield server


def opened(server: Server, page: Page, slug: str = "churn") -> Form:
    return Form(page, server.notebook(f"{slug}/{NAME}.ipynb")).open()


def test_sections_stand_above_what_is_asked_and_hide_with_it(server: Server, page: Page) -> None:
    form = opened(server, page, "mortgage")
    headings = form.root.locator(".part > h3:visible")
    expect(headings).to_have_text(["The supplier", "The contract"])
    expect(form.question("where")).to_be_hidden()
    form.choose("outside", "Yes")
    expect(form.question("where")).to_be_visible()
    inside = form.root.get_by_role("region", name="The supplier")
    expect(inside.locator("[data-question]:visible")).to_have_count(2)
    expect(page.get_by_text("3 of at most 7 points").first).to_be_visible()
    form.choose("where", "Elsewhere")
    form.choose("papers", "Data processing agreement", "Right to audit")
    expect(page.get_by_text("5 of at most 7 points").first).to_be_visible()


@pytest.mark.parametrize("viewport", VIEWPORTS, ids=lambda v: str(v["width"]))
def test_a_wide_row_is_a_card_that_keys_alone_fill(
    server: Server, browse: Browse, viewport: dict[str, int]
) -> None:
    page = browse(viewport=viewport)
    form = opened(server, page)
    form.root.locator(".more > summary").click()
    if form.question("people").locator(".entry").count():
        form.button("people", "Remove row 1").click()
    form.button("people", "Add a row").press("Enter")
    expect(form.cell("people", "Who", 1)).to_be_focused()
    page.keyboard.type("Ann")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Not")
    card = form.question("people").locator(".entry")
    expect(card.locator(".top > span").first).to_have_text("Ann")
    expect(card.locator(".needed")).to_have_count(2)
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("Support")
    form.has_saved("people")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    stored = server.workspace.store.answers("churn").value(f"{NAME}.people")
    assert stored == [{"who": "Ann", "why": "Support", "how": "Not clear yet"}]


def test_on_paper_a_section_stays_with_its_first_question(
    server: Server, page: Page, tmp_path: Path
) -> None:
    form = opened(server, page)
    page.emulate_media(media="print")
    heading = form.root.locator(".part > h3").first
    assert heading.evaluate("node => getComputedStyle(node).breakAfter") == "avoid"
    assert page.pdf(path=tmp_path / "page.pdf")[:4] == b"%PDF"
