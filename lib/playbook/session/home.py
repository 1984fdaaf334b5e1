"""The home: choose a product and see how it stands, or make a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from playbook.errors import PlaybookError
from playbook.evidence.display import Html, sentences
from playbook.forms.assets import style
from playbook.forms.host import is_live
from playbook.session.parts import check_texts
from playbook.session.progress import (
    EMPTY,
    Sets,
    Verdicts,
    about_product,
    evidence_of,
    first_choice,
    question_sets,
    standing,
    verdicts,
)
from playbook.session.shelf import look
from playbook.views.home import home_view, products_view
from playbook.views.style import style_html
from playbook.workspace import Workspace

if TYPE_CHECKING:
    from playbook.session.board import Board
    from playbook.session.primer import Primer


class Home:
    """What the start page shows; without a browser, plain pages computed at once."""

    def __init__(self, workspace: Workspace, product: str = "") -> None:
        self.workspace = workspace
        self._product = product
        self._board: Board | None = None

    def products(self) -> Any:
        """Choose a product and see its progress, its verdicts and what to do next."""
        if is_live():
            from playbook.session.board import Board

            self._board = Board(self.workspace, self._product)
            return self._board.panel
        slug = first_choice(self.workspace, self._product)
        shown = self._still(slug) if slug else sentences([EMPTY])
        css = Markup("{}<style>{}</style>").format(style_html(), Markup(style("home.css")))
        return Html(css + shown.html, shown.text)

    def new_product(self) -> Any:
        """The form that makes a product from an example or from a table."""
        if not is_live():
            return sentences(
                ["Here a form makes a new product, where the notebook is open in a browser: start "
                 "'playbook lab' or 'playbook app'. In a terminal 'playbook new --help' says how."]
            )  # fmt: skip
        from playbook.forms.newproduct import NewProduct
        from playbook.session.draft import Draft

        return NewProduct(Draft(self.workspace, self._made))

    def primer(self) -> Primer:
        """The lessons on the examples' real data."""
        from playbook.session.primer import Primer

        return Primer(self.workspace.policy)

    def self_check(self) -> Any:
        """Five questions whose answers are explained, each to be answered for oneself."""
        if not is_live():
            return Html.nothing()
        from playbook.forms.desk import Desk
        from playbook.forms.form import Form
        from playbook.store import ORGANISATION

        questions = self.workspace.questions("start_here")
        desk = Desk(self.workspace.store, ORGANISATION, questions)
        static = sentences([f"{q.text}" for q in questions.questions])
        return Form(desk, lambda: None, lambda: static, own=True)

    def _made(self, slug: str) -> None:
        if self._board is not None:
            self._board.choose(slug)

    def _still(self, slug: str) -> Html:
        """The panel of one product with all verdicts, under a list where there are several."""
        sets = question_sets(self.workspace)
        try:
            product, answers = self.workspace.product(slug), self.workspace.answers(slug)
            evidence = evidence_of(self.workspace, product, answers)
            *_, found = verdicts(self.workspace, sets, evidence)
        except PlaybookError as error:
            found = Verdicts(fault=str(error))
        shelf = look(self.workspace.reports_place, slug)
        panel = home_view(standing(self.workspace, sets, slug, found, shelf))
        if self._product or len(self.workspace.slugs()) < 2:
            return panel
        listed = products_view([self._row(sets, other) for other in self.workspace.slugs()])
        return Html(panel.html + listed.html, f"{panel.text}\n\n{listed.text}")

    def _row(self, sets: Sets, slug: str) -> tuple[str, str, str]:
        now = standing(self.workspace, sets, slug)
        if now.fault:
            return now.name, now.fault, ""
        answered, asked = sum(s.answered for s in now.steps), sum(s.asked for s in now.steps)
        return now.name, about_product(self.workspace.product(slug)), f"{answered} of {asked}"


def open_home(workspace: str = "", product: str = "") -> Home:
    """Open the start page of a workspace.

    Parameters
    ----------
    workspace
        The workspace's folder; empty for ``PLAYBOOK_WORKSPACE``, or ``./workspace``. Its folders
        are made where they are missing.
    product
        The product shown first; empty for the one that ``PLAYBOOK_PRODUCT`` names, or the first.

    Raises
    ------
    PlaybookError
        The workspace cannot be made, or it has no such product.
    """
    check_texts(product=product, workspace=workspace)
    place = Workspace.create(workspace)
    first_choice(place, product)
    return Home(place, product)
