"""Findings of many products, joined by the check that made them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from playbook.checks.portfoliofacts import Shared, Told

Finding = Mapping[str, Any]
_KINDS = ("blocker", "undecided", "condition", "note")
_ASKED = ("Nobody could say: ", "Not answered yet: ")


def kind(finding: Finding) -> str:
    """How grave it is; *undecided* where it is open with a blocker at stake."""
    if finding["outcome"] == "inconclusive" and finding["at_stake"] == "blocker":
        return "undecided"
    return str(finding["severity"])


def shared(found: Iterable[tuple[str, Finding]], wanted: Callable[[Finding], bool]) -> list[Shared]:
    """Findings by their check's id: what most products share first, the gravest of these on top."""
    groups: dict[str, list[tuple[str, Finding]]] = {}
    for slug, finding in found:
        if wanted(finding):
            groups.setdefault(finding["id"], []).append((slug, finding))
    shared = [_one(id, group) for id, group in groups.items()]
    return sorted(shared, key=lambda s: (-len(s.products), _KINDS.index(s.kind), s.id))


def _one(id: str, group: list[tuple[str, Finding]]) -> Shared:
    gravest = min(group, key=lambda pair: _KINDS.index(kind(pair[1])))[1]
    return Shared(
        id=id,
        playbook=id.split(".", 1)[0],
        title=_title([finding for _, finding in group]),
        kind=cast(Any, kind(gravest)),
        at_stake=gravest["at_stake"],
        owners=sorted({f["owner"] for _, f in group if f["owner"]}),
        products=[
            Told(product=slug, statement=f["statement"], remedy=f["remedy"]) for slug, f in group
        ],
    )


def _title(findings: Sequence[Finding]) -> str:
    """What all of them say; where each says it with its own numbers, what they are about."""
    said = {_asked(f["statement"]) for f in findings}
    if len(said) == 1:
        return said.pop()
    topics = {f["topic"] for f in findings if f["topic"]}
    if len(topics) == 1:
        return str(topics.pop())
    remedies = {f["remedy"] for f in findings}
    if len(remedies) == 1 and (remedy := remedies.pop()):
        return str(remedy)
    return str(findings[0]["id"]).split(".", 1)[1].replace("_", " ").replace(".", ": ").capitalize()


def _asked(statement: str) -> str:
    """The question alone, where nobody could answer it."""
    for start in _ASKED:
        statement = statement.removeprefix(start)
    return statement
