"""Do people who judge the same case agree? Raw, by chance, beyond chance, and with the table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import agreementrates as rates
from playbook.evidence import agreementwords
from playbook.evidence.agreementparts import Couple, by_group, couples, measured
from playbook.evidence.agreementtruth import WithTable, with_table
from playbook.evidence.annotations import Annotations
from playbook.evidence.display import Html
from playbook.evidence.measured import Measured
from playbook.evidence.tables import Decisions
from playbook.product import Words

MOST_CONFUSED = 10
EASY = 0.8
"""From here on agreement by chance is high enough to make raw agreement look good by itself."""


@dataclass(frozen=True)
class Confused:
    """Two labels, how often one person gives the first and another the second, and what part of
    all disagreement that is."""

    labels: tuple[str, str]
    rate: Estimate
    part: float


@dataclass(frozen=True)
class Agreement(Measured):
    """How far people agree who labelled the same items.

    Attributes
    ----------
    raw
        Chance that two people who labelled an item gave it the same label.
    chance, alpha
        The same if labels were dealt out at random; Krippendorff's α. None where only one label
        was ever given: nothing can then be told from chance.
    base_rates
        Share of each label, the most common first.
    confused
        Pairs of labels, those confused most first, at most 10.
    couples
        Each two people, in order of name; empty with more than 20 people.
    groups, too_few
        α by group of items, and groups with fewer items than `minimum_n`.
    table_label
        Agreement with the label of the table of decisions, where it can be compared.
    bar
        What the policy asks of α, where it is known.
    items, labels_per_item
        Items with two labels or more, and how many they have on average.
    """

    annotations: Annotations
    raw: Estimate
    chance: Estimate | None
    alpha: Estimate | None
    base_rates: list[Estimate]
    confused: list[Confused]
    couples: list[Couple]
    groups: list[Estimate]
    too_few: list[dict[str, str]]
    table_label: WithTable | None
    bar: float | None
    items: int
    single: int
    labels_per_item: float
    words: Words

    @property
    def note(self) -> str:
        """What a reader must know of the table, from product.yaml."""
        return self.annotations.table.note

    @property
    def two(self) -> bool:
        """Whether exactly two people labelled."""
        return len(self.annotations.people) == 2

    @property
    def worst(self) -> Couple | None:
        """The two people who most surely agree least."""
        told = [c for c in self.couples if c.kappa]
        return min(told, key=lambda c: c.kappa.high if c.kappa else 1.0, default=None)

    @property
    def prevalence(self) -> bool:
        """Whether they agree often only because one label is nearly always right."""
        if self.alpha is None or self.chance is None:
            return False
        return min(self.raw.value, self.chance.value) >= EASY > self.alpha.value

    @property
    def estimates(self) -> list[Estimate]:
        """Raw agreement first; κ has no group where there are two people, else theirs."""
        found = [self.raw, self.chance, self.alpha, *(c.kappa for c in self.couples)]
        found += [*self.base_rates, *(c.rate for c in self.confused), *self.groups]
        found += self.table_label.estimates if self.table_label else []
        return [e for e in found if e is not None]

    def summary(self) -> Html:
        """How often people agree, what of that is chance, and who and what differs most."""
        return agreementwords.summary(self)

    def table(self) -> Html:
        """All measures, and the labels that are confused."""
        return agreementwords.table_of(self)

    def chart(self) -> Html:
        """Agreement beyond chance: of all, by pair of people, by group."""
        return agreementwords.chart(self)


def agreement(
    annotations: Annotations,
    words: Words,
    decisions: Decisions | None = None,
    *,
    bar: float | None = None,
    minimum_n: int = 30,
    confidence: float = 0.95,
) -> Agreement:
    """Measure agreement on nominal labels, for any number of people, gaps allowed.

    Krippendorff's α and the raw agreement that belongs to it weigh every label of an item with two
    labels or more alike (Krippendorff 2019, Content Analysis, 4th edition, section 12.3); κ is
    Cohen's (1960). Intervals come from resampled items.

    Raises
    ------
    NoEvidence
        No item was labelled by two people.
    """
    frame = annotations.vectors()
    if frame.empty:
        raise NoEvidence(
            "no two people labelled the same item, so nobody can say whether they agree",
            where=annotations.source.where,
            remedy="Let a second person label at least 50 of them, without seeing the first label",
        )
    items = frame["items"].to_numpy(float)
    vectors = frame[[f"l{i}" for i in range(len(annotations.labels))]].to_numpy(float)
    given = vectors.sum(axis=0) > 0  # a label may be found only where one person labelled
    labels = [x for x, is_given in zip(annotations.labels, given, strict=True) if is_given]
    vectors, k = vectors[:, given], len(labels)
    n = round(items.sum())
    measure = partial(measured, items, vectors, confidence)
    both = list(combinations(range(k), 2))
    apart = items @ rates.parts_of(vectors)[:, 1 + k :]
    order = sorted(np.flatnonzero(apart > 0).tolist(), key=lambda i: -apart[i])[:MOST_CONFUSED]
    confused = [
        Confused(
            labels=(labels[a], labels[b]),
            rate=measure(
                "confusion_rate", partial(rates.confusion, pair=i),
                group={"labels": f"{labels[a]} and {labels[b]}"},
            ),
            part=float(apart[i] / apart.sum()),
        )
        for i in order for a, b in [both[i]]
    ]  # fmt: skip
    groups, too_few = by_group(annotations, minimum_n, confidence)
    several = k > 1
    return Agreement(
        annotations=annotations,
        raw=measure("raw_agreement", rates.raw),
        chance=measure("chance_agreement", rates.by_chance) if several else None,
        alpha=measure("krippendorff_alpha", rates.alpha, unit="score") if several else None,
        base_rates=[
            measure("base_rate", partial(rates.base_rate, label=i), group={"label": label})
            for i, label in enumerate(labels)
        ],
        confused=confused,
        couples=couples(annotations, confidence),
        groups=groups,
        too_few=too_few,
        table_label=with_table(annotations, decisions, confidence) if decisions else None,
        bar=bar,
        items=n,
        single=annotations.single(),
        labels_per_item=float(items @ vectors.sum(axis=1) / n),
        words=words,
    )
