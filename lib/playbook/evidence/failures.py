"""What kinds of failure people found in the answers, and how often."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import clusters, failureswords
from playbook.evidence.display import Html
from playbook.evidence.outputs import Outputs


@dataclass(frozen=True)
class FailureKind:
    """One kind of failure.

    Attributes
    ----------
    counts, rates
        Answers with it, and their share of the answers looked at, by system.
    example
        A question and its answer of the current system; None where it has no such failure.
    """

    name: str
    counts: dict[str, int]
    rates: dict[str, Estimate]
    example: tuple[str, str] | None


@dataclass(frozen=True)
class Failures:
    """Kinds of failure, the current system's most common first.

    Attributes
    ----------
    answers
        Answers looked at, by system: those that are rated, or all where none is.
    unnamed
        Of these, answers that are not accepted though nobody named a failure, by system.
    apart
        Failures named in answers of the current system that lack a rating; they are not counted.
    """

    current: str
    kinds: list[FailureKind]
    answers: dict[str, int]
    unnamed: dict[str, int]
    apart: int

    @property
    def estimates(self) -> list[Estimate]:
        """The rate of each kind for each system."""
        return [e for kind in self.kinds for e in kind.rates.values()]

    def summary(self) -> Html:
        """The most common failures, and what nobody named."""
        return failureswords.summary(self)

    def table(self) -> Html:
        """Every kind for every system, and an example of each."""
        return failureswords.table_of(self)

    def chart(self) -> Html:
        """How common each kind is in the current system's answers."""
        return failureswords.chart(self)


def failures(outputs: Outputs, confidence: float = 0.95) -> Failures:
    """Count failures by kind; spelling with other capitals or spaces is the same kind.

    Intervals are clustered by question (`clusters.rate`).

    Raises
    ------
    NoEvidence
        No failure is named anywhere.
    """
    frame = outputs.frame[outputs.frame["error"] == ""]
    spelt = frame["failure"].str.split().str.join(" ")
    if not (spelt != "").any():
        raise NoEvidence(
            "nobody named what kinds of failure there are",
            where=outputs.where,
            remedy="Write a word or two beside each answer that fails, and name that column as "
            "'failure:' under 'columns:' in product.yaml",
        )
    rows = frame.assign(kind=spelt.str.casefold(), spelt=spelt, accepted=outputs.accepted)
    seen = {name: _seen(rows, name) for name in outputs.systems}
    mine = rows[rows["system"] == outputs.current]
    named = rows.loc[rows["kind"] != "", "kind"]
    kinds = [_kind(kind, rows, seen, outputs.current, confidence) for kind in named.unique()]
    kinds.sort(key=lambda k: (-k.counts[outputs.current], -sum(k.counts.values()), k.name))
    looked = seen[outputs.current].index
    return Failures(
        current=outputs.current,
        kinds=[k for k in kinds if any(k.counts.values())],
        answers={name: len(part) for name, part in seen.items()},
        unnamed={
            name: int(((part["accepted"] == 0) & (part["kind"] == "")).sum())
            for name, part in seen.items()
        },
        apart=int((mine["kind"] != "").sum() - (mine.loc[looked, "kind"] != "").sum()),
    )


def _seen(rows: pd.DataFrame, system: str) -> pd.DataFrame:
    """The answers in which a failure would have been named."""
    own = rows[rows["system"] == system]
    rated = own[own["accepted"].notna()]
    found: pd.DataFrame = own if rated.empty else rated
    return found


def _kind(
    kind: str, rows: pd.DataFrame, seen: dict[str, pd.DataFrame], current: str, confidence: float
) -> FailureKind:
    name = str(rows.loc[rows["kind"] == kind, "spelt"].mode().iloc[0])
    counts, rates = {}, {}
    for system, part in seen.items():
        has = part["kind"] == kind
        counts[system] = int(has.sum())
        if len(part):
            group = {"failure": name} | ({} if system == current else {"system": system})
            found = clusters.rate(has, part["prompt"], confidence)
            rates[system] = found.estimate("failure_rate", group)
    shown = seen[current][seen[current]["kind"] == kind]
    texts = [(str(i), str(o)) for i, o in zip(shown["input"], shown["output"], strict=True)]
    example = next((t for t in texts if any(t)), None)
    return FailureKind(name, counts, rates, example)
