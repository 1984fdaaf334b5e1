"""Is AI needed to predict an amount? The model beside the simplest ways, on the same cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import amountwords, moments
from playbook.evidence.amountrule import LEAST_ROWS, nearest_usual, stated_amount
from playbook.evidence.amountsums import AmountSums, Array, add_up, median_label, paired_rows
from playbook.evidence.display import Html
from playbook.evidence.errorsums import how
from playbook.evidence.intervals import proportion
from playbook.evidence.performance import require
from playbook.evidence.regression import unit_of
from playbook.evidence.sampling import below
from playbook.evidence.tables import Decisions
from playbook.product import Words

ALIKE, STATED, USUAL = "everyone alike", "stated rule", "single column that comes nearest"
_MODEL, _OTHER = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
_ADVANTAGE: Array = _OTHER - _MODEL


@dataclass(frozen=True)
class AmountRow:
    """One alternative beside the model.

    Attributes
    ----------
    name, description
        Such as ``stated rule`` and ``the average of the last four weeks``.
    sums
        Errors of both on the same cases.
    advantage
        Mean absolute error of the alternative, less that of the model: above 0 where the model is
        nearer.
    nearer
        Share of cases for which the model is nearer.
    model_error, other_error
        Mean absolute errors on these cases.
    label
        A short name for charts.
    missing
        Cases in which the alternative has nothing to say, and the median stands in.
    """

    name: str
    description: str
    sums: AmountSums
    advantage: Estimate
    nearer: Estimate
    model_error: Estimate
    other_error: Estimate
    label: str
    missing: float = 0.0


@dataclass(frozen=True)
class AmountComparison:
    """The model beside every alternative; `rows` in the order alike, stated, found.

    `features` tells whether the product names any, and so whether a single column was looked for.
    """

    rows: list[AmountRow]
    words: Words
    unit: str
    features: bool
    confidence: float = 0.95

    @property
    def strongest(self) -> AmountRow:
        """The alternative that is hardest to beat."""
        return min(self.rows, key=lambda row: row.advantage.value)

    @property
    def estimates(self) -> list[Estimate]:
        """The model's advantage over each alternative, then how often it is nearer."""
        return [row.advantage for row in self.rows] + [row.nearer for row in self.rows]

    def best_by(self, metric: str) -> tuple[str, Estimate, bool] | None:
        """The alternative that does best by `metric`: its description, its value, and whether a
        smaller value is better (it is); None for a measure that is no error."""
        found = []
        for row in self.rows:
            if metric == "mean_absolute_error":
                found.append((row.description, row.other_error, True))
            elif metric == "root_mean_squared_error":
                s = row.sums
                square = moments.root_mean_square(
                    s.n, s.other_squares, s.other_fourths, self.confidence
                )
                assert square is not None  # there are two cases or more
                error = square.estimate(
                    metric,
                    s.n,
                    group=row.advantage.group,
                    unit=self.unit,
                    how=", of the alternative",
                )
                found.append((row.description, error, True))
        return min(found, key=lambda item: item[1].value, default=None)

    def summary(self) -> Html:
        """Plain sentences, the strongest alternative first."""
        return amountwords.summary(self)

    def table(self) -> Html:
        """Each alternative with its error and the model's on the same cases."""
        return amountwords.table_of(self)

    def chart(self) -> Html:
        """The model's advantage over each alternative, with no difference as the line."""
        return amountwords.chart(self)


def compare_amounts(
    decisions: Decisions, confidence: float = 0.95, seed: int = 20_240_601
) -> AmountComparison:
    """Hold predicted amounts against the simplest ways to predict them without AI.

    1. Everyone alike: the median of the label, taken from these very rows, which favours it.
    2. The stated rule: ``baseline`` in product.yaml with ``operator: value_of``, where there is
       one. Where its column is empty it predicts the median.
    3. What is usual for the value of one column: see `amountrule.nearest_usual`; found on one half
       of the rows and compared with the model on the other half only.

    Intervals are Student's, of the paired differences. Weighted cases count with their weight, and
    as many of them as Kish's effective n.

    Raises
    ------
    NoEvidence
        Fewer than 30 rows have both a label and a prediction.
    PlaybookError
        The table has no label or no prediction, or the stated rule does not fit it.
    """
    require(decisions, "label", "prediction")
    if decisions.n_labelled < LEAST_ROWS:
        raise NoEvidence(
            f"{amountwords.only(decisions.n_labelled)} both a label and a prediction, too few to "
            "say whether the model is nearer than a simple rule",
            where=decisions.where,
            remedy=f"Collect at least {LEAST_ROWS}",
        )
    unit, words = unit_of(decisions), decisions.product.words
    middle = median_label(decisions)
    rule = decisions.table.baseline
    extra = {} if rule is None else {"stated": stated_amount(decisions)}
    cases = paired_rows(decisions, extra).mutate(alike=middle)
    names = [(ALIKE, amountwords.alike(middle, unit, words), "alike")]
    missing = 0.0
    if rule is not None:
        cases = cases.mutate(gap=cases["stated"].isnull(), stated=cases["stated"].fill_null(middle))
        with decisions.source.query():
            missing = float(cases["gap"].sum().to_pyarrow().as_py() or 0)
        says = rule.description or f"what stands in {rule.column}"
        names.append((STATED, says, "stated"))
    sums = add_up(decisions, cases, [column for _, _, column in names])
    found = [(name, says, s) for (name, says, _), s in zip(names, sums, strict=True)]
    usual = nearest_usual(decisions, seed)
    if usual is not None:
        unseen = ~below(decisions, seed, 0.5)
        held = paired_rows(decisions, {"usual": usual.says(decisions.rows)}, unseen)
        found.append((USUAL, usual.description, add_up(decisions, held, ["usual"])[0]))
    labels = {ALIKE: "The same for all", STATED: "The stated rule"}
    labels[USUAL] = usual.label if usual else ""
    rows = [
        _row(
            name,
            says,
            s,
            unit,
            how(decisions),
            confidence,
            labels[name],
            missing if name == STATED else 0.0,
        )
        for name, says, s in found
        if s.n >= moments.LEAST
    ]
    features = bool(decisions.table.columns.features)
    return AmountComparison(rows, words, unit, features, confidence)


def _row(
    name: str,
    description: str,
    sums: AmountSums,
    unit: str,
    weighted: str,
    confidence: float,
    label: str,
    missing: float,
) -> AmountRow:
    group = {"alternative": name}

    def mean(measure: str, direction: Array, more: str) -> Estimate:
        value, variance = sums.along(direction)
        total, squares = sums.n * value, (sums.n - 1) * variance + sums.n * value**2
        found = moments.mean(sums.n, total, squares, confidence)
        assert found is not None  # there are two cases or more
        return found.estimate(measure, sums.n, group=group, unit=unit, how=more + weighted)

    nearer = proportion(min(sums.nearer, sums.n), sums.n, confidence)
    return AmountRow(
        name=name,
        description=description,
        sums=sums,
        advantage=mean(
            "mean_absolute_error_reduction",
            _ADVANTAGE,
            ", paired on the same cases, the alternative's error less the model's",
        ),
        nearer=nearer.estimate("nearer_share", sums.n, group=group, how=weighted),
        model_error=mean("mean_absolute_error", _MODEL, ", of the model"),
        other_error=mean("mean_absolute_error", _OTHER, ", of the alternative"),
        label=label,
        missing=missing,
    )


__all__ = ["ALIKE", "STATED", "USUAL", "AmountComparison", "AmountRow", "compare_amounts"]
