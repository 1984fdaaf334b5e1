"""Personal data in columns of free text: a pattern scan whose own precision is stated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from playbook.estimate import Estimate
from playbook.evidence.columns import is_missing
from playbook.evidence.intervals import rate
from playbook.evidence.personal_finds import PersonalFind, PersonalScan, ScannedColumn
from playbook.evidence.personal_patterns import LONGEST, Kind, find, masked
from playbook.evidence.personal_texts import (
    columns_of_text,
    one_row,
    sizes,
    texts,
    worth_a_look,
)
from playbook.evidence.stored import part, telling
from playbook.evidence.tables import Decisions

MOST_VALUES = 50_000
_AT_ONCE = 50_000_000


def personal(
    decisions: Decisions, confidence: float = 0.95, *, most: int = MOST_VALUES
) -> PersonalScan:
    """Look for personal data in the columns under ``text:``, else in every other column of text.

    Without ``text:`` all text columns but id, label, prediction, score, time, weight, query and
    groups are scanned. Of a column with more than `most` values about that many are taken, by a
    hash, the same each time. The engine passes on only values with a digit or an ``@``; patterns
    and rules (`personal_patterns`, `personal_rules`) judge these one by one.

    Raises
    ------
    PlaybookError
        A column under ``text:`` holds no text.
    """
    columns = columns_of_text(decisions)
    if not columns:
        return PersonalScan([], [])
    values, characters = sizes(decisions, columns, most)
    scanned, found = [], []
    for column in columns:
        if values[column]:
            seen, finds = _scan(
                decisions, column, values[column], characters.get(column), confidence, most
            )
            scanned += [seen] if seen else []
            found += finds
    return PersonalScan(scanned, found)


def _scan(
    decisions: Decisions,
    column: str,
    values: int,
    characters: int | None,
    confidence: float,
    most: int,
) -> tuple[ScannedColumn | None, list[PersonalFind]]:
    rows = decisions.rows.filter(~is_missing(decisions.rows[column]))
    with decisions.source.query():
        one_in = -(-values // most)
        keys = [*telling(decisions), column]
        taken = part(rows, keys, one_in).mutate(playbook_text=rows[column].substr(0, LONGEST))
        worth = taken.filter(worth_a_look(taken.playbook_text))
        scanned = values
        if characters is None:
            scanned = int(taken.count().execute())
            length = {column: worth.playbook_text.length().sum()}
            characters = one_row(worth, length)[column]
        if scanned == 0:
            return None, []
        # Only so much text is held at once; the same text is judged once.
        pieces = 1 + characters // _AT_ONCE if characters else 0
        hits, alike, shown, any_hit = _judge(
            pair for piece in range(pieces) for pair in texts(worth, keys, one_in, pieces, piece)
        )
    finds = [
        PersonalFind(
            column=column,
            kind=kind,
            share=_share("personal_data_rate", k, scanned, column, kind, confidence),
            alike=alike[kind],
            example=shown[kind],
        )
        for kind, k in sorted(hits.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    seen = _share("personal_data_rate", any_hit, scanned, column, None, confidence)
    return ScannedColumn(column, scanned, values, seen), finds


def _judge(
    texts: Iterable[tuple[str, int]],
) -> tuple[Counter[Kind], Counter[Kind], dict[Kind, str], int]:
    """Values that hold each kind, values that hold only something alike, one masked example."""
    hits: Counter[Kind] = Counter()
    alike: Counter[Kind] = Counter()
    shown: dict[Kind, str] = {}
    any_hit = 0
    for value, n in texts:
        found = find(value)
        valid = {h.kind for h in found if h.valid}
        hits.update(dict.fromkeys(valid, n))
        alike.update(dict.fromkeys({h.kind for h in found} - valid, n))
        any_hit += n * bool(valid)
        for h in found:
            if h.valid:
                # The smallest, so that the order in which an engine returns rows plays no part.
                example = masked(h.kind, value[h.start : h.end])
                shown[h.kind] = min(example, shown.get(h.kind, example))
    return hits, alike, shown, any_hit


def _share(
    measure: str, k: int, n: int, column: str, kind: Kind | None, confidence: float
) -> Estimate:
    group = {"column": column} | ({"kind": str(kind)} if kind else {})
    found = rate(measure, k, n, group, confidence)
    assert found is not None  # a column without values is not scanned
    return found
