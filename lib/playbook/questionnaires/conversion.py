"""From a file in another format to a question set of ours, and to the YAML that holds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from playbook.errors import PlaybookError
from playbook.policy import Severity
from playbook.questionnaires.deon import deon_questions
from playbook.questionnaires.names import identifier
from playbook.questionnaires.source import Format, read_source
from playbook.questionnaires.surveyjs import Found, Survey, read_survey
from playbook.questionnaires.surveyorder import Entry, ordered
from playbook.questionnaires.surveyscores import Scores, Weights, weights
from playbook.questionnaires.words import MOST_WORDS, Words, plain, short
from playbook.questions import QuestionSet
from playbook.yamlfile import dump_yaml, validate

_BAND = re.compile(r"\s*(-?[0-9]{1,9}(?:\.[0-9]{1,9})?)(%?)\s*:\s*(.*\S)\s*")
_HEAD = """\
# {title}: imported from '{file}' ({format}).
# Everything here may be changed; docs/questions.md of the playbooks says how.
"""


@dataclass(frozen=True)
class Converted:
    """A question set, the text of the file that holds it, and what was not taken over."""

    questions: QuestionSet
    yaml: str
    warnings: list[str]
    format: Format


def convert(
    path: Path,
    *,
    name: str | None = None,
    title: str | None = None,
    language: str | None = None,
    severity: Severity = "condition",
    scores: Scores = "auto",
    bands: str | None = None,
) -> Converted:
    """Read a deon checklist or a SurveyJS questionnaire as a question set.

    Parameters
    ----------
    name, title
        What the set is called; else after the file and its own title.
    language
        Of a SurveyJS file in several; else its default.
    severity
        Of a line of deon that is not done, and of a required question of SurveyJS left open.
    scores
        Where a SurveyJS file's weights come from (see `surveyscores`).
    bands
        What a sum is called from where on: ``0:Level I,26:Level II``; with ``%`` in percent of the
        most that the questions asked could add up to.

    Raises
    ------
    PlaybookError
        The file is none of the two, or something in it is wrong.
    """
    form, data = read_source(path)
    words = Words(language)
    if form == "deon":
        survey = Survey(title=words.of(data.get("title"), path.name))
        asked = deon_questions(data, severity, path.name)
        weighed: Weights = {}
    else:
        survey = read_survey(data, words, path.name)
        entries = ordered(survey)
        weighed = weights(entries, survey, scores, path.name)
        asked = _written(entries, weighed, severity)
    if not asked:
        raise PlaybookError("nothing is asked in it", where=path.name, remedy="Check the file")
    if words.missing:
        survey.warnings.append(
            f"{words.missing} texts are not there in '{language}', and stand in the file's own "
            "language"
        )
    named = plain(title or "") or survey.title or plain(path.stem)
    content = CommentedMap(playbook=_name(name, named, path), title=short(named))
    content["about"] = f"Imported from {plain(path.name)} ({form}). {survey.about}".strip()
    if weighed or bands:
        content["scoring"] = _scoring(bands, bool(weighed))
    content["questions"] = asked
    questions = validate(QuestionSet, content, path.name)
    head = _HEAD.format(title=questions.title, file=plain(path.name), format=form)
    return Converted(questions, head + dump_yaml(content), survey.warnings, form)


def _name(given: str | None, title: str, path: Path) -> str:
    if given is None:
        return identifier(path.stem) if identifier(title) == "q" else identifier(title)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", given):
        raise PlaybookError(
            f"'{given[:60]}' cannot be the name of a question set",
            remedy=f"Use small letters, digits and '_', such as '{identifier(given)}'",
        )
    return given


def _written(entries: list[Entry], weighed: Weights, severity: Severity) -> list[dict[str, Any]]:
    """The fields of each question, as our files hold them."""
    some_required = any(entry.found.required for entry in entries)
    section, written = "", []
    for entry in entries:
        fields: dict[str, Any] = {"id": entry.id}
        if entry.found.place.section != section:
            section = fields["section"] = entry.found.place.section
        fields |= _asking(entry.found) | entry.found.draft.fields
        if some_required and not entry.found.required:
            fields["essential"] = False
        if entry.found.draft.items.options:
            fields["options"] = _options(entry, weighed.get(entry.id, {}))
        if entry.show_if:
            fields["show_if"] = entry.show_if
        if entry.found.required:
            fields["rule"] = _required(fields["text"], severity)
        written.append(fields)
    return written


def _options(entry: Entry, scores: dict[str, float]) -> list[dict[str, Any]]:
    """Its options, with a score where one has been found."""
    return [
        option | ({"score": scores[option["value"]]} if option["value"] in scores else {})
        for option in entry.found.draft.items.options
    ]


def _asking(found: Found) -> dict[str, str]:
    whole = f"{found.title}: {found.draft.within}" if found.draft.within else found.title
    fits = len(whole.split()) <= MOST_WORDS and short(whole) == whole
    text = whole if fits else short(found.draft.within or found.title)
    why = found.why if fits else " ".join(filter(None, (whole, found.why)))
    return {"text": text, "why": why, "example": ""}


def _required(text: str, severity: Severity) -> dict[str, Any]:
    return {
        "severity": severity,
        "statement": f"This needs an answer: {text}",
        "remedy": "Answer it, or find who can",
        "skippable": False,
    }


def _scoring(bands: str | None, is_scored: bool) -> dict[str, Any]:
    if not is_scored:
        raise PlaybookError(
            "there are bands for a sum, and no option has a score",
            remedy="Leave '--bands' out, or take scores from values with '--scores suffix'",
        )
    given = re.split(r",(?=\s*-?[0-9.]+%?\s*:)", bands) if bands else []
    read = [_BAND.fullmatch(part) for part in given]
    found = [(float(m[1]), m[2], plain(m[3])) for m in read if m]
    if len(found) < len(read) or len({percent for _, percent, _ in found}) > 1:
        raise PlaybookError(
            "the bands cannot be read",
            where="--bands",
            remedy="Write '0:Level I,26:Level II', or '0%:Level I,26%:Level II' for shares",
        )
    starts = [start for start, _, _ in found]
    if starts != sorted(set(starts)):
        raise PlaybookError(
            "each band begins above the one before it", where="--bands", remedy="Sort them"
        )
    return {
        "title": "Score",
        "share": bool(found and found[0][1]),
        "bands": [{"at_least": start, "label": label} for start, _, label in found],
    }
