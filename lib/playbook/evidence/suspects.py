"""Why a column is suspect of knowing the outcome: one rule each, with what to ask about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import ibis.expr.types as ir

from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.cells import Cells
from playbook.evidence.tables import Decisions
from playbook.product import Words

ALONE = 0.95
"""AUC that one column is not believed to reach honestly: whole models for credit or churn lie
between 0.7 and 0.9 (Kaufman, Rosset and Perlich 2012 name a single too-good feature as the first
sign of leakage)."""
EXPLAINED = 0.8
"""R² that one column is not believed to reach honestly: the delay at departure, which nobody knows
when a flight is planned, explains about so much of the delay at arrival."""
RUNNING = 0.75
"""AUC of a running number: it should tell nothing, and a base rate that drifts gives far less."""
RUNNING_EXPLAINED = 0.25
"""R² of a running number, likewise."""
NEVER, NEVER_SURELY, OFTEN = 0.005, 0.05, 0.2
"""A value (or its absence) belongs to one outcome where at most 0.5 % of the other outcome's rows
have it (surely under 5 %), and surely 20 % of its own."""
LATER = 0.5

Kind = Literal["alone", "missingness", "later", "running_number"]


@dataclass(frozen=True)
class Suspect:
    """A column that may hold what is known only after the event.

    Attributes
    ----------
    column, kind
        Which column, and why it is suspect.
    estimate
        Its AUC alone (its R² where the outcome is an amount), or the share of rows in which it is
        later than the decision.
    reason, ask
        One sentence each: what was seen, and what to ask whoever owns the data.
    """

    column: str
    kind: Kind
    estimate: Estimate
    reason: str
    ask: str


def auc_alone(column: str, cells: Cells, confidence: float) -> Estimate | None:
    """How well one column by itself tells the label; None where a label does not occur."""
    found = cells.auc(confidence)
    if found is None:
        return None
    e, n = found
    return Estimate(measure="auc", group={"column": column}, value=e.value, low=e.low, high=e.high,
                    n=n, unit="score", method=f"one column alone, {e.method}")  # fmt: skip


def given_away(column: str, e: Estimate, words: Words) -> Suspect:
    """A column that tells the outcome all by itself."""
    reason = f"{column} gives the outcome away: {told(e, words)}."
    ask = f"Ask the data owner when {column} is written: before the decision, or after its outcome?"
    return Suspect(column, "alone", e, reason, ask)


def in_order(column: str, e: Estimate, words: Words) -> Suspect:
    """An id or running number that follows the outcome."""
    reason = f"{column} is a number without a meaning, yet {told(e, words)}."
    ask = (
        f"Ask the data owner whether rows are sorted by outcome, or {column} was given afterwards."
    )
    return Suspect(column, "running_number", e, reason, ask)


def told(e: Estimate, words: Words) -> str:
    """What a column alone tells, as a clause: by its AUC, or of an amount by its R²."""
    from playbook.evidence.words import brief

    if e.measure == "r_squared":
        return (
            f"it alone explains {brief(e)} of how the outcome differs from one {words.case} to the "
            "next (R²), where 1 is all"
        )
    return (
        f"of two {words.cases}, one of each outcome, it alone tells which is which with a chance "
        f"(AUC) of {brief(e)}"
    )


def one_sided(column: str, cells: Cells, words: Words, confidence: float) -> Suspect | None:
    """A value, or its absence, that only rows of one outcome have."""
    from playbook.evidence.words import count, natural

    k1, n1, k0, n0 = cells.present
    sides = [("filled in", k1, k0), ("missing", n1 - k1, n0 - k0)]
    for state, positive, negative in sides:
        for own, k, n, k_other, n_other in (
            (words.positive, positive, n1, negative, n0),
            (words.negative, negative, n0, positive, n1),
        ):
            here = intervals.rate("rate", k, n, confidence=confidence)
            there = intervals.rate("rate", k_other, n_other, confidence=confidence)
            if here is None or there is None or here.low < OFTEN:
                continue
            if there.value > NEVER or there.high > NEVER_SURELY:
                continue
            auc = intervals.auc_delong([n1 - k1, k1], [n0 - k0, k0], confidence)
            assert auc is not None  # both outcomes occur
            flipped = auc.value < 0.5
            low, high = (1 - auc.high, 1 - auc.low) if flipped else (auc.low, auc.high)
            e = Estimate(measure="auc", group={"column": column, "of": "missingness"},
                         value=1 - auc.value if flipped else auc.value, low=low, high=high,
                         n=n1 + n0, unit="score",
                         method=f"whether there is a value, {auc.method}")  # fmt: skip
            reason = (
                f"{column} is {state} for {natural(here)} {words.cases} of the outcome “{own}”, "
                f"but for {count(k_other)} of {count(n_other)} of the other outcome."
            )
            ask = (
                f"Ask the data owner what has to happen before {column} is filled in, and whether "
                "the decision could have waited for it."
            )
            return Suspect(column, "missingness", e, reason, ask)
    return None


def later_share(
    decisions: Decisions, columns: Sequence[str], confidence: float
) -> dict[str, Estimate]:
    """Share of the rows with both times in which the column is later than the decision."""
    rows, name = decisions.rows, decisions.table.columns.time
    if name is None or not (rows[name].type().is_timestamp() or rows[name].type().is_date()):
        return {}
    asked: dict[str, ir.Value] = {}
    times = [c for c in columns if rows[c].type().is_timestamp() or rows[c].type().is_date()]
    for i, column in enumerate(times):
        own, decided = rows[column], rows[name]
        if own.type().is_date() or decided.type().is_date():
            own, decided = own.cast("date"), decided.cast("date")
        asked |= {f"after{i}": (own > decided).sum(), f"both{i}": (own > decided).count()}
    if not asked:
        return {}
    with decisions.source.query():
        found = rows.aggregate(**asked).execute().iloc[0]
    shares = {
        column: intervals.rate("later_than_decision_rate", int(found[f"after{i}"] or 0),
                               int(found[f"both{i}"]), {"column": column}, confidence)
        for i, column in enumerate(times)
    }  # fmt: skip
    return {column: e for column, e in shares.items() if e}


def afterwards(column: str, e: Estimate) -> Suspect:
    """A time later than the decision, in most rows."""
    from playbook.evidence.words import natural

    reason = f"{column} is later than the decision in {natural(e)} rows."
    ask = f"Ask the data owner how {column} could be known when the decision was made."
    return Suspect(column, "later", e, reason, ask)
