"""What is wrong with the table itself: missing, doubled, constant, far out, of the wrong type."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from playbook.estimate import Estimate
from playbook.evidence.columns import ColumnAudit, audit_columns, is_missing
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.intervals import rate
from playbook.evidence.missingness import MissingContrast, missing_by_group
from playbook.evidence.tables import Decisions

_SHOWN = 4
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
        Missing rate of every column with missing values, by each value of each group column.
    contrasts
        Groups that lack a column more often than everyone else, widest significant gap first.
    """

    n: int
    columns: list[ColumnAudit]
    duplicates: Estimate
    duplicate_ids: Estimate | None
    missing_by_group: list[Estimate]
    contrasts: list[MissingContrast]

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
    def estimates(self) -> list[Estimate]:
        """Duplicates, missing rates, outlier rates, and missing rates by group."""
        found = [self.duplicates, *([self.duplicate_ids] if self.duplicate_ids else [])]
        found += [column.missing for column in self.columns]
        found += [column.outliers for column in self.columns if column.outliers]
        found += self.missing_by_group
        return found + [c.ratio for c in self.contrasts[:1] if c.ratio]

    def summary(self) -> Html:
        """What a data lead would say first."""
        from playbook.evidence.words import count, percent, plural

        size = (
            f"{plural(self.n, 'row', 'rows')} and {plural(len(self.columns), 'column', 'columns')}"
        )
        lines = [f"The table has {size}.", *self._said_missing(), *self._said_duplicates()]
        lines += [
            f"{column.name} is always {column.common!r}." if column.distinct == 1
            else f"{column.name} is nearly always {column.common!r}."
            for column in self.columns if column.constant
        ]  # fmt: skip
        lines += [
            f"{column.name} holds numbers as text, except in "
            f"{plural(column.odd_rows, 'row', 'rows')} such as {column.odd_value!r}."
            for column in self.columns if column.odd_value is not None
        ]  # fmt: skip
        far = [(c.outliers, c) for c in self.columns if c.outliers and c.role not in _OUTPUTS]
        far = sorted((p for p in far if p[0].value > 0), key=lambda p: -p[0].value)
        if far:
            told = _listed([f"{c.name} ({percent(e.value)} of values)" for e, c in far], _SHOWN)
            lines.append(f"Values lie far outside the usual range in {told}.")
        if any(c.approximate for c in self.columns):
            lines.append(
                f"With {count(self.n)} rows, distinct values and quartiles are approximate."
            )
        return sentences(lines)

    def table(self) -> Html:
        """One line per column."""
        from playbook.evidence.words import count, percent

        body = []
        for c in self.columns:
            values = c.span or (
                (_short(c.minimum), _short(c.maximum))
                if c.minimum is not None and c.maximum is not None
                else None
            )
            body.append([
                c.name, f"{c.role}, {c.kind}" if c.role else c.kind, percent(c.missing.value),
                "" if c.distinct is None else count(c.distinct),
                " to ".join(values) if values else "",
                percent(c.outliers.value) if c.outliers else "",
                "; ".join(_remarks(c)),
            ])  # fmt: skip
        header = ["Column", "Role and kind", "Missing", "Values", "Range", "Far out", "Remark"]
        note = (
            "Missing: no value, or blank. Values: how many different ones. Far out: more than 3 "
            "interquartile ranges outside the quartiles."
        )
        caption = f"The columns of the table, {count(self.n)} rows"
        return table(caption, header, body, numeric=(2, 3, 4, 5), note=note)

    def by_group_table(self) -> Html:
        """Which groups lack values more often than everyone else."""
        from playbook.evidence.words import brief, count, group

        if not self.contrasts:
            told = (
                "No group of 30 rows or more lacks values more often than the others."
                if self.missing_by_group
                else "Nothing is missing, so no group lacks more than another."
            )
            return sentences([told])
        body = [
            [f"{c.column}, {group(c.group)}", count(c.rate.n), brief(c.rate), brief(c.others),
             brief(c.ratio) if c.ratio else "", c.p_shown]
            for c in self.contrasts
        ]  # fmt: skip
        header = ["Column and group", "n", "Missing", "Missing for all others", "Ratio", "p"]
        note = "p-values are corrected for the number of comparisons (Holm)."
        return table("Who lacks what", header, body, numeric=(1, 2, 3, 4, 5), note=note)

    def chart(self) -> Html:
        """Missing rates, or outlier rates where nothing is missing."""
        from playbook.evidence.figures import intervals

        lacking = [c for c in self.columns if c.missing.value > 0]
        if lacking:
            lacking.sort(key=lambda c: -c.missing.value)
            title = f"{lacking[0].name} is missing most often: {_rows(lacking[0].missing)}"
            caption = "Share of rows without a value, columns with missing values only."
            return intervals([(c.name, c.missing) for c in lacking], title=title, caption=caption)
        measured = [c for c in self.columns if c.role not in _OUTPUTS]
        far = [(c.name, c.outliers) for c in measured if c.outliers]
        far.sort(key=lambda pair: -pair[1].value)
        outlying = far and far[0][1].value > 0
        title = "Nothing is missing" + (
            f"; {far[0][0]} has values far out in {_rows(far[0][1])}"
            if outlying
            else ", and no number lies far out"
        )
        caption = "Share of values more than 3 interquartile ranges outside the quartiles."
        return intervals(far, title=title, caption=caption)

    def _said_missing(self) -> list[str]:
        from playbook.evidence.words import group, natural, percent, plural

        worst = self.worst_missing
        if worst is None:
            return ["No value is missing."]
        lacking = sorted((c for c in self.columns if c.missing.value > 0),
                         key=lambda c: -c.missing.value)  # fmt: skip
        lines = [f"{worst.name} is missing most often: {_rows(worst.missing)}."]
        if lacking[1:]:
            told = _listed([f"{c.name} ({percent(c.missing.value)})" for c in lacking[1:]], _SHOWN)
            lines.append(f"Also incomplete: {told}.")
        contrast = self.gravest_contrast
        if contrast:
            lines.append(
                f"{contrast.column} is missing unevenly: for {group(contrast.group)} in "
                f"{natural(contrast.rate)}, for all others in {natural(contrast.others)} "
                f"({contrast.test}, {contrast.p_shown})."
            )
        elif self.contrasts:
            compared = plural(len(self.contrasts), "comparison", "comparisons")
            lines.append(f"No group lacks values clearly more often than others, in {compared}.")
        return lines

    def _said_duplicates(self) -> list[str]:
        doubled = round(self.duplicates.value * self.duplicates.n)
        lines = ["No row occurs twice."]
        if doubled:
            told = f"{_rows(self.duplicates)} {_verb(doubled)} an earlier row in every column."
            lines = [told]
        ids = self.duplicate_ids
        if ids and (again := round(ids.value * ids.n)):
            lines.append(f"{_rows(ids)} {_verb(again)} the id of an earlier row.")
        return lines


def audit(decisions: Decisions, confidence: float = 0.95) -> QualityAudit:
    """Audit the table as it is stored, by a few queries over all rows.

    The intervals answer how far these rows can speak for all rows of their kind; for the rows
    themselves the values are exact counts.
    """
    columns = audit_columns(decisions, confidence)
    rows, n, id_column = decisions.rows, decisions.n, decisions.table.columns.id
    ids = None
    all_differ = any(column.distinct == n and not column.approximate for column in columns)
    if id_column:
        found = next(column for column in columns if column.name == id_column)
        there = ibis.ifelse(is_missing(rows[id_column]), None, rows[id_column])
        with decisions.source.query():
            distinct = int(there.nunique().execute())
        all_differ |= distinct == n
        present = n - round(found.missing.value * n)
        scope = {"column": id_column}
        ids = rate("duplicate_rate", present - distinct, present, scope, confidence)
    different = n
    if not all_differ:
        with decisions.source.query():
            different = int(rows.distinct().count().execute())
    duplicates = rate("duplicate_rate", n - different, n, None, confidence)
    assert duplicates is not None  # a table without rows is not opened
    by_group, contrasts = missing_by_group(decisions, columns, confidence)
    return QualityAudit(n, columns, duplicates, ids, by_group, contrasts)


def _short(x: float) -> str:
    """A number to three digits, whole numbers in full: a table is for comparing."""
    from playbook.evidence.words import number

    return number(x) if float(x).is_integer() else number(float(f"{x:.3g}"))


def _remarks(column: ColumnAudit) -> list[str]:
    found = []
    if column.constant:
        found.append("constant" if column.distinct == 1 else f"nearly always {column.common}")
    if column.odd_value is not None:
        found.append(f"numbers stored as text, but '{column.odd_value}'")
    return found


def _rows(e: Estimate) -> str:
    from playbook.evidence.words import count, percent

    return f"{count(round(e.value * e.n))} of {count(e.n)} rows ({percent(e.value)})"


def _verb(n: int) -> str:
    return "repeats" if n == 1 else "repeat"


def _listed(items: list[str], most: int) -> str:
    if len(items) > most:
        items = [*items[:most], f"{len(items) - most} more"]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
