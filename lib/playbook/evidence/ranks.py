"""What working through the cases from the highest score downwards finds: gains, lift, curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.counts import Counts, count
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.intervals import Floats, Interval, proportion
from playbook.evidence.performance import require, threshold_sweep
from playbook.evidence.tables import Decisions
from playbook.evidence.topshares import METHOD, top_shares
from playbook.product import Words

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class Gain:
    """What one share of the cases, those with the highest scores, holds.

    Attributes
    ----------
    share
        Share of all cases taken.
    precision
        Share of positives among those taken.
    found
        Share of all positives that is among those taken.
    lift
        How many times as many positives as the same number of cases picked at random.
    """

    share: float
    precision: Estimate
    found: Estimate
    lift: Estimate


@dataclass(frozen=True)
class Ranks:
    """How well scores put the positives first.

    Attributes
    ----------
    gains
        At the top 1, 5, 10, 20 and 50 per cent by default, where that is at least one case.
    curve
        Cumulative gains at every per cent: ``x`` (share taken), ``value``, ``low``, ``high``.
    roc
        Per threshold ``threshold``, ``x`` (false positive rate) and recall with its interval in
        ``value``, ``low``, ``high``.
    precision_recall
        Per threshold ``threshold``, ``x`` (recall) and precision with its interval.
    base_rate
        Share of positives among all cases.
    bins
        How scores were counted.
    """

    gains: list[Gain]
    curve: pd.DataFrame
    roc: pd.DataFrame
    precision_recall: pd.DataFrame
    base_rate: float
    bins: str
    words: Words

    @property
    def estimates(self) -> list[Estimate]:
        """Precision, share found and lift at each share."""
        return [e for gain in self.gains for e in (gain.precision, gain.found, gain.lift)]

    def gain(self, share: float) -> Gain:
        """What the top `share` of the cases holds, for a share that was measured."""
        found = next((g for g in self.gains if abs(g.share - share) < 1e-9), None)
        if found is None:
            known = ", ".join(_percent(g.share) for g in self.gains)
            raise PlaybookError(
                f"gains were not measured at the top {_percent(share)}",
                remedy=f"Take one of {known}, or name the share in 'shares'",
            )
        return found

    def lift(self, share: float) -> Estimate:
        """Lift at the top `share`."""
        return self.gain(share).lift

    def summary(self) -> Html:
        """What the highest scores hold, in natural frequencies."""
        from playbook.evidence.words import brief, natural

        w, gain = self.words, self._told
        rest = f"{w.cases} with the highest scores"
        lines = [
            f"The {_percent(gain.share)} of {rest} hold {natural(gain.found)} of all {w.cases} who "
            f"should be {w.positive}.",
            f"That is {brief(gain.lift)} times as many as {_percent(gain.share)} picked at random "
            "would hold." if gain.lift.low > 1 or gain.lift.high < 1
            else f"That is {brief(gain.lift)} times as many as {_percent(gain.share)} picked at "
            "random would hold: these cases do not show a difference.",
            f"Among them, {natural(gain.precision)} should be {w.positive}.",
        ]  # fmt: skip
        return sentences(lines)

    def table(self) -> Html:
        """One line per share taken."""
        from playbook.evidence.words import brief, count

        w = self.words
        rows = [
            [f"top {_percent(g.share)}", count(g.precision.n), brief(g.precision), brief(g.found),
             brief(g.lift)]
            for g in self.gains
        ]  # fmt: skip
        header = ["Taken by score", w.cases.capitalize(), f"Should be {w.positive} (precision)",
                  "Of all such, found (gain)", "Times as many as at random (lift)"]  # fmt: skip
        note = (
            "Where the cut falls among equal scores, their order is taken as drawn by lot, and the "
            "expected value stands here."
        )
        if self.bins != "exact":
            note += f" Scores counted in {self.bins}, taken as equal within a bin."
        return table("What the highest scores hold", header, rows, range(1, 5), note)

    def chart(self) -> Html:
        """Cumulative gains with their interval, beside picking at random."""
        from playbook.evidence.points import plane
        from playbook.evidence.words import natural

        w, gain = self.words, self._told
        return plane(
            self.curve,
            title=f"The {_percent(gain.share)} with the highest scores hold {natural(gain.found)} "
            f"{w.cases} {w.who} should be {w.positive}",
            x_title=f"share of {w.cases} taken, highest scores first",
            y_title=f"of all {w.cases} {w.who} should be {w.positive}, found",
            reference_label="picked at random",
            connect=True,
            caption="Band: interval at each share taken.",
        )

    def roc_chart(self) -> Html:
        """Recall against false alarms over all thresholds."""
        from playbook.evidence.points import plane

        w, at = self.words, _nearest(self.roc, 0.1)
        return plane(
            self.roc,
            title=f"With {_percent(at.x)} false alarms, it finds {_percent(at.value)} "
            f"({_percent(at.low)} to {_percent(at.high)}) of the {w.cases} {w.who} should be "
            f"{w.positive}",
            x_title=f"of those {w.who} should be {w.negative}, wrongly {w.positive}",
            y_title=f"of those {w.who} should be {w.positive}, found (ROC curve)",
            reference_label="tossing a coin",
            connect=True,
            caption="Band: interval of the share found, at each threshold.",
        )

    def precision_recall_chart(self) -> Html:
        """Precision against recall over all thresholds."""
        from playbook.evidence.points import plane

        w, at = self.words, _nearest(self.precision_recall, 0.5)
        return plane(
            self.precision_recall,
            title=f"When it finds {_percent(at.x)} of the {w.cases} {w.who} should be "
            f"{w.positive}, {_percent(at.value)} ({_percent(at.low)} to {_percent(at.high)}) of "
            f"its alarms are "
            "right",
            x_title=f"of those {w.who} should be {w.positive}, found (recall)",
            y_title=f"of those {w.positive} by score, rightly so (precision)",
            reference=((0, self.base_rate), (1, self.base_rate)),
            reference_label="picked at random",
            connect=True,
            caption="Band: interval of the precision, at each threshold.",
        )

    @property
    def _told(self) -> Gain:
        """The top tenth speaks for all, or the share nearest to it."""
        return min(self.gains, key=lambda g: abs(g.share - 0.1))


def ranks(
    decisions: Decisions, confidence: float = 0.95, shares: Sequence[float] = SHARES
) -> Ranks:
    """Measure what the highest scores hold, see `top_shares` for how.

    Raises
    ------
    PlaybookError
        There is no label or score.
    """
    require(decisions, "label", "score")
    counts = count(decisions, scores=True)
    by_score = counts.by_score()
    positives, negatives = (by_score[c].to_numpy(float) for c in ("positives", "negatives"))
    total = float((positives + negatives).sum())
    wanted = [share for share in shares if share * total >= 1] or [0.5]
    every = np.arange(1, 100) / 100
    curve = top_shares(positives, negatives, every, confidence)
    points = {"x": every, "value": curve.found, "low": curve.low, "high": curve.high}
    ends = [pd.DataFrame({key: [end] for key in points}) for end in (0.0, 1.0)]
    roc, precision_recall = _curves(counts, confidence)
    return Ranks(
        gains=_gains(counts, positives, negatives, wanted, confidence),
        curve=pd.concat([ends[0], pd.DataFrame(points), ends[1]], ignore_index=True),
        roc=roc,
        precision_recall=precision_recall,
        base_rate=float(positives.sum()) / total,
        bins=counts.bins,
        words=decisions.product.words,
    )


def _gains(
    counts: Counts,
    positives: Floats,
    negatives: Floats,
    shares: Sequence[float],
    confidence: float,
) -> list[Gain]:
    top = top_shares(positives, negatives, shares, confidence)
    how = counts.how_scored
    method = f"{METHOD}, {100 * confidence:g} %"
    found = []
    for i, q in enumerate(shares):
        at = f"{100 * q:g}_percent".replace(".", "_")
        value, low, high = (float(side[i]) for side in (top.found, top.low, top.high))
        n = float(top.effective[i])
        rate = proportion(float(top.precision[i]) * n, n, confidence)
        gain = Interval(value, low, high, method)
        lift = Interval(value / q, low / q, high / q, method)
        found.append(
            Gain(
                q,
                rate.estimate(f"precision_at_{at}", top.taken[i], how=how),
                gain.estimate(f"gain_at_{at}", positives.sum(), how=how),
                lift.estimate(f"lift_at_{at}", counts.n, how=how, unit="ratio"),
            )
        )
    return found


def _curves(counts: Counts, confidence: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """ROC and precision-recall points; thresholds at which nobody is positive have no precision."""
    sweep = threshold_sweep(counts)
    tp, fp, tn, fn = (sweep[c].to_numpy(float) for c in ("tp", "fp", "tn", "fn"))
    roc = _points(sweep["threshold"], fp / (fp + tn), tp, tp + fn, confidence)
    some = tp + fp > 0
    recall = (tp / (tp + fn))[some]
    return roc, _points(sweep["threshold"][some], recall, tp[some], (tp + fp)[some], confidence)


def _points(
    threshold: pd.Series, x: Floats, k: Floats, n: Floats, confidence: float
) -> pd.DataFrame:
    low, high = intervals.wilson(k, n, confidence)
    return pd.DataFrame(
        {"threshold": threshold.to_numpy(), "x": x, "value": k / n, "low": low, "high": high}
    )


def _nearest(points: pd.DataFrame, x: float) -> Any:
    return points.iloc[int((points["x"] - x).abs().to_numpy().argmin())]


def _percent(share: float) -> str:
    from playbook.evidence.words import percent

    return percent(share)
