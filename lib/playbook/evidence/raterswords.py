"""What agreement between people who rate answers says: sentences, table and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.promptsums import roughly
from playbook.evidence.words import brief, count, natural, number, percent, plural

if TYPE_CHECKING:
    from playbook.evidence.raters import RatedCriterion, Raters

_EASY = 0.8
"""From here on agreement by chance makes raw agreement look good by itself."""


def summary(found: Raters) -> Html:
    """How often people agree on each criterion, and what of that is chance."""
    lines = [found.note] if found.note else []
    for criterion in found.criteria:
        lines += _said(criterion, found.bar)
    if found.single:
        names = ", ".join(f"“{name}”" for name in found.single[:8])
        lines.append(
            f"Never two people rated the same answer on {names}, so nobody can say whether they "
            "agree."
        )
    return sentences(lines)


def _said(c: RatedCriterion, bar: float) -> list[str]:
    start = f"“{c.name}”: two people agree on {natural(c.raw)} answers"
    if c.alpha is None or c.chance is None:
        return [f"{start}, but every rating is the same, so nobody can tell agreement from habit."]
    lines = [
        f"{start}; by chance alone it would be {natural(_alone(c.chance))}. Beyond chance they "
        f"agree to {brief(c.alpha)}, where 0 is chance and 1 is always. {_held(c, bar)}"
    ]
    if min(c.raw.value, c.chance.value) >= _EASY > c.alpha.value:
        lines.append(
            f"The high agreement says little: {percent(c.base_rate.value)} of all ratings are "
            "passes, and whoever always says the same agrees as often."
        )
    if c.stricter and (c.stricter.low > 0 or c.stricter.high < 0):
        strict, other = c.people if c.stricter.low > 0 else c.people[::-1]
        lines.append(f"{strict} is stricter than {other}.")
    return lines


def _alone(e: Estimate) -> Estimate:
    return e.model_copy(update={"low": e.value, "high": e.value})


def _held(c: RatedCriterion, bar: float) -> str:
    assert c.alpha is not None
    held = c.alpha.against(at_least=bar)
    if held.outcome == "meets":
        return f"That meets what the policy asks ({number(bar)})."
    if held.outcome == "misses":
        return (
            f"That is less than the policy asks ({number(bar)}): go through the answers they "
            "differ on, and write down what passes."
        )
    told = f"The policy asks for {number(bar)}; that is open with "
    told += plural(c.answers, "answer", "answers")
    more = held.n_needed and held.n_needed - c.answers
    return f"{told}, and about {count(roughly(more))} more would tell." if more else f"{told}."


def table_of(found: Raters) -> Html:
    """All measures by criterion."""
    rows = [
        [c.name, count(len(c.people)), count(c.answers), brief(c.raw),
         *(brief(e) if e else "" for e in (c.chance, c.alpha, c.kappa)), brief(c.base_rate)]
        for c in found.criteria
    ]  # fmt: skip
    header = ["Criterion", "People", "Rated by two or more", "Agree", "Agree by chance",
              "Krippendorff's α", "Cohen's κ", "Passes"]  # fmt: skip
    note = (
        f"Policy: α at least {number(found.bar)}. α and κ: 0 is no better than chance, 1 is "
        f"always. Intervals are for other prompts of this kind, rated by the same people. "
        f"{found.note}"
    ).strip()
    return table("How far people agree who rate the same answer", header, rows, range(1, 8), note)


def chart(found: Raters) -> Html:
    """Agreement beyond chance by criterion."""
    from playbook.evidence.figures import intervals as drawn

    items = [(c.name, c.alpha) for c in found.criteria if c.alpha]
    low = [name for name, e in items if e.high < found.bar]
    title = "Nobody can tell agreement from habit: only one rating was ever given"
    if items:
        title = f"People agree least on “{items[0][0]}”: {number(items[0][1].value, 2)} of 1"
    caption = f"Agreement beyond chance: 0 is chance, 1 is always. {found.note}".strip()
    return drawn(items, title=title, bar=found.bar, emphasis=low, caption=caption)
