"""Which thresholds to lay out side by side: round ones that lie evenly within the scores."""

from __future__ import annotations

import numpy as np

from playbook.evidence.counts import BINS, Counts
from playbook.evidence.performance import snap

MOST = 99
"""Today's threshold and the best one come on top."""
_STEPS = [k * 10.0**-power for power in range(2, 7) for k in (1.0, 0.5, 0.2)]


def even_thresholds(counts: Counts) -> tuple[np.ndarray, int]:
    """Thresholds inside the scores, as fine as fits, and how many decimals they have.

    Where scores are binned each has moved to the next bin's edge, at which counts are exact.
    """
    low, high = counts.edges[0], counts.edges[-1]
    step, last = _STEPS[0], counts.edges[-1:]
    for finer in _STEPS:
        inside = np.arange(np.floor(low / finer) + 1, np.ceil(high / finer))
        if len(inside) > MOST:
            break
        step = finer
        last = (inside * finer).round(8) if len(inside) else last
    return snap(counts, last.tolist()), len(f"{step:.8f}".rstrip("0").split(".")[1])


def threshold_label(threshold: float, decimals: int, exact: bool) -> str:
    """A round threshold as such, also where it had to move to the next bin's edge."""
    round_one = abs(threshold - round(threshold, decimals)) < (1e-9 if exact else 1 / BINS)
    return f"{threshold:.{decimals}f}" if round_one else f"{threshold:.{decimals + 2}f}"
