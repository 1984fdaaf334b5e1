"""A deon checklist: each line of a section becomes a question that is done or not done.

The format is the one file format of the package deon: a ``title``, and ``sections`` with a
``title``, a ``section_id`` and ``lines`` (``line_id``, ``line_summary``, ``line``).
"""

from __future__ import annotations

from typing import Any

from playbook.errors import PlaybookError
from playbook.policy import Severity
from playbook.questionnaires.names import Names
from playbook.questionnaires.words import plain, short

MAX_LINES = 2000
_TEXT = str | int | float


def deon_questions(data: dict[str, Any], severity: Severity, where: str) -> list[dict[str, Any]]:
    """The fields of a question per line; what is not done has the `severity`.

    Raises
    ------
    PlaybookError
        A section or a line lacks something, or there are too many.
    """
    names = Names()
    found: list[dict[str, Any]] = []
    for number, section in enumerate(data["sections"], 1):
        place = f"{where}, section {number}"
        lines = section.get("lines") if isinstance(section, dict) else None
        if not isinstance(lines, list) or not lines:
            raise _fault("this section has no 'lines'", place)
        title = _said(section, "title", place)
        for count, line in enumerate(lines, 1):
            at = f"{place}, line {count}"
            if not isinstance(line, dict):
                raise _fault("a line needs 'line_id', 'line_summary' and 'line'", at)
            label = _said(line, "line_id", at)
            summary = _said(line, "line_summary", at).rstrip(" .?")
            question = _question(label, summary, _said(line, "line", at), severity)
            found.append({"id": names.new(label), "section": title, **question})
    if len(found) > MAX_LINES:
        raise PlaybookError(
            f"this checklist has {len(found):,} lines, more than {MAX_LINES:,}", where=where
        )
    for question, before in zip(found[:0:-1], found[-2::-1], strict=True):
        if question["section"] == before["section"]:
            del question["section"]
    return found


def _question(label: str, summary: str, line: str, severity: Severity) -> dict[str, Any]:
    named = f"{label} {summary}"
    return {
        "text": short(f"{named}: is this done?"),
        "why": line,
        "example": "",
        "type": "choice",
        "options": [
            {"value": "done", "label": "Done"},
            {"value": "not_done", "label": "Not done", "severity": severity},
        ],
        "rule": {
            "severity": severity,
            "statement": f"{named}: this is not done.",
            "remedy": f"Do what the checklist asks, and note where it is recorded: {line}",
            "passes": f"{named}: this is done.",
        },
    }


def _said(data: dict[str, Any], field: str, where: str) -> str:
    given = data.get(field)
    text = plain(str(given)) if isinstance(given, _TEXT) else ""
    if not text:
        raise _fault(f"the field '{field}' has no text", where)
    return text


def _fault(what: str, where: str) -> PlaybookError:
    return PlaybookError(what, where=where, remedy="Compare it with deon's own checklist")
