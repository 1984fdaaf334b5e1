"""Simple rules on one column: the one a product states, and the best one its own data hold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np

from playbook.errors import PlaybookError, did_you_mean
from playbook.evidence.columns import EXACT_ROWS
from playbook.evidence.paired import Confusion, Paired, paired_difference
from playbook.evidence.roles import canonical
from playbook.evidence.tables import Decisions
from playbook.product import Rule

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

QUANTILES = 20
LEAST_ROWS = 30
SEARCHED = 200_000
_MOST_VALUES = 50
_BY = "playbook_by"
_Rules = Iterator[tuple[str, "ir.BooleanValue", np.ndarray]]
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
    says: ir.BooleanValue
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
    return _said(decisions, _applied(decisions, rule))


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
    drawn to the more common label. Rules are chosen on one half of the rows (at most about 200,000
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
    candidates = _candidates(decisions, columns, _below(decisions, seed, SEARCHED / decisions.n))
    chosen: dict[str, tuple[str, _Candidate]] = {}
    if right := [rule for rule in candidates if rule.beats_alike]:
        best = max(right, key=lambda rule: (rule.seen.accuracy, rule.youden))
        chosen[best.description] = "single column most often right", best
    if candidates:
        best = max(candidates, key=lambda rule: (rule.youden, rule.seen.accuracy))
        chosen.setdefault(best.description, ("single column best at telling apart", best))
    unseen = ~_below(decisions, seed, 0.5)
    found = [
        Found(name, rule.description, _said(decisions, rule.says, unseen))
        for name, rule in chosen.values()
    ]
    return [rule for rule in found if rule.paired.n]


def _said(
    decisions: Decisions, says: ir.BooleanValue, among: ir.BooleanValue | None = None
) -> Paired:
    cases = _cases(decisions, {_BY: says}, among)
    counted = _counts(decisions, cases, _BY)
    return paired(counted, counted[_BY] == "true")


def _candidates(
    decisions: Decisions, columns: list[str], seen: ir.BooleanValue
) -> list[_Candidate]:
    """Each rule on one of `columns`, with how good it is on the rows `seen`."""
    rows = decisions.rows
    numeric = [column for column in columns if rows[column].type().is_numeric()]
    cuts = _cuts(decisions, numeric)
    values = {c: _common(decisions, c) for c in columns if c not in cuts}
    bins = {
        f"{_BY}{i}": _step(rows[c], cuts[c]) if c in cuts else _place(rows[c], values[c])
        for i, c in enumerate(columns)
    }
    if not bins:
        return []
    cases = _cases(decisions, bins, seen)
    candidates = []
    for key, column in zip(bins, columns, strict=True):
        counted = _counts(decisions, cases, key)
        place = counted[key].astype(int).to_numpy()
        label, n = counted["label"].to_numpy(), counted["n"].to_numpy()
        rules = (
            _cut_rules(rows[column], column, cuts[column], place)
            if column in cuts
            else _value_rules(rows[column], column, values[column], place)
        )
        for words, says, positive in rules:
            confusion = _confusion(label, positive, n)
            if confusion.n:
                candidates.append(_Candidate(words, says.fill_null(False), confusion))
    return candidates


def _cut_rules(stored: ir.Value, column: str, cuts: list[float], place: np.ndarray) -> _Rules:
    value = stored.cast("float64").nullif(float("nan"))
    for i, cut in enumerate(cuts, start=1):
        yield f"{column} at least {cut:,.6g}", value >= cut, place >= i
        yield f"{column} below {cut:,.6g}", value < cut, (place >= 0) & (place < i)


def _value_rules(stored: ir.Value, column: str, values: list[str], place: np.ndarray) -> _Rules:
    text = stored.cast("string")
    for i, value in enumerate(values):
        shown = f"'{value}'" if value.strip() else "blank"
        yield f"{column} is {shown}", text == value, place == i
        yield f"{column} is not {shown}", (text != value).fill_null(True), place != i


def _step(stored: ir.Value, cuts: list[float]) -> ir.Value:
    """How many of the cuts the number reaches; -1 where it is missing."""
    value = stored.cast("float64").nullif(float("nan"))
    steps = ((value >= cut).cast("int64") for cut in cuts)
    return ibis.ifelse(value.isnull(), -1, sum(steps, start=ibis.literal(0)))


def _place(stored: ir.Value, values: list[str]) -> ir.Value:
    """Which of the values it is; -1 for any other."""
    text = stored.cast("string")
    cases = ((text == value, i) for i, value in enumerate(values))
    return ibis.cases(*cases, else_=-1) if values else ibis.literal(-1)


def _confusion(label: np.ndarray, positive: np.ndarray, n: np.ndarray) -> Confusion:
    cells = (label & positive, ~label & positive, ~label & ~positive, label & ~positive)
    return Confusion(*(int(n[cell].sum()) for cell in cells))


def _common(decisions: Decisions, column: str) -> list[str]:
    """The most common values, those with enough rows to make a rule of."""
    text = decisions.rows[column].cast("string")
    found = decisions.rows.group_by(playbook_by=text).aggregate(n=lambda t: t.count())
    found = found.filter(found["n"] >= LEAST_ROWS, found[_BY].notnull())
    found = found.order_by(ibis.desc("n"), _BY).limit(_MOST_VALUES)
    with decisions.source.query():
        return found.execute()[_BY].tolist()


def _cuts(decisions: Decisions, columns: list[str]) -> dict[str, list[float]]:
    """Up to 20 different quantiles each, to four digits: what a person would write into a rule."""
    if not columns:
        return {}
    shares = [i / QUANTILES for i in range(1, QUANTILES + 1)]
    asked = {}
    for i, column in enumerate(columns):
        value = decisions.rows[column].cast("float64").nullif(float("nan"))
        take = value.quantile if decisions.n <= EXACT_ROWS else value.approx_quantile
        asked[f"c{i}"] = take(shares)
    with decisions.source.query():
        found = decisions.rows.aggregate(**asked).to_pyarrow().to_pylist()[0]
    return {
        column: sorted({float(f"{x:.4g}") for x in found[key] or [] if math.isfinite(x)})
        for key, column in zip(asked, columns, strict=True)
    }


def _below(decisions: Decisions, seed: int, share: float) -> ir.BooleanValue:
    """True for about `share` of the rows (at most half), the same ones on every machine."""
    name = decisions.table.columns.id
    key = decisions.rows[name] if name else ibis.row_number()
    limit = int(min(share, 0.5) * 2**32)
    if key.type().is_integer():
        whole = key.cast("int64").fill_null(0).abs() % (2**31 - 1)
        # Two rounds of a multiplicative hash, small enough for 64 bits (Knuth, TAOCP 3, 6.4).
        once = (whole * 2_654_435_761 + seed) % 4_294_967_291
        return (once % (2**31 - 1) * 2_246_822_519 + seed) % 4_294_967_291 < limit
    digest = (key.cast("string").fill_null("") + f":{seed}").hexdigest("md5")
    return digest.substr(0, 8) < f"{limit:08x}"


def _cases(
    decisions: Decisions, extra: dict[str, ir.Value], among: ir.BooleanValue | None
) -> ir.Table:
    """Label, prediction and the `extra` expressions (as text), of the cases `among` the rows."""
    rows = decisions.rows.mutate(
        playbook_among=ibis.literal(True) if among is None else among, **extra
    )
    rows = rows.filter(rows["playbook_among"])
    roles = decisions.table.columns.model_copy(update={"groups": list(extra)})
    table = decisions.table.model_copy(update={"columns": roles})
    with decisions.source.query():
        return canonical(rows, table, decisions.meaning, decisions.where)


def _counts(decisions: Decisions, cases: ir.Table, key: str) -> pd.DataFrame:
    grouped = cases.group_by(["label", "prediction", key]).aggregate(n=lambda t: t.count())
    with decisions.source.query():
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
