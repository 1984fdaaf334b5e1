"""The words of `playbook.evidence.intake`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, table
from playbook.evidence.words import brief, capital, count, natural, number, plural

if TYPE_CHECKING:
    from playbook.evidence.intake import Intake

_RATES = {
    "answer_error_rate": "Tool errors, recorded",
    "error_text_rate": "Error messages stored as answers",
    "identical_answer_rate": "The same as the answer to another question",
    "duplicate_answer_rate": "Rows repeated exactly",
    "rows_excluded": "Left out on reading",
}


def summary(found: Intake) -> Html:
    """What came in; what is wrong first, then what was left out."""
    systems = plural(len(found.systems), "system", "systems")
    lines = [
        f"{Path(found.where).name} holds {plural(found.n, 'answer', 'answers')} of {systems} to "
        f"{plural(found.prompts, 'question', 'questions')}."
    ]
    lines += [f"Not to be trusted: {reason}" for reason in found.untrustworthy]
    lines += list(_rates(found))
    lines += [e.sentence for e in found.excluded]
    lines += [
        f"The check '{name}' crashed on {plural(n, 'answer', 'answers')}: that is a fault of the "
        "check and counts neither as pass nor as fail."
        for name, n in found.crashed.items()
    ]
    lines += [
        f"{plural(n, 'answer has', 'answers have')} no rating for '{name}' and "
        f"{'is' if n == 1 else 'are'} left out there."
        for name, n in found.unrated.items()
    ]
    counted = [t for t in found.totals if t.counted is not None]
    if counted and all(t.agrees for t in counted):
        lines.append("Counted again from its rows, the totals that the tool states are right.")
    return sentences([*lines, *found.notes])


def _rates(found: Intake) -> Iterator[str]:
    said = {
        "answer_error_rate": "a tool error instead of an answer",
        "error_text_rate": "answers that are only an error message or empty, though no error was "
        "recorded",
        "identical_answer_rate": "longer answers that are word for word the answer to another "
        "question too",
        "duplicate_answer_rate": "rows that repeat an earlier one exactly",
    }
    for measure, what in said.items():
        estimate = found.get(measure)
        if estimate is not None and estimate.value > 0:
            told = natural(estimate)
            yield f"{capital(told)} are {what}."
    if not found.texts:
        yield "The texts of the answers are not in the table, so nobody can look for errors there."


def table_of(found: Intake) -> Html:
    """Rates, then missing ratings, then the tool's own totals."""
    body = [
        [_RATES[e.measure], brief(e), count(e.n)] for e in found.estimates if e.measure in _RATES
    ]
    body += [[f"{name}: the check crashed", count(n), ""] for name, n in found.crashed.items()]
    body += [[f"{name}: no rating", count(n), ""] for name, n in found.unrated.items()]
    body += [
        [f"The tool's own: {t.name}", number(round(t.stated, 4)),
         "" if t.counted is None else f"counted again: {number(round(t.counted, 4))}"]
        for t in found.totals
    ]  # fmt: skip
    return table("What was read", ["What", "Value", "n"], body, numeric=(1, 2))
