"""The value of a decision over the thresholds of a table."""

from __future__ import annotations

from playbook.evidence.counts import count
from playbook.evidence.cutoffs import at_every_threshold
from playbook.evidence.tables import Decisions
from playbook.evidence.thresholds import MoneySweep, sweep
from playbook.evidence.value import Stakes


def sweep_of(
    decisions: Decisions,
    stakes: Stakes,
    currency: str | None = None,
    *,
    seed: int = 0,
    confidence: float = 0.95,
) -> MoneySweep | None:
    """Value at every threshold of the score, see `thresholds.sweep`; None where there is no score.

    Amounts are in the product's currency unless another is named.
    """
    if not decisions.has_score:
        return None
    frame, current = at_every_threshold(count(decisions, scores=True))
    currency = currency or decisions.product.currency
    return sweep(frame, stakes, currency, current=current, seed=seed, confidence=confidence)
