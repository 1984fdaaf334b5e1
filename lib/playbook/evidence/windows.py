"""How good decisions are in each window of time."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from playbook.estimate import Estimate
from playbook.evidence.counts import Counts, Window, count
from playbook.evidence.intervals import (
    auc_delong,
    difference,
    holm,
    proportion,
    two_proportion_test,
)
from playbook.evidence.tables import Decisions

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class WindowPerformance:
    """Decisions of one window.

    Attributes
    ----------
    start
        When the window begins.
    estimates
        Accuracy; for two outcomes also recall, precision and, with scores, AUC.
    change
        Accuracy minus that of the reference window; None for that window and for few rows.
    p
        Two-sided p-value of no change, after Holm's correction for all windows.
    """

    start: pd.Timestamp
    estimates: list[Estimate]
    change: Estimate | None = None
    p: float | None = None

    def get(self, measure: str) -> Estimate | None:
        """The estimate of `measure`, or None."""
        return next((e for e in self.estimates if e.measure == measure), None)

    @property
    def worse(self) -> bool:
        """Whether accuracy is surely lower than in the reference window."""
        p = self.p
        return self.change is not None and p is not None and p < SIGNIFICANT and (
            self.change.value < 0
        )  # fmt: skip


def performance_by_window(
    decisions: Decisions,
    window: Window,
    reference: pd.Timestamp | None = None,
    minimum_n: int = 30,
    confidence: float = 0.95,
) -> list[WindowPerformance]:
    """Accuracy, recall, precision and AUC of each window, from one query.

    Empty where the table has no label, decision or time, and where labels are amounts or ranks.

    Parameters
    ----------
    reference
        When the window begins that others are compared with; the first by default.
    minimum_n
        Labelled rows a window needs to be compared.
    """
    whole = decisions.has_label and decisions.has_prediction and "time" in decisions.cases.columns
    if not whole or decisions.product.kind not in {"classification", "generative"}:
        return []
    scored = decisions.has_score and decisions.binary
    counts = count(decisions, scores=scored, window=window)
    frame = counts.frame[counts.frame["window"].notna()]
    parts = {pd.Timestamp(str(start)): part for start, part in frame.groupby("window", sort=True)}
    if not parts:
        return []
    first = reference if reference in parts else min(parts)
    right = {start: _right(part) for start, part in parts.items()}
    compared = [
        start for start, (_, n) in right.items()
        if start != first and min(n, right[first][1]) >= minimum_n
    ]  # fmt: skip
    tests = [two_proportion_test(*_whole(right[s]), *_whole(right[first])) for s in compared]
    adjusted = dict(zip(compared, holm([p for p, _ in tests]), strict=True)) if tests else {}
    found = []
    for start, part in parts.items():
        scope = {"window": f"{start:%Y-%m-%d}"}
        estimates = _estimates(part, scope, decisions.binary, scored, counts, confidence)
        change, p = None, adjusted.get(start)
        if p is not None:
            gap = difference(*_whole(right[start]), *_whole(right[first]), confidence)
            told = (
                f" against {first:%Y-%m-%d}, p = {p:.2g} after Holm's correction for {len(tests)}"
            )
            n = right[start][1] + right[first][1]
            change = gap.estimate("accuracy_difference", n, group=scope,
                                  unit="difference", how=told + counts.how)  # fmt: skip
        found.append(WindowPerformance(start, estimates, change, p))
    return found


def _estimates(
    part: pd.DataFrame, scope: dict[str, str], binary: bool, scored: bool, counts: Counts,
    confidence: float,
) -> list[Estimate]:  # fmt: skip
    rates = {"accuracy": _right(part)}
    if binary:
        label, said, n = part["label"], part["prediction"], part["n"]
        hits = n[label & said].sum()
        rates |= {"recall": (hits, n[label].sum()), "precision": (hits, n[said].sum())}
    found = [
        proportion(k, n, confidence).estimate(measure, n, group=scope, how=counts.how)
        for measure, (k, n) in rates.items() if n > 0
    ]  # fmt: skip
    if scored:
        wide = part.pivot_table(
            index="score", columns="label", values="n", aggfunc="sum", fill_value=0
        ).reindex(columns=[False, True], fill_value=0)
        area = auc_delong(wide[True], wide[False], confidence)
        how = counts.how_scored
        found += (
            [area.estimate("auc", wide.to_numpy().sum(), group=scope, unit="score", how=how)]
            if area
            else []
        )
    return found


def _right(part: pd.DataFrame) -> tuple[float, float]:
    right = part["label"] == part["prediction"]
    return float(part.loc[right, "n"].sum()), float(part["n"].sum())


def _whole(rate: tuple[float, float]) -> tuple[int, int]:
    return round(rate[0]), round(rate[1])
