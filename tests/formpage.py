"""The form as a person meets it in a page, and products whose form has every type of question."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from playbook.answers import Answer
from playbook.session.create import add_example
from playbook.store import TEAM
from playbook.workspace import Workspace

PLAYBOOK = "kpi_alignment"
NOTEBOOK = "06_kpi_alignment.ipynb"
QUESTIONS = Path(__file__).with_name("everyquestion.yaml")
PATIENCE = 60_000  # milliseconds; how long things really take is measured by bench_forms.py
expect.set_options(timeout=PATIENCE)

ROWS = [
    {"who": "Ann", "often": "daily", "times": 3, "since": "2026-01-02", "trained": True},
    {"who": "Bob", "often": "weekly", "times": 1, "since": "2026-02-03", "trained": False},
]
EVERY: dict[str, Any] = {
    "a_choice": "second",
    "several_things": ["alpha", "gamma"],
    "a_yes_no": "yes",
    "a_text": "The counter 🧮",
    "a_long_text": "First line\nsecond line",
    "a_number": 12,
    "some_money": 9.5,
    "a_percentage": 3.5,
    "a_date": "2027-03-31",
    "a_range": {"low": 2, "likely": 4, "high": 9},
    "a_rank": ["price", "speed", "looks"],
    "a_table": ROWS,
}
"""A value for each type of question, as it is to be stored."""


def make_products(folder: Path, slugs: Sequence[str]) -> Workspace:
    """Add copies of the mortgage example, each with the questions of every type on top of 06."""
    workspace = Workspace.create(folder)
    (folder / "questions").mkdir(exist_ok=True)
    shutil.copy(QUESTIONS, folder / "questions" / f"{PLAYBOOK}.yaml")
    for slug in slugs:
        assert add_example(workspace, "mortgage", slug)
    return workspace


def stored(workspace: Workspace, slug: str, question: str, sheet: str = TEAM) -> Answer | None:
    """The answer that stands in the database."""
    return workspace.store.answers(slug, sheet).get(f"{PLAYBOOK}.{question}")


def introduce(context: BrowserContext, name: str, role: str) -> None:
    """Let the pages of `context` know who is answering, as if it had been asked before."""
    who = json.dumps(json.dumps({"name": name, "role": role}))
    context.add_init_script(
        "if (location.protocol === 'http:' && !localStorage.getItem('pb:who'))"
        f"localStorage.setItem('pb:who', {who})"
    )


class Form:
    """The form of one playbook in a browser's page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.root = page.locator(".pb-form")

    def open(self) -> Form:
        self.page.goto(self.address)
        return self.ready()

    def reload(self) -> Form:
        self.page.reload()
        return self.ready()

    def ready(self) -> Form:
        """Wait until the questions can be answered."""
        expect(self.root.locator("[data-question]").first).to_be_visible(timeout=120_000)
        return self

    def question(self, name: str) -> Locator:
        return self.root.locator(f'[data-question="{name}"]')

    def button(self, name: str, label: str) -> Locator:
        return self.question(name).get_by_role("button", name=label, exact=True)

    def field(self, name: str) -> Locator:
        """The one field of a question in words, in numbers or of a date."""
        return self.question(name).locator("input, textarea").first

    def write(self, name: str, text: str) -> None:
        """Fill the field and leave it."""
        field = self.field(name)
        field.fill(text)
        field.blur()

    def choose(self, name: str, *labels: str) -> None:
        for label in labels:
            self.question(name).get_by_label(label, exact=True).check()

    def range(self, name: str, low: object, likely: object, high: object) -> None:
        values = {"At least": low, "Most likely": likely, "At most": high}
        for label, value in values.items():
            field = self.question(name).get_by_label(label)
            field.fill(str(value))
        field.blur()

    def cell(self, name: str, column: str, row: int) -> Locator:
        return self.question(name).get_by_label(f"{column}, row {row}", exact=True)

    def row(self, name: str, number: int, values: dict[str, Any]) -> None:
        """Fill row `number` of a table, which is added where it is missing."""
        if not self.cell(name, "Who", number).count():
            self.button(name, "Add a row").click()
        self.cell(name, "Who", number).fill(values["who"])
        self.cell(name, "How often", number).select_option(values["often"])
        self.cell(name, "Times", number).fill(str(values["times"]))
        self.cell(name, "Since", number).fill(values["since"])
        self.cell(name, "Trained", number).select_option("yes" if values["trained"] else "no")

    def fill_every_type(self) -> None:
        """Answer one question of each type with the values in `EVERY`."""
        self.choose("a_choice", "The second: coffee")
        self.choose("several_things", "alpha", "gamma")
        self.choose("a_yes_no", "Yes")
        for name in ("a_text", "a_long_text", "a_number", "some_money", "a_percentage", "a_date"):
            self.write(name, str(EVERY[name]))
        self.range("a_range", 2, 4, 9)
        self.button("a_rank", "Move up: Price").click()
        for number, values in enumerate(ROWS, start=1):
            self.row("a_table", number, values)
        self.field("a_text").focus()

    def shows_every_type(self) -> None:
        """Every field shows the value of `EVERY`."""
        for label in ("The second: coffee", "alpha", "gamma", "Yes"):
            option = self.root.get_by_label(label, exact=True)
            expect(option.first).to_be_checked()
        expect(self.question("several_things").get_by_label("beta")).not_to_be_checked()
        for name in ("a_text", "a_long_text", "a_number", "some_money", "a_percentage", "a_date"):
            self.holds(name, str(EVERY[name]))
        for label, value in {"At least": "2", "Most likely": "4", "At most": "9"}.items():
            expect(self.question("a_range").get_by_label(label)).to_have_value(value)
        assert self.order() == ["Price", "Speed", "Looks"]
        assert self.rows() == [["Ann", "daily", "3", "2026-01-02", "yes"],
                               ["Bob", "weekly", "1", "2026-02-03", "no"]]  # fmt: skip

    def order(self) -> list[str]:
        """The ranked options as they stand."""
        return self.question("a_rank").locator("li span[dir]").all_inner_texts()

    def rows(self) -> list[list[str]]:
        """What the table's fields hold."""
        return self.question("a_table").evaluate(
            "root => [...root.querySelectorAll('tbody tr')].map("
            "row => [...row.querySelectorAll('input, select')].map(field => field.value))"
        )

    def has_saved(self, *names: str) -> None:
        """Wait until the page says of each question that it is saved."""
        for name in names:
            expect(self.question(name)).to_have_attribute("data-save", "saved")

    def holds(self, name: str, text: str) -> None:
        expect(self.field(name)).to_have_value(text)
