"""Whether quality holds: how wrong predictions are from one stretch of time to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import overtimewords
from playbook.evidence.counts import Window
from playbook.evidence.display import Html
from playbook.evidence.measured import Measured
from playbook.evidence.tables import Decisions
from playbook.evidence.timesums import DAYS, DaySums, window_name
from playbook.evidence.windows import performance_by_window
from playbook.evidence.wrongness import Scale, check_finite, judged
from playbook.product import Task, Words

SIGNIFICANT = 0.05
MINIMUM_N = 30


@dataclass(frozen=True)
class Stretch:
    """One window of time, or one half of all time.

    Attributes
    ----------
    start, end
        When its first and its last window begin.
    n
        Its rows.
    error
        Share decided wrongly, or mean absolute error; None for under 30 rows.
    bias
        For amounts the mean error (prediction minus outcome).
    auc
        For two outcomes with scores.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    n: int
    error: Estimate | None
    bias: Estimate | None = None
    auc: Estimate | None = None


@dataclass(frozen=True)
class OverTime(Measured):
    """Quality by window of time.

    Attributes
    ----------
    windows
        In order; those of under 30 rows have no estimates.
    halves
        The earlier and the later windows, cut where half of the rows have passed.
    change
        The error of the later half minus that of the earlier; None where a half is too small.
    p
        Two-sided p-value of no change.
    undated
        Rows without a time, left out.
    """

    windows: list[Stretch]
    halves: tuple[Stretch, Stretch]
    change: Estimate | None
    p: float | None
    window: Window
    undated: int
    task: Task
    words: Words

    @property
    def worse(self) -> bool:
        """Whether the later half is surely worse."""
        return self._changed and self.change is not None and self.change.value > 0

    @property
    def better(self) -> bool:
        """Whether the later half is surely better."""
        return self._changed and self.change is not None and self.change.value < 0

    @property
    def _changed(self) -> bool:
        return self.p is not None and self.p < SIGNIFICANT

    @property
    def estimates(self) -> list[Estimate]:
        """Of each window, then of the halves, then the change."""
        found = [e for w in (*self.windows, *self.halves) for e in (w.error, w.bias, w.auc)]
        return [e for e in (*found, self.change) if e]

    def summary(self) -> Html:
        """Where it was best and worst, and whether it becomes worse."""
        return overtimewords.summary(self)

    def table(self) -> Html:
        """Every window."""
        return overtimewords.table_of(self)

    def chart(self) -> Html:
        """The error by window, inside its interval."""
        return overtimewords.chart(self)


def over_time(decisions: Decisions, confidence: float = 0.95) -> OverTime:
    """Measure errors by month; by week, quarter or year where the table spans less or more.

    Cases of one day share its weather, its system and its news. So days count as clusters: rows
    are counted as how many independent ones would tell as much (the design effect, Kish 1965;
    intervals by Korn and Graubard 1998, Survey Methodology 24), where a stretch has at least ten
    days.

    Raises
    ------
    NoEvidence
        The table names no time; no two windows have enough rows; it holds ranked lists.
    """
    if decisions.table.columns.time is None:
        raise NoEvidence(
            "the table names no time, so nobody can say whether quality holds",
            where=decisions.where,
            remedy="Add 'time:' under 'columns:' in product.yaml",
        )
    whole = judged(decisions)
    days = DaySums.of(decisions, whole)
    check_finite(decisions, days.total("off2"))
    scale = Scale.of(decisions, confidence)
    window = days.window()
    started = days.started(window)
    parts = [days.part(started == start) for start in started.drop_duplicates()]
    enough = [part for part in parts if part.sums.rows >= MINIMUM_N]
    if len(enough) < 2:
        raise NoEvidence(
            f"no two stretches of time have {MINIMUM_N} rows each with an outcome",
            where=decisions.where,
            remedy="Add rows of more days",
        )
    ranked = _auc(decisions, window, confidence)
    windows = [_stretch(part, window, scale, ranked) for part in parts]
    halves, change, p = _halves(days, started, parts, window, scale)
    return OverTime(
        windows=windows, halves=halves, change=change, p=p, window=window, undated=days.undated,
        task=decisions.product.task, words=decisions.product.words,
    )  # fmt: skip


def _auc(decisions: Decisions, window: Window, confidence: float) -> dict[pd.Timestamp, Estimate]:
    if not (decisions.binary and decisions.has_score):
        return {}
    found = performance_by_window(decisions, window, confidence=confidence)
    return {w.start: auc for w in found if (auc := w.get("auc"))}


def _stretch(
    part: DaySums, window: Window, scale: Scale, ranked: dict[pd.Timestamp, Estimate],
    name: str | None = None,
) -> Stretch:  # fmt: skip
    started = part.started(window)
    start, end, n = started.min(), started.max(), part.sums.rows
    if n < MINIMUM_N:
        return Stretch(start, end, n, None)
    group = {"window": name or window_name(start, window)}
    auc = None if name else ranked.get(start)
    return Stretch(
        start, end, n, part.error(scale, group), part.bias(scale, group),
        auc.model_copy(update={"group": group}) if auc else None,
    )  # fmt: skip


def _halves(
    days: DaySums, started: pd.Series, parts: list[DaySums], window: Window, scale: Scale
) -> tuple[tuple[Stretch, Stretch], Estimate | None, float | None]:
    """Whole windows on either side of where half of the rows have passed."""
    passed = np.cumsum([part.sums.rows for part in parts])
    cut = int(np.abs(passed[:-1] - passed[-1] / 2).argmin()) + 1
    first = started.drop_duplicates().iloc[cut]
    earlier, later = days.part(started < first), days.part(started >= first)
    halves = (
        _stretch(earlier, window, scale, {}, "earlier half"),
        _stretch(later, window, scale, {}, "later half"),
    )
    if min(earlier.sums.rows, later.sums.rows) < MINIMUM_N:
        return halves, None, None
    gap, p, test = scale.gap(later.effective("off"), earlier.effective("off"))
    change = gap.estimate(
        f"{scale.measure}_difference", days.sums.rows,
        unit=scale.unit if scale.amounts else "difference",
        how=f", later half against earlier, {test} p = {p:.2g}, {DAYS}{scale.how}",
    )  # fmt: skip
    return halves, change, p
