"""What changed between two runs of one playbook for one product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from playbook.checks.finding import Finding
from playbook.checks.noise import Move, moved
from playbook.checks.verdict import Word
from playbook.estimate import Estimate

_Model = TypeVar("_Model", bound=BaseModel)
_Key = tuple[str, tuple[tuple[str, str], ...] | None, str]


@dataclass(frozen=True)
class AnswerChange:
    """One answer that says something else: both in words, and who gave the new one and when.

    `by` is empty where nobody was named.
    """

    key: str
    question: str
    before: str
    after: str
    by: str
    role: str
    at: datetime


@dataclass(frozen=True)
class FindingChange:
    """One finding then and now; None where it was not checked."""

    before: Finding | None
    after: Finding | None


@dataclass(frozen=True)
class Source:
    """What a run rested on: its table (None without data) and the library's version."""

    rows: int | None
    fingerprint: str | None
    version: str


@dataclass(frozen=True)
class Since:
    """All that changed since the earlier run.

    Attributes
    ----------
    when
        When the earlier run began.
    verdict
        Then and now.
    opened, closed
        Findings that are open only now, or were open only then.
    worse, better
        Findings open then and now whose gravity changed.
    moved, within
        Estimates that moved beyond noise (`playbook.checks.noise`), furthest first, and how many
        stayed within.
    added, dropped
        How many estimates are measured only now, or were measured only then.
    source
        What each of the two runs rested on.
    """

    when: datetime
    verdict: tuple[Word, Word]
    source: tuple[Source, Source]
    opened: list[FindingChange] = field(default_factory=list)
    closed: list[FindingChange] = field(default_factory=list)
    worse: list[FindingChange] = field(default_factory=list)
    better: list[FindingChange] = field(default_factory=list)
    moved: list[Move] = field(default_factory=list)
    within: int = 0
    added: int = 0
    dropped: int = 0
    answers: list[AnswerChange] = field(default_factory=list)

    @property
    def same_data(self) -> bool:
        """Whether both runs read the very same table."""
        return _same_data(*self.source)


def compare(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    answers: Sequence[AnswerChange] = (),
    *,
    when: datetime,
) -> Since:
    """What changed from one record to a later one of the same product and playbook.

    Parameters
    ----------
    before, after
        `playbook.session.record.Record` as JSON values. A finding or estimate of an older shape,
        which this version cannot read, counts as not made.
    answers
        The answers changed between the two.
    when
        When the earlier run began.
    """
    source = _source(before), _source(after)
    then, now = _estimates(before), _estimates(after)
    same = _same_data(*source)
    both = [(then[key], now[key]) for key in now if key in then]
    found = [moved(a, b, same_rows=same and a.n == b.n) for a, b in both]
    moves = sorted((move for move in found if move), key=lambda move: -move.times)
    return Since(
        when=when,
        verdict=(before["verdict"], after["verdict"]),
        source=source,
        **_findings(before, after),
        moved=moves,
        within=len(both) - len(moves),
        added=len(now) - len(both),
        dropped=len(then) - len(both),
        answers=list(answers),
    )


def gravity(finding: Finding | None) -> int:
    """How grave a finding is: 0 where it meets or there is none, 4 for a blocker."""
    if finding is None:
        return 0
    if finding.outcome == "inconclusive":
        return {"blocker": 3, "condition": 2}.get(finding.at_stake, 1)
    return {"pass": 0, "note": 1, "condition": 2, "blocker": 4}[finding.severity]


def _findings(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, list[FindingChange]]:
    then, now = (_by_id(record) for record in (before, after))
    changes: dict[str, list[FindingChange]] = {
        k: [] for k in ("opened", "closed", "worse", "better")
    }
    for id in dict.fromkeys([*now, *then]):
        change = FindingChange(then.get(id), now.get(id))
        was, is_ = gravity(change.before), gravity(change.after)
        if was != is_:
            kind = (
                "opened" if not was else "closed" if not is_ else "worse" if is_ > was else "better"
            )
            changes[kind].append(change)
    for listed in changes.values():
        listed.sort(key=lambda c: -max(gravity(c.before), gravity(c.after)))
    return changes


def _by_id(record: Mapping[str, Any]) -> dict[str, Finding]:
    """Findings by id; the gravest where one id stands twice."""
    return {f.id: f for f in sorted(_read(Finding, record.get("findings")), key=gravity)}


def _estimates(record: Mapping[str, Any]) -> dict[_Key, Estimate]:
    found: dict[_Key, Estimate] = {}
    for e in _read(Estimate, record.get("estimates")):
        group = None if e.group is None else tuple(sorted(e.group.items()))
        found.setdefault((e.measure, group, e.unit), e)
    return found


def _read(model: type[_Model], items: Any) -> list[_Model]:
    found = []
    for item in items or []:
        try:
            found.append(model.model_validate(item))
        except ValidationError:
            continue
    return found


def _source(record: Mapping[str, Any]) -> Source:
    data = record.get("data") or {}
    version = record.get("versions", {}).get("playbook", "")
    return Source(data.get("rows"), data.get("fingerprint"), version)


def _same_data(then: Source, now: Source) -> bool:
    return then.fingerprint is not None and then.fingerprint == now.fingerprint
