"""Prediction sets in sentences, a table and a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence import words
from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.halves import out_of
from playbook.evidence.riskcontrol import least_calibration

if TYPE_CHECKING:
    from playbook.estimate import Estimate
    from playbook.evidence.conformal import Conformal, GroupPromise


def summary(c: Conformal) -> Html:
    """See `Conformal.summary`."""
    w = c.words
    err = f"If the model may err on at most {out_of(c.risk)} {w.cases}"
    if c.too_few:
        kind = " of each kind" if c.by_class else ""
        return sentences([
            f"{err}, it can settle none by itself yet: there are too few rows to tell. At least "
            f"{words.count(2 * least_calibration(c.risk))} labelled {w.cases}{kind} are needed."
        ])  # fmt: skip
    each = ", of either kind" if c.by_class else ""
    lines = [
        f"{err}{each}, it can settle {words.natural(c.settled)} by itself.",
        *_rest(c),
    ]
    if c.settled_wrongly is not None and c.settled_wrongly.n:
        lines.append(
            f"Of those it settles, {words.natural(c.settled_wrongly)} are settled wrongly: the "
            f"promise counts all {w.cases}, those that go to a person too."
        )
    lines += [_held(c), *_hidden(c), *_groups(c)]
    return sentences(lines)


def table_of(c: Conformal) -> Html:
    """See `Conformal.table`."""
    w = c.words
    rows = [
        ["One answer: settled by itself", words.brief(c.settled)],
        ["Both answers possible: undecided", words.brief(c.undecided)],
        ["No answer fits: unlike the rows seen", words.brief(c.neither)],
    ]
    if c.settled_wrongly is not None:
        rows.append(["Settled wrongly, of those settled", words.brief(c.settled_wrongly)])
    cut = (
        f"“{w.negative}” is an answer up to a score of {c.negative_to:.3g}, “{w.positive}” from "
        f"{c.positive_from:.3g}. The cut-offs come from one half of the rows "
        f"(n = {words.count(c.n_calibration)}), the shares from the other "
        f"(n = {words.count(c.coverage.n)})."
    )
    kinds = table("What the model can settle", ["Answers", "Share (interval)"], rows, {1}, cut)
    body = [
        [name, words.brief(e), "–", words.count(e.n), _outcome(e, c.risk)]
        for name, e in _everyone(c)
    ]
    for g in c.groups:
        said = "too few" if g.too_few else "broken" if g.broken else "not shown to be broken"
        body.append([
            words.group(g.coverage.group), words.brief(g.coverage), words.brief(g.settled),
            words.count(g.coverage.n), said,
        ])  # fmt: skip
    header = ["Who", "Truth among the answers", "Settled by itself", "n", "Promise"]
    note = (
        f"Promised: {words.percent(1 - c.risk)}. Groups are judged together (Holm), from "
        f"{c.minimum_n} cases on."
    )
    return stack(kinds, table("Does the promise hold?", header, body, {1, 2, 3}, note))


def chart(c: Conformal) -> Html:
    """See `Conformal.chart`."""
    from playbook.evidence.figures import intervals

    broken = [g for g in c.groups if g.broken]
    low = [name for name, e in _everyone(c) if e.high < 1 - c.risk]
    items = _everyone(c) + [
        (words.group(g.coverage.group), g.coverage) for g in c.groups if not g.too_few
    ]
    if broken:
        title = f"The promise is not kept for {_names(broken)}"
    elif low:
        title = f"The promise is not kept: {low[-1].lower()}"
    else:
        title = f"No one is shown to be covered less than the promised {words.percent(1 - c.risk)}"
    loud = {words.group(g.coverage.group) for g in broken} | set(low)
    return intervals(
        items,
        title=title,
        bar=1 - c.risk,
        bar_label=f"promised: {words.percent(1 - c.risk)}",
        emphasis=loud,
        caption="Share of cases whose answers hold the truth, on rows not used for the cut-offs.",
    )


def _everyone(c: Conformal) -> list[tuple[str, Estimate]]:
    kinds = [(f"Should be {(e.group or {}).get('label', '')}", e) for e in c.by_label]
    return [("Everyone", c.coverage), *kinds]


def _rest(c: Conformal) -> list[str]:
    """Who goes to a person, and why."""
    lines = []
    if c.undecided.value:
        lines.append(
            f"For {words.natural(c.undecided)} both answers stay possible: they go to a person."
        )
    if c.neither.value:
        lines.append(f"For {words.natural(c.neither)} neither answer fits: a person looks at them.")
    return lines


def _held(c: Conformal) -> str:
    promise = 1 - c.risk
    told = f"the truth is among its answers for {words.natural(c.coverage)} {c.words.cases}"
    if c.coverage.high < promise:
        return f"On the rows held back, {told}: fewer than the {out_of(promise)} promised."
    if c.coverage.low > promise:
        return f"On the rows held back, {told}: more than the {out_of(promise)} promised."
    return f"On the rows held back, {told}; promised are {out_of(promise)}."


def _hidden(c: Conformal) -> list[str]:
    """The kind of case that the average hides."""
    short = [e for e in c.by_label if e.high < 1 - c.risk]
    each = words.natural(c.settled_each_kind)
    remedy = "" if c.by_class else f" Promised to each kind by itself, {each} could be settled."
    return [
        f"Of those {c.words.who} should be {(e.group or {}).get('label', '')}, that is so for only "
        f"{words.natural(e)}.{remedy if e is short[-1] else ''}"
        for e in short
    ]


def _groups(c: Conformal) -> list[str]:
    if not c.groups:
        return []
    broken = [g for g in c.groups if g.broken]
    lines = [
        f"The promise is not kept for {words.group(g.coverage.group)}: the truth is among the "
        f"answers for {words.natural(g.coverage)}."
        for g in broken
    ]
    few = [g for g in c.groups if g.too_few]
    if not broken and len(few) < len(c.groups):
        lines.append("No group is shown to be covered less often than promised.")
    if few:
        lines.append(f"Too few to say: {_names(few)}.")
    return lines


def _names(groups: list[GroupPromise]) -> str:
    named = [words.group(g.coverage.group) for g in groups[:3]]
    more = len(groups) - len(named)
    return ", ".join(named) + (f" and {words.plural(more, 'other', 'others')}" if more else "")


def _outcome(e: Estimate, risk: float) -> str:
    held = e.against(at_least=1 - risk).outcome
    return {"meets": "kept", "misses": "broken", "inconclusive": "not shown to be broken"}[held]
