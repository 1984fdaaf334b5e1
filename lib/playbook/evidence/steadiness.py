"""Whether the same question gets an answer of the same quality when it is asked again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import steadinesswords
from playbook.evidence.display import Html
from playbook.evidence.intervals import Floats, proportion
from playbook.evidence.itemsums import over_items
from playbook.evidence.measured import Measured
from playbook.evidence.outputs import Outputs
from playbook.evidence.passed import accepted
from playbook.evidence.resample import average


@dataclass(frozen=True)
class SystemSteadiness:
    """One system's questions that were asked several times.

    Attributes
    ----------
    prompts, tries
        Questions with two or more rated tries, and how many tries each of them has on average.
    same
        Share of these questions with the same result each time; the more tries, the smaller.
    changed
        Chance that two tries of the same question differ; does not depend on the number of tries.
    correlation
        Intraclass correlation of the tries; None where all answers are accepted, or none is.
    """

    system: str
    prompts: int
    tries: float
    same: Estimate
    changed: Estimate
    correlation: Estimate | None

    @property
    def design_effect(self) -> float | None:
        """How many times more answers it takes than if each came from another question."""
        if self.correlation is None:
            return None
        return 1 + (self.tries - 1) * max(self.correlation.value, 0.0)


@dataclass(frozen=True)
class Steadiness(Measured):
    """How steady each system is, the current one first; `once` of its questions were tried once."""

    systems: list[SystemSteadiness]
    once: int

    @property
    def current(self) -> SystemSteadiness:
        """The system the product would launch with."""
        return self.systems[0]

    @property
    def same_result_rate(self) -> Estimate:
        """Share of the current system's repeated questions with the same result each time."""
        return self.current.same

    @property
    def estimates(self) -> list[Estimate]:
        """Everything measured, system by system."""
        found = [e for s in self.systems for e in (s.same, s.changed, s.correlation)]
        return [e for e in found if e is not None]

    def summary(self) -> Html:
        """What happens when somebody asks again, and what repeats are worth."""
        return steadinesswords.summary(self)

    def table(self) -> Html:
        """Every system."""
        return steadinesswords.table_of(self)

    def chart(self) -> Html:
        """Share of questions with the same result each time."""
        return steadinesswords.chart(self)


def steadiness(outputs: Outputs, confidence: float = 0.95) -> Steadiness:
    """Hold tries of the same question against one another.

    The intraclass correlation is Fleiss and Cuzick's (1979, *Applied Psychological Measurement*
    3, 537–542) for results of two kinds, with a bootstrap of the questions.

    Raises
    ------
    NoEvidence
        No question was put to the current system several times, or nobody rated the answers.
    """
    rows = accepted(outputs)
    found = [
        s for name in outputs.systems
        if (s := _system(rows, name, None if name == outputs.current else name, confidence))
    ]  # fmt: skip
    if not found or found[0].system != outputs.current:
        raise NoEvidence(
            "no question was put to the product more than once and rated each time",
            where=outputs.where,
            remedy="Ask some of the questions three times or more, and name the column with the "
            "number of the try as 'repeat:' under 'columns:' in product.yaml",
        )
    asked = rows.loc[rows["system"] == outputs.current, "prompt"].nunique()
    return Steadiness(found, asked - found[0].prompts)


def _system(
    rows: pd.DataFrame, name: str, other: str | None, confidence: float
) -> SystemSteadiness | None:
    per = rows[rows["system"] == name].groupby("prompt")["value"].agg(["size", "sum"])
    per = per[per["size"] >= 2]
    m = len(per)
    if not m:
        return None
    n, k = per["size"].to_numpy(float), per["sum"].to_numpy(float)
    group = {"system": other} if other else None
    same = proportion(int(((k == 0) | (k == n)).sum()), m, confidence)
    differ = 2 * k * (n - k) / (n * (n - 1))
    values, counts = np.unique(differ, return_counts=True)
    mean = average(values, counts, most=1.0, confidence=confidence)
    changed = Estimate(
        measure="changed_result_rate", group=group, value=mean.value, low=max(mean.low, 0.0),
        high=min(mean.high, 1.0), n=m, method=mean.method,
    )  # fmt: skip
    return SystemSteadiness(
        system=name,
        prompts=m,
        tries=float(n.mean()),
        same=same.estimate("same_result_rate", m, group=group),
        changed=changed,
        correlation=_correlation(n, k, group, confidence),
    )


def _correlation(
    n: Floats, k: Floats, group: dict[str, str] | None, confidence: float
) -> Estimate | None:
    if k.sum() in (0, n.sum()):
        return None
    kinds, counts = np.unique(np.stack([n, k], axis=1), axis=0, return_counts=True)
    tries, good = kinds.T
    parts = np.stack([np.ones(len(kinds)), tries, good, good * (tries - good) / tries], axis=1)
    found = over_items(counts, parts, _fleiss_cuzick, confidence)
    return found.estimate("intraclass_correlation", len(n), group=group, unit="score",
                          how=", by questions")  # fmt: skip


def _fleiss_cuzick(sums: Floats) -> Floats:
    """1 less disagreement within questions over what chance would give; 1 where none can be."""
    m, n, k, within = sums.T
    p = k / n
    expected = (n - m) * p * (1 - p)
    left = np.divide(within, expected, out=np.zeros_like(within), where=expected > 1e-12)
    return 1 - left
