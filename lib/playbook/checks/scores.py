"""What a question set adds up to: the scores of what was chosen, bounded by what is open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from playbook.answers import Answer, Answers, shown
from playbook.checks.unfolding import unfolding
from playbook.estimate import Estimate
from playbook.questions import Band, Question, QuestionSet, Scoring

MEASURE = "questionnaire_score"
_SCORED = {"choice", "yes_no", "several"}


@dataclass(frozen=True)
class Contribution:
    """What one question adds.

    Attributes
    ----------
    answer
        None where nothing was answered yet.
    low, high
        The least and the most that it adds, given its answer; equal where it is settled.
    most
        The most that it could add under any answer.
    certain
        Whether it is asked whatever becomes of what is open; else it may add nothing at all.
    shown
        Whether it is asked now.
    """

    question: Question
    answer: Answer | None
    low: float
    high: float
    most: float
    certain: bool = True
    shown: bool = True

    @property
    def is_open(self) -> bool:
        """Whether its points are not settled yet."""
        return self.low < self.high

    @property
    def points(self) -> float:
        """Its points now: none where it is open, or as few or many as are nearest to that."""
        return min(max(0.0, self.low), self.high)


@dataclass(frozen=True)
class Score:
    """A sum of points, or their share of the most possible, between its bounds.

    Attributes
    ----------
    value, low, high
        In points, or from 0 to 1 where the scoring is a `share`.
    most
        Of the questions asked, the most that they could add up to.
    parts
        What counts or may still count, in the order asked; *not applicable* counts nowhere.
    bands
        The bands that the sum may lie in: one where that is settled.
    """

    scoring: Scoring
    value: float
    low: float
    high: float
    most: float
    parts: Sequence[Contribution]
    bands: Sequence[Band]

    @property
    def asked(self) -> list[Contribution]:
        """The parts that count now."""
        return [part for part in self.parts if part.shown]

    @property
    def open(self) -> list[Contribution]:
        """Questions asked whose points are not settled, the widest first."""
        left = [part for part in self.asked if part.is_open]
        return sorted(left, key=lambda part: part.low - part.high)

    def estimate(self) -> Estimate:
        """The score for machines; `n` counts the questions asked."""
        return Estimate(
            measure=MEASURE,
            value=self.value,
            low=self.low,
            high=self.high,
            n=len(self.asked),
            unit="share" if self.scoring.share else "points",
            method="sum of stated scores; bounds from what is open",
        )


def is_scored(questions: QuestionSet) -> bool:
    """Whether any answer adds points."""
    return any(_is_scored(question) for question in questions.questions)


def score(questions: QuestionSet, answers: Answers) -> Score | None:
    """Add up the `questions`; None where none of them is scored, or none of these applies.

    A question never shown counts nowhere, unless an answer that is still open may unfold it: then
    it widens the bounds, as do *unknown* and no answer. *Not applicable* leaves both the sum and
    the most possible.
    """
    parts = _parts(questions, answers)
    most = sum(part.most for part in parts if part.shown)
    scoring = questions.scoring or Scoring()
    if not parts or (scoring.share and most <= 0):
        return None
    asked = [part for part in parts if part.shown]
    total = sum(part.points for part in asked)
    if scoring.share:
        low, high = _least_share(parts), -_least_share(parts, sign=-1)
        value = min(max(total / most, low), high)
    else:
        low = sum(p.low if p.certain else min(0.0, p.low) for p in parts)
        high = sum(p.high if p.certain else max(0.0, p.high) for p in parts)
        value = total
    return Score(scoring, value, low, high, most, parts, _bands(scoring, low, high))


def _parts(questions: QuestionSet, answers: Answers) -> list[Contribution]:
    asked = unfolding(questions, answers)
    now = {q.id for q in shown(questions, answers)}
    parts = []
    for question in questions.questions:
        may, may_not = asked[question.id]
        answer = answers.get(f"{questions.playbook}.{question.id}")
        spared = answer is not None and answer.state == "not_applicable"
        if not _is_scored(question) or not may or spared:
            continue
        least, most = _possible(question)
        points = _points(question, answer)
        low, high = (least, most) if points is None else (points, points)
        parts.append(
            Contribution(question, answer, low, high, most, not may_not, question.id in now)
        )
    return parts


def _is_scored(question: Question) -> bool:
    return question.type in _SCORED and any(o.score is not None for o in question.options)


def _possible(question: Question) -> tuple[float, float]:
    """The least and the most that an answer can add."""
    each = [option.score or 0.0 for option in question.options]
    if question.type == "several":
        return sum(x for x in each if x < 0), sum(x for x in each if x > 0)
    return min(each), max(each)


def _points(question: Question, answer: Answer | None) -> float | None:
    """What the answer adds; None where it is open, or chose what is no option any more."""
    if answer is None or answer.state != "answered":
        return None
    chosen = answer.value if isinstance(answer.value, list) else [answer.value]
    known = {option.value: option.score or 0.0 for option in question.options}
    if any(str(value) not in known for value in chosen):
        return None
    return sum(known[str(value)] for value in chosen)


def _least_share(parts: Sequence[Contribution], sign: int = 1) -> float:
    """The least that the share can become: what may not be asked counts only where it lowers it.

    With `sign` -1, the greatest, negated.
    """
    ends = [(sign * (p.low if sign > 0 else p.high), max(p.most, 0.0), p.certain) for p in parts]
    points = sum(end for end, _, certain in ends if certain)
    most = sum(possible for _, possible, certain in ends if certain)
    free = [(end, possible) for end, possible, certain in ends if not certain]
    # Of a fraction's optional terms, those that lower it most are taken first, until none does.
    for end, possible in sorted(free, key=_slope):
        if not most or (points + end) / (most + possible) < points / most:
            points, most = points + end, most + possible
    return points / most if most else 0.0


def _slope(term: tuple[float, float]) -> float:
    points, most = term
    return points / most if most else math.copysign(math.inf, points)


def _bands(scoring: Scoring, low: float, high: float) -> list[Band]:
    """From the band of the lowest to that of the highest."""
    if not scoring.bands:
        return []
    scale = 100 if scoring.share else 1
    first, last = (_band(scoring.bands, scale * x) for x in (low, high))
    return list(scoring.bands[first : last + 1])


def _band(bands: Sequence[Band], x: float) -> int:
    reached = [i for i, band in enumerate(bands) if x >= band.at_least - 1e-9]
    return max(reached, default=0)
