"""What moves a number most: one thing after the other over its range, the others at their mean."""

from __future__ import annotations

from collections.abc import Sequence

from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.display import Html, table

Moved = tuple[str, float, float]
"""What is moved, and the number at the lower and at the upper end of its range."""


def tornado_chart(moved: Sequence[Moved], value: Estimate, title: str) -> Html:
    """A line for each thing moved, around the `value`."""
    from playbook.evidence.figures import intervals

    items = [
        (
            name.capitalize(),
            value.model_copy(update={"low": min(low, value.value), "high": max(high, value.value)}),
        )
        for name, low, high in moved
    ]
    return intervals(
        items,
        title=title,
        bar=0.0,
        bar_label="breaks even",
        counts=False,
        caption="Each line moves one thing over its range while the others stay at their mean.",
    )


def tornado_table(moved: Sequence[Moved], currency: str, caption: str) -> Html:
    """A row for each thing moved."""
    body = [
        [name.capitalize(), words.money(low, currency), words.money(high, currency)]
        for name, low, high in moved
    ]
    header = ["What is moved over its range", "Lowest", "Highest"]
    note = "The others stay at their mean. Chance: the 95 % interval from the number of rows alone."
    return table(caption, header, body, (1, 2), note=note)
