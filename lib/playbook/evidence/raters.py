"""Whether people who rate the same answer agree, criterion by criterion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import agreementrates as rates
from playbook.evidence import raterswords
from playbook.evidence.clusters import rate
from playbook.evidence.display import Html
from playbook.evidence.measured import Measured
from playbook.evidence.outputs import Outputs
from playbook.evidence.promptsums import more_passes, over_prompts, share

PASSES = 1
"""Where passes stand among an answer's ratings; fails come first."""
_UNSEEN = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 2.0]])


@dataclass(frozen=True)
class RatedCriterion:
    """One criterion that several people rate.

    Attributes
    ----------
    raw, chance, alpha
        Chance that two people who rated an answer say the same; the same if ratings were dealt out
        at random; Krippendorff's α. The last two are None where only one rating was ever given.
    base_rate
        Share of all ratings that are passes.
    kappa
        Cohen's κ, where exactly two people rate.
    stricter
        Where exactly two people rate: how many more the second passes than the first.
    answers, people
        Answers with two ratings or more, and columns of ratings.
    """

    name: str
    says: str
    people: list[str]
    answers: int
    raw: Estimate
    chance: Estimate | None
    alpha: Estimate | None
    kappa: Estimate | None
    base_rate: Estimate
    stricter: Estimate | None

    @property
    def estimates(self) -> list[Estimate]:
        """All that are known."""
        found = [self.raw, self.chance, self.alpha, self.kappa, self.base_rate, self.stricter]
        return [e for e in found if e is not None]


@dataclass(frozen=True)
class Raters(Measured):
    """Every criterion that two people or more rate, the one they agree least on first.

    Attributes
    ----------
    bar
        What the policy asks of α.
    single
        Criteria that people rate, but never two of them the same answer.
    """

    criteria: list[RatedCriterion]
    bar: float
    single: list[str]
    note: str

    @property
    def worst(self) -> RatedCriterion:
        """The criterion on which people agree least beyond chance."""
        return self.criteria[0]

    @property
    def estimates(self) -> list[Estimate]:
        """Those of all criteria."""
        return [e for c in self.criteria for e in c.estimates]

    def summary(self) -> Html:
        """How often people agree on each criterion, and what of that is chance."""
        return raterswords.summary(self)

    def table(self) -> Html:
        """All measures by criterion."""
        return raterswords.table_of(self)

    def chart(self) -> Html:
        """Agreement beyond chance by criterion."""
        return raterswords.chart(self)


def raters(outputs: Outputs, bar: float, confidence: float = 0.95) -> Raters:
    """Measure how far people agree who rate the same answer, see `agreementrates` for formulas.

    Intervals come from resampled prompts, as the ratings of a prompt's answers hang together.

    Parameters
    ----------
    bar
        What the policy asks of Krippendorff's α.

    Raises
    ------
    NoEvidence
        No two people rated the same answer.
    """
    found: list[RatedCriterion] = []
    single: list[str] = []
    for name, criterion in outputs.criteria.items():
        if not criterion.people:
            continue
        rows = outputs.rated(name)
        columns = [f"person_{i}" for i in range(len(criterion.people))]
        shared = rows[rows[columns].notna().sum(axis=1) > 1]
        if shared.empty:
            single.append(name)
            continue
        found.append(_criterion(name, outputs, shared, columns, confidence))
    if not found:
        raise NoEvidence(
            "no two people rated the same answer, so nobody can say whether they agree",
            where=outputs.where,
            remedy="Let a second person rate at least 50 of them, without seeing the first rating, "
            "and name both columns under 'people:'",
        )
    found.sort(key=lambda c: c.alpha.value if c.alpha else 2.0)
    return Raters(found, bar, single, outputs.table.note)


def _criterion(
    name: str, outputs: Outputs, shared: pd.DataFrame, columns: list[str], confidence: float
) -> RatedCriterion:
    ratings = shared[columns].to_numpy(float)
    vectors = np.column_stack([(ratings == 0).sum(axis=1), (ratings == 1).sum(axis=1)])
    vectors = vectors.astype(float)
    group, several = {"criterion": name}, bool((vectors.sum(axis=0) > 0).all())
    sums = partial(over_prompts, shared["prompt"], rates.parts_of(vectors), confidence=confidence,
                   unseen=rates.parts_of(_UNSEEN))  # fmt: skip
    n = len(shared)
    agreeing = rates.parts_of(vectors)[:, 0] / vectors.sum(axis=1)
    raw = rate(agreeing, shared["prompt"], confidence).estimate("raw_agreement", group)
    passes = over_prompts(
        shared["prompt"], np.column_stack([vectors[:, PASSES], vectors.sum(axis=1)]), share,
        confidence, [[0, 2], [2, 2]],
    )  # fmt: skip
    kappa, stricter = _two(shared, columns, group, confidence)
    return RatedCriterion(
        name=name,
        says=outputs.criteria[name].says,
        people=list(outputs.criteria[name].people),
        answers=n,
        raw=raw,
        chance=sums(rates.by_chance).estimate("chance_agreement", n, group=group)
        if several else None,
        alpha=sums(rates.alpha).estimate("krippendorff_alpha", n, group=group, unit="score")
        if several else None,
        kappa=kappa if several else None,
        base_rate=passes.estimate("base_rate", n, group=group),
        stricter=stricter,
    )  # fmt: skip


def _two(
    shared: pd.DataFrame, columns: list[str], group: dict[str, str], confidence: float
) -> tuple[Estimate | None, Estimate | None]:
    """Cohen's κ of two people, and how many more the second passes; None for any other number."""
    if len(columns) != 2:
        return None, None
    first, second = (shared[column].to_numpy(float) > 0.5 for column in columns)
    cells = np.column_stack([
        (first == a) & (second == b) for a in (False, True) for b in (False, True)
    ])  # fmt: skip
    n, unseen = len(shared), np.eye(4)
    kappa = over_prompts(shared["prompt"], cells, rates.kappa, confidence, unseen)
    gap = over_prompts(shared["prompt"], cells, more_passes, confidence, unseen)
    return (
        kappa.estimate("cohen_kappa", n, group=group, unit="score"),
        gap.estimate("rater_difference", n, group=group, unit="difference"),
    )
