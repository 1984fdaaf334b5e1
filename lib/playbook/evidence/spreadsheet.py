"""A table as CSV that a spreadsheet opens without running anything found in the data."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_csv(frame: pd.DataFrame, notes: Sequence[str] = ()) -> str:
    """`frame` as CSV with `notes` below it, one a line.

    Text that begins like a formula is disarmed by an apostrophe (OWASP, CSV injection). Missing
    numbers and False are empty, True is ``yes``.

    >>> safe_csv(pd.DataFrame({"group": ["=1+1"], "n": [2]}))
    "group,n\\n'=1+1,2\\n"
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([disarmed(str(name)) for name in frame.columns])
    for row in zip(*(frame[name].tolist() for name in frame.columns), strict=True):
        writer.writerow([_cell(value) for value in row])
    for line in notes:
        writer.writerow([disarmed(line)])
    return out.getvalue()


def disarmed(text: str) -> str:
    """Text that stays text when a spreadsheet opens it."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, int | float):
        return f"{value:.10g}" if math.isfinite(value) else ""
    return disarmed(str(value))
