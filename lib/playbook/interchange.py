"""Answers as one YAML file per product that a person can read, fill in and send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from textwrap import wrap
from typing import Any

from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from playbook.answers import Answer, Answers
from playbook.interchange_reader import OLD, read_answers
from playbook.product import Product
from playbook.questions import Column, Question, QuestionSet
from playbook.yamlfile import dump_yaml, parse_yaml

__all__ = ["export_answers", "import_answers", "read_answers"]

_HOW_TO = """\
# Below a question write one of these three lines, or leave it empty:
#   value: …              the answer, as the comment above the question asks for it
#   unknown: true         nobody knows yet
#   not_applicable: …     why the question does not concern this product
# 'by', 'role' and 'at' say who answered and when; they may be left out.
"""


def export_answers(product: Product, question_sets: Sequence[QuestionSet], answers: Answers) -> str:
    """Write `answers` as YAML that `import_answers` reads back exactly.

    Every question of the sets is listed in order below a comment that says what it asks and how to
    answer; open ones are empty. Answers to questions that no set knows any more are kept below
    ``no_longer_asked``. The text depends on product, questions and answers, not on revisions or
    the day.
    """
    known = {f"{s.playbook}.{q.id}" for s in question_sets for q in s.questions}
    asked = CommentedMap()
    for questions in question_sets:
        entries = CommentedMap()
        for question in questions.questions:
            answer = answers.get(f"{questions.playbook}.{question.id}")
            entries[question.id] = _entry(answer) if answer else None
            comment = _comment(question, product.currency)
            entries.yaml_set_comment_before_after_key(question.id, before=comment, indent=4)
        asked[_styled(questions.playbook)] = entries
    content = CommentedMap(product=product.slug, answers=asked)
    if old := [answer for key, answer in sorted(answers.items()) if key not in known]:
        content[OLD] = CommentedMap()
        for answer in old:
            entries = content[OLD].setdefault(_styled(answer.playbook), CommentedMap())
            entries[_styled(answer.question)] = _entry(answer)
    return f"# {_printable(product.name)}: answers\n{_HOW_TO}{dump_yaml(content)}"


def import_answers(
    text: str, where: str, product_slug: str | None, question_sets: Sequence[QuestionSet]
) -> list[Answer]:
    """Read answers from YAML `text`; open questions are left out.

    Parameters
    ----------
    where
        Names the text's origin in errors.
    product_slug
        The product that the file must be about; None accepts any.

    Raises
    ------
    PlaybookError
        The first fault, with line, question and remedy (`read_answers` returns all of them).
    """
    answers, faults = read_answers(text, where, product_slug, question_sets)
    if faults:
        raise faults[0]
    return answers


def _entry(answer: Answer) -> CommentedMap:
    entry = CommentedMap()
    if answer.state == "answered":
        entry["value"] = _styled(answer.value)
    elif answer.state == "unknown":
        entry["unknown"] = True
    if answer.reason is not None:
        field = "not_applicable" if answer.state == "not_applicable" else "reason"
        entry[field] = _styled(answer.reason)
    entry["by"] = _styled(answer.by)
    entry["role"] = answer.role
    # Read back, a time is written without quotes, as a person would.
    at = f"at: {answer.at.astimezone(UTC).isoformat().replace('+00:00', 'Z')}"
    entry["at"] = parse_yaml(at, "at")["at"]
    return entry


def _styled(value: Any) -> Any:
    """Choose how text is written: readable, and read back as the same text."""
    if isinstance(value, dict):
        return CommentedMap((_styled(key), _styled(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return [_styled(inner) for inner in value]
    if not isinstance(value, str) or value.isprintable():
        return value
    lines = value.split("\n")
    as_block = all(line.isprintable() and line == line.rstrip() for line in lines)
    if as_block and lines[-1] and not lines[0][:1].isspace() and lines[0]:
        return LiteralScalarString(value)
    return DoubleQuotedScalarString(value)


def _comment(question: Question, currency: str) -> str:
    """What the question asks, how to answer it, and what each option means."""
    conditions = "".join(f"; asked when {c.words()}" for c in question.show_if)
    asks = wrap(f"{question.text} ({_how(question, currency)}{conditions})", 90)
    if _explains(question):
        asks += [f"  {option.value} = {option.label}" for option in question.options]
    return "\n".join(_printable(line) for line in asks)


def _explains(question: Question) -> bool:
    """Whether labels say more than the options' values do."""
    return any(o.label.lower() != o.value.lower() for o in question.options)


def _how(question: Question, currency: str) -> str:
    unit = question.unit or (currency if question.type == "money" else "")
    numbers = f" in {unit}" if unit else ""
    listed = ", ".join(option.value for option in question.options) or "yes, no"
    options = "those below" if _explains(question) else f"these: {listed}"
    return {
        "choice": f"one of {options}",
        "several": f"a list of any of {options}",
        "rank": f"a list of all, the most important first, of {options}",
        "yes_no": f"one of {options}",
        "text": "in words",
        "long_text": "in words; several lines after a '|'",
        "number": f"a number{numbers}",
        "money": f"a number{numbers}",
        "percentage": "a number from 0 to 100",
        "date": "a date such as 2027-03-31",
        "range": f"three numbers{numbers}: low, likely and high",
        "table": f"a list of rows with: {', '.join(map(_column, question.columns))}",
    }[question.type]


def _column(column: Column) -> str:
    return f"{column.id} ({' / '.join(column.options)})" if column.options else column.id


def _printable(text: str) -> str:
    """Text fit for one line of comment, where YAML knows no escapes."""
    return "".join(c if c.isprintable() else " " for c in text)
