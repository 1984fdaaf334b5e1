"""Question sets that a workspace brings itself: files in its ``questions/`` that no shipped one is
called like."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from playbook.catalog import PlaybookFile, own_playbook, title_of
from playbook.errors import PlaybookError, did_you_mean
from playbook.questions import QuestionSet
from playbook.shipped import shipped
from playbook.yamlfile import line_of, read_model, read_yaml

FOLDER = "questions"
TAKEN = ("portfolio", "questionnaire", "index", "answers", "problem_brief", "data_card",
         "model_card")  # fmt: skip
"""Names that pages and reports have already, besides those of the shipped sets."""
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,59}$")


@cache
def shipped_sets() -> frozenset[str]:
    """Names of the shipped question sets."""
    return frozenset(path.stem for path in shipped("templates/questions").glob("*.yaml"))


def own_playbooks(workspace: Path) -> list[PlaybookFile]:
    """The workspace's own sets by name; one that cannot be read is called like its file."""
    found = []
    for path in sorted((workspace / FOLDER).glob("*.yaml")):
        if path.stem not in shipped_sets() and is_name(path.stem):
            found.append(own_playbook(path.stem, _title(path)))
    return found


def is_name(stem: str) -> bool:
    """Whether a set of the workspace's own may be called so."""
    return bool(_NAME.match(stem)) and stem not in shipped_sets() and stem not in TAKEN


def load_own(path: Path) -> QuestionSet:
    """Read a set that stands alone.

    Raises
    ------
    PlaybookError
        The file is damaged, or is called otherwise than the set in it.
    """
    try:
        found = read_model(QuestionSet, path)
    except PlaybookError:
        close = did_you_mean(path.stem, shipped_sets())
        if "playbook" in read_yaml(path) or not close.startswith("Did"):
            raise
        raise PlaybookError(
            f"there is no playbook '{path.stem}' whose questions this file could change",
            where=str(path),
            remedy=f"{close} For questions of your own add a line 'playbook: {path.stem}'",
        ) from None
    if found.playbook != path.stem:
        raise PlaybookError(
            f"the file is called '{path.stem}', the questions in it '{found.playbook}'",
            where=f"{path}, line {line_of(read_yaml(path), ('playbook',))}",
            remedy=f"Write 'playbook: {path.stem}', or rename the file",
        )
    return found


def file_faults(workspace: Path) -> list[PlaybookError]:
    """Files in ``questions/`` that nothing reads, because of how they are called."""
    faults = []
    for path in sorted((workspace / FOLDER).glob("*")):
        if path.suffix.lower() in {".yml", ".json"} or path.suffix in {".YAML", ".Yaml"}:
            remedy = "Rename it so that it ends in '.yaml'"
            faults.append(_unread(path, "only files that end in '.yaml' are read here", remedy))
        elif path.suffix == ".yaml" and path.stem in TAKEN:
            remedy = "Give the file and the questions in it another name"
            faults.append(_unread(path, f"the name '{path.stem}' is taken", remedy))
        elif path.suffix == ".yaml" and path.stem not in shipped_sets() and not is_name(path.stem):
            said = f"'{path.stem}' is no name of a question set"
            close = did_you_mean(path.stem.lower(), shipped_sets())
            rule = "Use up to 60 lower-case letters, digits and underscores, a letter first"
            remedy = f"{close} {rule}" if close.startswith("Did") else rule
            faults.append(_unread(path, said, remedy))
    return faults


def _unread(path: Path, what: str, remedy: str) -> PlaybookError:
    return PlaybookError(what, where=str(path), remedy=remedy)


def _title(path: Path) -> str:
    try:
        title = load_own(path).title
    except PlaybookError:
        return title_of(path.stem)
    return " ".join(title.split()) or title_of(path.stem)
