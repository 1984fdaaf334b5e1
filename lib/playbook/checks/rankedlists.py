"""Products that rank: whether what is relevant stands at the top of their lists."""

from __future__ import annotations

from playbook.checks.case import Case, hold, unmeasured
from playbook.checks.finding import Finding
from playbook.errors import NoEvidence
from playbook.evidence import words
from playbook.questions import ROLE_NAMES

OWNER = ROLE_NAMES["data_science"]


def evaluate(case: Case) -> list[Finding]:
    """The order of the first places against the best order, and against chance."""
    found, id = case.evidence.get("ranking"), "evaluation.rank_ndcg"
    if isinstance(found, NoEvidence):
        return [unmeasured(case, found, "rank_ndcg", id=id, owner=OWNER)]
    order, gain = found.get("ndcg_at_k"), found.get("ndcg_at_k_difference")
    if order is None:
        return []
    beside = f", by {words.brief(gain)} better than a random order" if gain is not None else ""
    return [
        hold(
            case,
            order,
            "rank_ndcg",
            id=id,
            statement=f"Of the best order possible, the first {found.k} places reach "
            f"{words.brief(order)} (1 would be perfect){beside}",
            remedy="Add what tells relevant from irrelevant, and look at the lists that do worst.",
            owner=OWNER,
            topic="Order of the first places",
            also=[gain] if gain is not None else [],
        )
    ]
