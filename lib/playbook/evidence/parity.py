"""How far apart the groups of a column are in all: Fairlearn's aggregates, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence.groupcells import ALL, CHOSEN, FAVOURABLE, GroupCells, Kinds
from playbook.evidence.intervals import Floats, difference_limits, ratio_limits

MOST_COMPARED = 200
_RATES: Mapping[str, tuple[tuple[Kinds, Kinds], ...]] = {
    "demographic_parity": ((CHOSEN, ALL),),
    "equalized_odds": (((3,), FAVOURABLE), ((1,), (0, 1))),
}


def parity(
    cells: GroupCells, minimum_n: int, confidence: float = 0.95, how: str = ""
) -> list[Estimate]:
    """Demographic parity and equalized odds of each family of groups, as difference and ratio.

    Values are Fairlearn's (``demographic_parity_difference`` and so on; Bird et al. 2020), with
    the favourable outcome as its positive one: the largest distance between any two groups, for
    equalized odds the larger one of true and false positive rates. The highest and the lowest
    group are picked after looking, so their interval alone would be too narrow and too far from
    equality. Here all pairs of groups have an interval at once (Newcombe's, MOVER-R for ratios;
    Bonferroni's correction for the number of pairs), and the limits of the largest distance follow
    from theirs: they hold as often as a pair's interval does, with more than two groups more often.

    Only groups with at least `minimum_n` cases in each rate count, a missing group among them.
    Families of fewer than two such groups, or more than 200, are left out. `Estimate.group` has
    the columns' names with ``any`` as value.
    """
    found: list[Estimate] = []
    rates = {name: [cells.share(*kind) for kind in kinds] for name, kinds in _RATES.items()}
    for family in cells.families:
        columns = list(cells.groups[family.start])
        for name, shares in rates.items():
            mine = [(k[family], n[family]) for k, n in shares]
            enough = np.all([np.rint(n) >= max(minimum_n, 1) for _, n in mine], axis=0)
            kept = [(k[enough], n[enough]) for k, n in mine]
            if not 2 <= len(kept[0][0]) <= MOST_COMPARED:
                continue
            told = dict.fromkeys(columns, "any")
            n = sum(float(whole.sum()) for _, whole in kept)
            found += _aggregates(name, kept, told, round(n), confidence, how)
    return found


def _aggregates(
    name: str,
    shares: Sequence[tuple[Floats, Floats]],
    group: dict[str, str],
    n: int,
    confidence: float,
    how: str,
) -> list[Estimate]:
    groups = len(shares[0][0])
    first, second = np.triu_indices(groups, 1)
    comparisons = len(first) * len(shares)
    each = 1 - (1 - confidence) / comparisons
    method = (
        f"largest of {comparisons} differences, simultaneous (Bonferroni) Newcombe "
        f"{100 * confidence:g} % interval, conservative{how}"
    )
    limits = [difference_limits(k[first], w[first], k[second], w[second], each) for k, w in shares]
    value, low, high = (np.concatenate(side) for side in zip(*limits, strict=True))
    # Turned round, a pair's difference has the opposite sign and limits.
    gap = Estimate(
        measure=f"{name}_difference",
        group=group,
        value=float(np.abs(value).max()),
        low=float(max(low.max(), (-high).max(), 0.0)),
        high=float(max(high.max(), (-low).max())),
        n=n,
        unit="difference",
        method=method,
    )
    ratio = _lowest_ratio(shares, np.concatenate([first, second]), np.concatenate([second, first]),
                          each)  # fmt: skip
    if ratio is None:
        return [gap]
    method = method.replace("largest", "smallest").replace("differences", "ratios")
    return [
        gap,
        Estimate(
            measure=f"{name}_ratio",
            group=group,
            value=ratio[0],
            low=ratio[1],
            high=ratio[2],
            n=n,
            unit="ratio",
            method=method.replace("Newcombe", "MOVER-R"),
        ),
    ]


def _lowest_ratio(
    shares: Sequence[tuple[Floats, Floats]], top: np.ndarray, bottom: np.ndarray, each: float
) -> tuple[float, float, float] | None:
    """Lowest rate over highest, as Fairlearn has it; None where a rate is 0 in every group."""
    rates = [k / n for k, n in shares]
    if any(rate.max() == 0 for rate in rates):
        return None
    value = min(float(rate.min() / rate.max()) for rate in rates)
    limits = [ratio_limits(k[top], n[top], k[bottom], n[bottom], each) for k, n in shares]
    # Of two rates of 0 nothing is known: their ratio may be anything.
    low = min(float(np.where(np.isnan(v), 0, lo).min()) for v, lo, _ in limits)
    high = min(float(np.where(np.isnan(v), 1, hi).min()) for v, _, hi in limits)
    return value, min(low, value), max(min(high, 1.0), value)
