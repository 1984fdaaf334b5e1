"""What would be if the answers were others: fields to play with, and what would follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from playbook.answers import Answer, Answers
from playbook.answervalues import check_value
from playbook.errors import PlaybookError
from playbook.evidence.display import Html
from playbook.forms.assets import module, style
from playbook.forms.desk import Desk, clean
from playbook.forms.newest import Newest
from playbook.forms.view import WAITING, with_static
from playbook.store import TEAM


class WhatIf(anywidget.AnyWidget):
    """Some questions with the team's answers filled in, and a view that follows what is typed.

    Nothing is stored until the person says so.

    Parameters
    ----------
    desks
        The question sets that the questions belong to.
    keys
        The questions to play with, as ``playbook.question``.
    answers
        Returns the answers that stand now.
    build
        Shows what would follow from the answers it is given; it may take its time.
    """

    _esm = module("dom.js", "fields.js", "tablefield.js", "whatif.js")
    _css = style("base.css", "form.css", "whatif.css")
    setup = traitlets.Dict().tag(sync=True)
    html = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        title: str,
        desks: Sequence[Desk],
        keys: Sequence[str],
        answers: Callable[[], Answers],
        build: Callable[[Answers], Html],
    ) -> None:
        self._desks = {desk.questions.playbook: desk for desk in desks}
        self._keys = list(keys)
        self._answers, self._build = answers, build
        self._work = Newest()
        super().__init__(setup={"title": title, "questions": self._questions()})
        self._shown = WAITING
        self.on_msg(self._heard)
        self.redraw({})

    def redraw(self, tried: Mapping[str, Any]) -> None:
        """Show what would follow from the values `tried`, by ``playbook.question``."""
        self.busy = True
        self._work.do(lambda: self._draw(tried))

    def _draw(self, tried: Mapping[str, Any]) -> None:
        self._shown = self._build(self.hypothetical(tried))
        self.html = str(self._shown._repr_mimebundle_()["text/html"])
        self.busy = False

    def hypothetical(self, tried: Mapping[str, Any]) -> Answers:
        """The answers that stand, with the values `tried` in their place.

        Values that fit no question are left out: the field says so itself.
        """
        answers = self._answers()
        for key, value in tried.items():
            if key not in self._keys:
                continue
            playbook, question_id = key.split(".")
            question = self._desks[playbook].questions[question_id]
            try:
                fitting = check_value(question, clean(value))
            except PlaybookError:
                continue
            tried_answer = Answer(
                playbook=playbook,
                question=question_id,
                state="answered",
                value=fitting,
                by="what if",
            )
            answers = answers.replace(tried_answer)
        return answers

    def _questions(self) -> list[dict[str, Any]]:
        answers = self._answers()
        asked = {
            f"{playbook}.{q['id']}": q
            for playbook, desk in self._desks.items()
            for q in desk.asked()
        }
        found = [(key, asked[key], answers.get(key)) for key in self._keys]
        return [
            q
            | {
                "key": key,
                "value": answer.value if answer else None,
                "revision": answer.revision if answer else 0,
            }
            for key, q, answer in found
        ]

    def _heard(self, widget: object, message: dict[str, Any], buffers: object) -> None:
        tried = message.get("values")
        values = tried if isinstance(tried, dict) else {}
        if message.get("type") == "try":
            self.redraw(values)
        elif message.get("type") == "keep":
            self.send({"type": "kept", "said": self._keep(message, values)})
            self.setup = {**self.setup, "questions": self._questions()}
            self.redraw({})

    def _keep(self, message: Mapping[str, Any], values: Mapping[str, Any]) -> str:
        seen = {q["key"]: q["revision"] for q in self.setup["questions"]}
        for key, value in values.items():
            if key not in self._keys:
                continue
            playbook, question = key.split(".")
            edit = {**message, "sheet": TEAM, "question": question, "expected": seen[key]}
            reply = self._desks[playbook].save({**edit, "state": "answered", "value": value})
            text = self._desks[playbook].questions[question].text
            if reply["type"] == "refused":
                return f"Not saved: {text} {reply['message']}"
            if reply["type"] == "conflict":
                current = reply["current"]
                return (
                    f"Not saved: {current['by']} changed this meanwhile: {text} {current['told']}"
                )
        return "Saved as the team’s answers." if values else "Nothing was different."

    def _repr_mimebundle_(self, **wanted: Any) -> Any:
        return with_static(super()._repr_mimebundle_(**wanted), self._shown)
