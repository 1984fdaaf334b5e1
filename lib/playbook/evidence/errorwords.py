"""Error rates by group in a table, and how far groups are apart in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from playbook.evidence import words
from playbook.evidence.display import Html, table
from playbook.evidence.groupwords import brief, label

if TYPE_CHECKING:
    from playbook.evidence.grouprows import GroupRow
    from playbook.evidence.groups import GroupAudit

_ERRORS = {
    "true_positive_rate": "True positives",
    "false_positive_rate": "False positives",
    "false_negative_rate": "False negatives",
    "precision": "Precision",
    "negative_predictive_value": "Negative predictive value",
    "accuracy": "Accuracy",
}
_APART = {
    "demographic_parity_difference": "the highest and the lowest selection rate are",
    "equalized_odds_difference": "the most unlike error rates are",
}


def error_rates_table(audit: GroupAudit, rows: Sequence[GroupRow]) -> Html:
    """Every kind of error by group, small groups too."""
    w = audit.words
    header = ["Group", "n", *_ERRORS.values()]
    lines = []
    for row in rows:
        rates = row.error_rates
        told = [brief(rates.get(measure)) for measure in _ERRORS]
        lines.append([label(row.group), words.count(row.n), *told])
    note = (
        f"Positive means {w.positive}. True positives: of those who should be {w.positive}, the "
        f"share who are; false negatives: the rest. False positives: of those who should be "
        f"{w.negative}, the share {w.positive}. Precision: of those {w.positive}, rightly so; "
        f"negative predictive value: of those {w.negative}, rightly so. Accuracy: decided as they "
        f"should be.{''.join(_apart(audit, rows))}"
    )
    return table("Error rates", header, lines, numeric=range(1, 8), note=note)


def _apart(audit: GroupAudit, rows: Sequence[GroupRow]) -> list[str]:
    """How far the groups of the same columns are apart at most."""
    shown = list(dict.fromkeys(tuple(row.group) for row in rows))
    found = []
    for e in audit.parity:
        if e.group and tuple(e.group) in shown and e.unit == "difference":
            names = " × ".join(column.replace("_", " ") for column in e.group)
            what = e.measure.replace("_", " ")
            found.append(
                f" By {names}, {_APART[e.measure]} {words.brief(e).lstrip('+')} apart ({what})."
            )
    return found
