"""How good a model is, for its card: every number with its interval and its n, none in money."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from playbook.checks.case import Case
from playbook.checks.evaluation import EVIDENCE
from playbook.checks.finding import Finding
from playbook.documents.everything import missing
from playbook.documents.parts import Block, Gap, Line, Rows, clipped
from playbook.documents.said import beyond
from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.product import Product, Table, Task

QUALITY: dict[Task, tuple[str, ...]] = {
    "two_outcomes": ("performance", "calibration", "segments"),
    "several_classes": ("multiclass", "segments"),
    "amounts": ("regression", "segments"),
    "ranked_lists": ("ranking",),
    "generated_answers": (
        "pass_rates", "steadiness", "preferences", "judge", "raters", "attacks", "running",
    ),
}  # fmt: skip
"""The evidence that says how good a model is, by what it does."""
ROWS = 30
_MONEY = re.compile(r"[A-Z]{3}( per .+)?")
_NAMES = {"auc": "AUC", "f1_score": "F1 score", "r_squared": "R²", "ndcg": "NDCG"}


def measured_names(product: Product) -> list[str]:
    """The evidence on quality that the playbook looks at for a product like this."""
    return [name for name in QUALITY[product.task] if name in EVIDENCE]


def estimates(case: Case) -> list[Estimate]:
    """What is known of the model's quality, without money: a card is handed to others."""
    found: list[Estimate] = []
    for estimate in case.evidence.estimates(tuple(measured_names(case.product))):
        if not in_money(estimate) and estimate not in found:
            found.append(estimate)
    return found


def in_money(estimate: Estimate) -> bool:
    """Whether it is an amount of money: ``USD per decision``."""
    return bool(_MONEY.fullmatch(estimate.unit))


def tells_money(finding: Finding) -> bool:
    """Whether it rests on an amount of money."""
    return any(map(in_money, finding.evidence))


def table_of(product: Product) -> Table | None:
    """The table that the model is evaluated on."""
    return product.tables.get("outputs" if product.task == "generated_answers" else "decisions")


def results(case: Case) -> list[Block]:
    """What was measured as tables, or what is missing."""
    found = estimates(case)
    return tables(found, table_of(case.product)) if found else [Line(nothing(case))]


def tables(found: Sequence[Estimate], of: Table | None) -> list[Block]:
    """Everyone together; then by group, by kind of case and by whatever else was told apart."""
    groups = set(of.columns.groups) if of else set()
    kinds = groups | (set(of.columns.features) if of else set())
    apart = [(e, set(e.group)) for e in found if e.group]
    return [
        *_rows("Everyone together", [e for e in found if not e.group]),
        *_rows("By group", [e for e, by in apart if by <= groups], "Group"),
        *_rows("By kind of case", [e for e, by in apart if by <= kinds and not by <= groups],
               "Kind of case"),
        *_rows("Told apart otherwise", [e for e, by in apart if not by <= kinds], "Of"),
    ]  # fmt: skip


def nothing(case: Case) -> Gap:
    """Why there is no result."""
    for name in measured_names(case.product):
        found = case.evidence.get(name)
        if isinstance(found, NoEvidence):
            return missing(found)
    return Gap("Not measured yet: playbook Evaluation has no measure for a product like this yet.")


def named(measure: str) -> str:
    """A measure as people write it.

    >>> named("false_positive_rate"), named("auc")
    ('False positive rate', 'AUC')
    """
    return _NAMES.get(measure, measure.replace("_", " ").capitalize())


def _rows(caption: str, found: list[Estimate], of: str = "") -> Iterable[Block]:
    if not found:
        return []
    body = [
        [
            named(e.measure),
            *([clipped(words.group(e.group), 80)] if of else []),
            words.brief(e) if e.low < e.high else f"{words.brief(e)}, no interval",
            words.count(e.n),
            clipped(e.method, 70),
        ]
        for e in found[:ROWS]
    ]
    header = ["Measure", *([of] if of else []), "Value (interval)", "n", "Method"]
    more = [Line(text)] if (text := beyond(found, ROWS)) else []
    return [Rows(caption, header, body, numeric=(2, 3) if of else (1, 2)), *more]
