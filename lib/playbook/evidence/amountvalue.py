"""What wrong amounts cost: a price for each unit too high and too low, and its simulation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence.amountsums import AmountSums
from playbook.evidence.value import Array, Range, check_range, estimate, triangle, triangle_mean

MODEL = np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0]])
OTHER = np.array([[0, 0, 1.0, 0], [0, 0, 0, 1.0]])
SAVED = OTHER - MODEL
"""Units too high and too low per case, of the four errors in `AmountSums.mean`."""
_METHOD = (
    "mean errors too high and too low times the mean of each stated range; interval by joint "
    "simulation of sampling (multivariate t of the errors' means) and stakes (triangular), "
)


@dataclass(frozen=True, kw_only=True)
class AmountStakes:
    """What one unit too high and one unit too low cost, each as (low, likely, high), in money.

    Raises
    ------
    PlaybookError
        A range is not in order.
    """

    cost_too_high: Range
    cost_too_low: Range

    def __post_init__(self) -> None:
        for name, stake in self.named():
            check_range(name.replace("_", " "), stake)

    def named(self) -> list[tuple[str, Range]]:
        """Name and range of each cost: too high, then too low."""
        return [(field.name, getattr(self, field.name)) for field in fields(self)]

    @property
    def mean(self) -> Array:
        """Mean cost of a unit, shape (2,)."""
        return np.array([triangle_mean(stake) for _, stake in self.named()])

    @property
    def cheapest_level(self) -> float | None:
        """The quantile that costs least to predict, as every unit has its price; None if free.

        The newsvendor's critical fractile: F. Edgeworth (1888); Koenker and Bassett, Econometrica
        46 (1978) 33–50.
        """
        high, low = self.mean
        return float(low / (high + low)) if min(high, low) >= 0 and high + low > 0 else None

    def draw(self, draws: int, seed: int) -> Array:
        """Random costs of a unit, shape (2, draws); each rises with each number stated."""
        uniform = np.random.default_rng([seed, 0]).random((2, draws))
        return np.array(
            [triangle(u, stake) for u, (_, stake) in zip(uniform, self.named(), strict=True)]
        )


def simulate_amounts(
    sums: AmountSums, sides: Array, stakes: AmountStakes, draws: int, seed: int
) -> tuple[float, Array]:
    """Mean money per case, and `draws` joint draws of it from sampling and stakes.

    The price is linear, c↑·max(p − y, 0) + c↓·max(y − p, 0): so the mean errors and their
    covariance hold all that matters, and no row is needed.

    Parameters
    ----------
    sides
        Units too high and too low that count, of the four mean errors: shape (2, 4), such as
        `SAVED`.

    Returns
    -------
    point, values
        Money per case at the mean of each range, and draws of shape (draws,). Draws of one seed
        share their stakes and their sampling.
    """
    price = stakes.draw(draws, seed)
    errors = sides @ drawn_errors(sums, draws, seed)
    return float(stakes.mean @ sides @ sums.mean), np.einsum("sd,sd->d", price, errors)


def drawn_errors(sums: AmountSums, draws: int, seed: int) -> Array:
    """Draws of the four mean errors, shape (4, draws): multivariate t, never below 0.

    That is their joint posterior under a flat prior where the means are normal, as means of many
    cases are (Gelman et al., Bayesian Data Analysis, 3rd edition, section 3.6).
    """
    rng = np.random.default_rng([seed, 1])
    eigen, vectors = np.linalg.eigh(sums.covariance / sums.n)
    root = vectors * np.sqrt(np.clip(eigen, 0, None))
    freedom = max(sums.n - 1, 1.0)
    normal = rng.standard_normal((4, draws))
    wide = np.sqrt(freedom / rng.chisquare(freedom, draws))
    # An error too high is never negative; where hardly any case is, the t law would have it so.
    return np.clip(sums.mean[:, None] + (root @ normal) * wide, 0, None)


def amount_estimate(point: float, values: Array, **about: Any) -> Estimate:
    """`value.estimate` of money simulated by `simulate_amounts`."""
    return told(estimate(point, values, **about), len(values), about.get("confidence", 0.95))


def told(found: Estimate, draws: int, confidence: float) -> Estimate:
    """The same estimate with the method of this module."""
    return found.model_copy(update={"method": f"{_METHOD}{draws:,} draws, {confidence:.0%}"})


def amount_tornado(
    sums: AmountSums, stakes: AmountStakes, draws: int, seed: int
) -> list[tuple[str, float, float]]:
    """What moves the saving of a case most, widest first: (name, lowest, highest value).

    Each cost goes from its low to its high end while all else stays at its mean. The entry
    ``rows`` is what more rows could settle: the 95 % interval from sampling alone.
    """
    units, mean = SAVED @ sums.mean, stakes.mean
    base = float(mean @ units)
    bars = []
    for (name, stake), middle, saved in zip(stakes.named(), mean, units, strict=True):
        ends = [base + float(saved * (end - middle)) for end in (stake[0], stake[2])]
        bars.append((name, min(ends), max(ends)))
    values = mean @ SAVED @ drawn_errors(sums, draws, seed)
    low, high = np.quantile(values, [0.025, 0.975])
    bars.append(("rows", min(float(low), base), max(float(high), base)))
    return sorted(bars, key=lambda bar: bar[1] - bar[2])
