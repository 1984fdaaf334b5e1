"""Which questions are asked, and which may still be as soon as what is open has been answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playbook.answers import Answers
from playbook.conditions import Condition
from playbook.questions import Question, QuestionSet
from playbook.tier import risk_tier

Open = Callable[[str], bool]
"""Whether the answer to a question may still change: it is unknown, or not there yet."""


def unfolding(questions: QuestionSet, answers: Answers) -> dict[str, tuple[bool, bool]]:
    """For each question, by its id: whether it may be asked, and whether it may not.

    Both are true where that follows from an answer that is still open. A question answered with
    *not applicable* is settled, as is one that is not asked.

    Examples
    --------
    >>> from playbook.questions import Question
    >>> asked = [Question(id="a", text="A?", why="w", example="e", type="yes_no"),
    ...          Question(id="b", text="B?", why="w", example="e", type="yes_no",
    ...                   show_if=[{"question": "a", "is": ["yes"]}])]
    >>> unfolding(QuestionSet(playbook="p", title="P", questions=asked), Answers())
    {'a': (True, False), 'b': (True, True)}
    """
    found: dict[str, tuple[bool, bool]] = {}
    own = {q.id for q in questions.questions}

    def key(name: str) -> str:
        return name if "." in name else f"{questions.playbook}.{name}"

    def is_open(name: str) -> bool:
        may, may_not = found.get(name, (name not in own, False))
        if not may:
            return False
        return may_not or not _is_settled(answers, key(name))

    def said(name: str) -> Any:
        return answers.value(key(name)) if found.get(name, (name not in own, False))[0] else None

    for question in questions.questions:
        cases = [possible(condition, said, is_open) for condition in question.show_if]
        cases.append(_by_tier(question, answers))
        found[question.id] = all(may for may, _ in cases), any(may_not for _, may_not in cases)
    return found


def possible(condition: Condition, said: Callable[[str], Any], is_open: Open) -> tuple[bool, bool]:
    """Whether the condition may come to hold, and whether it may come not to."""
    if condition.not_ is not None:
        may, may_not = possible(condition.not_, said, is_open)
        return may_not, may
    if condition.question is not None:
        holds = condition.holds(said)
        return (True, True) if is_open(condition.question) else (holds, not holds)
    cases = [possible(part, said, is_open) for part in condition.all_ or condition.any_ or ()]
    together, apart = (all, any) if condition.all_ is not None else (any, all)
    return together(may for may, _ in cases), apart(may_not for _, may_not in cases)


def _is_settled(answers: Answers, key: str) -> bool:
    answer = answers.get(key)
    return answer is not None and answer.state in {"answered", "not_applicable"}


def _by_tier(question: Question, answers: Answers) -> tuple[bool, bool]:
    """A question of some tiers: as the tier stands, and either way where it is not settled."""
    if not question.tiers:
        return True, False
    if any(factor.answer is None for factor in answers.triage.factors(answers)):
        return True, True
    asked = risk_tier(answers) in question.tiers
    return asked, not asked
