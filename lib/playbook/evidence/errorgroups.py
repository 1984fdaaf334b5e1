"""Errors of predicted numbers by group, each group beside all others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from playbook.estimate import Estimate
from playbook.evidence import errorsums, moments
from playbook.evidence.intervals import Interval, holm
from playbook.evidence.tables import Decisions

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class GroupError:
    """One group's errors.

    Attributes
    ----------
    error, bias
        Mean absolute error, and mean error (prediction minus label).
    error_difference, bias_difference
        The same minus that of all others; None where either side has too few rows.
    error_ratio
        Mean absolute error as a multiple of that of all others; None as above.
    p_error, p_bias
        Two-sided p-values of no difference, after Holm's correction for all comparisons made.
    """

    group: dict[str, str]
    error: Estimate
    bias: Estimate
    error_difference: Estimate | None
    bias_difference: Estimate | None
    error_ratio: Estimate | None
    p_error: float | None
    p_bias: float | None

    @property
    def estimates(self) -> list[Estimate]:
        """What could be estimated."""
        found = [self.error, self.bias, self.error_difference, self.bias_difference,
                 self.error_ratio]  # fmt: skip
        return [e for e in found if e]

    @property
    def worse(self) -> bool:
        """Whether predictions are surely further off than for all others."""
        e, p = self.error_difference, self.p_error
        return e is not None and p is not None and p < SIGNIFICANT and e.value > 0

    @property
    def biased(self) -> bool:
        """Whether predictions surely lean another way than for all others."""
        return self.p_bias is not None and self.p_bias < SIGNIFICANT


def group_errors(
    decisions: Decisions,
    columns: Sequence[str],
    about: errorsums.Centre,
    unit: str,
    minimum_n: int,
    confidence: float,
) -> list[GroupError]:
    """Every value of each column that has two rows or more; Welch's test against all others."""
    sides: list[tuple[dict[str, str], _Sums, _Sums]] = []
    for column in columns:
        frame = errorsums.by_group(decisions, column, about)
        names = ("n", "e", "abs", "e2")
        total = {name: math.fsum(frame[name]) for name in names}
        for row in frame.to_dict("records"):
            one = _Sums(*(float(row[name]) for name in names))
            rest = _Sums(*(total[name] - float(row[name]) for name in names))
            if one.n >= moments.LEAST:
                sides.append(({column: str(row["group"])}, one, rest))
    tests = []
    for _, one, rest in sides:
        enough = min(one.n, rest.n) >= max(minimum_n, moments.LEAST)
        tests += [
            moments.difference(one.of(which), rest.of(which), confidence) if enough else None
            for which in ("abs", "e")
        ]
    adjusted = iter(holm([found[1] for found in tests if found]))
    corrected = [next(adjusted) if found else None for found in tests]
    made = sum(p is not None for p in corrected)
    how = errorsums.how(decisions)
    return [
        _group_error(group, one, rest, tests[2 * i : 2 * i + 2], corrected[2 * i : 2 * i + 2],
                     made, unit, how, confidence)
        for i, (group, one, rest) in enumerate(sides)
    ]  # fmt: skip


@dataclass(frozen=True)
class _Sums:
    n: float
    e: float
    abs: float
    e2: float

    def of(self, which: str) -> tuple[float, float, float]:
        return self.n, getattr(self, which), max(0.0, self.e2)


def _group_error(
    group: dict[str, str],
    one: _Sums,
    rest: _Sums,
    tests: list[tuple[Interval, float] | None],
    corrected: list[float | None],
    made: int,
    unit: str,
    how: str,
    confidence: float,
) -> GroupError:
    def estimate(
        measure: str, found: Interval | None, n: float, more: str = "", unit: str = unit
    ) -> Estimate:
        assert found is not None  # there are at least two rows
        return Estimate(
            measure=measure, group=group, value=found.value, low=found.low, high=found.high,
            n=round(n), unit=unit, method=found.method + more + how,
        )  # fmt: skip

    differences = [
        estimate(measure, test[0], one.n + rest.n,
                 f" against all others, p = {p:.2g} after Holm's correction for {made}")
        if test and p is not None else None
        for measure, test, p in zip(
            ("mean_absolute_error_difference", "mean_error_difference"), tests, corrected,
            strict=True,
        )
    ]  # fmt: skip
    ratio = moments.ratio(one.of("abs"), rest.of("abs"), confidence) if differences[0] else None
    multiple = "mean_absolute_error_ratio"
    return GroupError(
        group=group,
        error=estimate("mean_absolute_error", moments.mean(*one.of("abs"), confidence), one.n),
        bias=estimate("mean_error", moments.mean(*one.of("e"), confidence), one.n),
        error_difference=differences[0],
        bias_difference=differences[1],
        error_ratio=estimate(multiple, ratio, one.n, " against all others", "ratio")
        if ratio
        else None,
        p_error=corrected[0],
        p_bias=corrected[1],
    )
