"""Error rates by group in a table, and how far groups are apart in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from playbook.evidence import words
from playbook.evidence.display import Html, stack, table
from playbook.evidence.groupwords import brief, label

if TYPE_CHECKING:
    from playbook.evidence.grouprows import GroupRow
    from playbook.evidence.groups import GroupAudit

_ERRORS = {
    "true_positive_rate": "True positives",
    "false_positive_rate": "False positives",
    "precision": "Positives right",
    "negative_predictive_value": "Negatives right",
    "accuracy": "Accuracy",
}
_APART = {"demographic_parity": "Selection rates", "equalized_odds": "Error rates"}


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
        f"Positive means {w.positive}. True positives: of those {w.who} should be {w.positive}, "
        f"the share {w.who} are; the rest are false negatives. False positives: of those {w.who} "
        f"should be {w.negative}, the share {w.positive}. Positives right (precision): of those "
        f"{w.positive}, rightly so. Negatives right: of those {w.negative}, rightly so. Accuracy: "
        "decided as they should be."
    )
    rates_shown = table("Error rates", header, lines, numeric=range(1, 7), note=note)
    apart = _apart(audit, rows)
    return stack(rates_shown, apart) if apart else rates_shown


def _apart(audit: GroupAudit, rows: Sequence[GroupRow]) -> Html | None:
    """How far the groups of the same columns are apart at most; None where nothing compares."""
    shown = list(dict.fromkeys(tuple(row.group) for row in rows))
    body = []
    for columns in shown:
        here = {e.measure: e for e in audit.parity if e.group and tuple(e.group) == columns}
        if not here:
            continue
        name = " × ".join(column.replace("_", " ") for column in columns).capitalize()
        told = [
            words.brief(here[measure]).lstrip("+") if measure in here else "–"
            for kind in _APART
            for measure in (f"{kind}_difference", f"{kind}_ratio")
        ]
        body.append([name, *told])
    if not body:
        return None
    header = ["Groups by", *(f"{name}, {how}" for name in _APART.values()
                             for how in ("points apart", "ratio"))]  # fmt: skip
    note = (
        "The two groups furthest apart. Selection rates: demographic parity, 0 points and a ratio "
        "of 1 where all are selected alike. Error rates: equalized odds, the greater of the gaps "
        "in true and in false positives; its ratio takes the favourable outcome as positive."
    )
    return table("How far groups are apart", header, body, numeric=range(1, 5), note=note)
