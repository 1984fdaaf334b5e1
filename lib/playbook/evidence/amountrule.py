"""Predicting an amount without a model: what stands in a column, or what is usual for its value."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence.amountsums import paired_rows
from playbook.evidence.columnchecks import number
from playbook.evidence.roles import group_text
from playbook.evidence.sampling import below
from playbook.evidence.tables import Decisions

LEVELS = 20
LEAST_ROWS = 30
SEARCHED = 50_000
_MOST_VALUES = 50
Ints = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Usual:
    """What is usual for the value of one column: a median per level.

    Attributes
    ----------
    levels
        Texts; or for numbers where each level but the first begins.
    amounts
        One per text; or for numbers one more than `levels`.
    otherwise
        The amount for what is missing, rare or unseen.
    """

    column: str
    levels: list[str] | list[float]
    amounts: list[float]
    otherwise: float

    @property
    def numeric(self) -> bool:
        """Whether `levels` are numbers."""
        return len(self.amounts) > len(self.levels)

    @property
    def description(self) -> str:
        """Such as ``what is usual for the same carrier``."""
        how = "at a similar" if self.numeric else "for the same"
        return f"what is usual {how} {self.column.replace('_', ' ')}"

    @property
    def label(self) -> str:
        """A short name: ``By carrier``."""
        return f"By {self.column.replace('_', ' ')}"

    def says(self, rows: ir.Table) -> ir.Value:
        """The predicted amount for stored rows."""
        if not self.numeric:
            text = group_text(rows[self.column])
            pairs = zip(self.levels, self.amounts, strict=True)
            return ibis.cases(*[(text == v, a) for v, a in pairs], else_=self.otherwise)
        value = number(rows[self.column])
        steps = [(value < edge, a) for edge, a in zip(self.levels, self.amounts[:-1], strict=True)]
        return ibis.cases((value.isnull(), self.otherwise), *steps, else_=self.amounts[-1])


def stated_amount(decisions: Decisions) -> ir.Value:
    """What stands in the column that product.yaml states as the way to predict without AI.

    Null where it is missing, infinite or no number.

    Raises
    ------
    PlaybookError
        The column is not in the table or holds no numbers, or the rule compares instead.
    """
    rule = decisions.table.baseline
    assert rule is not None  # asked for only where there is one
    rows, where = decisions.rows, f"{decisions.where}, rule in product.yaml"
    if rule.operator != "value_of":
        raise PlaybookError(
            f"the baseline rule compares '{rule.column}' with a value, but {decisions.product.name}"
            " predicts amounts",
            where=where,
            remedy="Write 'operator: value_of' and the column that holds the amount expected "
            "without AI",
        )
    if rule.column not in rows.columns:
        raise PlaybookError(
            f"the baseline rule needs a column '{rule.column}', which the table has not",
            where=where,
            remedy=did_you_mean(rule.column, rows.columns),
        )
    column = rows[rule.column]
    if not (column.type().is_numeric() or column.type().is_string()):
        raise PlaybookError(
            f"the baseline rule needs amounts in '{rule.column}', which holds {column.type()}",
            where=where,
            remedy="Name a column of numbers under 'baseline:'",
        )
    value = number(column.try_cast("float64") if column.type().is_string() else column)
    return (value.abs() < float("inf")).ifelse(value, ibis.null("float64"))


def nearest_usual(decisions: Decisions, seed: int) -> Usual | None:
    """The one column whose usual amounts come nearest, found on one half of the rows.

    Candidates are all ``features``: texts by each value with at least 30 rows, numbers by each
    value or by up to 20 levels of like many rows. On at most about 50,000 rows of the first half
    each candidate is fitted on two of its parts and judged on the other part, so that many levels
    do not win by having been fitted. None where no column comes nearer than one amount for all.

    The halves follow a hash of the id (or of the row's number) and the seed; rows of one id stay
    together. Compare on the rows where ``below(decisions, seed, 0.5)`` is false.
    """
    roles = decisions.table.columns
    taken = {roles.label, roles.score, roles.prediction, roles.id, roles.weight}
    taken |= set(roles.quantiles.values())
    columns = [column for column in roles.features if column not in taken]
    sample = _sample(decisions, columns, seed)
    if len(sample) < 2 * LEAST_ROWS:
        return None
    label, weight = (sample[name].to_numpy(float) for name in ("y", "w"))
    part = sample["part"].to_numpy(bool)
    best, least = None, _judged(label, weight, part, np.zeros(len(label), dtype=np.intp), 1)
    for place, column in enumerate(columns):
        if f"f{place}" not in sample:
            continue
        levels, codes = _levels(sample[f"f{place}"])
        error = _judged(label, weight, part, codes, _many(levels, sample[f"f{place}"]))
        if error < least:
            best, least = (column, levels, codes, sample[f"f{place}"]), error
    if best is None:
        return None
    column, levels, codes, stored = best
    amounts = _fitted(label, weight, codes, _many(levels, stored))
    return Usual(column, levels, amounts[:-1].tolist(), float(amounts[-1]))


def weighted_median(values: Floats, weights: Floats) -> float:
    """Middle of the values by weight; halfway between two where it falls between them.

    >>> weighted_median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 5.0]))
    2.0
    """
    order = np.argsort(values, kind="stable")
    values, reached = values[order], np.cumsum(weights[order])
    half = reached[-1] / 2
    lower = int(np.searchsorted(reached, half))
    upper = int(np.searchsorted(reached, half, side="right"))
    return float((values[lower] + values[min(upper, len(values) - 1)]) / 2)


def _sample(decisions: Decisions, columns: list[str], seed: int) -> pd.DataFrame:
    """Label, weight, part and features of rows of the first half, in the same order each time."""
    rows = decisions.rows
    extra: dict[str, ir.Value] = {}
    for place, column in enumerate(columns):
        kind = rows[column].type()
        if kind.is_string() or kind.is_boolean():
            extra[f"f{place}"] = group_text(rows[column])
        elif kind.is_numeric():
            extra[f"f{place}"] = number(rows[column])
    if not extra:
        return pd.DataFrame()
    share = min(0.5, SEARCHED / max(decisions.n, 1))
    # The same hash once more: one of another seed would not be independent of it.
    extra["part"] = below(decisions, seed, share / 2)
    cases = paired_rows(decisions, extra, below(decisions, seed, share))
    with decisions.source.query():
        frame = cases.drop("p").execute()
    return frame.sort_values(list(frame.columns), ignore_index=True)


def _many(levels: list[str] | list[float], stored: pd.Series) -> int:
    """Levels with an amount of their own."""
    return len(levels) + pd.api.types.is_numeric_dtype(stored)


def _levels(stored: pd.Series) -> tuple[list[str] | list[float], Ints]:
    """Levels of a feature, and each row's place among them; the last place is for the others."""
    if not pd.api.types.is_numeric_dtype(stored):
        common = stored.value_counts().head(_MOST_VALUES)
        texts = sorted(str(value) for value in common[common >= LEAST_ROWS].index)
        place = pd.Index(texts).get_indexer(pd.Index(stored))
        return texts, np.where(place < 0, len(texts), place).astype(np.intp)
    value = stored.to_numpy(float)
    finite = value[np.isfinite(value)]
    # Enough rows in each level even when only one of the two parts is fitted.
    many = min(LEVELS, max(2, len(finite) // (3 * LEAST_ROWS)))
    edges = np.unique(finite)[1:]
    if len(edges) >= many:
        edges = np.unique(np.quantile(finite, np.arange(1, many) / many))
    place = np.where(np.isnan(value), len(edges) + 1, np.searchsorted(edges, value, side="right"))
    return edges.tolist(), place.astype(np.intp)


def _fitted(label: Floats, weight: Floats, codes: Ints, many: int) -> Floats:
    """A median for each of `many` levels with enough rows, and last the one for all others."""
    found = np.full(many + 1, weighted_median(label, weight))
    for level in range(many):
        own = codes == level
        if own.sum() >= LEAST_ROWS:
            found[level] = weighted_median(label[own], weight[own])
    return found


def _judged(
    label: Floats, weight: Floats, part: NDArray[np.bool_], codes: Ints, many: int
) -> float:
    """Mean absolute error where each part is predicted from the other one."""
    off = np.zeros(len(label))
    for held in (part, ~part):
        if held.all() or not held.any():
            return float("inf")
        amounts = _fitted(label[~held], weight[~held], codes[~held], many)
        off[held] = np.abs(label[held] - amounts[codes[held]])
    return float(np.average(off, weights=weight))


__all__ = ["LEAST_ROWS", "Usual", "nearest_usual", "stated_amount", "weighted_median"]
