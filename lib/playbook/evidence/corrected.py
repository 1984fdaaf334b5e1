"""A pass rate by an automatic judge, corrected by the answers that people rated as well."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.evidence.clusters import rate, t_quantile
from playbook.evidence.intervals import Floats, Interval, exact, quantile, wilson
from playbook.evidence.promptsums import by_prompt

FEWEST_PROMPTS = 2
"""Prompts with people's ratings below which nothing can be corrected."""


@dataclass(frozen=True)
class Corrected:
    """Pass rate of all answers as people would rate them.

    Attributes
    ----------
    rate
        Prediction-powered: people's own rate, moved by what the judge says of the other answers.
    second
        The same by Rogan and Gladen; None where the judge is no better than chance, or nobody
        passes, or fails, an answer.
    weight
        How far the judge is listened to: 0 not at all, 1 fully.
    labels, answers
        Answers rated by people, and all that count.
    spread, rest
        Variance that one label adds, and what is left however many labels there are.
    """

    rate: Interval
    second: Interval | None
    weight: float
    labels: int
    answers: int
    spread: float
    rest: float


def corrected(rated: pd.DataFrame, confidence: float = 0.95) -> Corrected | None:
    """Correct the judge's pass rate; None where people rated answers of fewer than 2 prompts.

    PPI++ (Angelopoulos, Duchi and Zrnic 2023): people's rate on their answers, plus λ times what
    the judge says of the others beyond what it says of these; λ between 0 and 1 makes the variance
    smallest. Answers of one prompt hang together, so the variance is that of sums over prompts. The
    interval is Wilson's (1927) at the effective number of answers (Korn and Graubard 1998). It
    holds where people rated answers that chance chose.

    Parameters
    ----------
    rated
        ``prompt``, ``people`` (share of people who pass the answer; split people count as half) and
        ``judge``; NaN where there is no rating.
    """
    known = rated[rated["people"].notna() | rated["judge"].notna()]
    labelled = known["people"].notna().to_numpy()
    n, total = int(labelled.sum()), len(known)
    if known["prompt"][labelled].nunique() < FEWEST_PROMPTS:
        return None
    people, judge = known["people"].to_numpy(float), known["judge"].to_numpy(float)
    # An answer that only people rated says nothing of the judge: it gets the judge's usual word.
    both = labelled & ~np.isnan(judge)
    judge = np.where(np.isnan(judge), judge[both].mean() if both.any() else 0.0, judge)
    own = _moved(people, labelled)
    word = _moved(judge, labelled) - _moved(judge, ~labelled)
    sums = by_prompt(known["prompt"], np.column_stack([own, word]))
    weight = 0.0
    if both.any() and n < total and (sums[:, 1] ** 2).sum() > 0:
        weight = float(np.clip(sums[:, 0] @ sums[:, 1] / (sums[:, 1] ** 2).sum(), 0, 1))
    value = float(people[labelled].mean())
    if weight:
        value += weight * float(judge[~labelled].mean() - judge[labelled].mean())
    prompts = known["prompt"][labelled].nunique()
    error = ((sums[:, 0] - weight * sums[:, 1]) ** 2).sum() * prompts / (prompts - 1)
    rest = weight**2 * (by_prompt(known["prompt"], _moved(judge, ~labelled)[:, None]) ** 2).sum()
    percent = f"{100 * confidence:g} %"
    how = f"prediction-powered (PPI++, λ = {weight:.2f}), {percent} interval clustered by prompt"
    return Corrected(
        rate=_limits(value, float(error), prompts, confidence, how),
        second=rogan_gladen(known, confidence) if both.any() else None,
        weight=weight,
        labels=n,
        answers=total,
        spread=max(0.0, float(error - rest)) * n,
        rest=float(rest),
    )


def rogan_gladen(rated: pd.DataFrame, confidence: float = 0.95) -> Interval | None:
    """Pass rate from the judge's own rate, its sensitivity and its specificity.

    Rogan and Gladen (1978), with the interval of Lang and Reiczigel (2014) at effective numbers of
    answers; split people are left out. The interval is wide here, as it takes the judge's rates to
    come from other answers. None where the judge does no better than chance, or where
    people pass, or fail, none.
    """
    judged = rated[rated["judge"].notna()]
    decided = judged[judged["people"].notna() & (judged["people"] != 0.5)]
    passed, failed = decided[decided["people"] > 0.5], decided[decided["people"] < 0.5]
    if passed.empty or failed.empty:
        return None
    z = quantile(confidence)
    seen, n = _told(judged["judge"], judged)
    sensitivity, of_passed = _told(passed["judge"], passed)
    specificity, of_failed = _told(1 - failed["judge"], failed)
    if sensitivity + specificity <= 1:
        return None
    value = (seen + specificity - 1) / (sensitivity + specificity - 1)
    # Pseudo-counts, as the paper has them: z² answers, and 2 in each of the judge's rates.
    p, n = (n * seen + z**2 / 2) / (n + z**2), n + z**2
    se, of_passed = (of_passed * sensitivity + 1) / (of_passed + 2), of_passed + 2
    sp, of_failed = (of_failed * specificity + 1) / (of_failed + 2), of_failed + 2
    room = se + sp - 1
    if room <= 0:
        return None
    middle = (p + sp - 1) / room
    v_se, v_sp = se * (1 - se) / of_passed, sp * (1 - sp) / of_failed
    shift = 2 * z**2 * (middle * v_se - (1 - middle) * v_sp)
    spread = p * (1 - p) / n + middle**2 * v_se + (1 - middle) ** 2 * v_sp
    half = z * math.sqrt(spread) / room
    value, low, high = np.clip([value, middle + shift - half, middle + shift + half], 0, 1).tolist()
    method = f"Rogan–Gladen, Lang–Reiczigel {100 * confidence:g} % interval"
    return Interval(value, min(low, value), max(high, value), method)


def _moved(values: Floats, chosen: NDArray[np.bool_]) -> Floats:
    """How far each chosen value moves the mean of the chosen."""
    if not chosen.any():
        return np.zeros(len(values))
    away = values - values[chosen].mean()
    return np.where(chosen, away / chosen.sum(), 0.0)


def _told(values: pd.Series, rows: pd.DataFrame) -> tuple[float, float]:
    """A rate, and how many independent answers would tell it as well."""
    found = rate(values, rows["prompt"])
    return found.interval.value, found.effective


def _limits(value: float, error: float, prompts: int, confidence: float, how: str) -> Interval:
    value = min(max(value, 0.0), 1.0)
    if error <= 1e-18 or value * (1 - value) <= 1e-12:
        low, high = (float(x) for x in exact(round(value * prompts), prompts, confidence))
        return Interval(value, min(low, value), max(high, value), f"{how}, exact limits")
    wider = quantile(confidence) / t_quantile(prompts - 1, confidence)
    n = value * (1 - value) / error * wider**2
    low, high = (float(x) for x in wilson(value * n, n, confidence))
    return Interval(value, min(low, value), max(high, value), how)
