"""How wrong each case was predicted, and sums of it: the same for outcomes, classes, amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import ibis
import ibis.expr.types as ir

from playbook.errors import NoEvidence, PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import moments
from playbook.evidence.intervals import Interval, difference, proportion, two_proportion_test
from playbook.evidence.tables import Decisions

SUMS = ("rows", "weight", "weight_sq", "off", "off2", "over", "under")
ABSURD = 1e75


@dataclass(frozen=True)
class Sums:
    """Cases added up; weighted ones count as many as unweighted ones that would tell as much.

    Attributes
    ----------
    n
        Rows; of weighted ones Kish's effective number (1965, Survey Sampling, section 8.2).
    off, off2
        How wrong they are (1 where decided wrongly; distance from the amount) and its square.
    over, under
        Parts of `off`: wrongly positive or too high, wrongly negative or too low.
    rows
        Rows as they stand.
    """

    n: float
    off: float
    off2: float
    over: float
    under: float
    rows: int

    @classmethod
    def of(cls, row: Mapping[str, float]) -> Self:
        """From one row of what `added` asks for."""
        square = float(row["weight_sq"])
        worth = float(row["weight"]) / square if square > 0 else 0.0
        n, off, off2, over, under = (
            float(row[k]) * worth for k in ("weight", "off", "off2", "over", "under")
        )
        return cls(n, off, off2, over, under, rows=round(row["rows"]))


def judged(decisions: Decisions, **more: ir.Value) -> ir.Table:
    """The rows that can be judged with ``off``, ``over``, ``under``, ``weight`` and `more`.

    `more` are expressions over `Decisions.rows`.

    Raises
    ------
    NoEvidence
        Ranked lists have no single case that is right or wrong; or the table has no label or no
        prediction.
    """
    if decisions.product.kind == "ranking":
        raise NoEvidence(
            "in a ranked list no single row is right or wrong by itself",
            remedy="Look at how good the lists are, group by group",
        )
    for name in ("label", "prediction"):
        if name not in decisions.cases.columns:
            raise NoEvidence(
                f"this table has no {name}, so nobody can say what is wrong",
                where=decisions.where,
                remedy=f"Name the column with the {name} under 'columns:' in product.yaml",
            )
    parts = decisions.reading.parts(decisions.rows)
    names = [name for name in ("label", "prediction", "weight", "score", "time") if name in parts]
    canonical = {name: parts[name].finish(parts[name].raw) for name in names}
    rows = decisions.rows.select(**canonical, **more)
    rows = rows.filter(rows["label"].notnull() & rows["prediction"].notnull())
    return rows.mutate(**_wrong(decisions, rows))


def _wrong(decisions: Decisions, rows: ir.Table) -> dict[str, ir.Value]:
    label, said = rows["label"], rows["prediction"]
    if decisions.product.kind == "regression":
        error = said - label
        over, under = ibis.greatest(error, 0.0), ibis.greatest(-error, 0.0)
        return {"off": error.abs(), "over": over, "under": under}
    off = (label != said).cast("float64")
    if decisions.binary:
        return {
            "off": off,
            "over": off * said.cast("float64"),
            "under": off * (~said).cast("float64"),
        }
    return {"off": off, "over": ibis.literal(0.0), "under": ibis.literal(0.0)}


def added(rows: ir.Table) -> dict[str, ir.Value]:
    """What to aggregate over `judged` rows."""
    count = rows.count().cast("float64")
    if "weight" not in rows.columns:
        sums = {k: rows[k].sum() for k in ("off", "over", "under")}
        off2 = (rows["off"] * rows["off"]).sum()
        return {"rows": count, "weight": count, "weight_sq": count, "off2": off2, **sums}
    w, off = rows["weight"], rows["off"]
    sums = {k: (rows[k] * w).sum() for k in ("off", "over", "under")}
    squares = {"weight_sq": (w * w).sum(), "off2": (off * off * w).sum()}
    return {"rows": count, "weight": w.sum(), **squares, **sums}


def rest(whole: Mapping[str, float], one: Mapping[str, float]) -> dict[str, float]:
    """All other rows: what is left of `whole` without `one`."""
    return {k: max(0.0, float(whole[k]) - float(one[k])) for k in SUMS}


def check_finite(decisions: Decisions, total: float) -> None:
    """Raise where infinite amounts would make every mean infinite."""
    if not total < ABSURD**2:
        raise PlaybookError(
            "the label or the prediction holds infinite or absurdly large numbers",
            where=decisions.where,
            remedy="Correct these rows or leave the values empty",
        )


@dataclass(frozen=True)
class Scale:
    """What wrongness is called and measured in: a share of cases, or a distance.

    Attributes
    ----------
    amounts
        Whether predictions are amounts.
    unit
        Of amounts, such as ``minutes``.
    """

    amounts: bool
    unit: str
    how: str
    confidence: float

    @classmethod
    def of(cls, decisions: Decisions, confidence: float) -> Self:
        """As the product speaks."""
        weighed = ", weighted, effective n by Kish" if decisions.weighted else ""
        amounts = decisions.product.kind == "regression"
        return cls(amounts, decisions.product.words.unit or "units", weighed, confidence)

    @property
    def measure(self) -> str:
        """``error_rate`` or ``mean_absolute_error``."""
        return "mean_absolute_error" if self.amounts else "error_rate"

    def error(self, s: Sums, group: dict[str, str] | None) -> Estimate | None:
        """Share decided wrongly, or mean distance; None where there are too few rows."""
        found: Interval | None
        if self.amounts:
            found = moments.mean(s.n, s.off, s.off2, self.confidence)
        else:
            found = proportion(min(s.off, s.n), s.n, self.confidence) if s.n > 0 else None
        unit = self.unit if self.amounts else "share"
        if found is None:
            return None
        return found.estimate(self.measure, s.n, group=group, unit=unit, how=self.how)

    def gap(self, one: Sums, other: Sums) -> tuple[Interval, float, str]:
        """`one` minus `other`, the two-sided p-value of no difference, and the test's name.

        Newcombe's interval (1998) with the score test, Fisher's where a count is small; Welch's
        for amounts. Both sides need two rows.
        """
        if self.amounts:
            sides = [(s.n, s.off, s.off2) for s in (one, other)]
            found = moments.difference(sides[0], sides[1], self.confidence)
            assert found is not None  # both have two rows
            return *found, "Welch's t test"
        k1, n1, k2, n2 = min(one.off, one.n), one.n, min(other.off, other.n), other.n
        p, test = two_proportion_test(*(round(x) for x in (k1, n1, k2, n2)))
        return difference(k1, n1, k2, n2, self.confidence), p, test
