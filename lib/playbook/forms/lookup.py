"""Widgets that look numbers up: data travel once, and the browser computes no statistics."""

from __future__ import annotations

from typing import Any, Protocol

import anywidget
import traitlets

from playbook.evidence.display import Html
from playbook.forms.host import is_live
from playbook.forms.view import with_static


class Lookup(anywidget.AnyWidget):
    """A view of `data`; where no widget can be shown, `static` stands in for it.

    Parameters
    ----------
    data
        Plain numbers and texts, ready for JSON.
    static
        What reports and batch runs show.
    """

    data = traitlets.Dict().tag(sync=True)

    def __init__(self, data: dict[str, Any], static: Html) -> None:
        super().__init__(data=data)
        self._static = static

    def show(self, data: dict[str, Any], static: Html) -> None:
        """Replace the data, after an answer has changed."""
        self._static = static
        self.data = data

    def _repr_mimebundle_(self, **wanted: Any) -> Any:
        return with_static(super()._repr_mimebundle_(**wanted), self._static)


class Lesson(Protocol):
    """What can be looked up: in a browser, or as a still."""

    def payload(self) -> dict[str, Any]:
        """Numbers and texts for the browser."""

    def table(self) -> Html:
        """What stands in for the widget in a saved notebook: cheap to make."""

    def static(self) -> Html:
        """What a report shows."""


def look_up(kind: type[Lookup], lesson: Lesson) -> Lookup | Html:
    """The widget where a browser shows it; in batch no widget is made, only its static face."""
    return kind(lesson.payload(), lesson.table()) if is_live() else lesson.static()
