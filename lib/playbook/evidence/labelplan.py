"""What another n labels would buy: how sure agreement would be, and what the budget pays for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from playbook.estimate import Estimate
from playbook.evidence import labelplanwords
from playbook.evidence.agreement import Agreement
from playbook.evidence.display import Html
from playbook.evidence.intervals import quantile
from playbook.evidence.labelbudget import Purse, Spending
from playbook.evidence.measured import Measured
from playbook.product import Words

ITEMS = (50, 100, 200, 400, 800, 1_600)
PEOPLE = 2
"""Labels per item where nobody has labelled any yet."""


@dataclass(frozen=True)
class Outlook:
    """How α and its interval change with the number of items.

    Attributes
    ----------
    value, below, above
        α, and how far its interval reaches with one item; with n items it is √n times narrower.
    """

    value: float
    below: float
    above: float

    def at(self, items: float) -> tuple[float, float]:
        """The expected interval with so many items."""
        wide = math.sqrt(items)
        return max(-1.0, self.value - self.below / wide), min(1.0, self.value + self.above / wide)

    def needed(self, bar: float) -> int | None:
        """Items at which the interval clears `bar`, on whichever side; None where none would."""
        distance = abs(self.value - bar)
        if distance < 1e-9:
            return None
        reach = self.below if self.value > bar else self.above
        return max(2, math.ceil(round((reach / distance) ** 2, 6)))


@dataclass(frozen=True)
class LabelPlan(Measured):
    """What more labels would tell, and cost.

    Attributes
    ----------
    outlook
        From the agreement measured, else planned with.
    measured
        α as measured; None where nobody has measured it, or only one label was given.
    bar
        What the policy asks of α.
    common
        Share of the most common label that is planned with.
    common_known
        Whether that comes from the table of decisions or the annotations.
    people
        Labels per item.
    needed
        Items at which the expected interval clears the bar; None where none would.
    otherwise
        The same for other values of α, where none is measured.
    spending
        What budget, time and rate buy; None for what is not answered.
    deadline
        By when the labels are wanted, as answered: an ISO date.
    one_label
        Whether people labelled, but never gave a second label.
    """

    outlook: Outlook
    measured: Estimate | None
    bar: float
    common: float
    common_known: bool
    people: float
    needed: int | None
    otherwise: list[tuple[float, int | None]]
    spending: Spending
    deadline: str | None
    one_label: bool
    note: str
    words: Words

    @property
    def items(self) -> int:
        """Items with two labels or more today."""
        return self.measured.n if self.measured else 0

    @property
    def hopeless(self) -> bool:
        """Whether people surely agree too little, so that other labels are needed, not more."""
        return self.measured is not None and self.measured.high < self.bar

    @property
    def steps(self) -> list[tuple[int, Estimate]]:
        """Numbers of items, today's first, each with α and the interval to be expected."""
        more = [n for n in ITEMS if n > 1.2 * self.items]
        found = [(n, self._expected(n)) for n in more]
        return [(self.items, self.measured), *found] if self.measured else found

    @property
    def estimates(self) -> list[Estimate]:
        """The items needed, what the budget pays for, and what is needed costs."""
        needed = self.items_needed
        return [*([needed] if needed else []), *self.spending.estimates]

    @property
    def items_needed(self) -> Estimate | None:
        """Items at which the expected interval clears the bar; with a planned α for the others
        planned with too."""
        if self.needed is None:
            return None
        seen = [n for _, n in self.otherwise if n] + [self.needed]
        method = "expected interval of Krippendorff's α against the bar, "
        method += "α as measured" if self.measured else "for three planned values of α"
        return Estimate(measure="items_needed", value=self.needed, low=min(seen), high=max(seen),
                        n=self.items, unit="count", method=method)  # fmt: skip

    def summary(self) -> Html:
        """How many labels are needed, what they tell, and what they cost."""
        return labelplanwords.summary(self)

    def table(self) -> Html:
        """The expected interval, labels, days and money by number of items."""
        return labelplanwords.table_of(self)

    def chart(self) -> Html:
        """The expected interval by number of items, beside the bar."""
        return labelplanwords.chart(self)

    def _expected(self, n: int) -> Estimate:
        low, high = self.outlook.at(n)
        basis = "as measured" if self.measured else "as planned with, two people"
        return Estimate(measure="expected_krippendorff_alpha", value=self.outlook.value, low=low,
                        high=high, n=n, unit="score",
                        method=f"expected interval if α is {basis}")  # fmt: skip


def label_plan(
    found: Agreement | None,
    bar: float,
    purse: Purse,
    words: Words,
    *,
    common: float | None = None,
    deadline: str | None = None,
    confidence: float = 0.95,
) -> LabelPlan:
    """Plan labels from the agreement measured, or before any.

    With measured agreement the interval is scaled by √n. Without, the variance is that of κ for two
    people and two labels (Donner and Eliasziw 1992, Statistics in Medicine 11, 1511–1519), planned
    with an α half-way between the bar and full agreement.

    Parameters
    ----------
    found
        Agreement as measured, where it is.
    bar
        What the policy asks of α, below 1.
    common
        Share of the most common label, where it is known.
    """
    measured = found.alpha if found else None
    rates = [e.value for e in found.base_rates] if found and measured else []
    known = max(rates) if rates else common
    share = min(max(known if known is not None else 0.5, 0.5), 0.99)
    people = found.labels_per_item if found and measured else float(PEOPLE)
    if measured:
        root = math.sqrt(measured.n)
        below, above = (root * (x if x > 0 else 0.0) for x in _reach(measured))
        outlook = Outlook(measured.value, below, above)
        otherwise: list[tuple[float, int | None]] = []
    else:
        low, middle, high = (round(bar + part * (1 - bar), 2) for part in (0.25, 0.5, 0.75))
        outlook, others = planned(middle, share, confidence), (low, high)
        otherwise = [(a, planned(a, share, confidence).needed(bar)) for a in others]
    needed = outlook.needed(bar)
    more = max(0, needed - (measured.n if measured else 0)) if needed else None
    return LabelPlan(
        outlook=outlook,
        measured=measured,
        bar=bar,
        common=share,
        common_known=known is not None,
        people=people,
        needed=needed,
        otherwise=otherwise,
        spending=purse.spend(people, more, confidence),
        deadline=deadline,
        one_label=found is not None and measured is None,
        note=found.note if found else "",
        words=words,
    )


def planned(alpha: float, common: float, confidence: float = 0.95) -> Outlook:
    """The outlook with two people and two labels, of which the one has the share `common`.

    >>> outlook = planned(0.8, 0.5)
    >>> [round(x, 2) for x in outlook.at(100)], outlook.needed(0.7)
    ([0.68, 0.92], 139)
    """
    spread = 2 * common * (1 - common)
    variance = (1 - alpha) * ((1 - alpha) * (1 - 2 * alpha) + alpha * (2 - alpha) / spread)
    reach = quantile(confidence) * math.sqrt(variance)
    return Outlook(alpha, reach, reach)


def _reach(e: Estimate) -> tuple[float, float]:
    return e.value - e.low, e.high - e.value
