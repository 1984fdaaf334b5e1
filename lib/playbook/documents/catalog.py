"""Which documents there are, and who makes them."""

from __future__ import annotations

from importlib import import_module

from playbook.checks.assess import Assessment
from playbook.checks.case import Case
from playbook.documents.document import Document
from playbook.errors import PlaybookError, did_you_mean
from playbook.questions import QuestionSet

TITLES = {"problem_brief": "Problem brief", "data_card": "Data card", "model_card": "Model card"}
"""What each document is called, by its name, which is that of its module and of its files."""


def build(name: str, case: Case, questions: QuestionSet, assessment: Assessment) -> Document:
    """Make the document `name` from what its playbook asks and finds.

    Raises
    ------
    PlaybookError
        There is no such document, or another playbook makes it.
    """
    if name not in TITLES:
        raise PlaybookError(
            f"there is no document '{str(name)[:60]}'", remedy=did_you_mean(name, TITLES)
        )
    module = import_module(f"playbook.documents.{name}")
    if questions.playbook != module.PLAYBOOK:
        raise PlaybookError(
            f"the document '{name}' belongs to another playbook",
            remedy=f"Ask for it in '{module.PLAYBOOK}'",
        )
    made: Document = module.build(case, questions, assessment)
    return made
