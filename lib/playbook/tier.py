"""The risk tier: how much an error can hurt decides how strict the policy is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.policy import Tier

if TYPE_CHECKING:
    from playbook.answers import Answers

EFFECT = "problem_definition.effect_on_people"
_TIERS: dict[str, Tier] = {
    "legal_or_significant": "high",
    "noticeable": "limited",
    "negligible": "minimal",
}
_REASONS = {
    "high": "decisions have a legal or similarly significant effect on people",
    "limited": "people notice a wrong decision, but can put it right",
    "minimal": "a wrong decision is hardly noticed",
}


def risk_tier(answers: Answers) -> Tier:
    """The tier that the answer to `EFFECT` sets; *high* as long as nobody has said otherwise."""
    return _TIERS.get(str(answers.value(EFFECT)), "high")


def tier_reason(answers: Answers) -> str:
    """Why the tier is what it is, as a clause."""
    if answers.value(EFFECT) is None:
        return "nobody has said yet what effect a decision has, so the strictest bars apply"
    return _REASONS[risk_tier(answers)]
