"""Simple rules on one column: the one a product states, and the best one its own data hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence.paired import Confusion, Paired, paired_difference
from playbook.evidence.roles import canonical
from playbook.evidence.sources import one_sentence
from playbook.evidence.tables import Decisions
from playbook.product import Rule

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

QUANTILES = 20
LEAST_ROWS = 30
_MOST_VALUES = 50
_EXACT_ROWS = 1_000_000
_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no"}


@dataclass(frozen=True)
class Found:
    """A rule on one column found in the data, and how it does on the rows it has not seen."""

    name: str
    description: str
    paired: Paired


@dataclass(frozen=True)
class _Candidate:
    description: str
    counted: pd.DataFrame
    says: pd.Series
    seen: Confusion

    @property
    def youden(self) -> float:
        return (self.seen.recall or 0.0) - (self.seen.false_positive_rate or 0.0)

    @property
    def beats_alike(self) -> bool:
        """Right clearly more often than the more common label for everyone."""
        tp, fp, tn, fn = self.seen.cells
        wins, losses = (tn, fn) if tp + fn > fp + tn else (tp, fp)
        return paired_difference(wins, losses, self.seen.n).low > 0


def count_rule(decisions: Decisions, rule: Rule) -> Paired:
    """Count the cases by label, prediction and what `rule` says; a missing value is negative.

    Raises
    ------
    PlaybookError
        The rule's column is not in the table, or cannot be compared with its value.
    """
    counted = _counts(decisions, playbook_rule=_applied(decisions, rule))
    return paired(counted, counted["playbook_rule"] == "true")


def paired(counted: pd.DataFrame, says_positive: pd.Series) -> Paired:
    """Sum the n of `counted` (label, prediction, n) by label, prediction and `says_positive`."""
    cells = [
        [
            [
                int(counted.loc[
                    (counted["label"] == label) & (counted["prediction"] == decided)
                    & (says_positive == says), "n"
                ].sum())
                for says in (False, True)
            ]
            for decided in (False, True)
        ]
        for label in (False, True)
    ]  # fmt: skip
    (a, b), (c, d) = ([(row[0], row[1]) for row in label] for label in cells)
    return Paired(((a, b), (c, d)))


def best_rules(decisions: Decisions, seed: int) -> list[Found]:
    """Find the best one-column rules (in the manner of R. Holte, Machine Learning 11 (1993) 63–90).

    Candidates are all ``features``: numbers cut at up to 20 quantiles, either side; other columns
    at each value with at least 30 rows, or at all but that value. Two are taken: *most often
    right*, by accuracy, where it clearly beats treating everyone alike; and *best at telling
    apart*, by Youden's index, which weighs recall and false positive rate alike and so is not
    drawn to the more common label. Rules are chosen on one half of the rows and counted on the
    other, so that they gain nothing from having been picked. The halves follow a hash of the id
    (or of the row's number) and the seed; rows of one id stay together.

    Returns
    -------
    list[Found]
        Two, one where both are the same rule, none without features or with too few rows.
    """
    roles = decisions.table.columns
    taken = {roles.label, roles.score, roles.prediction, roles.id}
    columns = [column for column in roles.features if column not in taken]
    candidates = [rule for column in columns for rule in _candidates(decisions, column, seed)]
    chosen: dict[str, tuple[str, _Candidate]] = {}
    if right := [rule for rule in candidates if rule.beats_alike]:
        best = max(right, key=lambda rule: (rule.seen.accuracy, rule.youden))
        chosen[best.description] = "single column most often right", best
    if candidates:
        best = max(candidates, key=lambda rule: (rule.youden, rule.seen.accuracy))
        chosen.setdefault(best.description, ("single column best at telling apart", best))
    found = []
    for name, rule in chosen.values():
        unseen = rule.counted["playbook_half"] == "true"
        counts = paired(rule.counted[unseen], rule.says[unseen])
        if counts.n:
            found.append(Found(name, rule.description, counts))
    return found


def _candidates(decisions: Decisions, column: str, seed: int) -> list[_Candidate]:
    """Each rule on `column`, with how good it is on the first half."""
    rows = decisions.rows
    if rows[column].type().is_numeric():
        cuts = _cuts(rows, column, decisions.n)
        value = rows[column].cast("float64")
        known = value.notnull() & ~value.isnan()
        step = sum(((value >= cut).cast("int64") for cut in cuts), start=ibis.literal(0))
        bins = ibis.ifelse(known, step, -1)
    else:
        text = rows[column].cast("string")
        values = _common(rows, text, decisions.where)
        bins = ibis.cases(*((text == v, i) for i, v in enumerate(values)), else_=-1)
    counted = _counts(decisions, playbook_half=_half(decisions, seed), playbook_bin=bins)
    place = counted["playbook_bin"].astype(int)
    rules: list[tuple[str, pd.Series]] = []
    if rows[column].type().is_numeric():
        for i, cut in enumerate(cuts, start=1):
            rules.append((f"{column} at least {cut:,.6g}", place >= i))
            rules.append((f"{column} below {cut:,.6g}", (place >= 0) & (place < i)))
    else:
        for i, value in enumerate(values):
            shown = f"'{value}'" if value.strip() else "blank"
            rules.append((f"{column} is {shown}", place == i))
            rules.append((f"{column} is not {shown}", place != i))
    first = counted["playbook_half"] == "false"
    seen = [paired(counted[first], says[first]).rule for _, says in rules]
    return [
        _Candidate(description, counted, says, confusion)
        for (description, says), confusion in zip(rules, seen, strict=True)
        if confusion.n
    ]


def _common(rows: ir.Table, text: ir.Value, where: str) -> list[str]:
    """The most common values, those with enough rows to make a rule of."""
    found = rows.group_by(playbook_bin=text).aggregate(n=lambda t: t.count())
    found = found.filter(found["n"] >= LEAST_ROWS, found["playbook_bin"].notnull())
    found = found.order_by(ibis.desc("n"), "playbook_bin").limit(_MOST_VALUES)
    with one_sentence(where):
        return found.execute()["playbook_bin"].tolist()


def _cuts(rows: ir.Table, column: str, n: int) -> list[float]:
    """Up to 20 different quantiles, to four digits: what a person would write into a rule."""
    value = rows[column].cast("float64")
    value = value.nullif(float("nan"))
    shares = [i / QUANTILES for i in range(1, QUANTILES + 1)]
    take = value.quantile if n <= _EXACT_ROWS else value.approx_quantile
    found = rows.aggregate(playbook_cuts=take(shares)).execute()["playbook_cuts"].iloc[0]
    if found is None:
        return []
    finite = [float(x) for x in np.atleast_1d(found) if x is not None and math.isfinite(x)]
    return sorted({float(f"{x:.4g}") for x in finite})


def _half(decisions: Decisions, seed: int) -> ir.Value:
    """True for about half of the rows, the same ones on every machine and engine."""
    id_column = decisions.table.columns.id
    key = (
        decisions.rows[id_column].cast("string") if id_column else ibis.row_number().cast("string")
    )
    digest = (key.fill_null("") + f":{seed}").hexdigest("md5")
    return digest.substr(0, 1) < "8"


def _counts(decisions: Decisions, **extra: ir.Value) -> pd.DataFrame:
    """Cases counted by label, prediction and the `extra` expressions (as text), in one query."""
    rows = decisions.rows.mutate(**extra)
    roles = decisions.table.columns.model_copy(update={"groups": list(extra)})
    table = decisions.table.model_copy(update={"columns": roles})
    with one_sentence(decisions.where):
        cases = canonical(rows, table, decisions.meaning, decisions.where)
        keys: Sequence[str] = ["label", "prediction", *extra]
        grouped = cases.group_by(keys).aggregate(n=lambda t: t.count())
        return grouped.execute().astype({"label": bool, "prediction": bool})


def _applied(decisions: Decisions, rule: Rule) -> ir.Value:
    rows, where = decisions.rows, f"{decisions.where}, rule in product.yaml"
    if rule.column not in rows.columns:
        raise PlaybookError(
            f"the baseline rule needs a column '{rule.column}', which the table has not",
            where=where,
            remedy=did_you_mean(rule.column, rows.columns),
        )
    column = rows[rule.column]
    if rule.operator == "equals" and not column.type().is_numeric():
        wanted = str(rule.value).strip().lower()
        if column.type().is_boolean():
            if wanted not in _TRUE | _FALSE:
                raise _incomparable(rule, where)
            return (column == (wanted in _TRUE)).fill_null(False)
        return (column.cast("string").strip().lower() == wanted).fill_null(False)
    try:
        bar = float(rule.value)
    except ValueError:
        raise _incomparable(rule, where) from None
    number = column.try_cast("float64") if column.type().is_string() else column.cast("float64")
    compared = {
        "at_least": number >= bar, "at_most": number <= bar, "equals": number == bar
    }[rule.operator]  # fmt: skip
    return (compared & ~number.isnan()).fill_null(False)


def _incomparable(rule: Rule, where: str) -> PlaybookError:
    return PlaybookError(
        f"the baseline rule compares '{rule.column}' with '{rule.value}', which does not fit its "
        "values",
        where=where,
        remedy="Give a value of the column's own kind under 'baseline:'",
    )
