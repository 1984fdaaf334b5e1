"""The inventory of sources, held against policy and against the team's other answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbook.checks.case import Case, contradiction, usual_severity
from playbook.checks.finding import Finding, judge
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.questions import ROLE_NAMES

SOURCES = "data_strategy.sources"
PERSONAL = "data_strategy.personal_data"
RETENTION = "data_strategy.retention_months"
OWNER = ROLE_NAMES["legal"]
SPECIAL, ORDINARY = "Specially protected", "Personal"
Row = Mapping[str, Any]


def inventory(case: Case) -> list[Finding]:
    """How long sources are kept, consent that is on file, and what other answers say otherwise."""
    rows: list[Row] = case.answers.value(SOURCES) or []
    if not rows:
        return []  # an inventory that is missing is judged with the answers
    return [*_kept(case, rows), *_consent(case, rows), *_others(case, rows)]


def _kept(case: Case, rows: list[Row]) -> list[Finding]:
    """The source that is kept longest, against the policy."""
    bar = case.bar("retention_months")
    terms = [(float(row["keep_months"]), _name(row)) for row in rows if _has(row, "keep_months")]
    id, topic = "data_strategy.source_retention", "How long sources are kept"
    if len(terms) < len(rows):
        open_ones = ", ".join(_name(row) for row in rows if not _has(row, "keep_months"))
        return [
            judge(
                "inconclusive",
                bar.severity,
                id=id,
                statement=f"Nobody has said how long these sources are kept: {open_ones}.",
                remedy="Ask the owner of each, and write the months into the list of sources.",
                owner=OWNER,
                topic=topic,
            )
        ]
    longest, name = max(terms)
    kept = Estimate(
        measure="longest_retention",
        value=longest,
        low=longest,
        high=longest,
        n=len(rows),
        unit="months",
        method="longest term stated in the inventory",
    )
    outcome = kept.against(at_most=bar.at_most).outcome
    return [
        judge(
            outcome,
            bar.severity,
            id=id,
            statement=f"The source that is kept longest ({name}) is kept for "
            f"{words.plural(longest, 'month', 'months')}; policy allows at most "
            f"{words.count(bar.value)}.",
            remedy="Shorten the term with Legal, or have its reason written into the policy.",
            owner=OWNER,
            topic=topic,
            evidence=[kept],
        )
    ]


def _consent(case: Case, rows: list[Row]) -> list[Finding]:
    """A source used by consent needs to say which consent that is."""
    by_consent = [row for row in rows if row.get("lawful_basis") == "Consent"]
    if not by_consent:
        return []
    without = [_name(row) for row in by_consent if not _has(row, "licence")]
    at_stake = usual_severity(case)
    told = (
        f"Used by consent, but nobody has said which consent that is: {', '.join(without)}."
        if without
        else "For every source used by consent it is said which consent that is."
    )
    return [
        judge(
            "misses" if without else "meets",
            at_stake,
            id="data_strategy.consent_on_file",
            statement=told,
            remedy="Name the text that people agreed to, its version and where it is filed.",
            owner=OWNER,
            topic="Consent",
            basis="answer",
        )
    ]


def _others(case: Case, rows: list[Row]) -> list[Finding]:
    """Answers that the list of sources does not bear out."""
    found = []
    said = case.answers.value(PERSONAL)
    special = [_name(row) for row in rows if row.get("sensitivity") == SPECIAL]
    ordinary = [_name(row) for row in rows if row.get("sensitivity") == ORDINARY]
    if said == "none" and (special or ordinary):
        found.append(
            _contradicted(
                case,
                PERSONAL,
                "the data hold nothing about people who could be identified",
                f"{(special or ordinary)[0]} holds personal data",
            )
        )
    elif said == "ordinary" and special:
        found.append(
            _contradicted(
                case,
                PERSONAL,
                "the data hold ordinary personal data at most",
                f"{special[0]} is specially protected",
            )
        )
    kept = case.answers.value(RETENTION)
    longer = [row for row in rows if kept is not None and _has(row, "keep_months")
              and float(row["keep_months"]) > float(kept)]  # fmt: skip
    if longer:
        worst = max(longer, key=lambda row: float(row["keep_months"]))
        months = words.plural(float(worst["keep_months"]), "month", "months")
        found.append(
            _contradicted(
                case,
                RETENTION,
                f"raw data are kept for {words.plural(float(kept), 'month', 'months')}",
                f"{_name(worst)} is kept for {months}",
            )
        )
    return found


def _contradicted(case: Case, question: str, claim: str, shown: str) -> Finding:
    return contradiction(
        case,
        question,
        claim=claim,
        shown=shown,
        remedy="Correct one of the two answers.",
        evidence=[],
        by="the team's own list of sources says",
    )


def _has(row: Row, column: str) -> bool:
    return bool(str(row.get(column) if row.get(column) is not None else "").strip())


def _name(row: Row) -> str:
    return str(row.get("source") or "a source without a name")
