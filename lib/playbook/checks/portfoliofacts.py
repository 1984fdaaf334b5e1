"""What all products together say, as one document: what the page, the JSON and the sheets show."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from playbook.checks.obligations import Obligation
from playbook.checks.verdict import Word
from playbook.estimate import Estimate
from playbook.policy import Severity, Tier


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Fact):
    """One playbook: what it is called and where it stands in the order."""

    name: str
    number: str
    title: str


class Cell(_Fact):
    """One product in one playbook; `verdict` is None where it has never run to its end.

    `undecided` counts what could be a blocker and is not settled; `error` is one sentence where
    the newest run failed.
    """

    playbook: str
    verdict: Word | None = None
    blockers: int = 0
    conditions: int = 0
    undecided: int = 0
    ran: datetime | None = None
    revision: int = 0
    answers_as_of: datetime | None = None
    report: str = ""
    error: str = ""
    failed: datetime | None = None


class ProductFacts(_Fact):
    """One product: its gravest verdict over all playbooks, counts, worth, and every cell.

    `worth` holds at most two estimates for the whole product: money a month and money a decision.
    """

    slug: str
    name: str
    tier: Tier | None
    verdict: Word | None
    blockers: int
    conditions: int
    undecided: int
    worth: list[Estimate]
    cells: list[Cell]


class Told(_Fact):
    """One product's own words in a finding that several may share."""

    product: str
    statement: str
    remedy: str


class Shared(_Fact):
    """A check with the same id that is open in one or more products, and who owns it there.

    `title` says what it is about in all of them; `kind` is how grave it is where it is gravest:
    a *blocker*, a possible one that is *undecided*, a *condition* or a *note*.
    """

    id: str
    playbook: str
    title: str
    kind: Literal["blocker", "undecided", "condition", "note"]
    at_stake: Severity
    owners: list[str]
    products: list[Told]


class Duty(_Fact):
    """One rule of a law and the products it asks something of; `paths` say why, by product."""

    obligation: Obligation
    paths: dict[str, list[str]]


class Change(_Fact):
    """What moved between a report and the one before it."""

    product: str
    playbook: str
    earlier: datetime
    before: Word
    after: Word
    opened: list[str]
    closed: list[str]


class Portfolio(_Fact):
    """All products of a workspace, from their run records alone.

    Attributes
    ----------
    today
        The day from which days left are counted.
    newest
        When the newest run began; None where there is none yet.
    compared
        When the batch began whose changes are listed; `remade` counts its reports, `first` those
        of them that had none before.
    never
        Short names of products that no run knows.
    blockers, conditions, missing
        Checks that stand as blockers, as conditions, and that are not settled.
    """

    schema_version: Literal[1] = 1
    today: date
    newest: datetime | None = None
    compared: datetime | None = None
    remade: int = Field(default=0, ge=0)
    first: int = Field(default=0, ge=0)
    playbooks: list[Column]
    products: list[ProductFacts]
    never: list[str]
    blockers: list[Shared]
    conditions: list[Shared]
    missing: list[Shared]
    obligations: list[Duty]
    changes: list[Change]

    def name(self, slug: str) -> str:
        """The product's name."""
        return self.names.get(slug, slug)

    @property
    def names(self) -> dict[str, str]:
        """Names by short name."""
        return {product.slug: product.name for product in self.products}

    @property
    def titles(self) -> dict[str, str]:
        """Titles of playbooks by name."""
        return {column.name: column.title for column in self.playbooks}
