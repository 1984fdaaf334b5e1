"""What is wrong with the table itself: missing, doubled, constant, far out, of the wrong type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis

from playbook.estimate import Estimate
from playbook.evidence import duplicates as twice
from playbook.evidence import qualitywords
from playbook.evidence.columnpasses import examined, first_look, one_row
from playbook.evidence.columns import ColumnAudit, is_missing
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.missingness import MissingContrast, missing_by
from playbook.evidence.tables import Decisions

MOST_SHOWN = 15
"""Groups that lack a column, in the table of them."""
_OUTPUTS = {"label", "score", "prediction"}


@dataclass(frozen=True)
class QualityAudit:
    """The audit of one table.

    Attributes
    ----------
    n
        Rows.
    columns
        One `ColumnAudit` per column, in the table's order.
    duplicates
        Share of rows that repeat an earlier row in every column.
    duplicate_ids
        Share of the rows with an id whose id came before; ``None`` where no id is named.
    missing_by_group
        Missing rate of every column with missing values, by each value of each group column and
        of the label.
    contrasts
        Groups that lack a column more often than everyone else, widest significant gap first.
    label_contrasts
        Labels for which a column is missing more often than for the others, in the same order.
    """

    n: int
    columns: list[ColumnAudit]
    duplicates: Estimate
    duplicate_ids: Estimate | None
    missing_by_group: list[Estimate]
    contrasts: list[MissingContrast]
    label_contrasts: list[MissingContrast]

    @property
    def worst_missing(self) -> ColumnAudit | None:
        """The column that is missing most often; ``None`` where nothing is missing."""
        worst = max(self.columns, key=lambda column: column.missing.value, default=None)
        return worst if worst and worst.missing.value > 0 else None

    @property
    def gravest_contrast(self) -> MissingContrast | None:
        """The significant contrast with the widest gap; ``None`` where none is significant."""
        return next((c for c in self.contrasts if c.significant), None)

    @property
    def gravest_by_label(self) -> MissingContrast | None:
        """The significant contrast of labels with the widest gap; ``None`` where none is."""
        return next((c for c in self.label_contrasts if c.significant), None)

    @property
    def estimates(self) -> list[Estimate]:
        """Duplicates, missing, outlier and sentinel rates, and missing rates by group and label."""
        found = [self.duplicates, *([self.duplicate_ids] if self.duplicate_ids else [])]
        found += [column.missing for column in self.columns]
        found += [column.outliers for column in self.columns if column.outliers]
        found += [sentinel.share for column in self.columns for sentinel in column.sentinels]
        found += self.missing_by_group
        gravest = self.contrasts[:1] + self.label_contrasts[:1]
        return found + [c.ratio for c in gravest if c.ratio]

    def summary(self) -> Html:
        """What a data lead would say first."""
        return sentences(qualitywords.said(self))

    def table(self) -> Html:
        """One line per column."""
        from playbook.evidence.words import count, percent

        body = []
        for c in self.columns:
            values = c.span or (
                (qualitywords.short(c.minimum), qualitywords.short(c.maximum))
                if c.minimum is not None and c.maximum is not None
                else None
            )
            body.append([
                c.name, f"{c.role}, {c.kind}" if c.role else c.kind, percent(c.missing.value),
                "" if c.distinct is None else count(c.distinct),
                " to ".join(values) if values else "",
                percent(c.outliers.value) if c.outliers else "",
                "; ".join(qualitywords.remarks(c)),
            ])  # fmt: skip
        header = ["Column", "Role and kind", "Missing", "Values", "Range", "Far out", "Remark"]
        note = (
            "Missing: no value, or blank. Values: how many different ones. Far out: more than 3 "
            "interquartile ranges outside the quartiles."
        )
        if roughly := qualitywords.roughly(self.columns):
            note = f"{note} {roughly}"
        caption = f"The columns of the table, {count(self.n)} rows"
        return table(caption, header, body, numeric=(2, 3, 4, 5), note=note)

    def by_group_table(self) -> Html:
        """Which groups, and which labels, lack values more often than everyone else."""
        from playbook.evidence.words import brief, count, group

        told = [*self.contrasts, *self.label_contrasts]
        if not told:
            return sentences([
                "No group of 30 rows or more lacks values more often than the others."
                if self.missing_by_group
                else "Nothing is missing, so no group lacks more than another."
            ])  # fmt: skip
        body = [
            [f"{c.column}, {group(c.group)}", count(c.rate.n), brief(c.rate), brief(c.others),
             brief(c.ratio) if c.ratio else "", c.p_shown]
            for c in told[:MOST_SHOWN]
        ]  # fmt: skip
        header = ["Column and group", "n", "Missing", "Missing for all others", "Ratio", "p"]
        note = "p-values are corrected for the number of comparisons (Holm)."
        if len(told) > MOST_SHOWN:
            note += (
                f" These are the {MOST_SHOWN} clearest of {count(len(told))}; the record has all."
            )
        return table("Who lacks what", header, body, numeric=(1, 2, 3, 4, 5), note=note)

    def chart(self) -> Html:
        """Missing rates, or outlier rates where nothing is missing."""
        from playbook.evidence.figures import intervals

        lacking = [c for c in self.columns if c.missing.value > 0]
        if lacking:
            lacking.sort(key=lambda c: -c.missing.value)
            often = qualitywords.rows_of(lacking[0].missing)
            title = f"{lacking[0].name} is missing most often: {often}"
            caption = "Share of rows without a value, columns with missing values only."
            return intervals([(c.name, c.missing) for c in lacking], title=title, caption=caption)
        measured = [c for c in self.columns if c.role not in _OUTPUTS]
        far = [(c.name, c.outliers) for c in measured if c.outliers]
        far.sort(key=lambda pair: -pair[1].value)
        outlying = far and far[0][1].value > 0
        title = "Nothing is missing" + (
            f"; {far[0][0]} has values far out in {qualitywords.rows_of(far[0][1])}"
            if outlying
            else ", and no number lies far out"
        )
        caption = "Share of values more than 3 interquartile ranges outside the quartiles."
        return intervals(far, title=title, caption=caption)


def audit(decisions: Decisions, confidence: float = 0.95) -> QualityAudit:
    """Audit the table as it is stored, by a few queries over all rows.

    The intervals answer how far these rows can speak for all rows of their kind; for the rows
    themselves the values are exact, except where a column's `ColumnAudit.approximate` or an
    estimate's method says otherwise: above 200,000 rows distinct values, quartiles and duplicates
    are approximate. Missing values, ranges, constants, sentinels, and what lies beyond the fences
    are always counted over all rows.
    """
    rows, n, source = decisions.rows, decisions.n, decisions.source
    cut = twice.parts(n)
    hashed = twice.row_hash(rows, decisions.columns) if cut > 1 else None
    asked = first_look(rows, hashed is not None)
    if hashed is None:
        seen = one_row(source, rows, asked)
        return _audited(decisions, twice.Slice(rows, 1, n), seen, confidence)
    key = decisions.table.columns.id
    # Equal rows share their id: where ids fall evenly, so do rows, and an id is hashed sooner.
    quick = twice.row_hash(rows, [key]) if key else None
    seen = one_row(source, rows, asked | twice.evenness(hashed if quick is None else quick))
    if quick is not None and twice.is_heavy(twice.bits(seen), n, n):
        seen |= one_row(source, rows, twice.evenness(hashed))
    with source.query(), twice.kept(rows.filter((hashed & (cut - 1)) == 0)) as some:
        return _audited(decisions, twice.Slice(some, cut, n), seen, confidence)


def _audited(
    decisions: Decisions, part: twice.Slice, seen: dict[str, Any], confidence: float
) -> QualityAudit:
    found, n = _row_repeats(decisions, part, seen), decisions.n
    columns = examined(decisions, part, seen, part.parts > 1 and found.clumped, confidence)
    doubled = twice.duplicate_rate(found, n, part.parts, None, confidence)
    assert doubled is not None  # a table without rows is not opened
    ids = _id_repeats(decisions, columns, part.parts > 1, confidence)
    by = missing_by(decisions, columns, confidence)
    return QualityAudit(n, columns, doubled, ids, by.rates, by.contrasts, by.by_label)


def _row_repeats(decisions: Decisions, part: twice.Slice, seen: dict[str, Any]) -> twice.Repeats:
    n, columns = decisions.n, decisions.columns
    if part.parts == 1 and any(seen.get(f"c{i}_distinct") == n for i in range(len(columns))):
        return twice.Repeats(n, n, 0)
    sums = _summed(decisions, part.rows.group_by(columns))
    return twice.repeats(sums, twice.bits(seen), n, part.parts)


def _id_repeats(
    decisions: Decisions, columns: list[ColumnAudit], roughly: bool, confidence: float
) -> Estimate | None:
    name = decisions.table.columns.id
    if name is None:
        return None
    rows = decisions.rows.select(key=decisions.rows[name])
    rows = rows.filter(~is_missing(rows["key"]))
    missing = next(column for column in columns if column.name == name).missing
    n = missing.n - round(missing.value * missing.n)
    cut, bits = twice.parts(n) if roughly else 1, []
    hashed = twice.row_hash(rows, ["key"]) if cut > 1 else None
    if hashed is not None:
        bits = twice.bits(one_row(decisions.source, rows, twice.evenness(hashed)))
        rows = rows.filter((hashed & (cut - 1)) == 0)
    else:
        cut = 1
    found = twice.repeats(_summed(decisions, rows.group_by("key")), bits, n, cut)
    return twice.duplicate_rate(found, n, cut, {"column": name}, confidence)


def _summed(decisions: Decisions, grouped: Any) -> dict[str, Any]:
    groups = grouped.aggregate(c=lambda t: t.count()).select(c=ibis._.c)
    return one_row(decisions.source, groups, twice.summed(groups))
