"""Guess by name and content which column plays which role; a person decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import ibis.expr.types as ir

from playbook.session.look import Column, Look

_SCORE = re.compile(r"score|prob|chance|likelihood|risk|confidence", re.IGNORECASE)
_PREDICTION = re.compile(r"predict|decision|decided|recommend|model_says|flag", re.IGNORECASE)
_ID = re.compile(r"(^|_)(id|uuid|key|nr|number|reference)$", re.IGNORECASE)
_GROUP = re.compile(
    r"race|ethnic|gender|^sex$|age_?(group|band|class)|religio|national|marital|disab|language|"
    r"school|education|veteran|country|region",
    re.IGNORECASE,
)
_LABEL = re.compile(r"label|outcome|target|actual|truth|^y$|^class$|result", re.IGNORECASE)
_DEED = re.compile(
    r"^(is_|was_|has_)?(denied|approved|accepted|rejected|refused|churn(ed)?|default(ed)?|fraud|"
    r"returned|repaid|converted|clicked|died|survived|readmitted|delayed|passed|failed|bought|"
    r"responded|cancell?ed|hired|paid|late|diagnosis|success|left|won)$",
    re.IGNORECASE,
)
_GOOD = re.compile(r"approved|accepted|hired|passed|admitted|granted", re.IGNORECASE)
_BAD = re.compile(r"denied|rejected|refused|declined|fraud|default", re.IGNORECASE)
_YES = frozenset({"yes", "true", "1", "1.0", "y", "t"})


def suggestions(found: Look) -> dict[str, object]:
    """The role that each column may play, by role; only where name or content speaks for it.

    Returns
    -------
    dict
        ``label``, ``score``, ``prediction``, ``id`` and ``time`` with a column's name; ``groups``
        with a list of names; ``positive`` and ``favourable`` with a value of the label; and
        ``higher``: for each column with two values the one with the higher scores.
    """
    columns = found.columns
    score = _score(columns)
    two = [c for c in columns if len(c.values) == 2 and c.kind != "number"]
    prediction = _named(two, _PREDICTION)
    higher = _higher_scores(found, score, [c.name for c in two]) if score else {}
    label = _named([c for c in two if c is not prediction], _LABEL, _DEED)
    roles: dict[str, object] = {
        "score": score and score.name,
        "prediction": prediction and prediction.name,
        "label": label and label.name,
        "id": _name_of(columns, lambda c: bool(_ID.search(c.name)) and c.distinct > found.n * 0.9),
        "time": _name_of(columns, lambda c: c.kind in {"date", "date and time"}),
        "groups": [c.name for c in columns if _is_group(c)],
        "higher": higher,
    }
    if label:
        yes = next((v for v in label.values if v.lower() in _YES), None)
        roles["positive"] = higher.get(label.name, yes)
        roles["favourable"] = _favourable(label, yes)
    return {role: value for role, value in roles.items() if value}


def _named(columns: Sequence[Column], *patterns: re.Pattern[str]) -> Column | None:
    for pattern in patterns:
        for column in columns:
            if pattern.search(column.name):
                return column
    return None


def _name_of(columns: Sequence[Column], fits: Callable[[Column], bool]) -> str | None:
    return next((column.name for column in columns if fits(column)), None)


def _score(columns: Sequence[Column]) -> Column | None:
    """A number from 0 to 1 with many values: by its name, or as the only one of its kind."""
    fitting = [
        c
        for c in columns
        if c.kind == "number"
        and c.low is not None
        and c.high is not None
        and 0 <= c.low < c.high <= 1
        and c.distinct > 2
    ]
    return _named(fitting, _SCORE) or (fitting[0] if len(fitting) == 1 else None)


def _is_group(column: Column) -> bool:
    return bool(_GROUP.search(column.name)) and len(column.values) >= 2


def _favourable(label: Column, yes: str | None) -> str | None:
    """Only where the label's own name says what is good for the person."""
    if yes is None:
        return None
    if _GOOD.search(label.name):
        return yes
    no = next(v for v in label.values if v != yes)
    return no if _BAD.search(label.name) else None


def _higher_scores(found: Look, score: Column, names: Sequence[str]) -> dict[str, str]:
    """For each column with two values the value whose rows have the higher mean score."""
    rows = found.rows
    values = {c.name: c.values for c in found.columns}
    asked: dict[str, ir.Value] = {}
    for i, name in enumerate(names):
        text = rows[name].cast("string")
        for j, value in enumerate(values[name]):
            asked[f"s{i}_{j}"] = rows[score.name].mean(where=text == value)
    if not asked:
        return {}
    means = rows.aggregate(**asked).to_pyarrow().to_pylist()[0]
    higher = {}
    for i, name in enumerate(names):
        first, second = means[f"s{i}_0"], means[f"s{i}_1"]
        if first is not None and second is not None and first != second:
            higher[name] = values[name][0 if first > second else 1]
    return higher
