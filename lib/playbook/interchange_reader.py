"""Read a file of answers that a person filled in: every answer, or every fault with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar, cast

from ruamel.yaml.comments import CommentedMap

from playbook.answers import Answer, State
from playbook.answervalues import check_value
from playbook.errors import PlaybookError, did_you_mean
from playbook.questions import NUMERIC, ROLE_NAMES, Question, QuestionSet, Role
from playbook.yamlfile import dump_yaml, line_of, parse_yaml

OLD = "no_longer_asked"
_SECTIONS = ["product", "answers", OLD]
_STATES: dict[str, State] = {
    "value": "answered",
    "unknown": "unknown",
    "not_applicable": "not_applicable",
}
_FIELDS = [*_STATES, "reason", "by", "role", "at"]
_MIXED = NUMERIC | {"range", "table"}  # types in whose answers a number is a number

_Path = tuple[Any, ...]
Result = TypeVar("Result")


def read_answers(
    text: str, where: str, product_slug: str | None, question_sets: Sequence[QuestionSet]
) -> tuple[list[Answer], list[PlaybookError]]:
    """Return the good answers and every fault (parameters: `import_answers`).

    Raises
    ------
    PlaybookError
        The text is not YAML at all.
    """
    reader = _Reader(text, where, question_sets)
    reader.attempt(reader.head, product_slug)
    answers: dict[str, Answer] = {}
    for section in ("answers", OLD):
        for playbook in reader.attempt(reader.playbooks, section) or ():
            for name in reader.attempt(reader.questions, section, playbook) or ():
                answer = reader.attempt(reader.answer, section, playbook, name)
                if answer:
                    answers.setdefault(answer.key, answer)
    return list(answers.values()), reader.faults


class _Reader:
    def __init__(self, text: str, where: str, question_sets: Sequence[QuestionSet]) -> None:
        self._data, self._where = parse_yaml(text, where), where
        self._sets = {s.playbook: {q.id: q for q in s.questions} for s in question_sets}
        self.faults: list[PlaybookError] = []

    def attempt(self, step: Callable[..., Result], *arguments: Any) -> Result | None:
        try:
            return step(*arguments)
        except PlaybookError as fault:
            self.faults.append(fault)
            return None

    def head(self, product_slug: str | None) -> None:
        for key in self._data:
            if key not in _SECTIONS:
                raise self._fault(f"unknown field '{key}'", did_you_mean(key, _SECTIONS), key)
        named = self._data.get("product")
        if product_slug is not None and named != product_slug:
            what = f"these answers are about '{named}', not about '{product_slug}'"
            raise self._fault(what, f"Write 'product: {product_slug}' if they fit", "product")

    def playbooks(self, section: str) -> Iterable[Any]:
        return self._mapping(self._data.get(section), section)

    def questions(self, section: str, playbook: Any) -> Iterable[Any]:
        if playbook not in self._sets and section != OLD:
            remedy = did_you_mean(playbook, self._sets)
            raise self._fault(f"unknown playbook '{playbook}'", remedy, section, playbook)
        return self._mapping(self._data[section][playbook], section, playbook)

    def answer(self, section: str, playbook: Any, name: Any) -> Answer | None:
        """The answer that stands there; None where the question is left open."""
        path = (section, playbook, name)
        question = self._sets.get(playbook, {}).get(name)
        if question is None and section != OLD:
            remedy = did_you_mean(name, self._sets[playbook])
            raise self._fault(f"unknown question '{name}'", remedy, *path)
        entry = self._data[section][playbook][name]
        if not isinstance(entry, CommentedMap):
            entry = CommentedMap(value=entry)  # 'question: answer' on one line
        field = self._state(question, entry, path)
        if not field:
            return None
        by = self._words(entry, path, "by")
        return Answer(
            playbook=str(playbook),
            question=str(name),
            state=_STATES[field],
            value=self._value(question, entry, path) if field == "value" else None,
            reason=self._words(entry, path, field if field == "not_applicable" else "reason"),
            by="unknown" if by is None else by,
            role=self._role(question, entry, path),
            at=self._time(entry, path),
        )

    def _state(self, question: Question | None, entry: CommentedMap, path: _Path) -> str | None:
        """Which of `_STATES` the entry uses; None where it is left open."""
        for field in entry:
            if field not in _FIELDS:
                bare = field in {"low", "likely", "high"}  # a range without its 'value:'
                remedy = "Write it below 'value:'" if bare else did_you_mean(field, _FIELDS)
                raise self._fault(f"unknown field '{field}'", remedy, *path, field)
        said = [f for f in (*_STATES, "reason") if entry.get(f) is not None]
        if not said or said[0] not in _STATES:
            return None
        if len(said) > 1 and (said[1] != "reason" or said[0] == "not_applicable"):
            what = f"'{said[0]}' and '{said[1]}' exclude each other"
            raise self._fault(what, "Keep one of the two", *path, said[1])
        given = entry[said[0]]
        if said[0] == "unknown" and given is not True:
            what = "'unknown' can only be 'true'"
            raise self._fault(what, "Write 'unknown: true'", *path, "unknown")
        if said[0] == "not_applicable":
            if isinstance(given, bool) or not str(given).strip():
                remedy = "Write 'not_applicable: …' and why"
                raise self._fault("'not applicable' needs a reason", remedy, *path, said[0])
            if question and question.rule and not question.rule.skippable:
                remedy = "Answer it, or write 'unknown: true'"
                raise self._fault("this question cannot be skipped", remedy, *path, said[0])
        return said[0]

    def _value(self, question: Question | None, entry: CommentedMap, path: _Path) -> Any:
        try:
            value = _plain(entry["value"], numbers=not question or question.type in _MIXED)
            return check_value(question, value) if question else value
        except PlaybookError as error:
            raise self._fault(error.what, error.remedy, *path, "value") from None

    def _words(self, entry: CommentedMap, path: _Path, field: str) -> str | None:
        given = entry.get(field)
        if isinstance(given, (dict, list)):
            raise self._fault(f"'{field}' must be words", "Write a sentence", *path, field)
        return None if given is None else _as_written(given)

    def _role(self, question: Question | None, entry: CommentedMap, path: _Path) -> Role:
        role = entry.get("role")
        if role is None:
            return question.role if question else "product"
        if not isinstance(role, str) or role not in ROLE_NAMES:
            remedy = did_you_mean(str(role), ROLE_NAMES)
            raise self._fault(f"unknown role '{role}'", remedy, *path, "role")
        return cast(Role, str(role))

    def _time(self, entry: CommentedMap, path: _Path) -> datetime:
        at = entry.get("at")
        if at is None:
            return datetime.now(UTC)
        try:
            # As it is written: ruamel's own reading of time zones differs between its versions.
            moment = datetime.fromisoformat(_as_written(at))
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (PlaybookError, ValueError, OverflowError):
            remedy = "Write a day such as 2026-03-12, or a time such as 2026-03-12T09:14:00Z"
            raise self._fault(f"'{at}' is not a time", remedy, *path, "at") from None

    def _mapping(self, data: Any, *path: Any) -> CommentedMap:
        if data is None:
            return CommentedMap()
        if not isinstance(data, CommentedMap):
            remedy = "Compare it with an exported file"
            raise self._fault(f"'{path[-1]}' must hold 'name: …' lines", remedy, *path)
        return data

    def _fault(self, what: str, remedy: str | None, *path: Any) -> PlaybookError:
        where = self._where
        if line := line_of(self._data, path):
            where += f", line {line}"
        if len(path) > 2:
            where += f", question '{path[2]}'"
        return PlaybookError(what, where=where, remedy=remedy)


def _plain(value: Any, numbers: bool) -> Any:
    """Strip ruamel's wrappers; unless `numbers` are meant, ``1.10`` stays as it was typed."""
    if isinstance(value, dict):
        return {str(key): _plain(inner, numbers) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, numbers) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    if numbers and isinstance(value, int):
        return int(value)
    if numbers and isinstance(value, float):
        return float(value)
    return _as_written(value)


def _as_written(value: Any) -> str:
    """A single value as it stands in the file."""
    if isinstance(value, str):
        return str(value)
    if not isinstance(value, (int, float, date)):
        raise PlaybookError(
            f"'{getattr(value, 'tag', value)}' is no plain value", remedy="Put it in quotes"
        )
    return dump_yaml(CommentedMap(x=value)).removeprefix("x:").strip()
