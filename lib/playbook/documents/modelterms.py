"""What the measures on a model card mean, from the glossary."""

from __future__ import annotations

from collections.abc import Sequence

from playbook.documents.modelresults import named
from playbook.documents.parts import Block, Fact, Gap, Line
from playbook.estimate import Estimate
from playbook.session.glossary import Words


def glossary(estimates: Sequence[Estimate]) -> list[Block]:
    """The terms for the measures among `estimates`, in their order."""
    known = {
        name.casefold(): term for term in Words().terms for name in (term["term"], *term["also"])
    }
    measures = dict.fromkeys(named(e.measure) for e in estimates)
    found = [(name, known[name.casefold()]) for name in measures if name.casefold() in known]
    if not found:
        return [Line(Gap("No measure on this card stands in the glossary of the start page."))]
    return [Fact(name, [f"{term['ask']} {term['plain']}"]) for name, term in found]
