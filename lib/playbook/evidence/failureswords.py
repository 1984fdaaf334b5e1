"""What failures say: sentences, tables and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.theme import label
from playbook.evidence.words import brief, count, natural, plural

if TYPE_CHECKING:
    from playbook.evidence.failures import Failures

_MOST_NAMED = 3
_CUT = 240


def summary(found: Failures) -> Html:
    """The most common failures, and what nobody named."""
    now = found.current
    common = [k for k in found.kinds if k.counts[now]]
    lines = [
        f"{label(k.name)}: {natural(k.rates[now])} answers "
        f"({plural(k.counts[now], 'answer', 'answers')})."
        for k in common[:_MOST_NAMED]
    ]
    if not common:
        lines.append(f"Nobody named a failure in the {count(found.answers[now])} answers of {now}.")
    if len(common) > _MOST_NAMED:
        rest = len(common) - _MOST_NAMED
        lines.append(f"The table has {plural(rest, 'more kind', 'more kinds')} of failure.")
    if found.unnamed[now]:
        one = found.unnamed[now] == 1
        lines.append(
            f"{plural(found.unnamed[now], 'answer is', 'answers are')} not accepted though nobody "
            f"said what is wrong with {'it' if one else 'them'}."
        )
    if found.apart:
        lines.append(
            f"{plural(found.apart, 'named failure is', 'named failures are')} left out, as the "
            "answer lacks a rating."
        )
    return sentences(lines)


def table_of(found: Failures) -> Html:
    """Every kind for every system, and an example of each."""
    systems = [s for s, n in found.answers.items() if n]
    rows = [
        [label(k.name), *(t for s in systems for t in (count(k.counts[s]), brief(k.rates[s])))]
        for k in found.kinds
    ]
    blank = ["no failure named, yet not accepted"]
    rows.append(blank + [t for s in systems for t in (count(found.unnamed[s]), "")])
    header = ["Failure", *(t for s in systems for t in (f"{s}: answers", f"{s}: share"))]
    seen = ", ".join(f"{s} {count(found.answers[s])}" for s in systems)
    note = (
        f"Share of the answers looked at ({seen}); tool errors are left out. Intervals are "
        "clustered by question."
    )
    kinds = table("Kinds of failure", header, rows, numeric=range(1, len(header)), note=note)
    examples = [[label(k.name), *(label(t, _CUT) for t in k.example)]
                for k in found.kinds if k.example]  # fmt: skip
    if not examples:
        return kinds
    shown = table(f"An example of each, by {found.current}", ["Failure", "Asked", "Answered"],
                  examples, note="The first one of each kind, cut where it is long.")  # fmt: skip
    return stack(kinds, shown)


def chart(found: Failures) -> Html:
    """How common each kind is in the current system's answers."""
    from playbook.evidence.figures import intervals as drawn

    items = [(k.name, k.rates[found.current]) for k in found.kinds if k.counts[found.current]]
    title = "No failure is named in the current system's answers"
    if items:
        title = f"The most common failure: {label(items[0][0])}"
    return drawn(items, title=title, caption="Share of answers with each kind of failure.")
