"""What was understood of a new product's table, in plain sentences, before anything is made."""

from __future__ import annotations

from pathlib import Path

import ibis.expr.types as ir

from playbook.days import day
from playbook.evidence import words
from playbook.evidence.tables import Decisions, open_decisions
from playbook.product import Product
from playbook.session.fieldfault import FieldFault
from playbook.session.look import as_written
from playbook.session.mapping import Profile, TableMapping, product_document
from playbook.yamlfile import validate

NO_ROLE = "Nothing can be measured until you choose the column with what turned out to be true."


def understood(
    mapping: TableMapping, profile: Profile, folder: Path
) -> tuple[list[str], TableMapping]:
    """Sentences about the table under `mapping`, and the mapping with its reading found out.

    Parameters
    ----------
    folder
        Where a relative source lies.

    Raises
    ------
    PlaybookError
        The table cannot serve under this mapping (see `open_decisions`).
    """
    check_complete(mapping)
    read = mapping

    def attempt(candidate: TableMapping) -> Decisions:
        nonlocal read
        read = candidate
        document = product_document(candidate, profile, [])
        product = validate(Product, document, "product.yaml", slug="preview", folder=folder)
        return open_decisions(product)

    decisions = as_written(mapping, attempt)
    with decisions.source.query():
        return sentences(decisions), read


def check_complete(mapping: TableMapping) -> None:
    """Raise where one choice asks for another that is not made yet."""
    if (mapping.label or mapping.prediction) and not mapping.positive:
        column = mapping.label or mapping.prediction
        raise FieldFault(
            "positive",
            f"say which value of '{column}' the model looks for",
            remedy="The score is the chance of this value",
        )
    roles = {role: getattr(mapping, role) for role in ("label", "score", "prediction", "time")}
    roles["id"] = mapping.id
    seen: dict[str, str] = {}
    for role, column in [*roles.items(), *(("groups", g) for g in mapping.groups)]:
        if column and column in seen:
            raise FieldFault(
                role,
                f"the column '{column}' has two roles",
                remedy="Give it one of them, and the other one another column",
            )
        if column:
            seen[column] = role


def sentences(decisions: Decisions) -> list[str]:
    """How many rows, how often what happened, what the model says, for whom, since when."""
    own, n = decisions.product.words, decisions.n
    told = [f"{words.plural(n, own.case, own.cases)}."]
    if not (decisions.has_label or decisions.has_prediction):
        return [*told, NO_ROLE]
    if decisions.unlabelled:
        verb = "has" if decisions.unlabelled == 1 else "have"
        gone = words.count(decisions.unlabelled)
        told.append(f"{gone} of them {verb} no outcome yet and count only where none is needed.")
    told += _outcomes(decisions)
    if groups := _groups(decisions):
        told.append(f"Groups: {groups}.")
    else:
        told.append("No groups are named, so nobody can see whom the model treats worse.")
    if decisions.table.columns.time:
        ends = decisions.cases.aggregate(a=decisions.cases.time.min(), b=decisions.cases.time.max())
        first, last = (ends.to_pyarrow().to_pylist()[0][end] for end in ("a", "b"))
        if first is not None:
            told.append(f"From {day(first)} to {day(last)}.")
    return told


def _outcomes(decisions: Decisions) -> list[str]:
    cases, own = decisions.cases, decisions.product.words
    asked: dict[str, ir.Value] = {}
    if decisions.has_label:
        asked["label"] = cases.label.mean()
    if decisions.has_prediction:
        asked["decided"] = cases.prediction.mean()
    if decisions.has_label and decisions.has_score:
        asked["yes"] = cases.score.mean(where=cases.label)
        asked["no"] = cases.score.mean(where=~cases.label)
    found = cases.aggregate(**asked).to_pyarrow().to_pylist()[0]
    positive = decisions.table.positive
    told = []
    if decisions.has_label:
        told.append(
            f"Of 100, {_of_100(found['label'])} were {own.positive} "
            f"({decisions.table.columns.label} is '{positive}')."
        )
    if decisions.has_prediction:
        told.append(f"The model says {own.positive} for {_of_100(found['decided'])} of 100.")
    elif decisions.has_score:
        told.append("There is a score, but no decision: name a column, or the score it begins at.")
    else:
        told.append("There is neither a score nor a decision, so the model cannot be judged.")
    told += _scores(found, own.positive)
    if decisions.favourable_is_positive is not None:
        column = decisions.table.columns.label or decisions.table.columns.prediction
        told.append(f"Good for the person: {column} is '{decisions.table.favourable}'.")
    return told


def _scores(found: dict[str, float | None], positive: str) -> list[str]:
    yes, no = found.get("yes"), found.get("no")
    if yes is None or no is None:
        return []
    if yes < no:
        return [
            f"Careful: the score is lower for those who were {positive} ({yes:.2f}) than for the "
            f"others ({no:.2f}). Is it the chance of the other value?"
        ]
    return [f"The mean score is {yes:.2f} for those who were {positive}, {no:.2f} for the others."]


def _groups(decisions: Decisions) -> str:
    seen = decisions.groups_seen
    return ", ".join(f"{name} ({seen[name]})" for name in decisions.table.columns.groups)


def _of_100(share: float | None) -> str:
    if not share:
        return "none"
    if share >= 1:
        return "all"
    return "fewer than 1" if share < 0.01 else words.number(min(99, round(100 * share)))
