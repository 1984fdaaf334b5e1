"""How the decisions treat groups of people and their intersections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import groupwords
from playbook.evidence.counts import count
from playbook.evidence.display import Html
from playbook.evidence.grouprows import GroupRow, group_rows
from playbook.evidence.performance import require
from playbook.evidence.tables import Decisions
from playbook.product import Words

MOST_GROUPS = 200
Ratio = Literal["impact_ratio", "wrongly_denied_ratio"]


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
    frame = count(decisions, by=columns).frame
    words = decisions.product.words
    good, bad = words.negative, words.positive
    if favourable_is_positive:
        good, bad = bad, good
    return GroupAudit(
        rows=group_rows(frame, columns, favourable_is_positive, minimum_n, confidence),
        minimum_n=minimum_n,
        favourable=good,
        unfavourable=bad,
        words=words,
    )


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


__all__ = ["GroupAudit", "GroupRow", "group_audit"]
