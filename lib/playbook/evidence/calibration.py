"""Whether a score of 30 % means that it happens to 30 of 100."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from playbook.estimate import Estimate
from playbook.evidence.counts import count
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.performance import require
from playbook.evidence.reliability import (
    ReliabilityBin,
    calibration_error,
    error_by_chance,
    in_the_large,
    reliability_bins,
)
from playbook.evidence.tables import Decisions
from playbook.product import Words


@dataclass(frozen=True)
class Calibration:
    """Scores held against what happened.

    Attributes
    ----------
    bins
        The reliability curve: `ReliabilityBin` of about equal n, by rising score.
    error
        Expected calibration error: mean distance of observed rate and mean score over the bins.
    debiased
        The same less what chance adds to it.
    by_chance, by_chance_most
        The mean error that a perfectly calibrated score would show at this n, and the error that
        it would exceed in only one of 20 tables (at 95 % confidence).
    in_the_large
        Observed rate minus mean score, over all cases.
    mean_score, observed
        Mean score, and share of positives, over all cases.
    counted
        How scores were counted.
    """

    bins: list[ReliabilityBin]
    error: Estimate
    debiased: Estimate
    by_chance: float
    by_chance_most: float
    in_the_large: Estimate
    mean_score: float
    observed: Estimate
    counted: str
    words: Words

    @property
    def estimates(self) -> list[Estimate]:
        """Errors, calibration in the large, and the observed rate of each bin."""
        whole = [self.error, self.debiased, self.in_the_large]
        return whole + [each.observed for each in self.bins]

    @property
    def worst(self) -> ReliabilityBin | None:
        """The bin furthest from its mean score among those clearly off it; None without any."""
        off = [each for each in self.bins if each.off]
        return max(off, key=lambda b: abs(b.observed.value - b.mean_score), default=None)

    def summary(self) -> Html:
        """Whether the scores can be read as chances."""
        from playbook.evidence.words import brief, natural, number

        w, whole = self.words, self.in_the_large
        lines = [
            f"On average the score says {_said(self.mean_score)}; in truth "
            f"{natural(self.observed)} {w.cases} should be {w.positive}."
        ]
        if whole.low > 0 or whole.high < 0:
            lines[0] += f" It is too {'low' if whole.value > 0 else 'high'} overall."
        if worst := self.worst:
            lines.append(
                f"When the score says {_said(worst.mean_score)}, it happens to "
                f"{natural(worst.observed)}: that is furthest off."
            )
        else:
            lines.append(
                "In none of the score's ranges is the rate clearly different from the score."
            )
        lines.append(
            f"Over all ranges the score is off by {brief(self.error)} on average (expected "
            f"calibration error); a perfect one would show {number(100 * self.by_chance, 1)} % on "
            f"as many {w.cases}, by chance, and seldom more than "
            f"{number(100 * self.by_chance_most, 1)} %."
        )
        return sentences(lines)

    def table(self) -> Html:
        """One line per bin."""
        from playbook.evidence.words import brief, count

        rows = [
            [each.name, _said(each.mean_score), brief(each.observed), count(each.observed.n),
             "too low" if each.off and each.observed.value > each.mean_score
             else "too high" if each.off else ""]
            for each in self.bins
        ]  # fmt: skip
        header = ["Scores", "Mean score", "Happened", "n", "The score is clearly"]
        note = (
            "Ranges hold about as many cases each; equal scores stay together. “Clearly” is "
            "corrected for the number of ranges (Holm)."
        )
        if self.counted != "exact":
            note += f" Scores counted in {self.counted}."
        return table("What the score says and what happened", header, rows, range(1, 4), note)

    def chart(self) -> Html:
        """Observed rates with intervals against mean scores, and the diagonal."""
        from playbook.evidence.points import plane
        from playbook.evidence.words import natural

        w, worst = self.words, self.worst
        frame = pd.DataFrame(
            [
                {"x": b.mean_score, "value": b.observed.value, "low": b.observed.low,
                 "high": b.observed.high, "loud": b.off}
                for b in self.bins
            ]
        )  # fmt: skip
        title = (
            f"When the score says {_said(worst.mean_score)}, it happens to "
            f"{natural(worst.observed)}"
            if worst
            else "No range of scores is clearly off what happened"
        )
        top = min(1.0, 1.1 * float(frame[["x", "high"]].to_numpy().max()))
        loud = "Red diamonds lie clearly off the line. " if worst else ""
        return plane(
            frame,
            title=title,
            x_title="mean score",
            y_title=f"share {w.who} should be {w.positive}",
            reference_label="as the score says",
            x_range=(0, top),
            y_range=(0, top),
            caption=f"{loud}Each dot stands for about as many {w.cases} as the others.",
        )


def calibration(decisions: Decisions, bins: int = 10, confidence: float = 0.95) -> Calibration:
    """Hold scores against what happened, in `bins` ranges of about equal n.

    Raises
    ------
    PlaybookError
        There is no label or no score.
    ValueError
        `bins` is under 1.
    """
    require(decisions, "label", "score")
    counts = count(decisions, scores=True)
    cells = counts.by_score()
    half = 0.0 if counts.bins == "exact" else (cells["score"] - cells["edge"]).to_numpy(float)
    how = counts.how_scored
    by_chance, most = error_by_chance(cells, bins, confidence)
    error, debiased = calibration_error(cells, bins, most, half, confidence, how)
    whole, observed, mean = in_the_large(cells, half, confidence, how)
    return Calibration(
        bins=reliability_bins(cells, bins, confidence, how),
        error=error,
        debiased=debiased,
        by_chance=by_chance,
        by_chance_most=most,
        in_the_large=whole,
        mean_score=mean,
        observed=observed,
        counted=counts.bins,
        words=decisions.product.words,
    )


def _said(score: float) -> str:
    """A mean score in per cent, with a decimal where a whole one would hide a difference."""
    from playbook.evidence.words import number, percent

    return f"{number(100 * score, 1)} %" if 0.001 <= min(score, 1 - score) < 0.1 else percent(score)
