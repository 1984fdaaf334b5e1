"""What k-anonymity says: sentences, tables and chart, and never a combination itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.words import brief, count, percent, plural

if TYPE_CHECKING:
    from playbook.evidence.anonymity import Anonymity

_HELPS = 0.1
"""A column matters where leaving it out spares at least a tenth of the rows that stand out."""


def summary(found: Anonymity) -> Html:
    """How many rows stand out, by what, and what would hide them."""
    lines = [found.note] if found.note else []
    lines.append(_alone(found))
    k = found.all.smallest
    lines.append(
        f"The rarest combination has {plural(k, 'row', 'rows')} (k = {count(k)}); the policy wants "
        f"at least {count(found.size)} rows that look alike."
    )
    if small := found.all.below(found.size):
        lines.append(
            f"{plural(small, 'row', 'rows')} ({percent(found.small.value)}) "
            f"{'looks' if small == 1 else 'look'} like fewer than {count(found.size)}, "
            f"{'itself' if small == 1 else 'themselves'} included."
        )
        lines += _drops(found)
    lines += _how(found)
    if found.small.value:
        lines.append(
            "Alone in this table is not alone in the world: others may share the combination. But "
            "whoever knows that a person is in the table needs no more."
        )
        lines.append("Which combinations are rare is not shown, as that would point at people.")
    return sentences(lines)


def _alone(found: Anonymity) -> str:
    by = _listed(found.columns)
    if not found.all.below(2):
        return f"No row is alone with its {by}, of {plural(found.all.n, 'row', 'rows')}."
    alone = plural(found.all.below(2), "row is", "rows are")
    return (
        f"{alone} alone with their {by}, of {plural(found.all.n, 'row', 'rows')} "
        f"({percent(found.unique.value)}): whoever knows these of a person finds the row."
        if found.all.below(2) > 1
        else f"1 row is alone with its {by}, of {plural(found.all.n, 'row', 'rows')}: whoever "
        "knows these of that person finds the row."
    )


def _drops(found: Anonymity) -> list[str]:
    if not found.dropped:
        return []
    column, best = next(iter(found.dropped.items()))
    if best.value > (1 - _HELPS) * found.small.value:
        return ["Leaving out any one column would hardly help: coarsen several of them."]
    rest = found.without[column].below(found.size)
    to = f"{plural(rest, 'row', 'rows')} ({percent(best.value)})" if rest else "none"
    return [
        f"{column} gives away most: without it, it would be {to}. Where it is needed, coarser "
        "values (bands, regions) do part of that."
    ]


def _how(found: Anonymity) -> list[str]:
    lines = []
    if found.binned:
        lines.append(f"Counted in the bands of product.yaml: {_listed(found.binned)}.")
    if found.exact_numbers:
        verb = "stands" if len(found.exact_numbers) == 1 else "stand"
        lines.append(
            f"{_listed(found.exact_numbers)} {verb} there to the last digit; in bands (bins: in "
            "product.yaml) more rows would look alike."
        )
    if not found.stated:
        lines.append(
            "No quasi-identifiers are named, so these are the group columns; somebody who knows a "
            "person may know more."
        )
    return lines


def table_of(found: Anonymity) -> Html:
    """Rows by size of class, and what each column contributes; never a combination itself."""
    edges = sorted({1, 2, found.size, 5 * found.size, 25 * found.size})
    body = []
    for low, above in zip(edges, [*edges[1:], None], strict=True):
        below = found.all.n if above is None else found.all.below(above)
        rows = below - found.all.below(low)
        many = sum(m for s, m in found.all.sizes.items() if s >= low and (not above or s < above))
        body.append([_span(low, above), count(many), count(rows), percent(rows / found.all.n)])
    sizes = table(
        "How many rows look alike", ["Rows alike", "Combinations", "Rows", "Of all rows"], body,
        numeric=(1, 2, 3), note=found.note,
    )  # fmt: skip
    if not found.dropped:
        return sizes
    rest = [[f"without {c}", count(found.without[c].smallest), brief(e), _alone_without(found, c)]
            for c, e in found.dropped.items()]  # fmt: skip
    first = ["all columns", brief(found.smallest), brief(found.small), brief(found.unique)]
    header = ["Columns", "Smallest class", f"Rows in classes under {count(found.size)}", "Alone"]
    return stack(sizes, table("What each column gives away", header, [first, *rest],
                              numeric=(1, 2, 3)))  # fmt: skip


def _alone_without(found: Anonymity, column: str) -> str:
    return percent(found.without[column].below(2) / found.all.n)


def _span(low: int, above: int | None) -> str:
    if above is None:
        return f"{count(low)} or more"
    return count(low) if above == low + 1 else f"{count(low)} to {count(above - 1)}"


def chart(found: Anonymity) -> Html:
    """Rows in small classes with all columns, and without each."""
    from playbook.evidence.figures import intervals as drawn

    items: list[tuple[str, Estimate]] = [("all columns", found.small)]
    items += [(f"without {column}", e) for column, e in found.dropped.items()]
    size = count(found.size)
    title = f"Every row looks like at least {size}"
    if found.small.value:
        title = f"{percent(found.small.value)} of rows look like fewer than {size}"
    caption = f"Share of rows whose combination has fewer than {size} rows. {found.note}".strip()
    return drawn(items, title=title, emphasis=["all columns"] if found.small.value else [],
                 caption=caption, counts=False)  # fmt: skip


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
