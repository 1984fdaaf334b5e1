"""One GROUP BY turns a table of decisions into counts; everything after is arithmetic on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence.tables import Decisions

EXACT_SCORES = 20_000
BINS = 4_096


@dataclass(frozen=True)
class Counts:
    """How many cases there are of each kind.

    Attributes
    ----------
    frame
        Columns: the groups asked for, ``score`` if asked for, ``label`` and ``prediction`` (bool,
        where the table has them) and ``n``. Only combinations that occur.
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
    """

    frame: pd.DataFrame
    by: tuple[str, ...]
    bins: str
    threshold: float | None
    edges: np.ndarray

    @property
    def n(self) -> int:
        """Cases in total."""
        return int(self.frame["n"].sum())

    def by_score(self) -> pd.DataFrame:
        """One row per distinct score or bin, ascending: edge, score, positives, negatives."""
        wide = self.frame.pivot_table(
            index="score", columns="label", values="n", aggfunc="sum", fill_value=0
        ).reindex(columns=[False, True], fill_value=0)
        return pd.DataFrame(
            {
                "edge": self.edges,
                "score": wide.index.to_numpy(float),
                "positives": wide[True].to_numpy("int64"),
                "negatives": wide[False].to_numpy("int64"),
            }
        )


def count(decisions: Decisions, by: Sequence[str] = (), scores: bool = False) -> Counts:
    """Count cases by group × score × label × prediction, in one query.

    Scores are exact where the table has at most 20,000 different ones. Otherwise they fall into
    4,096 bins of equal width, with the threshold in use as one more edge, and ``score`` is the
    middle of the bin: rates at every edge stay exact, AUC is off by at most half the pairs that
    share a bin, and a mean of scores by at most 1/8,192.

    Raises
    ------
    PlaybookError
        A column of `by` is not one of the product's groups, or there is no score to count.
    """
    cases, threshold = decisions.cases, decisions.table.threshold
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
    keys = [c for c in ("label", "prediction") if c in cases.columns]
    if not scores:
        frame = _group(cases, [*by, *keys], decisions)
        return Counts(frame, tuple(by), "none", threshold, np.array([]))
    if _few_scores(decisions):
        frame = _group(cases, [*by, "score", *keys], decisions)
        edges = np.unique(frame["score"].to_numpy(float))
        return Counts(frame, tuple(by), "exact", threshold, edges)
    binned = cases.mutate(
        # A power of two: the product is exact, so a score never lands beside its own bin.
        playbook_bin=ibis.least((cases["score"] * BINS).floor(), BINS - 1).cast("int64"),
        playbook_above=cases["score"] >= threshold if threshold is not None else False,
    )
    frame = _group(binned, [*by, "playbook_bin", "playbook_above", *keys], decisions)
    low, middle = _edges(frame.pop("playbook_bin"), frame.pop("playbook_above"), threshold)
    frame.insert(len(by), "score", middle)
    label = f"{BINS:,} bins of equal width"
    return Counts(frame, tuple(by), label, threshold, np.unique(low))


def _few_scores(decisions: Decisions) -> bool:
    """Stops at the first 20,001 different scores instead of counting them all."""
    scores = decisions.cases.select("score").distinct().limit(EXACT_SCORES + 1)
    with decisions.source.query():
        return int(scores.count().execute()) <= EXACT_SCORES


def _group(table: ibis.Table, keys: list[str], decisions: Decisions) -> pd.DataFrame:
    with decisions.source.query():
        if not keys:
            return pd.DataFrame({"n": [decisions.n_labelled]})
        grouped = table.group_by(keys).aggregate(n=lambda t: t.count())
        frame = grouped.execute().sort_values(keys, ignore_index=True)
    flags = {c: bool for c in ("label", "prediction", "playbook_above") if c in frame}
    return frame.astype({**flags, "n": "int64"})


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
