"""Which answers changed between two runs, in words that a report can show."""

from __future__ import annotations

from collections.abc import Sequence

from playbook.answers import Answer, shown
from playbook.checks.since import AnswerChange
from playbook.questions import ROLE_NAMES, Question, QuestionSet
from playbook.store import AnswerStore
from playbook.tier import Triage
from playbook.views.answers import told


def answer_changes(
    store: AnswerStore,
    product: str,
    before: int,
    after: int | None,
    questions: Sequence[QuestionSet],
    currency: str = "",
    triage: Triage | None = None,
) -> list[AnswerChange]:
    """Answers that read differently at revision `after` than at `before`, in the order asked.

    Left out are questions shown neither then nor now, and answers given again in the same words.

    Parameters
    ----------
    after
        None: as they stand now.
    currency
        The product's currency, for amounts whose question names no unit.
    triage
        Which answers set the risk tier, where it is not the shipped ones that do.
    """
    then, now = (
        s.under(triage) if triage else s
        for s in (store.as_of(product, before), store.as_of(product, after))
    )
    changed = then.changed(now)
    found = []
    for asked in questions:
        was, stands = ({q.id for q in shown(asked, answers)} for answers in (then, now))
        for question in asked.questions:
            key = f"{asked.playbook}.{question.id}"
            if key not in changed:
                continue
            old = _told(question, then.get(key), question.id in was, currency)
            new = _told(question, now.get(key), question.id in stands, currency)
            if old == new:
                continue
            last = now.get(key) or _taken_back(store, product, asked.playbook, question, after)
            found.append(_change(key, question, old, new, last))
    return found


def _told(question: Question, answer: Answer | None, asked: bool, currency: str) -> str:
    return told(question, answer, currency) if asked else "Not asked"


def _taken_back(
    store: AnswerStore, product: str, playbook: str, question: Question, until: int | None
) -> Answer:
    """The revision that took the answer back: it stands in the history only."""
    history = store.history(product, playbook, question.id)
    return [a for a in history if until is None or (a.revision or 0) <= until][-1]


def _change(key: str, question: Question, old: str, new: str, last: Answer) -> AnswerChange:
    by = "" if last.by == "unknown" else last.by
    return AnswerChange(key, question.text, old, new, by, ROLE_NAMES[last.role], last.at)
