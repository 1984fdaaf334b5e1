"""The form in a real browser, against a real Voilà and a real JupyterLab."""

from __future__ import annotations

import json
import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page, expect

from browser import Browse, Guard, Server
from formpage import EVERY, NOTEBOOK, ROWS, Form, stored

PRODUCTS = [
    *(f"{test}-{host}" for host in ("lab", "app") for test in (
        "every", "kernel", "server", "redraw")),
    "conflict", "undo", "states", "keys", "narrow", "words", "rows", "mine", "faults",
]  # fmt: skip
TIMES = count(1)
ARABIC = "مرحبا بالعالم 👩🏽‍💼 — שלום"


@pytest.fixture(params=["lab", "app"])
def host(request: pytest.FixtureRequest) -> Server:
    return request.getfixturevalue({"lab": "lab_server", "app": "voila_server"}[request.param])


def opened(page: Page, server: Server, product: str) -> Form:
    return Form(page, server.notebook(f"{product}/{NOTEBOOK}")).open()


def value(server: Server, product: str, question: str) -> Any:
    answer = stored(server.workspace, product, question)
    return answer and answer.value


# Saved, and there again


def test_every_type_is_saved_and_there_after_a_reload(host: Server, page: Page) -> None:
    product = f"every-{host.command}"
    form = opened(page, host, product)
    form.fill_every_type()
    form.has_saved(*EVERY)
    assert {question: value(host, product, question) for question in EVERY} == EVERY
    assert stored(host.workspace, product, "a_text").by == "Ann"
    form.reload().shows_every_type()


def restart_kernel(server: Server, product: str) -> None:
    """As JupyterLab's own menu does."""
    with urllib.request.urlopen(server.at("api/sessions")) as answer:
        sessions = json.load(answer)
    (kernel,) = (s["kernel"]["id"] for s in sessions if s["path"] == f"{product}/{NOTEBOOK}")
    path = server.at(f"api/kernels/{kernel}/restart")
    urllib.request.urlopen(urllib.request.Request(path, method="POST")).close()


def end_kernel(server: Server, product: str) -> None:
    if server.command == "lab":
        restart_kernel(server, product)
    else:
        for kernel in server.kernels():
            kernel.kill()


def test_what_is_typed_while_the_kernel_dies_is_stored_when_the_page_is_back(
    host: Server, page: Page, guard: Guard
) -> None:
    product = f"kernel-{host.command}"
    form = opened(page, host, product)
    form.write("a_text", "before")
    form.has_saved("a_text")
    field = form.field("a_long_text")
    field.press_sequentially("The first half, ", delay=5)
    with ThreadPoolExecutor(1) as meanwhile:
        # JupyterLab draws the form anew a moment after the restart: typing does not wait for it.
        died = meanwhile.submit(end_kernel, host, product)
        field.press_sequentially("and the second.", delay=5)
        died.result()
    field.blur()
    guard.expected += ["WebSocket", "[Kk]ernel", "Canceled", "fetch"]
    if host.command == "app":
        expect(form.question("a_long_text").get_by_role("alert")).to_be_visible()
        form.reload()
    # JupyterLab's page has run again by itself, often before anybody is alarmed.
    form.holds("a_long_text", "The first half, and the second.")
    form.holds("a_text", "before")
    form.has_saved("a_long_text")
    assert value(host, product, "a_long_text") == "The first half, and the second."


@pytest.mark.parametrize("host", ["app"], indirect=True)
def test_what_is_typed_while_the_server_is_down_is_stored_when_it_is_back(
    host: Server, page: Page, guard: Guard
) -> None:
    product = f"server-{host.command}"
    form = opened(page, host, product)
    form.write("a_text", "saved")
    form.has_saved("a_text")
    form.field("a_long_text").fill("begun")
    kernels = host.kernels()
    assert kernels
    host.kill()
    guard.expected += ["[Ff]etch", "WebSocket", "[Cc]onnection", "Canceled", "[Kk]ernel"]
    form.field("a_long_text").press_sequentially(", ended")
    form.write("a_number", "7")
    form.choose("a_yes_no", "Yes")
    expect(form.question("a_number").get_by_role("alert")).to_be_visible()
    # Nobody's kernel outlives the server: it would keep its memory for ever.
    assert psutil.wait_procs(kernels, timeout=60)[1] == []

    host.start()
    form.address = host.notebook(f"{product}/{NOTEBOOK}")
    form.open()
    form.holds("a_long_text", "begun, ended")
    form.has_saved("a_text", "a_long_text", "a_number", "a_yes_no")
    kept = {q: value(host, product, q) for q in ("a_text", "a_long_text", "a_number", "a_yes_no")}
    assert kept == {
        "a_text": "saved", "a_long_text": "begun, ended", "a_number": 7, "a_yes_no": "yes"
    }  # fmt: skip


# Two people, and second thoughts


def clash(mine: Form, theirs: Form, text: str) -> None:
    """Both change one answer without having seen the other's."""
    # My page stands still meanwhile, so that it neither asks what is new nor is the first to save.
    mine.page.clock.pause_at(datetime.now() + timedelta(seconds=5 * next(TIMES)))
    mine.field("a_text").fill(f"my {text}")
    theirs.write("a_text", f"their {text}")
    theirs.has_saved("a_text")
    mine.page.clock.resume()
    mine.field("a_text").blur()
    conflict = mine.question("a_text").locator(".conflict")
    expect(conflict).to_be_visible()
    for told in (f"their {text}", f"my {text}", "Bob", "Legal"):
        expect(conflict).to_contain_text(told)
    assert re.search(r"\d\d:\d\d", conflict.inner_text())


def test_two_browsers_on_one_answer(voila_server: Server, browse: Browse) -> None:
    page = browse()
    page.clock.install()
    mine = opened(page, voila_server, "conflict")
    theirs = opened(browse(who=("Bob", "legal")), voila_server, "conflict")

    clash(mine, theirs, "first")
    assert value(voila_server, "conflict", "a_text") == "their first"
    mine.button("a_text", "Take theirs").click()
    mine.holds("a_text", "their first")
    mine.has_saved("a_text")
    expect(mine.question("a_text").locator(".conflict")).to_be_hidden()

    clash(mine, theirs, "second")
    mine.button("a_text", "Keep mine").click()
    mine.has_saved("a_text")
    theirs.holds("a_text", "my second")  # shown to others without a reload
    past = voila_server.workspace.store.history("conflict", "kpi_alignment", "a_text")
    assert [(a.value, a.by) for a in past] == [
        ("their first", "Bob"), ("their second", "Bob"), ("my second", "Ann")
    ]  # fmt: skip


def test_undo_and_history(voila_server: Server, page: Page) -> None:
    form = opened(page, voila_server, "undo")
    for text in ("one", "two", "three"):
        form.write("a_text", text)
        form.has_saved("a_text")
    form.button("a_text", "Undo").click()
    form.holds("a_text", "two")
    form.has_saved("a_text")
    form.button("a_text", "History").click()
    entries = form.question("a_text").locator(".past li")
    expect(entries).to_have_count(4)
    for entry, text in zip(entries.all(), ("two", "three", "two", "one"), strict=True):
        expect(entry).to_contain_text(text)
        expect(entry).to_contain_text("Ann, Product management")
    entries.nth(3).get_by_role("button", name="Use this again").click()
    form.holds("a_text", "one")
    expect(entries).to_have_count(5)
    form.has_saved("a_text")
    assert value(voila_server, "undo", "a_text") == "one"


def test_unknown_and_not_applicable_with_its_reason(voila_server: Server, page: Page) -> None:
    form = opened(page, voila_server, "states")
    form.button("a_number", "Unknown").click()
    expect(form.question("a_number")).to_have_attribute("data-state", "unknown")
    form.button("a_date", "Not applicable").click()
    because = form.question("a_date").get_by_label("Because")
    expect(because).to_be_focused()
    because.fill("It has started already")
    because.blur()
    expect(form.question("a_date")).to_have_attribute("data-state", "not_applicable")
    form.has_saved("a_number", "a_date")
    answer = stored(voila_server.workspace, "states", "a_date")
    assert (answer.state, answer.reason) == ("not_applicable", "It has started already")
    form.reload()
    expect(form.question("a_number")).to_have_attribute("data-state", "unknown")
    expect(because).to_have_value("It has started already")

    form.write("a_number", "5")  # knowing it after all needs no detour
    form.has_saved("a_number")
    expect(form.question("a_number")).to_have_attribute("data-state", "answered")
    form.write("a_number", "")
    expect(form.question("a_number")).to_have_attribute("data-state", "open")
    assert stored(voila_server.workspace, "states", "a_number") is None


def test_participants_answer_for_themselves_beside_the_team(
    voila_server: Server, page: Page
) -> None:
    form = opened(page, voila_server, "mine")
    form.write("a_text", "the team's")
    form.has_saved("a_text")
    form.root.get_by_label("Myself", exact=True).check()
    form.holds("a_text", "")
    expect(form.question("a_text")).to_contain_text("the team's")
    form.write("a_text", "my own")
    form.has_saved("a_text")
    assert value(voila_server, "mine", "a_text") == "the team's"
    own = stored(voila_server.workspace, "mine", "a_text", "person:ann")
    assert own.value == "my own"
    form.root.get_by_label("The team", exact=True).check()
    form.holds("a_text", "the team's")


# By keyboard


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there, as someone without a mouse has to."""
    reached = "selector => document.activeElement?.matches(selector) ?? false"
    for _ in range(400):
        if page.evaluate(reached, selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {selector}")


def of(question: str, rest: str) -> str:
    return f'[data-question="{question}"] {rest}'


def test_a_whole_form_by_keyboard_only(voila_server: Server, browse: Browse) -> None:
    page = browse(who=None)
    form = Form(page, voila_server.notebook(f"keys/{NOTEBOOK}"))
    page.goto(form.address)
    expect(page.get_by_label("Your name")).to_be_visible(timeout=120_000)
    tab_to(page, ".pb-form input[type=text]")
    page.keyboard.type("Kim")
    tab_to(page, ".pb-form select")
    page.keyboard.type("Design")
    tab_to(page, ".pb-form button")
    page.keyboard.press("Enter")
    form.ready()

    tab_to(page, of("a_choice", "input"))
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    tab_to(page, of("several_things", "input[value=alpha]"))
    page.keyboard.press("Space")
    tab_to(page, of("several_things", "input[value=gamma]"))
    page.keyboard.press("Space")
    tab_to(page, of("a_yes_no", "input"))
    page.keyboard.press("Space")
    for question in ("a_text", "a_long_text", "a_number", "some_money", "a_percentage"):
        tab_to(page, of(question, "input, textarea".replace(", ", f", {of(question, '')}")))
        page.keyboard.type(str(EVERY[question]))
    tab_to(page, of("a_date", "input"))
    page.keyboard.type("03312027")  # month, day and year, as the browser's language has them
    for part in (2, 4, 9):
        tab_to(page, of("a_range", "input"))
        page.keyboard.type(str(part))
        page.keyboard.press("Tab")
    tab_to(page, of("a_rank", "button[aria-label='Move up: Price']"))
    page.keyboard.press("Enter")
    tab_to(page, of("a_table", "button:not(.move)"))
    page.keyboard.press("Enter")
    page.keyboard.type("Ann")
    page.keyboard.press("Tab")
    page.keyboard.type("daily")
    page.keyboard.press("Tab")
    page.keyboard.type("3")
    page.keyboard.press("Tab")
    page.keyboard.type("01022026")
    tab_to(page, of("a_table", "select[aria-label='Trained, row 1']"))
    page.keyboard.type("Yes")
    tab_to(page, "details.more > summary")  # what is not essential is folded away
    page.keyboard.press("Enter")
    tab_to(page, of("an_extra", "button"))
    page.keyboard.press("Space")

    form.has_saved(*EVERY, "an_extra")
    expected = EVERY | {"a_table": ROWS[:1]}
    assert {q: value(voila_server, "keys", q) for q in EVERY} == expected
    assert stored(voila_server.workspace, "keys", "a_text").by == "Kim"
    assert stored(voila_server.workspace, "keys", "a_text").role == "design"
    assert stored(voila_server.workspace, "keys", "an_extra").state == "unknown"


# In place


def test_an_answer_changes_the_verdict_in_place_and_the_focus_stays(
    host: Server, page: Page
) -> None:
    form = opened(page, host, f"redraw-{host.command}")
    verdict = page.locator("#verdict")
    expect(verdict).not_to_contain_text("No-go", timeout=120_000)
    page.evaluate("window.same = true")
    form.question("a_yes_no").get_by_label("Yes", exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(verdict).to_contain_text("No-go")
    expect(page.locator("body")).to_contain_text("Nobody may stop the product.")
    expect(form.question("a_yes_no").get_by_label("No", exact=True)).to_be_focused()
    expect(form.question("because_of_no")).to_be_visible()  # unfolded by the answer
    page.keyboard.press("ArrowUp")
    expect(verdict).not_to_contain_text("No-go")
    expect(form.question("because_of_no")).to_be_hidden()
    expect(form.question("a_yes_no").get_by_label("Yes", exact=True)).to_be_focused()
    field = form.field("a_long_text")
    field.press_sequentially("typing while the page is redrawn", delay=40)
    expect(field).to_be_focused()
    expect(field).to_have_value("typing while the page is redrawn")
    assert page.evaluate("window.same")


def test_faults_are_told_while_typing_and_tied_to_their_field(
    voila_server: Server, page: Page
) -> None:
    form = opened(page, voila_server, "faults")
    for question, wrong, right in (
        ("a_number", "about ten", "10"),
        ("a_percentage", "120", "12"),
        ("some_money", "9..5", "9.5"),
    ):
        field = form.field(question)
        field.fill(wrong)
        fault = form.question(question).locator(".fault")
        expect(fault).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        assert fault.get_attribute("id") in (field.get_attribute("aria-describedby") or "").split()
        field.blur()
        assert stored(voila_server.workspace, "faults", question) is None
        form.write(question, right)
        expect(fault).to_be_hidden()
        form.has_saved(question)
    form.range("a_range", 9, 4, 2)
    expect(form.question("a_range").locator(".fault")).to_contain_text("order")


# Small screens, other scripts, tables


def widths(page: Page) -> tuple[int, int]:
    return page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")


@pytest.mark.parametrize(
    "screen",
    [
        {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True},
        {"viewport": {"width": 640, "height": 500}, "device_scale_factor": 2},
    ],
    ids=["phone", "zoomed to 200 %"],
)
def test_no_page_is_wider_than_its_screen(
    voila_server: Server, browse: Browse, screen: dict[str, Any]
) -> None:
    page = browse(**screen)
    form = opened(page, voila_server, "narrow")
    for number, row in enumerate(ROWS, start=1):
        form.row("a_table", number, row)
    form.write("a_text", "averylongwordwithoutanyspace" * 20)
    form.button("a_date", "Not applicable").click()
    expect(page.locator("#verdict")).to_be_visible(timeout=120_000)
    wide, screen_wide = widths(page)
    assert wide <= screen_wide
    for question in form.root.locator("[data-question]:visible").all():
        box = question.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= screen_wide + 1


def test_right_to_left_text_and_emoji_round_trip(voila_server: Server, page: Page) -> None:
    form = opened(page, voila_server, "words")
    for question in ("a_text", "a_long_text"):
        form.write(question, ARABIC)
        direction = "field => getComputedStyle(field).direction"
        assert form.field(question).evaluate(direction) == "rtl"
    form.button("a_table", "Add a row").click()
    form.cell("a_table", "Who", 1).fill(ARABIC)
    form.cell("a_table", "Who", 1).blur()
    form.has_saved("a_text", "a_long_text", "a_table")
    assert value(voila_server, "words", "a_text") == ARABIC
    assert value(voila_server, "words", "a_table") == [{"who": ARABIC}]
    form.reload()
    form.holds("a_text", ARABIC)
    form.holds("a_long_text", ARABIC)
    expect(form.cell("a_table", "Who", 1)).to_have_value(ARABIC)


def test_rows_are_added_moved_and_removed(voila_server: Server, page: Page) -> None:
    form = opened(page, voila_server, "rows")
    for number, name in enumerate(("Ann", "Bob", "Cleo"), start=1):
        form.button("a_table", "Add a row").click()
        expect(form.cell("a_table", "Who", number)).to_be_focused()
        page.keyboard.type(name)
    form.button("a_table", "Move row 3 up").click()
    form.button("a_table", "Move row 1 down").click()
    form.button("a_table", "Remove row 3").click()
    form.field("a_text").focus()
    form.has_saved("a_table")
    assert [row["who"] for row in value(voila_server, "rows", "a_table")] == ["Cleo", "Ann"]
    form.reload()
    assert [row[0] for row in form.rows()] == ["Cleo", "Ann"]
    for _ in range(2):
        form.button("a_table", "Remove row 1").click()
    form.field("a_text").focus()
    expect(form.question("a_table")).to_have_attribute("data-state", "open")
