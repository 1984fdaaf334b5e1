"""What the look at how many answers it takes says: sentences and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.promptsums import roughly
from playbook.evidence.words import brief, capital, count, natural, number, percent, plural

if TYPE_CHECKING:
    from playbook.evidence.answersneeded import AnswersNeeded, LabelNeed, Need

_TRIES = (1, 2, 3, 5)
_SAYS = {"above": "reaches it", "below": "misses it", "open": "open"}


def summary(found: AnswersNeeded) -> Html:
    """How many questions decide, what repeats bring, and how many labels are missing."""
    lines: list[str] = []
    if found.accepted:
        lines += [*_asked(found.accepted, found.bar), *_repeats(found.accepted)]
    else:
        lines.append(
            "No answer has all the ratings that it takes to be accepted: rate those first."
        )
    low = [need.name for need in found.criteria if need.says == "below"]
    if low:
        names = ", ".join(f"“{name}”" for name in low)
        lines.append(
            f"More questions will not help with {names}: there it is clear that fewer than "
            f"{percent(found.bar)} of answers pass."
        )
    lines += [_labels(need, found) for need in found.judged]
    return sentences(lines)


def _asked(need: Need, bar: float) -> list[str]:
    start = f"{capital(natural(need.rate))} answers are accepted; {percent(bar)} are asked for."
    if need.says != "open":
        side = "reached" if need.says == "above" else "missed"
        return [f"{start} That is clearly {side}, so it takes no more questions."]
    questions = need.needed(1)
    if questions is None:
        return [
            f"{start} The rate lies so near to that, that no number of questions one could ask "
            "would tell."
        ]
    return [
        f"{start} That is open. About {count(roughly(questions))} different questions in all, "
        "each asked once, would tell, if the rate stays as it is; so far there are "
        f"{count(need.questions)}."
    ]


def _repeats(need: Need) -> list[str]:
    if need.alike is None:
        return ["Nobody can say yet what asking the same question again brings: no question was "
                "asked twice, or all answers ended alike."]  # fmt: skip
    second = need.worth(2) - 1
    lines = []
    if second < 0.05:
        lines.append("Asking the same question again tells nearly nothing about the rate: ask new "
                     "questions.")  # fmt: skip
    else:
        lines.append(
            f"For this rate a second try of a question is worth {number(second, 2)} of a new "
            f"question{'.' if second > 0.8 else ': new questions tell more than repeats.'}"
        )
    three = need.needed(3)
    if three is not None:
        lines.append(
            f"With three tries each it takes about {count(roughly(three))} questions, "
            f"which are {count(3 * roughly(three))} answers."
        )
    return lines


def _labels(need: LabelNeed, found: AnswersNeeded) -> str:
    start = f"“{need.name}”: people rated {plural(need.labels, 'answer', 'answers')} of those that "
    start += "the automatic judge rated"
    if need.missing:
        line = f"{start}; {count(need.missing)} more are needed to say whether it may be trusted."
    else:
        line = f"{start}, which is as many as the policy asks for."
    if need.to_decide is not None:
        line += (
            f" With about {count(roughly(need.to_decide))} in all, the corrected pass rate would "
            f"be clear of {percent(found.bar)}."
        )
    elif need.says == "open":
        line += (
            f" More of them alone will not tell whether the corrected pass rate reaches "
            f"{percent(found.bar)}: it takes new questions."
        )
    return line


def table_of(found: AnswersNeeded) -> Html:
    """Questions by criterion and number of tries, and labels by criterion."""
    rows = [
        [need.name or "accepted (all required)", count(need.questions), number(need.tries, 1),
         brief(need.rate), _SAYS[need.says],
         *(_number(need, tries) for tries in _TRIES)]
        for need in found.needs
    ]  # fmt: skip
    header = ["Criterion", "Questions so far", "Tries each", "Pass", f"Beside {percent(found.bar)}",
              "Asked once", *(f"{t} times" for t in _TRIES[1:])]  # fmt: skip
    note = (
        "The last columns are questions in all that would decide, roughly, if the rate stays as "
        "it is. Where people did not rate an answer, a check counts, and then the judge. "
        f"Answers by {found.current}. {found.note}"
    ).strip()
    first = table("How many questions would decide", header, rows, (1, 2, 3, *range(5, 9)), note)
    if not found.judged:
        return first
    body = [
        [need.name, count(need.labels), count(need.missing),
         _SAYS[need.says] if need.says else "nobody has checked it",
         count(roughly(need.to_decide)) if need.to_decide else ""]
        for need in found.judged
    ]  # fmt: skip
    header = ["Criterion", "Rated by both", f"Missing to {count(found.labels_bar)}",
              f"Corrected pass rate and {percent(found.bar)}", "Labels that decide"]  # fmt: skip
    second = table("How many ratings by people", header, body, (1, 2, 4))
    return stack(first, second)


def _number(need: Need, tries: int) -> str:
    found = need.needed(tries)
    return "" if found is None else count(roughly(found))
