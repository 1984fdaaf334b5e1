"""Inspect's own totals, counted again from its samples by its own rule."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from playbook.evallogs.jsonfile import items, mapping
from playbook.evallogs.log import Total, finite
from playbook.evallogs.scores import as_number


def totals_of(header: dict[str, Any], samples: list[dict[str, Any]]) -> tuple[Total, ...]:
    """Accuracies, means and numbers of samples as the header states them, beside our count.

    A sample asked several times counts with the mean of its scores, as Inspect's usual reducer
    has it; totals of other reducers are not counted again.
    """
    results = mapping(header.get("results"))
    found = []
    for name, said, counted in (
        ("samples", results.get("total_samples"), len(samples)),
        ("samples without an error", results.get("completed_samples"),
         sum(not s["error"] for s in samples)),
    ):  # fmt: skip
        if not math.isnan(value := finite(said)):
            found.append(Total(name, value, float(counted)))
    for score in map(mapping, _stated(results)):
        scorer, name = str(score.get("scorer")), str(score.get("name"))
        column = _column(scorer, name, samples)
        for metric in map(mapping, mapping(score.get("metrics")).values()):
            value = finite(metric.get("value"))
            if metric.get("name") in {"accuracy", "mean"} and not math.isnan(value):
                usual = score.get("reducer") in {None, "mean"}
                mean = _mean(column, samples) if column and usual else None
                found.append(Total(f"{metric['name']} of {column or name}", value, mean))
    return tuple(found)


def _stated(results: dict[str, Any]) -> list[Any]:
    if scores := items(results.get("scores")):
        return scores
    name = mapping(results.get("scorer")).get("name")
    return [{"name": name, "scorer": name, "metrics": results.get("metrics")}] if name else []


def _column(scorer: str, name: str, samples: list[dict[str, Any]]) -> str:
    known = {column for sample in samples for column in sample["scores"]}
    return next((c for c in (f"{scorer}.{name}", name, scorer) if c in known), "")


def _mean(column: str, samples: list[dict[str, Any]]) -> float | None:
    by_sample: dict[str, list[float]] = {}
    for sample in samples:
        number = as_number(sample["scores"].get(column))
        if number is not None:
            by_sample.setdefault(repr(sample["id"]), []).append(number)
    return float(np.mean([np.mean(tries) for tries in by_sample.values()])) if by_sample else None
