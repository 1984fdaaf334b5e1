"""Which playbooks are shipped, in the order a team walks them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playbook.errors import PlaybookError, did_you_mean
from playbook.shipped import shipped

HOME = "00"
_FILE = re.compile(r"^(\d\d)_([a-z_]+)\.ipynb$")


@dataclass(frozen=True)
class PlaybookFile:
    """One notebook: ``03_evaluation.ipynb`` has number ``03`` and name ``evaluation``.

    A question set that a workspace brings itself is one as well: without a number, on the notebook
    that serves them all.

    Attributes
    ----------
    own
        The title of the workspace's own set; empty for a playbook that is shipped.
    """

    number: str
    name: str
    path: Path
    own: str = ""

    @property
    def title(self) -> str:
        """The name as people say it: ``Data strategy``, ``KPI alignment``."""
        return self.own or title_of(self.name)

    @property
    def page(self) -> str:
        """What its page is called: ``03_evaluation.ipynb``, or ``vendor_review.ipynb``."""
        return f"{self.name}.ipynb" if self.own else self.path.name

    @property
    def stem(self) -> str:
        """The page's name without its ending: ``03_evaluation``, or ``vendor_review``."""
        return self.page.removesuffix(".ipynb")

    @property
    def parameters(self) -> dict[str, str]:
        """What its notebook has to be told besides product and workspace."""
        return {"questions": self.name} if self.own else {}


def title_of(name: str) -> str:
    """A playbook's name as people say it.

    >>> title_of("data_strategy"), title_of("kpi_alignment")
    ('Data strategy', 'KPI alignment')
    """
    return name.replace("_", " ").capitalize().replace("Kpi", "KPI")


def playbooks() -> list[PlaybookFile]:
    """All shipped playbooks, by number; the home, which judges nothing, is not one of them."""
    found = []
    for path in sorted(shipped("playbooks").glob("*.ipynb")):
        if (match := _FILE.match(path.name)) and match[1] != HOME:
            found.append(PlaybookFile(match[1], match[2], path))
    return found


def own_playbook(name: str, title: str) -> PlaybookFile:
    """The playbook of a question set that is not shipped."""
    return PlaybookFile("", name, shipped("playbooks/questionnaire.ipynb"), title)


def home() -> PlaybookFile:
    """The notebook that everything starts from."""
    return PlaybookFile(HOME, "start_here", shipped(f"playbooks/{HOME}_start_here.ipynb"))


def portfolio() -> PlaybookFile:
    """The notebook about all products, from what has been run."""
    return PlaybookFile("", "portfolio", shipped("playbooks/portfolio.ipynb"))


def find_playbook(word: str, known: Sequence[PlaybookFile] | None = None) -> PlaybookFile:
    """The playbook called `word`: its name, its number, or its file's name.

    Parameters
    ----------
    known
        Where to look; the shipped ones by default.

    Raises
    ------
    PlaybookError
        There is none of that name.
    """
    known = playbooks() if known is None else known
    for playbook in known:
        if word and word in {playbook.name, playbook.number, playbook.stem, playbook.page}:
            return playbook
    raise PlaybookError(
        f"there is no playbook '{word}'", remedy=did_you_mean(word, [p.name for p in known])
    )
