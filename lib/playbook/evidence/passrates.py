"""How many answers pass: by criterion, by system and by segment."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import clusters, passrateswords
from playbook.evidence.display import Html
from playbook.evidence.measured import Measured
from playbook.evidence.outputs import Outputs
from playbook.evidence.passed import DecidedBy, accepted, decided_by, passed
from playbook.evidence.passsegments import SegmentRate, clustered, segment_rates


@dataclass(frozen=True)
class SystemRates:
    """One system: how many of its answers are accepted, and how many pass each criterion.

    Attributes
    ----------
    difference
        Its accepted answers less those of the system it is compared with, on the same questions;
        None for that system itself, and where they share no question.
    """

    system: str
    accepted: Estimate | None
    by_criterion: dict[str, Estimate]
    difference: Estimate | None = None


@dataclass(frozen=True)
class PassRates(Measured):
    """Shares of answers that pass.

    Attributes
    ----------
    systems
        The current one first.
    segments
        Of the current system, worst first, those too small at the end.
    ratings
        For each criterion how many of the current system's answers were decided by whom.
    answers, prompts
        Of the current system: answers captured, tool errors with them, and different questions.
    errors, unrated
        Of these answers, tool errors, and others of which nobody can say whether they are accepted.
    reference
        The system that others are compared with; None where there is only one.
    says
        What each criterion asks for.
    required
        Criteria that an answer must meet to be accepted.
    """

    systems: list[SystemRates]
    segments: list[SegmentRate]
    ratings: dict[str, DecidedBy]
    answers: int
    prompts: int
    errors: int
    unrated: int
    minimum_n: int
    reference: str | None
    has_baseline: bool
    says: dict[str, str]
    required: list[str]

    @property
    def current(self) -> str:
        """Name of the system the product would launch with."""
        return self.systems[0].system

    @property
    def accepted(self) -> Estimate | None:
        """Accepted answers of the current system; None where no criterion is required."""
        return self.systems[0].accepted

    @property
    def by_criterion(self) -> dict[str, Estimate]:
        """Passing answers of the current system, by criterion."""
        return self.systems[0].by_criterion

    @property
    def advantage(self) -> Estimate | None:
        """Accepted answers of the current system less those without AI, on the same questions."""
        return self.systems[0].difference if self.has_baseline else None

    @property
    def decided_by(self) -> dict[str, str]:
        """Who decides what counts as accepted, by required criterion: ``people``, ``check``, or
        ``judge`` where nobody but an automatic judge does."""
        return {n: by.who for n in self.required if (by := self.ratings[n]).n}

    @property
    def judge_only(self) -> list[str]:
        """Criteria that nobody but an automatic judge decided."""
        return [name for name, by in self.ratings.items() if by.judge_only]

    @property
    def estimates(self) -> list[Estimate]:
        """All rates and differences."""
        found = [e for s in self.systems for e in (s.accepted, *s.by_criterion.values(),
                                                   s.difference)]  # fmt: skip
        found += [e for s in self.segments for e in (s.estimate, s.gap)]
        return [e for e in found if e is not None]

    def summary(self) -> Html:
        """How many answers are accepted, who says so, beside what else, and where fewer are."""
        return passrateswords.summary(self)

    def table(self) -> Html:
        """Every system by every criterion, and every segment."""
        return passrateswords.table_of(self)

    def chart(self) -> Html:
        """Rates with their intervals, and those of the segments."""
        return passrateswords.chart(self)


def pass_rates(outputs: Outputs, minimum_n: int, confidence: float = 0.95) -> PassRates:
    """Rate the answers of each system, and of each segment of the current one.

    Intervals are clustered by question (`clusters.rate`); differences of systems are paired by
    question (`clusters.paired`); a segment's difference to the rest joins the two intervals on
    their effective n (Newcombe 1998), its p-value is the score test's on effective n.

    Parameters
    ----------
    minimum_n
        Fewest different questions with which a segment is compared with the rest.

    Raises
    ------
    NoEvidence
        No answer is rated.
    """
    ratings = {name: passed(outputs, name) for name in outputs.criteria}
    known = {name: rows[rows["value"].notna()] for name, rows in ratings.items()}
    try:
        whole = accepted(outputs)
    except NoEvidence:
        if not any(len(_of(rows, outputs.current)) for rows in known.values()):
            raise
        whole = None
    baseline = outputs.table.baseline_system
    reference = baseline or outputs.current
    systems = [
        _system(name, outputs.current, reference, whole, known, confidence)
        for name in outputs.systems
    ]
    mine = _of(outputs.frame, outputs.current)
    base = whole if whole is not None else next(r for r in known.values() if len(r))
    outcome = "accepted_rate" if whole is not None else "pass_rate"
    failed = mine["error"] != ""
    return PassRates(
        systems=systems,
        segments=segment_rates(outputs, _of(base, outputs.current), outcome, minimum_n, confidence),
        ratings={n: decided_by(_of(rows, outputs.current)) for n, rows in ratings.items()},
        answers=len(mine),
        prompts=mine["prompt"].nunique(),
        errors=int(failed.sum()),
        unrated=int((outputs.accepted[mine.index].isna() & ~failed).sum()),
        minimum_n=minimum_n,
        reference=reference if len(systems) > 1 else None,
        has_baseline=baseline is not None and baseline != outputs.current,
        says={name: c.says for name, c in outputs.criteria.items()},
        required=[name for name, c in outputs.criteria.items() if c.required],
    )


def _of(rows: pd.DataFrame, system: str) -> pd.DataFrame:
    return rows[rows["system"] == system]


def _rate(
    rows: pd.DataFrame, measure: str, group: dict[str, str] | None, confidence: float
) -> Estimate | None:
    if rows.empty:
        return None
    return clustered(rows, confidence).estimate(measure, group)


def _system(
    name: str,
    current: str,
    reference: str,
    whole: pd.DataFrame | None,
    known: dict[str, pd.DataFrame],
    confidence: float,
) -> SystemRates:
    own = {} if name == current else {"system": name}
    by_criterion = {
        criterion: e
        for criterion, rows in known.items()
        if (e := _rate(_of(rows, name), "pass_rate", {"criterion": criterion} | own, confidence))
    }
    if whole is None:
        return SystemRates(name, None, by_criterion)
    rows, other = _of(whole, name), _of(whole, reference)
    rate, apart = _rate(rows, "accepted_rate", own or None, confidence), None
    if name != reference:
        apart = clusters.paired(
            rows["value"], rows["prompt"], other["value"], other["prompt"],
            measure="accepted_rate_difference", group={"system": name, "beside": reference},
            confidence=confidence,
        )  # fmt: skip
    return SystemRates(name, rate, by_criterion, apart)
