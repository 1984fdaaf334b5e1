"""Captured outputs that stand in a table: columns as stored become those with a role."""

from __future__ import annotations

import numpy as np
import pandas as pd

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence.columnchecks import check_columns, number
from playbook.evidence.csvfile import no_rows
from playbook.evidence.ratings import ratings
from playbook.evidence.roles import group_text
from playbook.evidence.sources import Source
from playbook.product import Table
from playbook.tableparts import Columns

SHOWN = 600
"""Characters of a text that are kept to be shown."""
TEXTS = ("input", "output")
_NUMBERS = ("latency", "cost")


def read_table(source: Source, table: Table) -> pd.DataFrame:
    """The rows of `source` as `playbook.evidence.outputs.Outputs.frame` describes them.

    Raises
    ------
    PlaybookError
        A column is missing, there are no rows, or a rating is no rating.
    """
    rows, roles = source.rows, table.columns
    check_columns(rows, table, source.where)
    rated = [column for c in table.criteria.values() for column in c.columns]
    for column in rated:
        if column not in rows.columns:
            raise PlaybookError(
                f"there is no column '{column}', which product.yaml names under 'criteria:'",
                where=source.where,
                remedy=did_you_mean(column, rows.columns),
            )
    wanted = {role: group_text(rows[c]) for role, c in _single(roles) if role not in TEXTS}
    wanted |= {role: number(rows[c]) for role, c in _single(roles) if role in _NUMBERS}
    wanted |= {
        role: rows[c].cast("string").substr(0, SHOWN) for role, c in _single(roles) if role in TEXTS
    }
    for role in ("error", "failure"):
        if column := getattr(roles, role):
            wanted[role] = rows[column].cast("string").fill_null("")
    wanted |= {f"group_{i}": group_text(rows[c]) for i, c in enumerate(roles.groups)}
    wanted |= {f"rating:{c}": rows[c] for c in rated}
    frame = rows.select(**wanted).execute()
    if frame.empty:
        raise no_rows(source.where)
    for criterion in table.criteria.values():
        for column in criterion.columns:
            stored = frame[f"rating:{column}"]
            frame[f"rating:{column}"] = ratings(stored, criterion, source.where, column)
    usual: dict[str, object] = {"system": "the product", "repeat": "1", "error": "", "failure": ""}
    usual |= {"id": [str(i + 1) for i in range(len(frame))], "latency": np.nan, "cost": np.nan}
    for role, value in usual.items():
        if role not in frame:
            frame[role] = value
    for role in TEXTS:
        frame[role] = frame[role].fillna("") if role in frame else ""
    return frame


def _single(roles: Columns) -> list[tuple[str, str]]:
    kept = ("id", "prompt", "system", "repeat", *TEXTS, *_NUMBERS)
    return [(role, column) for role in kept if (column := getattr(roles, role))]
