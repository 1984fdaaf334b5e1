"""What a product's own model does when inputs are missing, shifted or noisy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import robustnesswords
from playbook.evidence.display import Html
from playbook.evidence.intervals import rate
from playbook.evidence.modelfile import ModelFile, open_model
from playbook.evidence.robustquality import Quality, amounts, outcomes
from playbook.evidence.robustrows import ALL, ORDINARY, Changed, changed, tried_rows
from playbook.evidence.tables import Decisions
from playbook.product import Product, Words

MOST_ROWS = 5_000
SAME = 0.001
"""Two scores that are no further apart are taken for the same one."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """One way to spoil the inputs, and what became of the decisions.

    Attributes
    ----------
    input, change
        The input, or *all inputs*; and what was done to it, such as *missing*.
    refused
        Share of rows for which the model gives no answer.
    loss
        How much AUC falls, or how much the mean absolute error rises; None where no row, or only
        one kind of rows, has an answer. Above 0 is worse.
    errors
        How many more decisions are wrong at the threshold; None without one and for amounts.
    missed
        How many more of the positive cases are missed; None as `errors`.
    flip
        Share of decisions that become another one; None as `errors`.
    """

    input: str
    change: str
    refused: Estimate
    loss: Estimate | None = None
    errors: Estimate | None = None
    missed: Estimate | None = None
    flip: Estimate | None = None

    @property
    def where(self) -> str:
        """What was done, as a clause: *where income is missing*."""
        return robustnesswords.where(self)

    @property
    def estimates(self) -> list[Estimate]:
        """All that was measured."""
        found = (self.refused, self.loss, self.errors, self.missed, self.flip)
        return [e for e in found if e is not None]

    @property
    def cost(self) -> Estimate | None:
        """What changes are ordered by: wrong decisions where there is a threshold, else `loss`."""
        return self.errors or self.loss


@dataclass(frozen=True)
class Robustness:
    """A model asked about rows as they are, and about the same rows with spoilt inputs.

    Attributes
    ----------
    changes
        Every change, worst first; those that the model refuses come last.
    as_is
        Quality of the file on the rows as they are: AUC and error rate, or mean absolute error.
    agreement
        Share of rows for which the file gives the table's own score; None where the table has none.
    file
        Name of the model file.
    n
        Rows tried.
    unseen
        Whether the table marks rows the file has not learnt from (the role ``unseen``), so that
        only these were used.
    threshold
        The score from which a case counts as positive; None where nothing says so.
    left_out
        Text inputs whose missing values alone were tried, as they cannot be shifted.
    """

    changes: list[Change]
    as_is: list[Estimate]
    agreement: Estimate | None
    file: str
    n: int
    unseen: bool
    threshold: float | None
    left_out: list[str]
    words: Words

    @property
    def estimates(self) -> list[Estimate]:
        """Agreement, quality as it is, then every change."""
        found = [self.agreement] if self.agreement else []
        own = {"inputs": "as they are"}  # on the rows tried, which may be a part of the table
        found += [e.model_copy(update={"group": own}) for e in self.as_is]
        return [*found, *(e for c in self.changes for e in c.estimates)]

    @property
    def reproduces(self) -> bool:
        """Whether the file gives the table's own scores, but for one row in a hundred."""
        return self.agreement is None or self.agreement.value >= 0.99

    @property
    def answered(self) -> list[Change]:
        """Changes after which the model still answers, worst first."""
        return [c for c in self.changes if c.cost is not None]

    @property
    def ordinary(self) -> list[Change]:
        """Changes that an ordinary day brings: an input is missing, filled in or a bit unsteady."""
        return [c for c in self.answered if c.change in ORDINARY]

    @property
    def worst(self) -> Change | None:
        """The change that does most harm; None where the model answers none."""
        return next(iter(self.answered), None)

    @property
    def most_missed(self) -> Change | None:
        """The change after which most positive cases are missed; None where nothing says so."""
        found = [c for c in self.changes if c.missed is not None]
        return max(found, key=lambda c: c.missed.low if c.missed else 0.0, default=None)

    @property
    def flip(self) -> Estimate | None:
        """The largest share of decisions that one change turns over."""
        found = [c.flip for c in self.changes if c.flip is not None]
        return max(found, key=lambda e: e.value, default=None)

    @property
    def joint(self) -> Change | None:
        """All inputs slightly noisy at once: what an ordinary day may bring."""
        return next((c for c in self.changes if c.input == ALL), None)

    @property
    def refusing(self) -> list[str]:
        """Inputs without which the model answers less often."""
        return [c.input for c in self.changes if c.change == "missing" and c.refused.value > 0]

    def summary(self) -> Html:
        """Whether the file is the model of the table; what harms it most; what it refuses."""
        return robustnesswords.summary(self)

    def table(self) -> Html:
        """Every change with its intervals, worst first."""
        return robustnesswords.table_of(self)

    def chart(self) -> Html:
        """How much worse each change makes it."""
        return robustnesswords.chart(self)


def robustness(
    product: Product,
    decisions: Decisions,
    confidence: float = 0.95,
    *,
    most_rows: int = MOST_ROWS,
    seed: int = 0,
) -> Robustness:
    """Ask the product's model about labelled rows, as they are and with spoilt inputs.

    Each input in turn is made missing, put at its median (its commonest value, for texts), moved
    by one and two standard deviations either way and made noisy by a tenth of one; then all are
    made noisy together. The same rows are compared before and after: AUC by the paired method of
    DeLong, DeLong and Clarke-Pearson (1988), wrong decisions by Tango's score interval (1998),
    amounts by the mean difference of absolute errors. Rows count once each, whatever their weight.
    Changes are not corrected for their number: the worst of many looks a little worse than it is.

    Parameters
    ----------
    most_rows
        Larger tables are sampled, the same rows every time.

    Raises
    ------
    NoEvidence
        No model file is named, the table has no label, or no row has both label and answer.
    PlaybookError
        The file cannot be opened, or does not go with the table.
    """
    if product.task not in {"two_outcomes", "amounts"}:
        raise NoEvidence(
            "inputs are spoilt only where the model decides between two outcomes or predicts an "
            "amount",
            remedy="Look at the quality by segment instead",
        )
    model = open_model(product)
    rows = tried_rows(decisions, model.inputs, most_rows, seed)
    before = model.predict(rows.features)
    heard = np.isfinite(before)
    quality = outcomes if product.task == "two_outcomes" else amounts
    measured = quality(decisions, rows, before, heard, confidence)
    changes = [_change(model, change, measured, heard) for change in changed(rows.features, seed)]
    changes.sort(key=_harm, reverse=True)
    return Robustness(
        changes=changes,
        as_is=measured.as_is,
        agreement=_agreement(rows.stored, before, measured, confidence),
        file=model.name,
        n=len(before),
        unseen=rows.unseen,
        threshold=measured.threshold,
        left_out=[c for c in model.inputs if not pd.api.types.is_numeric_dtype(rows.features[c])],
        words=product.words,
    )


def _change(
    model: ModelFile, change: Changed, measured: Quality, heard: NDArray[np.bool_]
) -> Change:
    after = model.predict(change.features)
    group = {"input": change.input, "change": change.change}
    refused = measured.refusals(heard & ~np.isfinite(after), heard, group)
    return Change(change.input, change.change, refused, **measured.compared(after, group))


def _harm(change: Change) -> tuple[bool, float, float]:
    cost = change.cost
    return (cost is not None, cost.low if cost else 0.0, cost.value if cost else 0.0)


def _agreement(
    stored: Floats | None, before: Floats, measured: Quality, confidence: float
) -> Estimate | None:
    """Scores must agree to `SAME`, amounts to that part of their spread."""
    if stored is None:
        return None
    scale = 1.0 if measured.scores else float(np.nanstd(stored))
    same = np.abs(stored - before) <= SAME * max(scale, 1e-12)
    return rate("model_file_agreement", int(same.sum()), len(same), confidence=confidence)
