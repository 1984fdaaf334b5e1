"""Who is in the table, beside who the product is for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from playbook.errors import NoEvidence, PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import intervals, words
from playbook.evidence.counts import count
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.fit import goodness_of_fit, share_test
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
    """One column: its groups, those the population does not name, and rows without a value."""

    column: str
    groups: list[GroupShare]
    unnamed: dict[str, int]
    missing: int
    n: int
    chi_squared: float
    p_value: float
    test: str

    @property
    def total(self) -> int:
        """All rows, with those left out."""
        return self.n + self.missing + sum(self.unnamed.values())


@dataclass(frozen=True)
class Representation:
    """Shares in the table beside shares in the population, column by column."""

    columns: list[ColumnShares]
    n: int
    unlabelled: int
    cases: str

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
        from playbook.evidence.words import percent, plural

        lines = []
        for column in self.columns:
            apart = [g for g in column.groups if g.differs]
            apart.sort(key=lambda g: g.ratio.value if g.ratio else 0.0)
            lines += [_said(g) for g in apart]
            never = [g for g in column.groups if g.absent and not g.differs]
            lines += [_said(g) + " With so few rows that may be chance." for g in never]
            if not apart:
                lines.append(
                    f"By {column.column} the table looks like the people it is for, as far as "
                    f"{plural(column.n, 'row', 'rows')} can tell ({words.p_value(column.p_value)})."
                )
            if column.unnamed:
                others = ", ".join(f"{g} ({plural(n, 'row', 'rows')})"
                                   for g, n in column.unnamed.items())  # fmt: skip
                lines.append(
                    f"The population shares do not name these values of {column.column}, so they "
                    f"are left out: {others}."
                )
            if column.missing:
                lines.append(
                    f"{plural(column.missing, 'row has', 'rows have')} no {column.column} "
                    f"({percent(column.missing / column.total)}) and are left out."
                    if column.missing != 1 else f"1 row has no {column.column} and is left out."
                )  # fmt: skip
        if any("weighted" in e.method for e in self.estimates):
            lines.append("Rows count by their weight; the numbers of rows are effective ones.")
        if self.unlabelled:
            lines.append(
                f"Only rows with a label are counted; "
                f"{plural(self.unlabelled, 'row has', 'rows have')} none."
            )
        return sentences(lines)

    def table(self) -> Html:
        """Every group of every column."""
        from playbook.evidence.words import brief, group, percent
        from playbook.evidence.words import count as counted

        body = [
            [group(g.group), counted(g.share.n), brief(g.share), percent(g.population),
             brief(g.ratio) if g.ratio else "", words.p_value(g.p_value)]
            for g in self.groups
        ]  # fmt: skip
        header = ["Group", "n", "Of the table", "Of the population", "Ratio", "p"]
        tests = "; ".join(f"{c.column}: {c.test}, {words.p_value(c.p_value)}" for c in self.columns)
        note = (
            "Ratio: 1 is as in the population, 0.5 is half as many. p-values of groups are "
            f"corrected for their number (Holm). All groups of a column at once: {tests}."
        )
        return table("Who is in the table", header, body, numeric=(1, 2, 3, 4, 5), note=note)

    def chart(self) -> Html:
        """Each group's share in the table over its share in the population."""
        from playbook.evidence.figures import intervals as drawn
        from playbook.evidence.words import group

        items = [(group(g.group), g.ratio) for g in self.groups if g.ratio]
        loud = [group(g.group) for g in self.groups if g.differs and g.ratio and g.ratio.value < 1]
        worst = self.worst
        title = "No group is clearly too few in this table"
        if worst and worst.ratio:
            title = f"{group(worst.group)}: {_beside(worst.ratio.value)} in this table"
        caption = "Share of the table over share of the population, by group."
        return drawn(items, title=title, bar=1.0, bar_label="as in the population",
                     emphasis=loud, caption=caption)  # fmt: skip


def representation(decisions: Decisions, confidence: float = 0.95) -> Representation:
    """Hold the groups' shares of the labelled rows against ``population:`` in product.yaml.

    Population shares are taken as known without error, and are scaled to add up to 1. Intervals
    are Wilson's (exact under 40 rows); each group is tested by the score test, exactly (binomial)
    where it or the rest is expected fewer than 5 times, by Holm over all groups; each column by
    Pearson's chi-squared test of fit (1900), by 10,000 draws where a group is expected fewer than 5
    times.

    Raises
    ------
    PlaybookError
        product.yaml states no population shares.
    """
    population = decisions.table.population
    if not population:
        raise NoEvidence(
            "product.yaml does not say who the product is for",
            where=decisions.where,
            remedy="Write each group's share of the population under 'population:', such as "
            "race: {White: 0.6, Black: 0.4}",
        )
    columns = [_column(decisions, c, shares, confidence) for c, shares in population.items()]
    adjusted = iter(intervals.holm([g.p_value for c in columns for g in c.groups]))
    return Representation(
        columns=[
            replace(c, groups=[replace(g, p_value=next(adjusted)) for g in c.groups])
            for c in columns
        ],
        n=decisions.n_labelled,
        unlabelled=decisions.unlabelled,
        cases=decisions.product.words.cases,
    )


def _column(
    decisions: Decisions, column: str, shares: dict[str, float], confidence: float
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
    return ColumnShares(column, groups, unnamed, round(missing), round(n), chi_squared, p, test)


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


def _said(g: GroupShare) -> str:
    from playbook.evidence.words import count, natural, number

    whole = next((d for d in (100, 1_000, 10_000) if g.population * d >= 1), 10_000)
    expected = number(float(f"{g.population * whole:.2g}"))
    told = natural(g.share)
    beside = "not one is there" if g.absent else _beside(g.ratio.value if g.ratio else 1.0)
    return (
        f"{told[:1].upper()}{told[1:]} rows are {g.name}; of {count(whole)} people it is for, "
        f"{expected} are: {beside}."
    )


def _beside(ratio: float) -> str:
    """How far a ratio is from 1: ``too few by half``."""
    from playbook.evidence.words import number, percent

    if ratio == 0:
        return "not one is there"
    if ratio >= 2:
        return f"{number(ratio, 1)} times as many as there should be"
    if 0.475 <= ratio <= 0.525:
        return "too few by half"
    return f"too {'few' if ratio < 1 else 'many'} by {percent(abs(1 - ratio))}"
