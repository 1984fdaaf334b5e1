"""Opening a playbook by name: what a notebook's first cell calls."""

from __future__ import annotations

import os

from playbook.errors import PlaybookError
from playbook.session.book import Book
from playbook.session.parts import check_texts
from playbook.workspace import Workspace

PRODUCT_VARIABLE = "PLAYBOOK_PRODUCT"


def open_playbook(
    name: str, product: str = "", workspace: str = "", confidence: float = 0.95
) -> Book:
    """Open the playbook `name` for one product: a shipped one, or the workspace's own questions.

    Parameters
    ----------
    name
        The playbook's name or number; of a question set that the workspace brings, its file's name.
    product
        The product's short name; empty for the one named by ``PLAYBOOK_PRODUCT``, or the only
        one there is.
    workspace
        The workspace's folder; empty for ``PLAYBOOK_WORKSPACE``, or ``./workspace``.
    confidence
        Of every interval, between 0.5 and 1.

    Raises
    ------
    PlaybookError
        The workspace, the product or one of its files is missing or wrong.
    """
    check_texts(questions=name, product=product, workspace=workspace)
    if not isinstance(confidence, float) or not 0.5 <= confidence < 1:
        raise PlaybookError(
            f"the parameter 'confidence' is {confidence!r}", remedy="Give a number such as 0.95"
        )
    place = Workspace.open(workspace)
    if not name:
        raise PlaybookError(
            "no questions are named",
            remedy="Set the parameter 'questions' to the name of a file in the workspace's "
            "'questions', without '.yaml'",
        )
    return Book(name, product or _default_product(place), place, confidence)


def _default_product(workspace: Workspace) -> str:
    slugs = workspace.slugs()
    named = os.environ.get(PRODUCT_VARIABLE)
    if named or len(slugs) == 1:
        return named or slugs[0]
    raise PlaybookError(
        "no product is named",
        where=str(workspace.folder),
        remedy=f"Set the parameter 'product' to one of: {', '.join(slugs) or 'none yet'}",
    )
