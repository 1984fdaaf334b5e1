"""Who lacks what: missing values by group and by label, and whether one lacks them more often."""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd

from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.columns import ColumnAudit, is_missing
from playbook.evidence.intervals import holm, rate, ratio, two_proportion_test
from playbook.evidence.tables import Decisions

LEAST_ROWS = 30
SIGNIFICANT = 0.05
MOST_CELLS = 50_000


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
        return words.p_value(self.p_value)


@dataclass(frozen=True)
class MissingBy:
    """Who lacks what.

    Attributes
    ----------
    rates
        Missing rate of every column that lacks values, by each group and each label.
    contrasts
        Groups that lack a column more often than everyone else, widest significant gap first.
    by_label
        The same for labels: a column that is missing more often where the outcome was one way may
        give the outcome away, or was recorded because of it.
    """

    rates: list[Estimate]
    contrasts: list[MissingContrast]
    by_label: list[MissingContrast]


@dataclass(frozen=True)
class _Cell:
    column: str
    group: dict[str, str]
    label: bool
    missing: int
    n: int
    others_missing: int
    others_n: int

    @property
    def more(self) -> bool:
        return self.missing * self.others_n > self.others_missing * self.n

    def rate(self, confidence: float) -> Estimate:
        found = rate("missing_rate", self.missing, self.n, _scope(self.column, self.group),
                     confidence)  # fmt: skip
        assert found is not None  # a group value occurs in at least one row
        return found


def missing_by(
    decisions: Decisions, columns: list[ColumnAudit], confidence: float = 0.95
) -> MissingBy:
    """Missing rate of every column that lacks values, by each group and by each label.

    Each of at least 30 rows is also tested against all other rows (at least 30). The two values of
    a label make one comparison: positive against negative. p-values are adjusted (Holm 1979) for
    all comparisons together, of groups and labels.
    """
    lacking = [column for column in columns if column.missing.value > 0]
    cells = _cells(decisions, lacking)
    compared = [cell for cell in cells if min(cell.n, cell.others_n) >= LEAST_ROWS]
    if decisions.meaning is not None:
        # Of two labels one comparison says all: keep it on the side that lacks more.
        positive = decisions.product.words.positive
        compared = [c for c in compared if not c.label or c.more
                    or (positive in c.group.values() and c.missing * c.others_n
                        == c.others_missing * c.n)]  # fmt: skip
    tests = [two_proportion_test(c.missing, c.n, c.others_missing, c.others_n) for c in compared]
    adjusted = holm([p for p, _ in tests])
    told = [
        (cell.label, _contrast(cell, p, test, confidence))
        for cell, p, (_, test) in zip(compared, adjusted, tests, strict=True)
        if cell.more
    ]
    told.sort(key=lambda t: (not t[1].significant, t[1].others.value - t[1].rate.value,
                             t[1].column))  # fmt: skip
    return MissingBy(
        [cell.rate(confidence) for cell in cells],
        [contrast for label, contrast in told if not label],
        [contrast for label, contrast in told if label],
    )


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
            method=f"{times.method}; {test}, Holm-adjusted {words.p_value(p)}",
        )
    return MissingContrast(cell.column, cell.group, cell.rate(confidence), others, told, p, test)


def _cells(decisions: Decisions, columns: list[ColumnAudit]) -> list[_Cell]:
    """Rows and missing values per value of each group column and of the label."""
    groups = decisions.table.columns.groups
    labelled = decisions.has_label and decisions.product.kind == "classification"
    keys = [*groups, *(["label"] if labelled else [])]
    if not columns or not keys:
        return []
    distinct = {column.name: column.distinct or 1 for column in columns}
    # Together in one query, unless that would make more cells than it saves.
    together = math.prod(distinct.get(g, 1) + 1 for g in groups) <= MOST_CELLS
    queries = [keys] if together else [[key] for key in keys]
    counted = [_counted(decisions, asked, columns) for asked in queries]
    found = []
    for key in keys:
        frame = next(f for f in counted if key in f.columns)
        name = decisions.table.columns.label or key if key == "label" else key
        sums = frame.groupby(key, dropna=True)[["n", *range(len(columns))]].sum()
        total = sums.sum()
        for i, column in enumerate(columns):
            if column.name == name:
                continue
            for value, row in sums.iterrows():
                shown = _outcome(decisions, value) if key == "label" else str(value)
                missing, n = int(row[i]), int(row["n"])
                found.append(_Cell(column.name, {name: shown}, key == "label", missing, n,
                                   int(total[i]) - missing, int(total["n"]) - n))  # fmt: skip
    return found


def _counted(decisions: Decisions, keys: list[str], columns: list[ColumnAudit]) -> pd.DataFrame:
    """Rows, and missing values of each column by its position, per combination of `keys`."""
    rows, parts = decisions.rows, decisions.reading.parts(decisions.rows)
    raw = {f"k{i}": parts[key].raw for i, key in enumerate(keys)}

    def counted(sums: dict[str, ir.Value]) -> pd.DataFrame:
        with decisions.source.query():
            grouped = rows.group_by(**raw).aggregate(rows_n=rows.count(), **sums)
            finished = {f"k{i}": parts[key].finish(grouped[f"k{i}"]) for i, key in enumerate(keys)}
            return grouped.mutate(**finished).execute()

    # Nulls are quickest to count. Where the audit saw more missing, some are blanks or NaN.
    names = [f"lacks{i}" for i in range(len(columns))]
    frame = counted({k: rows[c.name].isnull().sum() for k, c in zip(names, columns, strict=True)})
    seen = [round(c.missing.value * c.missing.n) for c in columns]
    if frame[names].sum().tolist() != seen:
        frame = counted({k: is_missing(rows[c.name]).sum()
                         for k, c in zip(names, columns, strict=True)})  # fmt: skip
    told = {f"k{i}": key for i, key in enumerate(keys)} | {"rows_n": "n"}
    return frame.rename(columns=told | {f"lacks{i}": i for i in range(len(columns))})


def _outcome(decisions: Decisions, value: object) -> str:
    words = decisions.product.words
    if decisions.meaning is None:
        return str(value)
    return words.positive if value else words.negative


def _scope(column: str, group: dict[str, str]) -> dict[str, str]:
    return group | {"column": column} if "column" not in group else group | {"lacking": column}
