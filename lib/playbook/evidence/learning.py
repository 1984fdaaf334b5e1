"""What more rows would bring: a plain model refitted on growing parts of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.errors import NoEvidence, PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import learningwords
from playbook.evidence.display import Html
from playbook.evidence.powerlaw import PowerLaw, fit, plausible, shared_rows
from playbook.evidence.sampling import Sample, sample
from playbook.evidence.tables import Decisions
from playbook.product import Words

if TYPE_CHECKING:
    from playbook.evidence.standin import Flags, Learner

MOST_ROWS = 20_000
FOLDS = 5
SIZES = 6
WORTH = 0.005
"""A rise of AUC that hardly anyone would collect as many rows again for."""
_LEAST_ROWS, _LEAST_OF_A_KIND, _DRAWS = 200, 40, 2_000
_BEYOND = 1e9

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Needed:
    """Rows at which the stand-in would reach `target`.

    Attributes
    ----------
    rows
        None where the curve, as it is or within its uncertainty, may never get there.
    at_least
        Without `rows`: so many at the least; None where no curve that fits gets there.
    likely
        Without `rows`: where the best-fitting curve gets there; None where it never does.
    """

    target: float
    rows: Estimate | None
    at_least: float | None = None
    likely: float | None = None


@dataclass(frozen=True)
class LearningCurve:
    """AUC of a plain stand-in model by the rows it learns from.

    Attributes
    ----------
    points
        ``rows, value, low, high``: mean AUC on held-out rows at each training size.
    fitted
        ``x, value, low, high``: the power law through them, drawn on to twice the largest size.
    auc
        AUC of the stand-in if it learnt from as many rows as the table has labelled.
    doubling
        What twice as many rows would add to it.
    tried
        Rows of the sample that the stand-in was tried on.
    used, left_out
        Features it learnt from, and those it cannot use.
    """

    points: pd.DataFrame
    fitted: pd.DataFrame
    auc: Estimate
    doubling: Estimate
    target: Needed | None
    rows: int
    tried: int
    used: list[str]
    left_out: list[str]
    words: Words
    law: PowerLaw
    draws: PowerLaw
    confidence: float
    method: str

    def rows_needed(self, target: float) -> Needed:
        """Rows at which the stand-in would reach an AUC of `target`."""
        point = float(self.law.needed(target)[0])
        tail = (1 - self.confidence) / 2
        drawn = np.minimum(self.draws.needed(target), _BEYOND)
        low, high = (float(x) for x in np.quantile(drawn, [tail, 1 - tail]))
        if high >= _BEYOND or point >= _BEYOND:
            return Needed(
                target,
                None,
                None if low >= _BEYOND else min(low, point),
                None if point >= _BEYOND else point,
            )
        estimate = Estimate(
            measure="rows_needed", group={"target_auc": f"{target:g}"}, value=point,
            low=min(low, point), high=max(high, point), n=self.tried, unit="count",
            method=self.method,
        )  # fmt: skip
        return Needed(target, estimate)

    @property
    def estimates(self) -> list[Estimate]:
        """AUC at today's rows, what doubling adds, and rows needed where they can be told."""
        found = [self.auc, self.doubling]
        return found + ([self.target.rows] if self.target and self.target.rows else [])

    def summary(self) -> Html:
        """Whether more rows of the same kind are likely to help."""
        return learningwords.summary(self)

    def table(self) -> Html:
        """AUC at each training size."""
        return learningwords.table_of(self)

    def chart(self) -> Html:
        """The curve with its band, drawn on to twice the largest training size."""
        return learningwords.chart(self)


def learning_curve(
    decisions: Decisions,
    *,
    target: float | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    most_rows: int = MOST_ROWS,
    learner: Learner | None = None,
) -> LearningCurve:
    """Refit a plain stand-in model at six training sizes, and say what more rows would bring.

    The stand-in is scikit-learn's histogram gradient boosting on the named features, never the
    product's own model (no model file is opened). It learns from parts of a seeded sample of at
    most `most_rows` labelled rows, in five folds: each fold scores the rows it did not see, and
    smaller training parts lie inside larger ones. The interval at each size is a t interval over
    folds, widened for the rows that folds share; the curve is an inverse power law, refitted to
    2,000 curves that agree with the folds. What lies beyond the rows at hand is extrapolated.

    Parameters
    ----------
    target
        An AUC to reach, for `LearningCurve.target`.
    learner
        Another stand-in, see `standin.Learner`.

    Raises
    ------
    PlaybookError
        There is no label of two values or no usable feature, or there are too few rows (under 200,
        or under 40 of a kind).
    """
    if target is not None and not 0.5 < target < 1:
        raise PlaybookError(
            f"an AUC of {target} is no target",
            remedy="State one between 0.5, a coin, and 1, never wrong",
        )
    drawn = sample(decisions, most_rows, seed)
    rarer = int(min(drawn.label.sum(), (~drawn.label).sum()))
    if len(drawn.label) < _LEAST_ROWS or rarer < _LEAST_OF_A_KIND:
        raise NoEvidence(
            f"there are too few rows to see what more would bring: {len(drawn.label):,}, and "
            f"{rarer:,} of the rarer kind",
            where=decisions.where,
            remedy=f"It takes {_LEAST_ROWS} labelled rows, {_LEAST_OF_A_KIND} of each kind",
        )
    from playbook.evidence.standin import boosted

    sizes = _sizes(len(drawn.label), rarer)
    results = fold_results(drawn, sizes, learner or boosted(drawn.categorical, seed), seed)
    return _curve(decisions, drawn, sizes, results, target, confidence, seed)


def fold_results(drawn: Sample, sizes: Floats, learner: Learner, seed: int) -> Floats:
    """AUC on the rows held out, by fold and training size: shape (folds, sizes)."""
    label = drawn.label
    rng = np.random.default_rng([seed, 1])
    # Folds, and every stretch of the order, hold both kinds in proportion.
    rank, fold_of = np.empty(len(label)), np.empty(len(label), dtype=int)
    for kind in (True, False):
        which = rng.permutation(np.flatnonzero(label == kind))
        rank[which] = (np.arange(len(which)) + 0.5) / len(which)
        fold_of[which] = np.arange(len(which)) % FOLDS
    order = np.argsort(rank, kind="stable")
    found = np.empty((FOLDS, len(sizes)))
    for fold in range(FOLDS):
        held_out = order[fold_of[order] == fold]
        rest = order[fold_of[order] != fold]
        rest = np.roll(rest, -fold * len(rest) // FOLDS)  # so that small parts share no row
        for place, size in enumerate(sizes.astype(int)):
            seen = rest[:size]
            scores = learner(drawn.features[seen], label[seen], drawn.features[held_out])
            found[fold, place] = _auc(scores, label[held_out])
    return found


def _auc(scores: Floats, label: Flags) -> float:
    from scipy.stats import rankdata

    positives = int(label.sum())
    above = rankdata(scores)[label].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(label) - positives)))


def _sizes(rows: int, rarer: int) -> Floats:
    """Training sizes, each a like factor above the one before; the smallest has 8 of each kind."""
    largest = rows * (FOLDS - 1) // FOLDS
    smallest = max(largest / 32, 40, 8 * rows / rarer)
    return np.unique(np.geomspace(smallest, largest, SIZES).round())


def _curve(
    decisions: Decisions,
    drawn: Sample,
    sizes: Floats,
    results: Floats,
    target: float | None,
    confidence: float,
    seed: int,
) -> LearningCurve:
    from scipy.special import stdtrit

    mean, variance = results.mean(axis=0), results.var(axis=0, ddof=1)
    spread = np.sqrt(shared_rows(FOLDS, sizes) * variance)
    half = stdtrit(FOLDS - 1, (1 + confidence) / 2) * spread
    # Equal results in all folds are no proof of certainty: no point outweighs the others by far.
    weights = 1 / (variance + variance.mean() / 4 + 1e-12)
    law = fit(sizes, mean[None], weights)
    draws = fit(sizes, plausible(results, sizes, _DRAWS, seed), weights)
    rows, tried = decisions.n_labelled, len(drawn.label)
    method = (
        f"boosted trees as a stand-in, {FOLDS} folds of {tried:,} rows; inverse power law, "
        f"{_DRAWS:,} curves drawn from a t law of the folds (Nadeau and Bengio), {confidence:.0%}"
    )
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]

    def estimate(measure: str, point: float, values: Floats) -> Estimate:
        low, high = (float(x) for x in np.quantile(values, ends))
        return Estimate(
            measure=measure, group={"rows": str(rows)}, value=point, low=min(low, point),
            high=max(high, point), n=tried, unit="score", method=method,
        )  # fmt: skip

    x = np.geomspace(sizes[0], 2 * sizes[-1], 60)
    band = np.array([np.quantile(draws.at(n), ends) for n in x])
    line = np.array([law.at(n)[0] for n in x])
    curve = LearningCurve(
        points=pd.DataFrame({"rows": sizes.astype(int), "value": mean,
                             "low": np.clip(mean - half, 0, 1),
                             "high": np.clip(mean + half, 0, 1)}),
        fitted=pd.DataFrame({"x": x, "value": line, "low": np.minimum(band[:, 0], line),
                             "high": np.maximum(band[:, 1], line).clip(max=1)}),
        auc=estimate("learning_curve_auc", float(law.at(rows)[0]), draws.at(rows).clip(0, 1)),
        doubling=estimate("auc_gain_of_doubling", float(law.gain(rows)[0]), draws.gain(rows)),
        target=None, rows=rows, tried=tried, used=drawn.used, left_out=drawn.left_out,
        words=decisions.product.words, law=law, draws=draws, confidence=confidence, method=method,
    )  # fmt: skip
    return curve if target is None else replace(curve, target=curve.rows_needed(target))
