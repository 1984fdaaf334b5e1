"""What a decision is worth at each threshold, and which threshold is worth most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.value import Array, Stakes, estimate

if TYPE_CHECKING:
    import pandas as pd

_CELLS = ("tp", "fp", "tn", "fn")
_MOST_POINTS = 500
_BLOCK = 200


@dataclass(frozen=True)
class MoneySweep:
    """Value of a decision over all thresholds; a case is positive from the threshold upwards.

    Attributes
    ----------
    frame
        ``threshold, tp, fp, tn, fn, value, low, high``, thresholds rising.
    current, best
        Today's threshold (``None`` where it is not known) and the one of highest value.
    at_current, at_best
        Value per decision there.
    gain
        What moving from `current` to `best` brings, less `optimism`; ``None`` without `current`
        or where it is the best already.
    optimism
        The part of the apparent gain that comes from choosing on the same rows.
    """

    frame: pd.DataFrame
    current: float | None
    best: float
    at_current: Estimate | None
    at_best: Estimate
    gain: Estimate | None
    optimism: float
    currency: str

    @property
    def estimates(self) -> list[Estimate]:
        """Values at today's and at the best threshold, and the gain, as far as known."""
        return [e for e in (self.at_current, self.at_best, self.gain) if e is not None]

    def summary(self) -> Html:
        """Plain sentences on where the threshold should lie."""
        from playbook.evidence.words import brief, money

        if self.current is None or self.at_current is None:
            return sentences(
                [f"A decision is worth most from a score of {self.best:.3g} upwards: "
                 f"{brief(self.at_best)}."]
            )  # fmt: skip
        if self.gain is None:
            return sentences(
                [f"Today's threshold of {self.current:.3g} is worth most of all thresholds: "
                 f"{brief(self.at_current)} per decision."]
            )  # fmt: skip
        lines = [
            f"A decision is worth most at a threshold of {self.best:.3g}: {brief(self.at_best)} "
            f"instead of {brief(self.at_current)} at today's {self.current:.3g}."
        ]
        chosen = f"{money(self.optimism, self.currency)} taken off for choosing on the same rows"
        if self.gain.low > 0:
            lines.append(f"Moving there brings {brief(self.gain)} per decision, with {chosen}.")
        elif self.gain.value <= 0:
            lines.append(
                f"Nothing of that gain is left, with {chosen}: these rows and ranges do not show "
                "that another threshold pays."
            )
        else:
            lines.append(
                f"The gain of {brief(self.gain)} per decision, with {chosen}, may be none: "
                "these rows and ranges do not show that another threshold pays."
            )
        return sentences(lines)

    def table(self) -> Html:
        """Today's and the best threshold beside each other."""
        from playbook.evidence.words import brief, count

        rows = []
        for name, threshold, value in (
            ("today", self.current, self.at_current),
            ("worth most", self.best, self.at_best),
        ):
            if threshold is None or value is None:
                continue
            cells = self.frame.loc[self.frame["threshold"] == threshold, list(_CELLS)].iloc[0]
            rows.append([name, f"{threshold:.3g}", *(count(n) for n in cells), brief(value)])
        header = ["Threshold", "Score from", "True positives", "False positives",
                  "True negatives", "False negatives", f"{self.currency} per decision"]  # fmt: skip
        return table("Value of a decision by threshold", header, rows, numeric=range(1, 7))

    def chart(self) -> Html:
        """Value with its interval over all thresholds."""
        from playbook.evidence.figures import band

        marks = [(self.best, f"worth most {self.best:.3g}")]
        if self.current is not None and self.current != self.best:
            marks.insert(0, (self.current, f"today {self.current:.3g}"))
        worth_it = self.gain is not None and self.gain.low > 0
        title = (
            f"Moving the threshold from {self.current:.2g} to {self.best:.2g} pays"
            if worth_it
            else "No other threshold clearly pays better than today's"
            if self.current is not None
            else f"A decision is worth most from a score of {self.best:.2g}"
        )
        return band(
            self.frame.rename(columns={"threshold": "x"})[["x", "value", "low", "high"]],
            title=title,
            x_title="threshold of the score",
            y_title=f"{self.currency} per decision",
            x_format=".2~f",
            y_format=",.0f" if self.frame["high"].abs().max() >= 100 else ",.2f",
            marks=marks,
            caption="Band: 95 % interval from the rows and from the stated ranges together.",
        )


def sweep(
    frame: pd.DataFrame,
    stakes: Stakes,
    currency: str,
    *,
    current: float | None = None,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> MoneySweep:
    """Value of a decision at every threshold of `frame`.

    Parameters
    ----------
    frame
        One row per threshold: ``threshold, tp, fp, tn, fn``, all on the same rows; with weights,
        effective ones.
    current
        Today's threshold, one of `frame`'s.

    Raises
    ------
    PlaybookError
        There is no threshold or no row, or `current` is not among the thresholds.

    Notes
    -----
    All thresholds share each draw of rows and stakes, so differences between them are as exact as
    paired ones. At one threshold the draws have the distribution of `value.simulate`. The gain of
    the best threshold is corrected for optimism as by Efron, "Estimating the error rate of a
    prediction rule", JASA 78 (1983) 316–331: over the draws, by how much the threshold best in a
    draw gains more over `current` in that draw than it does on the rows themselves.
    """
    frame = frame.sort_values("threshold", ignore_index=True)
    if current is not None and current not in set(frame["threshold"]):
        raise PlaybookError(
            f"the threshold {current} is not among those counted",
            remedy="Count with today's threshold as a bin edge",
        )
    frame = _thinned(frame, current)
    cells = frame[list(_CELLS)].to_numpy(float)
    if not len(frame) or cells[0].sum() <= 0:
        raise PlaybookError(
            "thresholds cannot be compared on no rows",
            remedy="Give rows that have a label and a score",
        )
    slack = 1e-9 * cells[0].sum()  # weighted counts are sums of floats
    if (np.diff(cells[:, :2], axis=0) > slack).any() or np.ptp(cells.sum(axis=1)) > slack:
        raise ValueError("a higher threshold cannot have more positives, nor other rows")
    points = cells @ stakes.mean / cells[0].sum()
    best = int(np.argmax(points))
    now = None if current is None else int(np.flatnonzero(frame["threshold"] == current)[0])
    draw = _drawer(cells, stakes, draws, seed)
    tail = (1 - confidence) / 2
    interval = np.empty((2, len(frame)))
    top = np.full(draws, -np.inf)
    chosen = np.zeros(draws, dtype=int)
    for start in range(0, len(frame), _BLOCK):
        block = slice(start, start + _BLOCK)
        values, at_means = draw(block)
        interval[:, block] = np.quantile(values, [tail, 1 - tail], axis=0)
        better = at_means.max(axis=1) > top
        chosen = np.where(better, start + at_means.argmax(axis=1), chosen)
        top = np.maximum(top, at_means.max(axis=1))
    optimism = 0.0
    if now is not None:
        drift = draw(slice(now, now + 1))[1][:, 0] - points[now]
        optimism = max(0.0, float(np.mean(top - points[chosen] - drift)))
    result = frame.assign(
        value=points,
        low=np.minimum(interval[0], points),
        high=np.maximum(interval[1], points),
    )
    n = float(cells[0].sum())

    def at(place: int) -> Estimate:
        values, _ = draw(slice(place, place + 1))
        group = {"threshold": f"{frame['threshold'][place]:.4g}"}
        return estimate(
            float(points[place]), values[:, 0], measure="expected_value", n=n,
            unit=f"{currency} per decision", group=group, confidence=confidence,
        )  # fmt: skip

    gain = None
    if now is not None and now != best:
        difference = draw(slice(best, best + 1))[0] - draw(slice(now, now + 1))[0]
        gain = estimate(
            float(points[best] - points[now]) - optimism, difference[:, 0] - optimism,
            measure="expected_value_difference", n=n, unit=f"{currency} per decision",
            group={"threshold": f"{frame['threshold'][best]:.4g}"}, confidence=confidence,
        )  # fmt: skip
    return MoneySweep(
        frame=result,
        current=current,
        best=float(frame["threshold"][best]),
        at_current=None if now is None else at(now),
        at_best=at(best),
        gain=gain,
        optimism=optimism,
        currency=currency,
    )


def _thinned(frame: pd.DataFrame, current: float | None) -> pd.DataFrame:
    """At most `_MOST_POINTS` of the thresholds, evenly picked, always with `current`."""
    if len(frame) <= _MOST_POINTS:
        return frame
    places = np.unique(np.linspace(0, len(frame) - 1, _MOST_POINTS).round().astype(int))
    keep = np.zeros(len(frame), dtype=bool)
    keep[places] = True
    keep |= (frame["threshold"] == current).to_numpy()
    return frame[keep].reset_index(drop=True)


def _drawer(
    cells: Array, stakes: Stakes, draws: int, seed: int
) -> Callable[[slice], tuple[Array, Array]]:
    """A function that gives draws of the value at some thresholds: (draws, thresholds), twice:
    with random stakes, and with the stakes at their means."""
    worth = stakes.draw(np.random.default_rng([seed, 0]), draws).T
    rng = np.random.default_rng([seed, 1, 0])
    doubt = rng.standard_gamma(0.5, size=(draws, 4))
    # Rows between two thresholds move together from positive to negative: gamma weights of these
    # steps add up to the weights of the cells at every threshold.
    steps = np.vstack([cells[:-1, :2] - cells[1:, :2], cells[-1:, :2]]).clip(min=0)
    weights = rng.standard_gamma(steps[::-1].T, size=(draws, 2, len(cells)))
    above = np.cumsum(weights, axis=2)[:, :, ::-1]
    below = rng.standard_gamma(cells[0, [3, 2]].clip(min=0), size=(draws, 2))[:, :, None]
    under = below + above[:, :, :1] - above
    mean = np.broadcast_to(stakes.mean, worth.shape)

    def draw(block: slice) -> tuple[Array, Array]:
        parts = (above[:, 0, block], above[:, 1, block], under[:, 1, block], under[:, 0, block])
        shares = np.stack([p + doubt[:, [i]] for i, p in enumerate(parts)], axis=2)
        shares /= shares.sum(axis=2, keepdims=True)
        return (
            np.einsum("dtc,dc->dt", shares, worth),
            np.einsum("dtc,dc->dt", shares, mean),
        )

    return draw
