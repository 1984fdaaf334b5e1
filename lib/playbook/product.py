"""One AI product: what it is, who owns it, and what the columns of its tables mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from playbook.errors import PlaybookError, did_you_mean
from playbook.yamlfile import read_yaml, validate

Kind = Literal["classification", "regression", "ranking", "generative"]
Stage = Literal["idea", "prototype", "pilot", "live"]
SLUG = re.compile(r"^[a-z0-9][a-z0-9-]{0,63}$")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class Words(_Strict):
    """The product's own words, so that sentences read as its team speaks.

    ``positive`` completes "an applicant is …" for the outcome that the score predicts, ``negative``
    for the other one: *denied* and *approved*.
    """

    case: str = "case"
    cases: str = "cases"
    positive: str = "flagged"
    negative: str = "not flagged"


class Columns(_Strict):
    """Which column plays which role."""

    id: str | None = None
    label: str | None = None
    score: str | None = None
    prediction: str | None = None
    time: str | None = None
    groups: list[str] = Field(default_factory=list)
    features: list[str] = Field(default_factory=list)

    def named(self) -> dict[str, str]:
        """Every column named, with its role: ``{"score": "score", "race": "group"}``."""
        single = {"id": self.id, "label": self.label, "score": self.score}
        single |= {"prediction": self.prediction, "time": self.time}
        roles = dict.fromkeys(self.features, "feature")
        roles |= dict.fromkeys(self.groups, "group")
        return roles | {column: role for role, column in single.items() if column}


class Rule(_Strict):
    """The simplest rule people would use without AI: positive where ``column`` compares so."""

    column: str
    operator: Literal["at_least", "at_most", "equals"]
    value: str | float
    description: str = ""


class Table(_Strict):
    """A table and what its columns mean.

    Attributes
    ----------
    source
        A file beside ``product.yaml`` (CSV, Parquet) or an Ibis connection URL.
    positive
        The label value that the score is the chance of.
    favourable
        The label value that is good for the person concerned.
    threshold
        The score from which a case is treated as positive, where no prediction column says so.
    delimiter, decimal, encoding
        How a CSV file is written, where it is not comma, point and UTF-8.
    """

    source: str
    columns: Columns = Field(default_factory=Columns)
    positive: str | None = None
    favourable: str | None = None
    threshold: float | None = Field(default=None, ge=0, le=1)
    baseline: Rule | None = None
    name: str | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"

    @field_validator("positive", "favourable", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value).lower() if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _label_has_meaning(self) -> Table:
        if self.columns.label and self.positive is None:
            raise ValueError(
                f"the label column '{self.columns.label}' needs a line 'positive:' that names "
                "the value which the score is the chance of"
            )
        if self.decimal == self.delimiter:
            raise ValueError("decimal and delimiter cannot both be a comma")
        return self


class Product(_Strict):
    """What ``product.yaml`` states. `slug` is the folder's name and `folder` where it lies."""

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
