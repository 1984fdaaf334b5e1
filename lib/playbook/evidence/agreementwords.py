"""What agreement says: sentences, table and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.words import brief, count, natural, number, percent, plural
from playbook.evidence.words import group as named

if TYPE_CHECKING:
    from playbook.evidence.agreement import Agreement


def summary(found: Agreement) -> Html:
    """How often people agree, what of that is chance, and who and what differs most."""
    lines = [found.note] if found.note else []
    lines.append(
        f"Two people who judge the same {found.words.case} give it the same label in "
        f"{natural(found.raw)}{_by_chance(found)}."
    )
    lines += _prevalence(found)
    if found.alpha is None:
        lines.append(
            f"Every label is “{_label(found.base_rates[0])}”, so nobody can tell agreement from "
            f"habit (Krippendorff's α is undefined): let people also label {found.words.cases} "
            "of another kind."
        )
    else:
        lines.append(
            f"Beyond chance they agree to {brief(found.alpha)} (Krippendorff's α): 0 is no better "
            "than chance, 1 is always."
        )
    lines += [*_people(found), *_confused(found), *_groups(found), *_table(found)]
    return sentences([*lines, _basis(found), *_left_out(found)])


def _by_chance(found: Agreement) -> str:
    if found.chance is None:
        return ""
    alone = found.chance.model_copy(update={"low": found.chance.value, "high": found.chance.value})
    return f"; by chance alone it would be {natural(alone)}"


def _prevalence(found: Agreement) -> list[str]:
    if not found.prevalence:
        return []
    common = max(found.base_rates, key=lambda e: e.value)
    return [
        f"So the high agreement says little: “{_label(common)}” makes "
        f"up {percent(common.value)} of all labels, and whoever always says that agrees as often."
    ]


def _label(e: Estimate) -> str:
    return (e.group or {})["label"]


def _people(found: Agreement) -> list[str]:
    if found.two:
        kappa = found.couples[0].kappa if found.couples else None
        return [f"Cohen's κ of the two is {brief(kappa)}."] if kappa else []
    if not found.couples:
        many = len(found.annotations.people) > 2
        return ["There are too many people to compare each two of them."] if many else []
    worst = found.worst
    if worst is None or worst.kappa is None or len(found.couples) < 2:
        return []
    a, b = worst.people
    return [
        f"Of {count(len(found.couples))} pairs of people, {a} and {b} agree least: Cohen's κ is "
        f"{brief(worst.kappa)}, on {plural(worst.kappa.n, 'item', 'items')}."
    ]


def _confused(found: Agreement) -> list[str]:
    if len(found.base_rates) < 3 or not found.confused:
        return []
    most = found.confused[0]
    a, b = most.labels
    return [
        f"Most often one says “{a}” where another says “{b}”: {percent(most.part)} of all "
        "disagreement."
    ]


def _groups(found: Agreement) -> list[str]:
    lines = []
    if found.alpha is not None and found.groups:
        least = min(found.groups, key=lambda e: e.high)
        beside = found.alpha
        if least.high < beside.value:
            lines.append(f"They agree less on {named(least.group)}: α is {brief(least)}.")
        else:
            lines.append("In no group do they clearly agree less than overall.")
    if found.too_few:
        names = "; ".join(named(group) for group in found.too_few[:8])
        lines.append(f"Too few items, or only one label, to say so of {names}.")
    return lines


def _table(found: Agreement) -> list[str]:
    beside = found.table_label
    if beside is None:
        return []
    told = f" (Cohen's κ {brief(beside.kappa)})" if beside.kappa else ""
    part = "the first " if beside.more else ""
    return [
        f"What a person says is the label of the table of decisions in {natural(beside.same)}"
        f"{told}, compared on {part}{plural(beside.items, 'item', 'items')}."
    ]


def _basis(found: Agreement) -> str:
    people = len(found.annotations.people)
    who = f"{people} people" if people <= 20 else "more than 20 people"
    basis = (
        f"Measured on {plural(found.items, 'item', 'items')} with "
        f"{number(found.labels_per_item, 1)} labels each on average, by {who}"
    )
    if found.single:
        basis += f"; {plural(found.single, 'more item has', 'more items have')} only one label"
    return basis + "."


def _left_out(found: Agreement) -> list[str]:
    a, lines = found.annotations, []
    if a.unlabelled:
        lines.append(f"{plural(a.unlabelled, 'row has', 'rows have')} no label; left out.")
    if a.nameless:
        lines.append(
            f"{plural(a.nameless, 'row lacks', 'rows lack')} the item or the person; left out."
        )
    if a.repeated:
        differ = f"{count(a.contradicted)} times with another label"
        if a.contradicted == 1:
            differ = "once with another label"
        lines.append(
            f"{plural(a.repeated, 'time', 'times')} the same person labelled the same item again, "
            + (f"{differ}, which is left out." if a.contradicted else "each time alike.")
        )
    return lines


_NAMES = {
    "raw_agreement": "Same label",
    "chance_agreement": "Same label by chance",
    "krippendorff_alpha": "Krippendorff's α",
    "cohen_kappa": "Cohen's κ",
    "base_rate": "Share of the label",
    "label_agreement_with_table": "Same as the table's label",
    "label_kappa_with_table": "Cohen's κ with the table's label",
}


def table_of(found: Agreement) -> Html:
    """All measures, and the labels that are confused."""
    rows = [[_name(e), count(e.n), brief(e)] for e in found.estimates if e.measure in _NAMES]
    note = (
        "α and κ: 0 is no better than chance, 1 is always. Intervals are for other items of this "
        f"kind, judged by the same people. {found.note}"
    ).strip()
    first = table("How far people agree", ["Measure", "Items", "Value"], rows,
                  numeric=(1, 2), note=note)  # fmt: skip
    if not found.confused:
        return first
    body = [
        [f"{a} and {b}", brief(c.rate), percent(c.part)]
        for c in found.confused for a, b in [c.labels]
    ]  # fmt: skip
    header = ["Labels", "One says one, another the other", "Of all disagreement"]
    return stack(first, table("Which labels are confused", header, body, numeric=(1, 2)))


def _name(e: Estimate) -> str:
    name, group = _NAMES[e.measure], e.group
    if not group:
        return name
    if "label" in group and e.measure == "base_rate":
        return f"{name} “{group['label']}”"
    return f"{name}, {group['people'] if e.measure == 'cohen_kappa' else named(group)}"


def chart(found: Agreement) -> Html:
    """Agreement beyond chance: of all, by pair of people, by group."""
    from playbook.evidence.figures import intervals as drawn

    scores = [e for e in found.estimates if e.unit == "score"]
    low = [_name(e) for e in scores if found.bar is not None and e.high < found.bar]
    title = "Nobody can tell agreement from habit: only one label was given"
    if found.alpha:
        title = f"Beyond chance people agree to {number(found.alpha.value, 2)} of 1"
    caption = f"Agreement beyond chance: 0 is chance, 1 is always. {found.note}".strip()
    return drawn([(_name(e), e) for e in scores], title=title, bar=found.bar, emphasis=low,
                 caption=caption)  # fmt: skip
