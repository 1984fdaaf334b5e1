"""What a question set adds up to: each answer's points, the sum with its bounds, and the bands."""

from __future__ import annotations

from markupsafe import Markup

from playbook.answers import Answers
from playbook.checks.scorefindings import told
from playbook.checks.scores import Contribution, Score, score
from playbook.evidence import words
from playbook.evidence.display import Html, sentences, stack, table
from playbook.policy import Severity, Tier, for_tier
from playbook.questions import Band, QuestionSet
from playbook.views.answers import told as in_words

_LEADS: dict[Severity, str] = {
    "blocker": "Blocker",
    "condition": "Condition",
    "note": "Note",
    "pass": "Meets",
}


def scores_view(questions: QuestionSet, answers: Answers, tier: Tier) -> Html:
    """The points of each answer, their sum, and where it lies among the bands.

    Nothing for a set whose options have no scores.
    """
    found = score(questions, answers)
    if found is None:
        return Html.nothing()
    lines = [f"{found.scoring.title}: {told(found)}."]
    if found.scoring.source:
        lines.append(f"Scores from: {found.scoring.source}")
    parts = [sentences(lines)]
    if found.scoring.bands:
        parts.append(_scale(found, tier))
    return stack(*parts, _contributions(questions, found))


def _contributions(questions: QuestionSet, found: Score) -> Html:
    sections = questions.sections()
    caption, header = "What each answer adds", ["Question", "Answer", "Points", "Of at most"]
    rows, lines = [], []
    for part in found.asked:
        section = sections[part.question.id]
        under = Markup("<div class='why'>{}</div>").format(section) if section else Markup("")
        told_so = [in_words(part.question, part.answer), _points(part), words.number(part.most)]
        rows.append([Markup("{}{}").format(part.question.text, under), *told_so])
        lines.append(" | ".join([section, part.question.text, *told_so]).removeprefix(" | "))
    total = sum(part.points for part in found.asked)
    rows.append(["Together", "", words.number(total), words.number(found.most)])
    lines.append(f"Together | {words.number(total)} | {words.number(found.most)}")
    hidden = len(found.parts) - len(found.asked)
    may = words.plural(hidden, "question", "questions")
    note = f"{may} may still unfold, as open answers decide; the bounds allow for that."
    shown = table(caption, header, rows, numeric={2, 3}, note=note if hidden else "")
    return Html(shown.html, "\n".join([caption, *lines, *([note] if hidden else [])]))


def _points(part: Contribution) -> str:
    if part.is_open:
        return f"{words.number(part.low)} to {words.number(part.high)}"
    return words.number(part.low)


def _scale(found: Score, tier: Tier) -> Html:
    """All bands from the lowest to the highest, with those marked that the sum may lie in."""
    bands = found.scoring.bands
    rows, lines = [], []
    for place, band in enumerate(bands):
        grade: Severity = for_tier(band.severity, tier)
        tag = Markup('<span class="tag {}">{}</span>').format(grade, _LEADS[grade])
        where = _where(found, band)
        span = _span(found, place)
        rows.append([band.label, span, tag, Markup("<strong>{}</strong>").format(where)])
        lines.append(" | ".join([band.label, span, _LEADS[grade], where]).rstrip(" |"))
    caption = f"{found.scoring.title}: bands"
    shown = table(caption, ["Band", "From", "Leads to", "This product"], rows)
    return Html(shown.html, "\n".join([caption, *lines]))


def _where(found: Score, band: Band) -> str:
    if band not in found.bands:
        return ""
    return "Lies here" if len(found.bands) == 1 else "May lie here"


def _span(found: Score, place: int) -> str:
    bands = found.scoring.bands
    unit = " %" if found.scoring.share else " points"
    if place == 0:
        return "the lowest" if len(bands) == 1 else f"below {words.number(bands[1].at_least)}{unit}"
    return f"{words.number(bands[place].at_least)}{unit}"
