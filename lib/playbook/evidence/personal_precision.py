"""How far the pattern scan can be trusted, measured on ``tests/personal_corpus.yaml``.

The collection is written by hand, with more look-alikes than finds; the patterns were corrected
while looking at it, so that on other texts they may do somewhat worse. A test counts it again and
fails where these numbers no longer hold.
"""

from __future__ import annotations

from playbook.estimate import Estimate
from playbook.evidence.intervals import rate
from playbook.evidence.personal_patterns import Kind

MEASURED: dict[Kind, tuple[int, int, int]] = {
    "email": (21, 0, 1),
    "iban": (20, 0, 1),
    "payment_card": (20, 0, 1),
    "national_id": (23, 0, 1),
    "us_ssn": (19, 0, 1),
    "phone": (26, 3, 1),
    "ip_address": (20, 0, 0),
    "birth_date": (21, 0, 0),
}
"""Per kind: texts found rightly, texts found wrongly, texts missed."""


def precision(kind: Kind, confidence: float = 0.95) -> Estimate:
    """Of the collection's texts in which the scan sees `kind`, the share that holds it."""
    right, wrong, _ = MEASURED[kind]
    return _measured("precision", right, right + wrong, kind, confidence)


def recall(kind: Kind, confidence: float = 0.95) -> Estimate:
    """Of the collection's texts that hold `kind`, the share in which the scan sees it."""
    right, _, missed = MEASURED[kind]
    return _measured("recall", right, right + missed, kind, confidence)


def _measured(measure: str, k: int, n: int, kind: Kind, confidence: float) -> Estimate:
    found = rate(measure, k, n, {"kind": str(kind)}, confidence)
    assert found is not None  # the collection holds every kind
    return found
