"""From findings alone to a verdict. No score, no average: nothing buys off a blocker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from playbook.checks.finding import Finding

Word = Literal["go", "go_with_conditions", "not_enough_evidence", "no_go"]
WORST_FIRST: tuple[Word, ...] = ("no_go", "not_enough_evidence", "go_with_conditions", "go")
WORDS: dict[Word, str] = {
    "go": "Go",
    "go_with_conditions": "Go with conditions",
    "not_enough_evidence": "Not enough evidence",
    "no_go": "No-go",
}


class Flip(BaseModel):
    """The smallest set of findings that must change for a better verdict, and what it becomes."""

    model_config = ConfigDict(frozen=True)
    to: Word
    findings: list[str] = Field(min_length=1)
    steps: list[str]


class Verdict(BaseModel):
    """The decision, why in one sentence, and what would flip it."""

    model_config = ConfigDict(frozen=True)
    word: Word
    because: str
    flips: list[Flip] = Field(default_factory=list)

    @property
    def title(self) -> str:
        """The verdict as people say it."""
        return WORDS[self.word]


def decide(findings: Iterable[Finding]) -> Word:
    """The rule: any blocker → no-go; else a blocker left open → not enough evidence; else any
    condition → go with conditions; else go."""
    found = list(findings)
    if any(f.severity == "blocker" for f in found):
        return "no_go"
    if any(f.outcome == "inconclusive" and f.at_stake == "blocker" for f in found):
        return "not_enough_evidence"
    if any(f.severity == "condition" for f in found):
        return "go_with_conditions"
    return "go"


def conclude(findings: Sequence[Finding]) -> Verdict:
    """Decide, give the reason, and find what would flip it by deciding again without findings."""
    word = decide(findings)
    return Verdict(word=word, because=_because(word, findings), flips=_flips(word, findings))


def overall(words: Iterable[Word], playbooks: int = 0) -> Word:
    """The verdict of a product: the worst of its playbooks'.

    Of so many `playbooks`, one that was not run is evidence not seen.
    """
    found = list(words)
    if len(found) < playbooks:
        found.append("not_enough_evidence")
    return next((word for word in WORST_FIRST if word in found), "not_enough_evidence")


def deciding(word: Word, findings: Sequence[Finding]) -> list[Finding]:
    """The findings that make the verdict what it is: all of them must change to better it."""
    if word == "no_go":
        return [f for f in findings if f.severity == "blocker"]
    if word == "not_enough_evidence":
        return [f for f in findings if f.outcome == "inconclusive" and f.at_stake == "blocker"]
    return [f for f in findings if f.severity == "condition"] if word != "go" else []


def _because(word: Word, findings: Sequence[Finding]) -> str:
    deciders = deciding(word, findings)
    if not deciders:
        return "Every check meets the policy."
    rest = len(deciders) - 1
    noun = {
        "no_go": "blocker",
        "not_enough_evidence": "open question",
        "go_with_conditions": "condition",
    }
    more = f" And {rest} more {noun[word]}{'s' if rest != 1 else ''}." if rest else ""
    return deciders[0].statement + more


def _step(finding: Finding) -> str:
    remedy = finding.remedy or finding.statement
    return f"{finding.topic}: {remedy[0].lower()}{remedy[1:]}" if finding.topic else remedy


def _flips(word: Word, findings: Sequence[Finding]) -> list[Flip]:
    """Step by step up: settle the deciders, decide again, until nothing is left to settle."""
    flips: list[Flip] = []
    left = list(findings)
    while deciders := deciding(decide(left), left):
        left = [f for f in left if f not in deciders]
        flips.append(
            Flip(
                to=decide(left),
                findings=[f.id for f in deciders],
                steps=[_step(f) for f in deciders],
            )
        )
    return flips
