"""Which scores pass: what a tool stores is turned into criteria, or said to have no pass mark."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from playbook.evallogs.log import SCORE, finite
from playbook.tableparts import Criterion

_LETTER_VALUES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""Correct, partly correct, incorrect, no answer: as Inspect writes and counts them."""
_WORD_VALUES = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


def usable(value: object) -> object:
    """`value` as it is kept: true and false as 1 and 0; None where it is no score.

    Tools write -1, null or not-a-number where they could not score.
    """
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return float(value) if 0 <= value < 1e300 else None
    if isinstance(value, str) and value.strip():
        return value.strip()[:200]
    return None


def as_number(value: object) -> float | None:
    """A score by Inspect's rule (``value_to_float``): P is a half, words are 1 or 0; None where
    it is none."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        number = finite(value)
        return None if math.isnan(number) else number
    if isinstance(value, str):
        if value in _LETTER_VALUES:
            return _LETTER_VALUES[value]
        if value.lower() in _WORD_VALUES:
            return _WORD_VALUES[value.lower()]
        try:
            return float(value)
        except ValueError:
            return 0.0
    return None


def criteria_of(
    rows: pd.DataFrame, names: Iterable[str], judged: frozenset[str]
) -> tuple[dict[str, Criterion], list[str]]:
    """What answers are rated by, and sentences on what a reader has to know of it."""
    found: dict[str, Criterion] = {}
    notes: list[str] = []
    for name in names:
        values = rows[f"{SCORE}{name}"].dropna()
        if values.empty:
            notes.append(f"'{name}' has not scored a single answer.")
            continue
        mark, note = _mark(values, name)
        if note:
            notes.append(note)
        if mark is not None:
            rater = "judge" if name in judged else "check"
            found[name] = Criterion.model_validate({**mark, rater: name})
    return found, notes


def _mark(values: pd.Series, name: str) -> tuple[dict[str, object] | None, str]:
    texts = {v for v in values if isinstance(v, str)}
    if not texts:
        top = max(values)
        if top > 1:
            return None, (
                f"'{name}' scores up to {top:g} and the log does not say from where an answer "
                "passes; name it under 'criteria:' in product.yaml with 'at_least:'."
            )
        partly = sum(0 < v < 1 for v in values)
        note = f"'{name}' scored {_answers(partly)} between 0 and 1; only a full 1 passes here."
        return (
            {"says": f"gets the full score from '{name}'", "at_least": 1.0},
            note if partly else "",
        )
    if len(texts) == len(set(values)) and texts <= set(_LETTER_VALUES):
        partly = sum(v == "P" for v in values)
        note = (
            f"'{name}' found {_answers(partly)} partly correct; the tool counts each half, "
            "here it does not pass."
        )
        return {"says": f"is correct for '{name}'", "passing": ["C"]}, note if partly else ""
    if len(texts) == len(set(values)) and {t.lower() for t in texts} <= set(_WORD_VALUES):
        return {"says": f"passes '{name}'"}, ""
    example = sorted(texts)[0]
    return None, (
        f"'{name}' scores in words such as '{example}' and the log does not say which pass; "
        "name it under 'criteria:' in product.yaml with 'passing:'."
    )


def _answers(n: int) -> str:
    return "1 answer" if n == 1 else f"{n:,} answers"
