"""How many answers pass in each segment, and whether they are fewer than among the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from playbook.estimate import Estimate
from playbook.evidence import clusters, intervals
from playbook.evidence.outputs import Outputs
from playbook.evidence.ratetests import holm, two_proportion_test

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class SegmentRate:
    """One segment of the current system's answers.

    Attributes
    ----------
    estimate
        Its accepted answers, or those that pass the first criterion where none is required.
    prompts
        Different questions in it.
    gap
        How much larger the share of answers that fail is than among the rest; None where the
        segment is too small, or there is no rest.
    p_value
        That it fails as often as the rest, by Holm over all segments large enough.
    """

    group: dict[str, str]
    estimate: Estimate
    prompts: int
    too_small: bool
    gap: Estimate | None = None
    p_value: float = 1.0

    @property
    def differs(self) -> bool:
        """Whether chance alone would hardly do this, all segments taken together."""
        return self.gap is not None and self.p_value < SIGNIFICANT


def clustered(rows: pd.DataFrame, confidence: float) -> clusters.ClusteredRate:
    """Share of rows whose ``value`` is 1, clustered by ``prompt``."""
    return clusters.rate(rows["value"], rows["prompt"], confidence)


def segment_rates(
    outputs: Outputs, rows: pd.DataFrame, measure: str, minimum_n: int, confidence: float
) -> list[SegmentRate]:
    """Every value of every group column, worst first, those too small at the end.

    A difference to the rest joins the two intervals on their effective n (Newcombe 1998); its
    p-value is the score test's on effective n.
    """
    found: list[SegmentRate] = []
    for i, column in enumerate(outputs.groups):
        for value in sorted(rows[f"group_{i}"].unique()):
            inside = rows[f"group_{i}"] == value
            group = {column: str(value)}
            found.append(
                _segment(group, rows[inside], rows[~inside], measure, minimum_n, confidence)
            )
    tested = [s for s in found if s.gap is not None]
    adjusted = dict(zip(map(id, tested), holm([s.p_value for s in tested]), strict=True))
    found = [replace(s, p_value=adjusted.get(id(s), 1.0)) for s in found]
    return sorted(found, key=lambda s: (s.too_small, s.estimate.value, -s.estimate.n))


def _segment(
    group: dict[str, str],
    rows: pd.DataFrame,
    rest: pd.DataFrame,
    measure: str,
    minimum_n: int,
    confidence: float,
) -> SegmentRate:
    own = clustered(rows, confidence)
    prompts = rows["prompt"].nunique()
    small = prompts < minimum_n
    found = SegmentRate(group, own.estimate(measure, group), prompts, small)
    if small or rest.empty:
        return found
    other = clustered(rest, confidence)
    counts = (
        other.interval.value * other.effective, other.effective,
        own.interval.value * own.effective, own.effective,
    )  # fmt: skip
    apart = intervals.difference(*counts, confidence)
    gap = apart.estimate("failed_rate_difference", own.n, group=group, unit="difference",
                         how=" on effective rows")  # fmt: skip
    return replace(found, gap=gap, p_value=two_proportion_test(*counts)[0])
