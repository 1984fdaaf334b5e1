"""Would another threshold, the same for everyone, narrow the gap between groups, at what price?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences
from playbook.evidence.group_thresholds import GroupThresholds
from playbook.evidence.money import MoneySweep
from playbook.product import Words

if TYPE_CHECKING:
    import pandas as pd


_OTHERWISE = (
    "Look at inputs and labels, or have a person review the cases that go against somebody."
)


@dataclass(frozen=True)
class ThresholdRemedy:
    """Error ratios over all thresholds, beside what each threshold is worth.

    Attributes
    ----------
    over
        Ratios of one group column over thresholds.
    bar
        The most that policy lets a wrongly denied ratio be.
    sweep
        Money over thresholds, where stakes are stated.
    """

    over: GroupThresholds
    bar: float
    words: Words
    sweep: MoneySweep | None

    @property
    def estimates(self) -> list[Estimate]:
        """None of its own: the ratio in use is among those of the group audit."""
        return []

    @property
    def nearest(self) -> float | None:
        """The nearest threshold at which the ratio's whole interval is within the bar."""
        return self.over.nearest_threshold(self.bar)

    @property
    def workable(self) -> bool:
        """Whether `nearest` leaves at least half as many with the good outcome as today: treating
        everybody equally badly is no remedy."""
        if self.nearest is None or self.over.current is None:
            return False
        return self._selected(self.nearest) >= self._selected(self.over.current) / 2

    def summary(self) -> Html:
        """Whether a threshold for everyone would do, and its price."""
        return sentences([self.advice])

    @property
    def advice(self) -> str:
        """The same as plain text."""
        from playbook.evidence.words import number

        now, column = self.over.current, self.over.column.replace("_", " ")
        if now is None:
            return "No threshold is in use, so none can be moved."
        if self.nearest is None:
            return (
                f"No single threshold brings the ratio for {column} surely to {number(self.bar)} "
                f"or less: the scores themselves treat the groups differently. {_OTHERWISE}"
            )
        if self.nearest == now:
            return "Today's threshold is within the bar already."
        before, after = self._selected(now), self._selected(self.nearest)
        treated = (
            f"of 100 {self.words.cases}, {100 * after:.0f} instead of {100 * before:.0f} would "
            "have the good outcome"
        )
        if not self.workable:
            return (
                "No single threshold for everyone is a workable remedy. The nearest that brings "
                f"the ratio for {column} surely to {number(self.bar)} or less is "
                f"{self.nearest:.2f}, and there {treated}. {_OTHERWISE}"
            )
        way = "Raising" if self.nearest > now else "Lowering"
        found = (
            f"{way} the threshold for everyone from {now:.2f} to {self.nearest:.2f} would bring "
            f"the ratio for {column} surely to {number(self.bar)} or less; {treated}. Confirm it "
            "on cases that did not help to find it."
        )
        return " ".join([found, *self._price(now, self.nearest)])

    def chart(self) -> Html:
        """The ratio of the worst-off group over thresholds, today's marked."""
        from playbook.evidence.figures import band
        from playbook.evidence.words import number

        frame = self.over.frame.rename(
            columns={
                "threshold": "x",
                "wrongly_denied_ratio": "value",
                "wrongly_denied_low": "low",
                "wrongly_denied_high": "high",
            }
        )[["x", "value", "low", "high"]].dropna()
        if frame.empty or self.over.current is None:
            return sentences([])
        marks = [(self.over.current, "today")]
        if self.nearest is not None and self.nearest != self.over.current:
            marks.append((self.nearest, "within policy"))
        title = (
            "A threshold within the bar exists"
            if self.workable
            else f"No workable threshold brings the ratio surely to {number(self.bar)} or less"
        )
        # Where hardly anyone is turned away the ratio rests on a handful and shoots up: cut there.
        frame = frame.assign(high=frame["high"].clip(upper=10), value=frame["value"].clip(upper=10))
        return band(
            frame,
            title=title,
            x_title="threshold of the score",
            y_title="times as often wronged as the best-off group",
            x_format=".2f",
            y_format=".1f",
            marks=marks,
            caption=f"{self.over.column}: the group with the gravest evidence at each threshold, "
            f"with its interval (cut at 10). Policy allows at most {number(self.bar)}.",
        )

    def _selected(self, threshold: float) -> float:
        return self._at(self.over.frame, threshold, "selection_rate")

    def _price(self, now: float, then: float) -> list[str]:
        if self.sweep is None:
            return []
        from playbook.evidence.words import money

        before, after = (self._at(self.sweep.frame, t, "value") for t in (now, then))
        change = after - before
        verb = "brings" if change >= 0 else "costs"
        amount = money(abs(change), self.sweep.currency)
        return [f"By your stakes, that {verb} {amount} a decision at the most likely values."]

    @staticmethod
    def _at(frame: pd.DataFrame, threshold: float, column: str) -> float:
        """The value in `column` at the threshold nearest to this one."""
        nearest = (frame["threshold"] - threshold).abs().to_numpy().argmin()
        return float(frame[column].to_numpy()[nearest])
