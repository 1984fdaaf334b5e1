"""Rows alike in every feature but with different labels, and what that caps accuracy at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence.intervals import EXACT_BELOW, Interval, proportion
from playbook.evidence.resample import DRAWS
from playbook.evidence.stored import LABEL, labelled, part
from playbook.evidence.tables import Decisions

MOST_ROWS = 1_000_000
"""Above this many rows only whole sets of alike rows are taken, about this many rows in all."""
LEAST_SETS, LEAST_ROWS = 30, 200


@dataclass(frozen=True)
class Repeats:
    """Sets of rows that are alike in every feature.

    Attributes
    ----------
    contradictory
        Share of rows in a set with both labels.
    sets
        How many sets have both labels.
    repeated, repeated_sets
        Rows that share their features with another row, and the sets they form.
    ceiling
        The most any rule on these features can be right among repeated inputs; None with fewer
        than 30 sets or 200 rows.
    features
        How many features were compared.
    part
        One of so many rows was looked at.
    """

    contradictory: Estimate
    sets: int
    repeated: int
    repeated_sets: int
    ceiling: Estimate | None
    features: int
    part: int


def repeats(decisions: Decisions, confidence: float = 0.95) -> Repeats | None:
    """Count sets of alike rows by size and labels; None where no features are named.

    The engine groups the rows; only how often each pair (rows, positives) occurs comes back.
    """
    roles = decisions.table.columns
    taken = {roles.label, roles.score, roles.prediction, roles.id, roles.weight}
    features = [c for c in roles.features if c not in taken]
    if not features:
        return None
    one_in = math.ceil(decisions.n_labelled / MOST_ROWS)
    rows = part(labelled(decisions), features, one_in)
    keyed = rows.select(**{f"c{i}": rows[c] for i, c in enumerate(features)}, y=rows[LABEL])
    sets = keyed.group_by([f"c{i}" for i in range(len(features))]).aggregate(
        size=lambda t: t.count(), positives=lambda t: t.y.cast("int64").sum()
    )
    kinds = sets.group_by(["size", "positives"]).aggregate(sets=lambda t: t.count())
    with decisions.source.query():
        frame = kinds.execute().sort_values(["size", "positives"])
    return _repeats(
        *(frame[c].to_numpy("int64") for c in ("size", "positives", "sets")),
        features=len(features),
        part=one_in,
        confidence=confidence,
    )


def _repeats(
    size: np.ndarray,
    positives: np.ndarray,
    sets: np.ndarray,
    *,
    features: int,
    part: int,
    confidence: float,
) -> Repeats | None:
    n = int((size * sets).sum())
    if n == 0:
        return None
    both = (positives > 0) & (positives < size)
    again = size > 1
    repeated, repeated_sets = int((size * sets)[again].sum()), int(sets[again].sum())
    share = cluster_share(size * both, size, sets, confidence)
    contradictory = Estimate(measure="contradictory_label_rate", value=share.value, low=share.low,
                             high=share.high, n=n, method=share.method)  # fmt: skip
    ceiling = None
    if repeated_sets >= LEAST_SETS and repeated >= LEAST_ROWS:
        ceiling = _ceiling(size[again], positives[again], sets[again], confidence)
    return Repeats(contradictory, int(sets[both].sum()), repeated, repeated_sets, ceiling,
                   features, part)  # fmt: skip


def _ceiling(
    size: np.ndarray, positives: np.ndarray, sets: np.ndarray, confidence: float
) -> Estimate:
    """Cover and Hart (1967): any rule's error is at least ``(1 - sqrt(1 - 2 d)) / 2`` where d is
    how often two cases with the same input differ in label; d is counted over pairs of a set."""
    differ = 2 * positives * (size - positives) / (size - 1)
    found = cluster_share(differ, size, sets, confidence)
    low, value, high = (
        (1 + math.sqrt(max(0.0, 1 - 2 * d))) / 2 for d in (found.high, found.value, found.low)
    )
    method = f"Cover-Hart bound from how often two alike rows differ, {found.method}"
    return Estimate(measure="accuracy_ceiling", value=value, low=low, high=high,
                    n=int((size * sets).sum()), method=method)  # fmt: skip


def cluster_share(
    part: np.ndarray, size: np.ndarray, sets: np.ndarray, confidence: float = 0.95
) -> Interval:
    """``sum(part) / sum(size)`` where whole sets were drawn, not rows.

    Sets of each kind are resampled (multinomial: the cluster bootstrap, Davison and Hinkley 1997,
    section 3.8), the interval is the percentile one. Where no set has any part, or all have all of
    it, resampling says nothing: then the interval is that of a rate among the sets.

    Parameters
    ----------
    part, size, sets
        Per kind of set: what is counted in it, its rows, and how many sets of this kind there are.
    """
    total = int(sets.sum())
    value = float((part * sets).sum() / (size * sets).sum())
    if value in (0, 1) or total < EXACT_BELOW:
        return _as_sets(value, total, confidence)
    draws = np.random.default_rng(0).multinomial(total, sets / total, DRAWS)
    shares = (draws @ part) / (draws @ size)
    low, high = np.quantile(shares, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    method = f"{DRAWS:,} resamples of sets, {100 * confidence:g} % percentile interval"
    return Interval(value, min(low, value), max(high, value), method)


def _as_sets(value: float, total: int, confidence: float) -> Interval:
    found = proportion(round(value * total), total, confidence)
    return Interval(value, min(found.low, value), max(found.high, value),
                    f"{found.method} over sets of alike rows")  # fmt: skip
