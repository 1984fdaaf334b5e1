"""Many estimates of one measure at once, from arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playbook.estimate import Estimate, Unit
from playbook.evidence.intervals import Floats, proportion_methods, proportions

_SLACK = 1e-9


def estimates(
    measure: str,
    groups: Sequence[dict[str, str]],
    value: Floats,
    low: Floats,
    high: Floats,
    n: Floats,
    methods: Sequence[str],
    unit: Unit = "share",
) -> list[Estimate | None]:
    """One `Estimate` per group, None where its value is NaN.

    What an `Estimate` checks of itself is checked here for all of them together: one by one takes
    longer than all the arithmetic before it.

    Raises
    ------
    ValueError
        An interval is not finite or does not hold its value.
    """
    known = ~np.isnan(value)
    limits = np.stack([low, value, high])[:, known]
    slack = _SLACK * np.maximum(1, np.abs(limits[1]))
    holds = (limits[0] - slack <= limits[1]) & (limits[1] <= limits[2] + slack)
    if not (np.isfinite(limits).all() and holds.all()):
        raise ValueError(f"an interval of '{measure}' does not hold its value")
    low, high = np.minimum(low, value), np.maximum(high, value)
    whole = np.rint(n).astype(np.int64)
    columns = zip(
        known.tolist(), groups, value.tolist(), low.tolist(), high.tolist(), whole.tolist(),
        methods, strict=True,
    )  # fmt: skip
    return [
        Estimate.model_construct(
            measure=measure, group=group, value=v, low=lo, high=hi, n=m, unit=unit, method=method
        )
        if there
        else None
        for there, group, v, lo, hi, m, method in columns
    ]


def rates(
    measure: str,
    groups: Sequence[dict[str, str]],
    k: Floats,
    n: Floats,
    confidence: float = 0.95,
    how: str = "",
) -> list[Estimate | None]:
    """`intervals.rate` of each group; `how` is added to each method."""
    methods = [method + how for method in proportion_methods(n, confidence)]
    return estimates(measure, groups, *proportions(k, n, confidence), n, methods)
