"""Every kind of error by group: the rates that Fairlearn and scikit-learn name, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence.groupcells import ALL, GroupCells, Kinds
from playbook.evidence.intervals import Floats, proportion_methods, proportions
from playbook.evidence.manyestimates import estimates

MEASURES = (
    "true_positive_rate",
    "false_positive_rate",
    "false_negative_rate",
    "precision",
    "negative_predictive_value",
    "accuracy",
)


@dataclass(frozen=True)
class ErrorRates:
    """Error rates of all groups as arrays; estimates are made for the group asked for.

    Attributes
    ----------
    groups
        One per column of the arrays.
    value, low, high, n
        Shape (`MEASURES`, groups); NaN where a group has no case that a rate is of.
    """

    groups: list[dict[str, str]]
    value: Floats
    low: Floats
    high: Floats
    n: Floats
    confidence: float
    how: str = ""

    def of(self, position: int) -> dict[str, Estimate]:
        """The rates of one group by measure, as far as they exist."""
        return self._made(slice(position, position + 1))[0]

    def all(self) -> list[dict[str, Estimate]]:
        """`of` for every group, in one go."""
        return self._made(slice(None))

    def _made(self, at: slice) -> list[dict[str, Estimate]]:
        groups = self.groups[at]
        found: list[dict[str, Estimate]] = [{} for _ in groups]
        for i, measure in enumerate(MEASURES):
            n, value = self.n[i, at], self.value[i, at]
            methods = [method + self.how for method in proportion_methods(n, self.confidence)]
            low, high = self.low[i, at], self.high[i, at]
            made = estimates(measure, groups, value, low, high, n, methods)
            for mine, e in zip(found, made, strict=True):
                if e is not None:
                    mine[measure] = e
        return found


def kinds(favourable_is_positive: bool) -> dict[str, tuple[Kinds, Kinds]]:
    """Which cases each rate counts, and out of which: part and whole."""
    tp, fn, fp, tn = (3, 2, 1, 0) if favourable_is_positive else (0, 1, 2, 3)
    return {
        "true_positive_rate": ((tp,), (tp, fn)),
        "false_positive_rate": ((fp,), (fp, tn)),
        "false_negative_rate": ((fn,), (tp, fn)),
        "precision": ((tp,), (tp, fp)),
        "negative_predictive_value": ((tn,), (tn, fn)),
        "accuracy": ((tp, tn), ALL),
    }


def error_rates(
    cells: GroupCells, favourable_is_positive: bool, confidence: float = 0.95, how: str = ""
) -> ErrorRates:
    """Rates of right and wrong decisions by group; *positive* is as product.yaml states it.

    Wilson's interval, the exact one under 40 cases (Brown, Cai and DasGupta 2001).
    """
    by_measure = kinds(favourable_is_positive)
    k, n = (
        np.stack(side)
        for side in zip(*(cells.share(*by_measure[m]) for m in MEASURES), strict=True)
    )
    return ErrorRates(cells.groups, *proportions(k, n, confidence), n, confidence, how)
