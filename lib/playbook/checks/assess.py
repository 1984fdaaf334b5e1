"""The one scoring path: form, report, portfolio and export all come through here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from playbook.checks.case import CONTRADICTED, Case
from playbook.checks.finding import Finding
from playbook.checks.rules import judge_answers
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

    The playbook's module in ``checks/`` has ``EVIDENCE``, the names of the evidence it rests on,
    and ``check(case)``, which holds that evidence and the claims about it against policy.
    """
    module = import_module(f"playbook.checks.{questions.playbook}")
    check: Callable[[Case], list[Finding]] = module.check
    measured = check(case)
    refuted = {f.id.removesuffix(CONTRADICTED) for f in measured if f.id.endswith(CONTRADICTED)}
    answered = judge_answers(questions, case.answers, case.policy, case.tier)
    # An answer that the data contradict does not count as met beside its own contradiction.
    stands = [f for f in answered if not (f.id in refuted and f.severity == "pass")]
    findings = sorted(measured + stands, key=gravest_first)
    return Assessment(findings, conclude(findings), case.evidence.estimates(module.EVIDENCE))


def gravest_first(finding: Finding) -> tuple[int, bool, bool]:
    """Sorts findings: by severity; what is open with a blocker at stake before what is not."""
    order = ["blocker", "condition", "note", "pass"]
    open_blocker = finding.outcome == "inconclusive" and finding.at_stake == "blocker"
    return order.index(finding.severity), not open_blocker, finding.basis == "answer"
