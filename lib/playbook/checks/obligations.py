"""From standing answers to dated obligations. A list of duties, never a statement that all are met.

What nobody has answered leads to *not assessed*; only a person's "not applicable", with its reason,
leads to *declared outside*.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from pydantic import BaseModel, ConfigDict

from playbook.answers import Answer, Answers
from playbook.product import Product
from playbook.questionfiles import load_questions
from playbook.questions import ROLE_NAMES, QuestionSet
from playbook.regulation import Condition, Law, Rule, Status, shipped_laws
from playbook.shipped import shipped


class Obligation(BaseModel):
    """What one rule of a law asks of one product.

    Attributes
    ----------
    id
        ``law.rule``.
    because
        The path: each question asked and what was answered, as sentences.
    verified, as_of, review_by, source
        How far the rule itself can be trusted; see `playbook.regulation.Rule`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    law: str
    article: str
    status: Status
    applies_from: date | None
    asks: str
    provided: str = ""
    owner: str
    because: list[str]
    verified: bool
    as_of: date
    review_by: date
    source: str


def obligations(
    answers: Answers, product: Product, laws: Iterable[Law] | None = None
) -> list[Obligation]:
    """Every duty that the standing answers lead to, earliest first; duties add up.

    Parameters
    ----------
    laws
        By default those of ``templates/regulation``.
    """
    found = [
        _obligation(law, rule, answers)
        for law in (shipped_laws() if laws is None else laws)
        for rule in law.rules
        if (not rule.kinds or product.kind in rule.kinds)
        and all(_holds(condition, answers) for condition in rule.when)
    ]
    return sorted(found, key=lambda duty: (duty.applies_from or date.max, duty.id))


def _holds(condition: Condition, answers: Answers) -> bool:
    answer = answers.get(condition.question)
    if answer is None or answer.state != "answered":
        return (answer.state if answer else "open") in condition.state
    return bool(_values(answer) & set(condition.answer))


def _values(answer: Answer) -> set[str]:
    value = answer.value
    return {str(each) for each in (value if isinstance(value, list) else [value])}


def _obligation(law: Law, rule: Rule, answers: Answers) -> Obligation:
    return Obligation(
        id=f"{law.id}.{rule.id}",
        law=law.name,
        article=rule.article,
        status=rule.status,
        applies_from=rule.applies_from,
        asks=rule.asks,
        provided=rule.provided,
        owner=ROLE_NAMES[rule.owner],
        because=[_path(c.question, answers.get(c.question)) for c in rule.when],
        verified=rule.verified,
        as_of=rule.as_of or law.as_of,
        review_by=rule.review_by or law.review_by,
        source=rule.source or law.source,
    )


def _path(key: str, answer: Answer | None) -> str:
    playbook, name = key.split(".", 1)
    question = _questions(playbook)[name]
    if answer is None or answer.state == "open":
        said = "not answered yet"
    elif answer.state == "unknown":
        said = f"unknown, said {answer.by}"
    elif answer.state == "not_applicable":
        said = f"not applicable, said {answer.by} ({(answer.reason or '').strip().rstrip('.')})"
    else:
        labels = {option.value: option.label for option in question.options}
        said = "; ".join(labels.get(value, value) for value in sorted(_values(answer)))
    return f"{question.text} {said[0].upper()}{said[1:]}."


@cache
def _questions(playbook: str) -> QuestionSet:
    """The shipped questions; a workspace may add to them, but the law speaks of these."""
    return load_questions(shipped(f"templates/questions/{playbook}.yaml"))
