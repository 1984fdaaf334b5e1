"""Which answers changed between two runs, in words that a report can show."""

from __future__ import annotations

from collections.abc import Sequence

from playbook.answers import Answer, Answers, is_shown
from playbook.checks.since import AnswerChange
from playbook.questions import ROLE_NAMES, Question, QuestionSet
from playbook.store import AnswerStore
from playbook.views.answers import told


def answer_changes(
    store: AnswerStore,
    product: str,
    before: int,
    after: int | None,
    questions: Sequence[QuestionSet],
    currency: str = "",
) -> list[AnswerChange]:
    """Answers that read differently at revision `after` than at `before`, in the order asked.

    Left out are questions shown neither then nor now, and answers given again in the same words.

    Parameters
    ----------
    after
        None: as they stand now.
    currency
        The product's currency, for amounts whose question names no unit.
    """
    then, now = store.as_of(product, before), store.as_of(product, after)
    changed = then.changed(now)
    found = []
    for asked in questions:
        for question in asked.questions:
            key = f"{asked.playbook}.{question.id}"
            if key not in changed:
                continue
            old = _told(question, asked.playbook, then, currency)
            new = _told(question, asked.playbook, now, currency)
            if old == new:
                continue
            last = now.get(key) or _taken_back(store, product, asked.playbook, question, after)
            found.append(_change(key, question, old, new, last))
    return found


def _told(question: Question, playbook: str, answers: Answers, currency: str) -> str:
    if not is_shown(question, playbook, answers):
        return "Not asked"
    return told(question, answers.get(f"{playbook}.{question.id}"), currency)


def _taken_back(
    store: AnswerStore, product: str, playbook: str, question: Question, until: int | None
) -> Answer:
    """The revision that took the answer back: it stands in the history only."""
    history = store.history(product, playbook, question.id)
    return [a for a in history if until is None or (a.revision or 0) <= until][-1]


def _change(key: str, question: Question, old: str, new: str, last: Answer) -> AnswerChange:
    by = "" if last.by == "unknown" else last.by
    return AnswerChange(key, question.text, old, new, by, ROLE_NAMES[last.role], last.at)
