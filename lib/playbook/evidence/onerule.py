"""Simple rules on one column: the one a product states, and the best one its own data hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import ibis
import numpy as np

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence.paired import Confusion, Paired, paired_difference
from playbook.evidence.roles import MISSING
from playbook.evidence.sampling import below
from playbook.evidence.tables import Decisions
from playbook.tableparts import Rule

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

QUANTILES = 20
LEAST_ROWS = 30
SEARCHED = 50_000
_MOST_VALUES = 50
_BY = "playbook_by"
_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no"}


@dataclass(frozen=True)
class Found:
    """A rule on one column found in the data, and how it does on the rows it has not seen."""

    name: str
    description: str
    paired: Paired


@dataclass(frozen=True)
class _Candidate:
    """Positive where `column` is at least, below, is or is not `value`; how good on rows seen."""

    column: str
    operator: Literal["at least", "below", "is", "is not"]
    value: float | str
    seen: Confusion

    @property
    def description(self) -> str:
        value = f"'{self.value}'" if isinstance(self.value, str) else f"{self.value:,.6g}"
        return f"{self.column} {self.operator} {value}"

    @property
    def youden(self) -> float:
        return (self.seen.recall or 0.0) - (self.seen.false_positive_rate or 0.0)

    @property
    def beats_alike(self) -> bool:
        """Right clearly more often than the more common label for everyone."""
        tp, fp, tn, fn = self.seen.cells
        wins, losses = (tn, fn) if tp + fn > fp + tn else (tp, fp)
        return paired_difference(wins, losses, self.seen.n).low > 0

    def says(self, rows: ir.Table) -> ir.BooleanValue:
        """The rule on stored rows; a missing value is negative, except under *is not*."""
        stored = rows[self.column]
        if self.operator == "at least":
            return (_number(stored) >= self.value).fill_null(False)
        if self.operator == "below":
            return (_number(stored) < self.value).fill_null(False)
        same = (stored.cast("string") == self.value).fill_null(False)
        return same if self.operator == "is" else ~same


def count_rule(decisions: Decisions, rule: Rule) -> Paired:
    """Count the cases by label, prediction and what `rule` says; a missing value is negative.

    Raises
    ------
    PlaybookError
        The rule's column is not in the table, or cannot be compared with its value.
    """
    return _said(decisions, _applied(decisions, rule))


def paired(counted: pd.DataFrame, says_positive: pd.Series) -> Paired:
    """Sum the n of `counted` (label, prediction, n) by label, prediction and `says_positive`."""
    cells = [
        [
            [
                float(counted.loc[
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
    drawn to the more common label. Rules are chosen on one half of the rows (at most about 50,000
    of them) and counted on the other, so that they gain nothing from having been picked. The halves
    follow a hash of the id (or of the row's number) and the seed; rows of one id stay together.

    Returns
    -------
    list[Found]
        Two, one where both are the same rule, none without features or with too few rows.
    """
    roles = decisions.table.columns
    taken = {roles.label, roles.score, roles.prediction, roles.id}
    columns = [column for column in roles.features if column not in taken]
    candidates = _candidates(decisions, columns, seed)
    chosen: dict[_Candidate, str] = {}
    if right := [rule for rule in candidates if rule.beats_alike]:
        best = max(right, key=lambda rule: (rule.seen.accuracy, rule.youden))
        chosen[best] = "single column most often right"
    if candidates:
        best = max(candidates, key=lambda rule: (rule.youden, rule.seen.accuracy))
        chosen.setdefault(best, "single column best at telling apart")
    unseen = ~below(decisions, seed, 0.5)
    found = [
        Found(name, rule.description, _said(decisions, rule.says(decisions.rows), unseen))
        for rule, name in chosen.items()
    ]
    return [rule for rule in found if rule.paired.n]


def _candidates(decisions: Decisions, columns: list[str], seed: int) -> list[_Candidate]:
    """Every rule on one of `columns`, judged on rows of the first half."""
    names = {f"{_BY}{i}": column for i, column in enumerate(columns)}
    if not names:
        return []
    seen = below(decisions, seed, min(0.5, SEARCHED / decisions.n))
    extra = {key: decisions.rows[column] for key, column in names.items()}
    cases = _cases(decisions, extra, seen)
    with decisions.source.query():
        sample = cases.drop("prediction").execute()
    if sample.empty:
        return []
    label = sample["label"].to_numpy(bool)
    found = []
    for key, column in names.items():
        judge = _cuts if decisions.rows[column].type().is_numeric() else _values
        found += judge(column, sample[key], label)
    return found


def _cuts(column: str, text: pd.Series, label: np.ndarray) -> list[_Candidate]:
    """Cut at up to 20 quantiles, to four digits: what a person would write into a rule."""
    import pandas as pd

    value = pd.to_numeric(text, errors="coerce").to_numpy(float)
    finite = value[np.isfinite(value)]
    if not len(finite):
        return []
    quantiles = np.quantile(finite, np.arange(1, QUANTILES + 1) / QUANTILES)
    rules = []
    for cut in sorted({float(f"{x:.4g}") for x in quantiles}):
        rules.append(_Candidate(column, "at least", cut, _confusion(label, value >= cut)))
        rules.append(_Candidate(column, "below", cut, _confusion(label, value < cut)))
    return rules


def _values(column: str, text: pd.Series, label: np.ndarray) -> list[_Candidate]:
    """Is, and is not, each value with enough rows to make a rule of."""
    common = text[text != MISSING].value_counts().head(_MOST_VALUES)
    rules = []
    for value in sorted(common[common >= LEAST_ROWS].index):
        same = (text == value).to_numpy(bool)
        rules.append(_Candidate(column, "is", value, _confusion(label, same)))
        rules.append(_Candidate(column, "is not", value, _confusion(label, ~same)))
    return rules


def _confusion(label: np.ndarray, positive: np.ndarray) -> Confusion:
    cells = (label & positive, ~label & positive, ~label & ~positive, label & ~positive)
    return Confusion(*(int(cell.sum()) for cell in cells))


def _number(stored: ir.Value) -> ir.Value:
    """As a number; null where it is not one."""
    return stored.cast("float64").nullif(float("nan"))


def _said(
    decisions: Decisions, says: ir.BooleanValue, among: ir.BooleanValue | None = None
) -> Paired:
    """Count the cases `among` the rows by label, prediction and what a rule says, in one query."""
    cases = _cases(decisions, {_BY: says}, among)
    asked = {"n": cases.count()}
    if decisions.weighted:
        asked = {"n": cases["weight"].sum(), "square": (cases["weight"] ** 2).sum()}
    grouped = cases.aggregate(asked, by=["label", "prediction", _BY])
    with decisions.source.query():
        counted = grouped.execute().astype({"label": bool, "prediction": bool})
    if decisions.weighted:  # scaled to effective cases, as `counts.count` does
        counted["n"] *= counted["n"].sum() / counted["square"].sum()
    return paired(counted, counted[_BY] == "true")


def _cases(
    decisions: Decisions, extra: dict[str, ir.Value], among: ir.BooleanValue | None
) -> ir.Table:
    """Label, prediction and the `extra` expressions (as text), of the cases `among` the rows."""
    rows = decisions.rows.mutate(
        playbook_among=ibis.literal(True) if among is None else among, **extra
    )
    rows = rows.filter(rows["playbook_among"])
    return decisions.reading.regrouped(list(extra)).cases(rows)


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
