"""Whether what the model sees and says still looks as it did: distances of windows of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from playbook.errors import NoEvidence, PlaybookError, did_you_mean
from playbook.estimate import Estimate
from playbook.evidence import driftwords
from playbook.evidence.counts import Window
from playbook.evidence.display import Html
from playbook.evidence.distances import distance
from playbook.evidence.driftcounts import Binned, binned, layouts, windows_of
from playbook.evidence.driftrows import WindowDrift, row_of, told
from playbook.evidence.intervals import holm
from playbook.evidence.performance import require
from playbook.evidence.tables import Decisions
from playbook.evidence.windows import WindowPerformance, performance_by_window

SIZE = 0.1
MINIMUM_N = 30
_FULL = 100


@dataclass(frozen=True)
class Drift:
    """Every column in every window, none hidden.

    Attributes
    ----------
    rows
        By column, then window; the reference window is not among them.
    binned
        The counts behind them, by column.
    performance
        Accuracy and more by window, where decisions have labels.
    window, reference
        Span of a window, and when the reference window begins.
    reference_n
        Its rows.
    undated, thin
        Rows without a time, and windows of fewer than 30 rows: both left out.
    skipped
        Columns whose kind has no bins, such as dates.
    """

    rows: list[WindowDrift]
    binned: dict[str, Binned]
    performance: list[WindowPerformance]
    window: Window
    reference: pd.Timestamp
    reference_n: int
    undated: int
    thin: int
    skipped: list[str]
    size: float

    @property
    def estimates(self) -> list[Estimate]:
        """All estimates, of columns first and then of performance."""
        found = [e for row in self.rows for e in row.estimates]
        for one in self.performance:
            found += [*one.estimates, *([one.change] if one.change else [])]
        return found

    @property
    def columns(self) -> list[str]:
        """The columns looked at."""
        return list(self.binned)

    @property
    def flagged(self) -> list[WindowDrift]:
        """Columns and windows that have surely moved, the furthest first."""
        return sorted((r for r in self.rows if r.flagged), key=lambda r: -r.psi.low)

    def worst(self, column: str) -> WindowDrift | None:
        """The window in which `column` has surely moved furthest."""
        rows = [r for r in self.rows if r.column == column]
        return max(rows, key=lambda r: (r.flagged, r.psi.low, r.psi.value), default=None)

    def summary(self) -> Html:
        """Which columns have moved, how far and where; whether decisions became worse."""
        return driftwords.summary(self)

    def table(self) -> Html:
        """One line per column: its furthest window."""
        return driftwords.columns_table(self)

    def performance_table(self) -> Html:
        """One line per window."""
        return driftwords.performance_table(self)

    def chart(self) -> Html:
        """The index of the columns that moved most by window, beside what chance does."""
        return driftwords.chart(self)

    def performance_chart(self) -> Html:
        """Accuracy by window."""
        return driftwords.performance_chart(self)


def drift(
    decisions: Decisions,
    columns: Sequence[str] | None = None,
    window: Window = "month",
    reference: str | date | None = None,
    confidence: float = 0.95,
    *,
    size: float = SIZE,
) -> Drift:
    """Compare the columns of each window of time with those of a reference window.

    All rows count, labelled or not, each once: a weight column is not used. A column is flagged
    where Pearson's test rejects after Holm's correction *and* the whole interval of its index lies
    above `size`: with many rows the smallest shift is beyond chance, and with few rows a large
    index is chance.

    Parameters
    ----------
    columns
        Stored columns; by default features, score and prediction.
    window
        Span of a window.
    reference
        A day in the window to compare with; by default the first window of at least 100 rows.
    size
        The Population Stability Index from which a shift counts; credit scoring takes 0.1 as
        worth a look and 0.25 as large (Siddiqi 2006).

    Raises
    ------
    PlaybookError
        The table has no time or no such column, there is nothing to compare, or no row in the
        reference window.
    """
    require(decisions, "time")
    chosen, skipped = _columns(decisions, columns)
    sizes = windows_of(decisions, window)
    start = _reference(sizes, reference, window, decisions)
    laid = layouts(decisions, chosen, window, start)
    tables = {b.column: b for b in binned(decisions, laid, window)}
    kept = [w for w in sizes.index if w != start and sizes[w] >= MINIMUM_N]
    found = []
    for position, table in enumerate(tables.values()):
        at = table.counts.loc[start].to_numpy()
        known = slice(0, len(at) - 1)
        for w in kept:
            counts = table.counts.loc[w].to_numpy()
            d = distance(at, counts, table.ordered, confidence, position, known)
            found.append(row_of(table.column, w, d, size))
    corrected = holm([r.p for r in found]) if found else []
    return Drift(
        rows=[
            replace(r, p=p, psi=told(r.psi, p, r.distance, start, len(found)))
            for r, p in zip(found, corrected, strict=True)
        ],
        binned=tables,
        performance=performance_by_window(decisions, window, start, MINIMUM_N, confidence),
        window=window,
        reference=start,
        reference_n=int(sizes[start]),
        undated=decisions.n - int(sizes.sum()),
        thin=int((sizes.drop(start) < MINIMUM_N).sum()),
        skipped=skipped,
        size=size,
    )


def _columns(decisions: Decisions, wanted: Sequence[str] | None) -> tuple[list[str], list[str]]:
    roles, rows = decisions.table.columns, decisions.rows
    if wanted is None:
        wanted = [*roles.features, *(c for c in (roles.score, roles.prediction) if c)]
    for column in wanted:
        if column not in rows.columns:
            raise PlaybookError(
                f"there is no column '{column}'",
                where=decisions.where,
                remedy=did_you_mean(column, rows.columns),
            )
    kinds = {column: rows[column].type() for column in dict.fromkeys(wanted)}
    chosen = [c for c, k in kinds.items() if k.is_numeric() or k.is_boolean() or k.is_string()]
    if not chosen:
        raise NoEvidence(
            "there is no column to watch",
            where=decisions.where,
            remedy="Name features, score or prediction under 'columns:' in product.yaml",
        )
    return chosen, [c for c in kinds if c not in chosen]


def _reference(
    sizes: pd.Series, wanted: str | date | None, window: Window, decisions: Decisions
) -> pd.Timestamp:
    if len(sizes) < 2:
        raise NoEvidence(
            f"all rows with a time lie in one {window}, so there is nothing to compare",
            where=decisions.where,
            remedy="Choose a shorter window, or add rows of another time",
        )
    if wanted is None:
        full = sizes[sizes >= _FULL]
        start: pd.Timestamp = (full if len(full) else sizes).index[0]
        return start
    try:
        day = pd.Timestamp(wanted)
    except ValueError as error:
        raise PlaybookError(
            f"'{wanted}' is not a date", remedy="Write it like 2026-05-04"
        ) from error
    before = sizes.index[sizes.index <= day]
    nearest = before[-1] if len(before) else None
    if nearest is None or day >= _end(nearest, window):
        raise PlaybookError(
            f"no row lies in the {window} of {day:%Y-%m-%d}",
            where=decisions.where,
            remedy=f"Rows lie between {sizes.index[0]:%Y-%m-%d} and {sizes.index[-1]:%Y-%m-%d}",
        )
    return nearest


def _end(start: pd.Timestamp, window: Window) -> pd.Timestamp:
    end: pd.Timestamp = (
        start
        + {
            "year": pd.DateOffset(years=1),
            "quarter": pd.DateOffset(months=3),
            "month": pd.DateOffset(months=1),
            "week": pd.DateOffset(weeks=1),
            "day": pd.DateOffset(days=1),
        }[window]
    )
    return end
