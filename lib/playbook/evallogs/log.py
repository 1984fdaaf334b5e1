"""What a log of another tool says: its answers, how they were scored, and its own totals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from playbook.tableparts import Criterion

SCORE, FAULT, ABOUT = "score:", "fault:", "about:"
"""What the names of columns begin with: a score, why it is missing, and a fact of the case."""


@dataclass(frozen=True)
class Excluded:
    """Rows that count nowhere: how many, and a sentence that says which and why."""

    reason: str
    n: int
    sentence: str


@dataclass(frozen=True)
class Total:
    """A total as the tool states it, and the same counted again from its own rows.

    `counted` is by the tool's rule, not by ours: Inspect's accuracy counts a partly correct
    answer half. It is None where the rows cannot tell.
    """

    name: str
    stated: float
    counted: float | None

    @property
    def agrees(self) -> bool:
        """Whether both are the same, or the rows cannot tell."""
        return self.counted is None or abs(self.counted - self.stated) < 1e-6


@dataclass(frozen=True)
class Log:
    """One log, or several joined.

    Attributes
    ----------
    tool
        Its name, as a reader knows it.
    where
        How errors and sentences name it.
    run
        By what two copies of the same run are known.
    task
        What was evaluated, in the tool's words; tells apart equal ids of different tasks.
    setup
        What else shaped the answers; the same model with two setups counts as two systems.
    rows
        One row for each answer: ``id``, ``prompt``, ``system``, ``repeat``, ``error``, ``input``,
        ``output`` (text), ``latency`` (seconds), ``cost``, ``tokens`` (NaN where unknown),
        ``question`` (what two answers must share to be to the same question), ``uid`` (what two
        copies of one answer share); and for each score ``score:`` and ``fault:``, for each fact
        of the case ``about:`` before its name.
    judged
        The scores that an automatic judge gave.
    totals
        The tool's own, beside ours.
    excluded, notes
        What was left out, and what a reader has to know of how this was read.
    criteria
        What the answers are rated by; only known once all logs are joined.
    """

    tool: str
    where: str
    run: str
    task: str
    setup: str
    rows: pd.DataFrame
    judged: frozenset[str] = frozenset()
    totals: tuple[Total, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    notes: tuple[str, ...] = ()
    empty: str = ""
    criteria: Mapping[str, Criterion] = field(default_factory=dict)

    @property
    def scores(self) -> list[str]:
        """The names of the scores."""
        return [c.removeprefix(SCORE) for c in self.rows.columns if c.startswith(SCORE)]

    def faults(self) -> dict[str, pd.Series]:
        """For each score why it is missing: ``crashed``, ``unscored``, ``cancelled`` or empty."""
        return {name: self.rows[FAULT + name] for name in self.scores}


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a table whose texts, numbers and scores are of the types that `Log` states."""
    found = pd.DataFrame(rows, dtype=object)
    for column in found.columns:
        if column in {"latency", "cost", "tokens"}:
            found[column] = found[column].map(positive).astype(float)
        elif column.startswith(SCORE):
            found[column] = found[column].astype(object).where(found[column].notna(), None)
        else:
            found[column] = found[column].where(found[column].notna(), "").astype(str)
    return found


def positive(value: object) -> float:
    """A number from 0 upwards; NaN for anything else."""
    number = finite(value)
    return number if number >= 0 else math.nan


def finite(value: object) -> float:
    """A number that is neither infinite nor too large for one; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        return math.nan
    return float(value)


def facts(data: object) -> dict[str, str]:
    """The facts of a case that are short and plain, such as ``{"about:level": "hard"}``."""
    found = data if isinstance(data, dict) else {}
    return {
        f"{ABOUT}{name}": str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in found.items()
        if isinstance(value, str | int | float) and len(str(value)) <= 200
    }
