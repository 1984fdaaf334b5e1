"""One AI product: what it is, who owns it, and what the columns of its tables mean."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from playbook.errors import PlaybookError, did_you_mean
from playbook.tableparts import Columns, Criterion, Rule, Strict
from playbook.yamlfile import read_yaml, validate

Kind = Literal["classification", "regression", "ranking", "generative"]
Task = Literal["two_outcomes", "several_classes", "amounts", "ranked_lists", "generated_answers"]
_TASKS: dict[Kind, Task] = {
    "regression": "amounts",
    "ranking": "ranked_lists",
    "generative": "generated_answers",
}
Stage = Literal["idea", "prototype", "pilot", "live"]
SLUG = re.compile(r"^[a-z0-9][a-z0-9-]{0,63}$")


class Words(Strict):
    """The product's own words, so that sentences read as its team speaks.

    ``positive`` completes "an applicant is …" for the outcome that the score predicts, ``negative``
    for the other one: *denied* and *approved*. ``unit`` is what a predicted amount is measured in:
    *minutes*. Where cases are no ``people``, none of them is one *who* should be approved.
    """

    case: str = "case"
    cases: str = "cases"
    positive: str = "flagged"
    negative: str = "not flagged"
    unit: str = ""
    people: bool = True

    @property
    def who(self) -> str:
        """What takes up cases in a sentence: applicants *who*, samples *that*."""
        return "who" if self.people else "that"


class Table(Strict):
    """A table and what its columns mean.

    Attributes
    ----------
    source
        A file beside ``product.yaml`` (CSV; Parquet file, folder or pattern; DuckDB or SQLite
        file), files in a store such as ``s3://bucket/decisions/*.parquet``, or an Ibis connection
        URL such as ``postgres://user:${PASSWORD}@host/database``. ``${NAME}`` is read from the
        environment, so that no secret stands in a file.
    table
        Which table of a database: ``name`` or ``schema.name``.
    positive
        The label value that the score is the chance of.
    favourable
        The label value that is good for the person concerned.
    classes
        All label values, where there are more than two.
    threshold
        The score from which a case is treated as positive, where no prediction column says so.
    bins
        Where groups of a continuous column begin: ``{age: [25, 45, 65]}`` makes four groups.
    intersections
        Which group columns are also looked at together; every pair where none is stated.
    reference
        The group that others are compared with, by column; else the best-off one.
    population
        Shares of the groups in the population the product is for, by column.
    note
        What a reader must know of the table, such as that it is made up; shown wherever it is used.
    criteria
        What captured outputs are rated by, by a short name.
    current
        The system among captured outputs that the product would launch with; else the last one
        by name.
    baseline_system
        The system among captured outputs that shows how it goes without AI.
    delimiter, decimal, encoding
        How a CSV file is written, where it is not comma, point and UTF-8.
    """

    source: str
    table: str | None = None
    columns: Columns = Field(default_factory=Columns)
    positive: str | None = None
    favourable: str | None = None
    classes: list[str] = Field(default_factory=list)
    threshold: float | None = Field(default=None, ge=0, le=1)
    bins: dict[str, list[float]] = Field(default_factory=dict)
    intersections: list[list[str]] | None = None
    reference: dict[str, str] = Field(default_factory=dict)
    population: dict[str, dict[str, Annotated[float, Field(ge=0, le=1)]]] = Field(
        default_factory=dict
    )
    baseline: Rule | None = None
    criteria: dict[str, Criterion] = Field(default_factory=dict)
    current: str | None = None
    baseline_system: str | None = None
    name: str | None = None
    note: str = ""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"

    @field_validator("positive", "favourable", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value).lower() if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _consistent(self) -> Table:
        if self.decimal == self.delimiter:
            raise ValueError("decimal and delimiter cannot both be a comma")
        if self.classes and (len(self.classes) < 3 or len(set(self.classes)) < len(self.classes)):
            raise ValueError("'classes' names three or more different values; for two, "
                             "name one of them as 'positive'")  # fmt: skip
        for column, edges in self.bins.items():
            if not edges or any(a >= b for a, b in pairwise(edges)):
                raise ValueError(f"the bins of '{column}' must be numbers that rise")
        for column in [*self.bins, *self.reference, *self.population]:
            self._is_group(column)
        for together in self.intersections or []:
            if not 2 <= len(set(together)) == len(together):
                raise ValueError(f"an intersection needs two or more different columns: {together}")
            for column in together:
                self._is_group(column)
        for column, shares in self.population.items():
            if abs(math.fsum(shares.values()) - 1) > 0.01:
                raise ValueError(
                    f"the population shares of '{column}' add up to "
                    f"{math.fsum(shares.values()):g}; they must add up to 1"
                )
        return self

    def _is_group(self, column: str) -> None:
        if column not in self.columns.groups:
            raise ValueError(
                f"'{column}' is not one of the columns under 'groups:'. "
                f"{did_you_mean(column, self.columns.groups)}"
            )


class Product(Strict):
    """What ``product.yaml`` states. `slug` is the folder's name and `folder` where it lies;
    `model` names a model file beside it (skops or ONNX), which is only ever asked to predict."""

    slug: str
    folder: Path = Field(exclude=True)
    name: str = Field(min_length=1)
    description: str = ""
    owner: str = Field(min_length=1)
    stage: Stage = "prototype"
    kind: Kind = "classification"
    industry: str = ""
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    words: Words = Field(default_factory=Words)
    tables: dict[str, Table] = Field(default_factory=dict)
    model: str | None = None

    @field_validator("tables")
    @classmethod
    def _label_has_meaning(cls, tables: dict[str, Table], info: ValidationInfo) -> dict[str, Table]:
        table = tables.get("decisions")
        if table is None or info.data.get("kind") != "classification":
            return tables
        if table.columns.label and table.positive is None and not table.classes:
            raise ValueError(
                f"the label column '{table.columns.label}' needs a line 'positive:' that names "
                "the value which the score is the chance of (or 'classes:', where there are more "
                "than two)"
            )
        return tables

    @property
    def task(self) -> Task:
        """What is evaluated: the kind, with decisions among several classes apart."""
        several = self.decisions is not None and bool(self.decisions.classes)
        return _TASKS.get(self.kind, "several_classes" if several else "two_outcomes")

    @property
    def counted(self) -> str:
        """What one row of its table is, in the plural: a case, or an answer to one."""
        return "answers" if self.task == "generated_answers" else self.words.cases

    @property
    def decisions(self) -> Table | None:
        """The table of decisions (label, score, prediction), where the product has one."""
        return self.tables.get("decisions")


def check_slug(slug: str) -> str:
    """Return `slug` where it is safe as a folder name, or say what a slug looks like."""
    if not SLUG.match(str(slug)):
        raise PlaybookError(
            f"'{slug}' cannot be a product's short name",
            remedy="Use lower-case letters, digits and hyphens, such as 'credit-card'",
        )
    return str(slug)


def load_product(folder: Path) -> Product:
    """Read ``product.yaml`` in `folder`.

    Raises
    ------
    PlaybookError
        There is no such product, or a line of its file is wrong.
    """
    path = folder / "product.yaml"
    if not path.is_file():
        known = [p.parent.name for p in folder.parent.glob("*/product.yaml")]
        raise PlaybookError(
            f"there is no product '{folder.name}' here",
            where=str(folder.parent),
            remedy=did_you_mean(folder.name, known),
        )
    data = read_yaml(path)
    return validate(Product, data, str(path), slug=check_slug(folder.name), folder=folder)
