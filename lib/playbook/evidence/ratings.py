"""What a stored rating says: the answer passes, fails, or nobody has rated it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from playbook.errors import PlaybookError
from playbook.evidence import labels
from playbook.tableparts import Criterion

PASSES = frozenset({"yes", "true", "1", "pass", "passed", "correct", "c", "good", "ok"})
FAILS = frozenset({"no", "false", "0", "fail", "failed", "incorrect", "i", "bad"})


def ratings(stored: pd.Series, criterion: Criterion, where: str, column: str) -> pd.Series:
    """1 passes, 0 fails, NaN where there is no rating.

    A negative number is no rating: tools write -1 where a score is missing.

    Raises
    ------
    PlaybookError
        A value is neither.
    """
    if criterion.at_least is not None:
        return _scaled(stored, criterion.at_least, where, column)
    passing = {labels.normal(value) for value in criterion.passing}
    told: dict[object, float] = {}
    for value in stored.dropna().unique():
        normal = labels.normal(value)
        if normal is None or normal.startswith("-"):
            told[value] = np.nan
        elif passing:
            told[value] = float(normal in passing)
        elif normal in PASSES or normal in FAILS:
            told[value] = float(normal in PASSES)
        else:
            raise PlaybookError(
                f"nobody can tell whether the rating '{value}' passes",
                where=f"{where}, column '{column}'",
                remedy="Say so under 'criteria:' in product.yaml: 'passing: [...]' with the values "
                "that pass, or 'at_least:' for numbers on a scale",
            )
    return stored.map(told).astype(float)


def _scaled(stored: pd.Series, least: float, where: str, column: str) -> pd.Series:
    numbers = pd.to_numeric(stored, errors="coerce").astype(float)
    odd = stored[numbers.isna() & stored.notna() & (stored.astype(str).str.strip() != "")]
    if len(odd):
        raise PlaybookError(
            f"the rating is text, not a number, in {len(odd):,} rows, such as '{odd.iloc[0]}'",
            where=f"{where}, column '{column}'",
            remedy="Store numbers, or say which values pass under 'passing:'",
        )
    numbers = numbers.where(numbers >= 0)
    return (numbers >= least).astype(float).where(numbers.notna())
