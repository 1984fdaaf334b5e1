"""A lesson on intervals: draw cases again and again, and see how often the interval holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.intervals import proportion, proportions, wilson
from playbook.evidence.performance import performance
from playbook.evidence.tables import Decisions
from playbook.evidence.words import count, percent
from playbook.product import Words

SAMPLES = 20
BATCHES = 10
SIZES = (50, 200, 1_000)
_MARGINS = (0.10, 0.05, 0.03, 0.01)


@dataclass(frozen=True)
class Drawn:
    """Samples of one size: hits, and the interval of each, shape (BATCHES, SAMPLES)."""

    n: int
    hits: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def holds(self, truth: float) -> np.ndarray:
        """Which of the intervals hold the real value."""
        return (self.low <= truth) & (truth <= self.high)


@dataclass(frozen=True)
class Samples:
    """How often the model finds the cases it looks for, as small samples would have told.

    Attributes
    ----------
    truth
        Recall over the whole table, which stands for the world here.
    share
        Share of all cases that are looked for: how many more have to be seen to find so many.
    drawn
        Samples of each size, drawn with replacement from the real cases by a fixed seed.
    """

    truth: Estimate
    share: float
    drawn: list[Drawn]
    words: Words
    confidence: float = 0.95

    @property
    def estimates(self) -> list[Estimate]:
        """The real value."""
        return [self.truth]

    def enough(self, margin: float) -> int:
        """Cases of the kind looked for at which the interval reaches `margin` to either side."""
        few, many = 1, 1
        while self._reach(many) > margin:
            few, many = many, many * 2
        while many - few > 1:
            middle = (few + many) // 2
            few, many = (middle, many) if self._reach(middle) > margin else (few, middle)
        return many

    def _reach(self, n: int) -> float:
        low, high = wilson(self.truth.value * n, n, self.confidence)
        return float(high - low) / 2

    def summary(self) -> Html:
        """How wide intervals are and how often they hold, by number of cases."""
        return sentences([self.real(), *(self.held(d) for d in self.drawn)])

    def real(self) -> str:
        """The real value in words."""
        w = self.words
        return (
            f"In the whole table, the model finds {percent(self.truth.value)} of the "
            f"{count(self.truth.n)} {w.cases} {w.who} should be {w.positive}. Suppose that you "
            f"could see only some of them."
        )

    def held(self, drawn: Drawn, batch: int = 0) -> str:
        """What the samples of one size say, up to and with a batch of twenty."""
        inside = drawn.holds(self.truth.value)[: batch + 1]
        ends = drawn.value[batch].min(), drawn.value[batch].max()
        said = (
            f"Twenty samples of {count(drawn.n)} {self.words.cases} say anything from "
            f"{percent(ends[0])} to {percent(ends[1])}. {count(inside[-1].sum())} of the "
            f"{SAMPLES} intervals hold the real value"
        )
        return said + (f", {count(inside.sum())} of {inside.size} so far." if batch else ".")

    def table(self) -> Html:
        """By number of cases: what samples say, how wide their intervals are, how many hold."""
        rows = []
        for d in self.drawn:
            inside = d.holds(self.truth.value)
            rows.append([
                count(d.n), percent(d.value[0].min()), percent(d.value[0].max()),
                f"± {100 * float((d.high - d.low).mean()) / 2:.0f} points",
                f"{inside[0].sum()} of {SAMPLES}", f"{inside.sum()} of {inside.size}",
            ])  # fmt: skip
        header = ["Cases drawn", "Lowest of 20", "Highest of 20", "Interval", "Hold, of 20",
                  "Hold, of 200"]  # fmt: skip
        note = f"Promised are {percent(self.confidence)} in the long run."
        first = table("Samples of different sizes", header, rows, range(6), note)
        header = ["To know it to about", f"{self.words.cases} needed".capitalize(), "Of all seen"]
        return stack(first, table("How many would be enough", header, self._enough(), {1, 2}))

    def _enough(self) -> list[list[str]]:
        return [
            [
                f"{100 * margin:.0f} {'points' if margin > 0.01 else 'point'} to either side",
                count(needed),
                count(needed / self.share),
            ]
            for margin in _MARGINS
            for needed in [self.enough(margin)]
        ]

    def chart(self) -> Html:
        """The first twenty samples of the smallest size, around the real value."""
        from playbook.evidence.figures import intervals

        drawn = self.drawn[0]
        inside = drawn.holds(self.truth.value)[0]
        items = [
            (f"Sample {i + 1}", proportion(k, drawn.n, self.confidence).estimate("recall", drawn.n))
            for i, k in enumerate(drawn.hits[0].tolist())
        ]
        return intervals(
            items,
            title=self.held(drawn),
            bar=self.truth.value,
            bar_label=f"real value {percent(self.truth.value)}",
            emphasis=[name for (name, _), held in zip(items, inside, strict=True) if not held],
            counts=False,
        )

    def static(self) -> Html:
        """What stands in reports."""
        return stack(sentences([self.real()]), self.chart(), self.table())

    def payload(self) -> dict[str, Any]:
        """Every sample of every size, ready to be drawn."""
        ends = (
            min(float(d.low.min()) for d in self.drawn),
            max(float(d.high.max()) for d in self.drawn),
        )
        ticks = [x / 10 for x in range(11) if ends[0] <= x / 10 <= ends[1]]
        return {
            "real": self.real(),
            "truth": round(self.truth.value, 6),
            "truth_said": f"real value {percent(self.truth.value)}",
            "ends": [round(x, 4) for x in ends],
            "ticks": [[x, percent(x)] for x in ticks],
            "legend": f"How many {self.words.cases} {self.words.who} should be "
            f"{self.words.positive} do you look at?",
            "sizes": [
                {
                    "label": self._size(d),
                    "titles": [self.held(d, batch) for batch in range(BATCHES)],
                    "lines": np.stack([d.value, d.low, d.high], axis=2).round(4).tolist(),
                    "holds": d.holds(self.truth.value).tolist(),
                }
                for d in self.drawn
            ],
            "enough_title": "How many would be enough?",
            "enough_head": ["To know it to about",
                            f"{self.words.cases.capitalize()} of that kind", "Of all seen"],
            "enough": self._enough(),
        }  # fmt: skip

    def _size(self, drawn: Drawn) -> str:
        return f"all {count(drawn.n)}" if drawn.n == self.truth.n else count(drawn.n)


def samples(decisions: Decisions, seed: int = 7, confidence: float = 0.95) -> Samples:
    """Draw samples of several sizes from the cases that should be positive.

    Sampling is with replacement: the table stands for the world, so that also a sample as large as
    the table differs from it.

    Raises
    ------
    PlaybookError
        There is no label or no decision.
    """
    found = performance(decisions, confidence)
    hits, misses = round(found.confusion.true_positive), round(found.confusion.false_negative)
    cases = np.repeat([1, 0], [hits, misses])
    rng = np.random.default_rng(seed)
    drawn = []
    for n in [*(size for size in SIZES if size < len(cases)), len(cases)]:
        k = rng.choice(cases, size=(BATCHES, SAMPLES, n)).sum(axis=2)
        drawn.append(Drawn(n, k, *proportions(k, n, confidence)))
    truth, share = found["recall"], found["base_rate"].value
    return Samples(truth, share, drawn, decisions.product.words, confidence)
