"""Columns that know the outcome already: too good alone, filled in afterwards, or in file order."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.estimate import Estimate
from playbook.evidence import suspects as rules
from playbook.evidence.cells import can_be_counted, count_cells
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.onecolumn import explained
from playbook.evidence.suspects import (
    ALONE,
    EXPLAINED,
    LATER,
    RUNNING,
    RUNNING_EXPLAINED,
    Kind,
    Suspect,
)
from playbook.evidence.tables import Decisions
from playbook.product import Words


@dataclass(frozen=True)
class Leakage:
    """What was looked at, and what of it is suspect.

    Attributes
    ----------
    suspects
        Gravest kind first.
    alone
        Per column how well it alone tells the outcome, highest first: its AUC, or its R² where the
        outcome is an amount.
    later
        Per time column the share of rows in which it is later than the decision.
    features, others
        Columns looked at: those product.yaml names as features, and those without any role.
    skipped
        Columns of those that could not be looked at, such as nested ones.
    id
        The id column, looked at only for whether it follows the outcome.
    n
        Rows with a label. Weights play no part.
    halves
        Of amounts: what counts as the one outcome and the other.
    """

    suspects: list[Suspect]
    alone: list[Estimate]
    later: list[Estimate]
    features: list[str]
    others: list[str]
    skipped: list[str]
    id: str | None
    n: int
    words: Words
    halves: str = ""

    @property
    def amount(self) -> bool:
        """Whether the outcome is an amount."""
        return bool(self.halves)

    @property
    def estimates(self) -> list[Estimate]:
        """How well every column alone tells the outcome, and how often times are later than it."""
        return self.alone + self.later

    def summary(self) -> Html:
        """Which columns give the outcome away, and whom to ask what."""
        from playbook.evidence.words import count, plural

        looked = plural(len(self.features), "feature", "features")
        if self.others:
            looked += f" and {plural(len(self.others), 'further column', 'further columns')}"
        looked += " and the id" if self.id else ""
        lines = []
        for suspect in self.suspects:
            lines += [suspect.reason, suspect.ask]
        suspicious = {s.column for s in self.suspects}
        if not self.suspects:
            lines.append(f"No column gives the outcome away, of {looked}.")
        else:
            found = plural(len(suspicious), "is", "are").replace(",", "")
            lines.insert(0, f"Of {looked}, {found} suspect of knowing the outcome beforehand.")
        apart = {s.column for s in self.suspects} | {self.id}
        rest = [e for e in self.alone if (e.group or {})["column"] not in apart]
        if rest:
            name = (rest[0].group or {})["column"]
            coin = "" if self.amount else "; a coin has 0.5"
            lines.append(
                f"{'Otherwise the' if self.suspects else 'The'} most telling column is {name}: "
                f"{rules.told(rest[0], self.words)}{coin}."
            )
        if self.others:
            lines.append(f"Not named as features, but looked at: {', '.join(self.others)}.")
        if self.skipped:
            lines.append(f"Could not be looked at: {', '.join(self.skipped)}.")
        halves = self.halves if any(s.kind == "missingness" for s in self.suspects) else ""
        lines.append(f"Looked at in {count(self.n)} rows with a label.{halves}")
        return sentences(lines)

    def table(self) -> Html:
        """Every column looked at."""
        from playbook.evidence.words import brief, count

        remarks = {c: [s for s in self.suspects if s.column == c] for c in self._columns()}
        later = {(e.group or {})["column"]: e for e in self.later}
        alone = {(e.group or {})["column"]: e for e in self.alone}
        order = sorted(self._columns(), key=lambda c: (not remarks[c], -alone[c].value
                                                       if c in alone else 0.0))  # fmt: skip
        body = [
            [c, self._role(c),
             count(alone[c].n) if c in alone else "", brief(alone[c]) if c in alone else "",
             brief(later[c]) if c in later else "", "; ".join(_SHORT[s.kind] for s in remarks[c])]
            for c in order
        ]  # fmt: skip
        measure = "R² alone" if self.amount else "AUC alone"
        header = ["Column", "Role", "n", measure, "Later than the decision", "Suspect because"]
        note = (
            "R² alone: how much of the outcome's differences the column by itself explains; 0 is "
            "nothing, 1 is all."
            if self.amount
            else "AUC alone: chance that the column by itself tells which of two cases, one of "
            "each outcome, is which; 0.5 is a coin, 1 always."
        )
        return table("Could a column know the outcome?", header, body, numeric=(2, 3, 4), note=note)

    def chart(self) -> Html:
        """How well each column alone tells the outcome."""
        from playbook.evidence.figures import intervals as drawn

        loud = {s.column for s in self.suspects}
        items = [((e.group or {})["column"], e) for e in self.alone]
        title = f"No column of {len(items)} gives the outcome away"
        if loud:
            names = ", ".join(sorted(loud))
            title = f"Ask about {names}: {'it' if len(loud) == 1 else 'they'} may know the outcome"
        caption = "Chance that the column alone tells one outcome from the other; 0.5 is a coin."
        if self.amount:
            caption = "How much of the outcome's differences the column alone explains; 1 is all."
        bar = EXPLAINED if self.amount else ALONE
        return drawn(items, title=title, bar=bar, bar_label="too good to be true",
                     emphasis=loud, caption=caption)  # fmt: skip

    def _columns(self) -> list[str]:
        return [*self.features, *self.others, *([self.id] if self.id else [])]

    def _role(self, column: str) -> str:
        if column == self.id:
            return "id"
        return "feature" if column in self.features else "no role"


_SHORT: dict[Kind, str] = {
    "alone": "alone it tells the outcome",
    "missingness": "filled in for one outcome only",
    "later": "later than the decision",
    "running_number": "a running number tells the outcome",
}


def leakage(
    decisions: Decisions, confidence: float = 0.95, *, alone: float = ALONE, later: float = LATER
) -> Leakage:
    """Look for columns that hold the outcome, or what is known only after it.

    Looked at are the columns under ``features:`` and all that have no role at all; the id only for
    whether it follows the outcome. A column is suspect where (a) the lower limit of its AUC alone
    is at least `alone`, or of its R² alone 0.8 where the outcome is an amount; (b) it is filled in,
    or missing, for one outcome only (of amounts for the upper or the lower half); (c) it is a time
    after the decision in surely more than the share `later` of the rows; (d) it is the id or a
    running number and its AUC is surely at least 0.75 (its R² 0.25): the file is sorted by outcome,
    or ids were given afterwards. The kinds are those of Kaufman, Rosset and Perlich (2012), Leakage
    in data mining, ACM TKDD 6(4).

    Raises
    ------
    PlaybookError
        The product names no label with two values, nor an amount.
    """
    roles = decisions.table.columns
    named = roles.named()
    outputs = {roles.label, roles.score, roles.prediction, roles.weight, roles.time, roles.query}
    features = [c for c in roles.features if c not in outputs | {roles.id}]
    others = [c for c in decisions.columns if c not in named]
    looked = [*dict.fromkeys([*features, *others])]
    with_id = looked if roles.id is None else [*looked, roles.id]
    types = {c: decisions.rows[c].type() for c in with_id}
    counted = [c for c in with_id if can_be_counted(types[c])]
    cells = count_cells(decisions, counted) if counted else {}
    words, halves = decisions.product.words, ""
    amount = decisions.product.kind == "regression"
    if amount:
        found, counters = explained(decisions, counted, confidence)
        alone, running = EXPLAINED, RUNNING_EXPLAINED
        words = words.model_copy(update={"positive": "above the middle", "negative": "up to it"})
        halves = f" One outcome is a {roles.label} above the middle of all, the other one up to it."
    else:
        found = {c: e for c in counted if (e := rules.auc_alone(c, cells[c], confidence))}
        counters, running = frozenset(c for c in counted if cells[c].counter), RUNNING
    suspects = []
    for column in counted:
        e = found.get(column)
        if column == roles.id or column in counters:
            suspects += [rules.in_order(column, e, words)] if e and e.low >= running else []
        elif e and e.low >= alone:
            suspects.append(rules.given_away(column, e, words))
        if column != roles.id and (
            lacking := rules.one_sided(column, cells[column], words, confidence)
        ):
            suspects.append(lacking)
    times = rules.later_share(decisions, looked, confidence)
    suspects += [rules.afterwards(c, e) for c, e in times.items() if e.low > later]
    order = list(_SHORT)
    return Leakage(
        suspects=sorted(suspects, key=lambda s: (order.index(s.kind), -s.estimate.value)),
        alone=sorted(found.values(), key=lambda e: -e.value),
        later=list(times.values()),
        features=features,
        others=others,
        skipped=[c for c in looked if c not in counted],
        id=roles.id,
        n=max((sum(c.present[1::2]) for c in cells.values()), default=decisions.n_labelled),
        words=words,
        halves=halves,
    )
