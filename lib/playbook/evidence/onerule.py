"""Simple rules on one column: the one a product states, and the best one its own data hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    counted = _counts(decisions, _applied(decisions, rule))
    return paired(counted, counted[_BY] == "true")


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
    seen = _below(decisions, seed, min(0.5, SEARCHED / decisions.n))
    candidates = [rule for column in columns for rule in _candidates(decisions, column, seen)]
    chosen: dict[str, tuple[str, _Candidate]] = {}
    if right := [rule for rule in candidates if rule.beats_alike]:
        best = max(right, key=lambda rule: (rule.seen.accuracy, rule.youden))
        chosen[best.description] = "single column most often right", best
    if candidates:
        best = max(candidates, key=lambda rule: (rule.youden, rule.seen.accuracy))
        chosen.setdefault(best.description, ("single column best at telling apart", best))
    found = []
    unseen = ~_below(decisions, seed, 0.5)
    for name, rule in chosen.values():
        counted = _counts(decisions, rule.says, unseen)
        counts = paired(counted, counted[_BY] == "true")
        if counts.n:
            found.append(Found(name, rule.description, counts))
    return found


def _candidates(decisions: Decisions, column: str, seen: ir.BooleanValue) -> list[_Candidate]:
    """Each rule on `column`, with how good it is on the rows `seen`."""
    stored = decisions.rows[column]
    rules: list[tuple[str, ir.BooleanValue, np.ndarray]] = []
    if stored.type().is_numeric():
        cuts = _cuts(decisions, column)
        value = stored.cast("float64").nullif(float("nan"))
        step = sum(((value >= cut).cast("int64") for cut in cuts), start=ibis.literal(0))
        counted = _counts(decisions, step.fill_null(-1), seen)
        place = counted[_BY].astype(int).to_numpy()
        for i, cut in enumerate(cuts, start=1):
            rules.append((f"{column} at least {cut:,.6g}", value >= cut, place >= i))
            under = (place >= 0) & (place < i)
            rules.append((f"{column} below {cut:,.6g}", value < cut, under))
    else:
        text = stored.cast("string")
        values = _common(decisions, text)
        cases = ((text == value, i) for i, value in enumerate(values))
        bins = ibis.cases(*cases, else_=-1) if values else ibis.literal(-1)
        counted = _counts(decisions, bins, seen)
        place = counted[_BY].astype(int).to_numpy()
        for i, value in enumerate(values):
            shown = f"'{value}'" if value.strip() else "blank"
            rules.append((f"{column} is {shown}", text == value, place == i))
            differs = (text != value).fill_null(True)
            rules.append((f"{column} is not {shown}", differs, place != i))
    label, n = counted["label"].to_numpy(), counted["n"].to_numpy()
    return [
        _Candidate(words, says.fill_null(False), seen_as)
        for words, says, positive in rules
        if (seen_as := _confusion(label, positive, n)).n
    ]


def _confusion(label: np.ndarray, positive: np.ndarray, n: np.ndarray) -> Confusion:
    cells = (label & positive, ~label & positive, ~label & ~positive, label & ~positive)
    return Confusion(*(int(n[cell].sum()) for cell in cells))


def _common(decisions: Decisions, text: ir.Value) -> list[str]:
    """The most common values, those with enough rows to make a rule of."""
    found = decisions.rows.group_by(playbook_by=text).aggregate(n=lambda t: t.count())
    found = found.filter(found["n"] >= LEAST_ROWS, found[_BY].notnull())
    found = found.order_by(ibis.desc("n"), _BY).limit(_MOST_VALUES)
    with decisions.source.query():
        return found.execute()[_BY].tolist()


def _cuts(decisions: Decisions, column: str) -> list[float]:
    """Up to 20 different quantiles, to four digits: what a person would write into a rule."""
    value = decisions.rows[column].cast("float64").nullif(float("nan"))
    shares = [i / QUANTILES for i in range(1, QUANTILES + 1)]
    take = value.quantile if decisions.n <= EXACT_ROWS else value.approx_quantile
    asked = decisions.rows.aggregate(playbook_cuts=take(shares))
    with decisions.source.query():
        found = asked.execute()["playbook_cuts"].iloc[0]
    if found is None:
        return []
    finite = [float(x) for x in np.atleast_1d(found) if x is not None and math.isfinite(x)]
    return sorted({float(f"{x:.4g}") for x in finite})


def _below(decisions: Decisions, seed: int, share: float) -> ir.BooleanValue:
    """True for about `share` of the rows, the same ones on every machine and engine."""
    name = decisions.table.columns.id
    key = decisions.rows[name] if name else ibis.row_number()
    limit = int(share * 2**32)
    if key.type().is_integer():
        whole = key.cast("int64").fill_null(0).abs() % (2**31 - 1)
        # Two rounds of a multiplicative hash, small enough for 64 bits (Knuth, TAOCP 3, 6.4).
        once = (whole * 2_654_435_761 + seed) % 4_294_967_291
        return (once % (2**31 - 1) * 2_246_822_519 + seed) % 4_294_967_291 < limit
    digest = (key.cast("string").fill_null("") + f":{seed}").hexdigest("md5")
    return digest.substr(0, 8) < f"{limit:08x}"


def _counts(
    decisions: Decisions, by: ir.Value, among: ir.BooleanValue | None = None
) -> pd.DataFrame:
    """Cases `among` the rows, counted by label, prediction and `by` (as text), in one query."""
    rows = decisions.rows.mutate(
        playbook_by=by, playbook_among=ibis.literal(True) if among is None else among
    )
    rows = rows.filter(rows["playbook_among"])
    roles = decisions.table.columns.model_copy(update={"groups": [_BY]})
    table = decisions.table.model_copy(update={"columns": roles})
    with decisions.source.query():
        cases = canonical(rows, table, decisions.meaning, decisions.where)
        keys: Sequence[str] = ["label", "prediction", _BY]
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
