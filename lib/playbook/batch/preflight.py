"""Find every fault of a workspace before anything runs."""

from __future__ import annotations

from playbook.batch.questionfaults import policy_faults, set_faults
from playbook.catalog import home
from playbook.errors import PlaybookError
from playbook.ownsets import file_faults
from playbook.policy import Policy
from playbook.questions import QuestionSet
from playbook.workspace import Workspace


def product_faults(workspace: Workspace, slug: str) -> list[PlaybookError]:
    """What is wrong with one product: its file, its tables, its answers."""
    from playbook.evidence.annotations import open_annotations
    from playbook.evidence.outputs import open_outputs
    from playbook.evidence.population import population_of
    from playbook.evidence.tables import open_decisions

    try:
        product = workspace.product(slug)
        decisions = open_decisions(product) if product.decisions is not None else None
        if "annotations" in product.tables:
            open_annotations(product)
        if "outputs" in product.tables:
            open_outputs(product)
        if decisions is not None and "population" in product.tables:
            population_of(decisions)
        workspace.answers(slug)
    except PlaybookError as error:
        return [error]
    return []


def shared_faults(workspace: Workspace) -> list[PlaybookError]:
    """What is wrong with the policy and the question sets that all products share."""
    faults = file_faults(workspace.folder)
    sets = list(workspace.question_sets().values())
    try:
        sets.append(workspace.questions(home().name))
    except PlaybookError as fault:
        sets.append(fault)
    readable = [questions for questions in sets if isinstance(questions, QuestionSet)]
    faults += [fault for fault in sets if isinstance(fault, PlaybookError)]
    policy: Policy | None = None
    try:
        policy = workspace.policy
    except PlaybookError as fault:
        faults.append(fault)
    for questions in readable:
        faults += set_faults(workspace, questions, readable, policy)
    if policy is not None:
        faults += policy_faults(workspace, readable, whole=len(readable) == len(sets))
    return faults
