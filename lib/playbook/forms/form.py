"""The form: one widget with native controls, every edit acknowledged by the store."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from playbook.errors import PlaybookError
from playbook.evidence.display import Html
from playbook.forms.assets import module, style
from playbook.forms.desk import MINE, Desk, Respondent
from playbook.forms.host import WORKSHOP_VARIABLE
from playbook.forms.view import with_static
from playbook.questions import ROLE_NAMES
from playbook.store import TEAM

IDENTITIES = ("JUPYTERHUB_USER", "PLAYBOOK_RESPONDENT")
"""Environment variables that may name who sits in front of this kernel."""
EVERY = 1000
"""Milliseconds between two questions of the browser whether anything is new."""
LOG = logging.getLogger("playbook")


class Form(anywidget.AnyWidget):
    """The questions of one playbook, live.

    Parameters
    ----------
    on_change
        Called, without waiting for it, after something was stored by this form or by others.
    static
        What stands for the form where no widget can be shown.
    own
        Whether every respondent answers for themselves, without a team's sheet beside.
    """

    _esm = module("dom.js", "fields.js", "tablefield.js", "question.js", "form.js")
    _css = style("base.css", "form.css")
    setup = traitlets.Dict().tag(sync=True)
    first = traitlets.Dict().tag(sync=True)
    notes = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        desk: Desk,
        on_change: Callable[[], None],
        static: Callable[[], Html],
        own: bool = False,
    ) -> None:
        self._desk, self._on_change, self._static = desk, on_change, static
        self._seen = desk.store.newest(desk.product)
        super().__init__(setup=self._setup(own), first=desk.state(TEAM))
        self.on_msg(self._heard)

    def _setup(self, own: bool) -> dict[str, Any]:
        named = next((os.environ[name] for name in IDENTITIES if os.environ.get(name)), "")
        place = hashlib.sha256(self._desk.store.place.encode()).hexdigest()[:12]
        return {
            "title": self._desk.questions.title,
            "place": f"{place}:{self._desk.product}:{self._desk.questions.playbook}",
            "questions": self._desk.asked(),
            "roles": ROLE_NAMES,
            "identity": named,
            "known_role": self._desk.store.role_of(named) if named else None,
            "mine": own or os.environ.get(WORKSHOP_VARIABLE) == "1",
            "only": own,
            "every": EVERY,
        }

    def _heard(self, widget: object, message: dict[str, Any], buffers: object) -> None:
        """Answer one message of the browser; whatever goes wrong is told there in a sentence."""
        try:
            reply = self._reply(message)
        except PlaybookError as error:
            reply = {"type": "refused", "message": str(error)}
        except Exception as error:
            LOG.exception("a message of the form could not be answered")
            fault = f"This could not be stored because of an unexpected fault ({error!r:.200})."
            reply = {"type": "refused", "message": fault}
        self.send({"question": message.get("question"), "nonce": message.get("nonce"), **reply})
        self._tell_others()

    def _reply(self, message: dict[str, Any]) -> Mapping[str, Any]:
        match message.get("type"):
            case "hello":
                return {"type": "state", **self._desk.state(self._sheet(message))}
            case "sync":
                if self._desk.store.newest(self._desk.product) == message.get("revision"):
                    return {"type": "synced"}
                since = int(message.get("revision") or 0)
                return {"type": "state", **self._desk.state(self._sheet(message), since)}
            case "edit":
                return self._with_shown(self._desk.save(message), message)
            case "reuse":
                return self._with_shown(self._desk.reuse(message), message)
            case "history":
                return self._desk.history(message)
            case "who":
                respondent = Respondent.of(message)
                return {
                    "type": "welcome",
                    "by": respondent.name,
                    "known_role": self._role(respondent),
                }
        raise PlaybookError(
            "the page and the notebook do not fit together", remedy="Reload the page"
        )

    def _with_shown(self, reply: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
        """What is asked may follow from what was just answered."""
        if reply["type"] != "saved":
            return reply
        return reply | {"shown": self._desk.shown(self._sheet(message))}

    def _role(self, respondent: Respondent) -> str | None:
        return self._desk.store.role_of(respondent.name)

    def _sheet(self, message: Mapping[str, Any]) -> str:
        which = MINE if self.setup["only"] else str(message.get("sheet"))
        return self._desk.sheet(which, str(message.get("by") or ""))

    def _tell_others(self) -> None:
        newest = self._desk.store.newest(self._desk.product)
        if newest != self._seen:
            self._seen = newest
            self._on_change()

    def _repr_mimebundle_(self, **wanted: Any) -> Any:
        return with_static(super()._repr_mimebundle_(**wanted), self._static())
