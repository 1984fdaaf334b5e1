"""A first lesson on real decisions: why a rare outcome makes accuracy, and alarms, hard to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.intervals import proportion
from playbook.evidence.performance import Performance, performance
from playbook.evidence.tables import Decisions
from playbook.evidence.words import brief, count, natural

PEOPLE = 1_000
_RARE_TO_COMMON = (1, 2, 5, 10, 20, 30, 50, 80, 100, 150, 200, 300, 400, 500)


@dataclass(frozen=True)
class Example:
    """A shipped product's decisions, beside those of whoever decides all cases alike.

    Attributes
    ----------
    always_no
        Accuracy of taking no case for positive.
    """

    name: str
    performance: Performance
    always_no: Estimate

    @property
    def per_thousand(self) -> tuple[int, int, int]:
        """Of 1,000 cases those that are positive; of 100 positives those found; of 100 others
        those left alone."""
        p = self.performance
        shares = p["base_rate"].value, p["recall"].value, p["specificity"].value
        base, recall, specificity = (_rounded(x) for x in np.multiply(shares, (PEOPLE, 100, 100)))
        return base, recall, specificity

    @property
    def finding(self) -> str:
        """Accuracy of the model beside that of taking nobody for positive."""
        w = self.performance.words
        model = self.performance["accuracy"]
        return (
            f"If every {w.case} were {w.negative}, that would be right for "
            f"{natural(self.always_no)} {w.cases}, and none {w.who} should be {w.positive} "
            f"would be found. The model is right for {natural(model)}."
        )


@dataclass(frozen=True)
class BaseRates:
    """What a base rate does to accuracy and to alarms, on the examples and in general."""

    examples: list[Example]

    @property
    def estimates(self) -> list[Estimate]:
        """Accuracies of the models and of always saying no."""
        return [e for x in self.examples for e in (x.performance["accuracy"], x.always_no)]

    def summary(self) -> Html:
        """One sentence for each example."""
        return sentences([f"{x.name}. {x.finding}" for x in self.examples])

    def table(self) -> Html:
        """The same in numbers, per 1,000 cases."""
        rows = []
        for x in self.examples:
            base, recall, specificity = x.per_thousand
            found, alarms = _of(base, recall), _of(PEOPLE - base, 100 - specificity)
            w = x.performance.words
            rows.append([
                x.name, f"{count(base)} should be {w.positive}", f"{found} of {base}",
                f"{alarms} of {PEOPLE - base}", f"{found} of {found + alarms}",
                brief(x.performance["accuracy"]), brief(x.always_no),
            ])  # fmt: skip
        header = ["Example", "Of 1,000", "Found", "False alarms", "Alarms that are right",
                  "Model is right", "All alike is right"]  # fmt: skip
        return table("The same model, told per 1,000 cases", header, rows, {2, 3, 4, 5, 6})

    def chart(self) -> Html:
        """Accuracy of each model beside that of always saying no."""
        from playbook.evidence.figures import intervals

        items = []
        for x in self.examples:
            items += [(f"{x.name}: model", x.performance["accuracy"])]
            items += [(_without(x), x.always_no)]
        useless = [x for x in self.examples if x.always_no.value >= x.performance["accuracy"].value]
        title = (
            f"{useless[0].name}: with everybody {useless[0].performance.words.negative}, decisions "
            "are right as often as with the model"
            if useless
            else "Deciding all cases alike is right nearly as often as the model"
        )
        return intervals(items, title=title, emphasis=[_without(x) for x in self.examples])

    def static(self) -> Html:
        """What stands in reports."""
        return stack(self.summary(), self.chart(), self.table())

    def payload(self) -> dict[str, Any]:
        """People found, missed and wrongly flagged at every setting, for the browser to look up.

        ``found[b][s]`` people of the positives at base rate `b` and sensitivity `s` per cent;
        ``alarms[b][p]`` of the others at specificity `p` per cent.
        """
        real = [x.per_thousand for x in self.examples]
        bases = sorted({*_RARE_TO_COMMON, *(base for base, _, _ in real)})
        hundred = range(101)
        return {
            "people": PEOPLE,
            "bases": bases,
            "found": [[_of(base, s) for s in hundred] for base in bases],
            "alarms": [[_of(PEOPLE - base, 100 - p) for p in hundred] for base in bases],
            "examples": [
                {
                    "name": x.name,
                    "base": bases.index(base),
                    "sensitivity": recall,
                    "specificity": specificity,
                    "said": x.finding,
                }
                for x, (base, recall, specificity) in zip(self.examples, real, strict=True)
            ],
        }


def base_rates(tables: Mapping[str, Decisions], confidence: float = 0.95) -> BaseRates:
    """Measure the decisions of each table, and what always saying no would give.

    Parameters
    ----------
    tables
        Decisions by the name that people give to the example.
    """
    return BaseRates([_example(name, table, confidence) for name, table in tables.items()])


def _example(name: str, decisions: Decisions, confidence: float) -> Example:
    found = performance(decisions, confidence)
    negatives = found.confusion.true_negative + found.confusion.false_positive
    always_no = proportion(negatives, found.confusion.n, confidence)
    return Example(name, found, always_no.estimate("accuracy", found.confusion.n, how=found.how))


def _without(example: Example) -> str:
    return f"{example.name}: all {example.performance.words.negative}"


def _of(people: int, percent: int) -> int:
    return _rounded(people * percent / 100)


def _rounded(x: float) -> int:
    return int(np.floor(x + 0.5))
