"""Is AI needed? The model beside the simplest ways to decide without it, on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence.counts import count
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.intervals import proportion
from playbook.evidence.onerule import best_rules, count_rule, paired
from playbook.evidence.paired import Confusion, Paired, paired_difference
from playbook.evidence.tables import Decisions
from playbook.product import Words


@dataclass(frozen=True)
class BaselineRow:
    """One alternative beside the model.

    Attributes
    ----------
    name, description
        Such as ``stated rule`` and ``income at most 20,000``.
    paired
        Counts of the same rows by label, model and alternative.
    advantage
        Share of rows decided rightly by the model, less that by the alternative.
    """

    name: str
    description: str
    paired: Paired
    advantage: Estimate

    @property
    def model(self) -> Confusion:
        """The model's confusion counts on these rows."""
        return self.paired.model

    @property
    def rule(self) -> Confusion:
        """The alternative's confusion counts on these rows."""
        return self.paired.rule


@dataclass(frozen=True)
class BaselineComparison:
    """The model beside every alternative; `rows` in the order alike, stated, found."""

    rows: list[BaselineRow]
    words: Words
    confidence: float = 0.95

    @property
    def strongest(self) -> BaselineRow:
        """The alternative that is hardest to beat."""
        return min(self.rows, key=lambda row: row.advantage.value)

    @property
    def estimates(self) -> list[Estimate]:
        """The model's advantage over each alternative."""
        return [row.advantage for row in self.rows]

    def best_by(self, metric: str) -> tuple[str, Estimate, bool] | None:
        """The alternative that does best by `metric`: its description, its value, and whether a
        smaller value is better (it is not); None for a measure that needs a score."""
        found = []
        for row in self.rows:
            tp, fp, tn, fn = row.rule.cells
            k, n = {
                "recall": (tp, tp + fn),
                "precision": (tp, tp + fp),
                "specificity": (tn, tn + fp),
                "accuracy": (tp + tn, row.rule.n),
            }.get(metric, (0.0, 0.0))
            if n:
                rate = proportion(k, n, self.confidence)
                scope = {"alternative": row.name}
                found.append((row.description, rate.estimate(metric, n, group=scope), False))
        return max(found, key=lambda item: item[1].value, default=None)

    def summary(self) -> Html:
        """Plain sentences, the strongest alternative first."""
        first = self.strongest
        lines = [self._verdict(first), self._frequencies(first), *self._rare(first)]
        lines += [self._verdict(row) for row in self.rows if row is not first]
        names = [row.name for row in self.rows]
        if "stated rule" not in names:
            lines.append("No rule that people would use without AI is stated in product.yaml.")
        if not any(name.startswith("single column") for name in names):
            lines.append("No rule on a single column was found: no features named, or few rows.")
        return sentences(lines)

    def table(self) -> Html:
        """Each alternative with its errors and the model's on the same rows."""
        from playbook.evidence.words import brief, count, percent

        def shown(share: float | None) -> str:
            return "none seen" if share is None else percent(share)

        body = []
        for row in self.rows:
            ours, theirs = row.model, row.rule
            body.append([
                f"{row.description} ({row.name})", count(row.paired.n), brief(row.advantage),
                f"{percent(ours.accuracy)} / {percent(theirs.accuracy)}",
                f"{shown(ours.recall)} / {shown(theirs.recall)}",
                f"{shown(ours.false_positive_rate)} / {shown(theirs.false_positive_rate)}",
            ])  # fmt: skip
        wrongly = f"Wrongly {self.words.positive}"
        header = ["Alternative", "n", "Model right more often by", "Right", "Found", wrongly]
        note = (
            f"Right, found (of those {self.words.who} should be {self.words.positive}) and wrongly "
            f"{self.words.positive} (of the others): the model first, then the alternative. "
            "The intervals are paired: they rest on the rows where the two differ. Rules on a "
            "single column were chosen on one half of the rows and are compared on the other half."
        )
        caption = "The model beside the simplest alternatives"
        return table(caption, header, body, numeric=range(1, 6), note=note)

    def chart(self) -> Html:
        """The model's advantage over each alternative, with no difference as the line."""
        from playbook.evidence.figures import intervals

        row = self.strongest
        if row.advantage.low > 0:
            title = "The model is right more often than every simple alternative"
        elif row.advantage.high < 0:
            title = f"{_named(row)} is right more often than the model"
        else:
            title = f"The model is not clearly better than {_lower(_named(row))}"
        return intervals(
            [(row.description, row.advantage) for row in self.rows],
            title=title,
            bar=0.0,
            bar_label="no difference",
            emphasis={r.description for r in self.rows if r.advantage.low <= 0},
            caption="Share decided rightly by the model less that by the alternative, same rows.",
        )

    def _verdict(self, row: BaselineRow) -> str:
        from playbook.evidence.words import brief

        subject = _named(row)
        if row.advantage.low > 0:
            return f"The model is right more often than {_lower(subject)}: {brief(row.advantage)}."
        if row.advantage.high < 0:
            return f"{subject} is right more often than the model: {brief(row.advantage)}."
        return (
            f"Whether the model is right more often than {_lower(subject)} is not settled: "
            f"{brief(row.advantage)}."
        )

    def _rare(self, row: BaselineRow) -> list[str]:
        """Being right often is easy where one outcome is rare: say what it hides."""
        from playbook.evidence.words import percent

        ours, theirs = row.model.recall, row.rule.recall
        if ours is None or theirs is None or theirs >= ours:
            return []
        return [
            f"Being right often is not all: of those {self.words.who} should be "
            f"{self.words.positive} the model "
            f"finds {percent(ours)}, this alternative {percent(theirs)}. What each kind of error "
            "costs decides."
        ]

    def _frequencies(self, row: BaselineRow) -> str:
        from playbook.evidence.words import count

        per_thousand = [
            1000 * n / row.paired.n
            for n in (row.paired.only_model_right, row.paired.only_rule_right)
        ]
        wins, losses = (count(x) if x >= 1 or x == 0 else "fewer than 1" for x in per_thousand)
        return (
            f"Of 1,000 {self.words.cases} the model is right where this alternative is wrong for "
            f"{wins}, and wrong where it is right for {losses}."
        )


def compare(
    decisions: Decisions, confidence: float = 0.95, seed: int = 20_240_601
) -> BaselineComparison:
    """Hold the product's predictions against the simplest alternatives without AI.

    1. Everyone alike: the more common label for all.
    2. The stated rule: ``baseline`` in product.yaml, where there is one.
    3. The best single columns: see `onerule.best_rules`; chosen on one half of the rows and
       compared with the model on the other half only.

    Raises
    ------
    PlaybookError
        The table has no label or no prediction, or the stated rule does not fit the table.
    """
    if not (decisions.has_label and decisions.has_prediction):
        raise PlaybookError(
            "the model cannot be compared: the table needs a label and a prediction",
            where=decisions.where,
            remedy="Name both columns in product.yaml, or a score with a threshold",
        )
    words = decisions.product.words
    counted = count(decisions).frame
    positives = counted.loc[counted["label"], "n"].sum()
    common = bool(2 * positives > counted["n"].sum())
    alike = paired(counted, counted["label"].notna() & common)
    called = words.positive if common else words.negative
    found = [("everyone alike", f"every {words.case} {called}", alike)]
    rule = decisions.table.baseline
    if rule is not None:
        says = f"{rule.column} {rule.operator.replace('_', ' ')} {rule.value}"
        found.append(("stated rule", rule.description or says, count_rule(decisions, rule)))
    found += [(rule.name, rule.description, rule.paired) for rule in best_rules(decisions, seed)]
    rows = [
        BaselineRow(
            name,
            description,
            counts,
            paired_difference(
                counts.only_model_right,
                counts.only_rule_right,
                counts.n,
                group={"alternative": name},
                confidence=confidence,
            ),
        )
        for name, description, counts in found
    ]
    return BaselineComparison(rows, words, confidence)


def _named(row: BaselineRow) -> str:
    article = "" if row.name == "everyone alike" else "The "
    verb = "Treating " if row.name == "everyone alike" else ""
    return f"{article}{verb}{row.name} ({row.description})"


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
