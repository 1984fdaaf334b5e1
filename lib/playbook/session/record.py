"""The machine-readable result of one playbook run: what batch, portfolio and exports read."""

from __future__ import annotations

import platform
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from playbook.answers import counted
from playbook.checks.assess import Assessment
from playbook.checks.case import Case
from playbook.checks.finding import Finding
from playbook.checks.obligations import Obligation, obligations
from playbook.checks.verdict import Flip, Word
from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.policy import Tier
from playbook.questions import QuestionSet
from playbook.reads import Watcher

MIME = "application/vnd.playbook.record+json"
LAWS = "ethics_review"
"""The playbook whose record says what dated laws ask."""


class DataRecord(BaseModel):
    """Which table the evidence rests on, so that a result can be traced to its rows."""

    model_config = ConfigDict(extra="forbid")
    table: str
    rows: int = Field(ge=0)
    fingerprint: str


class Read(BaseModel):
    """What the result rests on: where none of it has changed, neither has the result."""

    model_config = ConfigDict(extra="forbid")
    answers: list[str] = Field(default=[], description="keys read; '*' means all")
    policy: list[str] = Field(default=[], description="entries of the policy read")


class DocumentRecord(BaseModel):
    """A document and its files, by their names beside the report; the first is its page."""

    model_config = ConfigDict(extra="forbid")
    name: str
    title: str
    files: list[str] = Field(min_length=1)


class Record(BaseModel):
    """One product in one playbook, as written beside its report."""

    model_config = ConfigDict(extra="forbid")
    schema_version: Literal[1] = 1
    product: str
    product_name: str
    playbook: str
    answers_revision: int = Field(ge=0)
    answers_as_of: datetime | None
    asked: int = Field(ge=0, description="questions shown")
    answered: int = Field(ge=0, description="of these, answered or declared not applicable")
    tier: Tier
    data: DataRecord | None
    verdict: Word
    because: str
    flips: list[Flip]
    findings: list[Finding]
    estimates: list[Estimate]
    obligations: list[Obligation] = Field(
        default=[], description="of the ethics review: what dated laws ask, as far as answers tell"
    )
    documents: list[DocumentRecord] = Field(
        default=[], description="written beside the report, such as a brief on one page"
    )
    read: Read = Read()
    versions: dict[str, str]


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    from importlib.metadata import version

    from playbook import __version__

    names = ("numpy", "pandas", "duckdb", "ibis-framework", "scikit-learn")
    return {
        "playbook": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def make_record(
    case: Case, questions: QuestionSet, assessment: Assessment, watcher: Watcher | None = None
) -> Record:
    """What one playbook found about one product, for machines.

    `watcher` has seen all that was read since the playbook was opened.
    """
    asked, answered, _ = counted(questions, case.answers)
    verdict = assessment.verdict
    return Record(
        product=case.product.slug,
        product_name=case.product.name,
        playbook=questions.playbook,
        answers_revision=case.answers.revision,
        answers_as_of=case.answers.as_of,
        asked=asked,
        answered=answered,
        tier=case.tier,
        data=_data(case),
        verdict=verdict.word,
        because=verdict.because,
        flips=verdict.flips,
        findings=assessment.findings,
        estimates=assessment.estimates,
        obligations=(obligations(case.answers, case.product) if questions.playbook == LAWS else []),
        read=Read(answers=watcher.answers(), policy=watcher.policy()) if watcher else Read(),
        versions=versions(),
    )


def _data(case: Case) -> DataRecord | None:
    decisions = case.evidence.get("decisions")
    if isinstance(decisions, NoEvidence):
        return None
    return DataRecord(table="decisions", rows=decisions.n, fingerprint=decisions.fingerprint)
