"""How good decisions among several classes are, and which classes are taken for which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence, PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import multiclasswords
from playbook.evidence.counts import count
from playbook.evidence.display import Html
from playbook.evidence.intervals import Interval, exact, proportion
from playbook.evidence.measured import Measured
from playbook.evidence.paired import paired_difference
from playbook.evidence.performance import require
from playbook.evidence.resample import resampled
from playbook.evidence.tables import Decisions
from playbook.product import Words

MOST_CELLED = 50
"""Up to so many classes averages have BCa intervals; beyond, plain percentiles."""
RESAMPLES = 1_000
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Confused:
    """How often one class is taken for another: a share of all cases of `label`."""

    label: str
    prediction: str
    rate: Estimate
    n: int


@dataclass(frozen=True)
class Multiclass(Measured):
    """Measured decisions among classes; ``multiclass["macro_f1"]`` is one estimate.

    Attributes
    ----------
    estimates
        Everything together, then precision, recall and F1 of each class (``{"class": …}``).
    confusion
        Cases by label (rows) and prediction (columns), classes in the product's order.
    confused
        Pairs that are confused at least once, the most frequent first.
    most_common
        The class that always saying it would be right most often.
    """

    estimates: list[Estimate]
    confusion: pd.DataFrame
    confused: list[Confused]
    most_common: str
    unlabelled: int
    words: Words

    @property
    def classes(self) -> list[str]:
        """Classes in the product's order."""
        return list(self.confusion.index)

    def of(self, measure: str, name: str) -> Estimate | None:
        """The estimate of `measure` of the class `name`, or None."""
        return self.get(measure, **{"class": name})

    def summary(self) -> Html:
        """How often decisions are right, and the most frequent confusions."""
        return multiclasswords.summary(self)

    def table(self) -> Html:
        """Every measure of everything together."""
        return multiclasswords.measures(self)

    def class_table(self) -> Html:
        """Precision, recall and F1 of each class."""
        return multiclasswords.class_table(self)

    def confusion_table(self) -> Html:
        """Which classes are taken for which."""
        return multiclasswords.confusion_table(self)

    def chart(self) -> Html:
        """How many cases of each class are recognised."""
        return multiclasswords.chart(self)


def multiclass(decisions: Decisions, confidence: float = 0.95) -> Multiclass:
    """Measure decisions among several classes against labels, from counts by both.

    Rates have Wilson's interval (exact under 40 cases). F1 is 2J / (1 + J) of the share J of cases
    decided rightly among those that are, or are said to be, of the class; so its limits are those
    of J, turned the same way. Averages over classes and Cohen's κ (1960) come from `resampled`
    counts. A class that is never decided for has precision 0 in the average; one that neither
    occurs nor is decided for is left out.

    Raises
    ------
    PlaybookError
        The product states no classes, or the table has no label, no prediction or no labelled row.
    """
    require(decisions, "label", "prediction")
    if not decisions.table.classes:
        raise PlaybookError(
            "the product states no classes",
            where=decisions.where,
            remedy="List the label's values under 'classes:' in product.yaml",
        )
    counts = count(decisions)
    names = list(decisions.table.classes)
    wide = counts.frame.pivot_table(
        index="label", columns="prediction", values="n", aggfunc="sum", fill_value=0
    ).reindex(index=names, columns=names, fill_value=0)
    cells = wide.to_numpy(float)
    if cells.sum() <= 0:
        raise NoEvidence(
            "no row has a label", where=decisions.where, remedy="Add rows with their true class"
        )
    found = _rates(cells, names, counts.how, confidence)
    overall = _overall(cells, names, counts.how, confidence)
    return Multiclass(
        estimates=overall + found,
        confusion=wide.rename_axis(index=None, columns=None),
        confused=_confused(cells, names, counts.how, confidence),
        most_common=names[int(cells.sum(axis=1).argmax())],
        unlabelled=decisions.unlabelled,
        words=decisions.product.words,
    )


def _rates(cells: np.ndarray, names: list[str], how: str, confidence: float) -> list[Estimate]:
    found = []
    for i, name in enumerate(names):
        right, real, said = cells[i, i], cells[i].sum(), cells[:, i].sum()
        either = real + said - right
        scope = {"class": name}
        for measure, n in (("recall", real), ("precision", said)):
            if n > 0:
                found.append(
                    proportion(right, n, confidence).estimate(measure, n, group=scope, how=how)
                )
        if either > 0:
            share = proportion(right, either, confidence)
            value, low, high = (2 * x / (1 + x) for x in (share.value, share.low, share.high))
            method = f"{share.method} of the Jaccard share, turned into F1"
            found.append(Interval(value, low, high, method).estimate(
                "f1", either, group=scope, unit="score", how=how))  # fmt: skip
    return found


def _overall(cells: np.ndarray, names: list[str], how: str, confidence: float) -> list[Estimate]:
    n, real = cells.sum(), cells.sum(axis=1)
    right, common = np.trace(cells), int(real.argmax())
    found = [proportion(right, n, confidence).estimate("accuracy", n, how=how)]
    found.append(
        proportion(real[common], n, confidence).estimate(
            "baseline_accuracy", n, how=f", always saying the most common class of these rows{how}")
    )  # fmt: skip
    only_model = right - cells[common, common]
    only_rule = real[common] - cells[common, common]
    difference = paired_difference(
        round(only_model), round(only_rule), round(n), confidence=confidence
    )
    found.append(difference.model_copy(update={"method": difference.method + how}))
    averages = {"macro_precision": 0, "macro_recall": 1, "macro_f1": 2, "cohen_kappa": 3}
    values = _averages(cells[None])[0]
    known = {m: place for m, place in averages.items() if np.isfinite(values[place])}
    limits = _resampled if len(cells) <= MOST_CELLED and cells.max() >= 2 else _percentiles
    for measure, interval in zip(known, limits(cells, [*known.values()], confidence), strict=True):
        found.append(interval.estimate(measure, n, unit="score", how=how))
    return found


def _resampled(cells: np.ndarray, places: list[int], confidence: float) -> list[Interval]:
    def statistic(place: int) -> Callable[[np.ndarray], np.ndarray]:
        # A resample of one class only says nothing on agreement beyond chance: it counts as none.
        return lambda drawn: np.nan_to_num(_averages(drawn.reshape(-1, *cells.shape))[:, place])

    return [resampled(cells.ravel(), statistic(place), confidence=confidence) for place in places]


def _averages(cells: np.ndarray) -> np.ndarray:
    """Macro precision, recall and F1, and Cohen's κ, of counts shaped (…, classes, classes)."""
    right = np.diagonal(cells, axis1=-2, axis2=-1)
    real, said, n = cells.sum(axis=-1), cells.sum(axis=-2), cells.sum(axis=(-2, -1))
    occurs = real + said > 0
    parts = [(right, said, occurs), (right, real, real > 0), (2 * right, real + said, occurs)]
    found = []
    for top, bottom, counted in parts:
        rates = np.divide(top, bottom, out=np.zeros_like(top, dtype=float), where=bottom > 0)
        found.append((rates * counted).sum(axis=-1) / counted.sum(axis=-1))
    agreed, chance = right.sum(axis=-1) / n, (real * said).sum(axis=-1) / n**2
    room = 1 - chance
    kappa = np.divide(agreed - chance, room, out=np.full_like(agreed, np.nan), where=room > 1e-12)
    return np.stack([*found, kappa], axis=-1)


def _draws(cells: np.ndarray) -> np.ndarray:
    """`_averages` of resampled counts, in portions that fit in memory; shape (draws, 4)."""
    random, size = np.random.default_rng(0), len(cells)
    n, shares = round(cells.sum()), cells.ravel() / cells.sum()
    portion = max(1, min(RESAMPLES, _AT_ONCE // size**2))
    drawn = []
    for start in range(0, RESAMPLES, portion):
        many = min(portion, RESAMPLES - start)
        drawn.append(_averages(random.multinomial(n, shares, many).reshape(many, size, size)))
    return np.concatenate(drawn)


def _percentiles(cells: np.ndarray, places: list[int], confidence: float) -> list[Interval]:
    values, drawn = _averages(cells[None])[0], _draws(cells)
    real = cells.sum(axis=1)
    smallest, tails = real[real > 0].min(), [(1 - confidence) / 2, (1 + confidence) / 2]
    found = []
    for place in places:
        value, known = float(values[place]), drawn[np.isfinite(drawn[:, place]), place]
        method = (
            f"{RESAMPLES:,} resamples of the counts, percentile {100 * confidence:g} % interval"
        )
        if not len(known) or np.ptp(known) < 1e-12:
            share = min(1.0, max(0.0, value))
            low, high = (float(x) for x in exact(share * smallest, smallest, confidence))
            method = f"exact {100 * confidence:g} % interval of the smallest class"
        else:
            low, high = np.quantile(known, tails).tolist()
        found.append(Interval(value, min(low, value), max(high, value), method))
    return found


def _confused(cells: np.ndarray, names: list[str], how: str, confidence: float) -> list[Confused]:
    real = cells.sum(axis=1)
    rows, columns = np.nonzero(cells * (1 - np.eye(len(names))))
    order = np.argsort(-cells[rows, columns], kind="stable")
    found = []
    for i, j in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        share = proportion(cells[i, j], real[i], confidence)
        scope = {"class": names[i], "taken for": names[j]}
        rate = share.estimate("confusion_rate", real[i], group=scope, how=how)
        found.append(Confused(names[i], names[j], rate, round(cells[i, j])))
    return found


__all__ = ["Confused", "Multiclass", "multiclass"]
