"""What other thresholds, the same for everyone, would do to the gap between groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from playbook.evidence.counts import Counts, count
from playbook.evidence.groups import favourable
from playbook.evidence.intervals import ratio_limits
from playbook.evidence.performance import candidate_thresholds, require, snap
from playbook.evidence.tables import MISSING, Decisions

Ratio = Literal["impact_ratio", "wrongly_denied_ratio"]


@dataclass(frozen=True)
class GroupThresholds:
    """Group ratios over thresholds of the score.

    Attributes
    ----------
    frame
        One row per threshold, ascending: ``threshold``; ``selection_rate`` of everyone; and for
        both ratios the group with the gravest evidence (``wrongly_denied_group``), its
        ``wrongly_denied_ratio``, ``wrongly_denied_low``, ``wrongly_denied_high``, and in
        ``wrongly_denied_limit`` the highest upper limit of any group; the same for ``impact_…``,
        whose limit is the lowest lower one. NaN where no group has such a case.
    column
        The group column.
    current
        The threshold in use.
    """

    frame: pd.DataFrame
    column: str
    current: float | None

    def nearest_threshold(
        self, bar: float, measure: Ratio = "wrongly_denied_ratio"
    ) -> float | None:
        """The threshold nearest to the one in use at which every group's interval clears `bar`.

        `bar` is the most a wrongly denied ratio, or the least an impact ratio may be. None where
        no threshold does, or none is in use. Only thresholds at which both outcomes still occur
        count: approving everyone or no one is equal treatment, but no decision. A threshold found
        on these rows should be confirmed on others.
        """
        if self.current is None:
            return None
        f = self.frame
        if measure == "impact_ratio":
            clears = f["impact_limit"] >= bar
        else:
            clears = f["wrongly_denied_limit"] <= bar
        found = f.loc[clears & f["selection_rate"].between(0, 1, inclusive="neither"), "threshold"]
        if found.empty:
            return None
        return float(found.iloc[int(np.argmin(np.abs(found.to_numpy() - self.current)))])


def group_thresholds(
    decisions: Decisions,
    column: str,
    thresholds: Sequence[float] | None = None,
    minimum_n: int = 1,
    confidence: float = 0.95,
) -> GroupThresholds:
    """Both ratios of the groups in `column` at each threshold, from one query.

    At each threshold groups are compared with the stated reference, else with the best-off one
    there. Groups with fewer than `minimum_n` cases, or favourable labels, are left out, and a
    missing group is no reference.
    `thresholds` None means at most 400 that lie evenly among the cases, and the one in use.

    Raises
    ------
    PlaybookError
        There is no label, score or favourable value, or `column` is not a group column.
    """
    counts, points, cells = threshold_cells(decisions, column, thresholds)
    everyone = sum(c["n"] for c in cells.values())
    selected = sum(c["selected"] for c in cells.values()) / everyone
    yardstick = decisions.table.reference.get(column)
    parts = {
        "wrongly_denied": _gravest(cells, "denied", "favourable", minimum_n, confidence, yardstick),
        "impact": _gravest(cells, "selected", "n", minimum_n, confidence, yardstick),
    }
    frame = pd.DataFrame({"threshold": points, "selection_rate": selected})
    for name, part in parts.items():
        frame[[f"{name}_{c}" for c in part.columns]] = part
    return GroupThresholds(frame, column, counts.threshold)


def threshold_cells(
    decisions: Decisions, column: str, thresholds: Sequence[float] | None
) -> tuple[Counts, np.ndarray, dict[str, dict[str, np.ndarray]]]:
    """Counts, thresholds at which they are exact, and per group and threshold the cases ``n``,
    ``favourable`` labels, ``selected`` and wrongly ``denied``.

    Raises
    ------
    PlaybookError
        There is no label, score or favourable value, or `column` is not a group column.
    """
    require(decisions, "label", "score")
    good_is_positive = favourable(decisions)
    counts = count(decisions, by=[column], scores=True)
    points = candidate_thresholds(counts) if thresholds is None else snap(counts, thresholds)
    groups = counts.frame.groupby(column)
    cells = {str(name): _cells(frame, points, good_is_positive) for name, frame in groups}
    return counts, points, cells


def _cells(
    frame: pd.DataFrame, points: np.ndarray, good_is_positive: bool
) -> dict[str, np.ndarray]:
    """Of one group, per threshold; weighted cases are worth the group's own effective number."""
    score, n = frame["score"].to_numpy(), frame["n"].to_numpy(float)
    if "weight" in frame:
        weight = frame["weight"].to_numpy(float)
        n = weight * weight.sum() / frame["weight_sq"].sum()
    good = frame["label"].to_numpy(bool) == good_is_positive
    order = np.argsort(score, kind="stable")
    score, n, good = score[order], n[order], good[order]
    first = np.searchsorted(score, points)  # cases from here on are positive
    below = np.concatenate([[0], np.cumsum(n)])[first]
    below_good = np.concatenate([[0], np.cumsum(n * good)])[first]
    # Sums in the same order, so that all and none are exactly that.
    total, good_total = np.cumsum(n)[-1], np.cumsum(n * good)[-1]
    if good_is_positive:
        selected, denied = total - below, below_good
    else:
        selected, denied = below, good_total - below_good
    full = np.ones(len(points))
    return {"n": total * full, "favourable": good_total * full, "selected": selected,
            "denied": denied}  # fmt: skip


def _gravest(
    cells: dict[str, dict[str, np.ndarray]],
    top: str,
    base: str,
    minimum_n: int,
    confidence: float,
    yardstick: str | None,
) -> pd.DataFrame:
    """Per threshold the group whose ratio is surely furthest from 1, and the limit of them all."""
    worse = -1 if top == "selected" else 1  # a low selection rate is bad, a high error rate too
    names = np.array(
        [g for g, c in cells.items() if round(c[base][0]) >= max(minimum_n, 1)], dtype=object
    )
    points = len(next(iter(cells.values()))[top])
    if len(names) < 2:
        return pd.DataFrame(dict.fromkeys(_PARTS, np.full(points, np.nan)))
    k = np.array([cells[g][top] for g in names])
    n = np.array([cells[g][base] for g in names])
    badness = np.where((names == MISSING)[:, None], np.inf, worse * k / n)
    if yardstick in names:
        badness = np.where((names == yardstick)[:, None], badness, np.inf)
    best, each = np.argmin(badness, axis=0), np.arange(points)
    value, low, high = ratio_limits(k, n, k[best, each], n[best, each], confidence)
    near, far = (low, high) if worse > 0 else (high, low)
    known = ~np.isnan(value)
    known[best, each] = False
    worst = np.argmax(np.where(known, worse * near, -np.inf), axis=0)
    limit = worse * np.where(known, worse * far, -np.inf).max(axis=0)
    found = pd.DataFrame(
        {
            "group": names[worst],
            "ratio": value[worst, each],
            "low": low[worst, each],
            "high": high[worst, each],
            "limit": limit,
        }
    )
    found.loc[~known.any(axis=0), :] = np.nan
    return found


_PARTS = ("group", "ratio", "low", "high", "limit")
