"""What a score leads to: the finding for its band, or for the bands that it may still lie in."""

from __future__ import annotations

from typing import Any

from playbook.checks.finding import Finding, judge
from playbook.checks.scores import Score
from playbook.evidence import words
from playbook.policy import Severity, Tier, for_tier
from playbook.questions import ROLE_NAMES, QuestionSet, worst

_FEW = 3


def score_findings(questions: QuestionSet, found: Score | None, tier: Tier) -> list[Finding]:
    """What the band of the score leads to; nothing where the set has no bands."""
    if found is None or not found.bands:
        return []
    scoring, bands = found.scoring, found.bands
    grades: list[Severity] = [for_tier(band.severity, tier) for band in bands]
    common: dict[str, Any] = {
        "id": f"{questions.playbook}.score",
        "owner": ROLE_NAMES[scoring.owner],
        "topic": scoring.title,
        "basis": "answer",
        "evidence": [found.estimate()],
    }
    said = f"{scoring.title}: {told(found)}"
    if len(bands) > 1:
        joint = "or" if len(bands) == 2 else "to"
        between = f"“{bands[0].label}” {joint} “{bands[-1].label}”"
        return [
            judge("inconclusive", worst(grades), statement=f"{said}; that is {between}.",
                  remedy=_settling(found), **common)
        ]  # fmt: skip
    outcome: Any = "meets" if grades[0] == "pass" else "misses"
    return [judge(outcome, grades[0], statement=f"{said}; that is “{bands[0].label}”.",
                  remedy=bands[0].remedy, **common)]  # fmt: skip


def told(found: Score) -> str:
    """``12 of at most 40 points (12 to 20 while 3 answers are open)``."""
    of = f" of at most {words.number(found.most)} points"
    value, low, high = (words.number(x) for x in (found.value, found.low, found.high))
    if found.scoring.share:
        value, low, high = (words.percent(x) for x in (found.value, found.low, found.high))
        of = f" of {words.number(found.most)} possible points"
    elif len(found.parts) > len(found.asked):
        of = " points"  # more may unfold than could add up now
    if found.low == found.high:
        return f"{value}{of}"
    n = len(found.open)
    why = f" while {words.plural(n, 'answer is', 'answers are')} open" if n else ""
    return f"{value}{of} ({low} to {high}{why})"


def _settling(found: Score) -> str:
    """Which answers would settle the band."""
    widest = found.open[:_FEW]
    if not widest:
        return "Answer what decides which questions are asked."
    named = " ".join(
        f"“{part.question.text}” ({words.number(part.low)} to {words.number(part.high)} points)."
        for part in widest
    )
    more = len(found.open) - len(widest)
    return f"Answer first: {named}" + (f" And {more} more." if more else "")
