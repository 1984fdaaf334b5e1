"""The drafts of a questionnaire, each after those it depends on, with conditions of ours.

A condition that cannot be taken over is named in a warning, and its questions are asked always: a
question too many can be skipped, one too few is never missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from playbook.questionnaires.names import Names
from playbook.questionnaires.surveycondition import Asked, Clause, condition, joined
from playbook.questionnaires.surveyexpression import (
    Name,
    NotUnderstood,
    Operation,
    Tree,
    parse,
)
from playbook.questionnaires.surveyjs import Expression, Found, Survey


@dataclass
class Entry:
    """A question with its id; `show_if` holds what our files hold there."""

    id: str
    found: Found
    trees: list[tuple[Expression, Tree]] = field(default_factory=list)
    parent: Entry | None = None
    needs: set[str] = field(default_factory=set)
    show_if: list[dict[str, Any]] = field(default_factory=list)


def ordered(survey: Survey) -> list[Entry]:
    """The entries as they are asked; those that no answer ever unfolds are left out."""
    return _Order(survey).entries()


class _Order:
    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._known: dict[str, Asked] = {}
        self._never: set[str] = set()
        self._parsed: dict[Expression, Tree | None] = {}

    def entries(self) -> list[Entry]:
        entries = self._named()
        for entry in entries:
            self._depend(entry)
        return [entry for entry in self._in_turn(entries) if self._unfolds(entry)]

    def _named(self) -> list[Entry]:
        names = Names()
        entries: list[Entry] = []
        for found in self._survey.found:
            draft = found.draft
            entry = Entry(names.new(draft.keys[0]), found)
            if draft.only_if:
                entry.parent = entries[-1]
            entries.append(entry)
            asked = Asked(entry.id, draft.fields["type"], draft.items.values)
            for key in draft.keys:
                if key in self._known:
                    self._warn(f"two questions are called '{key[:60]}': conditions mean the first")
                self._known.setdefault(key, asked)
        for key, asked in list(self._known.items()):
            self._known.setdefault(key.lower(), asked)
        return entries

    def _depend(self, entry: Entry) -> None:
        if entry.parent:
            entry.needs.add(entry.parent.id)
            return
        for expression in entry.found.place.expressions:
            tree = self._tree(expression)
            if tree is not None:
                entry.trees.append((expression, tree))
                entry.needs |= {self._asked(name).id for name in _names(tree)}

    def _tree(self, expression: Expression) -> Tree | None:
        """The tree of an expression whose names are all known; None, and a warning, else."""
        if expression not in self._parsed:
            try:
                tree = parse(expression.text)
                condition(tree, self._asked)
                self._parsed[expression] = tree
            except NotUnderstood as reason:
                self._parsed[expression] = None
                self._always(expression, str(reason))
        return self._parsed[expression]

    def _asked(self, name: str) -> Asked:
        asked = self._known.get(name) or self._known.get(name.lower())
        if asked is None:
            raise NotUnderstood(f"'{name[:60]}' is no question that is asked here")
        return asked

    def _in_turn(self, entries: list[Entry]) -> Iterator[Entry]:
        """Each after what it needs, else in the order given; what needs itself is asked always."""
        placed: set[str] = set()
        waiting: list[Entry] = []
        for entry in entries:
            waiting.append(entry)
            yield from self._ready(waiting, placed, entry)
        while waiting:
            first = waiting[0]
            for expression, _ in first.trees:
                self._always(expression, "it depends on a question that depends on this one")
            first.trees, first.needs = [], {first.parent.id} if first.parent else set()
            yield from self._ready(waiting, placed, None)

    def _ready(
        self, waiting: list[Entry], placed: set[str], newest: Entry | None
    ) -> Iterator[Entry]:
        while ready := next((entry for entry in waiting if entry.needs <= placed), None):
            waiting.remove(ready)
            placed.add(ready.id)
            if ready is not newest and not ready.parent and ready.trees:
                self._warn(
                    f"question '{ready.id}' is asked later than in the file, after what it "
                    "depends on"
                )
            yield ready

    def _unfolds(self, entry: Entry) -> bool:
        """Write its conditions; false where they can never hold."""
        parts: list[Clause] = [condition(tree, self._or_never) for _, tree in entry.trees]
        if entry.parent:
            given = {"question": entry.parent.id, "is": [entry.found.draft.only_if]}
            parts = [entry.parent.id not in self._never and given]
        whole = joined("all", parts)
        if whole is False:
            self._never.add(entry.id)
            self._warn(f"question '{entry.id}' is left out: no answer unfolds it")
            return False
        if whole is not True:
            entry.show_if = deepcopy(whole.get("all", [whole]))
        return True

    def _or_never(self, name: str) -> Asked | None:
        asked = self._asked(name)
        return None if asked.id in self._never else asked

    def _always(self, expression: Expression, reason: str) -> None:
        shown = " ".join(expression.text.split())[:120]
        self._warn(
            f"{expression.place}: the condition '{shown}' is not taken over, as {reason}; what "
            "stands there is asked always"
        )

    def _warn(self, text: str) -> None:
        if text not in self._survey.warnings:
            self._survey.warnings.append(text)


def _names(tree: Tree) -> Iterator[str]:
    if isinstance(tree, Name):
        yield tree.name
    elif isinstance(tree, Operation):
        for part in tree.parts:
            yield from _names(part)
