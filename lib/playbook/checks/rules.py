"""Answers held against the rules that their questions declare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playbook.answers import Answer, Answers, shown
from playbook.checks.finding import Finding, judge
from playbook.errors import PlaybookError
from playbook.policy import Policy, Severity, Tier, for_tier
from playbook.questions import NUMERIC, ROLE_NAMES, Question, QuestionRule, QuestionSet, worst

Judged = tuple[Severity | None, str]
"""What an answer leads to (None: it leaves the question open), and the sentence that says so."""


def judge_answers(
    questions: QuestionSet, answers: Answers, policy: Policy, tier: Tier
) -> list[Finding]:
    """One finding per question that is shown and has something at stake."""
    found = []
    for question in shown(questions, answers):
        answer = answers.get(f"{questions.playbook}.{question.id}")
        finding = judge_answer(question, answer, questions.playbook, policy, tier)
        if finding:
            found.append(finding)
    return found


def judge_answer(
    question: Question, answer: Answer | None, playbook: str, policy: Policy, tier: Tier
) -> Finding | None:
    """Hold one answer against its question's rule; None where nothing depends on it.

    An unknown or missing answer is inconclusive, never a pass; "not applicable" takes the
    question out and stays visible as a note, unless the rule says that it always applies.
    """
    rule = question.rule
    if rule is None:
        return None
    key = f"{playbook}.{question.id}"
    stake = at_stake(question, key, policy, tier)
    owner = ROLE_NAMES[rule.owner or question.role]
    common: dict[str, Any] = {"id": key, "remedy": rule.remedy, "owner": owner, "basis": "answer"}
    if answer is None or answer.state == "unknown":
        said = "Nobody could say" if answer else "Not answered yet"
        return judge("inconclusive", stake, statement=f"{said}: {question.text}", **common)
    if answer.state == "not_applicable":
        return _not_applicable(question, rule, answer, stake, common)
    severity, statement = _ANSWERED[question.type](question, rule, answer.value, policy, tier)
    if severity is None:
        return judge("inconclusive", stake, statement=statement, **common)
    if severity == "pass":
        return judge("meets", stake, statement=statement, **common)
    override = policy.override(key)
    grade = for_tier(override.severity, tier) if override else severity
    if grade == "pass":
        return judge("meets", "pass", statement=statement, **common)
    return judge("misses", grade, statement=statement, **common)


def at_stake(question: Question, key: str, policy: Policy, tier: Tier) -> Severity:
    """The gravest that any answer to this question, which has a rule, can lead to.

    `key` is ``playbook.question``, by which the policy may change it.
    """
    if override := policy.override(key):
        severity: Severity = for_tier(override.severity, tier)
        return severity
    assert question.rule is not None
    grades = [for_tier(option.severity, tier) for option in question.options]
    if not any(grade != "pass" for grade in grades):
        grades = [for_tier(question.rule.severity, tier)]
    return worst(grades)


def _not_applicable(
    question: Question, rule: QuestionRule, answer: Answer, at_stake: Severity, common: Any
) -> Finding:
    if not rule.skippable:
        statement = f"'Not applicable' does not answer this: {question.text}"
        return judge("inconclusive", at_stake, statement=statement, **common)
    reason = (answer.reason or "").strip().rstrip(".")
    statement = f"Declared not applicable by {answer.by} ({reason}): {question.text}"
    return Finding(
        id=common["id"],
        severity="note",
        outcome="meets",
        at_stake=at_stake,
        statement=statement,
        owner=common["owner"],
    )


def _choice(q: Question, rule: QuestionRule, value: Any, policy: Policy, tier: Tier) -> Judged:
    option = q.option(str(value))
    if option is None and not q.options:
        met = value == "yes"
        severity: Severity = "pass" if met else for_tier(rule.severity, tier)
        return severity, _passes(q, rule, str(value).capitalize()) if met else rule.statement
    if option is None:
        raise PlaybookError(
            f"the stored answer '{value}' is no longer one of the options",
            where=f"question '{q.id}'",
            remedy="Answer it again",
        )
    severity = for_tier(option.severity, tier)
    if severity == "pass":
        return severity, option.statement or _passes(q, rule, option.label)
    return severity, option.statement or rule.statement


def _several(q: Question, rule: QuestionRule, value: Any, policy: Policy, tier: Tier) -> Judged:
    chosen = [option for option in q.options if option.value in value]
    lacking = [
        option.label
        for option in q.options
        if option.value in rule.requires and option not in chosen
    ]
    if lacking:
        return for_tier(rule.severity, tier), f"{rule.statement} Missing: {'; '.join(lacking)}."
    grave = max(chosen, key=lambda o: _rank(for_tier(o.severity, tier)), default=None)
    if grave is None or for_tier(grave.severity, tier) == "pass":
        return "pass", _passes(q, rule, "; ".join(option.label for option in chosen) or "None")
    return for_tier(grave.severity, tier), grave.statement or rule.statement


def _number(q: Question, rule: QuestionRule, value: Any, policy: Policy, tier: Tier) -> Judged:
    low, high = rule.at_least, rule.at_most
    if rule.policy:
        bar = policy.bar(rule.policy, tier)
        low, high = bar.at_least, bar.at_most
    if (low is not None and value < low) or (high is not None and value > high):
        return for_tier(rule.severity, tier), rule.statement
    return "pass", _passes(q, rule, f"{value:,}")


def _stated(q: Question, rule: QuestionRule, value: Any, policy: Policy, tier: Tier) -> Judged:
    """Text, dates, ranges and rankings: stating something is what is asked."""
    if value in ([], ""):
        return for_tier(rule.severity, tier), rule.statement
    return "pass", _passes(q, rule, "Stated")


def _table(q: Question, rule: QuestionRule, value: Any, policy: Policy, tier: Tier) -> Judged:
    """Enough rows, with what every row needs and what must stand in one of them; an option that
    says "not clear yet" leaves it open."""
    grade = for_tier(rule.severity, tier)
    rows = value or []
    least = 1 if rule.at_least is None else rule.at_least
    if len(rows) < least or (rule.at_most is not None and len(rows) > rule.at_most):
        many = f" Rows: {len(rows)}." if rows else ""
        return grade, f"{rule.statement}{many}"
    lacking = [*_empty_cells(q, rows), *_not_covered(q, rule, rows)]
    if lacking:
        return grade, f"{rule.statement} Missing: {'; '.join(lacking)}."
    if left := _undecided(q, rows):
        return None, f"{q.text} Still open: {'; '.join(left)}."
    return "pass", _passes(q, rule, "Stated")


def _empty_cells(q: Question, rows: Sequence[dict[str, Any]]) -> list[str]:
    found = []
    for column in q.columns:
        without = [_row_name(q, row, i) for i, row in enumerate(rows, 1) if column.required
                   and not str(row.get(column.id, "")).strip()]  # fmt: skip
        if without:
            found.append(f"{column.label} of {_listed(without)}")
    return found


def _undecided(q: Question, rows: Sequence[dict[str, Any]]) -> list[str]:
    found = []
    for column in q.columns:
        open_ones = [
            _row_name(q, row, i)
            for i, row in enumerate(rows, 1)
            if row.get(column.id) in column.undecided
        ]
        if open_ones:
            found.append(f"{column.label} of {_listed(open_ones)}")
    return found


def _not_covered(q: Question, rule: QuestionRule, rows: Sequence[dict[str, Any]]) -> list[str]:
    labels = {column.id: column.label for column in q.columns}
    return [
        f"a row with {labels[name]} “{value}”"
        for name, wanted in rule.covers.items()
        for value in wanted
        if value not in {_yes_no(row.get(name)) for row in rows}
    ]


def _yes_no(cell: Any) -> Any:
    return {True: "yes", False: "no"}[cell] if isinstance(cell, bool) else cell


def _row_name(q: Question, row: dict[str, Any], place: int) -> str:
    """What a row is about: its first column, or its number."""
    return str(row.get(q.columns[0].id) or f"row {place}")


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _passes(q: Question, rule: QuestionRule, said: str) -> str:
    return rule.passes or f"{q.text} {said}."


def _rank(severity: Severity) -> int:
    return ["pass", "note", "condition", "blocker"].index(severity)


_ANSWERED = dict.fromkeys(("text", "long_text", "date", "range", "rank"), _stated) | dict.fromkeys(
    NUMERIC, _number
)
_ANSWERED |= {"choice": _choice, "yes_no": _choice, "several": _several, "table": _table}
