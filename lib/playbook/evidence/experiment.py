"""How small a change an experiment can see, at the traffic the team has."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import ndtri

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.power import detectable, effect_range, span

if TYPE_CHECKING:
    import pandas as pd

_WEEKS = (1, 2, 4, 8, 12, 26, 52)


@dataclass(frozen=True)
class Experiment:
    """A two-armed experiment on a rate, at a stated weekly traffic.

    Attributes
    ----------
    base
        The rate today.
    per_week, weeks, share
        Cases that enter per week in both arms together, planned length, and the share of cases
        that get the change.
    effect
        The smallest rise of the rate that the experiment finds with `power`, as a difference.
    reachable
        False where not even a rate of 100 % would be found; the effect is then put at 1, as no
        smaller one will do.
    """

    base: Estimate
    per_week: float
    weeks: float
    share: float
    alpha: float
    power: float
    effect: Estimate
    reachable: bool

    @property
    def estimates(self) -> list[Estimate]:
        """The minimum detectable effect."""
        return [self.effect]

    @property
    def relative_lift(self) -> Estimate | None:
        """The effect as a share of the base rate; ``None`` where the base rate is 0."""
        if self.base.value == 0:
            return None
        low, high = span(
            lambda p: detectable(p, self._h(self.weeks))[0] / p,
            max(self.base.low, 1e-9),
            self.base.high,
            self.base.value,
            [],
        )
        return self.effect.model_copy(update={
            "measure": "relative_lift", "value": self.effect.value / self.base.value,
            "low": low, "high": high, "unit": "share",
        })  # fmt: skip

    @property
    def frame(self) -> pd.DataFrame:
        """Minimum detectable effect against length: ``weeks, value, low, high``."""
        import pandas as pd

        last = max(8, math.ceil(2 * self.weeks))
        step = max(1, math.ceil(last / 60))
        weeks = sorted({*map(float, range(1, last + 1, step)), float(self.weeks)})
        rows = []
        for week in weeks:
            value, low, high = effect_range(self.base, self._h(week))
            rows.append({"weeks": week, "value": value, "low": low, "high": high})
        return pd.DataFrame(rows)

    def weeks_for(self, effect: float) -> Estimate:
        """Weeks until the experiment finds a change of the rate by `effect` (a difference).

        The interval follows from that of the base rate.

        Raises
        ------
        PlaybookError
            The change is none, or leads below 0 or above 1.
        """
        if effect == 0 or not 0 <= self.base.value + effect <= 1:
            raise PlaybookError(
                f"a change of the rate from {self.base.value:.3g} by {effect:+.3g} cannot be sized",
                remedy="State a change that leaves the rate between 0 and 1, and is not zero",
            )

        def weeks(p: float) -> float:
            h = 2 * (math.asin(math.sqrt(p + effect)) - math.asin(math.sqrt(p)))
            return (self._z / h) ** 2 * self._spread / self.per_week

        # A base rate at which the change is impossible says nothing about its length.
        least, most = max(self.base.low, 0.0, -effect), min(self.base.high, 1.0, 1 - effect)
        low, high = span(weeks, least, most, self.base.value, [(1 - effect) / 2])
        return self.effect.model_copy(update={
            "measure": "weeks_needed", "value": weeks(self.base.value), "low": low, "high": high,
            "n": self.base.n, "unit": "weeks",
        })  # fmt: skip

    def summary(self) -> Html:
        """What the experiment can see, in plain sentences."""
        from playbook.evidence.words import brief, count, percent, plural

        length = f"In {_weeks(self.weeks)} with {plural(self.per_week, 'case', 'cases')} a week"
        if not self.reachable:
            return sentences([f"{length} the experiment can see no rise at all: too few cases."])
        whole, start, end = self._change()
        sure = self.effect.low == self.effect.high
        follows = "" if sure else "; the interval follows from that of today's rate"
        lines = [
            f"{length} the experiment can see a change from {start} to {end} of {count(whole)} or "
            "more, and will miss most smaller ones.",
            f"That is {brief(self.effect)}{follows}. A true change of this size is found in "
            f"{percent(self.power)} of experiments, and no change is taken for one in "
            f"{percent(self.alpha)}.",
        ]
        if self.effect.value > self.base.value > 0:
            lines.append("That is more than doubling the rate: a longer test or another measure.")
        return sentences(lines)

    def table(self) -> Html:
        """Minimum detectable effect by length."""
        from playbook.evidence.words import brief, count, percent

        body = []
        for week in sorted({*_WEEKS, self.weeks}):
            h, n = self._h(week), int(self.per_week * week)
            seen = brief(_effect(self.base, h, n)) if detectable(self.base.value, h)[1] else "none"
            planned = " (planned)" if week == self.weeks else ""
            body.append([f"{week:g}{planned}", count(n), seen])
        header = ["Weeks", "Cases in both arms", "Smallest change seen"]
        caption = f"What the experiment sees, {percent(self.share)} of cases with the change"
        return table(caption, header, body, numeric=(0, 1, 2))

    def chart(self) -> Html:
        """Minimum detectable effect over weeks, the planned length marked."""
        from playbook.evidence.figures import band

        shown = f"{100 * self.effect.value:.1f}"
        title = (
            f"After {_weeks(self.weeks)} a change of {shown} points can be seen"
            if self.reachable
            else f"After {_weeks(self.weeks)} no change can be seen yet"
        )
        sure = self.effect.low == self.effect.high
        rests = "from today's rate as stated" if sure else "band from the interval of today's rate"
        points = self.frame.rename(columns={"weeks": "x"})
        points[["value", "low", "high"]] *= 100
        return band(
            points,
            title=title,
            x_title="weeks",
            y_title="smallest change seen, in points",
            x_format=".0f",
            y_format=".1f",
            marks=[(self.weeks, "planned")],
            caption=f"{self.per_week:,.0f} cases a week; {rests}.",
        )

    @property
    def _z(self) -> float:
        return float(ndtri(1 - self.alpha / 2) + ndtri(self.power))

    @property
    def _spread(self) -> float:
        return 1 / self.share + 1 / (1 - self.share)

    def _h(self, weeks: float) -> float:
        return self._z * math.sqrt(self._spread / (self.per_week * weeks))

    def _change(self) -> tuple[int, str, str]:
        """Smallest denominator at which today's rate and the changed one differ in whole cases."""
        from playbook.evidence.words import count

        target = self.base.value + self.effect.value
        for whole in (100, 1_000, 10_000, 100_000):
            start, end = round(self.base.value * whole), math.ceil(round(target * whole, 6))
            if self.effect.value * whole >= 2 or whole == 100_000:
                break
        return whole, count(start), count(end)


def minimum_detectable_effect(
    base: Estimate,
    per_week: float,
    weeks: float,
    share: float = 0.5,
    alpha: float = 0.05,
    power: float = 0.8,
) -> Experiment:
    """The smallest rise of `base` that an experiment finds.

    Parameters
    ----------
    base
        The rate today, unit ``share``.
    per_week, weeks
        Cases per week in both arms together, and how long the experiment runs.
    share
        Share of the cases that get the change.
    alpha, power
        Two-sided significance level, and the chance to find an effect of that size.

    Raises
    ------
    PlaybookError
        Traffic, length, share, level or power are out of range, or `base` is not a rate.

    Notes
    -----
    J. Cohen, *Statistical Power Analysis for the Behavioral Sciences* (1988), chapter 6: after the
    arcsine transformation both arms have the same variance, so
    ``h = (z(1 - alpha/2) + z(power)) * sqrt(1/n1 + 1/n2)`` and the detectable rate is
    ``sin(asin(sqrt(p)) + h/2)**2``. The interval is the range of the effect over the base rate's
    interval.

    >>> rate = Estimate(measure="base_rate", value=.26, low=.25, high=.27, n=7043, method="Wilson")
    >>> round(minimum_detectable_effect(rate, per_week=1200, weeks=8).effect.value, 4)
    0.0255
    """
    for name, value, fine, remedy in (
        ("weekly traffic", per_week, 0 < per_week < math.inf, "a number above 0"),
        ("number of weeks", weeks, 0 < weeks < math.inf, "a number above 0"),
        ("share of cases with the change", share, 0 < share < 1, "a share between 0 and 1"),
        ("significance level", alpha, 0 < alpha < 1, "a share between 0 and 1, such as 0.05"),
        ("power", power, alpha / 2 < power < 1, "a share between 0 and 1, such as 0.8"),
    ):
        if not fine:
            raise PlaybookError(
                f"an experiment cannot be sized with a {name} of {value}", remedy=f"State {remedy}"
            )
    if base.unit != "share" or not 0 <= base.value <= 1:
        raise PlaybookError(
            f"the {base.measure.replace('_', ' ')} is not a rate from 0 to 1",
            remedy="Size the experiment on a share of cases",
        )
    z = float(ndtri(1 - alpha / 2) + ndtri(power))
    h = z * math.sqrt((1 / share + 1 / (1 - share)) / (per_week * weeks))
    return Experiment(
        base=base,
        per_week=per_week,
        weeks=weeks,
        share=share,
        alpha=alpha,
        power=power,
        effect=_effect(base, h, int(per_week * weeks)),
        reachable=detectable(base.value, h)[1],
    )


def _effect(base: Estimate, h: float, n: int) -> Estimate:
    value, low, high = effect_range(base, h)
    return Estimate(
        measure="minimum_detectable_effect",
        value=value,
        low=low,
        high=high,
        n=n,
        unit="difference",
        method="arcsine formula (Cohen's h); interval from that of the base rate",
    )


def _weeks(weeks: float) -> str:
    return "1 week" if weeks == 1 else f"{weeks:g} weeks"
