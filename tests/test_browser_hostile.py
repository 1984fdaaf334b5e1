"""Answers that try to break out are shown as typed everywhere, and executed nowhere."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import Browse, Guard, Server
from formpage import NOTEBOOK, PLAYBOOK, Form, make_products, stored
from playbook.workspace import Workspace

PRODUCTS = ["hostile", "clashing"]
MEGABYTE = "<b>" + "megabyte " * 115_000
NASTY = {
    "script": "<script>window.pwned=1</script>",
    "image": '"><img src=x onerror="window.pwned=1">',
    "textarea": "</textarea><svg onload=window.pwned=1>",
    "link": "[x](javascript:window.pwned=1) <a href='javascript:window.pwned=1'>y</a>",
    "spreadsheet": '=HYPERLINK("http://x","y")',
    "template": "{{7*7}} ${7*7} {% raw %} <%= 7*7 %>",
    "hidden": "abc \u202edef\u202c \u200b\u2066ghi",
    "foreign": '<iframe src="https://example.org"></iframe><img src=//example.org/a.png>',
    "yaml": "- a: !!python/object/apply:os.system ['true']\n&x *x # %YAML",
    "quotes": "'; DROP TABLE answer_revision; -- \\u003cscript\\u003e \" ` \\",
    "control": "a\u0001\u0007\u001b[31mb\u007f\u0085c",
}
TOGETHER = "\n".join(NASTY.values())
HALF = "half: \ud83d, nothing: \u0000, none: \udfff!"
WHOLE = "half: \ufffd, nothing: \ufffd, none: \ufffd!"
"""What no text can hold is shown as the sign for it."""


def type_in(form: Form, question: str, text: str) -> None:
    """Put `text` into the field, halves of characters too, which Playwright itself cannot send."""
    form.field(question).evaluate(
        """(field, codes) => {
            field.focus();
            field.value = String.fromCharCode(...codes);
            field.dispatchEvent(new InputEvent("input", {bubbles: true}));
            field.dispatchEvent(new Event("change", {bubbles: true}));
            field.blur();
        }""",
        units(text),
    )


def units(text: str) -> list[int]:
    """The text as JavaScript counts it: in halves of characters where they need two."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(raw[i : i + 2], "little") for i in range(0, len(raw), 2)]


@pytest.fixture(scope="module")
def typed(voila_server: Server, chromium: Browser) -> Workspace:
    """A product whose form somebody has filled with the worst."""
    guard = Guard()
    page = chromium.new_page()
    guard.watch(page.context)
    form = Form(page, voila_server.notebook(f"hostile/{NOTEBOOK}"))
    page.goto(form.address)
    page.get_by_label("Your name").fill(NASTY["image"])
    page.get_by_label("Your role").select_option("legal")
    page.get_by_role("button", name="Start").click()
    form.ready()
    type_in(form, "a_long_text", TOGETHER)
    type_in(form, "a_text", HALF)
    form.button("a_table", "Add a row").click()
    form.cell("a_table", "Who", 1).fill(NASTY["script"])
    form.cell("a_table", "Who", 1).blur()
    form.button("a_date", "Not applicable").click()
    form.question("a_date").get_by_label("Because").fill(NASTY["textarea"])
    form.question("a_date").get_by_label("Because").blur()
    form.field("business_kpi").fill(MEGABYTE)
    form.field("business_kpi").blur()
    form.has_saved("a_long_text", "a_text", "a_table", "a_date", "business_kpi")
    page.close()
    assert guard.unexpected() == []
    return voila_server.workspace


def same(here: object, there: object) -> bool:
    return here == there


def harmless(page: Page) -> None:
    """Nothing of what was typed became a part of the page or ran."""
    page.wait_for_timeout(300)  # an image that fails to load says so a little later
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x], svg[onload], iframe, a[href^='javascript:']").count() == 0


def test_answers_are_stored_as_typed(typed: Workspace) -> None:
    assert stored(typed, "hostile", "a_long_text").value == TOGETHER
    assert stored(typed, "hostile", "a_text").value == WHOLE
    assert stored(typed, "hostile", "a_table").value == [{"who": NASTY["script"]}]
    assert stored(typed, "hostile", "a_date").reason == NASTY["textarea"]
    assert stored(typed, "hostile", "a_date").by == NASTY["image"]
    # Not compared by assert: nobody wants to read what would differ.
    assert same(stored(typed, "hostile", "business_kpi").value, MEGABYTE)


@pytest.mark.parametrize("host", ["lab_server", "voila_server"])
def test_the_form_shows_answers_as_typed(
    typed: Workspace, host: str, request: pytest.FixtureRequest, page: Page
) -> None:
    server: Server = request.getfixturevalue(host)
    form = Form(page, server.notebook(f"hostile/{NOTEBOOK}")).open()
    form.holds("a_long_text", TOGETHER)
    form.holds("a_text", WHOLE)
    assert same(form.field("business_kpi").input_value(), MEGABYTE)
    expect(form.cell("a_table", "Who", 1)).to_have_value(NASTY["script"])
    expect(form.question("a_date").get_by_label("Because")).to_have_value(NASTY["textarea"])
    # Who gave it, and what stood before, are shown as text as well.
    expect(form.question("a_date").locator(".status")).to_contain_text(NASTY["image"])
    form.button("a_long_text", "History").click()
    told = form.question("a_long_text").locator(".past")
    for text in ("script", "link", "spreadsheet"):
        expect(told).to_contain_text(NASTY[text])
    harmless(page)


def test_two_hostile_answers_in_conflict_are_told_as_text(
    typed: Workspace, voila_server: Server, browse: Browse
) -> None:
    address = voila_server.notebook(f"clashing/{NOTEBOOK}")
    page = browse()
    page.clock.install()
    one = Form(page, address).open()
    other = Form(browse(who=(NASTY["script"], "legal")), address).open()
    page.clock.pause_at(datetime.now() + timedelta(seconds=5))  # does not see what the other does
    one.field("a_text").fill(NASTY["textarea"])
    other.write("a_text", NASTY["image"])
    other.has_saved("a_text")
    page.clock.resume()
    one.field("a_text").blur()
    conflict = one.question("a_text").locator(".conflict")
    for text in ("script", "image", "textarea"):
        expect(conflict).to_contain_text(NASTY[text])
    harmless(one.page)


def command(*arguments: str, workspace: Workspace) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "playbook.cli", *arguments, "--workspace", workspace.folder],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_report_shows_answers_as_typed(typed: Workspace, page: Page) -> None:
    command("run", "hostile", "--playbook", PLAYBOOK, workspace=typed)
    page.goto((typed.reports / "hostile" / f"{PLAYBOOK}.html").as_uri())
    shown = page.locator("body").inner_text()
    for name, text in NASTY.items():
        if name not in {"control", "yaml"}:  # a page shows no control characters
            assert same(" ".join(text.split()) in " ".join(shown.split()), True), name
    assert same(WHOLE in shown, True)
    assert same(shown.count("megabyte"), 115_000)
    harmless(page)


def test_export_and_import_keep_answers_as_typed(typed: Workspace, tmp_path: Path) -> None:
    written = tmp_path / "answers.yaml"
    command("export", "hostile", "--output", str(written), workspace=typed)
    fresh = make_products(tmp_path / "workspace", ["hostile"])
    command("import", str(written), workspace=fresh)
    for question in ("a_long_text", "a_text", "a_table", "a_date", "business_kpi"):
        there, here = (stored(w, "hostile", question) for w in (typed, fresh))
        assert same(here.model_dump(exclude={"revision"}), there.model_dump(exclude={"revision"}))
