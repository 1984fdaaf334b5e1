"""The primer of the start page: lessons on the shipped examples, whatever the workspace holds."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from playbook.answers import Answer, Answers
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.bundle import Evidence
from playbook.evidence.display import Html
from playbook.forms.explorer import Explorer
from playbook.forms.lookup import Lookup, look_up
from playbook.forms.primer import BaseRates, Glossary, Samples
from playbook.policy import Policy, load_policy
from playbook.product import load_product
from playbook.session.glossary import Words
from playbook.shipped import shipped
from playbook.tier import risk_tier
from playbook.workspace import Workspace
from playbook.yamlfile import plain, read_yaml

EXAMPLES = {"mortgage": "Mortgages", "churn": "Customers who leave"}
_STAKES = "problem_definition"


class Primer:
    """Interactive lessons; in batch each shows its static face.

    Parameters
    ----------
    policy
        Sets from how many cases a group is judged.
    """

    def __init__(self, policy: Policy, confidence: float = 0.95) -> None:
        self.policy, self.confidence = policy, confidence

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        """The evidence of each shipped example, with the stakes that its team has stated."""
        return {slug: self._evidence(slug) for slug in EXAMPLES}

    def base_rates(self) -> Lookup | Html:
        """Why a model can be right nine times of ten and useless."""
        from playbook.evidence.primer import base_rates

        tables = {name: self.evidence[slug].decisions for slug, name in EXAMPLES.items()}
        lesson = base_rates(tables, self.confidence)
        return look_up(BaseRates, lesson)

    def thresholds(self, example: str = "mortgage") -> Lookup | Html:
        """What moving the threshold does to people and to money."""
        from playbook.evidence.money import money
        from playbook.evidence.tradeoffs import tradeoffs

        evidence = self.evidence[example]
        worth: Any = evidence.get("stakes")
        if not isinstance(worth, NoEvidence):
            worth = money(evidence.decisions, worth, confidence=self.confidence)
        minimum = int(self.policy.bar("minimum_group_size", evidence.tier).value)
        found = tradeoffs(evidence.decisions, worth, minimum, self.confidence)
        return look_up(Explorer, found)

    def intervals(self) -> Lookup | Html:
        """What an interval promises: samples drawn again and again from the real table."""
        from playbook.evidence.primersamples import samples

        lesson = samples(self.evidence["churn"].decisions, confidence=self.confidence)
        return look_up(Samples, lesson)

    def glossary(self) -> Lookup | Html:
        """The words of both sides, to be searched from either."""
        return look_up(Glossary, Words())

    def _evidence(self, slug: str) -> Evidence:
        folder = shipped("templates/products") / slug
        product = load_product(folder)
        stated = plain(read_yaml(folder / "answers.yaml"))["answers"].get(_STAKES, {})
        answers = [
            Answer(playbook=_STAKES, question=question, state="answered", **entry)
            for question, entry in stated.items()
            if "value" in entry
        ]
        known = Answers({answer.key: answer for answer in answers})
        return Evidence(product, known, self.policy, risk_tier(known), self.confidence)


def open_primer(workspace: str = "") -> Primer:
    """Open the primer; it works without a workspace too.

    Parameters
    ----------
    workspace
        The workspace's folder, whose policy applies; empty for ``PLAYBOOK_WORKSPACE``, or
        ``./workspace``.
    """
    try:
        place = Workspace.open(workspace)
    except PlaybookError:
        return Primer(load_policy(shipped("templates/policy.yaml")))
    return Primer(place.policy)
