"""Sums of errors, label against predicted number: from here on no rows are needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from playbook.errors import PlaybookError
from playbook.evidence.columns import EXACT_ROWS
from playbook.evidence.moments import median_levels
from playbook.evidence.tables import Decisions

LEVELS = 10
_WEIGHED = ", weighted, effective n by Kish"


@dataclass(frozen=True)
class Centre:
    """What a first pass over the rows tells.

    Attributes
    ----------
    label
        Mean of the label.
    scale
        What a weight is multiplied by, so that weights add up to the effective n (Kish 1965).
    edges
        Predictions that cut the rows into tenths; fewer where many are the same.
    median
        Lower limit, value and upper limit of the median absolute error; None for weighted rows.
    approximate
        Whether `median` is (above 1,000,000 rows).
    """

    label: float
    scale: float
    edges: list[float]
    median: tuple[float, float, float] | None
    approximate: bool


def centre(decisions: Decisions, confidence: float) -> Centre:
    """Look at label, prediction and weight once.

    Raises
    ------
    PlaybookError
        No row has both a label and a prediction, or numbers are infinite.
    """
    cases, n = decisions.cases, decisions.n_labelled
    if n == 0:
        raise PlaybookError(
            "no row has both a label and a prediction",
            where=decisions.where,
            remedy="Name the columns with the outcome and with the predicted number",
        )
    roughly, weighted = n > EXACT_ROWS, decisions.weighted
    weight = cases["weight"] if weighted else ibis.literal(1.0)
    y, p, off = cases["label"], cases["prediction"], (cases["prediction"] - cases["label"]).abs()
    levels = list(median_levels(n, confidence))
    tenths = [i / LEVELS for i in range(1, LEVELS)]
    with decisions.source.query():
        found: dict[str, Any] = (
            cases.aggregate(
                label=(y * weight).sum(),
                total=weight.cast("float64").sum() if weighted else ibis._.count(),
                squares=(weight * weight).sum() if weighted else ibis._.count(),
                worst=off.max(),
                edges=(p.approx_quantile if roughly else p.quantile)(tenths),
                median=(off.approx_quantile if roughly else off.quantile)(levels),
            )
            .to_pyarrow()
            .to_pylist()[0]
        )
    if not (math.isfinite(found["label"]) and found["worst"] < 1e75):
        raise PlaybookError(
            "the label or the prediction holds infinite or absurdly large numbers",
            where=decisions.where,
            remedy="Correct these rows or leave the values empty",
        )
    low, middle, high = found["median"]
    return Centre(
        label=found["label"] / found["total"],
        scale=found["total"] / found["squares"] if weighted else 1.0,
        edges=np.unique(found["edges"]).tolist(),
        median=None if weighted else (low, middle, high),
        approximate=roughly,
    )


def by_level(decisions: Decisions, about: Centre) -> pd.DataFrame:
    """All sums, one row per tenth of the predictions, lowest first.

    Returns
    -------
    DataFrame
        ``n``, ``p`` (Σ prediction), the errors' ``e``, ``abs``, ``e2``, ``e4``; of the distance d
        of the label from its mean ``d_below`` (rows under the mean), ``d_abs``, ``d``, ``d2``,
        ``d4``; ``e2d2``, ``gain`` (Σ |e| − |d|), ``gain2``, ``gain_d``; and for the quantile at
        each place ``i`` of the levels ``n_i``, ``below_i``, ``loss_i``, ``loss2_i``; for the outer
        two ``n_in``, ``inside``, ``width``, ``width2``.
    """
    cases, levels = decisions.cases, decisions.quantile_levels
    p, y = cases["prediction"], cases["label"]
    steps = [(p < edge, i) for i, edge in enumerate(about.edges)]
    level = ibis.cases(*steps, else_=len(steps)) if steps else ibis.literal(0)
    columns = {f"q{i}": cases[f"quantile_{i}"] for i in range(len(levels))}
    columns |= {"p": p, "y": y, "e": p - y, "d": y - about.label, "level": level}
    rows = cases.select(**columns, w=_weight(cases, about))
    e, d, gain = rows["e"], rows["d"], rows["e"].abs() - rows["d"].abs()
    sums = {"p": rows["p"], "e": e, "abs": e.abs(), "e2": e * e, "e4": e**2 * e**2}
    sums |= {"d_below": (d < 0).cast("float64"), "d_abs": d.abs(), "d": d, "d2": d * d}
    sums |= {"d4": d**2 * d**2, "e2d2": e**2 * d**2}
    sums |= {"gain": gain, "gain2": gain * gain, "gain_d": gain * d}
    for i, at in enumerate(levels):
        q, miss = rows[f"q{i}"], rows["y"] - rows[f"q{i}"]
        loss = ibis.ifelse(miss >= 0, at * miss, (at - 1) * miss)
        there = q.notnull().cast("float64")
        sums |= {f"n_{i}": there, f"below_{i}": (rows["y"] <= q).cast("float64")}
        sums |= {f"loss_{i}": loss, f"loss2_{i}": loss * loss}
    if len(levels) > 1:
        low, high = rows["q0"], rows[f"q{len(levels) - 1}"]
        width = high - low
        inside = (rows["y"] >= low) & (rows["y"] <= high)
        sums |= {"n_in": width.notnull().cast("float64"), "inside": inside.cast("float64")}
        sums |= {"width": width, "width2": width * width}
    return _sums(decisions, rows, sums, ["level"])


def by_group(decisions: Decisions, column: str, about: Centre) -> pd.DataFrame:
    """``n``, ``e``, ``abs`` and ``e2`` as in `by_level`, one row per value of a group column."""
    cases = decisions.cases
    rows = cases.select(
        group=cases[column], e=cases["prediction"] - cases["label"], w=_weight(cases, about)
    )
    e = rows["e"]
    return _sums(decisions, rows, {"e": e, "abs": e.abs(), "e2": e * e}, ["group"])


def how(decisions: Decisions) -> str:
    """What an estimate's method has to add about weights."""
    return _WEIGHED if decisions.weighted else ""


def _weight(cases: ir.Table, about: Centre) -> ir.Value:
    if "weight" in cases.columns:
        return cases["weight"] * about.scale
    return ibis.literal(1.0)


def _sums(
    decisions: Decisions, rows: ir.Table, sums: dict[str, ir.Value], keys: list[str]
) -> pd.DataFrame:
    weigh = decisions.weighted
    asked = {k: ((v * rows["w"]) if weigh else v).sum().fill_null(0) for k, v in sums.items()}
    n = rows["w"].sum() if weigh else rows.count().cast("float64")
    with decisions.source.query():
        frame = rows.aggregate(by=keys, n=n, **asked).execute()
    return frame.sort_values(keys, ignore_index=True)
