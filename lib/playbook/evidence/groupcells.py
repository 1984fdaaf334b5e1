"""Counts of each group and intersection, as arrays: everything about groups is made from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from playbook.evidence.intervals import Floats
from playbook.evidence.tables import MISSING

SELECTED, WRONGLY_SELECTED, WRONGLY_DENIED = 3, 1, 2
"""Kinds of case: 2 × (label is favourable) + (decision is favourable)."""
Kinds = tuple[int, ...]
ALL: Kinds = (0, 1, 2, 3)
FAVOURABLE: Kinds = (WRONGLY_DENIED, SELECTED)
CHOSEN: Kinds = (WRONGLY_SELECTED, SELECTED)


@dataclass(frozen=True)
class GroupCells:
    """Cases by group and kind.

    Attributes
    ----------
    groups
        Such as ``{"race": "Black"}``, family by family.
    families
        The groups of one column, or of several together, as slices of `groups`.
    rows, weight, weight_sq
        Shape (groups, 4): rows, and sums of weights and of their squares, by kind of case. All
        three are the same where rows have no weights.
    """

    groups: list[dict[str, str]]
    families: list[slice]
    rows: Floats
    weight: Floats
    weight_sq: Floats

    def share(self, part: Kinds, whole: Kinds) -> tuple[Floats, Floats]:
        """Cases of kind `part` and of kind `whole` per group.

        Weighted cases count as many as unweighted ones that would tell as much: of the group's own
        cases of kind `whole`, ``(Σw)² / Σw²`` (Kish 1965, Survey Sampling, section 8.2).
        """
        weight, square = (x[:, whole].sum(axis=1) for x in (self.weight, self.weight_sq))
        worth = np.divide(weight, square, out=np.zeros_like(weight), where=square > 0)
        return self.weight[:, part].sum(axis=1) * worth, weight * worth

    def seen(self, kinds: Kinds) -> list[int]:
        """Rows of these kinds per group."""
        return self.rows[:, kinds].sum(axis=1).astype(int).tolist()


def families_of(
    columns: Sequence[str], together: Sequence[Sequence[str]] | None
) -> list[list[str]]:
    """Each column alone, then the intersections stated, or every pair where none is stated."""
    pairs = combinations(columns, 2) if together is None else together
    return [[column] for column in columns] + [list(pair) for pair in pairs]


def group_cells(
    frame: pd.DataFrame,
    families: Sequence[Sequence[str]],
    favourable_is_positive: bool,
    order: Mapping[str, Sequence[str]] | None = None,
) -> GroupCells:
    """Add up `Counts.frame` by each family of columns.

    Groups stand in the order that `order` states for a column, else by name; a missing one last.
    """
    weighted = "weight" in frame
    names = ("rows", "weight", "weight_sq") if weighted else ("n",)
    sums = [frame[name].to_numpy(float) for name in names]
    good = frame["label"].to_numpy(bool) == favourable_is_positive
    selected = frame["prediction"].to_numpy(bool) == favourable_is_positive
    kind = 2 * good + selected
    coded = {
        column: _coded(frame[column], (order or {}).get(column, ()))
        for column in dict.fromkeys(column for family in families for column in family)
    }
    groups: list[dict[str, str]] = []
    slices: list[slice] = []
    added: list[list[np.ndarray]] = []
    for family in families:
        sizes = [len(coded[column][1]) for column in family]
        cell = np.ravel_multi_index([coded[column][0] for column in family], sizes)
        found, place = np.unique(cell, return_inverse=True)
        values = np.array(np.unravel_index(found, sizes)).T.tolist()
        slices.append(slice(len(groups), len(groups) + len(found)))
        groups += [
            {c: coded[c][1][code] for c, code in zip(family, codes, strict=True)}
            for codes in values
        ]
        at, length = 4 * place + kind, 4 * len(found)
        added.append([np.bincount(at, s, length).reshape(-1, 4) for s in sums])
    joined = [np.concatenate(parts) for parts in zip(*added, strict=True)]
    rows, weight, square = joined if weighted else joined * 3
    return GroupCells(groups, slices, rows, weight, square)


def _coded(column: pd.Series, order: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Each value's place among the names, and the names in the order they are shown in."""
    codes, found = pd.factorize(column.to_numpy(object))
    names = [str(name) for name in found]
    place = {name: i for i, name in enumerate(order)}
    shown = sorted(names, key=lambda name: (name == MISSING, place.get(name, len(place)), name))
    rank = {name: i for i, name in enumerate(shown)}
    return np.array([rank[name] for name in names], dtype=np.intp)[codes], shown
