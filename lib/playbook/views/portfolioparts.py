"""Pieces of the portfolio: cells, tables, and one table in several orders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from markupsafe import Markup

from playbook.checks.portfoliofacts import Told
from playbook.checks.verdict import WORDS, Word
from playbook.evidence import words
from playbook.evidence.display import Html
from playbook.shipped import shipped
from playbook.views.findings import MARKS
from playbook.views.style import style_html
from playbook.views.templates import render

Cells = Sequence[str | Markup]
Group = tuple[str | Markup, Sequence[Cells]]
KIND_WORDS = {
    "blocker": ("blocker", "Blocker"),
    "undecided": ("thin", "Possible blocker"),
    "condition": ("condition", "Condition"),
    "note": ("note", "Note"),
}
OPEN_WORDS = {
    "undecided": ("thin", "Possible blocker"),
    "condition": ("thin", "Open condition"),
    "note": ("thin", "Open note"),
}
_MOST_NAMED = 6


def portfolio_css() -> str:
    """What the portfolio's tables need beside ``style.css``."""
    return shipped("templates/report/portfolio.css").read_text(encoding="utf-8")


def portfolio_style() -> Markup:
    """Both style sheets, for a live notebook."""
    return Markup("{}<style>\n{}</style>").format(style_html(), Markup(portfolio_css()))


def orders(key: str, what: str, tables: Sequence[tuple[str, Html]]) -> Html:
    """One table in several orders: a reader chooses with radio buttons, which need no script.

    Parameters
    ----------
    key
        Names the radio buttons, once a page.
    tables
        What each order is called, and the table in it; paper shows the one that is chosen.
    """
    inside = [(label, table.html) for label, table in tables]
    html = render("portfolio_orders.html.j2", key=f"order-{key}", what=what, tables=inside)
    return Html(html, tables[0][1].text)


def grid(
    caption: str,
    header: Sequence[str],
    groups: Sequence[Group],
    *,
    numeric: Collection[int] = (),
    ordered: int | None = None,
    descending: bool = False,
    css: str = "",
) -> Html:
    """A table whose rows may stand under headings; `ordered` is the column it is ordered by."""
    html = render(
        "portfolio_table.html.j2",
        caption=caption,
        header=header,
        groups=groups,
        numeric=set(numeric),
        ordered=-1 if ordered is None else ordered,
        direction="descending" if descending else "ascending",
        css=f"grid {css}".strip(),
    )
    lines = [caption, " | ".join(header)]
    for heading, rows in groups:
        lines += [plain(heading)] if heading else []
        lines += [" | ".join(plain(cell) for cell in row) for row in rows]
    return Html(html, "\n".join(lines))


def plain(cell: str | Markup) -> str:
    """A cell as text."""
    if not isinstance(cell, Markup):
        return cell
    # As plain text: Markup would escape what it is given here.
    apart = str(cell).replace("<div", " <div").replace("<li", " <li")
    return " ".join(Markup(apart).striptags().split())


def name_of(product: str) -> Markup:
    """A product's name, whose direction of writing stays its own."""
    return Markup("<bdi>{}</bdi>").format(product)


def tag(mark: str, word: str) -> Markup:
    """A mark with its word."""
    return Markup('<span class="tag {}">{}</span>').format(mark, word)


def verdict(word: Word | None) -> Markup:
    """A verdict with its mark."""
    return tag(MARKS[word], WORDS[word]) if word else Markup('<span class="why">None yet</span>')


def counts(blockers: int, conditions: int, undecided: int) -> str:
    """``1 blocker, 2 possible blockers, 3 conditions``; empty where there are none."""
    told = (
        (blockers, "blocker", "blockers"),
        (undecided, "possible blocker", "possible blockers"),
        (max(0, conditions - undecided), "condition", "conditions"),
    )
    return ", ".join(words.plural(n, one, many) for n, one, many in told if n)


def products(slugs: Sequence[str], names: Mapping[str, str]) -> Markup:
    """How many products, and the first of them by name."""
    named = Markup(", ").join(name_of(names.get(slug, slug)) for slug in slugs[:_MOST_NAMED])
    if len(slugs) == 1:
        return named
    more = len(slugs) - _MOST_NAMED
    rest = f" and {words.count(more)} more" if more > 0 else ""
    return Markup("<strong>{}</strong><div class='why'>{}{}</div>").format(
        words.plural(len(slugs), "product", "products"), named, rest
    )


def remedies(told: Sequence[Told], names: Mapping[str, str]) -> Markup:
    """What to do: once where it is the same for all, else for the first products by name."""
    said = {each.remedy for each in told if each.remedy}
    if len(said) <= 1:
        return Markup("{}").format(said.pop() if said else "See the report.")
    shown = [
        Markup("<li>{}: {}</li>").format(
            name_of(names.get(each.product, each.product)), each.remedy
        )
        for each in told[:2]
    ]
    more = len(told) - len(shown)
    if more:
        shown.append(Markup("<li>{} more, each in its report</li>").format(words.count(more)))
    return Markup('<ul class="which-of">{}</ul>').format(Markup("").join(shown))


def away(day: date, today: date) -> str:
    """How far off a day is: ``in 374 days``, ``today``, ``21 days ago``."""
    days = (day - today).days
    if days == 0:
        return "today"
    many = words.plural(abs(days), "day", "days")
    return f"in {many}" if days > 0 else f"{many} ago"
