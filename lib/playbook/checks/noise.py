"""Whether an Estimate moved between two runs by more than noise explains."""

from __future__ import annotations

import math
from dataclasses import dataclass

from playbook.estimate import Estimate

_EQUAL = 1e-9  # relative; what two computers may differ by


@dataclass(frozen=True)
class Move:
    """An estimate that moved, and how far: its change as a multiple of what noise explains."""

    before: Estimate
    after: Estimate
    times: float


def moved(before: Estimate, after: Estimate, same_rows: bool = False) -> Move | None:
    """The move from `before` to `after`, or None where noise explains it.

    The two are taken as independent. Their difference d has the interval that follows from their
    own (method of variance estimates recovery)::

        d - hypot(value2 - low2, high1 - value1)  to  d + hypot(high2 - value2, value1 - low1)

    and the estimate moved where that leaves out 0. Estimates of unit ``ratio`` are compared on
    the log scale. Two runs that share most of their rows vary together, so that the rule then
    calls too few changes a move, never too many. It is made for one comparison: of many that did
    not change, up to 5 in 100 still look moved.

    Parameters
    ----------
    same_rows
        Both rest on the very same rows. Then no change is the chance of a sample, and any is a
        move.

    References
    ----------
    Zou and Donner (2008), "Construction of confidence limits about effect measures: a general
    approach", *Statistics in Medicine* 27, 1693-1702; for two proportions Newcombe (1998), same
    journal 17, 873-890. That non-overlap of both intervals asks for too much: Schenker and
    Gentleman (2001), *The American Statistician* 55, 182-186.

    Examples
    --------
    >>> def recall(value, low, high):
    ...     return Estimate(measure="recall", value=value, low=low, high=high, n=99, method="m")
    >>> moved(recall(0.8, 0.7, 0.88), recall(0.75, 0.65, 0.83))
    >>> round(moved(recall(0.8, 0.7, 0.88), recall(0.6, 0.5, 0.7)).times, 2)
    1.41
    """
    if math.isclose(before.value, after.value, rel_tol=_EQUAL, abs_tol=1e-12):
        return None
    (v1, low1, high1), (v2, low2, high2) = _scaled(before, after)
    change = v2 - v1
    reach = math.hypot(v2 - low2, high1 - v1) if change > 0 else math.hypot(high2 - v2, v1 - low1)
    times = abs(change) / reach if reach > 0 else math.inf
    return Move(before, after, times) if same_rows or times > 1 else None


def _scaled(*estimates: Estimate) -> list[tuple[float, float, float]]:
    ends = [(e.value, e.low, e.high) for e in estimates]
    if all(e.unit == "ratio" and e.value > 0 for e in estimates):
        return [(_log(value), _log(low), _log(high)) for value, low, high in ends]
    return ends


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf
