"""Groups beside the best-off one: ratio, difference and test, corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.tables import MISSING

Group = dict[str, str]


@dataclass(frozen=True)
class Share:
    """`k` of `n` cases of one group."""

    group: Group
    k: int
    n: int


@dataclass(frozen=True)
class Contrast:
    """One group's rate beside the best-off group's.

    Attributes
    ----------
    ratio
        Group's rate divided by the reference's; None where neither group has such a case.
    difference
        Group's rate minus the reference's.
    reference
        The best-off group: of the same columns, large enough, and known by name.
    p, p_adjusted
        Two-sided p-value of the two rates being the same, alone and after Holm's correction.
    tests
        How many comparisons the correction is for.
    test
        The test's name.
    """

    ratio: Estimate | None
    difference: Estimate
    reference: Group
    p: float
    p_adjusted: float
    tests: int
    test: str


def contrast(
    families: Sequence[Sequence[Share]],
    *,
    minimum_n: int,
    highest: bool,
    ratio_name: str,
    difference_name: str,
    confidence: float = 0.95,
) -> dict[tuple[tuple[str, str], ...], Contrast]:
    """Compare each group with the best-off one of its family.

    Parameters
    ----------
    families
        Groups that exclude one another, such as all values of one column. Holm's correction is
        for the comparisons of all families together.
    highest
        Whether the best-off group is the one with the highest rate, or the lowest.

    Returns
    -------
    dict
        By `key` of the group. Groups with fewer than `minimum_n` cases, the best-off groups
        themselves and families with nothing to compare are not in it.
    """
    found: dict[tuple[tuple[str, str], ...], Contrast] = {}
    for family in families:
        enough = [s for s in family if s.n >= minimum_n and s.n > 0]
        best = best_off(enough, highest)
        for share in enough:
            if best is not None and share is not best:
                found[key(share.group)] = _pair(
                    share, best, ratio_name, difference_name, confidence
                )
    adjusted = intervals.holm([c.p for c in found.values()])
    return {
        group: _corrected(c, p, len(adjusted))
        for (group, c), p in zip(found.items(), adjusted, strict=True)
    }


def best_off(shares: Sequence[Share], highest: bool) -> Share | None:
    """The group with the best rate, the larger of equals; a missing group is no yardstick."""
    named = [s for s in shares if MISSING not in s.group.values()]
    sign = 1 if highest else -1
    return max(named, key=lambda s: (sign * s.k / s.n, s.n), default=None)


def key(group: Group) -> tuple[tuple[str, str], ...]:
    """A group as something a dictionary can look up."""
    return tuple(group.items())


def _pair(
    share: Share, best: Share, ratio_name: str, difference_name: str, confidence: float
) -> Contrast:
    cells = (share.k, share.n, best.k, best.n)
    p, test = intervals.two_proportion_test(*cells)
    against = f"against {', '.join(f'{k} {v}' for k, v in best.group.items())}"

    def estimate(measure: str, unit: str, found: intervals.Interval) -> Estimate:
        return Estimate(
            measure=measure,
            group=share.group,
            value=found.value,
            low=found.low,
            high=found.high,
            n=share.n + best.n,
            unit=unit,
            method=f"{found.method} {against}",
        )

    ratio = intervals.ratio(*cells, confidence)
    return Contrast(
        ratio=estimate(ratio_name, "ratio", ratio) if ratio else None,
        difference=estimate(
            difference_name, "difference", intervals.difference(*cells, confidence)
        ),
        reference=best.group,
        p=p,
        p_adjusted=p,
        tests=1,
        test=test,
    )


def _corrected(c: Contrast, p: float, tests: int) -> Contrast:
    """The test travels with the estimates, as an interval alone is not corrected."""
    said = f", {c.test} p = {p:.2g} after Holm's correction for {tests}"

    def with_test(e: Estimate) -> Estimate:
        return e.model_copy(update={"method": e.method + said})

    return replace(
        c,
        ratio=with_test(c.ratio) if c.ratio else None,
        difference=with_test(c.difference),
        p_adjusted=p,
        tests=tests,
    )
