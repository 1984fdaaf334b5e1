"""Errors a product manager can act on: what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class PlaybookError(Exception):
    """Something the user can put right.

    Parameters
    ----------
    what
        What is wrong, as a plain clause without a full stop.
    where
        The file (with line), column or question concerned.
    remedy
        What to do about it, as an imperative clause.
    """

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        sentence = " ".join(sentence.split()).rstrip(".")
        if not self.remedy:
            return f"{sentence}."
        remedy = self.remedy.rstrip(".")
        return f"{sentence}. {remedy}" + ("" if remedy.endswith("?") else ".")

    def _render_traceback_(self) -> list[str]:
        """IPython calls this instead of printing a traceback: a notebook shows one sentence."""
        return [str(self)]


class NoEvidence(PlaybookError):
    """There is nothing to compute from yet: a table, a column, rows or an answer are missing.

    Unlike other faults this is no mistake: a product at the idea stage has no table. Checks turn
    it into *not enough evidence*.
    """


def unexpected(fault: str) -> str:
    """The sentence for a fault that is not the reader's, called by its type's name.

    >>> unexpected("KeyError")[:60]
    'This part could not be computed because of an unexpected fau'
    """
    return (
        f"This part could not be computed because of an unexpected fault ({fault}). Please report "
        "it to whoever maintains these playbooks."
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"Did you mean 'x'?"``, or the known words where none is close.

    >>> did_you_mean("mortage", ["mortgage", "churn"])
    "Did you mean 'mortgage'?"
    """
    words = [str(k) for k in known]
    close = get_close_matches(str(word), words, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    if not words:
        return "There is none yet"
    shown = ", ".join(sorted(words)[:12])
    return f"Known are: {shown}{', …' if len(words) > 12 else ''}"
