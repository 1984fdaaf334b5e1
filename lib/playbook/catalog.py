"""Which playbooks are shipped, in the order a team walks them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playbook.errors import PlaybookError, did_you_mean
from playbook.shipped import shipped

HOME = "00"
_FILE = re.compile(r"^(\d\d)_([a-z_]+)\.ipynb$")


@dataclass(frozen=True)
class PlaybookFile:
    """One notebook: ``03_evaluation.ipynb`` has number ``03`` and name ``evaluation``."""

    number: str
    name: str
    path: Path

    @property
    def title(self) -> str:
        """The name as people say it: ``Data strategy``, ``KPI alignment``."""
        return self.name.replace("_", " ").capitalize().replace("Kpi", "KPI")


def playbooks() -> list[PlaybookFile]:
    """All shipped playbooks, by number; the home, which judges nothing, is not one of them."""
    found = []
    for path in sorted(shipped("playbooks").glob("*.ipynb")):
        if (match := _FILE.match(path.name)) and match[1] != HOME:
            found.append(PlaybookFile(match[1], match[2], path))
    return found


def home() -> PlaybookFile:
    """The notebook that everything starts from."""
    return PlaybookFile(HOME, "start_here", shipped(f"playbooks/{HOME}_start_here.ipynb"))


def portfolio() -> PlaybookFile:
    """The notebook about all products, from what has been run."""
    return PlaybookFile("", "portfolio", shipped("playbooks/portfolio.ipynb"))


def find_playbook(word: str) -> PlaybookFile:
    """The playbook called `word`: its name, its number, or its file's name.

    Raises
    ------
    PlaybookError
        There is none of that name.
    """
    known = playbooks()
    for playbook in known:
        stem = playbook.path.stem
        if word in {playbook.name, playbook.number, stem, playbook.path.name}:
            return playbook
    raise PlaybookError(
        f"there is no playbook '{word}'", remedy=did_you_mean(word, [p.name for p in known])
    )
