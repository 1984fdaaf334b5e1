"""Weights of a SurveyJS questionnaire: stated by its items, or written at the end of their values.

Canada's Algorithmic Impact Assessment writes ``item2-3`` for an option of weight 3, and marks
panels by their name: ``-RS`` holds risks, ``-MS`` measures that lower them, ``-NS`` neither. The
sum of such a questionnaire is that of its risks: measures are asked, but not added to them.
"""

from __future__ import annotations

import re
from typing import Literal

from playbook.errors import PlaybookError
from playbook.questionnaires.surveyitems import at_end
from playbook.questionnaires.surveyjs import Survey
from playbook.questionnaires.surveyorder import Entry

Scores = Literal["auto", "suffix", "none"]
"""*auto* takes what items state, else what is written as ``item2-3`` in most of the questions."""
Weights = dict[str, dict[str, float]]
"""By question and option."""
_CANADIAN = re.compile(r"item[0-9]+-[0-9]+")


def weights(entries: list[Entry], survey: Survey, scores: Scores, where: str) -> Weights:
    """The weight of each option that has one; empty where the questionnaire is not scored.

    Raises
    ------
    PlaybookError
        Weights are to be read from values, and no value ends in one.
    """
    if scores == "none":
        return {}
    stated = {e.id: e.found.draft.items.weights for e in entries if e.found.draft.items.weights}
    if scores == "auto" and (stated or not _is_canadian(entries)):
        return stated
    found = {e.id: w for e in entries if not _aside(e) and (w := at_end(list(_values(e))))}
    if not found:
        raise PlaybookError(
            "no option's value ends in a hyphen and a number",
            where=where,
            remedy="Leave '--scores suffix' out",
        )
    survey.warnings.append(
        "weights were read from the ends of the options' values, such as 3 from 'item2-3'; "
        "'--scores none' leaves them out"
    )
    if any(_aside(e) and at_end(list(_values(e))) for e in entries):
        survey.warnings.append(
            "questions in panels whose name ends in '-MS' or '-NS' are asked, but add nothing"
        )
    return found


def _is_canadian(entries: list[Entry]) -> bool:
    """Whether every value of most questions with options is written as ``item2-3``."""
    optioned = [list(_values(e)) for e in entries if e.found.draft.fields["type"] in _OPTIONED]
    written = [all(_CANADIAN.fullmatch(value) for value in values) for values in optioned]
    return sum(written) * 2 > len(written)


def _values(entry: Entry) -> dict[str, object]:
    of_options = entry.found.draft.fields["type"] in _OPTIONED
    return entry.found.draft.items.values if of_options else {}


def _aside(entry: Entry) -> bool:
    names = (entry.found.draft.keys[0], *entry.found.place.panels)
    return any(name.endswith(("-MS", "-NS")) for name in names)


_OPTIONED = {"choice", "several"}
