"""Single cases in which predictions were most wrong, and how errors are spread."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from playbook.estimate import Estimate
from playbook.evidence import errorexampleswords
from playbook.evidence.display import Html
from playbook.evidence.errorspread import Spread, spread_of
from playbook.evidence.measured import Measured
from playbook.evidence.roles import MISSING
from playbook.evidence.stored import bucket, telling
from playbook.evidence.tables import Decisions
from playbook.evidence.words import number
from playbook.evidence.wrongness import judged
from playbook.product import Task, Words

EACH = 5
_LONGEST = 40
Kind = Literal["over", "under", "wrong"]


@dataclass(frozen=True)
class Example:
    """One case.

    Attributes
    ----------
    kind
        ``over`` is wrongly positive or too high, ``under`` the opposite, ``wrong`` another class.
    id
        As stored; empty where the table has no id.
    said, was
        What was predicted and what came out, in the product's words.
    size
        The chance the model gave to what it said (0 to 1), or the distance from the amount. None
        where there is no score.
    values
        Its features, by name, as text.
    """

    kind: Kind
    id: str
    said: str
    was: str
    size: float | None
    values: dict[str, str]


@dataclass(frozen=True)
class ErrorExamples(Measured):
    """The worst errors.

    Attributes
    ----------
    examples
        By kind, the worst first; ties by id.
    spread
        How all errors are spread.
    withheld
        Features not shown, as somebody could be recognised by them.
    scored
        Whether a score says how sure the model was.
    """

    examples: list[Example]
    spread: Spread
    withheld: list[str]
    scored: bool
    task: Task
    words: Words

    @property
    def estimates(self) -> list[Estimate]:
        """How errors are spread."""
        return self.spread.estimates

    def of(self, kind: Kind) -> list[Example]:
        """Examples of one kind, the worst first."""
        return [example for example in self.examples if example.kind == kind]

    def summary(self) -> Html:
        """How errors are spread, and the worst of each kind."""
        return errorexampleswords.summary(self)

    def table(self) -> Html:
        """Every example with its features."""
        return errorexampleswords.table_of(self)


def error_examples(decisions: Decisions, confidence: float = 0.95) -> ErrorExamples:
    """The five worst errors of each kind, and how all errors are spread.

    The worst are those of which the model was surest by its score, or furthest from the amount.
    Reports travel: group columns, quasi-identifiers and columns of text are left out, so that a
    reader sees what the model saw but cannot tell who it is.

    Raises
    ------
    NoEvidence
        There are ranked lists, or there is no label or no prediction.
    """
    shown, withheld = _shown(decisions)
    rows = decisions.rows
    more: dict[str, ir.Value] = {f"f{i}": _plain(rows[c]) for i, c in enumerate(shown)}
    roles = decisions.table.columns
    name = roles.id
    open_id = name is not None and name not in {*roles.quasi_identifiers, *roles.text}
    more["case"] = rows[name].cast("string") if name and open_id else ibis.null("string")
    more["place"] = bucket(rows, telling(decisions))
    if name:
        more["order"] = rows[name]
    whole = judged(decisions, **more)
    task = decisions.product.task
    kinds: tuple[Kind, ...] = ("wrong",) if task == "several_classes" else ("over", "under")
    spread = spread_of(decisions, whole, confidence)
    return ErrorExamples(
        examples=[e for kind in kinds for e in _worst(decisions, whole, kind, shown)],
        spread=spread,
        withheld=withheld,
        scored=decisions.has_score,
        task=task,
        words=decisions.product.words,
    )


def _shown(decisions: Decisions) -> tuple[list[str], list[str]]:
    """Features a reader may see, and those withheld."""
    roles = decisions.table.columns
    private = {*roles.groups, *roles.text, *roles.quasi_identifiers}
    features = [c for c in dict.fromkeys(roles.features) if c != roles.id]
    return [c for c in features if c not in private], [c for c in features if c in private]


def _worst(decisions: Decisions, whole: ir.Table, kind: Kind, shown: list[str]) -> list[Example]:
    part = "off" if kind == "wrong" else kind
    size = _size(decisions, whole)
    rows = whole.filter(whole[part] > 0).mutate(size=size)
    ties = [c for c in ("order", "place") if c in rows.columns]
    worst = rows.order_by(ibis.desc("size"), *ties).limit(2 * EACH if kind == "wrong" else EACH)
    names = ["case", "label", "prediction", "size", *(f"f{i}" for i in range(len(shown)))]
    with decisions.source.query():
        found = worst.select(*names).to_pyarrow().to_pylist()
    return [_example(decisions, kind, row, shown) for row in found]


def _size(decisions: Decisions, whole: ir.Table) -> ir.Value:
    """What the worst are chosen by; 0 for all where there is no score."""
    if decisions.product.kind == "regression":
        return whole["off"]
    if not decisions.has_score:
        return ibis.null("float64")
    score = whole["score"]
    return ibis.ifelse(whole["prediction"], score, 1 - score) if decisions.binary else score


def _example(decisions: Decisions, kind: Kind, row: dict[str, Any], shown: list[str]) -> Example:
    words = decisions.product.words

    def told(value: Any) -> str:
        if decisions.product.kind == "regression":
            return number(float(f"{value:.6g}"))
        if decisions.binary:
            return words.positive if value else words.negative
        return str(value)

    return Example(
        kind=kind,
        id=_short(row["case"]) if row["case"] is not None else "",
        said=told(row["prediction"]),
        was=told(row["label"]),
        size=row["size"],
        values={c: _short(row[f"f{i}"]) for i, c in enumerate(shown)},
    )


def _plain(column: ir.Value) -> ir.Value:
    """A number, or text."""
    number_like = column.type().is_numeric() and not column.type().is_boolean()
    return column.cast("float64" if number_like else "string")


def _short(value: str | float | None) -> str:
    if value is None or value != value or not str(value).strip():
        return MISSING
    if isinstance(value, float):
        return number(float(f"{value:.6g}")) if math.isfinite(value) else str(value)
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1].rstrip() + "…"
