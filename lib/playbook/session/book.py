"""One playbook opened for one product: the object that the cells of a notebook talk to."""

from __future__ import annotations

import os
from typing import Any

from markupsafe import Markup

from playbook.answers import shown
from playbook.catalog import find_playbook
from playbook.checks.assess import Assessment, assess
from playbook.checks.case import Case
from playbook.checks.tier import risk_tier, tier_reason
from playbook.errors import PlaybookError
from playbook.evidence.bundle import Evidence, NoEvidence
from playbook.evidence.display import Html, sentences
from playbook.session.record import MIME, DataRecord, Record, versions
from playbook.views.answers import answers_view
from playbook.views.findings import findings_view, verdict_view
from playbook.views.style import style_html
from playbook.workspace import Workspace

PRODUCT_VARIABLE = "PLAYBOOK_PRODUCT"


class Absent:
    """Stands in for evidence that cannot be computed yet: its summary says what is missing."""

    def __init__(self, missing: NoEvidence) -> None:
        self.missing = missing

    def summary(self) -> Html:
        """What is missing, and what to do about it."""
        remedy = f" {self.missing.remedy}." if self.missing.remedy else ""
        return sentences([f"Not measured yet: {self.missing.what}.{remedy}"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: Html(Markup(""), "")


class Conclusion:
    """Verdict and findings to look at, with the record that batch writes beside the report."""

    def __init__(self, view: Html, record: Record) -> None:
        self.view, self.record = view, record

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        shown_here = self.view._repr_mimebundle_()
        return {**shown_here, MIME: self.record.model_dump(mode="json")}


class Book:
    """One playbook opened for one product.

    Attributes
    ----------
    name
        The playbook's name without its number.
    product, questions, answers
        As they stand in the workspace.
    case
        What the checks are given: product, answers, evidence, policy and risk tier.
    """

    def __init__(
        self, name: str, slug: str, workspace: Workspace, confidence: float = 0.95
    ) -> None:
        self.name = find_playbook(name).name
        self.product = workspace.product(slug)
        self.questions = workspace.questions(self.name)
        self.answers = workspace.answers(slug)
        tier = risk_tier(self.answers)
        evidence = Evidence(self.product, self.answers, workspace.policy, tier, confidence)
        self.case = Case(self.product, self.answers, evidence, workspace.policy, tier)

    def about(self) -> Html:
        """Which product this is, and how strict the policy is with it."""
        p, tier = self.product, self.case.tier
        line = f"{p.name}: {p.description}" if p.description else f"{p.name}."
        bars = f"Risk tier {tier}: {tier_reason(self.answers)}."
        html = Markup("{}<p>{}</p><p class='why'>{}</p>").format(style_html(), line, bars)
        return Html(html, f"{line}\n{bars}")

    def form(self) -> Html:
        """The playbook's questions with the answers that stand now."""
        return answers_view(self.questions, self.answers, currency=self.product.currency)

    def evidence(self, name: str) -> Any:
        """The evidence called `name` (``quality``, ``performance``, ``groups``, ``baseline``,
        ``money``, ``experiment``), or a stand-in that says what is missing."""
        found = self.case.evidence.get(name)
        return Absent(found) if isinstance(found, NoEvidence) else found

    def bar(self, name: str) -> float:
        """The policy's number for the threshold `name`, at this product's risk tier."""
        return self.case.bar(name).value

    def assess(self) -> Assessment:
        """Findings, verdict and estimates, by the same path as every report."""
        return assess(self.case, self.questions)

    def conclude(self) -> Conclusion:
        """Show verdict and findings, and record them for machines."""
        assessment = self.assess()
        verdict = verdict_view(assessment.verdict, assessment.findings)
        findings = findings_view(assessment.findings)
        view = Html(verdict.html + findings.html, f"{verdict.text}\n\n{findings.text}")
        return Conclusion(view, self._record(assessment))

    def _record(self, assessment: Assessment) -> Record:
        asked = shown(self.questions, self.answers)
        settled = [self.answers.get(f"{self.name}.{q.id}") for q in asked]
        here = [a for a in settled if a]
        verdict = assessment.verdict
        return Record(
            product=self.product.slug,
            product_name=self.product.name,
            playbook=self.name,
            answers_revision=self.answers.revision,
            answers_as_of=max((a.at for a in self.answers.values()), default=None),
            asked=len(asked),
            answered=sum(a.state != "unknown" for a in here),
            tier=self.case.tier,
            data=self._data(),
            verdict=verdict.word,
            because=verdict.because,
            flips=verdict.flips,
            findings=assessment.findings,
            estimates=assessment.estimates,
            versions=versions(),
        )

    def _data(self) -> DataRecord | None:
        decisions = self.case.evidence.get("decisions")
        if isinstance(decisions, NoEvidence):
            return None
        return DataRecord(table="decisions", rows=decisions.n, fingerprint=decisions.fingerprint)


def open_playbook(
    name: str, product: str = "", workspace: str = "", confidence: float = 0.95
) -> Book:
    """Open the playbook `name` for one product.

    Parameters
    ----------
    product
        The product's short name; empty for the one named by ``PLAYBOOK_PRODUCT``, or the only
        one there is.
    workspace
        The workspace's folder; empty for ``PLAYBOOK_WORKSPACE``, or ``./workspace``.
    confidence
        Of every interval, between 0.5 and 1.

    Raises
    ------
    PlaybookError
        The workspace, the product or one of its files is missing or wrong.
    """
    for given, what in ((product, "product"), (workspace, "workspace")):
        if not isinstance(given, str):
            raise PlaybookError(
                f"the parameter '{what}' is {given!r}, which is not text",
                remedy=f"Give it in quotes, or with papermill's '-r {what} {given}'",
            )
    if not isinstance(confidence, float) or not 0.5 <= confidence < 1:
        raise PlaybookError(
            f"the parameter 'confidence' is {confidence!r}", remedy="Give a number such as 0.95"
        )
    place = Workspace.open(workspace)
    return Book(name, product or _default_product(place), place, confidence)


def _default_product(workspace: Workspace) -> str:
    slugs = workspace.slugs()
    named = os.environ.get(PRODUCT_VARIABLE)
    if named or len(slugs) == 1:
        return named or slugs[0]
    raise PlaybookError(
        "no product is named",
        where=str(workspace.folder),
        remedy=f"Set the parameter 'product' to one of: {', '.join(slugs) or 'none yet'}",
    )
