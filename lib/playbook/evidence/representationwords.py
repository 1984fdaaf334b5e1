"""What representation says: sentences, table and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, table
from playbook.evidence.words import (
    brief,
    capital,
    count,
    group,
    natural,
    number,
    p_value,
    percent,
    plural,
)

if TYPE_CHECKING:
    from playbook.evidence.representation import GroupShare, Representation


def summary(found: Representation) -> Html:
    """Who is too few, who too many, who is not there at all."""
    lines = [found.note] if found.note else []
    for column in found.columns:
        lines += [f"By {column.column} the shares of the {found.cases} it is for are those of "
                  f"{column.origin}."] if column.origin else []  # fmt: skip
        apart = [g for g in column.groups if g.differs]
        apart.sort(key=lambda g: g.ratio.value if g.ratio else 0.0)
        lines += [_said(g, found.cases) for g in apart]
        never = [g for g in column.groups if g.absent and not g.differs]
        lines += [_said(g, found.cases) + " With so few rows that may be chance." for g in never]
        if not apart:
            lines.append(
                f"By {column.column} the table looks like the {found.cases} it is for, as far as "
                f"{plural(column.n, 'row', 'rows')} can tell ({p_value(column.p_value)})."
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
    if any("weighted" in e.method for e in found.estimates):
        lines.append("Rows count by their weight; the numbers of rows are effective ones.")
    if found.unlabelled:
        needed, lack = "a label", f"{plural(found.unlabelled, 'row has', 'rows have')} none"
        if found.predicted:
            needed += " and a prediction"
            lack = f"{plural(found.unlabelled, 'row lacks', 'rows lack')} one of them"
        lines.append(f"Only rows with {needed} are counted; {lack}.")
    return sentences(lines)


def table_of(found: Representation) -> Html:
    """Every group of every column."""
    body = [
        [group(g.group), count(g.share.n), brief(g.share), percent(g.population),
         brief(g.ratio) if g.ratio else "", p_value(g.p_value)]
        for g in found.groups
    ]  # fmt: skip
    header = ["Group", "n", "Of the table", "Of the population", "Ratio", "p"]
    tests = "; ".join(f"{c.column}: {c.test}, {p_value(c.p_value)}" for c in found.columns)
    note = (
        "Ratio: 1 is as in the population, 0.5 is half as many. p-values of groups are "
        f"corrected for their number (Holm). All groups of a column at once: {tests}."
        f"{_origins(found)}"
    )
    return table("Who is in the table", header, body, numeric=(1, 2, 3, 4, 5), note=note)


def chart(found: Representation) -> Html:
    """Each group's share in the table over its share in the population."""
    from playbook.evidence.figures import intervals as drawn

    items = [(group(g.group), g.ratio) for g in found.groups if g.ratio]
    loud = [group(g.group) for g in found.groups if g.differs and g.ratio and g.ratio.value < 1]
    worst = found.worst
    title = "No group is clearly too few in this table"
    if worst and worst.ratio:
        title = f"{group(worst.group)}: {_beside(worst.ratio.value)} in this table"
    caption = f"Share of the table over share of the population, by group.{_origins(found)}"
    return drawn(items, title=title, bar=1.0, bar_label="as in the population",
                 emphasis=loud, caption=caption)  # fmt: skip


def _origins(found: Representation) -> str:
    told = "; ".join(f"{c.column}, {c.origin}" for c in found.columns if c.origin)
    said = f" Shares of the population: {told}." if told else ""
    return f"{said} {found.note}".rstrip()


def _said(g: GroupShare, cases: str) -> str:
    whole = next((d for d in (100, 1_000, 10_000) if g.population * d >= 1), 10_000)
    expected = number(float(f"{g.population * whole:.2g}"))
    told = natural(g.share)
    beside = "not one is there" if g.absent else _beside(g.ratio.value if g.ratio else 1.0)
    return (
        f"{capital(told)} rows are {g.name}; of {count(whole)} {cases} it is for, "
        f"{expected} are: {beside}."
    )


def _beside(ratio: float) -> str:
    """How far a ratio is from 1: ``too few by half``."""
    if ratio == 0:
        return "not one is there"
    if ratio >= 2:
        return f"{number(ratio, 1)} times as many as there should be"
    if 0.475 <= ratio <= 0.525:
        return "too few by half"
    return f"too {'few' if ratio < 1 else 'many'} by {percent(abs(1 - ratio))}"
