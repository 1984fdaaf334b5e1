"""Which cells of a notebook concern a product: some only one that predicts amounts, and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from playbook.product import Task

TASKS: frozenset[Task] = frozenset(get_args(Task))
"""Tags of a cell that concerns only products with one of the tasks named; without any, all."""


def concerns(cell: Mapping[str, Any], task: Task | None) -> bool:
    """Whether a product with this task is shown the cell; all are, where no task is known.

    >>> concerns({"metadata": {"tags": ["two_outcomes", "several_classes"]}}, "amounts")
    False
    """
    meant = TASKS.intersection(cell.get("metadata", {}).get("tags", []))
    return task is None or not meant or task in meant
