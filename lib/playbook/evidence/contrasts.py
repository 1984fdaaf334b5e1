"""Groups beside the one they are compared with: ratio, difference and test, corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.manyestimates import estimates
from playbook.evidence.ratetests import TESTS, holm, two_proportion_tests
from playbook.evidence.tables import MISSING

Group = dict[str, str]
Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Share:
    """`k` of `n` cases of one group; in a weighted table both are effective numbers."""

    group: Group
    k: float
    n: float


@dataclass(frozen=True)
class Contrast:
    """One group's rate beside that of the group it is compared with.

    Attributes
    ----------
    ratio
        Group's rate divided by the reference's; None where neither group has such a case.
    difference
        Group's rate minus the reference's.
    reference
        The group stated in product.yaml where there is one, else the best-off group: of the same
        columns, large enough, and known by name.
    p, p_adjusted
        Two-sided p-value of the two rates being the same, alone and after Holm's correction.
    tests
        How many comparisons the correction is for.
    test
        The test's name.
    stated
        Whether the reference is the stated one.
    """

    ratio: Estimate | None
    difference: Estimate
    reference: Group
    p: float
    p_adjusted: float
    tests: int
    test: str
    stated: bool = field(default=False)


def contrast(
    families: Sequence[Sequence[Share]],
    *,
    minimum_n: int,
    highest: bool,
    ratio_name: str,
    difference_name: str,
    confidence: float = 0.95,
    reference: Mapping[str, str] | None = None,
    how: str = "",
) -> dict[Key, Contrast]:
    """Compare each group with the reference of its family.

    Parameters
    ----------
    families
        Groups that exclude one another, such as all values of one column. Holm's correction is
        for the comparisons of all families together.
    highest
        Whether the best-off group is the one with the highest rate, or the lowest.
    reference
        The stated group by column. Of several columns of which only some are stated, the best-off
        group with the stated values is meant. Where it has fewer than `minimum_n` cases the
        best-off group stands in.
    how
        Added to each estimate's method.

    Returns
    -------
    dict
        By `key` of the group. Groups with fewer than `minimum_n` cases, the references
        themselves and families with nothing to compare are not in it.
    """
    pairs: list[tuple[Share, Share, bool]] = []
    for family in families:
        enough = [s for s in family if round(s.n) >= max(minimum_n, 1)]
        best, stated = yardstick(enough, highest, reference or {})
        pairs += [(s, best, stated) for s in enough if best is not None and s is not best]
    if not pairs:
        return {}
    return _compared(pairs, ratio_name, difference_name, confidence, how)


def yardstick(
    shares: Sequence[Share], highest: bool, reference: Mapping[str, str]
) -> tuple[Share | None, bool]:
    """The group to compare with, and whether it is the stated one."""
    stated = [s for s in shares if any(reference.get(c) for c in s.group) and _fits(s, reference)]
    if best := best_off(stated, highest):
        return best, True
    return best_off(shares, highest), False


def best_off(shares: Sequence[Share], highest: bool) -> Share | None:
    """The group with the best rate, the larger of equals; a missing group is no yardstick."""
    named = [s for s in shares if MISSING not in s.group.values()]
    sign = 1 if highest else -1
    return max(named, key=lambda s: (sign * s.k / s.n, s.n), default=None)


def key(group: Group) -> Key:
    """A group as something a dictionary can look up."""
    return tuple(group.items())


def _fits(share: Share, reference: Mapping[str, str]) -> bool:
    return all(reference.get(column, value) == value for column, value in share.group.items())


def _compared(
    pairs: list[tuple[Share, Share, bool]],
    ratio_name: str,
    difference_name: str,
    confidence: float,
    how: str,
) -> dict[Key, Contrast]:
    cells = np.array([(s.k, s.n, best.k, best.n) for s, best, _ in pairs], float).T
    k1, n1, k2, n2 = cells
    p, test = two_proportion_tests(k1, n1, k2, n2)
    adjusted = holm(p)
    tests = [TESTS[i] for i in test.tolist()]
    # The test travels with the estimates, as an interval alone is not corrected.
    said = [
        f"{how} against {', '.join(f'{c} {v}' for c, v in best.group.items())}, {name} "
        f"p = {corrected:.2g} after Holm's correction for {len(pairs)}"
        for (_, best, _), name, corrected in zip(pairs, tests, adjusted, strict=True)
    ]
    groups, n = [s.group for s, _, _ in pairs], n1 + n2
    of_ratio = [intervals.ratio_method(none, confidence) for none in (False, True)]
    of_difference = intervals.difference_method(confidence)
    ratios = estimates(
        ratio_name,
        groups,
        *intervals.ratio_limits(k1, n1, k2, n2, confidence),
        n,
        [of_ratio[none] + s for none, s in zip((k2 == 0).tolist(), said, strict=True)],
        "ratio",
    )
    differences = estimates(
        difference_name,
        groups,
        *intervals.difference_limits(k1, n1, k2, n2, confidence),
        n,
        [of_difference + s for s in said],
        "difference",
    )
    found: dict[Key, Contrast] = {}
    columns = zip(pairs, ratios, differences, p.tolist(), adjusted, tests, strict=True)
    for (share, best, stated), ratio, difference, alone, corrected, name in columns:
        assert difference is not None
        found[key(share.group)] = Contrast(
            ratio, difference, best.group, alone, corrected, len(pairs), name, stated
        )
    return found
