"""How the decisions treat groups of people and their intersections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from playbook.errors import PlaybookError, did_you_mean
from playbook.estimate import Estimate
from playbook.evidence import errorwords, groupwords
from playbook.evidence.contrasts import Key, key
from playbook.evidence.counts import count
from playbook.evidence.display import Html
from playbook.evidence.groupcells import families_of, group_cells
from playbook.evidence.grouprows import GroupRow, group_rows
from playbook.evidence.parity import parity
from playbook.evidence.performance import require
from playbook.evidence.tables import HEAD, MISSING, Decisions
from playbook.product import Words

MOST_GROUPS = 200
Ratio = Literal["impact_ratio", "wrongly_denied_ratio"]


@dataclass(frozen=True)
class GroupAudit:
    """Every group and every stated intersection, none hidden.

    Attributes
    ----------
    rows
        Single groups first, column by column; then intersections.
    minimum_n
        Cases a group needs to be judged.
    favourable, unfavourable
        The two outcomes in the product's words.
    parity
        Fairlearn's aggregates by column and by intersection: how far apart the groups are in all.
    """

    rows: list[GroupRow]
    minimum_n: int
    favourable: str
    unfavourable: str
    words: Words
    parity: list[Estimate] = field(default_factory=list)

    @cached_property
    def estimates(self) -> list[Estimate]:
        """All estimates of all rows, then the aggregates."""
        found: list[Estimate] = []
        rates = self.rows[0].errors.all() if self.rows else []
        for row in self.rows:
            found += row.main_estimates
            found += rates[row.position].values()
        return found + self.parity

    @property
    def singles(self) -> list[GroupRow]:
        """Rows of one column's values."""
        return [row for row in self.rows if len(row.group) == 1]

    @property
    def intersections(self) -> list[GroupRow]:
        """Rows of several columns' values."""
        return [row for row in self.rows if len(row.group) > 1]

    @property
    def too_few(self) -> list[GroupRow]:
        """Single groups that are too small to judge."""
        return [row for row in self.singles if row.too_few]

    def row(self, **group: str) -> GroupRow:
        """The row of one group: ``audit.row(race="Black")``."""
        try:
            return self._by_group[tuple(sorted(key(group)))]
        except KeyError:
            raise KeyError(group) from None

    @cached_property
    def _by_group(self) -> dict[Key, GroupRow]:
        return {tuple(sorted(key(row.group))): row for row in self.rows}

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
        """All intersections of group columns."""
        return groupwords.table_of(self, self.intersections, "Intersections of groups")

    def error_rates_table(self, intersections: bool = False) -> Html:
        """Every kind of error by single group, or by intersection, and how far groups are apart."""
        rows = self.intersections if intersections else self.singles
        return errorwords.error_rates_table(self, rows)

    def chart(self, column: str | None = None, bar: float | None = None) -> Html:
        """Wrongly denied rates of one column's groups (the worst's), `bar` being a ratio."""
        return groupwords.chart(self, column, bar)


def group_audit(decisions: Decisions, minimum_n: int, confidence: float = 0.95) -> GroupAudit:
    """Rates of every group and intersection, beside the reference group of the same columns.

    The reference is the group stated in product.yaml, else the best-off one. The impact ratio is
    then the one of the four-fifths rule (29 CFR 1607.4 D) and of New York City's Local Law 144; the
    wrongly denied ratio is its error-rate twin (equality of opportunity, Hardt, Price and Srebro
    2016). Tests are corrected by Holm's method, once for all single groups and once for all
    intersections.

    Raises
    ------
    PlaybookError
        There is no label, decision, group or favourable value, cases have more than two outcomes,
        a group column has more than 200 values, or the stated reference is none of them.
    """
    require(decisions, "label", "prediction")
    table = decisions.table
    columns = table.columns.groups
    favourable_is_positive = favourable(decisions)
    check_groups(decisions, columns)
    counts = count(decisions, by=columns)
    for column in columns:
        _check_values(decisions, column, counts.frame[column].unique().tolist())
    families = families_of(columns, table.intersections)
    cells = group_cells(counts.frame, families, favourable_is_positive, decisions.group_order)
    words = decisions.product.words
    good, bad = words.negative, words.positive
    if favourable_is_positive:
        good, bad = bad, good
    how = counts.how
    return GroupAudit(
        rows=group_rows(cells, favourable_is_positive, minimum_n, confidence, table.reference, how),
        minimum_n=minimum_n,
        favourable=good,
        unfavourable=bad,
        words=words,
        parity=parity(cells, minimum_n, confidence, how),
    )


def favourable(decisions: Decisions) -> bool:
    """Whether the positive outcome is the one that is good for the person.

    Raises
    ------
    PlaybookError
        product.yaml does not say so, or there are more than two outcomes.
    """
    if not decisions.binary:
        raise PlaybookError(
            "groups are compared by who gets the good one of two outcomes, and this table has "
            "amounts, ranks or more than two classes",
            where=decisions.where,
            remedy="Add a table of the decisions that follow, such as approved or denied",
        )
    found = decisions.favourable_is_positive
    if found is None:
        raise PlaybookError(
            "product.yaml does not say which outcome is good for the person",
            where=decisions.where,
            remedy="Add a line 'favourable:' with one of the label's values",
        )
    return found


def check_groups(decisions: Decisions, columns: Sequence[str]) -> None:
    """Raise where `columns` are none, are not group columns, or look like identifiers.

    An identifier named by mistake would make a table as long as the data: its first rows show it.
    A table no longer than those can be counted at once.
    """
    if not columns:
        raise PlaybookError(
            "product.yaml names no groups",
            where=decisions.where,
            remedy="Name the columns that hold protected groups under 'groups:'",
        )
    known = decisions.table.columns.groups
    for column in columns:
        if column not in known:
            raise PlaybookError(
                f"'{column}' is not one of the product's group columns",
                where="product.yaml",
                remedy=did_you_mean(column, known),
            )
    if decisions.n_labelled <= HEAD:
        return
    for column in columns:
        if decisions.groups_seen.get(column, 0) > MOST_GROUPS:
            raise _too_many(decisions, column, f"more than {MOST_GROUPS} different values")


def _check_values(decisions: Decisions, column: str, found: list[str]) -> None:
    if len(found) > MOST_GROUPS:
        raise _too_many(decisions, column, f"{len(found):,} different values")
    stated = decisions.table.reference.get(column)
    if stated is not None and stated not in found:
        raise PlaybookError(
            f"the reference group '{stated}' is not among the values of '{column}'",
            where=decisions.where,
            remedy=did_you_mean(stated, [name for name in found if name != MISSING]),
        )


def _too_many(decisions: Decisions, column: str, values: str) -> PlaybookError:
    return PlaybookError(
        f"the group column '{column}' has {values}",
        where=decisions.where,
        remedy=f"Name a column with at most {MOST_GROUPS} groups, or state 'bins:' for numbers",
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


__all__ = ["GroupAudit", "GroupRow", "check_groups", "favourable", "group_audit"]
