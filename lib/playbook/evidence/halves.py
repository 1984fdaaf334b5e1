"""Counts by score split into two halves at random, exactly as if the rows had been."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.errors import NoEvidence
from playbook.evidence.counts import Counts, count
from playbook.evidence.groups import check_groups
from playbook.evidence.performance import require
from playbook.evidence.tables import Decisions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def scored(decisions: Decisions, *columns: str) -> Counts:
    """Counts with scores of a table whose label has two values.

    Raises
    ------
    PlaybookError
        The label, the score or one of `columns` is missing, or the label is not one of two values.
    """
    require(decisions, "label", "score", *columns)
    if not decisions.binary:
        raise NoEvidence(
            "this needs a label of two values and the chance of one of them",
            where=decisions.where,
            remedy="It is meant for yes-or-no decisions with a score",
        )
    return count(decisions, scores=True)


def cells(counts: Counts, *keys: str) -> pd.DataFrame:
    """Counts by `keys` alone, sorted by them: the keys, ``n``, and ``rows`` as whole numbers."""
    rows = "rows" if "rows" in counts.frame else "n"
    grouped = counts.frame.groupby(list(keys))
    found = grouped.agg(n=("n", "sum"), rows=(rows, "sum")).reset_index()
    return found.astype({"n": float, "rows": "int64"})


def halve(cells: pd.DataFrame, rng: np.random.Generator) -> Ints:
    """Rows of each cell that fall into the first half: each row by the toss of a coin."""
    return rng.binomial(cells["rows"].to_numpy(), 0.5).astype("int64")


def portion(cells: pd.DataFrame, rows: Ints) -> Floats:
    """Cases that `rows` of the rows of each cell stand for; weights in a cell count alike."""
    return cells["n"].to_numpy() * rows / np.maximum(cells["rows"].to_numpy(), 1)


def deal(rows: Ints, drawn: Ints, rng: np.random.Generator) -> Ints:
    """Rows of each group among those `drawn` from each cell, at random.

    Given how many rows of a cell are drawn in all, the groups' numbers follow the multivariate
    hypergeometric law: so each group column can be counted in a query of its own and still agree
    with one and the same split of the rows.

    Parameters
    ----------
    rows
        Shape (groups, cells).
    drawn
        Shape (cells,), at most the rows of each cell in all.
    """
    left, rest = drawn.copy(), rows.sum(axis=0)
    found = np.empty_like(rows)
    for group, own in enumerate(rows):
        rest = rest - own
        found[group] = rng.hypergeometric(own, rest, left)
        left = left - found[group]
    return found


def group_rows(
    decisions: Decisions, column: str, whole: pd.DataFrame
) -> tuple[list[str], Ints, Floats]:
    """Groups of `column` by the cells of `whole` (score × label), in one query.

    Returns
    -------
    names, rows, n
        Groups, and their rows and cases, each of shape (groups, cells).

    Raises
    ------
    PlaybookError
        The column looks like an identifier.
    """
    check_groups(decisions, [column])
    frame = cells(count(decisions, by=[column], scores=True), column, "score", "label")
    names = sorted(frame[column].unique())
    place = pd.MultiIndex.from_frame(whole[["score", "label"]]).get_indexer(
        pd.MultiIndex.from_frame(frame[["score", "label"]])
    )
    at = (np.searchsorted(names, frame[column].to_numpy()), place)
    rows, n = np.zeros((len(names), len(whole)), "int64"), np.zeros((len(names), len(whole)))
    rows[at], n[at] = frame["rows"], frame["n"]
    return names, rows, n


def out_of(share: float) -> str:
    """A stated share in natural frequencies: ``10 of 100``, ``5 of 1,000``."""
    from playbook.evidence.words import count as said

    for whole in (100, 1_000, 10_000):
        if abs(share * whole - round(share * whole)) < 1e-9:
            return f"{said(share * whole)} of {said(whole)}"
    return f"{share * 100:g} of 100"
