"""The one scoring path: form, report, portfolio and export all come through here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from playbook.catalog import playbooks
from playbook.checks.case import CONTRADICTED, Case
from playbook.checks.finding import Finding
from playbook.checks.housebars import house_bars
from playbook.checks.rules import judge_answers
from playbook.checks.scorefindings import score_findings
from playbook.checks.scores import score
from playbook.checks.verdict import Verdict, conclude
from playbook.estimate import Estimate
from playbook.questions import QuestionSet


@dataclass(frozen=True)
class Assessment:
    """All findings of one playbook, the verdict they lead to, and the estimates behind them."""

    findings: list[Finding]
    verdict: Verdict
    estimates: list[Estimate]


def assess(case: Case, questions: QuestionSet) -> Assessment:
    """Judge the answers, then the evidence, then decide.

    The module in ``checks/`` of a shipped playbook has ``EVIDENCE``, the names of the evidence it
    rests on, and ``check(case)``, which holds that evidence and the claims about it against policy.
    A question set of a workspace's own rests on answers alone. Bars that the organisation has put
    on a measure itself, and what the answers add up to, join in either case.
    """
    measured, estimates = _measured(case, questions.playbook)
    measured += house_bars(case, questions.playbook, estimates)
    total = score(questions, case.answers)
    measured += score_findings(questions, total, case.tier)
    estimates += [total.estimate()] if total else []
    refuted = {f.id.removesuffix(CONTRADICTED) for f in measured if f.id.endswith(CONTRADICTED)}
    answered = judge_answers(questions, case.answers, case.policy, case.tier)
    # An answer that the data contradict does not count as met beside its own contradiction.
    stands = [f for f in answered if not (f.id in refuted and f.severity == "pass")]
    findings = sorted(measured + stands, key=gravest_first)
    return Assessment(findings, conclude(findings), estimates)


def _measured(case: Case, playbook: str) -> tuple[list[Finding], list[Estimate]]:
    """What the playbook's own checks find, and the estimates of the evidence they rest on."""
    if all(shipped.name != playbook for shipped in playbooks()):
        return [], []
    module = import_module(f"playbook.checks.{playbook}")
    check: Callable[[Case], list[Finding]] = module.check
    told: dict[tuple[str, str], Estimate] = {}
    for estimate in case.evidence.estimates(module.EVIDENCE):
        # The same number can be part of several pieces of evidence.
        told.setdefault((estimate.measure, repr(estimate.group)), estimate)
    return check(case), list(told.values())


def gravest_first(finding: Finding) -> tuple[int, bool, bool]:
    """Sorts findings: by severity; what is open with a blocker at stake before what is not."""
    order = ["blocker", "condition", "note", "pass"]
    open_blocker = finding.outcome == "inconclusive" and finding.at_stake == "blocker"
    return order.index(finding.severity), not open_blocker, finding.basis == "answer"
