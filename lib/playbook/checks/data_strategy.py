"""02: is the table as the team says it is, and good enough to learn from?"""

from __future__ import annotations

from playbook.checks.case import Case, hold, unmeasured, usual_severity
from playbook.checks.dataclaims import claims
from playbook.checks.datainventory import inventory
from playbook.checks.datalabels import labels
from playbook.checks.datapeople import people
from playbook.checks.finding import Finding, identifier, judge
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.evidence.quality import QualityAudit
from playbook.questions import ROLE_NAMES

EVIDENCE = (
    "quality",
    "leakage",
    "label_noise",
    "representation",
    "agreement",
    "raters",
    "label_plan",
    "personal",
    "anonymity",
)
OWNER = ROLE_NAMES["data_science"]
MOST_SUSPECTS = 8


def check(case: Case) -> list[Finding]:
    """The table itself, its labels, the people in it, the inventory, and the claims about them."""
    audit = case.evidence.get("quality")
    if isinstance(audit, NoEvidence):
        table = unmeasured(case, audit, "missing_rate", id="data_strategy.table", owner=OWNER)
        return [table, *inventory(case), *labels(case, None)]
    found = [*_table(case, audit), *labels(case, audit), *people(case)]
    # What the table contradicts needs no second contradiction by the inventory.
    refuted = claims(case, audit)
    known = {finding.id for finding in refuted}
    return [*found, *refuted, *(f for f in inventory(case) if f.id not in known)]


def _table(case: Case, audit: QualityAudit) -> list[Finding]:
    """Rows, missing values overall and by group, duplicates, outliers, constants, columns that may
    know the outcome."""
    return [
        _rows(case, audit),
        _missing(case, audit),
        *_by_group(case, audit),
        *_duplicates(case, audit),
        *_outliers(case, audit),
        *_constants(case, audit),
        *_leaks(case),
    ]


def _rows(case: Case, audit: QualityAudit) -> Finding:
    seen = Estimate(
        measure="rows",
        value=audit.n,
        low=audit.n,
        high=audit.n,
        n=audit.n,
        unit="count",
        method="exact count",
    )
    return hold(
        case,
        seen,
        "minimum_rows",
        id="data_strategy.minimum_rows",
        statement=f"The table has {words.plural(audit.n, 'row', 'rows')}",
        remedy="Collect more cases with a known outcome before drawing conclusions.",
        owner=OWNER,
    )


def _missing(case: Case, audit: QualityAudit) -> Finding:
    """The column in use that is missing most often."""
    used = [column for column in audit.columns if column.role not in {"", "label"}]
    worst = max(used or audit.columns, key=lambda column: column.missing.value)
    named = f"{worst.name} is missing in {words.natural(worst.missing)} rows"
    return hold(
        case,
        worst.missing,
        "missing_rate",
        id="data_strategy.missing_rate",
        statement=named if worst.missing.value else "No value that the product uses is missing",
        remedy=f"Find out why {worst.name} is missing and for whom, before filling any gap.",
        owner=OWNER,
    )


def _by_group(case: Case, audit: QualityAudit) -> list[Finding]:
    contrast = audit.gravest_contrast
    # Ratings of captured outputs are missing by intention: not every row needs each of them.
    rated = case.product.task == "generated_answers"
    if contrast is None or contrast.ratio is None or rated:
        return []
    return [
        hold(
            case,
            contrast.ratio,
            "missing_ratio_by_group",
            id="data_strategy.missing_ratio_by_group",
            statement=f"{contrast.column} is missing for {words.group(contrast.group)} in "
            f"{words.natural(contrast.rate)} rows, for all others in "
            f"{words.natural(contrast.others)}",
            remedy="Find out what keeps this group's values from being recorded; mend it there.",
            owner=OWNER,
            also=[contrast.rate, contrast.others],
        )
    ]


def _duplicates(case: Case, audit: QualityAudit) -> list[Finding]:
    found = []
    for estimate, name, what in (
        (audit.duplicates, "duplicate_rate", "repeat an earlier row in every column"),
        (audit.duplicate_ids, "duplicate_id_rate", "repeat the id of an earlier row"),
    ):
        if estimate is None:
            continue
        said = f"{words.natural(estimate)} rows {what}" if estimate.value else f"No rows {what}"
        found.append(
            hold(
                case,
                estimate,
                "duplicate_rate",
                id=f"data_strategy.{name}",
                statement=words.capital(said),
                remedy="Find the join or the export that doubles them; keep one row per case.",
                owner=ROLE_NAMES["engineering"],
            )
        )
    return found


def _outliers(case: Case, audit: QualityAudit) -> list[Finding]:
    far = [c for c in audit.columns if c.role and c.outliers]
    worst = max(far, key=lambda c: c.outliers.value if c.outliers else 0.0, default=None)
    if worst is None or worst.outliers is None:
        return []
    return [
        hold(
            case,
            worst.outliers,
            "outlier_rate",
            id="data_strategy.outlier_rate",
            statement=f"{worst.name} lies far outside its usual range in "
            f"{words.natural(worst.outliers)} rows",
            remedy="Look at ten such rows: are they rare cases, or typing errors?",
            owner=OWNER,
        )
    ]


def _constants(case: Case, audit: QualityAudit) -> list[Finding]:
    idle = [c.name for c in audit.columns if c.role == "feature" and c.constant]
    if not idle:
        return []
    return [
        judge(
            "misses",
            "note",
            id="data_strategy.constant_columns",
            statement=f"Nearly always the same value, so of no use to a model: {', '.join(idle)}.",
            remedy="Drop them, or find out why they never change.",
            owner=OWNER,
        )
    ]


def _leaks(case: Case) -> list[Finding]:
    """Columns that may know the outcome: the model's measured quality cannot be believed."""
    leakage = case.evidence.get("leakage")
    if isinstance(leakage, NoEvidence):
        return []
    grade = usual_severity(case)
    if not leakage.suspects:
        return [
            judge(
                "meets",
                grade,
                id="data_strategy.leakage",
                statement="No column tells the outcome so well that it must have known it.",
                owner=OWNER,
                topic="Known too early",
            )
        ]
    roles = case.product.decisions.columns if case.product.decisions else None
    inputs = set(roles.features if roles else ()) or {s.column for s in leakage.suspects}
    return [
        judge(
            "misses",
            grade if suspect.column in inputs else "note",
            id=identifier("data_strategy.leakage", suspect.column, suspect.kind),
            statement=suspect.reason
            if suspect.column in inputs
            else f"{suspect.reason} The model does not use it: keep it so.",
            remedy=suspect.ask,
            owner=OWNER,
            topic="Known too early",
            evidence=[suspect.estimate],
        )
        for suspect in leakage.suspects[:MOST_SUSPECTS]
    ]
