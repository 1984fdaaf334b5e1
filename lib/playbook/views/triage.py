"""The risk tier with its reasons, and how deep it makes the playbooks go."""

from __future__ import annotations

from collections.abc import Sequence

from playbook.answers import Answers
from playbook.checks.rules import at_stake
from playbook.evidence import words
from playbook.evidence.display import Html, sentences, stack, table
from playbook.policy import TIERS, Policy, Tier
from playbook.questions import Question, QuestionSet
from playbook.tier import MEANING, Factor, risk_tier


def triage_view(answers: Answers, sets: Sequence[QuestionSet], policy: Policy) -> Html:
    """Which answers set the tier, and what each tier asks for in every playbook."""
    factors = answers.triage.factors(answers)
    tier = risk_tier(answers)
    return stack(
        sentences(_said(tier, factors)), _factors(factors, tier), _depth(sets, policy, tier)
    )


def _said(tier: Tier, factors: Sequence[Factor]) -> list[str]:
    decisive = [f for f in factors if f.tier == tier]
    settled = [f for f in decisive if f.answer is not None]
    open_ones = [f for f in factors if f.answer is None]
    lines = [f"Risk tier {tier}: {MEANING[tier]}."]
    if settled and tier != "minimal":
        because = " ".join(f"{f.question.text} {f.answer}." for f in settled)
        lines.append(f"Because of {'this answer' if len(settled) == 1 else 'these answers'}: "
                     f"{because}")  # fmt: skip
    if open_ones:
        n = words.plural(len(open_ones), "question is", "questions are")
        could = "it could be lower" if not settled and tier != "minimal" else "it can still change"
        lines.append(f"{n} still open and counted as the gravest answer would be; {could}.")
    return lines


def _factors(factors: Sequence[Factor], tier: Tier) -> Html:
    body = [
        [
            f.question.text,
            f.answer or "Not answered yet",
            f.tier.capitalize() + (", decides" if f.tier == tier and tier != "minimal" else ""),
        ]
        for f in factors
    ]
    note = (
        "The tier is the strictest that any answer calls for: no other answer makes up for it. A "
        "workspace can change which answer calls for which tier."
    )
    return table("What sets the tier", ["Question", "Answer", "Calls for"], body, note=note)


def _depth(sets: Sequence[QuestionSet], policy: Policy, here: Tier) -> Html:
    """Questions asked, and those that can stop a launch, in each tier."""
    order = TIERS[::-1]

    def cells(questions: Sequence[Question], playbook: str) -> list[str]:
        found = []
        for tier in order:
            asked = [q for q in questions if not q.tiers or tier in q.tiers]
            stakes = [at_stake(q, f"{playbook}.{q.id}", policy, tier) for q in asked if q.rule]
            found.append(f"{len(asked)} / {stakes.count('blocker')}")
        return found

    body = [[s.title, *cells(s.questions, s.playbook)] for s in sets]
    bars = [{policy.bar(name, tier).value for tier in TIERS} for name in policy.thresholds]
    apart = [values for values in bars if len(values) > 1]
    header = ["Playbook", *(t.capitalize() + (" (here)" if t == here else "") for t in order)]
    note = (
        "Questions that may be asked / those whose answer can stop a launch. Besides, "
        f"{len(apart)} of the policy's {len(bars)} bars are stricter the higher the "
        "tier."
    )
    return table("How deep the playbooks go", header, body, numeric=(1, 2, 3), note=note)
