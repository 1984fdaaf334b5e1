"""Which of two answers is preferred, and whether the order they are shown in counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.estimate import Estimate
from playbook.evidence import preferenceswords
from playbook.evidence.clusters import rate
from playbook.evidence.comparisons import Comparisons
from playbook.evidence.display import Html
from playbook.evidence.measured import Measured
from playbook.evidence.strengths import Strengths, strengths


@dataclass(frozen=True)
class Against:
    """The current system against another: how often it is preferred, a tie counting half; and how
    many of the comparisons it wins, ties and loses."""

    other: str
    rate: Estimate
    won: int
    tied: int
    lost: int

    @property
    def says(self) -> str:
        """``better``, ``worse`` or ``open``: whether the whole interval is on one side of half."""
        if self.rate.low > 0.5:
            return "better"
        return "worse" if self.rate.high < 0.5 else "open"


@dataclass(frozen=True)
class Order:
    """Whether it counts which answer is shown first.

    Attributes
    ----------
    consistent
        Of pairs compared in both orders, how many end alike; None where there are none.
    first
        How often the answer shown first is preferred, a tie counting half.
    swapped
        Whether `first` rests on pairs compared in both orders; if not, the better system may just
        have been shown first more often.
    pairs
        Pairs that somebody compared in both orders.
    """

    consistent: Estimate | None
    first: Estimate
    swapped: bool
    pairs: int

    @property
    def counts(self) -> bool:
        """Whether one place is clearly preferred."""
        return self.first.low > 0.5 or self.first.high < 0.5


@dataclass(frozen=True)
class Preferences(Measured):
    """What comparisons of two answers say.

    Attributes
    ----------
    against
        The current system against each other one it was compared with, the strongest rival first.
    strengths
        Of all systems at once; None where there are only two.
    """

    comparisons: Comparisons
    against: list[Against]
    strengths: Strengths | None
    order: Order

    @property
    def estimates(self) -> list[Estimate]:
        """Win rates, strengths, and what the order does."""
        found = [a.rate for a in self.against]
        found += self.strengths.found if self.strengths else []
        found += [self.order.consistent] if self.order.consistent else []
        return [*found, self.order.first]

    def summary(self) -> Html:
        """Whether the current system is preferred, and how far the order spoils that."""
        return preferenceswords.summary(self)

    def table(self) -> Html:
        """Win rates, strengths and order."""
        return preferenceswords.table_of(self)

    def chart(self) -> Html:
        """Win rates of the current system."""
        return preferenceswords.chart(self)


def preferences(comparisons: Comparisons, confidence: float = 0.95) -> Preferences:
    """Win rates of the current system, strengths of three or more, and the effect of order.

    A tie is half a win for each. Comparisons of one prompt hang together, so intervals are
    clustered by prompt.
    """
    frame = comparisons.frame
    others = [name for name in comparisons.systems if name != comparisons.current]
    against = [
        found for name in others if (found := _against(comparisons, name, confidence)) is not None
    ]
    against.sort(key=lambda a: a.rate.value)
    return Preferences(
        comparisons=comparisons,
        against=against,
        strengths=strengths(frame, confidence) if len(others) > 1 else None,
        order=_order(frame, confidence),
    )


def _against(comparisons: Comparisons, other: str, confidence: float) -> Against | None:
    frame, current = comparisons.frame, comparisons.current
    leads = (frame["first"] == current) & (frame["second"] == other)
    follows = (frame["first"] == other) & (frame["second"] == current)
    rows = frame[leads | follows]
    if rows.empty:
        return None
    won = rows["won"].where(leads[rows.index], 1 - rows["won"])
    found = rate(won, rows["prompt"], confidence)
    return Against(
        other=other,
        rate=found.estimate("win_rate", {"system": current, "against": other}),
        won=int((won == 1).sum()),
        tied=int((won == 0.5).sum()),
        lost=int((won == 0).sum()),
    )


def _order(frame: pd.DataFrame, confidence: float) -> Order:
    forward = (frame["first"] < frame["second"]).to_numpy()
    rows = frame.assign(
        one=np.where(forward, frame["first"], frame["second"]),
        other=np.where(forward, frame["second"], frame["first"]),
        forward=forward,
        for_one=np.where(forward, frame["won"], 1 - frame["won"]),
    )
    keys = ["prompt", "one", "other", "annotator"]
    # Somebody may have compared a pair more than once in the same order: their mean counts once.
    seen = rows.groupby([*keys, "forward"])["for_one"].mean().unstack("forward")
    both = seen.dropna() if seen.shape[1] == 2 else seen.iloc[:0]
    if both.empty:
        first = rate(frame["won"], frame["prompt"], confidence)
        return Order(None, first.estimate("first_position_win_rate"), swapped=False, pairs=0)
    prompts = both.index.get_level_values("prompt")
    ahead, behind = both[True].to_numpy(float), both[False].to_numpy(float)
    alike = np.sign(ahead - 0.5) == np.sign(behind - 0.5)
    leading = (ahead + 1 - behind) / 2
    return Order(
        rate(alike, prompts, confidence).estimate("position_consistency"),
        rate(leading, prompts, confidence).estimate("first_position_win_rate"),
        swapped=True,
        pairs=len(both),
    )
