"""An automatic judge beside people: how far it may be trusted, and what it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import agreementrates as rates
from playbook.evidence import judgewords
from playbook.evidence.clusters import rate
from playbook.evidence.corrected import corrected
from playbook.evidence.display import Html
from playbook.evidence.measured import Measured
from playbook.evidence.outputs import Outputs
from playbook.evidence.promptsums import more_passes, over_prompts

Gates = Literal["yes", "no", "open"]


@dataclass(frozen=True)
class JudgedCriterion:
    """One criterion that an automatic judge rates.

    Attributes
    ----------
    kappa
        Cohen's κ of the judge against people; None where nobody rated the same answers, or all
        ratings are the same.
    agreement, base_rate, sensitivity, specificity, leniency
        On the answers that both rated: how often they agree, how many people pass; of those that
        people pass, how many the judge passes; of those that people fail, how many it fails; and
        how many more it passes than people do.
    raw, corrected, second
        Pass rate of the current system by the judge alone, corrected (`corrected.Corrected`), and
        corrected another way.
    labels, tied, unread
        Answers rated by judge and people; those on which people are split, which count for no
        agreement; and answers of the current system that people did not rate.
    gates
        Whether it may decide alone.
    labels_needed
        Labels in total that would settle an open question; None where it is settled, or no number
        would.
    """

    name: str
    says: str
    labels: int
    tied: int
    unread: int
    raw: Estimate
    kappa: Estimate | None
    agreement: Estimate | None
    base_rate: Estimate | None
    sensitivity: Estimate | None
    specificity: Estimate | None
    leniency: Estimate | None
    corrected: Estimate | None
    second: Estimate | None
    gates: Gates
    labels_needed: int | None

    @property
    def estimates(self) -> list[Estimate]:
        """All that are known, κ first."""
        found = [self.kappa, self.agreement, self.base_rate, self.raw, self.corrected]
        found += [self.second, self.sensitivity, self.specificity, self.leniency]
        return [e for e in found if e is not None]


@dataclass(frozen=True)
class Judge(Measured):
    """Every criterion that a judge rates: those nobody checked, then the one it agrees least on.

    Attributes
    ----------
    agreement_bar, labels_bar
        What the policy asks of κ and of the number of labels before a judge may decide alone.
    current
        The system whose pass rates are given.
    """

    criteria: list[JudgedCriterion]
    agreement_bar: float
    labels_bar: int
    current: str
    note: str

    @property
    def estimates(self) -> list[Estimate]:
        """Those of all criteria."""
        return [e for c in self.criteria for e in c.estimates]

    def summary(self) -> Html:
        """Which way the judge errs, what that does to the pass rate, and whether it may decide."""
        return judgewords.summary(self)

    def table(self) -> Html:
        """Agreement, errors and pass rates by criterion."""
        return judgewords.table_of(self)

    def chart(self) -> Html:
        """The judge's pass rate beside the corrected one."""
        return judgewords.chart(self)


def judge(
    outputs: Outputs, agreement_bar: float, labels_bar: int, confidence: float = 0.95
) -> Judge:
    """Hold an automatic judge against people.

    Agreement is Cohen's κ (1960) of the judge with the majority of people, on all answers that both
    rated; answers on which people are split are left out of it and count as half in the corrected
    pass rate. Intervals come from resampled prompts. Pass rates are those of the current system.

    Parameters
    ----------
    agreement_bar
        κ from which a judge may decide alone, where the whole interval is above it.
    labels_bar
        Answers that people must have rated as well.

    Raises
    ------
    NoEvidence
        No automatic judge rated an answer of the current system.
    """
    names = [n for n, c in outputs.criteria.items() if c.judge and _rates_any(outputs, n)]
    if not names:
        raise NoEvidence(
            f"no automatic judge rated the answers of {outputs.current}",
            where=outputs.where,
            remedy="Name its column as 'judge:' under the criterion in product.yaml, if there is "
            "one; people's ratings alone are enough to go on",
        )
    found = [_criterion(outputs, n, agreement_bar, labels_bar, confidence) for n in names]
    found.sort(key=lambda c: c.kappa.value if c.kappa else -2.0)
    return Judge(found, agreement_bar, labels_bar, outputs.current, outputs.table.note)


def _rates_any(outputs: Outputs, name: str) -> bool:
    rows = outputs.rated(name)
    return bool((rows["judge"].notna() & (rows["system"] == outputs.current)).any())


def _criterion(
    outputs: Outputs, name: str, bar: float, labels_bar: int, confidence: float
) -> JudgedCriterion:
    rows = outputs.rated(name)
    shared = rows[rows["people"].notna() & rows["judge"].notna()]
    decided = shared[shared["people"] != 0.5]
    mine = rows[rows["system"] == outputs.current]
    judged = mine[mine["judge"].notna()]
    group, better = {"criterion": name}, corrected(mine, confidence)
    raw = rate(judged["judge"], judged["prompt"], confidence)
    kappa, others = _agreement(decided, group, confidence)
    gates, needed = _may_gate(kappa, len(decided), bar, labels_bar)
    if better and not shared["system"].eq(outputs.current).any():
        better = None
    return JudgedCriterion(
        name=name,
        says=outputs.criteria[name].says,
        labels=len(decided),
        tied=len(shared) - len(decided),
        unread=int(mine["people"].isna().sum()),
        raw=raw.estimate("judge_pass_rate", group),
        kappa=kappa,
        corrected=better.rate.estimate("corrected_pass_rate", better.answers, group=group)
        if better else None,
        second=better.second.estimate("rogan_gladen_pass_rate", better.answers, group=group)
        if better and better.second else None,
        gates=gates,
        labels_needed=needed,
        **others,
    )  # fmt: skip


def _agreement(
    decided: pd.DataFrame, group: dict[str, str], confidence: float
) -> tuple[Estimate | None, dict[str, Estimate | None]]:
    """κ, and the plain rates, on answers that people do not split on."""
    people, said = decided["people"] > 0.5, decided["judge"] > 0.5
    prompts = decided["prompt"]

    def told(measure: str, values: pd.Series, among: pd.Series | None = None) -> Estimate | None:
        chosen = values if among is None else values[among]
        if chosen.empty:
            return None
        return rate(chosen, prompts[chosen.index], confidence).estimate(measure, group)

    others = {
        "agreement": told("judge_raw_agreement", people == said),
        "base_rate": told("judge_base_rate", people),
        "sensitivity": told("judge_sensitivity", said, people),
        "specificity": told("judge_specificity", ~said, ~people),
        "leniency": None,
    }
    if decided.empty:
        return None, others
    cells = np.column_stack([~people & ~said, ~people & said, people & ~said, people & said])
    gap = over_prompts(prompts, cells, more_passes, confidence, np.eye(4))
    others["leniency"] = gap.estimate("judge_leniency", len(decided), group=group,
                                      unit="difference")  # fmt: skip
    if people.nunique() == said.nunique() == 1 and people.iloc[0] == said.iloc[0]:
        return None, others
    found = over_prompts(prompts, cells, rates.kappa, confidence, np.eye(4))
    return found.estimate("judge_agreement", len(decided), group=group, unit="score"), others


def _may_gate(
    kappa: Estimate | None, labels: int, bar: float, labels_bar: int
) -> tuple[Gates, int | None]:
    """Whether the judge may decide alone, and how many labels in total would tell."""
    if kappa is None:
        return "open", max(labels_bar, labels + 1)
    held = kappa.against(at_least=bar)
    if held.outcome == "misses":
        return "no", None
    if held.outcome == "meets":
        return ("yes", None) if labels >= labels_bar else ("open", labels_bar)
    return "open", max(labels_bar, held.n_needed) if held.n_needed else None
