"""How many more questions, tries and ratings by people would decide what is open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import answersneededwords
from playbook.evidence.clusters import rate
from playbook.evidence.corrected import corrected
from playbook.evidence.display import Html
from playbook.evidence.intervals import proportion, quantile
from playbook.evidence.measured import Measured
from playbook.evidence.outputs import Outputs
from playbook.evidence.promptsums import likeness

MOST = 1_000_000
"""Independent answers from which on nobody would go on asking."""

Says = Literal["above", "below", "open"]


@dataclass(frozen=True)
class Need:
    """What it takes to tell whether one pass rate reaches the bar.

    Attributes
    ----------
    name
        The criterion; empty for accepted answers.
    rate
        As observed; its n counts answers.
    questions, tries
        Different questions asked, and how often each on average.
    alike
        How alike tries of one question are (intraclass correlation); None where none was asked
        twice, or all ended alike.
    independent
        Answers in total, each to another question, that would decide; None where the bar is
        reached or missed already, or where not even `MOST` would tell.
    says
        Where the rate stands beside the bar.
    """

    name: str
    rate: Estimate
    questions: int
    tries: float
    alike: Estimate | None
    independent: int | None
    says: Says

    def needed(self, tries: int) -> int | None:
        """Questions in total that decide where each is asked `tries` times."""
        if self.independent is None or (self.alike is None and tries > 1):
            return None
        return math.ceil(self.independent / self.worth(tries))

    def worth(self, tries: int) -> float:
        """How many different questions `tries` of the same one are worth: m / (1 + (m − 1) ρ), by
        the design effect of Kish (1965)."""
        alike = self.alike.value if self.alike else 1.0
        return tries / (1 + (tries - 1) * alike)


@dataclass(frozen=True)
class LabelNeed:
    """What it takes to tell how good an automatic judge is at one criterion.

    Attributes
    ----------
    labels
        Answers that people and judge both rated, without those that people split on.
    missing
        Labels short of what the policy asks.
    to_decide
        Labels in total by which the corrected pass rate would be clear of the bar; None where it is
        already, or where labels alone never get it there.
    says
        Where the corrected rate stands beside the bar; None without labels.
    """

    name: str
    labels: int
    missing: int
    to_decide: int | None
    says: Says | None


@dataclass(frozen=True)
class AnswersNeeded(Measured):
    """How many more questions, tries and labels would decide what is open.

    Attributes
    ----------
    accepted
        Of answers that meet every required criterion; None where a rating is missing everywhere.
    criteria
        Of each criterion.
    judged
        Of each criterion that an automatic judge rates.
    """

    accepted: Need | None
    criteria: list[Need]
    judged: list[LabelNeed]
    bar: float
    labels_bar: int
    current: str
    note: str

    @property
    def needs(self) -> list[Need]:
        """Accepted answers first, then each criterion."""
        return [*([self.accepted] if self.accepted else []), *self.criteria]

    @property
    def estimates(self) -> list[Estimate]:
        """How alike tries of the same question are."""
        return [need.alike for need in self.needs if need.alike]

    def summary(self) -> Html:
        """How many questions decide, what repeats bring, and how many labels are missing."""
        return answersneededwords.summary(self)

    def table(self) -> Html:
        """Questions by criterion and number of tries, and labels by criterion."""
        return answersneededwords.table_of(self)


def answers_needed(
    outputs: Outputs, bar: float, labels_bar: int, confidence: float = 0.95
) -> AnswersNeeded:
    """Say what would decide, if pass rates stay as they are, for the current system.

    Parameters
    ----------
    bar
        The share of accepted answers asked for.
    labels_bar
        How many answers that a judge rated people must rate as well.

    Raises
    ------
    NoEvidence
        No answer of the current system has a rating.
    """
    mine = outputs.frame["system"] == outputs.current
    prompts = outputs.frame["prompt"]
    known = outputs.accepted[mine].dropna()
    criteria, judged = [], []
    for name, criterion in outputs.criteria.items():
        rated = outputs.rated(name)
        rated = rated[rated["system"] == outputs.current]
        said = rated["people"].fillna(rated["check"]).fillna(rated["judge"]).dropna()
        if len(said):
            passes = (said > 0.5).astype(float)
            criteria.append(_need(name, passes, prompts[said.index], bar, confidence))
        if criterion.judge:
            judged.append(_labels(name, outputs.rated(name), rated, bar, labels_bar, confidence))
    if not criteria:
        raise NoEvidence(
            f"no answer of {outputs.current} has a rating",
            where=outputs.where,
            remedy="Let people rate some of them: 50 are enough to say how many it takes",
        )
    accepted = _need("", known, prompts[known.index], bar, confidence) if len(known) else None
    return AnswersNeeded(
        accepted, criteria, judged, bar, labels_bar, outputs.current, outputs.table.note
    )


def _need(name: str, passes: pd.Series, prompts: pd.Series, bar: float, confidence: float) -> Need:
    found = rate(passes, prompts, confidence)
    measure, group = ("pass_rate", {"criterion": name}) if name else ("accepted_rate", None)
    estimate = found.estimate(measure, group)
    says = _beside(estimate.low, estimate.high, bar)
    return Need(
        name=name,
        rate=estimate,
        questions=found.clusters,
        tries=found.n / found.clusters,
        alike=_alike(name, passes, prompts, confidence),
        independent=_independent(estimate.value, bar, confidence) if says == "open" else None,
        says=says,
    )


def _beside(low: float, high: float, bar: float) -> Says:
    if low >= bar:
        return "above"
    return "below" if high < bar else "open"


def _independent(value: float, bar: float, confidence: float) -> int | None:
    """The fewest independent answers whose interval is clear of the bar."""

    def clear(n: int) -> bool:
        found = proportion(value * n, n, confidence)
        return _beside(found.low, found.high, bar) != "open"

    if not clear(MOST):
        return None
    low, high = 1, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if clear(middle) else (middle, high)
    return high


def _alike(name: str, passes: pd.Series, prompts: pd.Series, confidence: float) -> Estimate | None:
    found = likeness(passes, prompts, confidence)
    group = {"criterion": name} if name else None
    if found is None:
        return None
    return found.estimate("intraclass_correlation", len(passes), group=group, unit="score")


def _labels(
    name: str,
    every: pd.DataFrame,
    mine: pd.DataFrame,
    bar: float,
    labels_bar: int,
    confidence: float,
) -> LabelNeed:
    both = every["people"].notna() & every["judge"].notna() & (every["people"] != 0.5)
    labels, better = int(both.sum()), corrected(mine, confidence)
    says = _beside(better.rate.low, better.rate.high, bar) if better else None
    to_decide = None
    if better and says == "open":
        room = (better.rate.value - bar) ** 2 / quantile(confidence) ** 2 - better.rest
        if room > 0 and better.spread / room <= better.answers:
            to_decide = max(better.labels + 1, math.ceil(better.spread / room))
    return LabelNeed(name, labels, max(0, labels_bar - labels), to_decide, says)
