"""How a model was evaluated, for its card: on which cases, told apart how, and what came out."""

from __future__ import annotations

from playbook.checks.assess import Assessment
from playbook.checks.case import Case
from playbook.documents.everything import Everything, missing
from playbook.documents.modelfindings import verdict
from playbook.documents.modelresults import measured_names, results, table_of
from playbook.documents.parts import Block, Fact, Gap, Heading, Line, clipped
from playbook.errors import NoEvidence
from playbook.evidence import words

GROUPS = 12
CRITERIA = 20
EXCLUDED = 6


def evaluation(team: Everything, assessment: Assessment) -> list[Block]:
    """Test data, factors, measures, results, and what they come to."""
    return [
        Heading("Testing data"),
        *_testing(team.case),
        *team.facts(Kept_apart="evaluation.held_out",
                    How_the_questions_were_chosen="evaluation.answers_chosen",
                    Age_of_the_newest_cases_in_months="evaluation.test_age_months"),
        Heading("Factors"),
        _factors(team.case),
        *team.facts(Compared="evaluation.segments_checked"),
        Heading("Metrics"),
        *_criteria(team.case),
        *_metrics(team),
        Heading("Results"),
        *results(team.case),
        Heading("Summary"),
        verdict(assessment),
        *(block for name in measured_names(team.case.product)[:3]
          for block in team.measured(name, 2)),
    ]  # fmt: skip


def fingerprint(case: Case) -> str:
    """What tells this state of the evaluated data from another; empty without data."""
    found = case.evidence.get("decisions")
    if case.product.task == "generated_answers" or isinstance(found, NoEvidence):
        return ""
    return str(found.fingerprint).removeprefix("sha256:")[:12]


def _testing(case: Case) -> list[Block]:
    table = table_of(case.product)
    note = [Fact("Note", [clipped(table.note, 400)])] if table and table.note.strip() else []
    return [
        *(_outputs(case) if case.product.task == "generated_answers" else _decisions(case)),
        *note,
    ]


def _decisions(case: Case) -> list[Block]:
    found = case.evidence.get("decisions")
    if isinstance(found, NoEvidence):
        return [Line(missing(found))]
    facts: list[Block] = [Fact("One row", [f"One {clipped(case.product.words.case, 60)}"])]
    labelled = f", {words.count(found.unlabelled)} without an outcome" if found.unlabelled else ""
    facts.append(Fact("Rows", [f"{words.count(found.n)}{labelled}"]))
    return [*facts, *([Fact("State of the data", [mark])] if (mark := fingerprint(case)) else [])]


def _outputs(case: Case) -> list[Block]:
    found = case.evidence.get("outputs")
    if isinstance(found, NoEvidence):
        return [Line(missing(found))]
    frame = found.frame
    questions = words.plural(frame["prompt"].nunique(), "question", "questions")
    told: list[Block] = [
        Fact("Captured", [f"{words.plural(len(frame), 'answer', 'answers')} to {questions}"]),
        Fact("Systems", [clipped(", ".join(found.systems), 200)]),
    ]
    left_out = [clipped(excluded.sentence, 200) for excluded in found.excluded[:EXCLUDED]]
    return [*told, *([Fact("Left out", left_out)] if left_out else [])]


def _factors(case: Case) -> Fact:
    table = table_of(case.product)
    names = [clipped(name, 60) for name in table.columns.groups] if table else []
    none = Gap("product.yaml names no columns to tell cases apart by ('groups:').")
    return Fact("Told apart by", [", ".join(names[:GROUPS]) or none])


def _criteria(case: Case) -> list[Block]:
    table = table_of(case.product)
    if table is None or not table.criteria:
        return []
    return [Fact("Criteria", [clipped(name, 80) for name in list(table.criteria)[:CRITERIA]])]


def _metrics(team: Everything) -> list[Block]:
    """The measure that decides and its target, by whichever question asked for them."""
    asked = team.facts(
        Measure_that_decides="problem_definition.success_metric",
        Measure_of_errors_that_decides="problem_definition.success_metric_amount",
        Measure_of_answers_that_decides="problem_definition.success_metric_answers",
        Its_target="problem_definition.success_target",
        Its_target_in_units="problem_definition.success_target_amount",
        Target_for_answers="problem_definition.success_target_answers",
        Set_before_the_results="evaluation.target_before_results",
        Told_to_others="evaluation.claimed_quality",
    )
    return asked or [Line(Gap("No playbook asks this product for a measure that decides yet."))]
