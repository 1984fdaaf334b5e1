"""How much of an amount one column alone explains (R²), straight or value by value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence.celllayout import Layout, lay_out, number_of, sums_by_cell
from playbook.evidence.intervals import Interval
from playbook.evidence.moments import r_squared
from playbook.evidence.stored import bucket, telling
from playbook.evidence.tables import Decisions

_AMOUNT, _HALF = "playbook_amount", "playbook_half"
_PRIOR = 2.0
_POWERS = [(i, j) for i in range(5) for j in range(5 - i)]


def explained(
    decisions: Decisions, columns: Sequence[str], confidence: float = 0.95
) -> tuple[dict[str, Estimate], frozenset[str]]:
    """R² of each column alone, and which columns are running numbers.

    Of numbers and times that of the straight line through all rows with a value, which a change of
    unit cannot hide; of all columns but running numbers that of the mean per cell (`lay_out`),
    learned on the other half of the rows, where that is higher. The interval is that of
    `moments.r_squared`, which knows no law of the errors.

    Raises
    ------
    NoEvidence
        The label is no amount, or always the same one.
    """
    rows = _amounts(decisions)
    if not columns:
        return {}, frozenset()
    laid = lay_out(decisions, rows, columns)
    straight = _straight(decisions, rows, laid, confidence)
    by_cell = _by_cell(decisions, rows, laid, confidence)
    found: dict[str, Estimate] = {}
    for column in columns:
        both = [straight.get(column), None if column in laid.counters else by_cell.get(column)]
        told = [pair for pair in both if pair is not None]
        if told:
            best, used = max(told, key=lambda pair: pair[0].low)
            best = replace(best, low=max(0.0, best.low), value=max(0.0, best.value),
                           high=max(0.0, best.high))  # fmt: skip
            found[column] = best.estimate("r_squared", used, group={"column": column}, unit="score")
    return found, laid.counters


def _amounts(decisions: Decisions) -> ir.Table:
    """Rows with a finite label; one more column has it in standard deviations from its mean."""
    if decisions.product.kind not in {"regression", "ranking"} or not decisions.has_label:
        raise NoEvidence(
            "this needs a label that is an amount",
            where=decisions.where,
            remedy="Name the column with what turned out to be true as 'label:'",
        )
    part = decisions.reading.parts(decisions.rows)["label"]
    rows = decisions.rows.mutate(**{_AMOUNT: part.finish(part.raw)})
    amount = rows[_AMOUNT]
    rows = rows.filter(amount.notnull() & ~amount.isinf())
    with decisions.source.query():
        asked = {"mean": rows[_AMOUNT].mean(), "sd": rows[_AMOUNT].std(how="pop")}
        told = rows.aggregate(**asked).execute().iloc[0]
    if not _finite(told["sd"]) or told["sd"] == 0:
        raise NoEvidence(
            "the label is the same in every row, so no column can give it away",
            where=decisions.where,
            remedy="Add rows with other outcomes",
        )
    mean, sd = float(told["mean"]), float(told["sd"])
    return rows.mutate(**{_AMOUNT: (rows[_AMOUNT] - mean) / sd})


def _finite(value: object) -> bool:
    """Whether this is a finite number."""
    return value is not None and math.isfinite(float(value))  # type: ignore[arg-type]


def _straight(
    decisions: Decisions, rows: ir.Table, laid: Layout, confidence: float
) -> dict[str, tuple[Interval, int]]:
    columns = list(laid.numbers)
    if not columns:
        return {}
    numbers = {f"x{i}": number_of(rows[c]) for i, c in enumerate(columns)}
    plain = rows.select(amount=rows[_AMOUNT], **numbers)
    plain = plain.mutate(**{k: ibis.ifelse(plain[k].isnan() | plain[k].isinf(), None, plain[k])
                            for k in numbers})  # fmt: skip
    asked = {f"m{k}": plain[k].mean() for k in numbers}
    asked |= {f"s{k}": plain[k].std(how="pop") for k in numbers}
    with decisions.source.query():
        told = plain.aggregate(**asked).execute().iloc[0]
    usable = [k for k in numbers if _finite(told[f"m{k}"]) and _finite(told[f"s{k}"])]
    usable = [k for k in usable if told[f"s{k}"] > 0]
    if not usable:
        return {}
    scaled = plain.select("amount", **{
        k: (plain[k] - float(told[f"m{k}"])) / float(told[f"s{k}"]) for k in usable
    })  # fmt: skip
    y = scaled.amount
    sums = {
        f"{k}_{i}{j}": _power(scaled[k], i, _power(y, j)).sum(where=scaled[k].notnull())
        for k in usable
        for i, j in _POWERS
    }
    with decisions.source.query():
        row = scaled.aggregate(**sums).execute().iloc[0]
    found = {}
    for k in usable:
        moments = np.zeros((5, 5))
        for i, j in _POWERS:
            moments[i, j] = row[f"{k}_{i}{j}"]
        if (line := _line(moments, confidence)) is not None:
            found[columns[int(k[1:])]] = (line, round(moments[0, 0]))
    return found


def _power(value: ir.Value, times: int, found: ir.Value | None = None) -> ir.Value:
    """`value` times itself, and times `found`: quicker than the engine's power of a float."""
    found = value * 0.0 + 1.0 if found is None else found
    for _ in range(times):
        found = found * value
    return found


def _line(moments: np.ndarray, confidence: float) -> Interval | None:
    """R² of the line through points of which ``moments[i, j]`` is Σ xⁱ yʲ."""
    n = moments[0, 0]
    if n < 3 or not np.isfinite(moments).all():
        return None
    mx, my = moments[1, 0] / n, moments[0, 1] / n
    wide = moments[2, 0] / n - mx * mx
    if wide <= 1e-12:
        return None
    slope = (moments[1, 1] / n - mx * my) / wide
    error = np.array([[slope * mx - my, 1.0], [-slope, 0.0]])
    around = np.array([[-my, 1.0]])
    e2, a2 = _times(error, error), _times(around, around)
    wanted = (e2, _times(e2, e2), a2, _times(a2, a2), _times(e2, a2))
    found = _r_squared(
        n, np.array([_sum(polynomial, moments) for polynomial in wanted]), confidence
    )
    return found and replace(found, method=f"one column alone, straight line, {found.method}")


def _r_squared(n: float, sums: np.ndarray, confidence: float) -> Interval | None:
    error2, error4, around2, around4, both = np.maximum(sums, 0.0).tolist()
    return r_squared(n, error2, error4, around2, around4, both, confidence)


def _times(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Product of two polynomials in x and y, by their coefficients."""
    found = np.zeros(np.array(p.shape) + q.shape - 1)
    for (i, j), value in np.ndenumerate(p):
        found[i : i + q.shape[0], j : j + q.shape[1]] += value * q
    return found


def _sum(polynomial: np.ndarray, moments: np.ndarray) -> float:
    i, j = polynomial.shape
    return float((polynomial * moments[:i, :j]).sum())


def _by_cell(
    decisions: Decisions, rows: ir.Table, laid: Layout, confidence: float
) -> dict[str, tuple[Interval, int]]:
    by = {_HALF: (bucket(rows, telling(decisions)) % 2).cast("int16")}
    sums = {f"s{i}": (lambda t, i=i: _power(t.amount, i).sum()) for i in range(1, 5)}
    frames = sums_by_cell(
        decisions, rows, laid, by, {"n": lambda t: t.count(), **sums}, {"amount": rows[_AMOUNT]}
    )
    found = {c: _crossfitted(frame, confidence) for c, frame in frames.items()}
    return {c: pair for c, pair in found.items() if pair is not None}


def _crossfitted(frame: pd.DataFrame, confidence: float) -> tuple[Interval, int] | None:
    """Each half of the rows is predicted by the means per cell of the other half.

    Means are drawn towards the overall one by two rows' worth, so that a value seen once tells
    nothing, and an id is no leak.
    """
    # A text that reads "nan" is not a missing one.
    names = ["" if pd.isna(cell) else f"={cell}" for cell in frame["cell"]]
    cells, place = np.unique(names, return_inverse=True)
    sums = np.zeros((2, 5, len(cells)))
    values = frame[["n", "s1", "s2", "s3", "s4"]].to_numpy(float)
    sums[frame[_HALF].to_numpy(int), :, place] += values
    halves = [sums[0], sums[1]]
    total = np.zeros(5)
    for judged, other in (halves, halves[::-1]):
        m = other[1] / (other[0] + _PRIOR)
        n, s1, s2, s3, s4 = judged
        error2 = s2 - 2 * m * s1 + m**2 * n
        error4 = s4 - 4 * m * s3 + 6 * m**2 * s2 - 4 * m**3 * s1 + m**4 * n
        both = s4 - 2 * m * s3 + m**2 * s2
        total += [error2.sum(), error4.sum(), s2.sum(), s4.sum(), both.sum()]
    n = sum(half[0].sum() for half in halves)
    found = _r_squared(n, total, confidence)
    if found is None or not math.isfinite(found.low):
        return None
    how = f"one column alone, mean per value learned on the other half of the rows, {found.method}"
    return replace(found, method=how), round(n)
