"""What is wrong with question sets and policy beyond their shape: what they name is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from playbook.checks.scores import is_scored
from playbook.errors import PlaybookError, did_you_mean
from playbook.policy import Policy
from playbook.questions import Question, QuestionSet
from playbook.workspace import Workspace
from playbook.yamlfile import line_of, read_yaml

Sets = Sequence[QuestionSet]


def set_faults(
    workspace: Workspace, questions: QuestionSet, known: Sets, policy: Policy | None
) -> Iterator[PlaybookError]:
    """Thresholds and other sets' questions that a set names and nobody has."""
    file = _File(workspace.folder / "questions" / f"{questions.playbook}.yaml")
    keys = {f"{s.playbook}.{q.id}" for s in known for q in s.questions}
    if questions.scoring and not is_scored(questions):
        what = "'scoring' has no effect: no option has a 'score'"
        yield file.fault(what, "Give the options scores, or leave it out", "scoring")
    for question in questions.questions:
        bar = question.rule.policy if question.rule else None
        if policy is not None and bar and bar not in policy.thresholds:
            where = file.at_question(question.id, "rule", "policy")
            what = f"the rule of '{question.id}' names the threshold '{bar}', which no policy has"
            yield PlaybookError(what, where=where, remedy=did_you_mean(bar, policy.thresholds))
        for other in _asked_elsewhere(question):
            if other not in keys:
                where = file.at_question(question.id, "show_if")
                what = f"'{question.id}' depends on '{other}', which nobody asks"
                yield PlaybookError(what, where=where, remedy=did_you_mean(other, keys))


def policy_faults(workspace: Workspace, known: Sets, whole: bool) -> Iterator[PlaybookError]:
    """What the workspace's own policy changes although there is no such thing.

    Parameters
    ----------
    whole
        Whether all question sets are `known`; else what one that is damaged may name is not judged.
    """
    path = workspace.folder / "policy.yaml"
    if not path.is_file():
        return
    file, keys = _File(path), [f"{s.playbook}.{q.id}" for s in known for q in s.questions]
    names = [playbook.name for playbook in workspace.playbooks()]
    used = {q.rule.policy for s in known for q in s.questions if q.rule and q.rule.policy}
    ours = workspace.shipped_policy.thresholds
    for key in file.entries("questions"):
        if whole and key not in keys:
            what = f"there is no question '{key}' whose severity could be changed"
            yield file.fault(what, did_you_mean(key, keys), "questions", key)
    for name, entry in workspace.policy.thresholds.items():
        if name not in file.entries("thresholds"):
            continue
        if entry.playbook is not None and entry.playbook not in names:
            what = f"the threshold '{name}' is about a playbook '{entry.playbook}', which is not"
            remedy = did_you_mean(entry.playbook, names)
            yield file.fault(f"{what} there", remedy, "thresholds", name, "playbook")
        if whole and entry.measure is None and name not in ours and name not in used:
            what = f"the threshold '{name}' has no effect: nothing uses it"
            remedy = did_you_mean(name, [*ours, *used])
            if not remedy.startswith("Did"):
                remedy = "Name it in a question's rule, or give it a 'playbook' and a 'measure'"
            yield file.fault(what, remedy, "thresholds", name)


def _asked_elsewhere(question: Question) -> list[str]:
    named = [name for condition in question.show_if for name in condition.questions()]
    return [name for name in named if "." in name]


class _File:
    """A YAML file of the workspace's own, for the lines of what stands in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data: Any = read_yaml(path) if path.is_file() else {}

    def entries(self, part: str) -> Mapping[str, Any]:
        """What stands below the key `part`."""
        return self._data.get(part) or {}

    def at_question(self, name: str, *path: str) -> str:
        """File and line of a part of the question `name`; the file alone where it is shipped."""
        for place, entry in enumerate(self.entries("questions")):
            if isinstance(entry, Mapping) and entry.get("id") == name:
                return self._at("questions", place, *path)
        return str(self._path)

    def fault(self, what: str, remedy: str, *path: str) -> PlaybookError:
        """A fault at the line of `path`."""
        return PlaybookError(what, where=self._at(*path), remedy=remedy)

    def _at(self, *path: Any) -> str:
        return f"{self._path}, line {line_of(self._data, path)}"
