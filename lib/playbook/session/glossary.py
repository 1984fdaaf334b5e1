"""The words of both sides, as ``glossary.yaml`` has them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from markupsafe import Markup

from playbook.evidence.display import Html
from playbook.shipped import shipped
from playbook.yamlfile import plain, read_yaml


class Words:
    """Every term with its other names, its meaning, the question it answers and an example."""

    @cached_property
    def terms(self) -> list[dict[str, Any]]:
        """As in the file: ``term, also, plain, ask, example``."""
        found: list[dict[str, Any]] = plain(read_yaml(shipped("templates/glossary.yaml")))["terms"]
        return found

    def payload(self) -> dict[str, Any]:
        """The terms, to be searched."""
        return {"terms": self.terms}

    def table(self) -> Html:
        """All terms by name, folded."""
        entry = Markup("<dt><strong>{}</strong> <span class='why'>{}</span></dt><dd>{} {} {}</dd>")
        terms = sorted(self.terms, key=lambda t: t["term"].casefold())
        entries = Markup("").join(
            entry.format(t["term"], ", ".join(t["also"]), t["ask"], t["plain"], t["example"])
            for t in terms
        )
        head = f"Glossary: {len(terms)} words of both sides"
        html = Markup("<details class='glossary'><summary>{}</summary><dl>{}</dl></details>")
        lines = [f"{t['term']} ({t['ask']}): {t['plain']}" for t in terms]
        return Html(html.format(head, entries), "\n".join([head, *lines]))

    def static(self) -> Html:
        """The same in reports."""
        return self.table()
