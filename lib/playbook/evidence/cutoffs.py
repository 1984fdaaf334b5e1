"""The four kinds of decision counted at every possible threshold of the score."""

from __future__ import annotations

import numpy as np
import pandas as pd

from playbook.evidence.counts import Counts


def at_every_threshold(counted: Counts) -> tuple[pd.DataFrame, float | None]:
    """Count true and false positives and negatives at each score from which a case is positive.

    Parameters
    ----------
    counted
        Counts with scores, labels and predictions.

    Returns
    -------
    frame
        ``threshold, tp, fp, tn, fn``, thresholds rising; the last one is above all scores.
    current
        Today's threshold where the predictions follow from one, as product.yaml states it or else
        as the lowest score taken for positive; ``None`` where they follow from no threshold.
    """
    frame, edges = counted.frame, counted.edges
    scores, n = frame["score"].to_numpy(float), frame["n"].to_numpy(float)
    place = np.searchsorted(edges, scores, side="right") - 1
    label, flagged = frame["label"].to_numpy(bool), frame["prediction"].to_numpy(bool)

    def from_above(which: np.ndarray) -> np.ndarray:
        per_edge = np.bincount(place[which], n[which], len(edges))
        return np.append(np.cumsum(per_edge[::-1])[::-1], 0.0)

    tp, fp = from_above(label), from_above(~label)
    cells = {"tp": tp, "fp": fp, "tn": fp[0] - fp, "fn": tp[0] - tp}
    thresholds = np.append(edges, np.nextafter(edges[-1], np.inf))
    lowest = place[flagged].min(initial=len(edges))
    if (place[~flagged] >= lowest).any():
        return pd.DataFrame({"threshold": thresholds, **cells}), None
    stated = counted.threshold
    before = thresholds[lowest - 1] if lowest else -np.inf
    last = np.inf if lowest == len(edges) else thresholds[lowest]
    if stated is not None and before < stated <= last:
        thresholds[lowest] = stated
    return pd.DataFrame({"threshold": thresholds, **cells}), float(thresholds[lowest])
