"""The table of answers shown where no one can type: in batch runs and reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from playbook.answers import Answer, Answers, shown
from playbook.days import day
from playbook.evidence import words
from playbook.evidence.display import Html
from playbook.questions import ROLE_NAMES, YES_NO, Column, Question, QuestionSet
from playbook.views.templates import render


def answers_view(questions: QuestionSet, answers: Answers, currency: str = "") -> Html:
    """Every question that is shown, with its answer in words, who gave it and when.

    Parameters
    ----------
    currency
        The product's currency, for amounts whose question names no unit.
    """
    rows: list[dict[str, Any]] = []
    sections = questions.sections()
    for question in shown(questions, answers):
        answer = answers.get(f"{questions.playbook}.{question.id}")
        rows.append(
            {
                "question": question,
                "section": sections[question.id],
                "role": ROLE_NAMES[question.role],
                "state": answer.state if answer else "open",
                "answer": _told(question, answer, currency),
                "given": _given(answer),
            }
        )
    caption = _caption([row["state"] for row in rows])
    groups = [(heading, list(rows)) for heading, rows in groupby(rows, key=lambda r: r["section"])]
    html = render("answers.html.j2", title=questions.title, caption=caption, groups=groups)
    text = [f"{questions.title}: {caption}"]
    text += [f"{row['question'].text} {_plain(row['answer'])}" for row in rows]
    return Html(html, "\n".join(text))


def told(question: Question, answer: Answer | None, currency: str = "") -> str:
    """One answer in words, as plain text."""
    return _plain(_told(question, answer, currency))


def _caption(states: list[str]) -> str:
    """``15 of 16 answered (1 as not applicable), 1 unknown``; the same count as in the record."""
    spared, unknown, left = map(states.count, ("not_applicable", "unknown", "open"))
    told = f"{states.count('answered') + spared} of {len(states)} answered"
    told += f" ({spared} as not applicable)" if spared else ""
    told += f", {unknown} unknown" if unknown else ""
    return told + (f", {left} not answered yet" if left else "")


def _given(answer: Answer | None) -> str:
    if answer is None:
        return ""
    who = [] if answer.by in {"", "unknown"} else [answer.by]
    return " · ".join([*who, ROLE_NAMES[answer.role], day(answer.at)])


def _told(question: Question, answer: Answer | None, currency: str) -> Markup:
    if answer is None:
        return Markup("Not answered yet")
    if answer.state == "unknown":
        return Markup("Unknown") + (Markup(": {}").format(answer.reason) if answer.reason else "")
    if answer.state == "not_applicable":
        return Markup("Not applicable: {}").format(answer.reason)
    unit = question.unit_in(currency)
    try:
        return _TELLERS[question.type](question, answer.value, unit)
    except (TypeError, ValueError, KeyError, AttributeError):
        # The question changed its type after it was answered: show what was stored.
        return _typed(question, answer.value, "")


def _typed(question: Question, value: Any, unit: str) -> Markup:
    return Markup('<div class="typed">{}</div>').format(str(value).strip())


def _choice(question: Question, value: Any, unit: str) -> Markup:
    options = question.options or (YES_NO if question.type == "yes_no" else [])
    return escape(next((o.label for o in options if o.value == value), value))


def _list(question: Question, value: Any, unit: str) -> Markup:
    if not isinstance(value, list):
        raise TypeError("not a list")
    if not value:
        return Markup("None of these")
    kind = "ol" if question.type == "rank" else "ul"
    items = Markup("").join(Markup("<li>{}</li>").format(_choice(question, v, "")) for v in value)
    return Markup(f"<{kind}>") + items + Markup(f"</{kind}>")


def _number(question: Question, value: Any, unit: str) -> Markup:
    return escape(f"{words.number(float(value))} {unit}".strip())


def _percentage(question: Question, value: Any, unit: str) -> Markup:
    per = "" if unit in {"", "%", "percent", "per cent"} else f" {unit}"
    return escape(f"{words.number(float(value))} %{per}")


def _date(question: Question, value: Any, unit: str) -> Markup:
    return escape(day(date.fromisoformat(str(value))))


def _range(question: Question, value: Any, unit: str) -> Markup:
    low, likely, high = (words.number(float(value[k])) for k in ("low", "likely", "high"))
    if low == high:
        return escape(f"{low} {unit}".strip())
    return escape(f"{low} to {high}, most likely {likely} {unit}".strip())


def _table(question: Question, value: Any, unit: str) -> Markup:
    """One line per row: the first column leads, the others follow with their names."""
    if not value:
        return Markup("No row")
    rows = Markup("").join(Markup("<li>{}</li>").format(_row(question, row)) for row in value)
    return Markup('<ul class="rows">{}</ul>').format(rows)


def _row(question: Question, row: dict[str, Any]) -> Markup:
    first, *others = question.columns
    lead = Markup("<strong>{}</strong>").format(
        _cell(first, row.get(first.id)) or f"{first.label} missing"
    )
    told = [
        Markup('<span class="why">{}:</span> {}').format(
            c.label, _cell(c, row.get(c.id)) or ("missing" if c.required else "–")
        )
        for c in others
    ]
    return Markup("<br>").join([lead, Markup(" · ").join(told)] if told else [lead])


def _cell(column: Column, value: Any) -> str:
    """One cell in words; empty where nothing stands in it."""
    if value is None or not str(value).strip():
        return ""
    if column.type == "yes_no" and str(value).lower() in _YES_NO:
        return _YES_NO[str(value).lower()]
    if column.type == "date":
        return day(date.fromisoformat(str(value)[:10]))
    return words.number(value) if isinstance(value, (int, float)) else str(value)


_YES_NO = {"yes": "Yes", "true": "Yes", "no": "No", "false": "No"}


def _plain(markup: Markup) -> str:
    return " ".join(markup.replace("<li>", " ").striptags().split())


_TELLERS: dict[str, Callable[[Question, Any, str], Markup]] = {
    "choice": _choice,
    "yes_no": _choice,
    "several": _list,
    "rank": _list,
    "text": _typed,
    "long_text": _typed,
    "number": _number,
    "money": _number,
    "percentage": _percentage,
    "date": _date,
    "range": _range,
    "table": _table,
}
