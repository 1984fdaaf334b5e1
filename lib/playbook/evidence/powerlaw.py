"""Learning curves as inverse power laws: how quality grows with rows, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_RATES = np.geomspace(0.1, 2.0, 40)


@dataclass(frozen=True)
class PowerLaw:
    """``quality(n) = top − loss × n^(−rate)``, one law per entry, each of shape (laws,)."""

    top: Floats
    loss: Floats
    rate: Floats

    def at(self, rows: float) -> Floats:
        """Quality at a number of rows."""
        return self.top - self.loss * rows**-self.rate

    def gain(self, rows: float, times: float = 2.0) -> Floats:
        """What `times` as many rows add."""
        return self.loss * (rows**-self.rate - (times * rows) ** -self.rate)

    def needed(self, target: float) -> Floats:
        """Rows at which `target` is reached; infinite where it never is."""
        short = self.top - target
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            rows = (self.loss / short) ** (1 / self.rate)
        return np.where(short > 0, rows, np.inf)


def fit(sizes: Floats, values: Floats, weights: Floats, most: float = 1.0) -> PowerLaw:
    """Least squares over a grid of rates, where top and loss follow in closed form.

    Inverse power laws describe learning curves of most learners (Figueroa et al., BMC Medical
    Informatics 12 (2012) 8; Viering and Loog, IEEE PAMI 45 (2023) 7799–7819). A curve that falls
    is taken for flat, and no curve ends above `most`.

    Parameters
    ----------
    sizes, weights
        Training rows and the weight of each point, shape (sizes,).
    values
        Quality at each size, shape (laws, sizes).
    """
    w = weights / weights.sum()
    x = sizes[None, :] ** -_RATES[:, None]
    centre_x, centre_y = x @ w, values @ w
    spread = (w * (x - centre_x[:, None]) ** 2).sum(axis=1)
    joint = np.einsum("j,rj,lj->lr", w, x - centre_x[:, None], values)
    loss = np.maximum(-joint / spread, 0.0)
    top = centre_y[:, None] + loss * centre_x
    over = top > most
    capped = np.maximum(np.einsum("j,rj,lj->lr", w, x, most - values) / ((x * x) @ w), 0.0)
    loss, top = np.where(over, capped, loss), np.where(over, most, top)
    fitted = top[:, :, None] - loss[:, :, None] * x[None]
    error = (w * (values[:, None, :] - fitted) ** 2).sum(axis=2)
    best, each = error.argmin(axis=1), np.arange(len(values))
    return PowerLaw(top[each, best], loss[each, best], _RATES[best])


def shared_rows(folds: int, sizes: Floats) -> Floats:
    """Variance of a mean over folds in units of the variance between folds, shape (sizes,).

    Folds share training rows, so their results are not independent. Nadeau and Bengio (Machine
    Learning 52 (2003) 239–281) add test over training rows to 1/folds; that much is added where
    folds train on all they have, and less in proportion where they train on, and share, fewer.
    """
    return 1 / folds + sizes / sizes.max() / (folds - 1)


def plausible(results: Floats, sizes: Floats, draws: int, seed: int) -> Floats:
    """Curves that agree with the folds' results, shape (draws, sizes): a multivariate t law."""
    folds = len(results)
    mean, off = results.mean(axis=0), results - results.mean(axis=0)
    rng = np.random.default_rng(seed)
    scale = np.sqrt(shared_rows(folds, sizes) / (folds - 1))
    tail = np.sqrt((folds - 1) / rng.chisquare(folds - 1, size=(draws, 1)))
    return mean + rng.standard_normal((draws, folds)) @ off * scale * tail
