"""What pass rates say: sentences, table and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.words import brief, capital, count, group, natural, number, p_value, plural

if TYPE_CHECKING:
    from playbook.evidence.passrates import PassRates
    from playbook.evidence.passsegments import SegmentRate


def summary(found: PassRates) -> Html:
    """How many answers are accepted, who says so, beside what else, and where fewer are."""
    lines = []
    if found.accepted is not None:
        told = natural(found.accepted)
        lines.append(f"{capital(told)} answers are accepted: they meet every "
                     "required criterion.")  # fmt: skip
    else:
        lines.append("Nobody can say how many answers are accepted; each criterion stands alone.")
    lines += [_criterion(found, name, e) for name, e in found.by_criterion.items()]
    lines += [f"Nobody has rated one answer by the criterion '{name}'."
              for name in found.says if name not in found.by_criterion]  # fmt: skip
    lines += _basis(found)
    lines += [_beside(s.system, found.reference or "", s.difference) for s in found.systems
              if s.difference is not None]  # fmt: skip
    return sentences(lines + _segments(found))


def _criterion(found: PassRates, name: str, e: Estimate) -> str:
    by = found.ratings[name]
    said = f"{name}: {natural(e)} answers pass. An answer passes when it {found.says[name]}. "
    if by.judge_only:
        return said + "Only an automatic judge says so; no person has rated this."
    return said + f"Decided by {by.told}."


def _basis(found: PassRates) -> list[str]:
    lines = []
    if found.answers > found.prompts:
        lines.append(
            f"{plural(found.answers, 'answer', 'answers')} to "
            f"{plural(found.prompts, 'question', 'questions')} count; answers to the same question "
            "are alike, and the intervals allow for it."
        )
    if found.errors:
        lines.append(
            f"{plural(found.errors, 'try', 'tries')} ended in a tool error: no answer came. Such "
            "tries are left out here and counted apart."
        )
    if found.unrated and found.accepted is not None:
        lines.append(
            f"{plural(found.unrated, 'answer lacks', 'answers lack')} a rating that is needed, "
            f"and {'is' if found.unrated == 1 else 'are'} left out."
        )
    return lines


def _beside(system: str, reference: str, e: Estimate) -> str:
    questions = plural(e.n, "question", "questions")
    if e.low <= 0 <= e.high:
        return (
            f"{system} beside {reference}: on the same {questions} chance alone could explain the "
            f"difference in accepted answers ({brief(e)})."
        )
    more = "more" if e.value > 0 else "fewer"
    return (
        f"{system} beside {reference}: of 100 questions, {_hundred(e)} {more} get an accepted "
        f"answer, measured on the same {questions}."
    )


def _hundred(e: Estimate) -> str:
    """A difference that chance does not explain, of a hundred: ``12 (5 to 19)``."""
    value, *ends = sorted(abs(x) for x in (e.low, e.value, e.high))
    low, middle, high = (number(100 * x, 0) for x in (value, *ends))
    return f"{middle} ({low} to {high})"


def _segments(found: PassRates) -> list[str]:
    worse = [s for s in found.segments if s.differs and s.gap and s.gap.value > 0]
    lines = [
        f"{group(s.group)}: only {natural(s.estimate)} answers pass. Of 100 answers, "
        f"{_hundred(s.gap)} more fail than elsewhere."
        for s in worse
        if s.gap
    ]
    judged = [s for s in found.segments if not s.too_small]
    if judged and not worse:
        lines.append("No segment is clearly worse than the rest, as far as these answers can tell.")
    small = [s for s in found.segments if s.too_small]
    if small:
        names = ", ".join(f"{group(s.group)} ({count(s.prompts)})" for s in small)
        least = count(found.minimum_n)
        lines.append(f"Too small to judge, with fewer than {least} questions: {names}.")
    return lines


def table_of(found: PassRates) -> Html:
    """Every system by every criterion, and every segment."""
    rows = []
    for s in found.systems:
        if s.accepted:
            apart = brief(s.difference) if s.difference else ""
            rows.append([s.system, "accepted", count(s.accepted.n), brief(s.accepted), apart, ""])
        for name, e in s.by_criterion.items():
            by = found.ratings[name].told if s.system == found.current else ""
            rows.append([s.system, name, count(e.n), brief(e), "", by])
    beside = f"Beside {found.reference}" if found.reference else "Beside another system"
    header = ["System", "Criterion", "Answers", "Pass", beside, "Decided by"]
    methods = found.accepted or next(iter(found.by_criterion.values()))
    note = f"{methods.method}. Differences are paired by question."
    whole = table("Answers that pass", header, rows, numeric=(2, 3, 4), note=note)
    if not found.segments:
        return whole
    return stack(whole, _segment_table(found))


def _segment_table(found: PassRates) -> Html:
    def row(s: SegmentRate) -> list[str]:
        gap = "too small" if s.too_small else brief(s.gap) if s.gap else ""
        p = p_value(s.p_value) if s.gap else ""
        return [group(s.group), count(s.prompts), count(s.estimate.n), brief(s.estimate), gap, p]

    note = (
        "Worst first. The difference is the share that fails less that of all other answers: above "
        "0 is worse. p-values are corrected for the number of segments (Holm). Segments with fewer "
        f"than {found.minimum_n} questions are shown, not judged."
    )
    header = ["Segment", "Questions", "Answers", "Pass", "Fails more often by", "p"]
    caption = f"Segments of {found.current}"
    return table(caption, header, [row(s) for s in found.segments], numeric=range(1, 6), note=note)


def chart(found: PassRates) -> Html:
    """Rates with their intervals, and those of the segments."""
    from playbook.evidence.figures import intervals as drawn

    items = [("Accepted", found.accepted)] if found.accepted else []
    items += list(found.by_criterion.items())
    items += [(f"Accepted, {s.system}", s.accepted) for s in found.systems[1:] if s.accepted]
    title = "How many answers pass"
    if found.accepted:
        title = f"{brief(found.accepted)} of the answers are accepted"
    whole = drawn(items, title=title, emphasis=found.judge_only, caption=_caption(found))
    if not found.segments:
        return whole
    loud = [group(s.group) for s in found.segments if s.differs and s.gap and s.gap.value > 0]
    worst = f"{loud[0]}: clearly fewer answers pass" if loud else "No segment is clearly worse"
    named = [(group(s.group) + (", too small" if s.too_small else ""), s.estimate)
             for s in found.segments]  # fmt: skip
    caption = "Share of answers that pass, by segment, worst first."
    return stack(whole, drawn(named, title=worst, emphasis=loud, caption=caption))


def _caption(found: PassRates) -> str:
    said = "Share of answers that pass, with intervals clustered by question."
    if found.judge_only:
        names = ", ".join(found.judge_only)
        said += f" Only an automatic judge decided: {names}."
    return said
