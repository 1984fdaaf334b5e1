"""Who is in the table, beside who the product is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import intervals, representationwords
from playbook.evidence.counts import count
from playbook.evidence.display import Html
from playbook.evidence.fit import goodness_of_fit, share_test
from playbook.evidence.population import population_of
from playbook.evidence.tables import MISSING, Decisions

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class GroupShare:
    """One group of the population.

    Attributes
    ----------
    group
        Such as ``{"race": "Black"}``.
    population
        Its share of the population, of the groups that are named.
    share
        Its share of the table's rows that belong to a named group.
    ratio
        `share` over `population`; None where the population has none of it.
    p_value
        Two-sided, that the table is drawn from this population, by Holm over all groups of all
        columns.
    """

    group: dict[str, str]
    population: float
    share: Estimate
    ratio: Estimate | None
    p_value: float

    @property
    def differs(self) -> bool:
        """Whether chance alone would hardly do this, all groups taken together."""
        return self.p_value < SIGNIFICANT

    @property
    def absent(self) -> bool:
        """Whether the population has this group and the table has none of it."""
        return self.share.value == 0 and self.population > 0

    @property
    def name(self) -> str:
        """The group's own name, without its column."""
        return next(iter(self.group.values()))


@dataclass(frozen=True)
class ColumnShares:
    """One column: its groups, those the population does not name, rows without a value, and where
    the shares of the population come from if a table tells them."""

    column: str
    groups: list[GroupShare]
    unnamed: dict[str, int]
    missing: int
    n: int
    chi_squared: float
    p_value: float
    test: str
    origin: str = ""

    @property
    def total(self) -> int:
        """All rows, with those left out."""
        return self.n + self.missing + sum(self.unnamed.values())


@dataclass(frozen=True)
class Representation:
    """Shares in the table beside shares in the population, column by column.

    Attributes
    ----------
    n, unlabelled
        Rows that can be judged, and those left out as they cannot.
    predicted
        Whether a row needs a prediction to be judged, besides a label.
    note
        What a reader must know of the table of the population.
    """

    columns: list[ColumnShares]
    n: int
    unlabelled: int
    cases: str
    predicted: bool = False
    note: str = ""

    @property
    def groups(self) -> list[GroupShare]:
        """All groups of all columns."""
        return [group for column in self.columns for group in column.groups]

    @property
    def estimates(self) -> list[Estimate]:
        """Share and ratio of each group."""
        return [e for g in self.groups for e in (g.share, g.ratio) if e is not None]

    @property
    def worst(self) -> GroupShare | None:
        """The group most surely too few; None where none clearly is."""
        few = [g for g in self.groups if g.ratio and g.differs and g.ratio.value < 1]
        return min(few, key=lambda g: g.ratio.high if g.ratio else 1.0, default=None)

    def summary(self) -> Html:
        """Who is too few, who too many, who is not there at all."""
        return representationwords.summary(self)

    def table(self) -> Html:
        """Every group of every column."""
        return representationwords.table_of(self)

    def chart(self) -> Html:
        """Each group's share in the table over its share in the population."""
        return representationwords.chart(self)


def representation(decisions: Decisions, confidence: float = 0.95) -> Representation:
    """Hold the groups' shares of the labelled rows against the population's (`population_of`).

    Population shares are taken as known without error, and are scaled to add up to 1. Intervals
    are Wilson's (exact under 40 rows); each group is tested by the score test, exactly (binomial)
    where it or the rest is expected fewer than 5 times, by Holm over all groups; each column by
    Pearson's chi-squared test of fit (1900), by 10,000 draws where a group is expected fewer than 5
    times.

    Raises
    ------
    NoEvidence
        Nothing says who the product is for.
    """
    population = population_of(decisions)
    columns = [
        _column(decisions, c, shares, population.origin.get(c, ""), confidence)
        for c, shares in population.shares.items()
    ]
    adjusted = iter(intervals.holm([g.p_value for c in columns for g in c.groups]))
    return Representation(
        columns=[
            replace(c, groups=[replace(g, p_value=next(adjusted)) for g in c.groups])
            for c in columns
        ],
        n=decisions.n_labelled,
        unlabelled=decisions.unlabelled,
        cases=decisions.product.words.cases,
        predicted=decisions.product.kind == "regression" and decisions.has_prediction,
        note=population.note,
    )


def _column(
    decisions: Decisions, column: str, shares: Mapping[str, float], origin: str, confidence: float
) -> ColumnShares:
    counts = count(decisions, by=[column])
    found = counts.frame.groupby(column)["n"].sum()
    here = {str(group): float(n) for group, n in found.items()}
    missing = here.pop(MISSING, 0.0) if MISSING not in shares else 0.0
    total = sum(shares.values())
    expected = {group.strip(): share / total for group, share in shares.items()}
    n = sum(here.get(group, 0.0) for group in expected)
    if n == 0:
        raise PlaybookError(
            f"no row has one of the groups that the population names under '{column}'",
            where=decisions.where,
            remedy="Write the groups as the table spells them: " + ", ".join(sorted(here)[:5]),
        )
    how = getattr(counts, "how", "")
    groups = [
        _share(column, group, here.get(group, 0.0), n, share, confidence, how)
        for group, share in expected.items()
    ]
    seen = np.array([here.get(group, 0.0) for group in expected])
    chi_squared, p, test = goodness_of_fit(seen, np.array(list(expected.values())))
    unnamed = {g: round(k) for g, k in sorted(here.items()) if g not in expected}
    return ColumnShares(
        column, groups, unnamed, round(missing), round(n), chi_squared, p, test, origin
    )


def _share(
    column: str, group: str, k: float, n: float, population: float, confidence: float, how: str
) -> GroupShare:
    name = {column: group}
    found = intervals.proportion(k, n, confidence)
    method = found.method + how
    share = Estimate(measure="share_of_rows", group=name, value=found.value, low=found.low,
                     high=found.high, n=round(n), method=method)  # fmt: skip
    ratio = None
    if population > 0:
        ratio = Estimate(
            measure="representation_ratio", group=name, value=found.value / population,
            low=found.low / population, high=found.high / population, n=round(n), unit="ratio",
            method=f"{method} over a population share taken as known",
        )  # fmt: skip
    return GroupShare(name, population, share, ratio, share_test(k, n, population))
