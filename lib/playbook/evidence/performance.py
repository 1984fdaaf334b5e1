"""How good the decisions are: rates of right and wrong, rank quality, squared error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence.confusionrates import f_beta, rates
from playbook.evidence.counts import Counts, count
from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.measured import Measured
from playbook.evidence.paired import Confusion
from playbook.evidence.scorequality import score_estimates
from playbook.evidence.tables import Decisions
from playbook.product import Words

MOST_THRESHOLDS = 400


@dataclass(frozen=True)
class Performance(Measured):
    """Measured performance; ``performance["recall"]`` is one estimate.

    Attributes
    ----------
    estimates
        One per measure that can be computed, everyone together.
    confusion
        True and false positives and negatives.
    bins
        How scores were counted: ``exact``, binned, or ``none``.
    unlabelled
        Rows left out because they have no label.
    confidence, how
        Of the intervals, and what their methods say about weights.
    """

    estimates: list[Estimate]
    confusion: Confusion
    bins: str
    unlabelled: int
    words: Words
    confidence: float = 0.95
    how: str = ""

    def f_score(self, beta: float) -> Estimate | None:
        """The F score in which recall weighs `beta` times as much as precision."""
        return f_beta(self.confusion, beta, self.confidence, self.how)

    def summary(self) -> Html:
        """What the model gets right and wrong, in natural frequencies."""
        from playbook.evidence.words import brief, natural, plural

        w = self.words
        lines = [
            f"The model decides {natural(self['accuracy'])} {w.cases} as they should be decided; "
            f"in truth {natural(self['base_rate'])} should be {w.positive}."
        ]
        if recall := self.get("recall"):
            lines.append(f"It finds {natural(recall)} {w.cases} {w.who} should be {w.positive}.")
        if precision := self.get("precision"):
            lines.append(
                f"When it says “{w.positive}”, that is right for {natural(precision)} {w.cases}."
            )
        if wrong := self.get("false_positive_rate"):
            lines.append(
                f"Of the {w.cases} {w.who} should be {w.negative}, {natural(wrong)} would "
                f"wrongly be {w.positive}."
            )
        if auc := self.get("auc"):
            lines.append(
                f"Of two {w.cases}, one {w.who} should be {w.positive} and one {w.who} should be "
                f"{w.negative}, its scores tell which is which with a chance (AUC) of "
                f"{brief(auc)}; a coin has 0.5."
            )
        if self.unlabelled:
            lines.append(f"{plural(self.unlabelled, 'row', 'rows')} without a label left out.")
        return sentences(lines)

    def table(self) -> Html:
        """Every measure with its interval and n: what to look at first, then the rest."""
        from playbook.evidence.words import brief, count

        c = self.confusion
        note = (
            f"True positives {count(c.true_positive)}, false positives {count(c.false_positive)}, "
            f"true negatives {count(c.true_negative)}, false negatives {count(c.false_negative)}."
        )
        if self.bins not in {"exact", "none"}:
            note += f" Scores counted in {self.bins}."
        header = ["Measure", "What it says", "Value (interval)", "n"]

        def part(caption: str, measures: Sequence[str], note: str = "") -> Html:
            found = [e for measure in measures if (e := self.get(measure))]
            rows = [
                [_NAMES[e.measure][0], _NAMES[e.measure][1].format(w=self.words), brief(e),
                 count(e.n)]
                for e in found
            ]  # fmt: skip
            return table(caption, header, rows, numeric={3}, note=note)

        further = [measure for measure in _NAMES if measure not in _MAIN]
        return stack(
            part("How good the decisions are", _MAIN, note), part("Further measures", further)
        )

    def chart(self) -> Html:
        """The main rates with their intervals."""
        from playbook.evidence.figures import intervals as draw
        from playbook.evidence.words import natural

        shown = ("recall", "precision", "specificity", "accuracy")
        items = [(_NAMES[m][0], e) for m in shown if (e := self.get(m))]
        recall = self.get("recall")
        title = (
            f"The model finds {natural(recall)} {self.words.cases} {self.words.who} should be "
            f"{self.words.positive}"
            if recall
            else f"The model is right for {natural(self['accuracy'])} {self.words.cases}"
        )
        return draw(items, title=title, emphasis=["Recall"])


_MAIN = ("base_rate", "positive_rate", "accuracy", "recall", "precision", "false_positive_rate",
         "f1_score", "auc")  # fmt: skip
_NAMES = {
    "accuracy": ("Accuracy", "decided as they should be"),
    "precision": ("Precision", "of those {w.positive} by the model, rightly so"),
    "recall": ("Recall", "of those {w.who} should be {w.positive}, found"),
    "specificity": ("Specificity", "of those {w.who} should be {w.negative}, left so"),
    "false_positive_rate": (
        "False positive rate",
        "of those {w.who} should be {w.negative}, wrongly {w.positive}",
    ),
    "false_negative_rate": (
        "False negative rate",
        "of those {w.who} should be {w.positive}, missed",
    ),
    "false_discovery_rate": (
        "False discovery rate",
        "of those {w.positive} by the model, wrongly so",
    ),
    "negative_predictive_value": (
        "Negative predictive value",
        "of those {w.negative} by the model, rightly so",
    ),
    "base_rate": ("Base rate", "should be {w.positive}"),
    "positive_rate": ("Positive rate", "{w.positive} by the model"),
    "f1_score": ("F1 score", "precision and recall in one number, 1 is perfect"),
    "balanced_accuracy": (
        "Balanced accuracy",
        "mean of recall and specificity: both kinds count alike, a coin has 0.5",
    ),
    "matthews_correlation_coefficient": (
        "Matthews correlation",
        "how closely decisions follow the truth: 1 always, 0 as by chance",
    ),
    "auc": ("AUC", "chance that the score ranks one of each kind rightly"),
    "average_precision": (
        "Average precision",
        "precision averaged while going down the scores; picked at random it is the base rate",
    ),
    "brier_score": ("Brier score", "mean squared error of the score, 0 is perfect"),
    "log_loss": (
        "Log loss",
        "mean surprise at what happened, heavy on scores that were sure and wrong, 0 is perfect",
    ),
}


def performance(decisions: Decisions, confidence: float = 0.95) -> Performance:
    """Measure decisions against labels.

    See `confusionrates` for what follows from right and wrong decisions, `scorequality` for what
    follows from scores. A measure whose denominator is empty is left out.

    Raises
    ------
    PlaybookError
        The table has no label or no decisions.
    """
    require(decisions, "label", "prediction")
    counts = count(decisions, scores=decisions.has_score)
    confusion = confusion_of(counts.frame)
    found = rates(confusion, confidence, counts.how)
    if decisions.has_score:
        found += score_estimates(counts, confidence)
    return Performance(
        estimates=found,
        confusion=confusion,
        bins=counts.bins,
        unlabelled=decisions.unlabelled,
        words=decisions.product.words,
        confidence=confidence,
        how=counts.how,
    )


def require(decisions: Decisions, *columns: str) -> None:
    """Raise where the table has no such canonical columns."""
    for column in columns:
        if column not in decisions.cases.columns:
            raise PlaybookError(
                f"this table has no {column}",
                where=decisions.where,
                remedy=f"Name the column with the {column} under 'columns:' in product.yaml",
            )


def confusion_of(frame: pd.DataFrame) -> Confusion:
    """Add up a frame of counts by label and prediction; effective counts are not rounded."""
    label, predicted, n = frame["label"], frame["prediction"], frame["n"]

    def cell(is_label: bool, is_predicted: bool) -> Any:
        return np.asarray(n)[(label == is_label) & (predicted == is_predicted)].sum().item()

    return Confusion(
        true_positive=cell(True, True),
        false_positive=cell(False, True),
        true_negative=cell(False, False),
        false_negative=cell(True, False),
    )


def threshold_sweep(counts: Counts, at: Sequence[float] = ()) -> pd.DataFrame:
    """What each threshold does: a case is positive where ``score >= threshold``.

    Parameters
    ----------
    counts
        Counted with ``scores=True``.
    at
        Thresholds wanted besides the `candidate_thresholds`, see `snap`.

    Returns
    -------
    DataFrame
        ``threshold, tp, fp, tn, fn``, thresholds ascending.
    """
    by_score = counts.by_score()
    thresholds = np.union1d(candidate_thresholds(counts), snap(counts, at))
    first = np.searchsorted(by_score["edge"], thresholds)
    below_p = np.concatenate([[0], np.cumsum(by_score["positives"])])
    below_n = np.concatenate([[0], np.cumsum(by_score["negatives"])])
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "tp": below_p[-1] - below_p[first],
            "fp": below_n[-1] - below_n[first],
            "tn": below_n[first],
            "fn": below_p[first],
        }
    )


def candidate_thresholds(counts: Counts) -> np.ndarray:
    """Every distinct score or bin edge, thinned to at most 400 that lie evenly among the cases;
    the threshold in use is always one of them."""
    edges = counts.edges
    if len(edges) >= MOST_THRESHOLDS:
        by_score = counts.by_score()
        cases = (by_score["positives"] + by_score["negatives"]).to_numpy()
        rank = np.cumsum(cases) - cases
        places = np.linspace(0, rank[-1], MOST_THRESHOLDS - 1)
        edges = edges[np.unique(np.searchsorted(rank, places))]
    return edges if counts.threshold is None else np.union1d(edges, [counts.threshold])


def snap(counts: Counts, thresholds: Sequence[float]) -> np.ndarray:
    """Thresholds at which the counts are exact: as given, or the next bin edge above."""
    wanted = np.unique(np.asarray(thresholds, float))
    if counts.bins == "exact" or not len(wanted):
        return wanted
    edges = counts.edges
    if counts.threshold is not None:
        edges = np.union1d(edges, [counts.threshold])
    return np.unique(edges[np.searchsorted(edges, wanted).clip(max=len(edges) - 1)])
