"""The home panel's other half: which product is shown, and its verdicts as they are computed."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace

from playbook.documents import TITLES
from playbook.errors import PlaybookError, unexpected
from playbook.evidence.bundle import Evidence
from playbook.evidence.display import Html, sentences
from playbook.forms.home import HomePanel
from playbook.session.progress import (
    EMPTY,
    Verdicts,
    evidence_of,
    first_choice,
    question_sets,
    standing,
    verdicts,
)
from playbook.session.shelf import Shelf, Shelves
from playbook.views.home import home_view
from playbook.workspace import Workspace

LOG = logging.getLogger("playbook")


@dataclass(frozen=True)
class _Known:
    """What has been found of a product, and the file and answers that it rests on."""

    mark: tuple[float, int]
    found: Verdicts
    evidence: Evidence | None = None
    done: bool = False


class Board:
    """Keeps a panel true: progress at once, verdicts on a thread of their own."""

    def __init__(self, workspace: Workspace, product: str = "") -> None:
        self._workspace = workspace
        self._sets = question_sets(workspace)
        self._lock = threading.RLock()
        self._known: dict[str, _Known] = {}
        self._names: dict[str, tuple[float, str]] = {}
        self._worker: threading.Thread | None = None
        self._chosen = first_choice(workspace, product)
        self._shelves = Shelves(workspace.reports_place)
        self._drawn: tuple[_Known | None, Shelf] | None = None
        self.panel = HomePanel(self)
        self.sync()

    def choose(self, slug: str) -> None:
        """Show the product `slug`; one that is not there any more changes nothing."""
        with self._lock:
            if slug in self._workspace.slugs():
                self._chosen = slug
        self.sync()

    def sync(self) -> None:
        """Show what stands now, and compute anew what has changed."""
        with self._lock:
            products = [{"slug": s, "name": self._name(s)} for s in self._workspace.slugs()]
            if self._chosen not in {p["slug"] for p in products}:
                self._chosen = products[0]["slug"] if products else ""
            known = self._looked_at(self._chosen) if self._chosen else None
            shelf = self._shelves.of(self._chosen) if known else Shelf()
            if (known, shelf) != self._drawn or not known:
                shown = self._shown(known, shelf)
                self.panel.show(self._chosen, shown, bool(known and not known.done))
                self._drawn = (known, shelf)
            self.panel.products = products
            if known and not known.done and self._worker is None:
                self._worker = threading.Thread(target=self._work, daemon=True)
                self._worker.start()

    def report(self, name: str) -> str:
        """The page of one report of the chosen product."""
        if not self._chosen or name not in {*TITLES, *(p.name for p in self._sets)}:
            raise PlaybookError("there is no such report", remedy="Run 'playbook run' to make it")
        page = self._workspace.reports_place.read(f"{self._chosen}/{name}.html")
        return page.decode(errors="replace")

    def _shown(self, known: _Known | None, shelf: Shelf) -> Html:
        if known is None:
            return sentences([EMPTY])
        now = standing(self._workspace, self._sets, self._chosen, known.found, shelf)
        return home_view(now, live=True)

    def _looked_at(self, slug: str) -> _Known:
        """What is known of a product under the answers that stand now."""
        mark = (self._changed(slug), self._workspace.store.newest(slug))
        known = self._known.get(slug)
        if known is None or known.mark != mark:
            # Until new verdicts are there, those of before would say what is not so any more.
            found = Verdicts(cases=known.found.cases) if known else Verdicts()
            known = _Known(mark, found, known.evidence if known else None)
            self._known[slug] = known
        return known

    def _work(self) -> None:
        """Compute what the panel lacks until it lacks nothing."""
        while True:
            with self._lock:
                slug = self._chosen
                known = self._known.get(slug)
                if known is None or known.done:
                    self._worker = None
                    return
            self._compute(slug, known)

    def _compute(self, slug: str, known: _Known) -> None:
        evidence = known.evidence
        try:
            product, answers = self._workspace.product(slug), self._workspace.answers(slug)
            evidence = evidence_of(self._workspace, product, answers, evidence)
            for found in verdicts(self._workspace, self._sets, evidence):
                known = replace(known, found=found, evidence=evidence)
                if not self._publish(slug, known):
                    return
        except PlaybookError as error:
            known = replace(known, found=replace(known.found, fault=str(error)))
        except Exception as error:  # a thread that dies would leave the panel waiting for ever
            LOG.exception("the verdicts of a product could not be computed")
            known = replace(
                known, found=replace(known.found, fault=unexpected(type(error).__name__))
            )
        self._publish(slug, replace(known, done=True))

    def _publish(self, slug: str, known: _Known) -> bool:
        """Show what is known now; False where other answers or another product are asked for."""
        with self._lock:
            current = self._known.get(slug)
            if current is None or current.mark != known.mark or slug != self._chosen:
                return False
            self._known[slug] = known
            self.sync()
            return True

    def _name(self, slug: str) -> str:
        changed = self._changed(slug)
        if self._names.get(slug, (None, ""))[0] != changed:
            self._names[slug] = (changed, product_name(self._workspace, slug))
        return self._names[slug][1]

    def _changed(self, slug: str) -> float:
        path = self._workspace.folder / "products" / slug / "product.yaml"
        return path.stat().st_mtime if path.is_file() else 0.0


def product_name(workspace: Workspace, slug: str) -> str:
    """The product's name; its short name where its file cannot be read."""
    try:
        return workspace.product(slug).name
    except PlaybookError:
        return slug
