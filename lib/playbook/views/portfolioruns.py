"""What the runs themselves were like: which failed, and how old what they found is."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from playbook.checks.portfoliofacts import Portfolio, ProductFacts
from playbook.days import day
from playbook.evidence import words
from playbook.evidence.display import Html, sentences
from playbook.views.portfolioparts import grid, name_of, orders, products


def faults_view(facts: Portfolio) -> Html:
    """What could not be run last time, with the sentence that says why."""
    titles = facts.titles
    failed = [(p, c) for p in facts.products for c in p.cells if c.error]
    if not failed:
        return sentences(["Every run of the playbooks ended well."])
    entries, lines = [], []
    for product, cell in failed:
        when = f"on {day(cell.failed)}" if cell.failed else ""
        stands = f"The report of {day(cell.ran)} stands." if cell.ran else "There is no report yet."
        entries.append(
            Markup("<div><dt>{} · {}, {}</dt><dd>{} {}</dd></div>").format(
                name_of(product.name), titles[cell.playbook], when, cell.error, stands
            )
        )
        lines.append(f"{product.name}, {titles[cell.playbook]}: {cell.error} {stands}")
    html = Markup('<dl class="faults">{}</dl>').format(Markup("").join(entries))
    return Html(html, "\n".join(lines))


def freshness_view(facts: Portfolio) -> Html:
    """How old each product's reports are, and which answers they rest on."""
    rows = facts.products
    by = {
        "Oldest first": sorted(rows, key=_oldest),
        "By name": sorted(rows, key=lambda p: p.name.casefold()),
    }
    header = ["Product", "Oldest report", "Newest report", "Answers as of", "Revision", "Not run"]
    tables = [
        (
            label,
            grid(
                f"How fresh the reports are, {label[0].lower()}{label[1:]}",
                header,
                [("", [_fresh(p, facts) for p in ordered])],
                numeric={4},
                ordered=1 if label == "Oldest first" else 0,
            ),
        )
        for label, ordered in by.items()
    ]
    shown = orders("freshness", "Freshness", tables if len(rows) > 1 else tables[:1])
    if not facts.never:
        return shown
    never = Markup("<p>Never run: {}.</p>").format(products(facts.never, facts.names))
    if len(facts.never) > 1:
        never = Markup("<p>Never run:</p>{}").format(products(facts.never, facts.names))
    return Html(shown.html + never, f"{shown.text}\nNever run: {', '.join(facts.never)}")


def _oldest(product: ProductFacts) -> tuple[bool, float]:
    ran = [cell.ran for cell in product.cells if cell.ran]
    missing = len(ran) < len(product.cells)
    return not missing, min((moment.timestamp() for moment in ran), default=0.0)


def _fresh(product: ProductFacts, facts: Portfolio) -> list[str | Markup]:
    ran = [cell for cell in product.cells if cell.ran]
    moments = [cell.ran for cell in ran if cell.ran]
    answered = [cell.answers_as_of for cell in ran if cell.answers_as_of]
    absent = [facts.titles[cell.playbook] for cell in product.cells if not cell.ran]
    return [
        name_of(product.name),
        _day(min(moments, default=None)),
        _day(max(moments, default=None)),
        _day(max(answered, default=None)),
        words.count(max((cell.revision for cell in ran), default=0)),
        ", ".join(absent) or "–",
    ]


def _day(moment: datetime | None) -> str:
    return day(moment) if moment else "never"
