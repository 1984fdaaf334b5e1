"""What people said beside the label that the table of decisions holds for the same items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.estimate import Estimate
from playbook.evidence import agreementrates as rates
from playbook.evidence import labels
from playbook.evidence.annotations import Annotations
from playbook.evidence.itemsums import over_items
from playbook.evidence.roles import group_text
from playbook.evidence.tables import Decisions

MOST_ITEMS = 5_000
_MOST_ROWS = 50_000


@dataclass(frozen=True)
class WithTable:
    """Labels beside the table's label.

    Attributes
    ----------
    same, kappa
        How often a person's label is the table's, and Cohen's κ of both; None where only one label
        occurs.
    items
        Items found in both, at most 5,000.
    more
        Whether there were more items than that.
    """

    same: Estimate
    kappa: Estimate | None
    items: int
    more: bool

    @property
    def estimates(self) -> list[Estimate]:
        """Raw agreement with the table's label, and κ."""
        return [self.same, *([self.kappa] if self.kappa else [])]


def with_table(
    annotations: Annotations, decisions: Decisions, confidence: float = 0.95
) -> WithTable | None:
    """Compare every label with the one that the table has for the item of the same id.

    None where ids or labels cannot be matched: no id or label is named, the table's label is an
    amount, or no id occurs in both. An id that stands more than once in the table is left out.
    """
    roles = decisions.table.columns
    if roles.id is None or roles.label is None:
        return None
    if decisions.meaning is None and not decisions.table.classes:
        return None
    said, more = _said(annotations)
    truth = _truth(decisions, said["item"].drop_duplicates().tolist())
    both = said.merge(truth, on="item")
    if both.empty:
        return None
    means = decisions.meaning
    known = [means.positive, means.negative] if means else []
    spelled = [labels.normal(name) or name for name in annotations.labels]
    people = [labels.find(name, known) or name for name in spelled]
    all_labels = sorted({*people, *both["truth"]})
    k = len(all_labels)
    place = {name: i for i, name in enumerate(all_labels)}
    cell = both["truth"].map(place) * k + both["label"].map(lambda i: place[people[int(i)]])
    wide = (
        both.assign(cell=cell)
        .pivot_table(index="item", columns="cell", values="n", aggfunc="sum", fill_value=0)
        .reindex(columns=range(k * k), fill_value=0)
    )
    kinds, items = np.unique(wide.to_numpy(float), axis=0, return_counts=True)
    # Where nobody ever differs from the table, it must stay thinkable that somebody might.
    kinds = np.concatenate([kinds, np.eye(k * k)])
    items = np.concatenate([items, np.zeros(k * k)])
    n = len(wide)
    same = over_items(items, kinds, rates.same, confidence)
    kappa = over_items(items, kinds, rates.kappa, confidence) if k > 1 else None
    return WithTable(
        same=same.estimate("label_agreement_with_table", n, how=", of items"),
        kappa=kappa.estimate("label_kappa_with_table", n, unit="score", how=", of items")
        if kappa
        else None,
        items=n,
        more=more,
    )


def _said(annotations: Annotations) -> tuple[pd.DataFrame, bool]:
    """What people said of the first items by id, counted; and whether there are more items."""
    cells = annotations.cells
    counted = cells.aggregate(n=cells.count(), by=["item", "label"])
    with annotations.source.query():
        frame = counted.order_by(["item", "label"]).limit(_MOST_ROWS).execute()
    items = frame["item"].drop_duplicates()
    cut = len(frame) == _MOST_ROWS
    kept = items.iloc[: -1 if cut else None].head(MOST_ITEMS)
    return frame[frame["item"].isin(kept)], cut or len(items) > MOST_ITEMS


def _truth(decisions: Decisions, items: list[str]) -> pd.DataFrame:
    """The table's label of these items, as it is compared."""
    rows, name = decisions.rows, decisions.table.columns.id
    part = decisions.reading.parts(rows)["label"]
    named = rows.select(item=group_text(rows[name]), truth=part.finish(part.raw))
    with decisions.source.query():
        frame = named.filter(named.item.isin(items) & named.truth.notnull()).execute()
    frame = frame.drop_duplicates("item", keep=False)
    means = decisions.meaning
    if means:
        frame["truth"] = [means.positive if x else means.negative for x in frame["truth"]]
    else:
        frame["truth"] = [labels.normal(x) for x in frame["truth"]]
    return frame
