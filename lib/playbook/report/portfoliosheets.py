"""The portfolio as a workbook: numbers are numbers, dates are dates, and no text is ever run."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from playbook.checks.portfolio import SCHEMA, WORTH
from playbook.checks.portfoliofacts import Portfolio, ProductFacts
from playbook.checks.verdict import WORDS
from playbook.evidence import words
from playbook.evidence.spreadsheet import disarmed
from playbook.runs import Run

Row = Sequence[str | int | float | date | datetime | None]
_WIDE, _MIDDLE, _NARROW = 60, 24, 13
_LONGEST = 32_000
"""Excel keeps 32,767 characters in a cell."""
_COLOURS = {
    "No-go": ("#a3231c", "#fae6e4"),
    "Not enough evidence": ("#4a5362", "#eceff4"),
    "Go with conditions": ("#8a5a00", "#fdf3e0"),
    "Go": ("#1d6b3a", "#e4f2e9"),
}


def sheets(facts: Portfolio, runs: Iterable[Run]) -> bytes:
    """The workbook: verdicts, findings that do not meet, estimates, obligations, changes.

    The estimates are those behind these findings, and all money; every other one stands in its
    report's JSON.
    """
    import xlsxwriter

    known, names = {(p.slug, c.playbook) for p in facts.products for c in p.cells}, facts.names
    kept = [
        (names[run.product], facts.titles[run.playbook], run.record)
        for run in runs
        if (run.product, run.playbook) in known
        and run.record
        and run.record.get("schema_version") == SCHEMA
    ]
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(out, options) as book:
        made = facts.newest or datetime.combine(facts.today, datetime.min.time())
        book.set_properties(
            {"title": "AI products: portfolio", "author": "", "created": made.replace(tzinfo=None)}
        )
        pen = _Pen(book)
        pen.sheet("Verdicts", _VERDICTS, _verdicts(facts), coloured=4)
        pen.sheet("Findings", _FINDINGS, _findings(kept))
        pen.sheet("Estimates", _ESTIMATES, _estimates(kept))
        pen.sheet("Obligations", _OBLIGATIONS, _obligations(facts))
        pen.sheet("Changes", _CHANGES, _changes(facts))
    return out.getvalue()


class _Pen:
    """Writes each value by its own type, so that nothing is guessed from text."""

    def __init__(self, book: Any) -> None:
        self._book = book
        top = {"valign": "top"}
        self._head = book.add_format(
            {"bold": True, "bg_color": "#eceff4", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self._text = book.add_format({**top, "text_wrap": True})
        self._number = book.add_format({**top, "num_format": "#,##0.00"})
        self._count = book.add_format({**top, "num_format": "#,##0"})
        self._date = book.add_format({**top, "num_format": "yyyy-mm-dd", "align": "left"})
        self._time = book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        self._verdicts = {
            word: book.add_format({**top, "bold": True, "font_color": ink, "bg_color": tint})
            for word, (ink, tint) in _COLOURS.items()
        }

    def sheet(
        self, name: str, columns: Mapping[str, int], rows: Iterable[Row], coloured: int = -1
    ) -> None:
        page = self._book.add_worksheet(name)
        for place, (head, width) in enumerate(columns.items()):
            page.set_column(place, place, width)
            page.write_string(0, place, head, self._head)
        last = 0
        for last, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                self._write(page, last, place, value, coloured=place == coloured)
        page.freeze_panes(1, 1)
        page.autofilter(0, 0, last, len(columns) - 1)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)

    def _write(self, page: Any, row: int, place: int, value: Any, coloured: bool) -> None:
        if value is None or value == "":
            return
        if isinstance(value, datetime):
            page.write_datetime(row, place, value, self._time)
        elif isinstance(value, date):
            page.write_datetime(row, place, value, self._date)
        elif isinstance(value, int):
            page.write_number(row, place, value, self._count)
        elif isinstance(value, float):
            page.write_number(row, place, value, self._number)
        else:
            style = self._verdicts.get(value, self._text) if coloured else self._text
            page.write_string(row, place, disarmed(value)[:_LONGEST], style)


_VERDICTS = {
    "Product": _MIDDLE, "Short name": _NARROW, "Risk tier": _NARROW, "Playbook": _MIDDLE,
    "Verdict": 21, "Blockers": _NARROW, "Possible blockers": _NARROW, "Conditions": _NARROW,
    "Last run (UTC)": 17, "Answers as of (UTC)": 17, "Revision": _NARROW, "Last run failed": _WIDE,
}  # fmt: skip


def _verdicts(facts: Portfolio) -> Iterator[Row]:
    for product in facts.products:
        yield [
            *_about(product), "Overall", WORDS[product.verdict] if product.verdict else "",
            product.blockers, product.undecided, product.conditions - product.undecided,
        ]  # fmt: skip
        for cell in product.cells:
            yield [
                *_about(product), facts.titles[cell.playbook],
                WORDS[cell.verdict] if cell.verdict else "Not run", cell.blockers, cell.undecided,
                cell.conditions - cell.undecided, cell.ran, cell.answers_as_of, cell.revision,
                cell.error,
            ]  # fmt: skip


def _about(product: ProductFacts) -> list[str]:
    return [product.name, product.slug, (product.tier or "").capitalize()]


_FINDINGS = {
    "Product": _MIDDLE, "Playbook": _MIDDLE, "Severity": _NARROW, "Outcome": _NARROW,
    "At stake": _NARROW, "What was found": _WIDE, "What to do": _WIDE, "Owner": _MIDDLE,
    "Rests on": _NARROW, "Check": _MIDDLE,
}  # fmt: skip
Kept = Sequence[tuple[str, str, Mapping[str, Any]]]


def _findings(kept: Kept) -> Iterator[Row]:
    for name, title, record in kept:
        for f in record["findings"]:
            if f["severity"] != "pass":
                yield [
                    name, title, f["severity"].capitalize(), f["outcome"].capitalize(),
                    f["at_stake"].capitalize(), f["statement"], f["remedy"], f["owner"],
                    f["basis"].capitalize(), f["id"],
                ]  # fmt: skip


_ESTIMATES = {
    "Product": _MIDDLE, "Playbook": _MIDDLE, "Measure": 30, "Group": 30, "Value": _NARROW,
    "Low": _NARROW, "High": _NARROW, "n": _NARROW, "Unit": 18, "Method": _WIDE,
}  # fmt: skip


def _estimates(kept: Kept) -> Iterator[Row]:
    for name, title, record in kept:
        behind = [e for f in record["findings"] if f["severity"] != "pass" for e in f["evidence"]]
        money = [e for e in record["estimates"] if e["measure"] in WORTH]
        seen = set()
        for e in (*behind, *money):
            group = "" if e["group"] is None else words.group(e["group"])
            key = (e["measure"], group, e["unit"])
            if key not in seen:
                seen.add(key)
                numbers = [float(e[end]) for end in ("value", "low", "high")]
                yield [name, title, e["measure"], group, *numbers, e["n"], e["unit"], e["method"]]


_OBLIGATIONS = {
    "Product": _MIDDLE, "Law": 16, "Article": 20, "Status": 18, "From": 12, "Days left": 10,
    "What it asks": _WIDE, "Provided": 40, "Owner": _MIDDLE, "Why": 40, "Verified": 10,
    "State of": 12, "Review by": 12, "Source": 40,
}  # fmt: skip


def _obligations(facts: Portfolio) -> Iterator[Row]:
    for duty in facts.obligations:
        rule = duty.obligation
        status = rule.status.replace("_", " ").capitalize()
        left = (rule.applies_from - facts.today).days if rule.applies_from else None
        for slug, path in duty.paths.items():
            yield [
                facts.name(slug), rule.law, rule.article, status, rule.applies_from, left,
                rule.asks, rule.provided, rule.owner, " ".join(path),
                "yes" if rule.verified else "no", rule.as_of, rule.review_by, rule.source,
            ]  # fmt: skip


_CHANGES = {
    "Product": _MIDDLE, "Playbook": _MIDDLE, "Since (UTC)": 17, "Verdict before": 21,
    "Verdict now": 21, "Opened, or worse": _WIDE, "Closed, or better": _WIDE,
}  # fmt: skip


def _changes(facts: Portfolio) -> Iterator[Row]:
    for change in facts.changes:
        yield [
            facts.name(change.product), facts.titles[change.playbook], change.earlier,
            WORDS[change.before], WORDS[change.after], "\n".join(change.opened),
            "\n".join(change.closed),
        ]  # fmt: skip
