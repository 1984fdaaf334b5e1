"""Keeps a page true: redraws, in the background, what rests on an answer that has changed."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from playbook.errors import PlaybookError, unexpected
from playbook.evidence.display import Html, sentences
from playbook.forms.host import is_live
from playbook.reads import recording, touched

if TYPE_CHECKING:
    from playbook.forms.view import View

T = TypeVar("T")
LOG = logging.getLogger("playbook")


@dataclass(eq=False)
class _Piece:
    """Something to be built again when one of the answers it `read` changes."""

    build: Callable[[], Html | None]
    view: View | None
    read: set[str] = field(default_factory=set)
    stale: bool = True
    building: bool = False
    seconds: float = 0.0


class Refresher:
    """Computes pieces of a page one after another on a thread of its own.

    Cells therefore end at once, edits are acknowledged while evidence is still being computed, and
    many edits in a row cost one redraw. The thread ends when nothing is left to do.

    Parameters
    ----------
    live
        Whether a browser is there; in batch `view` computes what it is given and returns that.
    """

    def __init__(self, live: bool | None = None) -> None:
        self.live = is_live() if live is None else live
        self._pieces: list[_Piece] = []
        self._turn = Condition()
        self._worker: Thread | None = None

    def view(self, build: Callable[[], Html]) -> Html | View:
        """What `build` returns: at once in batch; else a `View` that is drawn when it is ready."""
        if not self.live:
            return build()
        from playbook.forms.view import View

        view = View()
        view.busy = True
        self._add(_Piece(build, view))
        return view

    def also(self, work: Callable[[], None], late: bool = False) -> None:
        """Do `work`, and again when an answer it read changes.

        Where it is `late`, it waits the first time until all else has been drawn.
        """
        self._add(_Piece(work, None, seconds=math.inf if late else 0))

    def changed(self, keys: Iterable[str]) -> None:
        """Redraw whatever read one of the answers `keys`."""
        keys = set(keys)
        with self._turn:
            for piece in self._pieces:
                if piece.view is not None and piece.view.comm is None:
                    continue  # its cell was run again: nobody sees it any more
                # What a piece will have read is known only when it has been built.
                hit = bool(keys) if piece.building else touched(piece.read, keys)
                piece.stale = piece.stale or hit
        self._wake()

    def settle(self, seconds: float = 60) -> bool:
        """Wait until nothing is left to draw; whether that came true in time."""
        with self._turn:
            return self._turn.wait_for(lambda: self._worker is None, seconds)

    def _add(self, piece: _Piece) -> None:
        with self._turn:
            self._pieces.append(piece)
        self._wake()

    def _wake(self) -> None:
        with self._turn:
            if self._worker is None and any(piece.stale for piece in self._pieces):
                self._worker = Thread(target=self._work, name="playbook-redraw", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while True:
            with self._turn:
                # Those that were quick last time come first: sentences before pictures. The first
                # time all take their turn.
                stale = [piece for piece in self._pieces if piece.stale]
                piece = min(stale, key=lambda piece: piece.seconds, default=None)
                if piece is None:
                    self._worker = None
                    self._turn.notify_all()
                    return
                # Before the work: what changes while it is done makes it stale again.
                piece.stale, piece.building = False, True
            if piece.view is not None:
                piece.view.busy = True
            began = perf_counter()
            with recording() as read:
                shown = told(piece.build)
            with self._turn:
                piece.read, piece.building = read, False
                piece.seconds = perf_counter() - began
            if piece.view is not None:
                piece.view.show(shown or Html.nothing())
                piece.view.busy = False


def told(build: Callable[[], T]) -> T | Html:
    """What `build` returns, or one sentence about why it could not."""
    try:
        return build()
    except PlaybookError as error:
        return sentences([str(error)])
    except Exception as error:
        # The reader gets a sentence, whoever runs the server the whole story.
        LOG.exception("a part of a playbook could not be computed")
        return sentences([unexpected(type(error).__name__)])
