"""Findings, gravest first, and the verdict with what would flip it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from playbook.checks.assess import Assessment
from playbook.checks.finding import Finding
from playbook.checks.verdict import WORDS, Verdict, Word
from playbook.evidence.display import Html
from playbook.questions import ROLE_NAMES
from playbook.views.templates import render

MARKS: dict[Word, str] = {
    "no_go": "blocker",
    "not_enough_evidence": "thin",
    "go_with_conditions": "condition",
    "go": "pass",
}
"""The shape and colour of each verdict: square, ring, diamond, disc (see ``style.css``)."""
_MOST_STEPS = 5


@dataclass(frozen=True)
class _Shown:
    """One finding as a reader sees it: `mark` is its shape, `label` its word."""

    mark: str
    label: str
    rank: int
    statement: str
    remedy: str
    owner: str
    stake: str


def findings_view(findings: Sequence[Finding]) -> Html:
    """All findings, gravest first, with remedy and owner; those that meet as a short list."""
    ordered = sorted((_shown(f) for f in findings), key=lambda shown: shown.rank)
    open_ = [f for f in ordered if f.mark != "pass"]
    met = [f for f in ordered if f.mark == "pass"]
    html = render("findings.html.j2", open=open_, met=met)
    lines = [f"{f.label}: {f.statement} {_then(f)}".strip() for f in [*open_, *met]]
    return Html(html, "\n".join(lines) or "No finding.")


def verdict_view(verdict: Verdict, findings: Sequence[Finding] = ()) -> Html:
    """The word, why, and step by step what would flip it to which better verdict.

    With `findings` each step names its owner.
    """
    owners = {f.id: ROLE_NAMES.get(f.owner, f.owner) for f in findings}
    flips = [
        {
            "to": WORDS[flip.to],
            "mark": MARKS[flip.to],
            "steps": [
                {"text": step, "owner": owners.get(id, "")}
                for id, step in list(zip(flip.findings, flip.steps, strict=True))[:_MOST_STEPS]
            ],
            "more": max(0, len(flip.steps) - _MOST_STEPS),
        }
        for flip in verdict.flips
    ]
    html = render("verdict.html.j2", verdict=verdict, mark=MARKS[verdict.word], flips=flips)
    lines = [verdict.title, verdict.because]
    for flip in verdict.flips:
        lines += [f"To reach {WORDS[flip.to]}:", *(f"- {step}" for step in flip.steps)]
    return Html(html, "\n".join(lines))


def brief_verdict_view(verdict: Verdict) -> Html:
    """The word alone, with its shape."""
    mark = MARKS[verdict.word]
    html = Markup("<p class='word tag {}'>{}</p>").format(mark, verdict.title)
    return Html(html, verdict.title)


def conclusion_view(assessment: Assessment) -> Html:
    """The verdict, what would flip it, and all findings."""
    verdict = verdict_view(assessment.verdict, assessment.findings)
    findings = findings_view(assessment.findings)
    return Html(verdict.html + findings.html, f"{verdict.text}\n\n{findings.text}")


def mark_and_label(finding: Finding) -> tuple[str, str]:
    """The shape of a finding and its word: ``("blocker", "Blocker")``."""
    return _severity(finding)[:2]


def _shown(finding: Finding) -> _Shown:
    mark, label, rank = _severity(finding)
    stakes = finding.outcome == "inconclusive" and finding.at_stake == "blocker"
    return _Shown(
        mark=mark,
        label=label,
        rank=rank,
        statement=finding.statement,
        remedy=finding.remedy,
        owner=ROLE_NAMES.get(finding.owner, finding.owner),
        stake="A blocker is at stake." if stakes else "",
    )


def _severity(finding: Finding) -> tuple[str, str, int]:
    """Shape, word and place in the order. What is open with a blocker at stake comes second."""
    if finding.outcome == "inconclusive":
        word = "Too thin" if finding.basis == "evidence" else "Open"
        return "thin", word, 1 if finding.at_stake == "blocker" else 3
    return {
        "blocker": ("blocker", "Blocker", 0),
        "condition": ("condition", "Condition", 2),
        "note": ("note", "Note", 4),
        "pass": ("pass", "Meets", 5),
    }[finding.severity]


def _then(shown: _Shown) -> str:
    owner = f"Owner: {shown.owner}." if shown.owner else ""
    return " ".join(part for part in (shown.stake, shown.remedy, owner) if part)
