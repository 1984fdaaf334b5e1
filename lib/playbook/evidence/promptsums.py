"""Statistics of answers with intervals from which questions were asked, as a prompt's answers hang
together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from playbook.evidence.intervals import Floats, Interval
from playbook.evidence.itemsums import OfSums, over_items

_TWO_TRIES = np.array([[1, 2, 1, 0.5, 4], [1, 2, 0, 0, 4], [1, 2, 2, 2, 4]])
"""What `_correlation` needs of a prompt that passes once in two tries, never, and always."""


def by_prompt(prompts: pd.Series, columns: ArrayLike) -> Floats:
    """Sums of `columns`, shape (answers, k), for each prompt."""
    codes = pd.factorize(prompts)[0]
    values = np.asarray(columns, float)
    return np.column_stack([np.bincount(codes, weights=column) for column in values.T])


def over_prompts(
    prompts: pd.Series,
    columns: ArrayLike,
    statistic: OfSums,
    confidence: float = 0.95,
    unseen: ArrayLike | None = None,
) -> Interval:
    """A statistic of the sums of `columns`, with an interval for other such prompts.

    Parameters
    ----------
    prompts
        Which prompt each answer belongs to.
    unseen
        What prompts nobody saw could have added, shape (kinds, k): where all seen ones are alike,
        it must stay thinkable that another is not.
    """
    kinds, counts = np.unique(by_prompt(prompts, columns), axis=0, return_counts=True)
    more = np.empty((0, kinds.shape[1])) if unseen is None else np.asarray(unseen, float)
    items = np.concatenate([counts.astype(float), np.zeros(len(more))])
    found = over_items(items, np.concatenate([kinds, more]), statistic, confidence)
    return Interval(found.value, found.low, found.high, f"{found.method}, of prompts")


def likeness(passes: pd.Series, prompts: pd.Series, confidence: float = 0.95) -> Interval | None:
    """Intraclass correlation of ones and zeros: 0 where tries of a prompt differ as much as
    prompts do, 1 where they always end alike. None where no prompt was tried twice, or all end
    alike."""
    tries = passes.groupby(prompts).transform("size").to_numpy(float)
    if tries.max() < 2 or passes.nunique() < 2:
        return None
    mean = passes.groupby(prompts).transform("mean").to_numpy(float)
    columns = np.column_stack([1 / tries, np.ones(len(passes)), passes, mean**2, tries])
    return over_prompts(prompts, columns, _correlation, confidence, _TWO_TRIES)


def _correlation(sums: Floats) -> Floats:
    """Intraclass correlation of ones and zeros by analysis of variance (Fisher 1925), from 0 to 1.

    Columns are prompts, answers, ones, the squared mean of each answer's prompt, and the squared
    number of each prompt's answers.
    """
    k, n, ones, between, squares = sums.T
    more = np.maximum(k - 1, 1)
    among = (between - ones**2 / n) / more
    within = (ones - between) / np.maximum(n - k, 1)
    size = (n - squares / n) / more
    total = among + (size - 1) * within
    found: Floats = np.zeros(len(sums))
    np.divide(among - within, total, out=found, where=total > 1e-12)
    return np.clip(found, 0, 1)


def share(sums: Floats) -> Floats:
    """The first sum over the second; 0 where the second is none."""
    found: Floats = np.zeros(len(sums))
    return np.divide(sums[:, 0], sums[:, 1], out=found, where=sums[:, 1] > 0)


def more_passes(cells: Floats) -> Floats:
    """How many more the second rater passes, from counts of both failing, only the second passing,
    only the first passing, both passing."""
    return share(np.column_stack([cells[:, 1] - cells[:, 2], cells.sum(axis=1)]))


def roughly(n: int) -> int:
    """A forecast number rounded up to two digits: ``roughly(4401) == 4500``."""
    step: int = 10 ** max(0, len(str(n)) - 2)
    return -(-n // step) * step
