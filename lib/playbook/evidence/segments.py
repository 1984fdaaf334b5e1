"""For which kinds of cases predictions are worst: every value of every column beside the rest."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import segmentswords
from playbook.evidence.display import Html
from playbook.evidence.intervals import Interval, holm
from playbook.evidence.measured import Measured
from playbook.evidence.moments import LEAST
from playbook.evidence.segmentcells import SegmentCells, columns_of, segment_cells
from playbook.evidence.tables import Decisions
from playbook.evidence.wrongness import SUMS, Scale, Sums, check_finite, rest
from playbook.product import Task, Words

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Segment:
    """Cases with one value, or range of values, of one column.

    Attributes
    ----------
    group
        Such as ``{"credit_history": "over 3"}``.
    n
        Its rows.
    estimate, others
        Share decided wrongly, or mean absolute error: here, and of all other cases. None where
        there are too few rows to judge.
    gap
        The first minus the second; None as above.
    p
        Two-sided p-value of no gap, after Holm's correction for all segments compared.
    over, under
        What part of the errors here is wrongly positive or too high, and the opposite.
    wrong
        How many cases are decided wrongly; 0 for amounts.
    """

    group: dict[str, str]
    n: int
    estimate: Estimate | None = None
    others: Estimate | None = None
    gap: Estimate | None = None
    p: float | None = None
    over: float = 0.0
    under: float = 0.0
    wrong: int = 0

    @property
    def surely_worse(self) -> bool:
        """Whether it is worse than the rest beyond what so many looks make by chance."""
        gap, p = self.gap, self.p
        return gap is not None and p is not None and p < SIGNIFICANT and gap.value > 0


@dataclass(frozen=True)
class Segments(Measured):
    """All segments, the worst first.

    Attributes
    ----------
    overall
        The error of all cases together.
    rows
        Segments that can be judged: surely worse ones first, each part by how much worse they are
        at the least (the lower limit of the gap).
    small
        Segments, or what is left without them, of fewer than `minimum_n` rows; largest first.
    skipped
        Columns not looked at, and why.
    """

    overall: Estimate
    rows: list[Segment]
    small: list[Segment]
    skipped: dict[str, str]
    minimum_n: int
    task: Task
    words: Words

    @property
    def worst(self) -> Segment | None:
        """The segment most surely worse than the rest; None where none surely is."""
        return self.rows[0] if self.rows and self.rows[0].surely_worse else None

    @property
    def worse(self) -> list[Segment]:
        """All that are surely worse."""
        return [row for row in self.rows if row.surely_worse]

    @property
    def too_small(self) -> int:
        """How many segments cannot be judged."""
        return len(self.small)

    @property
    def estimates(self) -> list[Estimate]:
        """The error of all cases, then error and gap of each segment that can be judged."""
        return [self.overall, *(e for row in self.rows for e in (row.estimate, row.gap) if e)]

    def summary(self) -> Html:
        """Which kinds of cases fare worst, beside all others."""
        return segmentswords.summary(self)

    def table(self) -> Html:
        """The segments, worst first, then those too small to judge."""
        return segmentswords.table_of(self)

    def chart(self) -> Html:
        """The error of the worst segments beside that of all cases."""
        return segmentswords.chart(self)


def segments(decisions: Decisions, minimum_n: int, confidence: float = 0.95) -> Segments:
    """Hold the error of each value of each group and feature against that of all other cases.

    Intervals are Wilson's (exact under 40 rows), of differences Newcombe's; for amounts Student's
    and Welch's t. Tests are corrected together by Holm (1979): of many segments some look bad by
    chance.

    Parameters
    ----------
    minimum_n
        Rows a segment needs, and the rest without it; effective ones where rows have weights.

    Raises
    ------
    NoEvidence
        The table names no columns to tell cases apart by, or no row can be judged.
    """
    columns = columns_of(decisions)
    if not columns:
        raise NoEvidence(
            "the table names neither features nor groups, so cases cannot be told apart",
            where=decisions.where,
            remedy="Add 'features:' under 'columns:' in product.yaml",
        )
    cells = segment_cells(decisions, columns)
    if not cells.columns:
        raise NoEvidence(
            "no column has values by which cases can be told apart",
            where=decisions.where,
            remedy="Name further columns under 'features:' in product.yaml",
        )
    whole = {name: float(next(iter(cells.columns.values()))[name].sum()) for name in SUMS}
    check_finite(decisions, whole["off2"])
    scale = Scale.of(decisions, confidence)
    overall = scale.error(Sums.of(whole), None)
    if overall is None:
        raise NoEvidence(
            "no row has both a label and a prediction",
            where=decisions.where,
            remedy="Add rows with their outcome",
        )
    rows, small = _compared(cells, whole, scale, minimum_n)
    return Segments(
        overall=overall,
        rows=sorted(rows, key=_surely),
        small=sorted(small, key=lambda row: (-row.n, *row.group.items())),
        skipped=cells.skipped,
        minimum_n=minimum_n,
        task=decisions.product.task,
        words=decisions.product.words,
    )


def _surely(row: Segment) -> tuple[bool, float, tuple[tuple[str, str], ...]]:
    assert row.gap is not None  # only segments that can be judged are put in order
    return not row.surely_worse, -row.gap.low, tuple(row.group.items())


def _compared(
    cells: SegmentCells, whole: dict[str, float], scale: Scale, minimum_n: int
) -> tuple[list[Segment], list[Segment]]:
    small: list[Segment] = []
    sides: list[tuple[dict[str, str], Sums, Sums]] = []
    least = max(minimum_n, LEAST)
    for column, frame in cells.columns.items():
        if len(frame) == 1:
            continue
        numbers = zip(*(frame[name].astype(float).tolist() for name in SUMS), strict=True)
        for value, sums in zip(frame["value"], numbers, strict=True):
            row = dict(zip(SUMS, sums, strict=True))
            group = {column: str(value)}
            one, other = Sums.of(row), Sums.of(rest(whole, row))
            if round(min(one.n, other.n)) < least:
                small.append(Segment(group, one.rows))
            else:
                sides.append((group, one, other))
    gaps = [scale.gap(one, other) for _, one, other in sides]
    adjusted = holm([p for _, p, _ in gaps])
    rows = [
        _row(group, one, other, gap, p, test, len(gaps), scale)
        for (group, one, other), (gap, _, test), p in zip(sides, gaps, adjusted, strict=True)
    ]
    return rows, small


def _row(
    group: dict[str, str], one: Sums, other: Sums, gap: Interval, p: float, test: str, made: int,
    scale: Scale,
) -> Segment:  # fmt: skip
    how = f" against all other cases, {test} p = {p:.2g} after Holm's correction for {made}"
    estimate = gap.estimate(
        "segment_gap", one.n + other.n, group=group, how=how + scale.how,
        unit=scale.unit if scale.amounts else "difference",
    )  # fmt: skip
    return Segment(
        group=group,
        n=one.rows,
        estimate=scale.error(one, group),
        others=scale.error(other, group),
        gap=estimate,
        p=p,
        over=one.over / one.off if one.off else 0.0,
        under=one.under / one.off if one.off else 0.0,
        wrong=0 if scale.amounts else round(one.off),
    )
