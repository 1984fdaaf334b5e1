"""Which cases to leave to a person: error among those handled automatically, by their share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import abstentionwords, intervals
from playbook.evidence.counts import Counts
from playbook.evidence.display import Html
from playbook.evidence.halves import cells, halve, portion, scored
from playbook.evidence.intervals import exact, wilson
from playbook.evidence.riskcontrol import binomial_tail, check_risk, fixed_sequence, times_more
from playbook.evidence.tables import Decisions
from playbook.product import Words

RISKS = (0.01, 0.02, 0.05, 0.10)
LEAST = 30
"""Cases from which on the curve is drawn: a rate among fewer says next to nothing."""
_STEPS = 100
By = Literal["confidence", "threshold"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Handled:
    """What may be handled automatically while at most `risk` of it is decided wrongly.

    Attributes
    ----------
    share
        Share of all cases to handle automatically; None where no part of them is shown to keep the
        risk.
    error
        Share of the handled that is decided wrongly, with exact limits; the upper one, which alone
        has the stated confidence, is never above `risk`.
    sure
        Handled are cases whose sureness (see `Abstention.by`) is at least this.
    needed
        Without a `share`: about how many labelled cases like these would settle it. None where
        even the surest cases err more often than `risk`.
    """

    risk: float
    share: Estimate | None
    error: Estimate | None
    sure: float | None
    needed: int | None

    @property
    def reviews(self) -> float:
        """Of 1,000 cases, those that a person looks at."""
        return 1_000 * (1 - (self.share.value if self.share else 0.0))


@dataclass(frozen=True)
class Abstention:
    """The risk–coverage curve, and what may be handled automatically at stated risks.

    Attributes
    ----------
    by
        How sureness is measured. ``confidence``: the chance of being right that the score gives
        to the decision (the score where the case is decided positive, else one less it).
        ``threshold``: the score's distance from the threshold in use.
    curve
        By rising share: ``share`` of the cases, surest first; ``sure``, the least sureness among
        them; ``wrong``, ``n``; ``value, low, high``, the share decided wrongly (Wilson interval at
        each point).
    risk, risks
        The stated risk that sentences and chart speak of, and all that the table shows.
    error
        Share decided wrongly if every case is handled automatically.
    """

    by: By
    risk: float
    risks: tuple[float, ...]
    curve: pd.DataFrame
    error: Estimate
    confidence: float
    words: Words
    levels: pd.DataFrame
    """Per sureness, surest first: cumulated ``n_first, wrong_first, n_second, wrong_second``."""
    how: str

    @cached_property
    def handled(self) -> list[Handled]:
        """What may be handled automatically at each of `risks`."""
        return [self.at(risk) for risk in self.risks]

    def at(self, risk: float) -> Handled:
        """What may be handled automatically at a stated risk.

        One half of the cases proposes where to draw the line: from the sureness at which the risk
        is most clearly kept to the least sure of all, in steps of 1 %. The other half tests these
        lines in that order until the first that is not shown to keep the risk (Learn then Test,
        split fixed-sequence testing; see `riskcontrol.fixed_sequence`). So the chance that the
        true share of errors among the handled exceeds `risk` is at most one less the confidence.

        Raises
        ------
        PlaybookError
            The risk is no share.
        """
        check_risk(risk)
        lines = _proposed(self.levels, risk)
        n, wrong = lines["n_second"].to_numpy(), lines["wrong_second"].to_numpy()
        passed = fixed_sequence(wrong, n, risk, 1 - self.confidence)
        if not passed:
            return Handled(risk, None, None, None, self._needed(risk))
        line = lines.iloc[passed - 1]
        group = {"at_most_wrong": f"{risk:g}"}
        k, handled = float(line["wrong_second"]), float(line["n_second"])
        how = f", split fixed-sequence test (Learn then Test){self.how}"
        low, high = (float(x) for x in exact(k, handled, 2 * self.confidence - 1))
        return Handled(
            risk=risk,
            share=intervals.rate(
                "automatic_share", handled, float(self.levels["n_second"].iloc[-1]), group=group,
                confidence=self.confidence, how=how,
            ),
            error=Estimate(
                measure="selective_risk", group=group, value=k / handled,
                low=min(low, k / handled), high=max(high, k / handled), n=round(handled),
                method=f"Clopper-Pearson, each limit one-sided at {self.confidence:.0%}{how}",
            ),
            sure=float(line["sure"]),
            needed=None,
        )  # fmt: skip

    def automatic_share(self, at_most_risk: float) -> Estimate | None:
        """Share of the cases that may be handled automatically at a stated risk; see `at`."""
        return self.at(at_most_risk).share

    @property
    def estimates(self) -> list[Estimate]:
        """Errors if all is handled, then share and errors at each stated risk that is kept."""
        found = [e for h in self.handled for e in (h.share, h.error) if e is not None]
        return [self.error, *found]

    def summary(self) -> Html:
        """How many cases need no person at the stated risk."""
        return abstentionwords.summary(self)

    def table(self) -> Html:
        """Share handled, reviews per 1,000 and errors at each stated risk."""
        return abstentionwords.table_of(self)

    def chart(self) -> Html:
        """Errors among the handled by their share, with the stated risk."""
        return abstentionwords.chart(self)

    def _needed(self, risk: float) -> int | None:
        total = self.levels["n_second"].iloc[-1] + self.levels["n_first"].iloc[-1]
        lines = _steps(self.levels, "n_first")
        n = lines["n_first"] + lines["n_second"]
        wrong = lines["wrong_first"] + lines["wrong_second"]
        more = times_more(wrong / 2, n / 2, risk, 1 - self.confidence)
        return None if more is None else max(int(np.ceil(total * more)), int(total) + 1)


def abstention(
    decisions: Decisions,
    *,
    risk: float = 0.05,
    risks: Sequence[float] = RISKS,
    by: By = "confidence",
    confidence: float = 0.95,
    seed: int = 0,
) -> Abstention:
    """Rank cases by how sure the model is, and say how many need no person.

    Confidence is the better ranking where scores are near true chances: leaving the least likely to
    be right to a person is then best for every share (Chow, IEEE Trans. Inf. Theory 16 (1970)
    41–46). The curve is the risk–coverage curve of El-Yaniv and Wiener (JMLR 11 (2010) 1605–1641).

    Parameters
    ----------
    risk
        The share of automatic decisions that may be wrong which sentences and chart speak of.
    risks
        Those of the table.

    Raises
    ------
    PlaybookError
        There is no label of two values, score or decision, no threshold where `by` asks for one, no
        case, or a risk that is no share.
    """
    counts = scored(decisions, "prediction")
    if by == "threshold" and counts.threshold is None:
        raise PlaybookError(
            "cases cannot be ranked by their distance from the threshold: none is stated",
            where=decisions.where,
            remedy="Add a line 'threshold:' to the table in product.yaml, or rank by confidence",
        )
    return of_counts(
        counts, decisions.product.words, risk=risk, risks=risks, by=by, confidence=confidence,
        seed=seed,
    )  # fmt: skip


def of_counts(
    counts: Counts,
    words: Words,
    *,
    risk: float = 0.05,
    risks: Sequence[float] = RISKS,
    by: By = "confidence",
    confidence: float = 0.95,
    seed: int = 0,
) -> Abstention:
    """The same from counts by score, label and prediction."""
    for stated in (risk, *risks):
        check_risk(stated)
    whole = cells(counts, "score", "label", "prediction")
    score, decided = whole["score"].to_numpy(), whole["prediction"].to_numpy(bool)
    if by == "confidence":
        sure = np.where(decided, score, 1 - score)
    else:
        sure = abs(score - (counts.threshold or 0.0))
    # Rounding joins 0.7 with 1 - 0.3, which floating point holds apart.
    levels = _levels(whole.assign(sure=np.round(sure, 12)), np.random.default_rng(seed))
    if not levels[["n_first", "n_second"]].iloc[-1:].gt(0).all(axis=None):
        raise PlaybookError(
            "there are too few cases to split them into two halves",
            remedy="Give more rows that have a label and a score",
        )
    how = counts.how_scored
    curve = _curve(levels, confidence)
    wrong, n = float(curve["wrong"].iloc[-1]), float(curve["n"].iloc[-1])
    error = intervals.rate("error_rate", wrong, n, confidence=confidence, how=how)
    assert error is not None
    return Abstention(
        by=by, risk=risk, risks=tuple(sorted({risk, *risks})), curve=curve, error=error,
        confidence=confidence, words=words, levels=levels, how=how,
    )  # fmt: skip


def _levels(whole: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Cases and errors of each half, cumulated from the surest level."""
    first = halve(whole, rng)
    n_first = portion(whole, first)
    n_second = portion(whole, whole["rows"].to_numpy() - first)
    wrong = (whole["label"] != whole["prediction"]).to_numpy()
    parts = {"n_first": n_first, "wrong_first": n_first * wrong,
             "n_second": n_second, "wrong_second": n_second * wrong}  # fmt: skip
    by_sure = pd.DataFrame({"sure": whole["sure"], **parts}).groupby("sure").sum()
    return by_sure.iloc[::-1].cumsum().reset_index()


def _steps(levels: pd.DataFrame, by: str) -> pd.DataFrame:
    """The levels nearest to each 1 % of the cases; levels are shared by cases, so maybe fewer."""
    reached = levels[by].to_numpy()
    wanted = reached[-1] * np.arange(1, _STEPS + 1) / _STEPS
    places = np.searchsorted(reached, wanted * (1 - 1e-12))
    return levels.iloc[np.unique(places.clip(max=len(levels) - 1))]


def _proposed(levels: pd.DataFrame, risk: float) -> pd.DataFrame:
    """Lines to test, from the one that looks safest in the first half outwards."""
    lines = _steps(levels, "n_first")
    tail = binomial_tail(lines["wrong_first"], lines["n_first"], risk)
    safest = len(tail) - 1 - int(np.argmin(tail[::-1]))
    return lines.iloc[safest:]


def _curve(levels: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Errors among the surest cases, both halves together, at up to 401 shares of at least 30."""
    n = (levels["n_first"] + levels["n_second"]).to_numpy()
    wrong = (levels["wrong_first"] + levels["wrong_second"]).to_numpy()
    least = min(LEAST, n[-1])
    wanted = np.linspace(least, n[-1], 401)
    places = np.unique(np.searchsorted(n, wanted * (1 - 1e-12)).clip(max=len(n) - 1))
    n, wrong = n[places], wrong[places]
    low, high = wilson(wrong, n, confidence)
    return pd.DataFrame({"share": n / n[-1], "sure": levels["sure"].to_numpy()[places],
                         "wrong": wrong, "n": n, "value": wrong / n, "low": low,
                         "high": high})  # fmt: skip
