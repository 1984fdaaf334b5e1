"""The form that makes a new product; what it asks is answered by the session behind it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from threading import Lock
from typing import Any, Protocol

import anywidget
import traitlets

from playbook.errors import PlaybookError, unexpected
from playbook.evidence.display import sentences
from playbook.forms.assets import module, style
from playbook.forms.view import with_static

LOG = logging.getLogger("playbook")
_STATIC = "Here a form makes a new product, where the notebook is open in a browser."


class Counter(Protocol):
    """What the form can ask for; each answer is plain data for the browser."""

    def start(self) -> dict[str, Any]:
        """What the form begins with."""

    def slug(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A free short name."""

    def begin(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Make room for an upload."""

    def piece(self, message: Mapping[str, Any], data: bytes) -> dict[str, Any]:
        """Take one piece of an upload."""

    def look(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of a table."""

    def preview(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """What was understood."""

    def create(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Make the product."""

    def discard(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Leave nothing behind."""


class NewProduct(anywidget.AnyWidget):
    """Asks its `counter` and tells the browser each answer, or the one sentence that refuses it."""

    _esm = module("dom.js", "newproduct.js", "newproductform.js")
    _css = style("base.css", "newproduct.css")
    start = traitlets.Dict().tag(sync=True)

    def __init__(self, counter: Counter) -> None:
        super().__init__(start=counter.start())
        self._counter = counter
        self._lock = Lock()  # messages may come on several threads
        self.on_msg(self._heard)

    def _heard(self, widget: object, content: dict[str, Any], buffers: list[Any]) -> None:
        with self._lock:
            self.send({**self._answer(content, buffers), "seq": content.get("seq")})

    def _answer(self, content: dict[str, Any], buffers: list[Any]) -> dict[str, Any]:
        counter, kind = self._counter, content.get("type")
        asked = {
            "slug": counter.slug,
            "begin": counter.begin,
            "look": counter.look,
            "preview": counter.preview,
            "create": counter.create,
            "discard": counter.discard,
        }
        try:
            if kind == "piece":
                return counter.piece(content, bytes(buffers[0]) if buffers else b"")
            return asked[str(kind)](content)
        except PlaybookError as error:
            return {"fault": str(error), "field": getattr(error, "field", "")}
        except Exception as error:  # a handler that raises would leave the page without an answer
            LOG.exception("the form for a new product could not answer")
            return {"fault": unexpected(type(error).__name__), "field": ""}

    def _repr_mimebundle_(self, **wanted: Any) -> Any:
        return with_static(super()._repr_mimebundle_(**wanted), sentences([_STATIC]))
