"""What the scope says: sentences and table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, table
from playbook.evidence.words import count, number

if TYPE_CHECKING:
    from playbook.evidence.scope import Scope, Verdict

_SAID = {"yes": "Can be decided", "partly": "Only in part", "no": "Cannot be decided"}


def summary(found: Scope) -> Html:
    """What can be told, and what not, in a few sentences."""
    lines = [found.note] if found.note else []
    if not found.n:
        return sentences([*lines, "There is nothing to judge by yet, so nothing below is decided."])
    subject = f"These {count(found.n)} {found.cases}"
    can, partly = _topics(found, "yes", "and"), _topics(found, "partly", "and")
    cannot = _topics(found, "no", "or")
    if can:
        lines.append(f"{subject} can tell {can}.")
    else:
        lines.append(f"{subject} cannot fully settle any of the questions below.")
    if partly:
        lines.append(f"They tell only in part {partly}.")
    if cannot:
        lines.append(f"They cannot tell {cannot}.")
    return sentences(lines)


def table_of(found: Scope) -> Html:
    """Every question with its verdict, the reason and what is missing."""
    order: list[Verdict] = ["yes", "partly", "no"]
    body = [
        [point.question, _SAID[point.verdict], point.why, point.remedy]
        for verdict in order
        for point in found.of(verdict)
    ]
    note = (
        "A question that can be decided may still be decided against the product. Counts alone "
        "were looked at here; what they say comes below."
    )
    header = ["Question", "With this evidence", "Why", "What is missing"]
    return table("What this evidence can and cannot decide", header, body, note=note)


def points(half: float) -> str:
    """Half the width of an interval of a share: ``about 3 points``."""
    shown = 100 * half
    text = number(shown, 0 if shown >= 1 else 1)
    return f"about {text} {'point' if text == '1' else 'points'}"


def _topics(found: Scope, verdict: Verdict, joint: str) -> str:
    topics = [point.topic for point in found.of(verdict)]
    if len(topics) < 2:
        return "".join(topics)
    return f"{', '.join(topics[:-1])} {joint} {topics[-1]}"
