"""What the runs of one product rest on, as it stands now; each thing is looked at only once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from playbook.answers import Answers
from playbook.batch.marks import content_mark, digest, files_mark, quick_mark
from playbook.catalog import PlaybookFile
from playbook.shipped import shipped
from playbook.tier import PLAYBOOK as TRIAGE
from playbook.workspace import Workspace


class Shared:
    """What all products share: the policy and the question sets, with the workspace's own."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._marks: dict[tuple[Path, ...], str] = {}

    def notebook(self, playbook: PlaybookFile) -> str:
        """A mark of the notebook."""
        return self._mark(playbook.path)

    def questions(self, playbook: PlaybookFile) -> str:
        """A mark of the playbook's question set, and of the one that sets the risk tier; that one's
        own playbook tells how deep all others go."""
        names = [playbook.name, TRIAGE]
        if playbook.name == TRIAGE:
            names += [other.name for other in self.workspace.playbooks()]
        files = []
        for name in dict.fromkeys(f"{stem}.yaml" for stem in names):
            files.append(shipped(f"templates/questions/{name}"))
            files.append(self.workspace.folder / "questions" / name)
        return self._mark(*files)

    @cached_property
    def policy_files(self) -> str:
        """A mark of the policy's files."""
        return self._mark(shipped("templates/policy.yaml"), self.workspace.folder / "policy.yaml")

    def look(self, playbook: PlaybookFile) -> None:
        """Look at the files now."""
        self.notebook(playbook), self.questions(playbook), self.policy_files
        self.workspace.policy  # noqa: B018

    def policy(self, names: set[str], before: Mapping[str, Any]) -> dict[str, Any]:
        """Marks of the policy's entries; parsed only where the files are not those of `before`."""
        known: dict[str, Any] = before.get("policy", {})
        if before.get("policy_files") == self.policy_files and names <= known.keys():
            return {name: known[name] for name in sorted(names)}
        return {name: digest(self.workspace.policy.entry(name)) for name in sorted(names)}

    def _mark(self, *paths: Path) -> str:
        if paths not in self._marks:
            self._marks[paths] = files_mark(paths)
        return self._marks[paths]


class State:
    """One product. The answers and the times of files are those of when they are first asked for:
    a run is never marked with what came while it was under way."""

    def __init__(self, shared: Shared, slug: str) -> None:
        self.shared, self.slug = shared, slug
        self._folder = shared.workspace.folder / "products" / slug
        self._quick: dict[str, str] = {}
        self._content: dict[tuple[str, str], str] = {}

    @cached_property
    def answers(self) -> Answers:
        """The answers of the team."""
        return self.shared.workspace.answers(self.slug)

    @cached_property
    def product(self) -> str:
        """A mark of ``product.yaml``."""
        return files_mark([self._folder / "product.yaml"])

    def look(self, playbook: PlaybookFile) -> State:
        """Look at answers and files now, before anything is computed from them."""
        self.answers, self.product  # noqa: B018
        self.shared.look(playbook)
        for source in self._sources({}).values():
            self._quick_of(source)
        return self

    def data(
        self, before: Mapping[str, Any], told: Mapping[str, str] | None = None
    ) -> dict[str, dict[str, str]]:
        """Of each table: its source, a quick mark, and the fingerprint of its content.

        Where the quick mark is still that of `before`, the inputs of an earlier run, the content
        is not read again; nor where a run has `told` the fingerprint of what it has read.
        """
        known = before.get("data", {})
        marks = {}
        for name, source in self._sources(before).items():
            quick, old = self._quick_of(source), known.get(name, {})
            content = (told or {}).get(name)
            if content is None and quick and quick == old.get("mark"):
                content = old["fingerprint"]
            marks[name] = {
                "source": source if _is_file(source) else "",
                "mark": quick,
                "fingerprint": content or self._content_of(name, quick),
            }
        return marks

    def _sources(self, before: Mapping[str, Any]) -> dict[str, str]:
        """Where the tables are; ``product.yaml`` is parsed only where it has changed."""
        if before.get("product") == self.product:
            known = {name: marks["source"] for name, marks in before["data"].items()}
            if all(known.values()):
                return known
        return {name: table.source for name, table in self._parsed.tables.items()}

    @cached_property
    def _parsed(self) -> Any:
        return self.shared.workspace.product(self.slug)

    def _quick_of(self, source: str) -> str:
        if source not in self._quick:
            quick = quick_mark(source, self._folder) if _is_file(source) else ""
            self._quick[source] = quick
        return self._quick[source]

    def _content_of(self, name: str, quick: str) -> str:
        if (name, quick) not in self._content:
            table = self._parsed.tables[name]
            self._content[name, quick] = content_mark(table, self._folder)
        return self._content[name, quick]


def _is_file(source: str) -> bool:
    """An address may hold a password: it is not written down, and asked each time."""
    return "://" not in source and "${" not in source
