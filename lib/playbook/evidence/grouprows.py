"""From counts to one row of rates per group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from playbook.estimate import Estimate
from playbook.evidence.contrasts import Contrast, Group, Share, contrast, key
from playbook.evidence.errorrates import ErrorRates, error_rates
from playbook.evidence.groupcells import ALL, CHOSEN, FAVOURABLE, WRONGLY_DENIED, GroupCells
from playbook.evidence.manyestimates import rates


@dataclass(frozen=True)
class GroupRow:
    """One group or intersection.

    Attributes
    ----------
    group
        Such as ``{"race": "Black"}``.
    n, n_favourable
        Its rows, and those of them whose label is favourable.
    enough
        The fewer of the two; of weighted rows, how many unweighted ones would tell as much.
    minimum_n
        Cases that would be enough to judge.
    selection_rate, wrongly_denied_rate, favourable_base_rate
        Share decided favourably; of those whose label is favourable the share decided otherwise;
        share whose label is favourable. None where there is no such case.
    impact, wrongly_denied
        The first two beside the reference group's; None for that group itself, where either has too
        few cases, and where there is no other group.
    errors, position
        The error rates of all groups, and which of them is this one.
    """

    group: Group
    n: int
    n_favourable: int
    enough: int
    minimum_n: int
    selection_rate: Estimate | None
    wrongly_denied_rate: Estimate | None
    favourable_base_rate: Estimate | None
    impact: Contrast | None
    wrongly_denied: Contrast | None
    errors: ErrorRates
    position: int

    @property
    def too_few(self) -> bool:
        """Whether it has fewer cases, or fewer with a favourable label, than policy asks for."""
        return self.enough < self.minimum_n

    @property
    def impact_ratio(self) -> Estimate | None:
        """Selection rate divided by the reference group's."""
        return self.impact.ratio if self.impact else None

    @property
    def wrongly_denied_ratio(self) -> Estimate | None:
        """Wrongly denied rate divided by the reference group's."""
        return self.wrongly_denied.ratio if self.wrongly_denied else None

    @property
    def error_rates(self) -> dict[str, Estimate]:
        """True positive rate, false positive rate, false negative rate, precision, negative
        predictive value and accuracy, as far as they exist."""
        return self.errors.of(self.position)

    @property
    def estimates(self) -> list[Estimate]:
        """Its rates, ratios and differences, as far as they exist; error rates come last."""
        return [*self.main_estimates, *self.error_rates.values()]

    @property
    def main_estimates(self) -> list[Estimate]:
        """`estimates` without the error rates."""
        found = [self.selection_rate, self.wrongly_denied_rate, self.favourable_base_rate]
        for pair in (self.impact, self.wrongly_denied):
            found += [pair.ratio, pair.difference] if pair else []
        return [e for e in found if e is not None]


def group_rows(
    cells: GroupCells,
    favourable_is_positive: bool,
    minimum_n: int,
    confidence: float = 0.95,
    reference: Mapping[str, str] | None = None,
    how: str = "",
) -> list[GroupRow]:
    """One row per group of `cells`, in their order.

    Tests are corrected once for all single groups and once for all intersections.
    """
    groups = cells.groups
    selected = cells.share(CHOSEN, ALL)
    denied = cells.share((WRONGLY_DENIED,), FAVOURABLE)
    favourable = cells.share(FAVOURABLE, ALL)
    measured = (
        ("selection_rate", selected),
        ("wrongly_denied_rate", denied),
        ("favourable_base_rate", favourable),
    )
    found = [rates(measure, groups, *of, confidence, how) for measure, of in measured]
    shares = [
        [Share(g, k, n) for g, k, n in zip(groups, ks.tolist(), ns.tolist(), strict=True)]
        for ks, ns in (selected, denied)
    ]
    impact: dict[tuple[tuple[str, str], ...], Contrast] = {}
    wronged: dict[tuple[tuple[str, str], ...], Contrast] = {}
    for single in (True, False):
        families = [f for f in cells.families if (len(groups[f.start]) == 1) is single]
        for into, of, highest, ratio_name, difference_name in (
            (impact, shares[0], True, "impact_ratio", "selection_rate_difference"),
            (wronged, shares[1], False, "wrongly_denied_ratio", "wrongly_denied_difference"),
        ):
            into |= contrast(
                [of[family] for family in families],
                minimum_n=minimum_n,
                highest=highest,
                ratio_name=ratio_name,
                difference_name=difference_name,
                confidence=confidence,
                reference=reference,
                how=how,
            )
    errors = error_rates(cells, favourable_is_positive, confidence, how)
    rows, good = cells.seen(ALL), cells.seen(FAVOURABLE)
    keys = [key(group) for group in groups]
    return [
        GroupRow(
            group=group,
            n=rows[i],
            n_favourable=good[i],
            enough=min(round(shares[0][i].n), round(shares[1][i].n)),
            minimum_n=minimum_n,
            selection_rate=found[0][i],
            wrongly_denied_rate=found[1][i],
            favourable_base_rate=found[2][i],
            impact=impact.get(keys[i]),
            wrongly_denied=wronged.get(keys[i]),
            errors=errors,
            position=i,
        )
        for i, group in enumerate(groups)
    ]
