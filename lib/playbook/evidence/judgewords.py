"""What the look at an automatic judge says: sentences, table and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.promptsums import roughly
from playbook.evidence.words import brief, capital, count, natural, number, plural

if TYPE_CHECKING:
    from playbook.evidence.judge import Judge, JudgedCriterion

_MAY = {"yes": "yes", "no": "no", "open": "not yet known"}


def summary(found: Judge) -> Html:
    """Which way the judge errs, what that does to the pass rate, and whether it may decide."""
    lines: list[str] = []
    for criterion in found.criteria:
        lines += _said(criterion, found)
    if any(c.corrected and c.unread for c in found.criteria):
        lines.append(
            "A corrected pass rate holds if the answers that people rated were chosen by chance."
        )
    tied = sum(c.tied for c in found.criteria)
    if tied:
        lines.append(
            f"On {plural(tied, 'rating', 'ratings')} people are split. These are left out where "
            "the judge is held against people, and count as half a pass in corrected pass rates."
        )
    return sentences(lines)


def _said(c: JudgedCriterion, found: Judge) -> list[str]:
    if c.agreement is None:
        return [
            f"“{c.name}”: the automatic judge passes {natural(c.raw)} answers, but nobody has "
            f"checked it. Let people rate {plural(found.labels_bar, 'answer', 'answers')} that it "
            "has rated, chosen by chance."
        ]
    return [
        f"“{c.name}”: judge and people agree on {natural(c.agreement)} answers; "
        f"people pass {natural(c.base_rate) if c.base_rate else 'none'}.{_beyond(c)}",
        *_errs(c),
        *_rates(c),
        _gate(c, found),
    ]


def _beyond(c: JudgedCriterion) -> str:
    if c.kappa is None:
        return " All ratings are the same, so nobody can tell agreement from habit."
    return f" Beyond chance they agree to {brief(c.kappa)}, where 0 is chance and 1 is always."


def _errs(c: JudgedCriterion) -> list[str]:
    parts = []
    if c.specificity:
        parts.append(
            f"Of answers that people fail, the judge passes {natural(_rest(c.specificity))}"
        )
    if c.sensitivity:
        parts.append(f"of answers that people pass, it fails {natural(_rest(c.sensitivity))}")
    said = "; ".join(parts)
    line = f"{capital(said)}."
    if c.leniency and c.leniency.low > 0:
        line += " It is too lenient."
    elif c.leniency and c.leniency.high < 0:
        line += " It is too strict."
    return [line]


def _rest(e: Estimate) -> Estimate:
    """The share of the others."""
    ends = {"value": 1 - e.value, "low": 1 - e.high, "high": 1 - e.low}
    return e.model_copy(update=ends)


def _rates(c: JudgedCriterion) -> list[str]:
    if c.corrected is None:
        return [f"Alone it passes {natural(c.raw)} answers; with no rating by people of this "
                "system's answers, that cannot be corrected."]  # fmt: skip
    line = (
        f"Alone the judge would pass {natural(c.raw)} answers; corrected for its errors it is "
        f"{natural(c.corrected)}."
    )
    if c.corrected.high < c.raw.value:
        line += " So the judge alone makes the product look better than it is."
    elif c.corrected.low > c.raw.value:
        line += " So the judge alone makes the product look worse than it is."
    return [line]


def _gate(c: JudgedCriterion, found: Judge) -> str:
    bar = number(found.agreement_bar)
    if c.gates == "yes":
        return f"It may decide alone: agreement beyond chance is surely {bar} or more."
    if c.gates == "no":
        return (f"It may not decide alone: agreement beyond chance is surely below {bar}. Let "
                "people decide, or change its instructions and check it again.")  # fmt: skip
    if c.labels_needed is None:
        return f"Whether it may decide alone stays open: its agreement lies right at {bar}."
    more = max(1, c.labels_needed - c.labels)
    return (
        f"Whether it may decide alone is open. People rated {count(c.labels)} of its answers; "
        f"about {count(roughly(more))} more would settle it, if it goes on like this."
    )


def table_of(found: Judge) -> Html:
    """Agreement and errors, then pass rates, by criterion."""
    note = (
        f"Policy: κ at least {number(found.agreement_bar)} with its whole interval, on "
        f"{count(found.labels_bar)} answers or more. Sensitivity: of what people pass, what the "
        "judge passes; specificity: of what people fail, what it fails."
    )
    agreement = table(
        "The automatic judge beside people",
        ["Criterion", "Rated by both", "Cohen's κ", "Agree", "Sensitivity", "Specificity",
         "May decide alone"],
        [[c.name, count(c.labels), *map(_brief, (c.kappa, c.agreement, c.sensitivity,
                                                 c.specificity)), _MAY[c.gates]]
         for c in found.criteria],
        range(1, 6),
        note,
    )  # fmt: skip
    rates = table(
        "Pass rates by the judge, and corrected for its errors",
        ["Criterion", "Judge alone", "Corrected (PPI++)", "Corrected (Rogan–Gladen)",
         "People, of what both rated"],
        [[c.name, *map(_brief, (c.raw, c.corrected, c.second, c.base_rate))]
         for c in found.criteria],
        range(1, 5),
        f"Pass rates are those of {found.current}. Intervals are for other questions of this kind. "
        f"{found.note}".strip(),
    )  # fmt: skip
    return stack(agreement, rates)


def _brief(e: Estimate | None) -> str:
    return brief(e) if e else ""


def chart(found: Judge) -> Html:
    """The judge's pass rate beside the corrected one."""
    from playbook.evidence.figures import intervals as drawn

    items, loud = [], []
    for c in found.criteria:
        items.append((f"{c.name}, judge alone", c.raw))
        if c.corrected:
            items.append((f"{c.name}, corrected", c.corrected))
            if not c.corrected.low <= c.raw.value <= c.corrected.high:
                loud.append(f"{c.name}, judge alone")
    if loud:
        title = "The judge alone gives another pass rate than people would"
    elif any(c.corrected for c in found.criteria):
        title = "The judge's pass rates are as people's, as far as these ratings can tell"
    else:
        title = "Nobody has checked the automatic judge"
    return drawn(items, title=title, emphasis=loud,
                 caption=f"Pass rates of {found.current}. {found.note}".strip())  # fmt: skip
