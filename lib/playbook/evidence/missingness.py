"""Who lacks what: missing values by group, and whether one group lacks them more often."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import ibis

from playbook.estimate import Estimate
from playbook.evidence.columns import ColumnAudit, is_missing
from playbook.evidence.intervals import holm, rate, ratio, two_proportion_test
from playbook.evidence.roles import canonical
from playbook.evidence.tables import Decisions
from playbook.product import Columns

LEAST_ROWS = 30
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class MissingContrast:
    """A column that one group lacks more often than everyone else.

    Attributes
    ----------
    column, group
        The column, and the group such as ``{"race": "Black"}``.
    rate, others
        Missing rate in the group, and among all other rows.
    ratio
        `rate` over `others`; ``None`` where it cannot be bounded.
    p_value, test
        Adjusted by Holm for all columns and groups compared.
    """

    column: str
    group: dict[str, str]
    rate: Estimate
    others: Estimate
    ratio: Estimate | None
    p_value: float
    test: str

    @property
    def significant(self) -> bool:
        """Whether chance alone would hardly do this, all comparisons taken together."""
        return self.p_value < SIGNIFICANT

    @property
    def p_shown(self) -> str:
        """The adjusted p-value as it stands in a sentence."""
        return _p(self.p_value)


@dataclass(frozen=True)
class _Cell:
    column: str
    group: dict[str, str]
    missing: int
    n: int
    others_missing: int
    others_n: int

    def rate(self, confidence: float) -> Estimate:
        found = rate("missing_rate", self.missing, self.n, _scope(self.column, self.group),
                     confidence)  # fmt: skip
        assert found is not None  # a group value occurs in at least one row
        return found


def missing_by_group(
    decisions: Decisions, columns: list[ColumnAudit], confidence: float = 0.95
) -> tuple[list[Estimate], list[MissingContrast]]:
    """Missing rate of every column that lacks values, by each value of each group column.

    Each group of at least 30 rows is also tested against all other rows (at least 30); contrasts
    are those in which the group lacks more, the widest significant gap first.
    """
    lacking = [column for column in columns if column.missing.value > 0]
    cells = [
        cell
        for group in decisions.table.columns.groups
        for cell in _cells(decisions, group, [c for c in lacking if c.name != group])
    ]
    compared = [cell for cell in cells if min(cell.n, cell.others_n) >= LEAST_ROWS]
    tests = [two_proportion_test(c.missing, c.n, c.others_missing, c.others_n) for c in compared]
    adjusted = holm([p for p, _ in tests])
    contrasts = [
        _contrast(cell, p, test, confidence)
        for cell, p, (_, test) in zip(compared, adjusted, tests, strict=True)
        if cell.missing * cell.others_n > cell.others_missing * cell.n
    ]
    contrasts.sort(key=lambda c: (not c.significant, c.others.value - c.rate.value, c.column))
    return [cell.rate(confidence) for cell in cells], contrasts


def _contrast(cell: _Cell, p: float, test: str, confidence: float) -> MissingContrast:
    others = rate("missing_rate", cell.others_missing, cell.others_n, {"column": cell.column},
                  confidence)  # fmt: skip
    assert others is not None  # there are at least 30 other rows
    times = ratio(cell.missing, cell.n, cell.others_missing, cell.others_n, confidence)
    told = None
    if times:
        told = Estimate(
            measure="missing_ratio",
            group=_scope(cell.column, cell.group),
            value=times.value,
            low=times.low,
            high=times.high,
            n=cell.n + cell.others_n,
            unit="ratio",
            method=f"{times.method}; {test}, Holm-adjusted {_p(p)}",
        )
    return MissingContrast(cell.column, cell.group, cell.rate(confidence), others, told, p, test)


def _cells(decisions: Decisions, group: str, columns: list[ColumnAudit]) -> list[_Cell]:
    """Rows and missing values per value of one group column, in one query."""
    if not columns:
        return []
    rows = decisions.rows
    # One text of 0s and 1s says which values a row lacks: the number of different texts is small.
    flags = [ibis.ifelse(is_missing(rows[c.name]), "1", "0") for c in columns]
    pattern = flags[0]
    for flag in flags[1:]:
        pattern = pattern + flag
    roles = Columns(groups=[group, "playbook_lacks"])
    table = decisions.table.model_copy(update={"columns": roles})
    with decisions.source.query():
        named = canonical(rows.mutate(playbook_lacks=pattern), table, None, decisions.where)
        counted = named.group_by([group, "playbook_lacks"]).aggregate(
            playbook_n=lambda t: t.count()
        )
        found = counted.execute()
    sizes: dict[str, int] = defaultdict(int)
    missing: dict[str, list[int]] = defaultdict(lambda: [0] * len(columns))
    for value, lacks, n in zip(*(found[c] for c in found.columns), strict=True):
        sizes[value] += int(n)
        for i, lacked in enumerate(lacks):
            missing[value][i] += int(n) * (lacked == "1")
    totals = [sum(absent[i] for absent in missing.values()) for i in range(len(columns))]
    return [
        _Cell(
            column=column.name,
            group={group: value},
            missing=missing[value][i],
            n=sizes[value],
            others_missing=totals[i] - missing[value][i],
            others_n=decisions.n - sizes[value],
        )
        for i, column in enumerate(columns)
        for value in sorted(sizes)
    ]


def _scope(column: str, group: dict[str, str]) -> dict[str, str]:
    return group | {"column": column} if "column" not in group else group | {"lacking": column}


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
