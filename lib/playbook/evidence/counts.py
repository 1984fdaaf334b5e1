"""One GROUP BY turns a table of decisions into counts; everything after is arithmetic on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence.tables import Decisions

EXACT_SCORES = 20_000
BINS = 4_096
Window = Literal["year", "quarter", "month", "week", "day"]
_UNITS = {"year": "Y", "quarter": "Q", "month": "M", "week": "W", "day": "D"}
_HEAD = 50_000
_WEIGHED = ", weighted, effective n by Kish"


@dataclass(frozen=True)
class Counts:
    """How many cases there are of each kind.

    Attributes
    ----------
    frame
        Columns: the groups asked for, ``window`` and ``score`` if asked for, ``label`` and
        ``prediction`` (where the table has them) and ``n``. Only combinations that occur. In a
        weighted table also ``rows``, and ``weight`` and ``weight_sq``, the sums of weights and of
        their squares; ``n`` is then what the weights are worth in cases, see `count`.
    by
        The group columns.
    bins
        ``exact`` where every score stands for itself; else how scores were binned. ``none``
        without scores.
    threshold
        The threshold in use, where there is one; it is always a bin edge.
    edges
        Without bins the distinct scores; with bins the lower edge of each occupied bin: at
        ``score >= edge`` counts are exact. Ascending; empty without scores.
    weighted
        Whether ``n`` comes from weights.
    """

    frame: pd.DataFrame
    by: tuple[str, ...]
    bins: str
    threshold: float | None
    edges: np.ndarray
    weighted: bool = False

    @property
    def n(self) -> int:
        """Cases in total; of weighted ones how many unweighted ones would tell as much."""
        return round(self.frame["n"].sum())

    @property
    def how(self) -> str:
        """What an estimate's method has to add about weights."""
        return _WEIGHED if self.weighted else ""

    @property
    def how_scored(self) -> str:
        """What the method of an estimate from scores has to add: binned scores, weights."""
        binned = "" if self.bins in {"exact", "none"} else f", scores in {self.bins}"
        return binned + self.how

    def by_score(self) -> pd.DataFrame:
        """One row per distinct score or bin, ascending: edge, score, positives, negatives."""
        wide = self.frame.pivot_table(
            index="score", columns="label", values="n", aggfunc="sum", fill_value=0
        ).reindex(columns=[False, True], fill_value=0)
        kind = float if self.weighted else "int64"
        return pd.DataFrame(
            {
                "edge": self.edges,
                "score": wide.index.to_numpy(float),
                "positives": wide[True].to_numpy(kind),
                "negatives": wide[False].to_numpy(kind),
            }
        )


def count(
    decisions: Decisions,
    by: Sequence[str] = (),
    scores: bool = False,
    window: Window | None = None,
) -> Counts:
    """Count cases by group × window × score × label × prediction, in one query.

    Scores are exact where the table has at most about 20,000 different ones (estimated within a
    few per cent where there are more than 50,000 rows). Otherwise they fall into 4,096 bins of
    equal width, with the threshold in use as one more edge, and ``score`` is the middle of the
    bin: rates at every edge stay exact, AUC is off by at most half the pairs that share a bin, and
    a mean of scores by at most 1/8,192.

    In a weighted table ``n`` is the sum of the weights, scaled so that all cells add up to Kish's
    effective sample size ``(Σw)² / Σw²`` (Kish 1965, Survey Sampling, section 8.2): shares are
    those of the population, and intervals are as wide as that many unweighted cases make them.

    Parameters
    ----------
    by
        Group columns.
    scores
        Whether to count by score.
    window
        The span of time to count by: ``window`` is when it begins.

    Raises
    ------
    PlaybookError
        A column of `by` is not one of the product's groups, or there is no score, or no time, to
        count by.
    """
    _check(decisions, by, scores, window)
    asked = (tuple(by), scores, window)
    if asked not in decisions.counted:
        decisions.counted[asked] = _count(decisions, by, scores, window)
    found: Counts = decisions.counted[asked]
    return found


def _count(decisions: Decisions, by: Sequence[str], scores: bool, window: Window | None) -> Counts:
    threshold = decisions.table.threshold
    parts = decisions.reading.parts(decisions.rows)
    raw = {name: parts[name].raw for name in by}
    if window:
        raw["window"] = parts["time"].raw.truncate(_UNITS[window])
    exact = scores and _few_scores(decisions)
    if exact:
        raw["score"] = parts["score"].raw
    elif scores:
        raw |= _binned(parts["score"].raw, threshold)
    outcomes = [c for c in ("label", "prediction") if c in parts]
    raw |= {name: parts[name].raw for name in outcomes}
    frame = _counted(decisions, raw)
    weighted = decisions.weighted
    if not scores:
        return Counts(frame, tuple(by), "none", threshold, np.array([]), weighted)
    if exact:
        edges = np.unique(frame["score"].to_numpy(float))
        return Counts(frame, tuple(by), "exact", threshold, edges, weighted)
    low, middle = _edges(frame.pop("playbook_bin"), frame.pop("playbook_above"), threshold)
    frame.insert(len(by) + bool(window), "score", middle)
    label = f"{BINS:,} bins of equal width"
    return Counts(frame, tuple(by), label, threshold, np.unique(low), weighted)


def _check(decisions: Decisions, by: Sequence[str], scores: bool, window: Window | None) -> None:
    for column in by:
        if column not in decisions.table.columns.groups:
            raise PlaybookError(
                f"'{column}' is not one of the product's group columns",
                where="product.yaml",
                remedy=did_you_mean(column, decisions.table.columns.groups),
            )
    if scores and not decisions.has_score:
        raise PlaybookError(
            "this table has no score",
            where="product.yaml",
            remedy="Name the column with the model's score under 'columns:'",
        )
    if window and decisions.table.columns.time is None:
        raise PlaybookError(
            "this table has no time",
            where="product.yaml",
            remedy="Name the column with the time of the decision as 'time:' under 'columns:'",
        )


def _few_scores(decisions: Decisions) -> bool:
    """Whether scores can stand for themselves: a look at the first rows often settles it."""
    scores = decisions.cases.select("score")
    with decisions.source.query():
        first = int(scores.limit(_HEAD)["score"].nunique().execute())
        if first > EXACT_SCORES or decisions.n_labelled <= _HEAD:
            return first <= EXACT_SCORES
        return int(scores["score"].approx_nunique().execute()) <= EXACT_SCORES


def _binned(score: ir.Value, threshold: float | None) -> dict[str, ir.Value]:
    # A power of two: the product is exact, so a score never lands beside its own bin.
    found = {"playbook_bin": ibis.least((score * BINS).floor(), BINS - 1).cast("int64")}
    above = score >= threshold if threshold is not None else ibis.literal(False)
    return found | {"playbook_above": above}


def _counted(decisions: Decisions, raw: dict[str, ir.Value]) -> pd.DataFrame:
    """Group by raw columns first, then make the few combinations canonical and join equals."""
    reading, rows = decisions.reading, decisions.rows
    sums = ["rows", "weight", "weight_sq"] if decisions.weighted else ["n"]
    asked: dict[str, ir.Value] = {sums[0]: ibis._.count()}
    if decisions.weighted:
        raw = {**raw, "playbook_weight": reading.parts(rows)["weight"].raw}
        weight = ibis._["playbook_weight"]
        asked |= {"weight": weight.sum(), "weight_sq": (weight * weight).sum()}
    keys = [name for name in raw if name != "playbook_weight"]
    if not keys and not decisions.weighted:
        return pd.DataFrame({"n": [decisions.n_labelled]})
    few = rows.select(**raw).aggregate(asked, by=keys)
    parts = reading.parts(rows)
    finished = {k: parts[k].finish(few[k]) if k in parts else few[k] for k in keys}
    named = few.select(**finished, **{name: few[name] for name in sums})
    judged = reading.judged(named)
    named = named if judged is None else named.filter(judged)
    with decisions.source.query():
        joined = named.aggregate({name: named[name].sum() for name in sums}, by=keys)
        frame = joined.execute().sort_values(keys, ignore_index=True)
    flags = [c for c in ("label", "prediction", "playbook_above") if c in frame]
    kinds: dict[str, type | str] = dict.fromkeys(flags, bool) if decisions.binary else {}
    frame = frame.astype({**kinds, sums[0]: "int64"})
    if decisions.weighted:
        scale = frame["weight"].sum() / frame["weight_sq"].sum()
        frame.insert(len(keys), "n", frame["weight"] * scale)
    return frame


def _edges(
    number: pd.Series, above: pd.Series, threshold: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Lower edge and middle of each bin; the bin that holds the threshold is two bins."""
    low = number.to_numpy(float) / BINS
    high = low + 1 / BINS
    if threshold is not None:
        split = (low < threshold) & (threshold < high)
        upper = above.to_numpy(bool)
        low = np.where(split & upper, threshold, low)
        high = np.where(split & ~upper, threshold, high)
    return low, (low + high) / 2
