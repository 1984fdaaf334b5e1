"""How the decisions treat groups of people and their intersections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import pandas as pd

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import groupwords, intervals
from playbook.evidence.contrasts import Contrast, Group, Share, contrast, key
from playbook.evidence.counts import count
from playbook.evidence.display import Html
from playbook.evidence.performance import require
from playbook.evidence.tables import Decisions
from playbook.product import Words

MOST_GROUPS = 200
Ratio = Literal["impact_ratio", "wrongly_denied_ratio"]


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


@dataclass(frozen=True)
class GroupAudit:
    """Every group and every intersection of two, none hidden.

    Attributes
    ----------
    rows
        Single groups first, column by column; then intersections.
    minimum_n
        Cases a group needs to be judged.
    favourable, unfavourable
        The two outcomes in the product's words.
    """

    rows: list[GroupRow]
    minimum_n: int
    favourable: str
    unfavourable: str
    words: Words

    @property
    def estimates(self) -> list[Estimate]:
        """All estimates of all rows."""
        return [e for row in self.rows for e in row.estimates]

    @property
    def singles(self) -> list[GroupRow]:
        """Rows of one column's values."""
        return [row for row in self.rows if len(row.group) == 1]

    @property
    def intersections(self) -> list[GroupRow]:
        """Rows of two columns' values."""
        return [row for row in self.rows if len(row.group) == 2]

    @property
    def too_few(self) -> list[GroupRow]:
        """Single groups that are too small to judge."""
        return [row for row in self.singles if row.too_few]

    def row(self, **group: str) -> GroupRow:
        """The row of one group: ``audit.row(race="Black")``."""
        for row in self.rows:
            if row.group == group:
                return row
        raise KeyError(group)

    def worst(
        self,
        measure: Ratio,
        single_only: bool = True,
        bar: float | None = None,
        column: str | None = None,
    ) -> GroupRow | None:
        """The sufficiently large group with the gravest evidence against equal treatment.

        Without `bar` that is the group whose ratio is surely furthest from 1: the largest lower
        limit, for the impact ratio the smallest upper one. With `bar` a group that surely misses
        it comes first, then one for which it is open, so that a group known to be fine never
        stands before one of which little is known. With `column` only its groups are looked at.
        None where nothing can be compared.
        """
        rows = self.singles if single_only else self.rows
        rows = [row for row in rows if column is None or column in row.group]
        found = [(row, e) for row in rows if (e := getattr(row, measure)) is not None]
        if not found:
            return None
        return max(found, key=lambda pair: _gravity(pair[1], measure, bar))[0]

    @property
    def worst_impact(self) -> GroupRow | None:
        """`worst` single group by impact ratio."""
        return self.worst("impact_ratio")

    @property
    def worst_wrongly_denied(self) -> GroupRow | None:
        """`worst` single group by wrongly denied ratio."""
        return self.worst("wrongly_denied_ratio")

    def summary(self) -> Html:
        """Who is treated worse than whom, in natural frequencies, and who is too few to say."""
        return groupwords.summary(self)

    def table(self) -> Html:
        """All single groups."""
        return groupwords.table_of(self, self.singles, "Groups")

    def intersections_table(self) -> Html:
        """All intersections of two group columns."""
        return groupwords.table_of(self, self.intersections, "Intersections of groups")

    def chart(self, column: str | None = None, bar: float | None = None) -> Html:
        """Wrongly denied rates of one column's groups (the worst's), `bar` being a ratio."""
        return groupwords.chart(self, column, bar)


def group_audit(decisions: Decisions, minimum_n: int, confidence: float = 0.95) -> GroupAudit:
    """Rates of every group and intersection, beside the best-off group of the same columns.

    The impact ratio is the one of the four-fifths rule (29 CFR 1607.4 D) and of New York City's
    Local Law 144; the wrongly denied ratio is its error-rate twin (equality of opportunity, Hardt,
    Price and Srebro 2016). Tests are corrected by Holm's method, once for all single groups and
    once for all intersections.

    Raises
    ------
    PlaybookError
        There is no label, decision, group or favourable value, or a group column has more than
        200 values.
    """
    require(decisions, "label", "prediction")
    columns = decisions.table.columns.groups
    favourable_is_positive = decisions.favourable_is_positive
    if favourable_is_positive is None:
        raise PlaybookError(
            "product.yaml does not say which outcome is good for the person",
            where=decisions.where,
            remedy="Add a line 'favourable:' with one of the label's values",
        )
    _check_columns(decisions, columns)
    frame = _flags(count(decisions, by=columns).frame, favourable_is_positive)
    singles = [list(_cells(frame, [column])) for column in columns]
    pairs = [list(_cells(frame, list(pair))) for pair in combinations(columns, 2)]
    words = decisions.product.words
    good, bad = words.negative, words.positive
    if favourable_is_positive:
        good, bad = bad, good
    return GroupAudit(
        rows=_rows(singles, minimum_n, confidence) + _rows(pairs, minimum_n, confidence),
        minimum_n=minimum_n,
        favourable=good,
        unfavourable=bad,
        words=words,
    )


@dataclass(frozen=True)
class _Cell:
    group: Group
    n: int
    selected: int
    favourable: int
    wrongly_denied: int


def _check_columns(decisions: Decisions, columns: Sequence[str]) -> None:
    if not columns:
        raise PlaybookError(
            "product.yaml names no groups",
            where=decisions.where,
            remedy="Name the columns that hold protected groups under 'groups:'",
        )
    # An identifier named by mistake would make a table as long as the data: look before counting.
    found = decisions.cases.aggregate(
        **{f"c{i}": decisions.cases[c].approx_nunique() for i, c in enumerate(columns)}
    )
    with decisions.source.query():
        sizes = found.execute().iloc[0]
    for column, values in zip(columns, sizes, strict=True):
        if values > MOST_GROUPS:
            raise PlaybookError(
                f"the group column '{column}' has about {int(values):,} different values",
                where=decisions.where,
                remedy=f"Name a column with at most {MOST_GROUPS} groups, such as bands of ages",
            )


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


def _gravity(e: Estimate, measure: Ratio, bar: float | None) -> tuple[int, float]:
    """Larger is worse: first how it stands to the bar, then by how much."""
    if measure == "impact_ratio":
        if bar is None:
            return 0, -e.high
        outcome = e.against(at_least=bar).outcome
        return _GRAVE[outcome], -(e.low if outcome == "inconclusive" else e.high)
    if bar is None:
        return 0, e.low
    outcome = e.against(at_most=bar).outcome
    return _GRAVE[outcome], e.high if outcome == "inconclusive" else e.low


_GRAVE = {"meets": 0, "inconclusive": 1, "misses": 2}
