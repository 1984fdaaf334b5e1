"""The arithmetic of calibration: equal-count bins of scores, their error, and chance's part."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import bdtr, bdtrc, ndtr

from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.intervals import Floats, Interval, proportion
from playbook.evidence.resample import DRAWS

_PARTS = 256


@dataclass(frozen=True)
class ReliabilityBin:
    """A range of scores and what happened to the cases in it.

    Attributes
    ----------
    low, high
        The least and the greatest score in it (the middles of score bins where scores are binned).
    mean_score
        Mean score of its cases.
    observed
        Share of positives; n is the number of cases.
    p_value
        That the cases have the rate their mean score says, corrected over the bins (Holm 1979).
    off
        Whether that is under one minus the confidence.
    """

    low: float
    high: float
    mean_score: float
    observed: Estimate
    p_value: float
    off: bool

    @property
    def name(self) -> str:
        """The range in words."""
        return f"{self.low:.3g}" if self.low == self.high else f"{self.low:.3g} to {self.high:.3g}"


def bin_of(cells: pd.DataFrame, bins: int) -> np.ndarray:
    """Which bin each score falls into: equal counts, all cases of one score in one bin.

    A score belongs where the middle one of its cases ranks.

    Raises
    ------
    ValueError
        `bins` is under 1.
    """
    if bins < 1:
        raise ValueError("calibration needs at least one bin")
    n = (cells["positives"] + cells["negatives"]).to_numpy(float)
    middle = np.cumsum(n) - n / 2
    place = np.minimum((middle * bins / n.sum()).astype(int), bins - 1)
    return np.unique(place, return_inverse=True)[1]


def binned(cells: pd.DataFrame, place: np.ndarray) -> tuple[Floats, Floats, Floats]:
    """Cases, observed rate and mean score of each bin."""
    n = (cells["positives"] + cells["negatives"]).to_numpy(float)
    parts = (n, cells["positives"].to_numpy(float), n * cells["score"].to_numpy(float))
    size, hits, scores = (np.bincount(place, x).astype(float) for x in parts)
    return size, hits / size, scores / size


def reliability_bins(
    cells: pd.DataFrame, bins: int, confidence: float = 0.95, how: str = ""
) -> list[ReliabilityBin]:
    """The reliability curve (Murphy and Winkler 1977).

    Observed rates have Wilson's interval (exact under 40 cases). Each is tested against its mean
    score: the score test, or twice the smaller binomial tail where under 5 cases are expected.

    Parameters
    ----------
    cells
        ``score``, ``positives``, ``negatives`` by ascending score.
    """
    place = bin_of(cells, bins)
    size, observed, mean = binned(cells, place)
    score = cells["score"].to_numpy(float)
    p_values = intervals.holm([_p_value(*x) for x in zip(observed, size, mean, strict=True)])
    found = []
    for i, p in enumerate(p_values):
        there = score[place == i]
        low, high = float(there[0]), float(there[-1])
        rate = proportion(float(observed[i] * size[i]), float(size[i]), confidence)
        e = rate.estimate("observed_rate", size[i], how=how)
        e = e.model_copy(update={"group": {"score": f"{low:.3g} to {high:.3g}"}})
        off = p < 1 - confidence and not e.low <= mean[i] <= e.high
        found.append(ReliabilityBin(low, high, float(mean[i]), e, p, off))
    return found


def error_by_chance(
    cells: pd.DataFrame, bins: int, confidence: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Mean, and upper limit, of the calibration error of a perfectly calibrated score.

    Labels are drawn 1,000 times as the scores say, on these scores; neighbouring ones are joined
    into at most 256 and the bins stay the same.

    Returns
    -------
    mean, most
        ``most`` is exceeded in ``1 - confidence`` of such tables.
    """
    place = bin_of(cells, bins)
    n = (cells["positives"] + cells["negatives"]).to_numpy(float)
    score = cells["score"].to_numpy(float)
    rank = np.cumsum(n) - n / 2
    fine = np.minimum((rank * _PARTS / n.sum()).astype(int), _PARTS - 1)
    part = np.unique(np.stack([place, fine]), axis=1, return_inverse=True)[1].ravel()
    size = np.bincount(part, n)
    mean = np.clip(np.bincount(part, n * score) / size, 0, 1)
    whole = np.maximum(np.round(size), 1).astype("int64")
    hits = np.random.default_rng(seed).binomial(whole, mean, (DRAWS, len(size)))
    gap = (hits / whole - mean) * size
    starts = np.flatnonzero(np.diff(place[np.unique(part, return_index=True)[1]], prepend=-1))
    errors = np.abs(np.add.reduceat(gap, starts, axis=1)).sum(axis=1) / n.sum()
    return float(errors.mean()), float(np.quantile(errors, confidence))


def calibration_error(
    cells: pd.DataFrame,
    bins: int,
    by_chance_most: float,
    half_width: Floats | float = 0.0,
    confidence: float = 0.95,
    how: str = "",
) -> tuple[Estimate, Estimate]:
    """Expected calibration error as it is usually computed, and less its bias.

    The plain error (Naeini, Cooper and Hauskrecht 2015) is too large, as chance moves every bin
    off its score in one direction or the other: by the mean of a folded normal law less its
    centre, which is what the debiased error leaves out (after Bröcker 2012, Ferro and Fricker
    2012, who do so for squared errors). Both have the debiased error's normal interval, in which a
    bin whose distance from the score is not clear counts up to 1.4 times its variance, as there
    the correction itself is uncertain; it reaches down to 0 where a perfectly calibrated score
    would show as much. Simulated coverage of nominal 95 %: 93 to 98 %.

    Parameters
    ----------
    by_chance_most
        From `error_by_chance`, for the lower limit.
    half_width
        How far a case's score may lie from its cell's; widens the interval by its mean.
    """
    size, observed, mean = binned(cells, bin_of(cells, bins))
    weight, gap = size / size.sum(), np.abs(observed - mean)
    rate = (observed * size + 0.5) / (size + 1)
    error = np.sqrt(rate * (1 - rate) / size)
    away = gap / error
    folded = math.sqrt(2 / math.pi) * np.exp(-(away**2) / 2) + away * (1 - 2 * ndtr(-away))
    plain = float(weight @ gap)
    debiased = max(0.0, float(weight @ (2 * gap - error * folded)))
    n = (cells["positives"] + cells["negatives"]).to_numpy(float)
    variance = float((weight * error) ** 2 @ np.sqrt(1 + 2 * ndtr(-away)))
    variance += float(weight @ (gap - plain) ** 2) / n.sum()  # other cases, other scores
    reach = intervals.quantile(confidence) * math.sqrt(variance)
    bound = float((n * half_width).sum() / n.sum())
    low = 0.0 if plain <= by_chance_most else max(0.0, debiased - reach - bound)
    high = min(1.0, debiased + reach + bound)
    percent = f"{100 * confidence:g} %"
    method = f"{len(size)} bins of equal count, debiased normal {percent} interval"
    if bound:
        method += f", widened by {bound:.2g} for the bins of the score"
    usual = Interval(plain, min(low, plain), max(high, plain), method)
    less = Interval(debiased, min(low, debiased), max(high, debiased), method)
    return (
        usual.estimate("expected_calibration_error", n.sum(), how=how),
        less.estimate("expected_calibration_error_debiased", n.sum(), how=how),
    )


def in_the_large(
    cells: pd.DataFrame,
    half_width: Floats | float = 0.0,
    confidence: float = 0.95,
    how: str = "",
) -> tuple[Estimate, Estimate, float]:
    """Observed rate minus mean score with its interval; the observed rate; the mean score.

    Wilson's interval of the rate, with n scaled to the variance of label minus score (to which a
    case of error one half is added), less the mean score: it keeps a width where no case of one
    kind is seen.
    """
    positives, negatives = (cells[c].to_numpy(float) for c in ("positives", "negatives"))
    score = cells["score"].to_numpy(float)
    n, k = float((positives + negatives).sum()), float(positives.sum())
    rate, mean = k / n, float(((positives + negatives) @ score) / n)
    squares = float(positives @ (1 - score) ** 2 + negatives @ score**2)
    variance = max((squares + 0.25) / (n + 1) - (rate - mean) ** 2, 0.25 / (n + 1))
    scaled = n * rate * (1 - rate) / variance if 0 < rate < 1 else n
    low, high = (float(x) for x in intervals.wilson(rate * scaled, scaled, confidence))
    bound = float(((positives + negatives) * half_width).sum() / n)
    method = f"Wilson {100 * confidence:g} % interval for paired label and score"
    if bound:
        method += f", widened by {bound:.2g} for the bins of the score"
    gap = Interval(rate - mean, low - mean - bound, high - mean + bound, method)
    found = gap.estimate("calibration_in_the_large", n, how=how, unit="difference")
    observed = proportion(k, n, confidence)
    return found, observed.estimate("base_rate", n, how=how), mean


def _p_value(observed: float, size: float, mean: float) -> float:
    expected = size * min(mean, 1 - mean)
    if expected >= 5:
        return float(2 * ndtr(-abs(observed - mean) / math.sqrt(mean * (1 - mean) / size)))
    k, n = round(observed * size), max(round(size), 1)
    below = float(bdtr(k, n, mean))
    above = float(bdtrc(k - 1, n, mean)) if k > 0 else 1.0
    return min(1.0, 2 * min(below, above))
