"""How far a product's team has come, and the verdicts that its answers and data lead to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from playbook.answers import Answers, counted
from playbook.catalog import PlaybookFile
from playbook.checks.assess import assess
from playbook.checks.case import Case
from playbook.checks.verdict import deciding
from playbook.documents import TITLES
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence import words
from playbook.evidence.bundle import Evidence
from playbook.product import Product
from playbook.questions import QuestionSet
from playbook.session.opening import PRODUCT_VARIABLE
from playbook.session.shelf import Shelf
from playbook.tier import risk_tier
from playbook.views.home import Judged, Report, Standing, Step
from playbook.workspace import Workspace

EMPTY = "There is no product yet. Make one with the form below: from an example, or from a table."
Sets = Mapping[PlaybookFile, QuestionSet | PlaybookError]
"""The questions of each playbook; in place of a damaged set, what is wrong with it."""


@dataclass(frozen=True)
class Verdicts:
    """What has been computed so far: verdicts by playbook, the number of cases, or what is wrong.

    `faults` are sentences by playbook, `fault` one that concerns them all.
    """

    judged: Mapping[str, Judged] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    cases: int | None = None
    fault: str = ""


def question_sets(workspace: Workspace) -> Sets:
    """The questions of every playbook, in the order a team walks them."""
    return workspace.question_sets()


def verdicts(workspace: Workspace, sets: Sets, evidence: Evidence) -> Iterator[Verdicts]:
    """The verdicts of all playbooks under the answers of `evidence`, one more at each step."""
    so_far = Verdicts()
    try:
        decisions = evidence.get("decisions")
    except PlaybookError as error:
        yield replace(so_far, fault=str(error))
        return
    if not isinstance(decisions, NoEvidence):
        so_far = replace(so_far, cases=decisions.n)
        yield so_far
    tier = risk_tier(evidence.answers)
    case = Case(evidence.product, evidence.answers, evidence, workspace.policy, tier)
    for playbook, questions in sets.items():
        try:
            if isinstance(questions, PlaybookError):
                raise questions
            judged = _judged(case, questions.for_kind(case.product.kind))
        except PlaybookError as error:
            so_far = replace(so_far, faults={**so_far.faults, playbook.name: str(error)})
        else:
            so_far = replace(so_far, judged={**so_far.judged, playbook.name: judged})
        yield so_far


def evidence_of(
    workspace: Workspace, product: Product, answers: Answers, earlier: Evidence | None = None
) -> Evidence:
    """The evidence under `answers`; of an `earlier` one it keeps what no changed answer touches."""
    tier = risk_tier(answers)
    if earlier is not None and earlier.product == product:
        return earlier.with_answers(answers, tier)
    return Evidence(product, answers, workspace.policy, tier)


def standing(
    workspace: Workspace,
    sets: Sets,
    slug: str,
    found: Verdicts | None = None,
    shelf: Shelf | None = None,
) -> Standing:
    """How the product stands, from its answers alone and from what has been `found` so far, with
    the reports on its `shelf`."""
    found, shelf = found or Verdicts(), shelf or Shelf()
    try:
        product, answers = workspace.product(slug), workspace.answers(slug)
    except PlaybookError as error:
        return Standing(slug, slug, fault=str(error))
    steps = [
        _step(slug, product, playbook, questions, answers, found)
        for playbook, questions in sets.items()
    ]
    about = about_product(product)
    if found.cases is not None:
        noun = product.words.case if found.cases == 1 else product.counted
        about += f" · {words.count(found.cases)} {noun}"
    reports = [
        Report(p.name, p.title, _way_to(workspace, f"{slug}/{p.name}.html"))
        for p in sets
        if f"{p.name}.html" in shelf.times
    ]
    reports += [
        Report(name, title, _way_to(workspace, f"{slug}/{name}.html"))
        for name, title in TITLES.items()
        if f"{name}.html" in shelf.times
    ]
    return Standing(slug, product.name, about, steps, reports, found.fault, shelf.fault)


def _way_to(workspace: Workspace, name: str) -> str:
    """Where a page beside the products finds a report; empty where no browser can go."""
    place = workspace.reports_place
    if not place.is_local:
        return ""
    is_usual = place.path() == workspace.reports
    return f"../reports/{name}" if is_usual else place.path(name).as_uri()


def about_product(product: Product) -> str:
    """``Pilot · Head of lending``."""
    return f"{product.stage.capitalize()} · {product.owner}"


def first_choice(workspace: Workspace, product: str = "") -> str:
    """The product named, else that of ``PLAYBOOK_PRODUCT``, else the first; empty for none."""
    slugs = workspace.slugs()
    named = product or os.environ.get(PRODUCT_VARIABLE, "")
    if product and product not in slugs:
        workspace.product(product)  # says which ones there are
    return named if named in slugs else next(iter(slugs), "")


def _step(
    slug: str,
    product: Product,
    playbook: PlaybookFile,
    questions: QuestionSet | PlaybookError,
    answers: Answers,
    found: Verdicts,
) -> Step:
    page = f"{slug}/{playbook.page}"
    if isinstance(questions, PlaybookError):
        return Step(playbook.number, playbook.title, page, 0, 0, 0, fault=str(questions))
    asked, answered, untouched = counted(questions.for_kind(product.kind), answers)
    return Step(
        number=playbook.number,
        title=playbook.title,
        href=page,
        asked=asked,
        answered=answered,
        open=untouched,
        judged=found.judged.get(playbook.name),
        fault="The table cannot be read" if found.fault else found.faults.get(playbook.name, ""),
    )


def _judged(case: Case, questions: QuestionSet) -> Judged:
    assessment = assess(case, questions)
    severities = [finding.severity for finding in assessment.findings]
    return Judged(
        word=assessment.verdict.word,
        blockers=severities.count("blocker"),
        conditions=severities.count("condition"),
        undecided=len(deciding("not_enough_evidence", assessment.findings)),
    )
