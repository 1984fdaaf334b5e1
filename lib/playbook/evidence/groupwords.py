"""A group audit in sentences, tables and a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.contrasts import Contrast, Group, key
from playbook.evidence.display import Html, sentences, table

if TYPE_CHECKING:
    from playbook.evidence.grouprows import GroupRow
    from playbook.evidence.groups import GroupAudit

# Columns whose values stand before a noun: "Black applicants", "female applicants".
_LOWER = frozenset({"gender", "sex", "marital_status"})
_ADJECTIVES = _LOWER | {"race", "ethnicity"}
_NAMED = 6
_CONTRASTS = ("impact", "wrongly_denied")
_MUTE = frozenset({"yes", "no", "true", "false", "y", "n", "0", "1", "(missing)"})


def people(group: Group, cases: str) -> str:
    """Who is meant: ``Black applicants``, or ``applicants (age group 65+)``.

    >>> people({"race": "Black"}, "applicants"), people({"age_group": "65+"}, "applicants")
    ('Black applicants', 'applicants (age group 65+)')
    """
    adjectives = [
        value.lower() if column.casefold() in _LOWER else value
        for column, value in group.items()
        if column.casefold() in _ADJECTIVES and value.replace(" ", "").isalpha()
    ]
    if len(adjectives) == len(group):
        return " ".join([*adjectives, cases])
    return f"{cases} ({_group(group)})"


def wronged(audit: GroupAudit, row: GroupRow) -> str:
    """Of those who should have the good outcome, how many are denied it, here and in the reference
    group; without a full stop."""
    who = f"{people(row.group, audit.words.cases)} who should be {audit.favourable}"
    rates = row.wrongly_denied_rate, row.wrongly_denied
    return _beside(audit, who, audit.unfavourable, "wrongly_denied_rate", *rates)


def chosen(audit: GroupAudit, row: GroupRow) -> str:
    """How many have the good outcome, here and in the reference group; without a full stop."""
    who = f"all {people(row.group, audit.words.cases)}"
    rates = row.selection_rate, row.impact
    return _beside(audit, who, audit.favourable, "selection_rate", *rates)


def _beside(
    audit: GroupAudit,
    who: str,
    outcome: str,
    measure: str,
    rate: Estimate | None,
    pair: Contrast | None,
) -> str:
    assert rate is not None
    assert pair is not None
    best = getattr(audit.row(**pair.reference), measure)
    others = people(pair.reference, audit.words.cases)
    times = f". That is {words.brief(pair.ratio)} times as often" if pair.ratio else ""
    return (
        f"Of {who}, {words.natural(rate)} are {outcome}; of {others}, {words.natural(best)}{times}"
    )


def chance(pair: Contrast) -> str:
    """Whether chance alone explains a difference, in words."""
    p = f"p {_p(pair)}" if pair.p_adjusted < 0.001 else f"p = {_p(pair)}"
    after = f", corrected for {pair.tests} comparisons" if pair.tests > 1 else ""
    if pair.p_adjusted < 0.05:
        return f"Chance alone would hardly show this ({p}{after})."
    return f"This may be chance ({p}{after})."


def summary(audit: GroupAudit) -> Html:
    """See `GroupAudit.summary`."""
    denied, selected = _by_column(audit, "wrongly_denied"), _by_column(audit, "impact")
    lines = [_denied(audit, row) for row in denied] + [_selected(audit, row) for row in selected]
    both = audit.worst("wrongly_denied_ratio", single_only=False)
    if both is not None and len(both.group) > 1:
        lines.append("Gravest of all is an intersection. " + _denied(audit, both))
    if not denied:
        lines.append("No two groups are large enough to compare who is wrongly treated.")
    if audit.too_few:
        lines.append(_too_few(audit))
    return sentences(lines)


def table_of(audit: GroupAudit, rows: Sequence[GroupRow], caption: str) -> Html:
    """One line per group; small groups too."""
    good, bad = audit.favourable, audit.unfavourable
    header = ["Group", "n", good.capitalize(), "Impact ratio", f"Wrongly {bad}", "Ratio", "p"]
    beside = [[p for row in rows if (p := getattr(row, name))] for name in _CONTRASTS]
    highest, lowest = ({key(p.reference): p.stated for p in pairs} for pairs in beside)
    lines = [
        [
            label(row.group),
            words.count(row.n),
            brief(row.selection_rate),
            _ratio(row.impact, row.selection_rate, audit.minimum_n, highest.get(key(row.group))),
            f"{brief(row.wrongly_denied_rate)} of {words.count(row.n_favourable)}",
            _ratio(
                row.wrongly_denied,
                row.wrongly_denied_rate,
                audit.minimum_n,
                lowest.get(key(row.group)),
            ),
            _p(row.wrongly_denied) if row.wrongly_denied else "–",
        ]
        for row in rows
    ]
    note = (
        f"{good.capitalize()}: share of n. Wrongly {bad}: share {bad} of those who should be "
        f"{good}. Ratios are to the {_yardstick(rows)} of the same columns. p: of the second "
        f"ratio, corrected for all comparisons. Too few: under {words.count(audit.minimum_n)} such "
        f"{audit.words.cases}, which is what it would take; listed, not judged."
    )
    return table(caption, header, lines, numeric=range(1, 7), note=note)


def chart(audit: GroupAudit, column: str | None, bar: float | None) -> Html:
    """See `GroupAudit.chart`."""
    from playbook.evidence.figures import intervals

    rows = [row for row in audit.singles if column is None or column in row.group]
    worst = max((r for r in rows if r.wrongly_denied_ratio), key=_lower, default=None)
    if worst is not None:
        rows = [row for row in rows if row.group.keys() == worst.group.keys()]
    items = [(label(r.group), r.wrongly_denied_rate) for r in rows]
    level = _level(rows, worst, bar)
    return intervals(
        [(name, e) for name, e in items if e is not None],
        title=_title(audit, worst),
        bar=level,
        bar_label=f"policy: {words.number(bar)} × {_reference(worst)}" if bar and worst else "",
        emphasis=[label(worst.group)] if worst and level else [],
        caption=f"Share {audit.unfavourable} of those who should be {audit.favourable}.",
    )


def _group(group: Group) -> str:
    return words.group({column.replace("_", " "): value for column, value in group.items()})


def label(group: Group) -> str:
    """A group in a table: ``Race: Black``; of an intersection only values that speak alone."""
    if len(group) == 1:
        ((column, value),) = group.items()
        return f"{column.replace('_', ' ').capitalize()}: {value}"
    return " · ".join(
        f"{column.replace('_', ' ')}: {value}" if value.casefold() in _MUTE else value
        for column, value in group.items()
    )


def _by_column(audit: GroupAudit, name: str) -> list[GroupRow]:
    """The gravest group of each column, the gravest column first."""
    best: dict[str, GroupRow] = {}
    measure = "impact_ratio" if name == "impact" else "wrongly_denied_ratio"
    gravity = _upper if name == "impact" else _lower
    for row in audit.singles:
        if getattr(row, measure) is not None:
            (column,) = row.group
            if column not in best or gravity(row) > gravity(best[column]):
                best[column] = row
    return sorted(best.values(), key=gravity, reverse=True)


def _denied(audit: GroupAudit, row: GroupRow) -> str:
    assert row.wrongly_denied is not None
    return f"{wronged(audit, row)}. {chance(row.wrongly_denied)}"


def _selected(audit: GroupAudit, row: GroupRow) -> str:
    assert row.impact is not None
    return f"{chosen(audit, row)}. {chance(row.impact)}"


def _too_few(audit: GroupAudit) -> str:
    cases, rows = audit.words.cases, audit.too_few
    named = [
        f"{people(row.group, cases)}, {words.count(row.n)} of whom {words.count(row.n_favourable)} "
        f"should be {audit.favourable}"
        for row in rows[:_NAMED]
    ]
    more = f"; and {words.plural(len(rows) - _NAMED, 'more group', 'more groups')}"
    return (
        f"Too few to judge: {'; '.join(named)}{more if len(rows) > _NAMED else ''}. "
        f"{words.count(audit.minimum_n)} of each would do."
    )


def _title(audit: GroupAudit, worst: GroupRow | None) -> str:
    if worst is None or worst.wrongly_denied_ratio is None or worst.wrongly_denied is None:
        return f"No two groups are large enough to compare who is wrongly {audit.unfavourable}"
    who = people(worst.group, audit.words.cases)
    ratio = worst.wrongly_denied_ratio
    if ratio.low > 1:
        return (
            f"{words.capital(who)} are wrongly {audit.unfavourable} {words.brief(ratio)} "
            "times as often"
        )
    return (
        f"No group is clearly more often wrongly {audit.unfavourable} than another: "
        f"{who} {words.brief(ratio)} times as often"
    )


def _level(rows: Sequence[GroupRow], worst: GroupRow | None, bar: float | None) -> float | None:
    """The rate at which a group would stand exactly on the bar."""
    if bar is None or worst is None or worst.wrongly_denied is None:
        return None
    reference = worst.wrongly_denied.reference
    best = next(row.wrongly_denied_rate for row in rows if row.group == reference)
    return best.value * bar if best else None


def _reference(worst: GroupRow) -> str:
    return _group(worst.wrongly_denied.reference) if worst.wrongly_denied else ""


def brief(e: Estimate | None) -> str:
    """An estimate in a table, or a dash."""
    return words.brief(e) if e else "–"


def _ratio(
    pair: Contrast | None, rate: Estimate | None, minimum_n: int, reference: bool | None
) -> str:
    """`reference`: whether this group is the stated reference; None where it is no reference."""
    if rate is None or rate.n < minimum_n:
        return "too few"
    if pair is None:
        return "none to compare" if reference is None else "reference" if reference else "best off"
    return words.brief(pair.ratio) if pair.ratio else "none in either"


def _yardstick(rows: Sequence[GroupRow]) -> str:
    """What ratios are to: product.yaml's reference, the best-off group, or now this, now that."""
    pairs = [p for row in rows for p in (row.impact, row.wrongly_denied) if p]
    names = {True: "stated reference", False: "best-off group"}
    found = {pair.stated for pair in pairs} or {False}
    return " or else the ".join(names[stated] for stated in sorted(found, reverse=True))


def _p(pair: Contrast) -> str:
    return "<\u00a00.001" if pair.p_adjusted < 0.001 else f"{pair.p_adjusted:.2g}"


def _lower(row: GroupRow) -> float:
    return row.wrongly_denied_ratio.low if row.wrongly_denied_ratio else 0.0


def _upper(row: GroupRow) -> float:
    return -row.impact_ratio.high if row.impact_ratio else -1.0
