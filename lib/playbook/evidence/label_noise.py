"""Hints that labels are wrong: alike rows that differ in it, and scores that contradict it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from playbook.errors import NoEvidence
from playbook.estimate import Estimate
from playbook.evidence import intervals
from playbook.evidence.counts import count
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.repeats import Repeats, repeats
from playbook.evidence.stored import LABEL, labelled
from playbook.evidence.tables import Decisions
from playbook.product import Words

EXAMPLES = 10


@dataclass(frozen=True)
class Contradicted:
    """Labels that the scores contradict by more than is usual for their class.

    Attributes
    ----------
    positive, negative
        Share of the rows labelled positive (negative) that score like the other class.
    all
        Both together.
    positive_bar, negative_bar
        A row scores like a positive one from the mean score of positives, and like a negative one
        where one minus its score reaches the mean of that among negatives.
    """

    positive: Estimate
    negative: Estimate
    all: Estimate
    positive_bar: float
    negative_bar: float


@dataclass(frozen=True)
class Example:
    """A row to look at again: its id, the label it has, and its score."""

    id: str
    positive: bool
    score: float


@dataclass(frozen=True)
class LabelNoise:
    """Hints, not proof: a person must look at the rows.

    Attributes
    ----------
    repeats
        None where no features are named.
    contradicted
        None where there is no score.
    examples
        The most contradicted rows, at most 10; empty without an id.
    """

    repeats: Repeats | None
    contradicted: Contradicted | None
    examples: list[Example]
    words: Words

    @property
    def estimates(self) -> list[Estimate]:
        """Share of contradictory rows, ceiling on accuracy, and shares of contradicted labels."""
        found: list[Estimate | None] = []
        if self.repeats:
            found += [self.repeats.contradictory, self.repeats.ceiling]
        if c := self.contradicted:
            found += [c.all, c.positive, c.negative]
        return [e for e in found if e is not None]

    def summary(self) -> Html:
        """What hints at wrong labels, and what else it could be."""
        lines = [*self._said_repeats(), *self._said_contradicted()]
        if self.examples:
            shown = ", ".join(e.id for e in self.examples)
            lines.append(f"Look at these first: {shown}.")
        return sentences(lines)

    def table(self) -> Html:
        """The rows to look at first, or the numbers where no row can be named."""
        from playbook.evidence.words import brief, count, number

        if self.examples:
            body = [
                [e.id, self.words.positive if e.positive else self.words.negative,
                 number(e.score, 3)]
                for e in self.examples
            ]  # fmt: skip
            note = "Most contradicted first. A label may be right and the score wrong."
            return table("Rows to look at again", ["Row", "Labelled", "Score"], body,
                         numeric=(2,), note=note)  # fmt: skip
        body = [[_NAMES[e.measure], count(e.n), brief(e)] for e in self.estimates]
        return table("Hints at wrong labels", ["Hint", "n", "Value"], body, numeric=(1, 2))

    def _said_repeats(self) -> list[str]:
        from playbook.evidence.words import capital, natural, plural

        found = self.repeats
        if found is None:
            return ["No features are named, so alike rows cannot be compared."]
        alike = f"all {plural(found.features, 'feature', 'features')}"
        lines = []
        if found.part > 1:
            lines.append(f"One in {found.part} rows is looked at, alike rows together.")
        if found.repeated == 0:
            return [*lines, f"No two rows are alike in {alike}."]
        if found.sets == 0:
            lines.append(
                f"{plural(found.repeated, 'row', 'rows')} share {alike} with another row, and "
                "none of these has another label."
            )
        else:
            told = natural(found.contradictory)
            lines.append(
                f"{capital(told)} rows are like another in {alike} but labelled "
                "otherwise: some labels are wrong, or the features do not tell enough."
            )
        if found.ceiling and found.sets:
            lines.append(
                f"Among rows with a double, no rule on these features can be expected to be right "
                f"for more than {natural(found.ceiling)}."
            )
        elif found.sets:
            lines.append(
                f"With {plural(found.repeated_sets, 'set', 'sets')} of alike rows it cannot be "
                "said what this caps accuracy at."
            )
        return lines

    def _said_contradicted(self) -> list[str]:
        from playbook.evidence.words import natural

        c, w = self.contradicted, self.words
        if c is None:
            return ["There is no score that could contradict a label."]
        return [
            f"Of the {w.cases} labelled “{w.positive}” {natural(c.positive)} score as those "
            f"labelled “{w.negative}” do.",
            f"Of the {w.cases} labelled “{w.negative}” {natural(c.negative)} score as those "
            f"labelled “{w.positive}” do.",
            "This is a hint only: a model that is wrong or too sure of itself looks the same.",
        ]


_NAMES = {
    "contradictory_label_rate": "Alike rows with different labels",
    "accuracy_ceiling": "Most any rule can be right, among rows with a double",
    "contradicted_label_rate": "Labels the score contradicts",
    "contradicted_positive_rate": "Positive labels the score contradicts",
    "contradicted_negative_rate": "Negative labels the score contradicts",
}


def label_noise(decisions: Decisions, confidence: float = 0.95) -> LabelNoise:
    """Look for labels that contradict each other or the scores.

    Scores: a label is contradicted where the row scores at least as high for the other class as
    rows labelled so do on average, and higher than for its own (Northcutt, Jiang and Chuang 2021,
    Confident learning, JAIR 70: the off-diagonal of the confident joint). Counted from counts by
    score, so exact where there are at most 20,000 different scores.

    Raises
    ------
    PlaybookError
        There is no label with two values, or neither features nor a score.
    """
    if decisions.product.kind == "regression":
        raise NoEvidence(
            f"the labels of {decisions.product.name} are amounts, of which no two contradict each "
            "other",
            where=decisions.where,
            remedy="Have a sample of them measured twice, to see how far the two lie apart",
        )
    if decisions.meaning is None:
        labelled(decisions)  # says what is missing
    alike = repeats(decisions, confidence)
    if alike is None and not decisions.has_score:
        raise NoEvidence(
            "with neither features nor a score nothing can contradict a label",
            where=decisions.where,
            remedy="Name 'features:' or 'score:' under 'columns:' in product.yaml",
        )
    contradicted, examples = None, []
    if decisions.has_score:
        counts = count(decisions, scores=True)
        by_score = counts.by_score()
        score, positives, negatives = (
            by_score[c].to_numpy(float) for c in ("score", "positives", "negatives")
        )
        contradicted = contradicted_labels(
            score, positives, negatives, confidence, counts.how_scored
        )
        if contradicted:
            examples = _examples(decisions, contradicted)
    return LabelNoise(alike, contradicted, examples, decisions.product.words)


def contradicted_labels(
    score: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    confidence: float = 0.95,
    how: str = "",
) -> Contradicted | None:
    """The off-diagonal of the confident joint, from cases of each label at each score.

    None where a label does not occur: there is no class threshold then.
    """
    n1, n0 = positives.sum(), negatives.sum()
    if n1 == 0 or n0 == 0:
        return None
    # A score that equals the mean of its class must not fall short of it by rounding.
    bar1 = float((score * positives).sum() / n1) - 1e-12
    bar0 = float(((1 - score) * negatives).sum() / n0) - 1e-12
    like1, like0 = score >= bar1, 1 - score >= bar0
    as_positive = like1 & (~like0 | (score > 0.5))
    as_negative = like0 & (~like1 | (score <= 0.5))
    wrong1, wrong0 = float(positives[as_negative].sum()), float(negatives[as_positive].sum())

    def share(measure: str, k: float, n: float) -> Estimate:
        found = intervals.proportion(k, n, confidence)
        found = replace(found, method=f"confident learning, {found.method}")
        return found.estimate(measure, n, how=how)

    return Contradicted(
        positive=share("contradicted_positive_rate", wrong1, n1),
        negative=share("contradicted_negative_rate", wrong0, n0),
        all=share("contradicted_label_rate", wrong1 + wrong0, n1 + n0),
        positive_bar=bar1,
        negative_bar=bar0,
    )


def _examples(decisions: Decisions, c: Contradicted) -> list[Example]:
    """Rows that score most like the other class; among equals by id, so that they stay the same."""
    roles = decisions.table.columns
    if roles.id is None or roles.score is None:
        return []
    rows = labelled(decisions)
    named = rows.select(
        id=rows[roles.id].cast("string"),
        positive=rows[LABEL],
        score=rows[roles.score].cast("float64"),
    )
    away = named.positive.ifelse(1 - named.score, named.score)
    bar = named.positive.ifelse(c.negative_bar, c.positive_bar)
    worst = (
        named.mutate(away=away)
        .filter((away >= bar) & (away > 0.5) & named.id.notnull())
        .order_by([away.desc(), named.id])
        .limit(EXAMPLES)
    )
    with decisions.source.query():
        frame = worst.execute()
    columns = (frame[c].tolist() for c in ("id", "positive", "score"))
    return [Example(i, bool(p), s) for i, p, s in zip(*columns, strict=True)]
