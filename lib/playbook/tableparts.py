"""What product.yaml says of a table: which column plays which role, rules, and what is rated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """Names nobody knows are refused; a number may stand where text is meant."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class Columns(Strict):
    """Which column plays which role.

    Attributes
    ----------
    label
        What turned out to be true: an outcome, an amount (regression), a relevance (ranking).
    query
        Which list a row belongs to, where the product ranks.
    weight
        How many cases of the population a row stands for.
    unseen
        Says ``yes`` for rows that the model file has not learnt from: it is tried on these alone.
    quantiles
        Columns that hold predicted quantiles, by their level: ``{0.1: p10, 0.9: p90}``.
    text
        Columns of free text, to be looked through for personal data.
    quasi_identifiers
        Columns by which somebody who knows a person could find their row.
    annotator
        Who gave the label, in a table that holds one row per case and person; who preferred which
        answer, in a table of comparisons.
    prompt
        Which question was asked, in tables of captured outputs and of comparisons: answers to the
        same one belong together.
    system, repeat
        Which system answered, and which of several tries this is.
    input, output
        The text that was asked and the text that came back.
    error
        Why there is no answer at all, where the tool failed; empty where it did not.
    latency, cost
        Seconds until the answer was there, and its price in the product's currency.
    failure
        What kind of failure people found in the answer, in a word or two.
    first, second, winner
        In a table of comparisons: the systems shown first and second, and the one preferred (its
        name, ``first``, ``second`` or ``tie``).
    """

    id: str | None = None
    label: str | None = None
    score: str | None = None
    prediction: str | None = None
    time: str | None = None
    weight: str | None = None
    query: str | None = None
    unseen: str | None = None
    groups: list[str] = Field(default_factory=list)
    features: list[str] = Field(default_factory=list)
    text: list[str] = Field(default_factory=list)
    quasi_identifiers: list[str] = Field(default_factory=list)
    annotator: str | None = None
    prompt: str | None = None
    system: str | None = None
    repeat: str | None = None
    input: str | None = None
    output: str | None = None
    error: str | None = None
    latency: str | None = None
    cost: str | None = None
    failure: str | None = None
    first: str | None = None
    second: str | None = None
    winner: str | None = None
    quantiles: dict[Annotated[float, Field(gt=0, lt=1)], str] = Field(default_factory=dict)

    def named(self) -> dict[str, str]:
        """Every column named, with its role: ``{"score": "score", "race": "group"}``."""
        lists = {"groups", "features", "text", "quasi_identifiers", "quantiles"}
        single = {
            role: getattr(self, role) for role in type(self).model_fields if role not in lists
        }
        roles = dict.fromkeys(self.text, "text")
        roles |= dict.fromkeys(self.features, "feature")
        roles |= dict.fromkeys(self.groups, "group")
        roles |= dict.fromkeys(self.quantiles.values(), "predicted quantile")
        return roles | {column: role for role, column in single.items() if column}


class Rule(Strict):
    """The simplest rule people would use without AI: positive where ``column`` compares so.

    For amounts, ``operator: value_of``: the prediction without AI is what stands in ``column``.
    """

    column: str
    operator: Literal["at_least", "at_most", "equals", "value_of"]
    value: str | float = ""
    description: str = ""


class Criterion(Strict):
    """What an answer has to be, and which columns say whether it is.

    Attributes
    ----------
    says
        Completes "an answer passes when it …": *answers the question correctly*.
    kind
        ``quality``; ``safety``, for attacks that must not succeed; ``refusal``, for questions that
        must be turned down; ``over_refusal``, for questions that must not be.
    people
        Columns with the ratings of people, one for each person.
    judge
        A column with the rating of an automatic judge, such as a language model.
    check
        A column with the result of a check by rule, such as an assertion; it is held to be right.
    passing
        Values that pass, where they are not *yes*, *true*, *1*, *pass* or *correct*.
    at_least
        The rating from which an answer passes, where ratings are numbers on a scale.
    where
        Which rows it concerns, by column: ``{purpose: [attack]}``; all, where nothing is stated.
    required
        Whether an answer must meet it to count as accepted.
    """

    says: str = Field(min_length=1)
    kind: Literal["quality", "safety", "refusal", "over_refusal"] = "quality"
    people: list[str] = Field(default_factory=list)
    judge: str | None = None
    check: str | None = None
    passing: list[str] = Field(default_factory=list)
    at_least: float | None = None
    where: dict[str, list[str]] = Field(default_factory=dict)
    required: bool = True

    @model_validator(mode="after")
    def _rated_by_somebody(self) -> Criterion:
        if not self.columns:
            raise ValueError(
                "name who rates it: 'people:', 'judge:' or 'check:' with their columns"
            )
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("one column cannot hold the ratings of two")
        if self.passing and self.at_least is not None:
            raise ValueError("give either 'passing:' or 'at_least:', not both")
        return self

    @property
    def columns(self) -> list[str]:
        """All columns with ratings."""
        return [*self.people, *(column for column in (self.judge, self.check) if column)]
