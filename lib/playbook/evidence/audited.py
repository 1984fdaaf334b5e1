"""Captured outputs as a table to audit: what is missing, doubled or personal in them."""

from __future__ import annotations

from dataclasses import replace

from playbook.evidence.capturedlog import is_log, open_plain
from playbook.evidence.tables import Decisions, open_decisions
from playbook.product import Product, Table
from playbook.tableparts import Columns


def open_audited(product: Product) -> Decisions | None:
    """The table that is audited: of decisions, else the captured outputs; None without either.

    Of captured outputs, questions and answers are free text, to be looked through for personal
    data. Ratings, errors and kinds of failure are left out: they are empty by design, and the
    evaluation counts them.

    Raises
    ------
    PlaybookError
        As `open_decisions`.
    """
    captured = product.tables.get("outputs")
    if product.decisions is not None or product.kind != "generative":
        return open_decisions(product) if product.decisions is not None else None
    if captured is None:
        return None
    if is_log(captured.source):
        declared, source = open_plain(captured, product.folder)
        return open_decisions(_auditing(product, declared), source)
    opened = open_decisions(_auditing(product, captured))
    beside = {captured.columns.error, captured.columns.failure}
    beside |= {column for c in captured.criteria.values() for column in c.columns}
    kept = [name for name in opened.columns if name not in beside]
    return replace(opened, rows=opened.rows.select(*kept), columns=kept) if kept else opened


def _auditing(product: Product, captured: Table) -> Product:
    """The product with its outputs as a table of which nothing was decided."""
    roles = captured.columns
    texts = [column for column in (roles.input, roles.output) if column]
    columns = Columns(
        id=roles.id,
        time=roles.time,
        groups=roles.groups,
        text=list(dict.fromkeys([*texts, *roles.text])),
        quasi_identifiers=roles.quasi_identifiers,
    )
    plain = {"columns": columns, "criteria": {}, "current": None, "baseline_system": None}
    tables = {**product.tables, "decisions": captured.model_copy(update=plain)}
    return product.model_copy(update={"tables": tables})
