"""What is wrong with a model or open about it, and what would put it right, for its card."""

from __future__ import annotations

from playbook.checks.assess import Assessment
from playbook.documents.everything import Everything
from playbook.documents.modelresults import tells_money
from playbook.documents.parts import Block, Fact, Heading, Line, Mark, clipped
from playbook.documents.said import beyond
from playbook.views.findings import MARKS, mark_and_label

FINDINGS = 12
STEPS = 6
_IN_THE_REPORT = "What decides is an amount of money, which stands in the report."


def bias_and_limits(team: Everything, assessment: Assessment) -> list[Block]:
    """Who may come to harm, what misses its mark or is open, and what should be done."""
    return [
        *team.facts(Harm_when_it_is_wrong="problem_definition.who_bears_errors",
                    Effect_on_people="problem_definition.effect_on_people",
                    Putting_a_wrong_decision_right="problem_definition.reversible",
                    Vulnerable_people="problem_definition.vulnerable_people",
                    What_fairness_means_here="ethics_review.fairness_goal",
                    Groups_that_must_not_come_off_worse="ethics_review.groups_reason",
                    Protected_traits_as_inputs="ethics_review.sensitive_features",
                    Who_the_data_resemble="data_strategy.representative"),
        Heading("What misses its mark or is open"),
        *_open(assessment),
        Heading("Recommendations"),
        *_steps(assessment),
        *team.facts(People_overrule_it="ethics_review.human_override"),
    ]  # fmt: skip


def verdict(assessment: Assessment) -> Mark:
    """The verdict and why; not where the reason is an amount of money."""
    said = assessment.verdict
    told = {f.statement for f in assessment.findings if tells_money(f)}
    by_money = any(said.because.startswith(statement) for statement in told)
    because = _IN_THE_REPORT if by_money else clipped(said.because, 400)
    return Mark(MARKS[said.word], said.title, because)


def _open(assessment: Assessment) -> list[Block]:
    """The gravest findings first, in the order of the report."""
    found = [f for f in assessment.findings if f.severity != "pass" and not tells_money(f)]
    if not found:
        return [Line("Nothing: every check but those of money meets the policy.")]
    marks = [Mark(*mark_and_label(f), clipped(f.statement, 400)) for f in found[:FINDINGS]]
    return [*marks, *([Line(more)] if (more := beyond(found, FINDINGS)) else [])]


def _steps(assessment: Assessment) -> list[Block]:
    """What the first step to a better verdict asks for."""
    flips = assessment.verdict.flips
    if not flips:
        return [Line("Nothing stands against its use as described above.")]
    told = {f.id for f in assessment.findings if tells_money(f)}
    pairs = zip(flips[0].findings, flips[0].steps, strict=True)
    steps = [clipped(step, 300) for id, step in pairs if id not in told]
    if not steps:
        return [Line(_IN_THE_REPORT)]
    more = [text] if (text := beyond(steps, STEPS)) else []
    return [Fact("Before it is used further", [*steps[:STEPS], *more])]
