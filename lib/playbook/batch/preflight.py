"""Find every fault of a workspace before anything runs."""

from __future__ import annotations

from collections.abc import Sequence

from playbook.catalog import PlaybookFile, playbooks
from playbook.errors import PlaybookError
from playbook.workspace import Workspace


def product_faults(workspace: Workspace, slug: str) -> list[PlaybookError]:
    """What is wrong with one product: its file, its table, its answers."""
    from playbook.evidence.tables import open_decisions

    try:
        product = workspace.product(slug)
        if product.decisions is not None:
            open_decisions(product)
        workspace.answers(slug)
    except PlaybookError as error:
        return [error]
    return []


def shared_faults(workspace: Workspace, chosen: Sequence[PlaybookFile] = ()) -> list[PlaybookError]:
    """What is wrong with the policy and the question sets that all products share."""
    faults = []
    try:
        policy = workspace.policy
    except PlaybookError as error:
        return [error]
    for playbook in chosen or playbooks():
        try:
            questions = workspace.questions(playbook.name)
            for question in questions.questions:
                if question.rule and question.rule.policy:
                    policy.bar(question.rule.policy)
        except PlaybookError as error:
            faults.append(error)
    return faults
