"""The problem brief: what a product is for, for whom and at what risk, on one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from playbook.checks.assess import Assessment
from playbook.checks.case import Case
from playbook.documents.document import Document
from playbook.documents.parts import Block, Fact, Gap, Line, Mark, Part, clipped, sentence, weight
from playbook.documents.said import OPEN, Said, about, beyond, gravest, origin
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.questions import QuestionSet
from playbook.tier import Factor, tier_reason
from playbook.views.findings import MARKS

PLAYBOOK = "problem_definition"
TITLE = "Problem brief"
FINDINGS = 3
ASSUMPTIONS = 3
_IN_UNITS = {"mean_absolute_error", "root_mean_squared_error"}
ROWS = 3
"""How many rows of an answer have room on one page."""
ROOMS = (2.0, 1.6, 1.3, 1.0)
"""How far limits are widened: as far as the page holds it all; at 1 it holds whatever comes."""
FULL = 4600
"""What one page holds surely, in small letters."""


def build(case: Case, questions: QuestionSet, assessment: Assessment) -> Document:
    """The brief of one product. Long answers are cut short, so that it stays one page."""
    for room in ROOMS:
        parts = _parts(Said(case, questions, most=130, room=room), assessment)
        if weight(parts) <= FULL:
            break
    return Document(
        name="problem_brief",
        kind=TITLE,
        title=clipped(case.product.name, 90),
        about=about(case),
        parts=parts,
        source=origin(case, questions.title),
    )


def _parts(said: Said, assessment: Assessment) -> list[Part]:
    return [
        Part("Verdict", _verdict(said, assessment), wide=True),
        Part("The problem", _problem(said)),
        Part("Who is affected", [Fact("", _affected(said))]),
        Part("Why not without AI", _alternatives(said)),
        Part("What the AI does, and how much is at risk", _risk(said)),
        Part("What right and wrong decisions are worth", list(_stakes(said))),
        Part("When it is a success, and when it stops", list(_bars(said, assessment))),
        Part("What it rests on: the dearest assumptions", _assumptions(said)),
    ]


def _verdict(said: Said, assessment: Assessment) -> list[Block]:
    verdict = assessment.verdict
    marks: list[Block] = [Mark(MARKS[verdict.word], verdict.title, said.clip(verdict.because, 200))]
    found = [
        m
        for m in gravest(assessment, FINDINGS + 1, round(150 * said.room))
        if m.text not in verdict.because
    ]
    return marks + list(found[:FINDINGS])


def _problem(said: Said) -> list[Block]:
    facts = said.fact("The job", "job", 190)
    facts += said.fact("How the need is known", "need_evidence", 90)
    facts += said.fact("Only AI can", "ai_unique_value", 140)
    return list(facts) or [Line(OPEN)]


def _affected(said: Said) -> Sequence[str]:
    rows = said.rows("affected_people")
    if not rows:
        return [said.text("affected_people", 260)]
    told = []
    for row in rows[:ROWS]:
        uses = str(row.get("uses_it", "")).lower()
        about = {"true": "", "yes": "", "no": " (not a user)", "false": " (not a user)"}
        who = f"{said.cell(row, 'who', 45)}{about.get(uses, ' (user or not: missing)')}"
        told.append(f"{who}: {said.cell(row, 'harm', 70)}")
    return told + ([Gap(more)] if (more := beyond(rows, ROWS)) else [])


def _risk(said: Said) -> list[Block]:
    case = said.case
    factors = case.answers.triage.factors(case.answers)
    calling = [f for f in factors if f.tier == case.tier]
    why = [_reason(said, f) for f in calling[:ROWS]]
    facts: list[Block] = list(said.fact("Autonomy", "autonomy", 110))
    facts.append(Fact("Risk tier", [f"{case.tier.capitalize()}: {tier_reason(case.answers)}."]))
    return [*facts, *([Fact("Because of", why)] if why else [])]


def _reason(said: Said, factor: Factor) -> str:
    """One of the answers that the tier follows from: ``Vulnerable people: some of them``."""
    subject = factor.question.id.replace("_", " ").capitalize()
    answer = said.clip(factor.answer, 90) if factor.answer else OPEN
    told = f"{subject}: {answer[0].lower()}{answer[1:]}"
    return told if factor.answer else Gap(told)


def _alternatives(said: Said) -> list[Block]:
    facts: list[Block] = list(said.fact("Simplest way today", "alternative_today", 140))
    weighed = [
        f"{said.cell(row, 'kind', 30)}: {said.cell(row, 'why_not', 60)}"
        for row in said.rows("alternatives")[:ROWS]
    ]
    if weighed:
        facts.append(Fact("Weighed, and not enough", weighed))
    else:
        facts += said.fact("Other ways weighed", "alternatives", 200)
    facts.append(Fact("Measured", said.summary("baseline", lines=1, most=190)))
    money = said.evidence("money")
    if money is not None:
        first, *_ = money.against_summary().text.split("\n")
        facts.append(Fact("In money", [said.clip(first, 190)]))
    return facts


def _stakes(said: Said) -> Iterator[Block]:
    w = said.case.product.words
    unit = w.unit.removesuffix("s") or "unit"
    kinds = {
        "gain_true_positive": f"Gain, {w.case} rightly {w.positive}",
        "gain_true_negative": f"Gain, {w.case} rightly {w.negative}",
        "cost_false_positive": f"Cost, {w.case} wrongly {w.positive}",
        "cost_false_negative": f"Cost, {w.case} wrongly {w.negative}",
        "cost_too_high": f"Cost, predicted too high, per {unit} and {w.case}",
        "cost_too_low": f"Cost, predicted too low, per {unit} and {w.case}",
    }
    for id, label in kinds.items():
        yield from said.fact(said.clip(label, 80), id, 90)
    yield from said.fact("Who bears the errors", "who_bears_errors", 160)


def _bars(said: Said, assessment: Assessment) -> Iterator[Block]:
    amount = "_amount" if said.asked("success_metric_amount") else ""
    if said.asked(f"success_metric{amount}"):
        yield Fact("What decides", [said.text(f"success_metric{amount}", 110)])
        target = said.text(f"success_target{amount}", 40)
        unit = said.case.product.words.unit
        if (
            unit
            and said.value(f"success_metric{amount}") in _IN_UNITS
            and not isinstance(target, Gap)
        ):
            target = f"{target} {unit}"
        yield Fact("Target", [target])
        if measured := _measured(said.value(f"success_metric{amount}"), assessment):
            yield Fact("Measured", [words.brief(measured)])
        yield from said.fact("To be reached by", "success_by", 40)
    stops = [_stop(said, row) for row in said.rows("stop_criteria")]
    if stops:
        more = beyond(stops, ROWS)
        yield Fact("Stop if", [*stops[:ROWS], *([Gap(more)] if more else [])])
    else:
        yield from said.fact("Stop if", "stop_criteria", 240)


def _measured(metric: object, assessment: Assessment) -> Estimate | None:
    """What the chosen measure is today, for everyone, where a check has looked at it."""
    found = [*assessment.estimates, *(e for f in assessment.findings for e in f.evidence)]
    return next((e for e in found if e.measure == metric and not e.group), None)


def _stop(said: Said, row: dict[str, object]) -> str:
    worse, who = said.cell(row, "worse_than", 20), said.cell(row, "who", 32)
    return f"{said.cell(row, 'measure', 65)}: {worse}, by {said.cell(row, 'by', 20)} ({who})"


def _assumptions(said: Said) -> list[Block]:
    found = said.evidence("assumptions")
    if found is None or not found.ranked:
        return list(said.fact("Assumptions", "assumptions", 240)) or [Line(OPEN)]
    told = []
    for row in found.ranked[:ASSUMPTIONS]:
        test = said.clip(row.test, 65) if row.test else "no test named"
        loss = words.brief(row.expected_loss)
        told.append(f"{sentence(said.clip(row.assumption, 80))} Expected loss {loss}; test: {test}")
    return [Fact("", told)]
