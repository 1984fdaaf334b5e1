"""Obligations by date: from when, what, for which products, why, and how far the entry is trusted.

A list of what has been looked at; it never says that anything is fulfilled.
"""

from __future__ import annotations

from datetime import date

from markupsafe import Markup

from playbook.checks.obligations import Obligation
from playbook.checks.portfoliofacts import Duty, Portfolio
from playbook.days import day
from playbook.evidence import words
from playbook.evidence.display import Html, sentences
from playbook.views.portfolioparts import Group, away, grid, name_of, orders, products, tag

_MOST_EXPLAINED = 3
_STATUS = {
    "applies": ("note", "Applies"),
    "may_apply": ("note", "May apply"),
    "not_assessed": ("thin", "Not assessed"),
    "declared_outside": ("note", "Declared outside"),
}
NO_ADVICE = (
    "Not legal advice, and no list of what is fulfilled. It follows from the answers that stand, "
    "for the laws named here and no others."
)


def duties_view(facts: Portfolio) -> Html:
    """Every duty that standing answers lead to, by date, by product and by owner."""
    if not facts.obligations:
        return sentences(["No report names a duty yet: the ethics review finds them.", NO_ADVICE])
    tables = [
        ("By date", _by_date(facts)),
        ("By product", _by_product(facts)),
        ("By owner", _by_owner(facts)),
    ]
    shown = orders("obligations", "Obligations", tables)
    warned = _warnings(facts)
    note = Markup('<p class="why">{}</p>').format(NO_ADVICE)
    return Html(warned.html + shown.html + note, f"{warned.text}\n{shown.text}\n{NO_ADVICE}")


def _warnings(facts: Portfolio) -> Html:
    """What nobody has read in the original, and what nobody has looked at for too long."""
    rules = [duty.obligation for duty in facts.obligations]
    stale = [rule for rule in rules if rule.review_by < facts.today]
    unread = [rule for rule in rules if not rule.verified]
    lines = []
    if unread:
        have = "entries rests" if len(unread) == 1 else "entries rest"
        lines.append(
            f"Unverified: {words.count(len(unread))} of {len(rules)} {have} on secondary sources, "
            "marked below. Have Legal read the text of the law before you plan by them."
        )
    if stale:
        lines.append(
            f"Out of date: {words.count(len(stale))} of {len(rules)} entries should have been "
            f"looked at again by {day(min(rule.review_by for rule in stale))}."
        )
    html = Markup("").join(Markup('<p class="notice">{}</p>').format(line) for line in lines)
    return Html(html, "\n".join(lines))


def _by_date(facts: Portfolio) -> Html:
    rows = [
        [_when(d.obligation, facts.today), _asks(d.obligation, facts), _who(d, facts)]
        for d in facts.obligations
    ]
    header = ["From", "What it asks", "Of whom"]
    return grid("Obligations, by date", header, [("", rows)], ordered=0, css="duties")


def _by_owner(facts: Portfolio) -> Html:
    owners: dict[str, list[Duty]] = {}
    for duty in facts.obligations:
        owners.setdefault(duty.obligation.owner, []).append(duty)
    groups: list[Group] = [
        (
            owner,
            [
                [_when(d.obligation, facts.today), _asks(d.obligation, facts), _who(d, facts)]
                for d in duties
            ],
        )
        for owner, duties in sorted(owners.items())
    ]
    header = ["From", "What it asks", "Of whom"]
    return grid("Obligations, by owner", header, groups, css="duties")


def _by_product(facts: Portfolio) -> Html:
    """One row a product: its dates, and the answers that lead to them."""
    rows = []
    for product in sorted(facts.products, key=lambda p: p.name.casefold()):
        own = [d for d in facts.obligations if product.slug in d.paths]
        if not own:
            continue
        dated = Markup("").join(
            Markup("<li>{}: {}, {}</li>").format(
                _day(d.obligation), d.obligation.law, d.obligation.article
            )
            for d in own
        )
        why = list(dict.fromkeys(said for d in own for said in d.paths[product.slug]))
        rows.append(
            [
                name_of(product.name),
                Markup('<ul class="which-of">{}</ul>').format(dated),
                " ".join(why),
            ]
        )
    header = ["Product", "From", "Why: the answers that lead there"]
    return grid("Obligations, by product", header, [("", rows)], ordered=0)


def _day(rule: Obligation) -> str:
    return day(rule.applies_from) if rule.applies_from else "No date"


def _when(rule: Obligation, today: date) -> Markup:
    if rule.applies_from is None:
        return Markup("No date")
    css = "overdue" if rule.applies_from <= today else "ahead"
    return Markup('<span class="{}">{}</span><div class="why">{}</div>').format(
        css, day(rule.applies_from), away(rule.applies_from, today)
    )


def _asks(rule: Obligation, facts: Portfolio) -> Markup:
    """Law and article, what it asks and of which role, and what limits that."""
    head = Markup("<strong>{}, {}</strong> {}").format(
        rule.law, rule.article, tag(*_STATUS[rule.status])
    )
    where = f" Provided {rule.provided}." if rule.provided else ""
    trust = f"State of {day(rule.as_of)}"
    trust += "." if rule.verified else f"; unverified: {rule.source}."
    if rule.review_by < facts.today:
        trust += f" Out of date since {day(rule.review_by)}."
    return Markup("{}<div>{}{}</div><div class='why'>Owner: {}. {}</div>").format(
        head, rule.asks, where, rule.owner, trust
    )


def _who(duty: Duty, facts: Portfolio) -> Markup:
    """The products; where they are few, with the answers that lead there."""
    named = list(duty.paths)
    if len(named) > _MOST_EXPLAINED:
        return products(named, facts.names)
    told = [
        Markup("<li>{}<div class='why'>{}</div></li>").format(
            name_of(facts.name(slug)), " ".join(duty.paths[slug])
        )
        for slug in named
    ]
    return Markup('<ul class="which-of">{}</ul>').format(Markup("").join(told))
