"""Which cells of a notebook concern a product: some only one that predicts amounts, some others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbook.product import Kind

AMOUNTS = "amounts"
"""Tags a cell that concerns only products that predict amounts."""
OUTCOMES = "outcomes"
"""Tags a cell that concerns every product but those."""


def concerns(cell: Mapping[str, Any], kind: Kind | None) -> bool:
    """Whether a product of this kind is shown the cell; all are, where no kind is known.

    >>> concerns({"metadata": {"tags": ["outcomes"]}}, "regression")
    False
    """
    if kind is None:
        return True
    other = OUTCOMES if kind == "regression" else AMOUNTS
    return other not in cell.get("metadata", {}).get("tags", [])
