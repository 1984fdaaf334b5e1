"""From counts to one row of rates per group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.contrasts import Contrast, Group, Share, contrast, key


@dataclass(frozen=True)
class GroupRow:
    """One group or intersection.

    Attributes
    ----------
    group
        Such as ``{"race": "Black"}``.
    n, n_favourable
        Its cases, and those of them whose label is favourable.
    minimum_n
        Cases that would be enough to judge.
    selection_rate, wrongly_denied_rate, favourable_base_rate
        Share decided favourably; of those whose label is favourable the share decided otherwise;
        share whose label is favourable. None where there is no such case.
    impact, wrongly_denied
        The first two beside the best-off group's; None for that group itself, where either has too
        few cases, and where there is no other group.
    """

    group: Group
    n: int
    n_favourable: int
    minimum_n: int
    selection_rate: Estimate | None
    wrongly_denied_rate: Estimate | None
    favourable_base_rate: Estimate | None
    impact: Contrast | None
    wrongly_denied: Contrast | None

    @property
    def too_few(self) -> bool:
        """Whether it has fewer cases, or fewer with a favourable label, than policy asks for."""
        return min(self.n, self.n_favourable) < self.minimum_n

    @property
    def impact_ratio(self) -> Estimate | None:
        """Selection rate divided by the highest of the groups'."""
        return self.impact.ratio if self.impact else None

    @property
    def wrongly_denied_ratio(self) -> Estimate | None:
        """Wrongly denied rate divided by the lowest of the groups'."""
        return self.wrongly_denied.ratio if self.wrongly_denied else None

    @property
    def estimates(self) -> list[Estimate]:
        """Its rates, ratios and differences, as far as they exist."""
        found = [self.selection_rate, self.wrongly_denied_rate, self.favourable_base_rate]
        for pair in (self.impact, self.wrongly_denied):
            found += [pair.ratio, pair.difference] if pair else []
        return [e for e in found if e is not None]


def group_rows(
    frame: pd.DataFrame,
    columns: Sequence[str],
    favourable_is_positive: bool,
    minimum_n: int,
    confidence: float = 0.95,
) -> list[GroupRow]:
    """Rows of all single groups, column by column, then of all intersections of two columns.

    `frame` holds counts by `columns`, label and prediction (`Counts.frame`). Tests are corrected
    once for all single groups and once for all intersections.
    """
    frame = _flags(frame, favourable_is_positive)
    singles = [list(_cells(frame, [column])) for column in columns]
    pairs = [list(_cells(frame, list(pair))) for pair in combinations(columns, 2)]
    return _rows(singles, minimum_n, confidence) + _rows(pairs, minimum_n, confidence)


@dataclass(frozen=True)
class _Cell:
    group: Group
    n: int
    selected: int
    favourable: int
    wrongly_denied: int


def _flags(frame: pd.DataFrame, favourable_is_positive: bool) -> pd.DataFrame:
    """Counts by what is good for the person instead of by what is positive."""
    selected = frame["prediction"] == favourable_is_positive
    favourable = frame["label"] == favourable_is_positive
    return frame.assign(
        selected=frame["n"].where(selected, 0),
        favourable=frame["n"].where(favourable, 0),
        wrongly_denied=frame["n"].where(favourable & ~selected, 0),
    )


def _cells(frame: pd.DataFrame, columns: list[str]) -> Iterator[_Cell]:
    numbers = ["n", "selected", "favourable", "wrongly_denied"]
    for values, row in frame.groupby(columns)[numbers].sum().iterrows():
        names = values if isinstance(values, tuple) else (values,)
        group = dict(zip(columns, map(str, names), strict=True))
        yield _Cell(group, *(int(row[number]) for number in numbers))


def _rows(families: list[list[_Cell]], minimum_n: int, confidence: float) -> list[GroupRow]:
    impact = contrast(
        [[Share(c.group, c.selected, c.n) for c in family] for family in families],
        minimum_n=minimum_n,
        highest=True,
        ratio_name="impact_ratio",
        difference_name="selection_rate_difference",
        confidence=confidence,
    )
    denied = contrast(
        [[Share(c.group, c.wrongly_denied, c.favourable) for c in family] for family in families],
        minimum_n=minimum_n,
        highest=False,
        ratio_name="wrongly_denied_ratio",
        difference_name="wrongly_denied_difference",
        confidence=confidence,
    )

    def rate(measure: str, k: int, n: int, group: Group) -> Estimate | None:
        return intervals.rate(measure, k, n, group, confidence)

    return [
        GroupRow(
            group=c.group,
            n=c.n,
            n_favourable=c.favourable,
            minimum_n=minimum_n,
            selection_rate=rate("selection_rate", c.selected, c.n, c.group),
            wrongly_denied_rate=rate(
                "wrongly_denied_rate", c.wrongly_denied, c.favourable, c.group
            ),
            favourable_base_rate=rate("favourable_base_rate", c.favourable, c.n, c.group),
            impact=impact.get(key(c.group)),
            wrongly_denied=denied.get(key(c.group)),
        )
        for family in families
        for c in family
    ]
