"""How errors are spread: near the threshold, or where the model was sure; small, or large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence.intervals import rate
from playbook.evidence.tables import Decisions
from playbook.evidence.wrongness import check_finite

NEAR = 0.05
"""Points between score and threshold within which a case could as well have gone the other way."""
SURE = 0.9
"""Chance given to what was said, above which a model counts as sure."""
LARGE = 2.0
"""Times the average distance from which an error of an amount is large."""
_SLACK = 1e-9
_ONCE = ", each row counted once"


@dataclass(frozen=True)
class Spread:
    """Counts of errors; each row counts once, whatever its weight.

    Attributes
    ----------
    n, errors
        Cases, and those that are wrong (of amounts: not hit exactly).
    near
        Errors within 5 points of the threshold; None where no threshold is stated.
    sure, sure_errors
        Cases of which the model was surer than 90 %, and how many of them are wrong; None
        without a score.
    large, large_share
        For amounts: the distance from which an error counts as large, and the part of all
        distances that large errors make up.
    threshold
        The threshold in use.
    """

    n: int
    errors: int
    estimates: list[Estimate]
    near: int | None = None
    sure: int | None = None
    sure_errors: int | None = None
    large: float | None = None
    large_share: float = 0.0
    threshold: float | None = None

    def get(self, measure: str) -> Estimate | None:
        """The estimate of `measure`, or None."""
        return next((e for e in self.estimates if e.measure == measure), None)


def spread_of(decisions: Decisions, whole: ir.Table, confidence: float = 0.95) -> Spread:
    """Count errors of `wrongness.judged` rows in one query, or two for amounts.

    Intervals are Wilson's (exact under 40 cases).

    Raises
    ------
    NoEvidence
        No row can be judged.
    """
    if decisions.product.kind == "regression":
        return _distances(decisions, whole, confidence)
    wrong = whole["off"] > 0
    asked: dict[str, Any] = {"n": whole.count(), "errors": wrong.sum()}
    threshold = decisions.table.threshold if decisions.binary else None
    if decisions.has_score:
        score = whole["score"]
        chance = ibis.ifelse(whole["prediction"], score, 1 - score) if decisions.binary else score
        sure = chance > SURE + _SLACK
        asked |= {"sure": sure.sum(), "sure_errors": (sure & wrong).sum()}
        if threshold is not None:
            asked["near"] = (wrong & ((score - threshold).abs() <= NEAR + _SLACK)).sum()
    found = _counted(decisions, whole, asked)
    counts = {k: int(found[k] or 0) for k in asked}
    shares = [
        rate(measure, counts[k], counts[n], confidence=confidence, how=_ONCE)
        for measure, k, n in (
            ("confident_error_rate", "sure_errors", "sure"),
            ("confident_share_of_errors", "sure_errors", "errors"),
            ("near_threshold_share_of_errors", "near", "errors"),
        )
        if k in counts
    ]
    return Spread(**counts, estimates=[e for e in shares if e], threshold=threshold)


def _distances(decisions: Decisions, whole: ir.Table, confidence: float) -> Spread:
    off, over, under = whole["off"], whole["over"] > 0, whole["under"] > 0
    first = {"n": whole.count(), "over": over.sum(), "under": under.sum(), "off": off.sum()}
    found = _counted(decisions, whole, first)
    check_finite(decisions, float(found["off"]))
    n, large = int(found["n"]), LARGE * float(found["off"]) / int(found["n"])
    far = off > large
    more = _counted(decisions, whole, {"far": far.sum(), "beyond": off.sum(where=far)})
    shares = [
        rate("large_error_rate", int(more["far"] or 0), n, confidence=confidence,
             how=f", off by more than {LARGE:g} times the average taken as known{_ONCE}"),
        rate("too_low_rate", int(found["under"]), n, confidence=confidence, how=_ONCE),
        rate("too_high_rate", int(found["over"]), n, confidence=confidence, how=_ONCE),
    ]  # fmt: skip
    return Spread(
        n=n,
        errors=int(found["over"]) + int(found["under"]),
        estimates=[e for e in shares if e],
        large=large,
        large_share=float(more["beyond"] or 0) / float(found["off"]) if found["off"] else 0.0,
    )


def _counted(decisions: Decisions, whole: ir.Table, asked: dict[str, Any]) -> dict[str, Any]:
    with decisions.source.query():
        found: dict[str, Any] = whole.aggregate(**asked).to_pyarrow().to_pylist()[0]
    if not found.get("n", 1):
        raise NoEvidence(
            "no row has both a label and a prediction",
            where=decisions.where,
            remedy="Add rows with their outcome",
        )
    return found
