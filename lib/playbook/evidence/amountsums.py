"""How far two predictions of the same amounts are off, as sums: from here on no rows are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from playbook.errors import PlaybookError
from playbook.evidence.columns import EXACT_ROWS
from playbook.evidence.tables import Decisions

Array = NDArray[np.float64]

MODEL_HIGH, MODEL_LOW, OTHER_HIGH, OTHER_LOW = range(4)
_PAIRS = list(combinations_with_replacement(range(4), 2))


@dataclass(frozen=True)
class AmountSums:
    """Errors of the model and of another way to predict, on the same cases.

    Attributes
    ----------
    n
        Cases; of weighted ones, how many unweighted ones would tell as much (Kish 1965).
    mean, covariance
        Shape (4,) and (4, 4), per case: by how much the model is too high, the model too low, the
        other too high, the other too low.
    nearer, further
        Cases for which the model is nearer than the other, and further off.
    high, low
        Cases for which the model is too high, and too low.
    other_squares, other_fourths
        Second and fourth powers of the other's errors, added up over the `n` cases.
    """

    n: float
    mean: Array
    covariance: Array
    nearer: float
    further: float
    high: float
    low: float
    other_squares: float = 0.0
    other_fourths: float = 0.0

    @property
    def model_error(self) -> float:
        """The model's mean absolute error."""
        return float(self.mean[MODEL_HIGH] + self.mean[MODEL_LOW])

    @property
    def other_error(self) -> float:
        """The other's mean absolute error."""
        return float(self.mean[OTHER_HIGH] + self.mean[OTHER_LOW])

    def along(self, direction: Array) -> tuple[float, float]:
        """Mean per case of the four errors weighed by `direction`, and its variance per case."""
        variance = float(direction @ self.covariance @ direction)
        squares = float(direction @ np.diag(np.diag(self.covariance)) @ direction)
        # What is left where two agree on every case is mere rounding.
        return float(direction @ self.mean), variance if variance > 1e-12 * squares else 0.0


def paired_rows(
    decisions: Decisions, extra: Mapping[str, ir.Value], among: ir.BooleanValue | None = None
) -> ir.Table:
    """The cases `among` the rows: ``y`` (label), ``p`` (prediction), ``w`` (weight), and `extra`.

    `extra` are expressions over `decisions.rows`.
    """
    rows = decisions.rows
    keys = {f"playbook_x{i}": value for i, value in enumerate(extra.values())}
    rows = rows.mutate(playbook_among=ibis.literal(True) if among is None else among, **keys)
    parts = decisions.reading.parts(rows)
    named = {name: parts[name].finish(parts[name].raw) for name in ("label", "prediction")}
    weight = parts["weight"].raw if "weight" in parts else ibis.literal(1)
    kept = {name: rows[key] for name, key in zip(extra, keys, strict=True)}
    whole = rows.select(
        y=named["label"], p=named["prediction"], w=weight, among=rows["playbook_among"], **kept
    )
    judged = whole["among"] & whole["y"].notnull() & whole["p"].notnull()
    return whole.filter(judged).drop("among")


def median_label(decisions: Decisions) -> float:
    """Median of the label over all cases, by weight where rows have one."""
    cases = decisions.cases
    y = cases["label"]
    with decisions.source.query():
        if not decisions.weighted:
            roughly = decisions.n_labelled > EXACT_ROWS
            middle = y.approx_median() if roughly else y.quantile(0.5)
            return float(cases.aggregate(middle=middle).to_pyarrow()["middle"][0].as_py())
        by_value = cases.group_by(y=y).aggregate(w=cases["weight"].sum())
        total = by_value["w"].sum().over(ibis.window())
        up_to = by_value["w"].sum().over(ibis.cumulative_window(order_by="y"))
        marked = by_value.mutate(total=total, up_to=up_to)
        upper = marked.filter(marked["up_to"] >= marked["total"] / 2)
        return float(upper.aggregate(middle=upper["y"].min()).to_pyarrow()["middle"][0].as_py())


def add_up(decisions: Decisions, rows: ir.Table, others: list[str]) -> list[AmountSums]:
    """Sums of the model beside each of the columns `others` of `rows`, in one query.

    Parameters
    ----------
    rows
        See `paired_rows`.

    Raises
    ------
    PlaybookError
        Label or prediction are infinite or absurdly large.
    """
    asked: dict[str, ir.Value] = {name: rows.count() for name in ("rows", "w", "w2")}
    if decisions.weighted:
        asked |= {"w": rows["w"].sum(), "w2": (rows["w"] * rows["w"]).sum()}
    for place, other in enumerate(others):
        asked |= _sums(rows, rows[other], f"{place}_", decisions.weighted)
    with decisions.source.query():
        found = rows.aggregate(**asked).to_pyarrow().to_pylist()[0]
    if not found["rows"]:
        return [AmountSums(0.0, np.zeros(4), np.zeros((4, 4)), 0.0, 0.0, 0.0, 0.0) for _ in others]
    values = {name: float(value) for name, value in found.items()}
    if not np.isfinite(list(values.values())).all():
        raise PlaybookError(
            "the label or the prediction holds infinite or absurdly large numbers",
            where=decisions.where,
            remedy="Correct these rows or leave the values empty",
        )
    return [_read(values, f"{place}_") for place in range(len(others))]


def _sums(rows: ir.Table, other: ir.Value, key: str, weighted: bool) -> dict[str, ir.Value]:
    model, beside = rows["p"] - rows["y"], other - rows["y"]
    parts = [_above(model), _above(-model), _above(beside), _above(-beside)]
    near, far = model.abs(), beside.abs()
    summed: dict[str, ir.Value] = {f"{key}{i}": part for i, part in enumerate(parts)}
    summed |= {f"{key}{i}{j}": parts[i] * parts[j] for i, j in _PAIRS}
    told = {"nearer": near < far, "further": near > far, "high": model > 0, "low": model < 0}
    summed |= {f"{key}{name}": says.ifelse(1, 0).cast("float64") for name, says in told.items()}
    summed |= {f"{key}squares": beside * beside, f"{key}fourths": beside**2 * beside**2}
    return {
        name: (value * rows["w"] if weighted else value).sum() for name, value in summed.items()
    }


def _above(error: ir.Value) -> ir.Value:
    return (error > 0).ifelse(error, 0.0)


def _read(found: dict[str, float], key: str) -> AmountSums:
    total = found["w"]
    n = total * total / found["w2"]
    mean = np.array([found[f"{key}{i}"] for i in range(4)]) / total
    products = np.zeros((4, 4))
    for i, j in _PAIRS:
        products[i, j] = products[j, i] = found[f"{key}{i}{j}"] / total
    spread = products - np.outer(mean, mean)
    told = ("nearer", "further", "high", "low", "squares", "fourths")
    counted = (n * found[f"{key}{name}"] / total for name in told)
    return AmountSums(n, mean, spread * n / max(n - 1, 1e-9), *counted)


__all__ = [
    "MODEL_HIGH",
    "MODEL_LOW",
    "OTHER_HIGH",
    "OTHER_LOW",
    "AmountSums",
    "add_up",
    "median_label",
    "paired_rows",
]
