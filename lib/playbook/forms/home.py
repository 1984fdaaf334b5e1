"""The home panel: choose a product and see how it stands."""

from __future__ import annotations

import logging
from typing import Any, Protocol

import anywidget
import traitlets

from playbook.errors import PlaybookError, unexpected
from playbook.evidence.display import Html
from playbook.forms.assets import module, style
from playbook.forms.view import with_static
from playbook.views.style import style_css

LOG = logging.getLogger("playbook")


class Board(Protocol):
    """What the panel asks of the session behind it."""

    def choose(self, slug: str) -> None:
        """Show the product `slug`."""

    def sync(self) -> None:
        """Bring what is shown up to date."""

    def report(self, name: str) -> str:
        """The page of one report of the chosen product."""


class HomePanel(anywidget.AnyWidget):
    """A select of products over the chosen one's progress, which its `board` keeps up to date."""

    _esm = module("dom.js", "home.js")
    _css = style("base.css", "home.css") + style_css()
    products = traitlets.List(traitlets.Dict()).tag(sync=True)
    chosen = traitlets.Unicode("").tag(sync=True)
    html = traitlets.Unicode("").tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board
        self._static: Html | None = None
        self.on_msg(self._heard)

    def show(self, chosen: str, shown: Html, busy: bool = False) -> None:
        """Show this; the browser is told only what differs."""
        self._static = shown
        with self.hold_sync():
            self.chosen, self.busy = chosen, busy
            self.html = f'<div class="playbook">{shown.html}</div>'

    def _heard(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        kind = str(content.get("type"))
        reply = {"type": "done"}
        try:
            if kind == "sync":
                self._board.sync()
            elif kind == "choose":
                self._board.choose(str(content.get("slug")))
            elif kind == "report":
                page = self._board.report(str(content.get("name")))
                reply = {"type": "page", "html": page}
        except PlaybookError as error:
            reply = {"type": "fault", "text": str(error)}
        except Exception as error:  # a handler that raises would leave the page without an answer
            LOG.exception("the home could not answer its page")
            reply = {"type": "fault", "text": unexpected(type(error).__name__)}
        self.send({**reply, "of": kind})

    def _repr_mimebundle_(self, **wanted: Any) -> Any:
        bundle = super()._repr_mimebundle_(**wanted)
        return with_static(bundle, self._static) if self._static else bundle
