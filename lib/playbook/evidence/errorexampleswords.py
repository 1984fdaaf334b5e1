"""What is said of single errors: how they are spread, and the worst ones one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.errorspread import NEAR, SURE
from playbook.evidence.words import bar_value, capital, count, natural, number, percent, plural

if TYPE_CHECKING:
    from playbook.evidence.errorexamples import ErrorExamples, Example, Kind

_MOST_VALUES = 20
_KINDS: tuple[Kind, ...] = ("over", "under", "wrong")


def summary(found: ErrorExamples) -> Html:
    """How errors are spread, and the worst of each kind."""
    lines = _amounts(found) if found.task == "amounts" else _outcomes(found)
    lines += [_worst(found.of(kind)[0], found) for kind in _KINDS if found.of(kind)]
    if found.examples:
        lines.append(
            "These are the worst cases, not typical ones. Look at them with somebody who knows the "
            f"{found.words.cases}: is the prediction wrong, or what was recorded as its outcome?"
        )
    return sentences(lines)


def table_of(found: ErrorExamples) -> Html:
    """Every example with its features, one table for each kind of error."""
    if not found.examples:
        return sentences(["There is no error to show."])
    note = "Ties are in the order of the id."
    note += (
        " Reports travel: groups, texts and whatever could tell who somebody is are left out"
        + (f" ({', '.join(found.withheld)})." if found.withheld else ".")
    )
    parts = [_part(found, kind, found.of(kind)) for kind in _KINDS if found.of(kind)]
    return stack(*parts, sentences([note]))


def _part(found: ErrorExamples, kind: Kind, examples: list[Example]) -> Html:
    amounts = found.task == "amounts"
    sure = "Off by" if amounts else "How sure it was"
    header = ["Id", "Predicted", "Came out", sure, "What it knew"]
    body = [
        [e.id or "(no id)", e.said, e.was, _size(e, found), _values(e.values)] for e in examples
    ]
    w = found.words
    captions = {
        "over": "Predictions most too high" if amounts else f"Wrongly “{w.positive}”",
        "under": "Predictions most too low" if amounts else f"Wrongly “{w.negative}”",
        "wrong": "Taken for another class",
    }
    order = ", the surest first" if found.scored and not amounts else ""
    return table(captions[kind] + order, header, body, numeric=(1, 2, 3) if amounts else (3,))


def _values(values: dict[str, str]) -> str:
    shown = [f"{name} {value}" for name, value in list(values.items())[:_MOST_VALUES]]
    left = len(values) - len(shown)
    return "; ".join([*shown, *([f"and {left} more"] if left else [])])


def _size(example: Example, found: ErrorExamples) -> str:
    if example.size is None:
        return "no score"
    if found.task == "amounts":
        return number(float(f"{example.size:.4g}"))
    return percent(example.size)


def _worst(example: Example, found: ErrorExamples) -> str:
    w = found.words
    name = f"{w.case.capitalize()} {example.id}" if example.id else f"One {w.case}"
    if found.task == "amounts":
        way = "high" if example.kind == "over" else "low"
        unit = f" {w.unit}" if w.unit else ""
        return (
            f"The prediction that is most too {way}: {name}, predicted {example.said}, came out "
            f"{example.was}{unit}."
        )
    sure = "" if example.size is None else f" the model was {percent(example.size)} sure of"
    return f"{name}:{sure} “{example.said}”, and it came out “{example.was}”."


def _outcomes(found: ErrorExamples) -> list[str]:
    s, cases = found.spread, found.words.cases
    lines = [
        f"{plural(s.errors, 'error', 'errors')} among {count(s.n)} {cases}."
        if s.errors else f"No error among {count(s.n)} {cases}."
    ]  # fmt: skip
    if s.errors and s.near is not None and s.threshold is not None:
        lines.append(
            f"{_of(s.near, s.errors)} within {bar_value(NEAR, 'difference')} of the threshold of "
            f"{bar_value(s.threshold, 'share')}: there a slightly different score would have "
            "decided otherwise."
        )
    if s.sure is None:
        lines.append("The table has no score, so nobody can say how sure the model was.")
    elif rate := s.get("confident_error_rate"):
        at = percent(SURE)
        lines.append(
            f"Of the {count(s.sure)} {cases} it was surer than {at} of, {natural(rate)} are "
            f"decided wrongly ({count(s.sure_errors or 0)}); were its scores true chances, that "
            f"would be fewer than {round(100 * (1 - SURE))} of 100."
        )
    else:
        lines.append(f"It was never surer than {percent(SURE)}.")
    return lines


def _amounts(found: ErrorExamples) -> list[str]:
    s, w = found.spread, found.words
    large, low = s.get("large_error_rate"), s.get("too_low_rate")
    if not large or not low or not s.large:
        return [f"All {count(s.n)} predictions came out exactly."]
    unit = w.unit or "units"
    return [
        f"{capital(natural(large))} {w.cases} are off by more than "
        f"{number(float(f'{s.large:.3g}'))} {unit}, twice the average; together they make up "
        f"{percent(s.large_share)} of all {unit} that predictions are off.",
        f"{capital(natural(low))} predictions are too low.",
    ]


def _of(k: int, n: int) -> str:
    return f"Of {count(n)} errors, {count(k)} {'lies' if k == 1 else 'lie'}"
