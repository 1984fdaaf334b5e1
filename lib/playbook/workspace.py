"""A user's own folder: products, answers, reports, and what overlays the shipped templates."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from playbook.answers import Answers
from playbook.catalog import PlaybookFile, find_playbook, playbooks
from playbook.errors import PlaybookError, did_you_mean
from playbook.ownsets import FOLDER, is_name, load_own, own_playbooks, shipped_sets
from playbook.places import Place, open_place
from playbook.policy import Policy, load_policy
from playbook.product import Kind, Product, check_slug, load_product
from playbook.questionfiles import load_questions
from playbook.questions import QuestionSet
from playbook.shipped import shipped
from playbook.tier import PLAYBOOK as TRIAGE
from playbook.tier import Triage

if TYPE_CHECKING:
    from playbook.runs import RunStore
    from playbook.store import AnswerStore
    from playbook.stored import Stored

Part = TypeVar("Part", bound="Stored")
WORKSPACE_VARIABLE = "PLAYBOOK_WORKSPACE"
STORE_VARIABLE = "PLAYBOOK_STORE"
REPORTS_VARIABLE = "PLAYBOOK_REPORTS"


class Workspace:
    """A folder with ``products/``, ``playbook.db`` and ``reports/``.

    An optional ``policy.yaml`` and ``questions/*.yaml`` overlay the shipped ones, entry by entry.
    Answers go to ``playbook.db``, or to the database that ``PLAYBOOK_STORE`` names.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def open(cls, folder: str | Path | None = None) -> Workspace:
        """Open an existing workspace (default: ``PLAYBOOK_WORKSPACE``, else ``./workspace``).

        Raises
        ------
        PlaybookError
            The folder is no workspace yet.
        """
        path = _resolve(folder)
        if not (path / "products").is_dir():
            raise PlaybookError(
                "there is no workspace here",
                where=str(path),
                remedy="Run 'playbook demo' to make one with examples, or 'playbook new' for your "
                "own product",
            )
        return cls(path)

    @classmethod
    def create(cls, folder: str | Path | None = None) -> Workspace:
        """Open a workspace, and make its folders first where they are missing."""
        path = _resolve(folder)
        try:
            (path / "products").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PlaybookError(
                f"the workspace cannot be made here ({error.strerror})",
                where=str(path),
                remedy="Choose a folder you may write to",
            ) from None
        return cls(path)

    @property
    def reports(self) -> Path:
        """Where reports lie: ``reports/<slug>/<playbook>.html`` and ``.json``."""
        return self.folder / "reports"

    @cached_property
    def reports_place(self) -> Place:
        """Where reports are written and read: ``reports/`` here, or what ``PLAYBOOK_REPORTS`` says.

        That is a folder (a relative one starts from the workspace) or an object store's URL.
        """
        given = os.environ.get(REPORTS_VARIABLE) or "reports"
        if "://" in given:
            return open_place(given)
        return open_place(self.folder / Path(given).expanduser())

    def slugs(self) -> list[str]:
        """Short names of all products, sorted."""
        return sorted(p.parent.name for p in (self.folder / "products").glob("*/product.yaml"))

    def product(self, slug: str) -> Product:
        """Read one product; an unknown one gets a 'did you mean'."""
        return load_product(self.folder / "products" / check_slug(slug))

    @cached_property
    def shipped_policy(self) -> Policy:
        """The policy without anything of the workspace's own."""
        return load_policy(shipped("templates/policy.yaml"))

    @cached_property
    def policy(self) -> Policy:
        """The shipped policy with the workspace's own entries on top."""
        own = self.folder / "policy.yaml"
        return load_policy(shipped("templates/policy.yaml"), own if own.is_file() else None)

    def playbooks(self) -> list[PlaybookFile]:
        """The shipped playbooks by number, then the workspace's own question sets by name."""
        return [*playbooks(), *own_playbooks(self.folder)]

    def find_playbook(self, word: str) -> PlaybookFile:
        """The playbook called `word`: its name, its number, or its page's name."""
        return find_playbook(word, self.playbooks())

    def questions(self, playbook: str, kind: Kind | None = None) -> QuestionSet:
        """The playbook's question set with the workspace's own questions on top, or a set that the
        workspace brings itself.

        Where the product's `kind` is given, without those that such a product is not asked.
        """
        own = self.folder / FOLDER / f"{playbook}.yaml"
        if playbook in shipped_sets():
            ours = shipped(f"templates/questions/{playbook}.yaml")
            return load_questions(ours, own if own.is_file() else None).for_kind(kind)
        if not (is_name(playbook) and own.is_file()):
            known = [p.name for p in self.playbooks()]
            raise PlaybookError(
                f"there are no questions called '{playbook}'", remedy=did_you_mean(playbook, known)
            )
        return load_own(own).for_kind(kind)

    def question_sets(
        self, kind: Kind | None = None
    ) -> dict[PlaybookFile, QuestionSet | PlaybookError]:
        """The questions of every playbook; in place of a damaged set, what is wrong with it."""
        found: dict[PlaybookFile, QuestionSet | PlaybookError] = {}
        for playbook in self.playbooks():
            try:
                found[playbook] = self.questions(playbook.name, kind)
            except PlaybookError as fault:
                found[playbook] = fault
        return found

    def readable_sets(self, kind: Kind | None = None) -> list[QuestionSet]:
        """The questions of every playbook whose set is not damaged."""
        return [s for s in self.question_sets(kind).values() if isinstance(s, QuestionSet)]

    @cached_property
    def triage(self) -> Triage:
        """Which answers set the risk tier."""
        return Triage.of(self.questions(TRIAGE))

    @cached_property
    def store(self) -> AnswerStore:
        """The database of answers."""
        from playbook.store import AnswerStore

        return self._stored(AnswerStore)

    @cached_property
    def runs(self) -> RunStore:
        """The records of all runs, in the database of the answers."""
        from playbook.runs import RunStore

        return self._stored(RunStore)

    def answers(self, slug: str) -> Answers:
        """The answers of one product as they stand now."""
        return self.store.answers(slug).under(self.triage)

    def _stored(self, kind: type[Part]) -> Part:
        url = os.environ.get(STORE_VARIABLE)
        return kind(url) if url else kind.in_folder(self.folder)


def _resolve(folder: str | Path | None) -> Path:
    return Path(folder or os.environ.get(WORKSPACE_VARIABLE) or "workspace").expanduser().resolve()
