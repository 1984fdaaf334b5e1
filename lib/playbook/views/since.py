"""What changed since the earlier run: one sentence, then findings, answers and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from playbook.checks.finding import Finding
from playbook.checks.noise import Move
from playbook.checks.since import AnswerChange, FindingChange, Since
from playbook.checks.verdict import WORDS
from playbook.days import day
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.display import Html
from playbook.views.findings import mark_and_label
from playbook.views.templates import render

_MOST = 10
_LONGEST = 200
_BY_CHANCE = 0.05  # the share of 95 % intervals that miss
_CHANGES = {"opened": "Opened:", "worse": "Worse:", "better": "Better:", "closed": "Closed:"}


def since_view(since: Since) -> Html:
    """A section of the report: calm where little changed, the furthest moves first where much did.

    At most ten of each kind are listed; the rest are counted.
    """
    headline, sources = since_sentence(since), _sources(since)
    findings = [_finding(change, kind) for kind in _CHANGES for change in getattr(since, kind)]
    answers = [_answer(change) for change in since.answers]
    numbers = [_number(move) for move in since.moved]
    notes = [note for note in (_numbers_note(since), _when(since)) if note]
    html = render(
        "since.html.j2",
        headline=headline,
        sources=sources,
        findings=_cut(findings, "each under Findings where it still stands"),
        answers=_cut(answers, "each under Your answers"),
        numbers=_cut(numbers, "which moved less far"),
        notes=notes,
    )
    lines = [headline, sources]
    lines += [f"{f['label']}, {f['change']} {f['statement']} {f['then']}" for f in findings]
    lines += [f"{a['question']} Was: {a['before']} Now: {a['after']}" for a in answers]
    lines += [
        f"{number['name']}: {' '.join(number['before'])}, now {' '.join(number['after'])}"
        for number in numbers
    ]
    return Html(html, "\n".join(line.strip() for line in [*lines, *notes] if line))


def since_sentence(since: Since) -> str:
    """``Since 22 November 2026: verdict unchanged (Go); 1 finding closed; 2 answers changed.``"""
    then, now = (WORDS[word] for word in since.verdict)
    gone = sum(change.after is None for change in since.closed)
    counts = [
        (len(since.opened), "finding opened", "findings opened"),
        (len(since.worse), "finding got worse", "findings got worse"),
        (len(since.better), "finding got better", "findings got better"),
        (len(since.closed) - gone, "finding closed", "findings closed"),
        (gone, "finding no longer checked", "findings no longer checked"),
        (len(since.answers), "answer changed", "answers changed"),
        (len(since.moved), "number moved", "numbers moved"),
    ]
    changed = [words.plural(n, one, many) for n, one, many in counts if n]
    verdict = f"verdict unchanged ({now})" if then == now else f"verdict was {then}, now {now}"
    return f"Since {day(since.when)}: {'; '.join([verdict, *(changed or ['nothing moved'])])}."


def _sources(since: Since) -> str:
    """One sentence where the data or the library changed; empty where neither did."""
    then, now = since.source
    parts = []
    if then.fingerprint != now.fingerprint:
        parts.append(_data(then.rows, now.rows))
    if then.version != now.version:
        versions = f"from version {then.version or 'unknown'} to {now.version}"
        parts.append(f"the library changed {versions}")
    sentence = ", and ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if parts else ""


def _data(then: int | None, now: int | None) -> str:
    if then is None or now is None:
        return (
            "the data were "
            + ("added" if then is None else "taken away")
            + (f" ({words.plural(now or then or 0, 'row', 'rows')})")
        )
    if then == now:
        return f"the data changed, still {words.plural(now, 'row', 'rows')}"
    return f"the data changed from {words.count(then)} to {words.plural(now, 'row', 'rows')}"


def _finding(change: FindingChange, kind: str) -> dict[str, str]:
    if change.after is None:
        assert change.before
        told = {"mark": "note", "label": "Gone", "change": "No longer checked:"}
        return told | {
            "statement": change.before.statement,
            "then": _then(change.before, change.before.statement),
        }
    mark, label = mark_and_label(change.after)
    return {
        "mark": mark,
        "label": label,
        "change": _CHANGES[kind],
        "statement": change.after.statement,
        "then": _then(change.before, change.after.statement),
    }


def _then(before: Finding | None, now: str) -> str:
    if before is None:
        return "Not checked before."
    told = "" if now == before.statement else f" {before.statement}"
    return f"Before: {mark_and_label(before)[1]}.{told}"


def _answer(change: AnswerChange) -> dict[str, str]:
    before, after = _excerpts(change.before, change.after)
    who = [part for part in (change.by, change.role, day(change.at)) if part]
    return {
        "question": change.question,
        "before": before,
        "after": after,
        "given": " · ".join(who),
    }


def _excerpts(before: str, after: str) -> tuple[str, str]:
    """Both cut to what can be read at a glance, from a little before they begin to differ."""
    differ = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    start = max(0, differ - 60) if max(len(before), len(after)) > _LONGEST else 0

    def cut(text: str) -> str:
        piece = text[start : start + _LONGEST]
        return ("… " if start else "") + piece + (" …" if len(text) > start + _LONGEST else "")

    return cut(before), cut(after)


def _number(move: Move) -> dict[str, Any]:
    name = move.after.measure.replace("_", " ")
    name = "AUC" if name == "auc" else name[0].upper() + name[1:]
    group = f", {words.group(move.after.group)}" if move.after.group else ""
    return {
        "name": name + group,
        "before": _value_and_interval(move.before),
        "after": _value_and_interval(move.after),
    }


def _value_and_interval(estimate: Estimate) -> list[str]:
    """Apart, so that a line never breaks inside the interval."""
    value, opened, interval = words.brief(estimate).partition(" (")
    return [value, f"({interval}"] if opened else [value]


def _numbers_note(since: Since) -> str:
    compared = since.within + len(since.moved)
    parts = []
    if compared:
        stayed = f"{words.count(since.within)} of {words.plural(compared, 'number', 'numbers')}"
        parts.append(f"{stayed} {'did not move' if since.same_data else 'stayed within noise'}.")
    by_chance = round(_BY_CHANCE * compared)
    if since.moved and since.same_data:
        parts.append("The data are the same: what moved follows from answers, policy or library.")
    elif since.moved:
        parts.append(
            "A number counts as moved where the 95 % interval of its change leaves out 0; the two "
            "runs are taken as independent."
        )
        if by_chance:
            parts.append(f"Chance alone moves up to {words.count(by_chance)} of {compared}.")
    for n, what in ((since.added, "measured only now"), (since.dropped, "measured only then")):
        if n:
            parts.append(f"{words.plural(n, 'number is', 'numbers are')} {what}.")
    return " ".join(parts)


def _when(since: Since) -> str:
    return f"The earlier run began on {day(since.when)} at {since.when.astimezone(UTC):%H:%M} UTC."


def _cut(items: Sequence[Mapping[str, Any]], rest: str) -> dict[str, Any]:
    more = len(items) - _MOST
    return {
        "shown": items[:_MOST],
        "more": f"And {words.count(more)} more, {rest}." if more > 0 else "",
    }
