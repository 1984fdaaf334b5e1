"""What steadiness says: sentences, table and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, table
from playbook.evidence.words import brief, capital, count, natural, number, plural

if TYPE_CHECKING:
    from playbook.evidence.steadiness import Steadiness, SystemSteadiness


def summary(found: Steadiness) -> Html:
    """What happens when somebody asks again, and what repeats are worth."""
    now = found.current
    told = natural(now.same)
    lines = [
        f"{capital(told)} questions got the same result each time, with "
        f"{number(now.tries, 1)} tries of each on average: always accepted or never.",
        _again(now),
    ]
    lines += _worth(now)
    if found.once:
        lines.append(
            f"{plural(found.once, 'other question was', 'other questions were')} tried and rated "
            "only once and cannot tell anything about this."
        )
    return sentences(lines)


def _again(now: SystemSteadiness) -> str:
    if now.changed.value == 0:
        return f"Ask again and none of the {plural(now.prompts, 'question', 'questions')} changed."
    told = natural(now.changed)
    return f"Ask again, and {told} questions change from accepted to not accepted or back."


def _worth(now: SystemSteadiness) -> list[str]:
    effect = now.design_effect
    if effect is None:
        return ["All results are the same, so nobody can say how alike the tries are."]
    answers = now.prompts * now.tries
    return [
        f"These {count(answers)} answers tell as much about the rate of accepted answers as "
        f"{count(answers / effect)} different questions asked once; new questions tell more than "
        "new tries."
    ]


def table_of(found: Steadiness) -> Html:
    """Every system."""
    rows = [
        [s.system, count(s.prompts), number(s.tries, 1), brief(s.same), brief(s.changed),
         brief(s.correlation) if s.correlation else "",
         number(s.design_effect, 2) if s.design_effect is not None else ""]
        for s in found.systems
    ]  # fmt: skip
    header = ["System", "Questions", "Tries of each", "Same result each time", "Two tries differ",
              "Intraclass correlation", "Design effect"]  # fmt: skip
    note = (
        "Only questions with two or more rated tries. The share with the same result falls with "
        "the number of tries; the chance that two tries differ does not. Intraclass correlation: 1 "
        "where tries always agree, 0 where they agree no more than answers to different questions."
    )
    return table("Asked again", header, rows, numeric=range(1, 7), note=note)


def chart(found: Steadiness) -> Html:
    """Share of questions with the same result each time."""
    from playbook.evidence.figures import intervals as drawn

    title = f"{brief(found.current.same)} of repeated questions get the same result each time"
    items = [(s.system, s.same) for s in found.systems]
    return drawn(items, title=title, caption="Share of repeated questions with the same result.")
