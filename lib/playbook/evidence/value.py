"""What right and wrong decisions are worth: stakes as ranges, and their simulation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence.paired import Confusion, Paired

Range = tuple[float, float, float]
"""Low, likely, high."""
Array = NDArray[np.float64]

_SIGNS = np.array([1.0, -1.0, 1.0, -1.0])
# Two rows' worth of doubt, spread over the cells: for the four cells of a confusion table this is
# Jeffreys' prior, so an error never seen in 50 rows is not taken for impossible.
_PRIOR_ROWS = 2.0


@dataclass(frozen=True, kw_only=True)
class Stakes:
    """What one decision of each kind is worth, each as (low, likely, high), in money.

    Costs are stated as positive numbers. The fields are in the order of `Confusion.cells`.

    Raises
    ------
    PlaybookError
        A range is not in order.
    """

    gain_true_positive: Range
    cost_false_positive: Range
    gain_true_negative: Range
    cost_false_negative: Range

    def __post_init__(self) -> None:
        for name, (low, likely, high) in self.named():
            check_range(name.replace("_", " "), (low, likely, high))

    def named(self) -> list[tuple[str, Range]]:
        """Name and range of each stake, in the order of `Confusion.cells`."""
        return [(field.name, getattr(self, field.name)) for field in fields(self)]

    @property
    def mean(self) -> Array:
        """Mean worth of each cell, shape (4,): costs are negative."""
        return _SIGNS * [triangle_mean(stake) for _, stake in self.named()]

    def draw(self, rng: np.random.Generator, draws: int) -> Array:
        """Random worth of each cell, shape (4, draws): costs are negative."""
        uniform = rng.random((4, draws))
        ranges = (stake for _, stake in self.named())
        drawn = [triangle(u, stake) for u, stake in zip(uniform, ranges, strict=True)]
        return _SIGNS[:, None] * np.array(drawn)


def check_range(name: str, stake: Range) -> None:
    """Raise where `stake` is not low ≤ likely ≤ high."""
    low, likely, high = stake
    if not (all(map(math.isfinite, stake)) and low <= likely <= high):
        raise PlaybookError(
            f"the {name} ranges from {low} over {likely} to {high}, which is not in order",
            remedy="State it as low, likely and high, each at least the one before",
        )


def triangle_mean(stake: Range) -> float:
    """Mean of the triangular distribution over low, likely, high."""
    return math.fsum(stake) / 3


def triangle(uniform: Array, stake: Range) -> Array:
    """Triangular draws over low, likely, high by inversion of the `uniform` numbers.

    The triangle takes three typed numbers as they are and is wider than the PERT curve over the
    same three. By inversion each draw rises with each of the three numbers, so a stake made higher
    never lowers a draw. See D. Johnson, "The triangular distribution as a proxy for the beta
    distribution in risk analysis", The Statistician 46 (1997) 387–398.
    """
    low, likely, high = stake
    if high == low:
        return np.full_like(uniform, low)
    rising = low + np.sqrt(uniform * (high - low) * (likely - low))
    falling = high - np.sqrt((1 - uniform) * (high - low) * (high - likely))
    return np.where(uniform * (high - low) < likely - low, rising, falling)


def simulate(
    counts: Sequence[float], cells: Array, stakes: Stakes, draws: int, seed: int, stream: int = 0
) -> tuple[float, Array]:
    """Mean worth of a row, and `draws` joint draws of it from sampling and stakes.

    Parameters
    ----------
    counts
        Rows of each kind, shape (k,); with weights, effective ones.
    cells
        Which of the four stakes a row of each kind earns or loses, shape (k, 4).
    stream
        Draws of one seed share their stakes; of one stream also their sampling.

    Returns
    -------
    point
        Value at the observed shares and the mean of each stake's range: what the draws average to
        as rows grow, without simulation noise.
    values
        Shape (draws,): Dirichlet draws of the shares (the Bayesian bootstrap of the rows, Rubin,
        Annals of Statistics 9 (1981) 130–134, with Jeffreys' prior) times draws of the stakes.
    """
    rows = np.asarray(counts, dtype=float)
    if rows.sum() <= 0:
        raise PlaybookError(
            "what a decision is worth cannot be computed from no rows",
            remedy="Give rows that have a label and a prediction",
        )
    worth, shares = joint_draws(rows, stakes, draws, seed, stream)
    values = np.einsum("kd,kj,jd->d", shares, cells, worth)
    return float(rows @ cells @ stakes.mean / rows.sum()), values


def joint_draws(
    rows: Array, stakes: Stakes, draws: int, seed: int, stream: int = 0
) -> tuple[Array, Array]:
    """Draws of the worth of each cell, shape (4, draws), and of the shares of `rows`, (k, draws).

    See `simulate`, which uses the same ones.
    """
    worth = stakes.draw(np.random.default_rng([seed, 0]), draws)
    rng = np.random.default_rng([seed, 1, stream])
    weights = rng.standard_gamma(rows + _PRIOR_ROWS / len(rows), size=(draws, len(rows))).T
    return worth, weights / weights.sum(axis=0)


def estimate(
    point: float,
    values: Array,
    *,
    measure: str,
    n: float,
    unit: str,
    group: dict[str, str] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Point and percentile interval of simulated `values`; the interval always holds the point."""
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(
        measure=measure,
        group=group,
        value=point,
        low=min(float(low), point),
        high=max(float(high), point),
        n=round(n),
        unit=unit,
        method=(
            "observed shares at the mean of each stated range; interval by joint simulation of "
            f"sampling (Dirichlet) and stakes (triangular), {len(values):,} draws, {confidence:.0%}"
        ),
    )


def value_per_decision(
    confusion: Confusion,
    stakes: Stakes,
    currency: str,
    *,
    draws: int = 4000,
    seed: int = 0,
    group: dict[str, str] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Money that one decision brings on average.

    >>> stakes = Stakes(
    ...     gain_true_positive=(80, 100, 120), cost_false_positive=(50, 50, 50),
    ...     gain_true_negative=(0, 0, 0), cost_false_negative=(5, 10, 15),
    ... )
    >>> value_per_decision(Confusion(30, 10, 50, 10), stakes, "USD").value
    24.0
    """
    point, values = simulate(confusion.cells, np.eye(4), stakes, draws, seed)
    unit = f"{currency} per decision"
    return estimate(
        point, values, measure="expected_value", n=confusion.n, unit=unit, group=group,
        confidence=confidence,
    )  # fmt: skip


def simulate_difference(
    model: Confusion,
    rule: Confusion,
    stakes: Stakes,
    *,
    joint: Paired | None = None,
    draws: int = 4000,
    seed: int = 0,
) -> tuple[float, Array]:
    """`simulate` the model's value less the rule's, both at the same draw of the stakes.

    With `joint`, the counts of the same rows under both, sampling is shared too; without it the
    two samples are taken for independent, which makes the interval too wide rather than too narrow.
    """
    if joint is None:
        first, ours = simulate(model.cells, np.eye(4), stakes, draws, seed, stream=0)
        second, theirs = simulate(rule.cells, np.eye(4), stakes, draws, seed, stream=1)
        return first - second, ours - theirs
    counts, ours, theirs = joint_cells(joint)
    return simulate(counts, ours - theirs, stakes, draws, seed)


def joint_cells(joint: Paired) -> tuple[list[float], Array, Array]:
    """The eight counts, and which of the four cells each is to the model and to the rule.

    Returns
    -------
    counts, ours, theirs
        Of length 8, and of shape (8, 4) each.
    """
    counts: list[float] = []
    places: list[tuple[int, int]] = []
    for label, by_model in enumerate(joint.counts):
        for decided, by_rule in enumerate(by_model):
            for other, n in enumerate(by_rule):
                counts.append(n)
                places.append((_cell(label, decided), _cell(label, other)))
    ours, theirs = (np.eye(4)[list(which)] for which in zip(*places, strict=True))
    return counts, ours, theirs


def value_difference(
    model: Confusion,
    rule: Confusion,
    stakes: Stakes,
    currency: str,
    *,
    joint: Paired | None = None,
    draws: int = 4000,
    seed: int = 0,
    group: dict[str, str] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Money by which the model's decision is worth more than the rule's: see `simulate_difference`.

    Raises
    ------
    PlaybookError
        There are no rows.
    """
    point, values = simulate_difference(model, rule, stakes, joint=joint, draws=draws, seed=seed)
    return estimate(
        point, values, measure="expected_value_difference", n=joint.n if joint else model.n,
        unit=f"{currency} per decision", group=group, confidence=confidence,
    )  # fmt: skip


def tornado(
    confusion: Confusion, stakes: Stakes, *, draws: int = 4000, seed: int = 0
) -> list[tuple[str, float, float]]:
    """What moves the value of a decision most, widest first: (name, lowest, highest value).

    Each stake goes from its low to its high end while all else stays at its mean. The entry
    ``rows`` is what more rows could settle: the 95 % interval from sampling alone.
    """
    base, _ = simulate(confusion.cells, np.eye(4), stakes, 1, seed)
    shares = np.array(confusion.cells) / confusion.n
    bars = []
    for (name, stake), share, sign in zip(stakes.named(), shares, _SIGNS, strict=True):
        ends = [base + sign * share * (end - triangle_mean(stake)) for end in (stake[0], stake[2])]
        bars.append((name, float(min(ends)), float(max(ends))))
    middle = Stakes(**{name: (m := triangle_mean(r), m, m) for name, r in stakes.named()})
    _, values = simulate(confusion.cells, np.eye(4), middle, draws, seed)
    low, high = np.quantile(values, [0.025, 0.975])
    bars.append(("rows", min(float(low), base), max(float(high), base)))
    return sorted(bars, key=lambda bar: bar[1] - bar[2])


def _cell(label: int, decided: int) -> int:
    """Place of a row in `Confusion.cells`."""
    return {(1, 1): 0, (0, 1): 1, (0, 0): 2, (1, 0): 3}[label, decided]
