"""The audit of a table in words: what a data lead would say first, and remarks on columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence.columns import ColumnAudit
from playbook.evidence.words import brief, count, group, natural, number, percent, plural

if TYPE_CHECKING:
    from playbook.evidence.quality import QualityAudit

_SHOWN = 4
_OUTPUTS = {"label", "score", "prediction"}
_STORED = {
    "numbers": "holds numbers stored as text",
    "dates": "holds dates stored as text",
    "true or false": "holds true and false stored as text",
    "mixed": "mixes numbers and words",
    "day numbers": "holds dates stored as numbers such as 20240131",
}


def said(audit: QualityAudit) -> list[str]:
    """What is wrong with the table, gravest first, in plain sentences."""
    size = f"{plural(audit.n, 'row', 'rows')} and {plural(len(audit.columns), 'column', 'columns')}"
    lines = [f"The table has {size}.", *_missing(audit), *_duplicates(audit)]
    for c in audit.columns:
        if c.constant:
            almost = "" if c.distinct == 1 else "nearly "
            lines.append(f"{c.name} is {almost}always {c.common!r}.")
    lines += _coded(audit.columns)
    lines += [
        f"{c.name} holds numbers as text, except in "
        f"{plural(c.odd_rows, 'row', 'rows')} such as {c.odd_value!r}."
        for c in audit.columns
        if c.odd_value is not None
    ]
    lines += [
        f"{c.name} {_STORED[c.stored_as]}."
        for c in audit.columns
        if c.stored_as and c.odd_value is None
    ]
    far = [(c.outliers, c) for c in audit.columns if c.outliers and c.role not in _OUTPUTS]
    far = sorted((p for p in far if p[0].value > 0), key=lambda p: -p[0].value)
    if far:
        told = listed([f"{c.name} ({percent(e.value)} of values)" for e, c in far])
        lines.append(f"Values lie far outside the usual range in {told}.")
    if how := roughly(audit.columns):
        lines.append(f"With {count(audit.n)} rows not everything is exact. {how}")
    return lines


def remarks(column: ColumnAudit) -> list[str]:
    """What is odd about a column, for a table's cell."""
    found = []
    if column.constant:
        found.append("constant" if column.distinct == 1 else f"nearly always {column.common}")
    found += [f"{s.value} in {percent(s.share.value)}" for s in column.sentinels]
    if column.odd_value is not None:
        found.append(f"numbers stored as text, but '{column.odd_value}'")
    elif column.stored_as:
        found.append(_STORED[column.stored_as].removeprefix("holds "))
    return found


def roughly(columns: Sequence[ColumnAudit]) -> str:
    """What is approximate in the table, and by how much; empty where all is exact."""
    told = dict.fromkeys(p for c in columns for p in c.approximate.split("; ") if p)
    return f"Approximate are {listed(list(told))}." if told else ""


def rows_of(e: Estimate) -> str:
    """``4 of 60 rows (7 %)``."""
    return f"{count(round(e.value * e.n))} of {count(e.n)} rows ({percent(e.value)})"


def short(x: float) -> str:
    """A number to three digits, whole numbers in full: a table is for comparing."""
    return number(x) if float(x).is_integer() else number(float(f"{x:.3g}"))


def listed(items: list[str], most: int = _SHOWN) -> str:
    """Items as a sentence lists them, the first few of many."""
    if len(items) > most:
        items = [*items[:most], f"{len(items) - most} more"]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _missing(audit: QualityAudit) -> list[str]:
    worst = audit.worst_missing
    if worst is None:
        return ["No value is missing."]
    lacking = sorted(
        (c for c in audit.columns if c.missing.value > 0), key=lambda c: -c.missing.value
    )
    lines = [f"{worst.name} is missing most often: {rows_of(worst.missing)}."]
    if lacking[1:]:
        told = listed([f"{c.name} ({percent(c.missing.value)})" for c in lacking[1:]])
        lines.append(f"Also incomplete: {told}.")
    contrast = audit.gravest_contrast
    if contrast:
        lines.append(
            f"{contrast.column} is missing unevenly: for {group(contrast.group)} in "
            f"{natural(contrast.rate)}, for all others in {natural(contrast.others)} "
            f"({contrast.test}, {contrast.p_shown})."
        )
    elif audit.contrasts:
        compared = plural(len(audit.contrasts), "comparison", "comparisons")
        lines.append(f"No group lacks values clearly more often than others, in {compared}.")
    label = audit.gravest_by_label
    if label:
        lines.append(
            f"{label.column} is missing more often where {group(label.group)}: in "
            f"{natural(label.rate)}, otherwise in {natural(label.others)} ({label.test}, "
            f"{label.p_shown}). Its absence alone says something about the outcome: find out "
            f"whether it is filled in before the outcome is known."
        )
    return lines


def _duplicates(audit: QualityAudit) -> list[str]:
    lines = [
        _repeated(audit.duplicates, "an earlier row in every column") or "No row occurs twice."
    ]
    ids = audit.duplicate_ids
    return lines + ([told] if ids and (told := _repeated(ids, "the id of an earlier row")) else [])


def _repeated(e: Estimate, what: str) -> str:
    """Empty where nothing repeats."""
    if e.method.startswith("one slice"):
        if e.value == 0:
            return (
                f"No row repeats {what} among {count(e.n)} looked at; in the whole table at most "
                f"{percent(e.high)} do."
            )
        return f"About {brief(e)} of rows repeat {what}."
    again = round(e.value * e.n)
    return f"{rows_of(e)} {'repeats' if again == 1 else 'repeat'} {what}." if again else ""


def _coded(columns: Sequence[ColumnAudit]) -> list[str]:
    found = [(s, c) for c in columns for s in c.sentinels]
    found.sort(key=lambda pair: -pair[0].share.value)
    if not found:
        return []
    told = listed([f"{s.value} in {c.name} ({percent(s.share.value)} of values)" for s, c in found])
    return [f"Some values look like codes for 'not known': {told}."]
