"""What an answer takes and costs, and what an accepted one costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import clusters, runningwords
from playbook.evidence.display import Html
from playbook.evidence.measured import Measured
from playbook.evidence.outputs import Outputs
from playbook.evidence.percentiles import percentile

LEVELS = (50, 90, 95, 99)


@dataclass(frozen=True)
class SystemRunning:
    """One system.

    Attributes
    ----------
    latency
        Seconds until an answer was there, by percentile; one is missing where there are too few
        answers for it. Tool errors are left out.
    timed
        Answers whose time is known.
    cost, per_accepted
        Cost of an answer that came, and of an accepted one, tool errors paid for; None where
        no cost, or no rating, is known.
    priced, unpriced, errors
        Tries whose cost is known, those whose cost is not, and tool errors among the first.
    """

    system: str
    latency: dict[int, Estimate]
    timed: int
    cost: Estimate | None
    per_accepted: Estimate | None
    priced: int
    unpriced: int
    errors: int


@dataclass(frozen=True)
class Running(Measured):
    """Time and cost of each system, the current one first."""

    systems: list[SystemRunning]
    currency: str

    @property
    def current(self) -> SystemRunning:
        """The system the product would launch with."""
        return self.systems[0]

    @property
    def latency(self) -> dict[int, Estimate]:
        """Seconds until the current system's answer was there, by percentile."""
        return self.current.latency

    @property
    def cost_per_answer(self) -> Estimate | None:
        """Cost of an answer of the current system."""
        return self.current.cost

    @property
    def cost_per_accepted_answer(self) -> Estimate | None:
        """Cost of an accepted answer of the current system."""
        return self.current.per_accepted

    @property
    def estimates(self) -> list[Estimate]:
        """Everything measured, system by system."""
        found = [e for s in self.systems for e in (*s.latency.values(), s.cost, s.per_accepted)]
        return [e for e in found if e is not None]

    def summary(self) -> Html:
        """How long people wait, and what they get costs."""
        return runningwords.summary(self)

    def table(self) -> Html:
        """Every system."""
        return runningwords.table_of(self)

    def chart(self) -> Html:
        """Time until the answer is there, and cost of an accepted answer."""
        return runningwords.chart(self)


def running(outputs: Outputs, currency: str, confidence: float = 0.95) -> Running:
    """Measure time and cost; intervals are clustered by question.

    Raises
    ------
    NoEvidence
        Neither time nor cost of the current system's answers is known.
    """
    frame = outputs.frame.assign(accepted=outputs.accepted)
    systems = [
        _system(frame[frame["system"] == name], None if name == outputs.current else name,
                name, currency, confidence)
        for name in outputs.systems
    ]  # fmt: skip
    if not systems[0].timed and not systems[0].priced:
        raise NoEvidence(
            "neither time nor cost of the answers is known",
            where=outputs.where,
            remedy="Name the columns with seconds and cost as 'latency:' and 'cost:' under "
            "'columns:' in product.yaml",
        )
    return Running(systems, currency)


def _system(
    rows: pd.DataFrame, other: str | None, name: str, currency: str, confidence: float
) -> SystemRunning:
    group = {"system": other} if other else None
    came = rows["error"] == ""
    timed = rows[came & rows["latency"].notna()]
    latency = {}
    for level in LEVELS:
        found = percentile(timed["latency"], timed["prompt"], level / 100, confidence)
        if found is not None:
            latency[level] = found.estimate(
                f"latency_p{level}", len(timed), group=group, unit="seconds"
            )
    priced = rows[rows["cost"].notna()]
    return SystemRunning(
        system=name,
        latency=latency,
        timed=len(timed),
        cost=_per_answer(priced, group, currency, confidence),
        per_accepted=_per_accepted(priced, group, currency, confidence),
        priced=len(priced),
        unpriced=len(rows) - len(priced),
        errors=int((priced["error"] != "").sum()),
    )


def _per_answer(
    rows: pd.DataFrame, group: dict[str, str] | None, currency: str, confidence: float
) -> Estimate | None:
    if rows.empty:
        return None
    found = clusters.ratio(rows["cost"], rows["error"] == "", rows["prompt"], confidence)
    if found is None:
        return None
    unit = f"{currency} per answer"
    return found.estimate("cost_per_answer", len(rows), group=group, unit=unit)


def _per_accepted(
    rows: pd.DataFrame, group: dict[str, str] | None, currency: str, confidence: float
) -> Estimate | None:
    """All costs over all accepted answers; rated answers stand for those that are not rated."""
    came, rated = rows["error"] == "", rows["accepted"].notna()
    if not rated.any():
        return None
    stands_for = came.sum() / rated.sum()
    good = np.where(rated, rows["accepted"] * stands_for, 0.0)
    found = clusters.ratio(rows["cost"], good, rows["prompt"], confidence)
    if found is None:
        return None
    high, method = found.high, found.method
    if (rows["accepted"][rated] == 1).all():
        # What never failed may fail yet: the ratio alone sees no spread in that.
        rate = clusters.rate(rows["accepted"][rated], rows["prompt"][rated], confidence)
        high = max(high, found.value / max(rate.interval.low, 1e-6))
        method += ", upper limit by the lower one of the rate of accepted answers"
    return Estimate(
        measure="cost_per_accepted_answer", group=group, value=found.value, low=found.low,
        high=high, n=int(rated.sum()), unit=f"{currency} per accepted answer", method=method,
    )  # fmt: skip
