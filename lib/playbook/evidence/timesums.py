"""Sums of errors by day, so that cases of one day are not taken for independent ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, Self

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import moments
from playbook.evidence.counts import Window
from playbook.evidence.tables import Decisions
from playbook.evidence.wrongness import SUMS, Scale, Sums, added

DAYS = "days as clusters"
LEAST_DAYS = 10
_PERIODS = {"year": "Y", "quarter": "Q", "month": "M", "week": "W-SUN", "day": "D"}
_LONGEST: tuple[tuple[int, Window], ...] = ((14, "day"), (70, "week"), (1100, "month"),
                                            (3300, "quarter"))  # fmt: skip


@dataclass(frozen=True)
class DaySums:
    """Sums of `wrongness.added`, one row per ``day``, ascending.

    Attributes
    ----------
    undated
        Rows without a time, left out.
    """

    frame: pd.DataFrame
    undated: int = 0

    @classmethod
    def of(cls, decisions: Decisions, whole: ir.Table) -> Self:
        """Add up all days in one query.

        Raises
        ------
        NoEvidence
            No row has a time.
        """
        by_day = whole.group_by(whole["time"].truncate("D").name("day")).aggregate(**added(whole))
        with decisions.source.query():
            frame = by_day.execute()
        dated = frame[frame["day"].notna()].sort_values("day", ignore_index=True)
        if dated.empty:
            raise NoEvidence(
                "no row with an outcome has a time",
                where=decisions.where,
                remedy="Fill in the column named under 'time:' in product.yaml",
            )
        undated = int(frame.loc[frame["day"].isna(), "rows"].sum())
        return cls(dated.assign(day=pd.to_datetime(dated["day"])), undated)

    @property
    def sums(self) -> Sums:
        """All days together."""
        return Sums.of({name: self.total(name) for name in SUMS})

    def total(self, name: str) -> float:
        """One sum over all days."""
        return math.fsum(self.frame[name])

    def part(self, chosen: pd.Series) -> DaySums:
        """Some of the days."""
        return DaySums(self.frame[chosen.to_numpy(bool)].reset_index(drop=True))

    def window(self) -> Window:
        """Days for up to two weeks, then weeks, months, quarters and years."""
        span = (self.frame["day"].iloc[-1] - self.frame["day"].iloc[0]).days + 1
        return next((window for most, window in _LONGEST if span <= most), "year")

    def started(self, window: Window) -> pd.Series:
        """When the window of each day begins."""
        return self.frame["day"].dt.to_period(_PERIODS[window]).dt.start_time

    def effective(self, of: Literal["off", "bias"]) -> Sums:
        """The sums shrunk to as many cases as would tell as much if they were independent.

        The design effect is the variance of the mean between days over that of as many
        independent cases, and at least 1.
        """
        s, f = self.sums, self.frame
        x = (f["off"] if of == "off" else f["over"] - f["under"]).to_numpy(float)
        weight, days = f["weight"].to_numpy(float), len(f)
        alone = moments.spread(s.n, float(x.sum()) * s.n / weight.sum(), s.off2)
        if days < LEAST_DAYS or alone <= 0 or s.n < moments.LEAST:
            return s
        residual = x - x.sum() / weight.sum() * weight
        between = days / (days - 1) * float(np.sum(residual**2)) / weight.sum() ** 2
        effect = max(1.0, between * s.n / alone)
        parts = {k: getattr(s, k) / effect for k in ("n", "off", "off2", "over", "under")}
        return replace(s, **parts)

    def error(self, scale: Scale, group: dict[str, str]) -> Estimate | None:
        """Share decided wrongly or mean absolute error, with all rows as n."""
        found = scale.error(self.effective("off"), group)
        return self._told(found)

    def bias(self, scale: Scale, group: dict[str, str]) -> Estimate | None:
        """Mean error of amounts; None for outcomes and classes."""
        if not scale.amounts:
            return None
        s = self.effective("bias")
        found = moments.mean(s.n, s.over - s.under, s.off2, scale.confidence)
        if found is None:
            return None
        e = found.estimate("mean_error", s.n, group=group, unit=scale.unit, how=scale.how)
        return self._told(e)

    def _told(self, e: Estimate | None) -> Estimate | None:
        if e is None or len(self.frame) < LEAST_DAYS:
            return e
        told = f"{e.method}, {DAYS} ({e.n:,} effective cases)"
        return e.model_copy(update={"n": self.sums.rows, "method": told})


def window_name(start: pd.Timestamp, window: Window) -> str:
    """As a key: ``2013-07`` of a month, ``2013-Q3``, ``2013``, else the first day."""
    if window == "quarter":
        return f"{start.year}-Q{start.quarter}"
    return f"{start:%Y-%m-%d}"[: {"year": 4, "month": 7}.get(window, 10)]
