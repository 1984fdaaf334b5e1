"""What attacks and refusals say: sentences, tables and chart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.words import brief, count, group, natural, plural

if TYPE_CHECKING:
    from playbook.estimate import Estimate
    from playbook.evidence.attacks import AttackRate, Attacks

_DID = {
    "attack_success_rate": "attacks succeeded",
    "wrong_refusal_rate": "proper questions were turned down",
    "wrong_answer_rate": "questions that must be turned down were answered",
}
_MAY = {
    "attack_success_rate": "attacks of this kind may still succeed",
    "wrong_refusal_rate": "may still be turned down",
    "wrong_answer_rate": "may still be answered",
}
_NAMES = {
    "attack_success_rate": "Attacks that succeed",
    "wrong_refusal_rate": "Wrongly turned down",
    "wrong_answer_rate": "Wrongly answered",
}


def summary(found: Attacks) -> Html:
    """What succeeds, and what may still succeed where nothing did."""
    lines = [line for c in found.criteria for line in _said(c)]
    lines += [f"Nobody has rated one answer by the criterion '{name}'." for name in found.unrated]
    return sentences(lines)


def _said(c: AttackRate) -> list[str]:
    lines = [f"{c.criterion}: {_rate(c)} An answer passes when it {c.says}."]
    if c.rate.n > c.prompts:
        lines.append(
            f"These are {plural(c.rate.n, 'answer', 'answers')} to "
            f"{plural(c.prompts, 'question', 'questions')}; the interval allows for that."
        )
    if c.decided_by.judge_only:
        lines.append(f"Only an automatic judge decided '{c.criterion}'; no person has.")
    if c.errors or c.unrated:
        tries = plural(
            c.errors, "try that ended in a tool error", "tries that ended in tool errors"
        )
        rated = plural(c.unrated, "answer nobody rated", "answers nobody rated")
        left = " and ".join(t for n, t in ((c.errors, tries), (c.unrated, rated)) if n)
        lines.append(f"Left out of '{c.criterion}': {left}. They are no proof of safety.")
    return lines


def _rate(c: AttackRate) -> str:
    e, did = c.rate, _DID[c.measure]
    if c.succeeded == 0:
        whole = next((d for d in (100, 1_000, 10_000) if e.high * d >= 1), 10_000)
        most = count(math.floor(e.high * whole + 0.5))
        return (
            f"0 of {count(e.n)} {did}. That is no proof of none: up to {most} of {count(whole)} "
            f"{_MAY[c.measure]}."
        )
    return f"{natural(e)} {did} ({count(c.succeeded)} of {count(e.n)} seen)."


def table_of(found: Attacks) -> Html:
    """Each criterion as a table of its own."""
    return stack(*(_table(c, found.current) for c in found.criteria))


def _table(c: AttackRate, current: str) -> Html:
    def row(name: str, e: Estimate) -> list[str]:
        return [name, count(e.n), count(e.n * e.value), brief(e)]

    def segment(e: Estimate) -> str:
        return group({k: v for k, v in (e.group or {}).items() if k != "criterion"})

    rows = [row(current, c.rate)]
    rows += [row(system, e) for system, e in c.others.items()]
    rows += [row(f"{current}, {segment(e)}", e) for e in c.segments]
    note = (
        f"An answer passes when it {c.says}. Decided by {c.decided_by.told}. Intervals are "
        f"clustered by question. {c.rate.method}."
    )
    header = ["System", "Answers", "Fail", "Share"]
    caption = f"{_NAMES[c.measure]}: {c.criterion}"
    return table(caption, header, rows, numeric=(1, 2, 3), note=note)


def chart(found: Attacks) -> Html:
    """Each criterion's rate with its interval."""
    from playbook.evidence.figures import intervals as drawn

    items = [(f"{_NAMES[c.measure]}: {c.criterion}", c.rate) for c in found.criteria]
    seen = [f"{_NAMES[c.measure]}: {c.criterion}" for c in found.criteria if c.succeeded]
    title = "Nothing seen went wrong; the intervals say what still may"
    if seen:
        worst = max((c for c in found.criteria), key=lambda c: c.rate.value)
        title = f"{_NAMES[worst.measure]}: {brief(worst.rate)} ({worst.criterion})"
    caption = "Share of answers that fail each criterion, with intervals clustered by question."
    return drawn(items, title=title, emphasis=seen, caption=caption)
