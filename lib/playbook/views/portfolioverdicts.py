"""The portfolio at a glance: sentences, and verdicts of products by playbooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from playbook.checks.portfoliofacts import Cell, Portfolio, ProductFacts
from playbook.checks.verdict import WORDS, WORST_FIRST
from playbook.days import day
from playbook.evidence import words
from playbook.evidence.display import Html
from playbook.policy import TIERS
from playbook.views.findings import MARKS
from playbook.views.portfolioparts import counts, name_of, orders
from playbook.views.templates import render

NOTHING = (
    "No playbook has been run to its end yet. Start 'playbook run', and this page fills itself."
)
_SOON = 180
_LIKE_VERDICTS = (*WORST_FIRST, None)


def summary_view(facts: Portfolio) -> Html:
    """What a board wants to know first, in a handful of sentences."""
    judged = [p for p in facts.products if p.verdict]
    lines = [Markup("{}").format(_verdicts(facts)), _blocked(facts, judged)]
    lines += [line for line in (_undecided(facts), _due(facts), _moved(facts)) if line]
    html = Markup('<ul class="inshort">{}</ul>').format(
        Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
    )
    text = "\n".join(line.striptags() for line in lines)
    if failed := sum(bool(c.error) for p in facts.products for c in p.cells):
        many = words.plural(failed, "run", "runs")
        sentence = f"{many} failed last time; what an earlier run found stands until it succeeds."
        html += Markup('<p class="notice">{}</p>').format(sentence)
        text += f"\n{sentence}"
    return Html(html, text)


def _verdicts(facts: Portfolio) -> str:
    verdicts = [product.verdict for product in facts.products]
    parts = [f"{n} {WORDS[w].lower()}" for w in WORST_FIRST if (n := verdicts.count(w))]
    if unjudged := verdicts.count(None) + len(facts.never):
        parts.append(f"{unjudged} without a verdict")
    total = len(facts.products) + len(facts.never)
    return f"{words.plural(total, 'product', 'products')}: {', '.join(parts)}."


def _blocked(facts: Portfolio, judged: list[ProductFacts]) -> Markup:
    blocked = [p for p in judged if p.blockers]
    if not blocked:
        return Markup("No blocker stands.")
    total = sum(p.blockers for p in blocked)
    named = Markup(", ").join(name_of(p.name) for p in blocked[:3])
    rest = f" and {words.count(len(blocked) - 3)} more" if len(blocked) > 3 else ""
    stand = "stands" if total == 1 else "stand"
    return Markup("{} {} in the way of {}{}. No value buys that off.").format(
        words.plural(total, "blocker", "blockers"), stand, named, rest
    )


def _undecided(facts: Portfolio) -> Markup:
    possible = sum(product.undecided for product in facts.products)
    if not possible:
        return Markup("")
    return Markup("{} not settled: there is not enough evidence either way.").format(
        "1 possible blocker is"
        if possible == 1
        else f"{words.count(possible)} possible blockers are"
    )


def _due(facts: Portfolio) -> Markup:
    """The next date that the law sets, and what nobody has looked at."""
    open_ = [d for d in facts.obligations if d.obligation.status == "not_assessed"]
    unseen = sum(len(duty.paths) for duty in open_)
    coming = [
        d
        for d in facts.obligations
        if d.obligation.applies_from and d.obligation.applies_from > facts.today
    ]
    parts = []
    if coming:
        first = coming[0]
        when = first.obligation.applies_from
        assert when is not None
        parts.append(
            f"The next date set by law is {day(when)}, in "
            f"{words.plural((when - facts.today).days, 'day', 'days')}: "
            f"{first.obligation.law}, {first.obligation.article}, "
            f"{words.plural(len(first.paths), 'product', 'products')}."
        )
    if unseen:
        has = "product has" if unseen == 1 else "products have"
        parts.append(f"{words.count(unseen)} {has} not been assessed in writing.")
    return Markup("{}").format(" ".join(parts)) if parts else Markup("")


def _moved(facts: Portfolio) -> Markup:
    if facts.compared is None:
        return Markup("")
    many = words.plural(facts.remade, "report was", "reports were")
    turned = sum(change.before != change.after for change in facts.changes)
    moved = (
        f"{words.plural(turned, 'verdict', 'verdicts')} changed" if turned else "no verdict changed"
    )
    told = "for the first time" if facts.remade == facts.first else f"and {moved}"
    return Markup("In the last run, on {}, {} made {}.").format(day(facts.compared), many, told)


def matrix_view(facts: Portfolio, links: bool) -> Html:
    """Products by playbooks: a mark, a word and a tint each, with the way to the report."""
    rows = facts.products
    by = {
        "Gravest first": sorted(rows, key=_grave),
        "By risk tier": sorted(rows, key=lambda p: (_tier(p), *_grave(p))),
        "By name": sorted(rows, key=lambda p: p.name.casefold()),
    }
    tables = [(label, _matrix(facts, label, ordered, links)) for label, ordered in by.items()]
    return orders("verdicts", "Verdicts", tables if len(rows) > 1 else tables[:1])


def _grave(product: ProductFacts) -> tuple[int, int, int, str]:
    place = _LIKE_VERDICTS.index(product.verdict)
    return place, -product.blockers, -product.conditions, product.name.casefold()


def _tier(product: ProductFacts) -> int:
    return TIERS.index(product.tier) if product.tier else len(TIERS)


def _matrix(facts: Portfolio, label: str, rows: list[ProductFacts], links: bool) -> Html:
    titles = facts.titles
    shown = [
        {
            "name": p.name,
            "about": f"{p.tier.capitalize()} risk" if p.tier else "",
            "cells": [_overall(p), *(_shown(c, titles[c.playbook], links) for c in p.cells)],
        }
        for p in rows
    ]
    html = render(
        "portfolio_matrix.html.j2",
        caption=f"Verdicts of every product in every playbook, {label[0].lower()}{label[1:]}",
        columns=facts.playbooks,
        rows=shown,
    )
    lines = [
        f"{p.name}: {WORDS[p.verdict] if p.verdict else 'no verdict yet'}. "
        + ", ".join(f"{titles[c.playbook]} {WORDS[c.verdict]}" for c in p.cells if c.verdict)
        for p in rows
    ]
    return Html(html, "\n".join(lines))


def _overall(product: ProductFacts) -> dict[str, Any]:
    return {
        "title": "Overall",
        "mark": MARKS[product.verdict] if product.verdict else "",
        "word": WORDS[product.verdict] if product.verdict else "",
        "counts": counts(product.blockers, product.conditions, product.undecided),
        "href": "",
        "error": "",
    }


def _shown(cell: Cell, title: str, links: bool) -> Mapping[str, str]:
    return {
        "title": title,
        "mark": MARKS[cell.verdict] if cell.verdict else "",
        "word": WORDS[cell.verdict] if cell.verdict else "",
        "counts": counts(cell.blockers, cell.conditions, cell.undecided),
        "href": cell.report if links else "",
        "error": cell.error,
    }
