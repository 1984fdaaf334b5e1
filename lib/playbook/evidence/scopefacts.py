"""The cheap facts about a table of decisions: how many rows there are of each kind."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.evidence.tables import MISSING, Decisions


@dataclass(frozen=True)
class Facts:
    """What is there to judge by.

    Attributes
    ----------
    n
        Rows with a known outcome (for amounts, also with a prediction).
    outcomes
        Rows by outcome, in words; empty where outcomes are no classes.
    groups
        Rows by group, for each group column.
    lists
        How many ranked lists there are.
    days
        Days from the first row to the last; None without a time.
    """

    n: int
    outcomes: dict[str, int]
    groups: dict[str, dict[str, int]]
    lists: int
    days: int | None

    @property
    def rarest(self) -> tuple[str, int]:
        """The outcome that fewest rows have, and how many."""
        return min(self.outcomes.items(), key=lambda item: item[1])

    def small(self, least: int) -> list[tuple[str, int]]:
        """Groups with fewer than `least` rows, smallest first."""
        found = [(f"{c} {g}", n) for c, by in self.groups.items() for g, n in by.items()]
        return sorted([(g, n) for g, n in found if n < least], key=lambda item: item[1])


def facts_of(decisions: Decisions) -> Facts:
    """Count rows by outcome, by group and by list; one short query each."""
    with decisions.source.query():
        return Facts(
            n=decisions.n_labelled,
            outcomes=_outcomes(decisions),
            groups={
                column: {g: n for g, n in _by(decisions, column).items() if g != MISSING}
                for column in decisions.table.columns.groups
            },
            lists=_lists(decisions),
            days=_days(decisions),
        )


def _outcomes(decisions: Decisions) -> dict[str, int]:
    if decisions.product.kind != "classification" or not decisions.has_label:
        return {}
    found = _by(decisions, "label")
    if not decisions.binary:
        return {name: found.get(name, 0) for name in decisions.table.classes}
    words = decisions.product.words
    return {words.positive: found.get("True", 0), words.negative: found.get("False", 0)}


def _by(decisions: Decisions, column: str) -> dict[str, int]:
    cases = decisions.cases
    frame = cases.group_by(value=cases[column]).aggregate(n=cases.count()).execute()
    return {str(value): int(n) for value, n in zip(frame["value"], frame["n"], strict=True)}


def _lists(decisions: Decisions) -> int:
    if decisions.table.columns.query is None:
        return 0
    return int(decisions.cases["query"].nunique().execute())


def _days(decisions: Decisions) -> int | None:
    if decisions.table.columns.time is None:
        return None
    time = decisions.cases["time"]
    frame = decisions.cases.aggregate(first=time.min(), last=time.max()).execute()
    first, last = frame["first"].iloc[0], frame["last"].iloc[0]
    return None if first is None or last is None or first != first else (last - first).days
