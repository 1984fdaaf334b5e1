"""What time and cost say: sentences, table and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.words import count, number, plural

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


def price(e: Estimate) -> str:
    """An amount with as many decimals as small prices need: ``USD 0.0031 (0.0027 to 0.0036)``."""
    currency = e.unit.split(" ")[0]
    decimals = _decimals(e)
    value, low, high = (number(x, decimals) for x in (e.value, e.low, e.high))
    return f"{currency} {value} ({low} to {high})" if low != high else f"{currency} {value}"


def _decimals(e: Estimate) -> int:
    """Two digits of the lower limit that count, and at least cents."""
    return next((d for d in range(2, 8) if round(e.low * 10**d) >= 10), 8)


def _seconds(e: Estimate) -> str:
    decimals = next((d for d in (1, 2, 3) if round(e.value * 10**d) >= 10), 3)
    value, low, high = (number(x, decimals) for x in (e.value, e.low, e.high))
    return f"{value} seconds ({low} to {high})"


def table_of(found: Running) -> Html:
    """Every system."""
    levels = sorted({level for s in found.systems for level in s.latency})
    rows = [
        [s.system, count(s.timed),
         *(_seconds(s.latency[v]) if v in s.latency else "too few" for v in levels),
         price(s.cost) if s.cost else "", price(s.per_accepted) if s.per_accepted else ""]
        for s in found.systems
    ]  # fmt: skip
    header = ["System", "Answers timed", *(f"p{v}" for v in levels), "Cost per answer",
              "Cost per accepted answer"]  # fmt: skip
    note = (
        "p95: 95 of 100 answers are there by then. A percentile needs enough answers for an upper "
        "limit, or it says too few. Tool errors are not timed, but their cost counts. Intervals "
        "are clustered by question."
    )
    return table("Time and cost", header, rows, numeric=range(1, len(header)), note=note)


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
