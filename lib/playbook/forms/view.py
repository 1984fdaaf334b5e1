"""One piece of a page that is redrawn in place, whenever what it tells has changed."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets
from markupsafe import Markup

from playbook.evidence.display import Html
from playbook.forms.assets import module, style

WAITING = Html(Markup("<p class='why'>Computing …</p>"), "Computing …")


class View(anywidget.AnyWidget):
    """Shows an `Html` and lets it be replaced.

    Parameters
    ----------
    shown
        What is shown at first.
    """

    _esm = module("dom.js", "view.js")
    _css = style("base.css", "view.css")
    html = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(self, shown: Html = WAITING) -> None:
        super().__init__(html=_framed(shown))
        self._text = shown.text

    def show(self, shown: Html) -> None:
        """Replace what is shown; the browser is told only where it differs."""
        self._text = shown.text
        self.html = _framed(shown)

    def _repr_mimebundle_(self, **wanted: Any) -> Any:
        return with_static(super()._repr_mimebundle_(**wanted), Html(Markup(self.html), self._text))


def with_static(bundle: Any, static: Html) -> Any:
    """The widget's own bundle with the text that stands for it where no widget can be shown."""
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
    return {**data, "text/html": str(static.html), "text/plain": static.text}, metadata


def _framed(shown: Html) -> str:
    return str(shown._repr_mimebundle_()["text/html"])
