"""Formulas of agreement from sums: raw agreement, agreement by chance, Krippendorff's α, Cohen's κ.

An item's labels are counted into a vector: how many people gave each label. All that α needs are
the vectors' sums, so an item adds a few numbers and no one has to hold the rows.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from playbook.evidence.intervals import Floats


def parts_of(vectors: Floats) -> Floats:
    """What items add to the sums: agreeing labels, the count of each label, and each confusion.

    Parameters
    ----------
    vectors
        Labels per item, shape (kinds, labels), each with at least two labels.

    Returns
    -------
    Shape (kinds, 1 + labels + pairs of labels); pairs in the order of `itertools.combinations`.
    """
    others = vectors.sum(axis=1) - 1
    agreeing = (vectors * (vectors - 1)).sum(axis=1) / others
    both = [
        2 * vectors[:, a] * vectors[:, b] / others
        for a, b in combinations(range(vectors.shape[1]), 2)
    ]
    return np.column_stack([agreeing, vectors, *both])


def raw(sums: Floats) -> Floats:
    """Chance that two people agree who both labelled an item: 1 − observed disagreement."""
    return sums[:, 0] / _labels(sums).sum(axis=1)


def by_chance(sums: Floats) -> Floats:
    """Chance that two labels drawn from all items are the same: 1 − expected disagreement."""
    found = _labels(sums)
    n = found.sum(axis=1)
    return (found * (found - 1)).sum(axis=1) / (n * (n - 1))


def alpha(sums: Floats) -> Floats:
    """Krippendorff's α for nominal labels, any number of people, gaps allowed.

    1 − observed over expected disagreement (Krippendorff 2019, Content Analysis, 4th edition,
    section 12.3). Where only one label occurs nothing can be told from chance: 0.
    """
    return beyond(raw(sums), by_chance(sums))


def base_rate(sums: Floats, label: int) -> Floats:
    """Share of all labels that are the one in this place."""
    found = _labels(sums)
    return found[:, label] / found.sum(axis=1)


def confusion(sums: Floats, pair: int) -> Floats:
    """Chance that two people who labelled an item give these two different labels."""
    k = _width(sums.shape[1])
    return sums[:, 1 + k + pair] / _labels(sums).sum(axis=1)


def kappa(cells: Floats) -> Floats:
    """Cohen's κ (1960) of two people, from counts of their labels, shape (draws, labels²)."""
    return beyond(same(cells), _margins(cells))


def same(cells: Floats) -> Floats:
    """Share of the items to which two people gave the same label."""
    square = _square(cells)
    return np.trace(square, axis1=1, axis2=2) / cells.sum(axis=1)


def beyond(seen: Floats, chance: Floats) -> Floats:
    """How much of the agreement that chance leaves open is there; 0 where it leaves none open."""
    room = 1 - chance
    found: Floats = np.zeros_like(seen)
    return np.divide(seen - chance, room, out=found, where=room > 1e-12)


def _margins(cells: Floats) -> Floats:
    square = _square(cells)
    both = square.sum(axis=1) * square.sum(axis=2)
    found: Floats = both.sum(axis=1) / cells.sum(axis=1) ** 2
    return found


def _square(cells: Floats) -> Floats:
    side = round(float(np.sqrt(cells.shape[1])))
    return cells.reshape(len(cells), side, side)


def _labels(sums: Floats) -> Floats:
    return sums[:, 1 : 1 + _width(sums.shape[1])]


def _width(columns: int) -> int:
    """Labels k of sums with 1 + k + k(k − 1)/2 columns."""
    return round((np.sqrt(8 * columns - 7) - 1) / 2)
