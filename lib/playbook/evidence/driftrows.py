"""One column in one window of time, beside the reference window."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from playbook.estimate import Estimate
from playbook.evidence.distances import Distance
from playbook.evidence.intervals import Interval

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class WindowDrift:
    """One column in one window beside the reference window.

    Attributes
    ----------
    start
        When the window begins.
    distance
        Index, distances, chance levels and the test alone.
    p
        Its p-value after Holm's correction for all columns and windows.
    psi, js, ks
        As `Estimate`; the last is None where values have no order.
    size
        The index from which a shift counts.
    """

    column: str
    start: pd.Timestamp
    distance: Distance
    p: float
    psi: Estimate
    js: Estimate
    ks: Estimate | None
    size: float

    @property
    def beyond_chance(self) -> bool:
        """Whether chance alone would hardly do this, all comparisons taken together."""
        return self.p < SIGNIFICANT

    @property
    def flagged(self) -> bool:
        """Whether the column has moved beyond chance, and its whole interval beyond the size."""
        return self.beyond_chance and self.psi.low > self.size

    @property
    def open(self) -> bool:
        """Whether it may have moved that far: these rows cannot tell."""
        return not self.flagged and self.psi.low <= self.size < self.psi.high

    @property
    def estimates(self) -> list[Estimate]:
        """What could be estimated."""
        return [e for e in (self.psi, self.js, self.ks) if e]


def row_of(column: str, start: pd.Timestamp, d: Distance, size: float) -> WindowDrift:
    """The row of a comparison, its p-value not yet corrected."""
    scope = {"column": column, "window": f"{start:%Y-%m-%d}"}

    def estimate(measure: str, found: Interval) -> Estimate:
        return Estimate(
            measure=measure, group=scope, value=found.value, low=found.low, high=found.high,
            n=d.n, unit="score", method=found.method,
        )  # fmt: skip

    return WindowDrift(
        column=column,
        start=start,
        distance=d,
        p=d.p if math.isfinite(d.p) else 1.0,
        psi=estimate("population_stability_index", d.psi),
        js=estimate("jensen_shannon_distance", d.js),
        ks=estimate("kolmogorov_smirnov", d.ks) if d.ks else None,
        size=size,
    )


def told(e: Estimate, p: float, d: Distance, start: pd.Timestamp, tests: int) -> Estimate:
    """Chance level and test travel with the index."""
    more = (
        f" against {start:%Y-%m-%d}; by chance alone under {d.chance_95:.3g} (95 %) and "
        f"{d.chance_99:.3g} (99 %); χ² test p = {p:.2g} after Holm's correction for {tests}"
    )
    return e.model_copy(update={"method": e.method + more})
