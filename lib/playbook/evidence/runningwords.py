"""What time and cost say: sentences, table and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.words import count, number, plural, price

if TYPE_CHECKING:
    from playbook.estimate import Estimate
    from playbook.evidence.running import Running, SystemRunning


def summary(found: Running) -> Html:
    """How long people wait, and what they get costs."""
    return sentences([*_time(found.current), *_cost(found), *_beside(found)])


def _time(now: SystemRunning) -> list[str]:
    if not now.timed:
        return ["Nobody recorded how long answers take."]
    lines = []
    if 50 in now.latency:
        lines.append(f"Half of the answers are there within {_seconds(now.latency[50])}.")
    if 95 in now.latency:
        lines.append(f"Of 100 answers, 95 are there within {_seconds(now.latency[95])}.")
    lacking = [level for level in (50, 90, 95, 99) if level not in now.latency]
    if lacking:
        one = 100 - lacking[0]
        lines.append(
            f"With {plural(now.timed, 'answer', 'answers')} nobody can say how long the slowest "
            f"{one} of 100 take."
        )
    return lines


def _cost(found: Running) -> list[str]:
    now, lines = found.current, []
    if now.cost is None:
        return ["Nobody recorded what answers cost."]
    paid = ""
    if now.errors:
        paid = f", with {plural(now.errors, 'try', 'tries')} that ended in a tool error paid for"
    lines.append(f"An answer costs {price(now.cost)}{paid}.")
    if now.per_accepted:
        lines.append(f"An accepted answer costs {price(now.per_accepted)}.")
    else:
        lines.append("What an accepted answer costs is unknown: no answer is known to be accepted.")
    if now.unpriced:
        one = now.unpriced == 1
        lines.append(
            f"The cost of {plural(now.unpriced, 'try', 'tries')} is not known; "
            f"{'it is' if one else 'they are'} left out."
        )
    return lines


def _beside(found: Running) -> list[str]:
    return [
        f"With {s.system} an accepted answer costs {price(s.per_accepted)}."
        for s in found.systems[1:]
        if s.per_accepted
    ]


def _seconds(e: Estimate) -> str:
    value, low, high = _rounded(e)
    return f"{value} seconds ({low} to {high})"


def _rounded(e: Estimate) -> tuple[str, str, str]:
    decimals = next((d for d in (1, 2, 3) if round(e.value * 10**d) >= 10), 3)
    return number(e.value, decimals), number(e.low, decimals), number(e.high, decimals)


def _percentile(e: Estimate | None) -> str:
    if e is None:
        return "too few"
    value, low, high = _rounded(e)
    return f"{value} ({low}–{high})"


def table_of(found: Running) -> Html:
    """Every system: how long it takes, and what it costs."""
    levels = sorted({level for s in found.systems for level in s.latency})
    time = table(
        "How long answers take, in seconds",
        ["System", "Answers timed", *(f"p{v}" for v in levels)],
        [[s.system, count(s.timed), *(_percentile(s.latency.get(v)) for v in levels)]
         for s in found.systems],
        range(1, 2 + len(levels)),
        "p95: 95 of 100 answers are there by then. A percentile needs enough answers for an upper "
        "limit, or it says too few. Tool errors are not timed. Intervals are clustered by "
        "question.",
    )  # fmt: skip
    costs = [s for s in found.systems if s.cost]
    if not costs:
        return time
    cost = table(
        "What answers cost",
        ["System", "Tries priced", "One answer", "One accepted answer"],
        [[s.system, count(s.priced), price(s.cost) if s.cost else "",
          price(s.per_accepted) if s.per_accepted else ""] for s in costs],
        range(1, 4),
        "The cost of tool errors counts. Intervals are clustered by question.",
    )  # fmt: skip
    return stack(time, cost)


def chart(found: Running) -> Html:
    """Time until the answer is there, and cost of an accepted answer."""
    from playbook.evidence.figures import intervals as drawn

    parts = []
    if any(s.latency for s in found.systems):
        items = [(f"{s.system}, {_level(v)}", e) for s in found.systems
                 for v, e in s.latency.items()]  # fmt: skip
        caption = "Seconds by which that many answers are there."
        parts.append(drawn(items, title="How long answers take", caption=caption))
    costs = [(s.system, _thousand(s.per_accepted)) for s in found.systems if s.per_accepted]
    if costs:
        caption = f"{found.currency} for 1,000 accepted answers."
        parts.append(drawn(costs, title="What accepted answers cost", caption=caption))
    return stack(*parts) if parts else Html.nothing()


def _level(percent: int) -> str:
    return "half of the answers" if percent == 50 else f"{percent} of 100 answers"


def _thousand(e: Estimate) -> Estimate:
    """The price of a thousand, which charts can show to the cent."""
    scaled = {name: 1_000 * getattr(e, name) for name in ("value", "low", "high")}
    return e.model_copy(update=scaled)
