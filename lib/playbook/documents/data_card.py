"""The data card: what a table holds, where it comes from, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from playbook.checks.assess import Assessment
from playbook.checks.case import Case
from playbook.documents.croissant import croissant
from playbook.documents.document import Document
from playbook.documents.parts import Block, Fact, Gap, Line, Mark, Part, Rows, clipped
from playbook.documents.said import Said, about, beyond, gravest, origin
from playbook.evidence import words
from playbook.evidence.qualitywords import remarks
from playbook.questions import QuestionSet
from playbook.views.findings import MARKS

PLAYBOOK = "data_strategy"
TITLE = "Data card"
FEEDBACK = "Where feedback comes from"
COLUMNS = 60
FINDINGS = 12
SOURCES = 20


def build(case: Case, questions: QuestionSet, assessment: Assessment) -> Document:
    """The card of the table that a product decides by, with its description for machines."""
    said = Said(case, questions)
    label = _facts(said, Meaning="claims_label_meaning", Recorded="label_process",
                   Agreement="label_agreement")  # fmt: skip
    governance = _facts(
        said, Owner="data_owner", Access="access_control", Kept="retention_months",
        Deletion="deletion", Incident="incident", Lineage="lineage",
    )  # fmt: skip
    parts = [
        Part("The table", _table(said)),
        Part("May it be used?", [
            *_facts(said, **{"Lawful use": "lawful_use", "Personal data": "personal_data"}),
            Fact("Found in text", said.summary("personal")),
            Fact("Who could be recognised", said.summary("anonymity")),
        ]),
        Part("Where the data come from", _sources(said), wide=True),
        Part("Columns", _columns(said), wide=True),
        Part("What the label means", [*label, Fact("Measured", said.summary("agreement")),
                                      Fact("Contradicted", said.summary("label_noise", 2))]),
        Part("Who is in it", [*_facts(said, Claimed="representative",
                                      Outcomes_never_learnt="unlabelled"),
                              Fact("Measured", said.summary("representation"))]),
        Part("Gaps and traps", [
            *_facts(said, Missing="claims_complete", Known_in_time="known_at_decision",
                    Filled_in_late="late_fields"),
            Fact("Measured", said.summary("quality")),
            Fact("Suspects", said.summary("leakage", 2)),
        ]),
        Part("Who looks after it", governance),
        Part("What comes next", _next(said)),
        *([Part(FEEDBACK, said.table("feedback_sources", FEEDBACK), wide=True)]
          if said.asked("feedback_sources") else []),
        Part("Findings that are open", _findings(assessment), wide=True),
    ]  # fmt: skip
    attachments = {}
    if (decisions := said.evidence("decisions")) is not None:
        text = croissant(decisions, said.evidence("quality"), _for_machines(said))
        attachments["data_card.croissant.json"] = text
    return Document(
        name="data_card",
        kind=TITLE,
        title=clipped(case.product.name, 120),
        about=about(case),
        parts=parts,
        source=origin(case, questions.title),
        attachments=attachments,
    )


def _facts(said: Said, **ids: str) -> list[Fact]:
    return [f for label, id in ids.items() for f in said.fact(label.replace("_", " "), id)]


def _table(said: Said) -> list[Block]:
    product, decisions = said.case.product, said.evidence("decisions")
    if decisions is None:
        return [Line(said.summary("decisions")[0])]
    facts = [Fact("One row", [f"One {product.words.case}"])]
    labelled = f", {words.count(decisions.unlabelled)} without an outcome"
    facts.append(Fact("Rows", [words.count(decisions.n) + labelled * bool(decisions.unlabelled)]))
    facts.append(Fact("Time", [span] if (span := _span(said)) else [Gap("No time is recorded")]))
    kind = "A table in a database or a store"
    if decisions.source.files:
        kind = ", ".join(clipped(path.name, 60) for path in decisions.source.files[:3])
    facts.append(Fact("Stored as", [kind]))
    note = clipped(decisions.table.note, 400)
    return [*facts, *([Fact("Note", [note])] if note else [])]


def _span(said: Said) -> str:
    """``2013-01-01 to 2013-12-31``, where the table has a time."""
    quality = said.evidence("quality")
    times = [c for c in quality.columns if c.role == "time" and c.span] if quality else []
    return " to ".join(day[:10] for day in times[0].span) if times else ""


def _sources(said: Said) -> list[Block]:
    question, rows = said.question("sources"), said.rows("sources")
    if question is None or not rows:
        return [Fact("Sources", [said.text("sources")])]
    first, *others = question.columns
    told: list[Block] = []
    for row in rows[:SOURCES]:
        cells = [f"{c.label}: {said.cell(row, c.id, 120)}" for c in others]
        told.append(Fact(said.cell(row, first.id, 80), [" · ".join(cells)]))
    return told + ([Line(more)] if (more := beyond(rows, SOURCES)) else [])


def _columns(said: Said) -> list[Block]:
    quality = said.evidence("quality")
    if quality is None:
        return [Line(said.summary("quality")[0])]
    body = [
        [clipped(c.name, 60), c.role or "none", c.kind, words.percent(c.missing.value),
         clipped("; ".join(remarks(c)), 160)]
        for c in quality.columns[:COLUMNS]
    ]  # fmt: skip
    header = ["Column", "Role", "Type", "Missing", "Remark"]
    if not any(row[-1] for row in body):
        header, body = header[:-1], [row[:-1] for row in body]
    rows = Rows("Columns", header, body, numeric=(3,))
    return [rows, *([Line(more)] if (more := beyond(quality.columns, COLUMNS)) else [])]


def _next(said: Said) -> list[Block]:
    facts: list[Block] = list(said.fact("New cases and outcomes", "collection_plan"))
    facts += said.fact("Budget for labels", "labelling_budget")
    facts += said.fact("Labels needed by", "label_deadline")
    return facts


def _findings(assessment: Assessment) -> Sequence[Block]:
    verdict = assessment.verdict
    marks = gravest(assessment, FINDINGS)
    open_ones = [f for f in assessment.findings if f.severity != "pass"]
    more = [Line(text)] if (text := beyond(open_ones, FINDINGS)) else []
    return [Mark(MARKS[verdict.word], verdict.title, clipped(verdict.because, 300)), *marks, *more]


def _for_machines(said: Said) -> dict[str, str | list[str]]:
    """What answers and evidence say, by the properties of the vocabulary; only what is known."""
    product, as_of = said.case.product, said.case.answers.as_of
    decisions = said.evidence("decisions")

    def known(*texts: str) -> list[str]:
        return [text for text in texts if text and not isinstance(text, Gap)]

    def answers(*ids: str) -> list[str]:
        """With the question, without which "Yes, every column" says nothing."""
        asked = [(said.question(id), said.text(id)) for id in ids]
        return [f"{q.text} {text}" for q, text in asked if q and known(text)]

    sources = said.rows("sources")
    licences = [f"{r.get('source', '')}: {r['licence']}" for r in sources if r.get("licence")]
    found: dict[str, str | list[str]] = {
        "name": f"{product.name}: {decisions.table.name or 'decisions'}",
        "description": " ".join(known(product.description, decisions.table.note))
        or f"The table of decisions of {product.name}.",
        "creator": product.owner,
        "license": licences or ["Unknown: the team has not stated a licence."],
        "datePublished": as_of.date().isoformat() if as_of else "",
        "rai:dataCollection": _joined(
            [*(str(r.get("source", "")) for r in sources), *answers("collection_plan")]
        ),
        "rai:dataCollectionTimeFrame": _span(said).split(" to ") if _span(said) else [],
        "rai:dataCollectionMissingData": _joined(known(*said.summary("quality", 2))),
        "rai:dataAnnotationProtocol": answers("claims_label_meaning", "label_process"),
        "rai:dataAnnotationAnalysis": [
            *answers("label_agreement"), *known(*said.summary("agreement")),
        ],
        "rai:dataBiases": [*answers("representative"), *known(*said.summary("representation"))],
        "rai:dataLimitations": [
            *answers("unlabelled", "known_at_decision", "late_fields"),
            *known(*said.summary("leakage", 2)),
        ],
        "rai:dataUseCases": known(product.description, *answers("lawful_use")),
        "rai:personalSensitiveInformation": [
            *answers("personal_data"),
            *known(*said.summary("personal"), *said.summary("anonymity")),
        ],
        "rai:dataReleaseMaintenancePlan": _joined(
            [*answers("deletion", "incident"), *_kept(said)]
        ),
    }  # fmt: skip
    return found


def _kept(said: Said) -> list[str]:
    months = said.value("retention_months")
    return [f"Kept for {words.number(months)} months."] if months is not None else []


def _joined(texts: Iterable[Any]) -> str:
    return " ".join(f"{text.strip().rstrip('.')}." for text in texts if text.strip())
