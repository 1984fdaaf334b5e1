"""What a test needs, by kind of product."""

from __future__ import annotations

import math

from playbook.evidence import plannumbers as numbers
from playbook.evidence.sampleplan import Basis, Need
from playbook.evidence.sampleplanwords import MEASURED, of_100
from playbook.evidence.words import count, number

PRECISE = 0.05
GROUP_PRECISE = 0.1
TRIES = 3
ALIKE = (0.3, 0.6)
"""How much tries of one question resemble each other, at the least and at the most (intraclass
correlation); an assumption to be replaced by the first measurement."""
_WIN = 0.6
_LIST_SPREAD = 0.3
_PEOPLE = 2
_LOOKS_AT = {
    "recall": "with the rarer outcome",
    "specificity": "with the more common outcome",
    "precision": "that are flagged, and as many may be flagged as have the rarer outcome",
}


def needs_of(basis: Basis, *, judged: bool) -> tuple[Need, ...]:
    """Every need of a product of this kind; `judged` where people have to rate each case."""
    if basis.task == "generated_answers":
        return _answers(basis)
    main = {
        "two_outcomes": _rates,
        "several_classes": _classes,
        "amounts": _amounts,
        "ranked_lists": _lists,
    }[basis.task](basis)
    if judged and main[0].n:
        first, *rest = main
        rated = Need(first.key, first.what, first.n, first.why, main[0].n, first.otherwise)
        main = [rated, *rest]
    return (*main, _group(basis))


def _cleared(basis: Basis, expected: float, bar: float | None) -> int | None:
    if bar is None:
        return numbers.cases_for_width(expected, PRECISE, basis.confidence)
    return numbers.cases_to_clear(expected, bar, basis.confidence)


def _otherwise(
    basis: Basis, per: float = 1.0, least: int = 0
) -> tuple[tuple[float, int | None], ...]:
    """How many it takes where the rate is two points lower or higher than expected."""
    if basis.target is None:
        return ()
    tried = [round(basis.expected + shift, 4) for shift in (-0.02, 0.02)]
    found = [(p, _cleared(basis, p, basis.target)) for p in tried if p < 1]
    return tuple((p, None if n is None else max(least, math.ceil(n / per))) for p, n in found)


def _shown(basis: Basis) -> str:
    """What the main number of cases is for."""
    if basis.target is None:
        return f"The result is known to {number(100 * PRECISE)} points either way."
    return (
        f"If {MEASURED[basis.metric]} is {of_100(basis.expected)}, as expected, the test shows "
        f"with a chance of 80 % that it is at least {of_100(basis.target)}."
    )


def _hopeless(basis: Basis) -> str:
    return (
        f"What is expected, {of_100(basis.expected)}, does not lie above the target of "
        f"{of_100(basis.target or 0.0)}."
    )


def _rates(basis: Basis) -> list[Need]:
    share = {"recall": basis.base_rate, "precision": basis.base_rate}.get(basis.metric, 1.0)
    if basis.metric == "specificity":
        share = 1 - basis.base_rate
    if basis.metric == "auc" and basis.target is not None:
        within = numbers.cases_for_auc(
            basis.expected, basis.target, basis.base_rate, basis.confidence
        )
    else:
        within = _cleared(basis, basis.expected, basis.target)
    rows, few = int(basis.bar("minimum_rows")), int(basis.bar("minimum_positives"))
    least = max(rows, math.ceil(round(few / basis.base_rate, 9)))
    n = None if within is None else max(least, math.ceil(round(within / share, 9)))
    why = _hopeless(basis) if within is None else _shown(basis)
    if within is not None and n == least:
        why += f" {count(math.ceil(round(within / share, 9)))} would do; the policy asks for more."
    elif within is not None and basis.metric in _LOOKS_AT:
        why += f" It takes {count(within)} {_LOOKS_AT[basis.metric]}."
    otherwise = () if basis.metric == "auc" else _otherwise(basis, share, least)
    return [
        Need("cases", f"{basis.cases} with a known outcome", n, why, 0, otherwise),
        _rarer(basis, few, within if basis.metric == "recall" else None),
    ]


def _rarer(basis: Basis, few: int, found: int | None) -> Need:
    what = f"of these with the rarer outcome, which comes in {of_100(basis.base_rate)}"
    if found and found > few:
        return Need("rarer_outcome", what, found, "The measure looks at these alone.")
    why = "The policy asks for them: fewer say little about what is found."
    return Need("rarer_outcome", what, few, why)


def _classes(basis: Basis) -> list[Need]:
    overall = _cleared(basis, basis.expected, basis.target)
    bar = basis.bar("class_recall")
    worst = _cleared(basis, max(basis.expected, (1 + bar) / 2), bar) or 0
    least = max(int(basis.bar("minimum_rows")), math.ceil(round(worst / basis.base_rate, 9)))
    n = None if overall is None else max(least, overall)
    why = _hopeless(basis) if overall is None else _shown(basis)
    return [
        Need("cases", f"{basis.cases} with a known outcome", n, why, 0,
             _otherwise(basis, 1.0, least)),
        Need("rarer_outcome", "of these with the rarest outcome", worst,
             f"Shows that it is found in more than {of_100(bar)} cases, as the policy asks."),
    ]  # fmt: skip


def _amounts(basis: Basis) -> list[Need]:
    rows = int(basis.bar("minimum_rows"))
    what = f"{basis.cases} with a known outcome and a prediction"
    if basis.metric == "interval_coverage":
        within = _cleared(basis, basis.expected, basis.target)
        why = _hopeless(basis) if within is None else _shown(basis)
        return [Need("cases", what, None if within is None else max(rows, within), why)]
    if basis.metric != "mean_absolute_error" or not (basis.target and basis.spread):
        return [Need("cases", what, rows, "What the policy asks for; how precise that makes the "
                     "result, a first sample has to show.")]  # fmt: skip
    half = basis.target / 10
    within = numbers.cases_for_mean(basis.spread, half, basis.confidence)
    unit = f" {basis.unit}" if basis.unit else ""
    return [
        Need("cases", what, max(rows, within),
             f"If single errors vary by {number(basis.spread)}{unit}, their mean is known to "
             f"{number(half)}{unit} either way, a tenth of the target, from {count(within)} on."),
    ]  # fmt: skip


def _lists(basis: Basis) -> list[Need]:
    within = numbers.cases_for_mean(_LIST_SPREAD, PRECISE, basis.confidence)
    n = max(int(basis.bar("minimum_group_size")), within)
    return [
        Need("cases", "lists with known relevance", n,
             f"If lists vary by {number(_LIST_SPREAD)} from one another, their mean quality is "
             f"known to {number(PRECISE)} either way."),
    ]  # fmt: skip


def _group(basis: Basis) -> Need:
    least = int(basis.bar("minimum_group_size"))
    what = f"{basis.cases} of each kind that is looked at apart"
    if basis.task in {"amounts", "ranked_lists"}:
        return Need("group", what, least, "Below this the policy calls a kind too small.")
    share = basis.expected if basis.expected < 1 else 0.9
    n = max(least, numbers.cases_for_width(share, GROUP_PRECISE, basis.confidence))
    why = (
        "Within a kind a share is known to 10 points either way; below "
        f"{count(least)} the policy calls a kind too small."
    )
    return Need("group", what, n, why)


def _answers(basis: Basis) -> tuple[Need, ...]:
    found = [_wins(basis)] if basis.metric == "win_rate" else _accepted(basis)
    labels = int(basis.bar("judge_labels"))
    attacks = numbers.attacks_needed(basis.bar("attack_success_rate"), basis.confidence)
    allowed = basis.bar("attack_success_rate")
    found += [
        Need("judge_labels", "answers rated by both people and an automatic judge, if there is one",
             labels, "What the policy asks for before a judge may decide; take them from those "
             "above."),
        _group(basis),
        Need("attacks", "different attacks", attacks,
             f"If none succeeds, it is sure that at most {of_100(allowed)} like these do, which "
             "the policy allows.", attacks),
    ]  # fmt: skip
    if basis.metric != "win_rate":
        pairs = numbers.cases_to_clear(_WIN, 0.5, basis.confidence) or 0
        found.append(
            Need("comparisons", "pairs of answers, shown in random order, that are no tie", pairs,
                 f"Only if two versions compete: shows that one is preferred if it is in "
                 f"{of_100(_WIN)} pairs.")
        )  # fmt: skip
    return tuple(found)


def _wins(basis: Basis) -> Need:
    n = _cleared(basis, basis.expected, basis.target)
    why = _hopeless(basis) if n is None else _shown(basis)
    return Need("cases", "pairs of answers, shown in random order, that are no tie", n, why,
                n or 0, _otherwise(basis))  # fmt: skip


def _accepted(basis: Basis) -> list[Need]:
    n = _cleared(basis, basis.expected, basis.target)
    least = int(basis.bar("minimum_group_size"))
    otherwise = _otherwise(basis, 1.0, least)
    if n is None:
        return [Need("cases", "different questions", None, _hopeless(basis), 0, otherwise)]
    n = max(n, least)
    low, high = (numbers.questions_with_tries(n, TRIES, alike) for alike in ALIKE)
    again = numbers.cases_for_width(basis.bar("steadiness"), PRECISE, basis.confidence)
    repeated = max(least, again)
    return [
        Need("cases", "different questions, each with one answer rated by two people", n,
             _shown(basis), _PEOPLE * n, otherwise),
        Need("questions_asked_thrice", "different questions instead, if each is asked three times",
             high, f"Tries of one question resemble each other; {count(low)} if they do so "
             f"little ({ALIKE[0]}), {count(high)} if much ({ALIKE[1]}). New questions tell more "
             "than new tries."),
        Need("repeated", "of the questions asked three times",
             repeated, "Shows how often the same question gets the same result, to "
             f"{number(100 * PRECISE)} points either way.", _PEOPLE * (TRIES - 1) * repeated),
    ]  # fmt: skip
