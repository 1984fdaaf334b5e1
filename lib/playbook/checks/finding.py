"""A finding: one sentence, how grave it is, the evidence behind it, the remedy and its owner."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field

from playbook.estimate import Estimate, Outcome
from playbook.policy import Severity


class Finding(BaseModel):
    """What one check found.

    Attributes
    ----------
    id
        ``playbook.check``, or ``playbook.question`` where an answer alone is judged.
    severity
        How grave it is as things stand: *pass* when met, `at_stake` when missed, at most
        *condition* when inconclusive.
    outcome
        *meets*, *misses* or *inconclusive*.
    at_stake
        The severity it has if it misses. Inconclusive with a blocker at stake means that there is
        not enough evidence to decide.
    statement, remedy, owner
        One sentence on what was found; what to do (for an inconclusive one: what would be
        enough); the role that should do it.
    topic
        What it is about, in a few words; empty where the remedy says so itself.
    basis
        ``answer``, ``evidence``, or ``contradiction`` where an answer does not fit the data.
    evidence
        The estimates it rests on.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    severity: Severity
    outcome: Outcome
    at_stake: Severity
    statement: str
    remedy: str = ""
    owner: str = ""
    topic: str = ""
    basis: str = "answer"
    evidence: list[Estimate] = Field(default_factory=list)


def judge(
    outcome: Outcome,
    at_stake: Severity,
    *,
    id: str,
    statement: str,
    remedy: str = "",
    owner: str = "",
    topic: str = "",
    basis: str = "evidence",
    evidence: list[Estimate] | None = None,
) -> Finding:
    """Build a finding whose severity follows from `outcome` and `at_stake`.

    An inconclusive check is never a pass: it is a condition where a blocker or a condition is at
    stake, else a note.
    """
    severity: Severity = "pass"
    if outcome == "misses":
        severity = at_stake
    elif outcome == "inconclusive" and at_stake != "pass":
        severity = "condition" if at_stake in {"blocker", "condition"} else "note"
    return Finding(
        id=id,
        severity=severity,
        outcome=outcome,
        at_stake=at_stake,
        statement=statement,
        remedy="" if outcome == "meets" else remedy,
        owner=owner,
        topic=topic,
        basis=basis,
        evidence=evidence or [],
    )


def identifier(*parts: str) -> str:
    """A finding's id from names found in data: lower-case letters, digits and underscores."""
    return "_".join(re.sub(r"[^a-z0-9.]+", "_", part.lower()).strip("_") or "x" for part in parts)
