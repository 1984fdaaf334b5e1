"""Strengths of several systems from who is preferred to whom (Bradley and Terry 1952)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from playbook.estimate import Estimate
from playbook.evidence.clusters import t_quantile
from playbook.evidence.intervals import Floats

_STEPS = 100
_PRIOR = 0.5
"""Wins either way that are added to each pair compared, where wins alone give no finite answer."""


@dataclass(frozen=True)
class Strengths:
    """Strengths, the best system first.

    Attributes
    ----------
    found
        On the log-odds scale, with mean 0 over the systems: a system beats another with odds
        exp(difference).
    connected
        Whether every system can be placed beside every other one through pairs compared; `found`
        is empty where not.
    steadied
        Whether half a win either way was added to each pair, as one or more systems never lost to,
        or never beat, the others.
    ahead
        Whether the best system is clearly ahead of the next one.
    """

    found: list[Estimate]
    connected: bool
    steadied: bool
    ahead: bool = False


def strengths(frame: pd.DataFrame, confidence: float = 0.95) -> Strengths:
    """Fit strengths by maximum likelihood, ties counting half for each.

    A finite maximum exists where no split of the systems has wins in one direction only (Ford
    1957). The interval has the variance of score sums over prompts (the sandwich of Liang and Zeger
    1986); with added wins the larger of it and the model's own.

    Parameters
    ----------
    frame
        As in `comparisons.Comparisons`.
    """
    names = sorted({*frame["first"], *frame["second"]})
    k = len(names)
    place = {name: i for i, name in enumerate(names)}
    a, b = frame["first"].map(place).to_numpy(int), frame["second"].map(place).to_numpy(int)
    won = frame["won"].to_numpy(float)
    wins: Floats = np.zeros((k, k))
    np.add.at(wins, (a, b), won)
    np.add.at(wins, (b, a), 1 - won)
    if not _reaches(wins + wins.T):
        return Strengths([], connected=False, steadied=False)
    steadied = not (_reaches(wins) and _reaches(wins.T))
    if steadied:
        wins += _PRIOR * (wins + wins.T > 0)
    values, bread = _fitted(wins)
    left = won - _beats(values)[a, b]
    codes, prompts = pd.factorize(frame["prompt"])
    scores = np.zeros((len(prompts), k))
    np.add.at(scores, (codes, a), left)
    np.add.at(scores, (codes, b), -left)
    m = len(prompts)
    cover = bread @ scores.T @ scores @ bread * m / max(m - 1, 1)
    reach = t_quantile(max(m - 1, 1), confidence)
    order = np.argsort(-values, kind="stable")
    best = np.eye(k)[order[0]] - np.eye(k)[order[1]]

    def half(contrast: Floats) -> float:
        variance = contrast @ cover @ contrast
        if steadied or m < 2:
            variance = max(variance, contrast @ bread @ contrast)
        return float(np.sqrt(variance) * reach)

    halves = [half(np.eye(k)[i]) for i in range(k)]
    method = f"Bradley–Terry, {100 * confidence:g} % interval clustered by prompt"
    if steadied:
        method += ", half a win either way added to each pair"
    played = np.bincount(np.concatenate([a, b]), minlength=k)
    estimates = [
        Estimate(measure="strength", group={"system": names[i]}, value=float(values[i]),
                 low=float(values[i] - halves[i]), high=float(values[i] + halves[i]),
                 n=int(played[i]), unit="score", method=method)
        for i in order
    ]  # fmt: skip
    return Strengths(
        estimates, connected=True, steadied=steadied, ahead=bool(best @ values > half(best))
    )


def _beats(values: Floats) -> Floats:
    return np.asarray(expit(values[:, None] - values[None, :]), float)


def _fitted(wins: Floats) -> tuple[Floats, Floats]:
    """Strengths with mean 0 and the inverse information, by Newton's steps.

    No step moves a strength by more than 1, which keeps the first ones from overshooting.
    """
    games = wins + wins.T
    values: Floats = np.zeros(len(wins))
    for _ in range(_STEPS):
        chance = _beats(values)
        slope = wins.sum(axis=1) - (games * chance).sum(axis=1)
        step = _inverse(games, chance) @ slope
        values += step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-11:
            break
    return values, _inverse(games, _beats(values))


def _inverse(games: Floats, chance: Floats) -> Floats:
    weights = games * chance * (1 - chance)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    return np.asarray(np.linalg.pinv(laplacian, hermitian=True), float)


def _reaches(edges: Floats) -> bool:
    """Whether every system is reached from the first along edges."""
    seen = np.zeros(len(edges), bool)
    seen[0] = True
    for _ in edges:
        seen |= (edges[seen] > 0).any(axis=0)
    return bool(seen.all())
