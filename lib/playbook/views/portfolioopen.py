"""What stands in the way: blockers, conditions that several share, missing evidence, changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from playbook.checks.portfoliofacts import Change, Portfolio, Shared
from playbook.checks.verdict import WORST_FIRST
from playbook.days import day
from playbook.evidence import words
from playbook.evidence.display import Html, sentences, stack
from playbook.views.portfolioparts import (
    KIND_WORDS,
    OPEN_WORDS,
    Group,
    grid,
    name_of,
    orders,
    products,
    remedies,
    tag,
    verdict,
)

_HEADER = ["What is open", "Where", "What to do", "Owner"]
_MOST_LISTED = 60
_MOST_MOVED = 3
_STAKES = {"blocker": "A blocker is at stake", "condition": "A condition", "note": "A note"}


def blockers_view(facts: Portfolio) -> Html:
    """Every blocker, those of several products first."""
    if not facts.blockers:
        return sentences(["No blocker stands in any product."])
    shared = sum(len(item.products) > 1 for item in facts.blockers)
    line = (
        f"{words.plural(shared, 'blocker stands', 'blockers stand')} in more than one product: one "
        "remedy may serve them all."
        if shared
        else "No blocker stands in more than one product."
    )
    table = _table("Blockers, shared ones first", facts.blockers, facts)
    return stack(sentences([line]), table)


def conditions_view(facts: Portfolio) -> Html:
    """Conditions that are missed in more than one product."""
    shared = [item for item in facts.conditions if len(item.products) > 1]
    if not shared:
        return sentences(["No condition is missed in more than one product."])
    return _table("Conditions missed in more than one product", shared, facts)


def missing_view(facts: Portfolio) -> Html:
    """What is not enough evidence, and what would be enough, by the role that can get it."""
    if not facts.missing:
        return sentences(["Every check that was made could be settled."])
    header = [_HEADER[0], _HEADER[1], "What would be enough", "Owner"]
    stakes = sorted(facts.missing, key=_stake)
    by = {
        "By owner": _by_owner(facts.missing),
        "By what is at stake": _by_stake(stakes),
        "Most products first": [("", facts.missing)],
    }
    tables = [(label, _grouped(label, groups, facts, header)) for label, groups in by.items()]
    return orders("missing", "Missing evidence", tables if len(facts.missing) > 1 else tables[:1])


def _stake(item: Shared) -> tuple[int, int, str]:
    return (
        ["blocker", "condition", "note", "pass"].index(item.at_stake),
        -len(item.products),
        item.id,
    )


def _by_owner(items: Iterable[Shared]) -> list[tuple[str, list[Shared]]]:
    owners: dict[str, list[Shared]] = {}
    for item in sorted(items, key=_stake):
        owners.setdefault(" and ".join(item.owners) or "Nobody named", []).append(item)
    return sorted(owners.items())


def _by_stake(items: Iterable[Shared]) -> list[tuple[str, list[Shared]]]:
    stakes: dict[str, list[Shared]] = {}
    for item in items:
        stakes.setdefault(_STAKES[item.at_stake], []).append(item)
    return list(stakes.items())


def _grouped(
    order: str,
    groups: Sequence[tuple[str, Sequence[Shared]]],
    facts: Portfolio,
    header: Sequence[str],
) -> Html:
    rows: list[Group] = [
        (heading, [_row(item, facts, OPEN_WORDS) for item in items[:_MOST_LISTED]])
        for heading, items in groups
    ]
    caption = f"Missing evidence, {order[0].lower()}{order[1:]}"
    return grid(caption, header, rows, css="items")


def _table(caption: str, items: Sequence[Shared], facts: Portfolio) -> Html:
    rows = [_row(item, facts) for item in items[:_MOST_LISTED]]
    table = grid(caption, _HEADER, [("", rows)], css="items")
    if len(items) <= _MOST_LISTED:
        return table
    more = words.count(len(items) - _MOST_LISTED)
    return stack(table, sentences([f"{more} more stand in portfolio.xlsx."]))


def _row(
    item: Shared, facts: Portfolio, called: Mapping[str, tuple[str, str]] = KIND_WORDS
) -> list[str | Markup]:
    where = products([told.product for told in item.products], facts.names)
    playbook = facts.titles.get(item.playbook, item.playbook)
    return [
        Markup("{} {}").format(tag(*called[item.kind]), item.title),
        Markup('{}<div class="why">{}</div>').format(where, playbook),
        remedies(item.products, facts.names),
        " and ".join(item.owners) or "Nobody named",
    ]


def changes_view(facts: Portfolio) -> Html:
    """What the newest run found otherwise than what stood before it."""
    if facts.compared is None:
        return Html.nothing()
    when = day(facts.compared)
    made = words.plural(facts.remade, "report was", "reports were")
    if facts.remade == facts.first:
        return sentences(
            [f"On {when} {made} made for the first time: nothing to compare with yet."]
        )
    if not facts.changes:
        return sentences([f"On {when} {made} made, and no verdict, blocker or condition moved."])
    up = sum(_better(change) for change in facts.changes)
    down = sum(_better(change, worse=True) for change in facts.changes)
    line = (
        f"On {when} {made} made: {words.plural(up, 'verdict', 'verdicts')} better, "
        f"{words.count(down)} worse."
    )
    rows = [_moved(change, facts) for change in facts.changes[:_MOST_LISTED]]
    header = ["Report", "Verdict", "Opened, or worse", "Closed, or better"]
    table = grid("What changed since the run before", header, [("", rows)])
    more = len(facts.changes) - len(rows)
    rest = [f"{words.count(more)} more changes stand in portfolio.xlsx."] if more else []
    return stack(sentences([line]), table, sentences(rest))


def _better(change: Change, worse: bool = False) -> bool:
    before, after = WORST_FIRST.index(change.before), WORST_FIRST.index(change.after)
    return after < before if worse else after > before


def _moved(change: Change, facts: Portfolio) -> list[str | Markup]:
    turned = verdict(change.after)
    if change.before != change.after:
        turned = Markup("{} <div class='why'>was {}</div>").format(turned, verdict(change.before))
    else:
        turned = Markup("{} <div class='why'>as before</div>").format(turned)
    title = facts.titles[change.playbook]
    about = Markup("{}<div class='why'>{}, since {}</div>").format(
        name_of(facts.name(change.product)), title, day(change.earlier)
    )
    return [about, turned, _list(change.opened), _list(change.closed)]


def _list(statements: Sequence[str]) -> Markup:
    if not statements:
        return Markup("–")
    shown = [Markup("<li>{}</li>").format(said) for said in statements[:_MOST_MOVED]]
    if len(statements) > _MOST_MOVED:
        shown.append(Markup("<li>{} more</li>").format(words.count(len(statements) - _MOST_MOVED)))
    return Markup('<ul class="which-of">{}</ul>').format(Markup("").join(shown))
