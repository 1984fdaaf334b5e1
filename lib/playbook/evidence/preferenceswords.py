"""What comparisons of answers say: sentences, table and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.words import brief, count, natural, percent, plural

if TYPE_CHECKING:
    from playbook.evidence.preferences import Against, Preferences

_SAYS = {"better": "it is preferred", "worse": "the other is preferred", "open": "open"}


def summary(found: Preferences) -> Html:
    """Whether the current system is preferred, and how far the order spoils that."""
    c = found.comparisons
    lines = [c.table.note] if c.table.note else []
    lines += [_said(a, c.current) for a in found.against]
    if not found.against:
        lines.append(f"{c.current} was compared with no other system.")
    lines += [*_strengths(found), *_order(found), *_left_out(found)]
    return sentences(lines)


def _said(a: Against, current: str) -> str:
    ends = {
        "better": f"So {current} is preferred.",
        "worse": f"So {a.other} is preferred.",
        "open": "So these comparisons do not tell which one is preferred.",
    }
    ties = f" ({plural(a.tied, 'tie counts', 'ties count')} as half)" if a.tied else ""
    return (
        f"{current} is preferred to {a.other} in {natural(a.rate)} comparisons{ties}. "
        f"{ends[a.says]}"
    )


def _strengths(found: Preferences) -> list[str]:
    all_of = found.strengths
    if all_of is None:
        return []
    if not all_of.connected:
        return [
            "Some systems were never compared with the others, not even through a third one, so "
            "there is no ranking of all of them."
        ]
    order = [(e.group or {})["system"] for e in all_of.found]
    lines = [f"Over all pairs, the systems come in this order: {', '.join(order)}."]
    if not all_of.ahead:
        lines[0] += f" Whether {order[0]} is really ahead of {order[1]} is open."
    if all_of.steadied:
        lines.append(
            "Some systems always won or always lost, which gives no finite strength. So half a win "
            "either way was added to each pair: take the order, not the distances."
        )
    return lines


def _order(found: Preferences) -> list[str]:
    order = found.order
    lines = []
    if order.consistent:
        lines.append(f"Of pairs shown in both orders, {natural(order.consistent)} end alike.")
    place = "first" if order.first.value > 0.5 else "second"
    if not order.swapped:
        lines.append(
            "No pair was shown in both orders, so nobody can say how far the order counts. Show "
            "each pair both ways round."
        )
    elif order.counts:
        lines.append(
            f"The answer shown first is preferred in {natural(order.first)}, where half would be "
            f"fair: the {place} place helps. Trust only win rates of pairs shown both ways round."
        )
    else:
        lines.append(
            f"The answer shown first is preferred in {natural(order.first)}; half would be fair, "
            "so no place is clearly preferred."
        )
    return lines


def _left_out(found: Preferences) -> list[str]:
    c = found.comparisons
    lines = []
    if c.undecided:
        lacks = plural(c.undecided, "row lacks", "rows lack")
        lines.append(f"{lacks} a winner or a name and is left out." if c.undecided == 1 else
                     f"{lacks} a winner or a name and are left out.")  # fmt: skip
    if c.alone:
        lines.append(f"{plural(c.alone, 'row compares', 'rows compare')} a system with itself; "
                     "left out.")  # fmt: skip
    return lines


def table_of(found: Preferences) -> Html:
    """Win rates, strengths and order."""
    c = found.comparisons
    rows = [
        [a.other, count(a.rate.n), count(a.won), count(a.tied), count(a.lost), brief(a.rate),
         _SAYS[a.says]]
        for a in found.against
    ]  # fmt: skip
    note = f"Ties count as half. Intervals are for other prompts of this kind. {c.table.note}"
    header = ["Against", "Comparisons", "Won", "Tied", "Lost", "Win rate", "So"]
    parts = [table(f"How often {c.current} is preferred", header, rows, range(1, 6), note.strip())]
    if found.strengths and found.strengths.found:
        body = [[(e.group or {})["system"], count(e.n), brief(e)] for e in found.strengths.found]
        parts.append(
            table("Strength of each system", ["System", "Comparisons", "Strength"], body, (1, 2),
                  "Bradley–Terry: log-odds of being preferred, 0 is the mean of these systems.")
        )  # fmt: skip
    order = [e for e in (found.order.consistent, found.order.first) if e]
    names = {"position_consistency": "Same result in both orders",
             "first_position_win_rate": "Answer shown first preferred"}  # fmt: skip
    what = "pairs shown both ways round" if found.order.swapped else "all comparisons"
    body = [[names[e.measure], count(e.n), brief(e)] for e in order]
    parts.append(table("Does the order count?", ["Measure", "n", "Value"], body, (1, 2),
                       f"Measured on {what}."))  # fmt: skip
    return stack(*parts)


def chart(found: Preferences) -> Html:
    """Win rates of the current system."""
    from playbook.evidence.figures import intervals as drawn

    current = found.comparisons.current
    items = [(f"against {a.other}", a.rate) for a in found.against]
    loud = [f"against {a.other}" for a in found.against if a.says == "worse"]
    title = f"{current} was compared with no other system"
    if found.against:
        least = found.against[0]
        share = percent(least.rate.value)
        title = f"{current} is preferred to {least.other} in {share} of comparisons"
    return drawn(items, title=title, bar=0.5, bar_label="as good", emphasis=loud,
                 caption=f"Ties count as half. {found.comparisons.table.note}".strip())  # fmt: skip
