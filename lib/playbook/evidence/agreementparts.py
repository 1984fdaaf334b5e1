"""The estimates of agreement: one measure over items, each two people, each group of items."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence import agreementrates as rates
from playbook.evidence.annotations import Annotations
from playbook.evidence.intervals import Floats, proportion
from playbook.evidence.itemsums import OfSums, over_items
from playbook.evidence.resample import resampled


@dataclass(frozen=True)
class Couple:
    """Two people, how often they give the same label, and Cohen's κ (None where both always said
    the same one thing)."""

    people: tuple[str, str]
    same: Estimate
    kappa: Estimate | None


def measured(
    items: Floats,
    vectors: Floats,
    confidence: float,
    measure: str,
    statistic: OfSums,
    *,
    unit: str = "share",
    group: dict[str, str] | None = None,
) -> Estimate:
    """A statistic of the sums over items, of which `vectors` tells the labels; of items that all
    have the same label it is 1.
    """
    n, k = items.sum(), vectors.shape[1]
    if k == 1:
        return proportion(n, n, confidence).estimate(measure, n, group=group, unit=unit)
    # Where nobody ever disagreed, it must stay thinkable that somebody might.
    unseen = np.array([np.eye(k)[a] + np.eye(k)[b] for a, b in combinations(range(k), 2)])
    kinds = np.concatenate([items, np.zeros(len(unseen))])
    parts = rates.parts_of(np.concatenate([vectors, unseen]))
    found = over_items(kinds, parts, statistic, confidence)
    return found.estimate(measure, n, group=group, unit=unit, how=", of items")


def couples(annotations: Annotations, confidence: float) -> list[Couple]:
    """Each two people, in order of name."""
    alone = len(annotations.people) == 2
    found = []
    for (a, b), cells in annotations.pairs().items():
        counts, n = cells.ravel(), cells.sum()
        group = None if alone else {"people": f"{a} and {b}"}
        same = proportion(np.trace(cells), n, confidence).estimate("same_label", n, group=group)
        kappa = None
        if len({*np.flatnonzero(cells.sum(axis=0)), *np.flatnonzero(cells.sum(axis=1))}) > 1:
            interval = resampled(counts, rates.kappa, confidence=confidence)
            kappa = interval.estimate("cohen_kappa", n, group=group, unit="score")
        found.append(Couple((a, b), same, kappa))
    return found


def by_group(
    annotations: Annotations, minimum_n: int, confidence: float
) -> tuple[list[Estimate], list[dict[str, str]]]:
    """α by group of items; and groups with fewer than `minimum_n` items, or with one label only."""
    found: list[Estimate] = []
    too_few: list[dict[str, str]] = []
    names = [f"l{i}" for i in range(len(annotations.labels))]
    for place, column in enumerate(annotations.table.columns.groups):
        for value, part in annotations.vectors(place).groupby("group", sort=True):
            items, vectors = part["items"].to_numpy(float), part[names].to_numpy(float)
            said = vectors[:, vectors.sum(axis=0) > 0]
            group = {column: str(value)}
            if items.sum() < minimum_n or said.shape[1] < 2:
                too_few.append(group)
                continue
            found.append(measured(items, said, confidence, "krippendorff_alpha", rates.alpha,
                                  unit="score", group=group))  # fmt: skip
    return found, too_few
