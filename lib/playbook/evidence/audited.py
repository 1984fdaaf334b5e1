"""Captured outputs as a table to audit: what is missing, doubled or personal in them."""

from __future__ import annotations

from playbook.product import Product
from playbook.tableparts import Columns


def audited(product: Product) -> Product:
    """The product with its captured outputs as its table, where it has no table of decisions.

    Questions and answers are free text, to be looked through for personal data; ratings are plain
    columns.
    """
    captured = product.tables.get("outputs")
    if product.decisions is not None or captured is None:
        return product
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
    table = captured.model_copy(update=plain)
    return product.model_copy(update={"tables": {**product.tables, "decisions": table}})
