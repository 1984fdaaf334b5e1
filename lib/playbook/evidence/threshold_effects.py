"""What each threshold does to each group: who is selected, who is wronged, who slips through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.errors import PlaybookError
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table
from playbook.evidence.group_thresholds import threshold_cells
from playbook.evidence.groupwords import label, people
from playbook.evidence.intervals import proportion_methods, proportions
from playbook.evidence.manyestimates import estimates
from playbook.evidence.tables import MISSING, Decisions
from playbook.product import Words

MEASURES = ("selection_rate", "wrongly_denied_rate", "wrongly_approved_rate")


@dataclass(frozen=True)
class ThresholdEffects:
    """Rates of each group at each threshold.

    Attributes
    ----------
    frame
        One row per threshold and group: ``threshold, group, n, n_favourable``, and for
        ``selection_rate``, ``wrongly_denied_rate`` (of those whose label is favourable) and
        ``wrongly_approved_rate`` (of the others) the value, ``…_low``, ``…_high`` and ``…_n``. NaN
        where a group has no such case.
    column
        The group column.
    current
        The threshold in use.
    minimum_n
        Cases a group needs to be judged.
    favourable, unfavourable
        The two outcomes in the product's words.
    """

    frame: pd.DataFrame
    column: str
    current: float | None
    minimum_n: int
    favourable: str
    unfavourable: str
    words: Words
    methods: Mapping[str, list[str]]

    @property
    def estimates(self) -> list[Estimate]:
        """All rates; the group of each also names the ``threshold``."""
        groups = [
            {self.column: group, "threshold": _name(threshold)}
            for group, threshold in zip(self.frame["group"], self.frame["threshold"], strict=True)
        ]
        found: list[Estimate] = []
        for measure in MEASURES:
            value, low, high, n = (
                self.frame[f"{measure}{side}"].to_numpy(float)
                for side in ("", "_low", "_high", "_n")
            )
            made = estimates(measure, groups, value, low, high, n, self.methods[measure])
            found += [e for e in made if e is not None]
        return found

    def summary(self) -> Html:
        """At which threshold the groups are furthest apart, and at which nearest."""
        thresholds, gaps = self._gaps("wrongly_denied_rate")
        if not len(gaps):
            return sentences(["No two groups are large enough to compare at these thresholds."])
        lines = [self._told(thresholds[gaps.argmax()], "furthest apart")]
        if len(gaps) > 1:
            lines.append(self._told(thresholds[gaps.argmin()], "nearest to each other"))
        few = list(dict.fromkeys(self.frame.loc[self._few(), "group"]))
        if few:
            names = ", ".join(map(str, few))
            lines.append(
                f"Too few to judge: {names}. {words.count(self.minimum_n)} "
                f"{self.words.cases} of each who should be {self.favourable} would do."
            )
        return sentences(lines)

    def table(self) -> Html:
        """Every group at every threshold."""
        good, bad = self.favourable, self.unfavourable
        header = ["Threshold", "Group", "n", good.capitalize(), f"Wrongly {bad}", f"Wrongly {good}"]
        by_row: dict[tuple[str, str], dict[str, Estimate]] = {}
        for e in self.estimates:
            assert e.group is not None
            by_row.setdefault((e.group["threshold"], e.group[self.column]), {})[e.measure] = e
        few, lines = self._few().tolist(), []
        rows: list[Any] = list(self.frame.itertuples())
        for row, small in zip(rows, few, strict=True):
            told = by_row.get((_name(row.threshold), str(row.group)), {})
            name = label({self.column: str(row.group)}) + (" (too few)" if small else "")
            rates = [words.brief(told[m]) if m in told else "–" for m in MEASURES]
            now = ", today" if row.threshold == self.current else ""
            lines.append([f"{row.threshold:.4g}{now}", name, words.count(row.n), *rates])
        note = (
            f"{good.capitalize()}: share of n. Wrongly {bad}: share {bad} of those who should be "
            f"{good}. Wrongly {good}: share {good} of those who should be {bad}. Too few: under "
            f"{words.count(self.minimum_n)} {self.words.cases}, or so many who should be {good}."
        )
        numeric = {0, 2, 3, 4, 5}
        return table("What each threshold does to each group", header, lines, numeric, note)

    def chart(self, measure: str = "wrongly_denied_rate") -> Html:
        """One measure over the thresholds, a line with its interval for each large group."""
        from playbook.evidence.lines import band

        if measure not in MEASURES:
            raise PlaybookError(
                f"there is no line for '{measure}'", remedy=f"Ask for one of {', '.join(MEASURES)}"
            )
        shown = self.frame[~self._few()]
        data = pd.DataFrame(
            {
                "x": shown["threshold"],
                "value": shown[measure],
                "low": shown[f"{measure}_low"],
                "high": shown[f"{measure}_high"],
                "series": shown["group"],
            }
        )
        what = {
            "selection_rate": self.favourable,
            "wrongly_denied_rate": f"wrongly {self.unfavourable}",
            "wrongly_approved_rate": f"wrongly {self.favourable}",
        }[measure]
        return band(
            data,
            title=self._title(measure, what),
            x_title="threshold of the score",
            y_title=f"share {what}",
            x_format=".2f",
            y_format=".0%",
            marks=[(self.current, "today")] if self.current is not None else [],
            caption=f"By {self.column.replace('_', ' ')}; bands are the intervals of each rate.",
        )

    def _few(self) -> pd.Series:
        return self.frame[["n", "n_favourable"]].min(axis=1).round() < max(self.minimum_n, 1)

    def _gaps(self, measure: str) -> tuple[np.ndarray, np.ndarray]:
        """Thresholds, and the distance from the lowest rate of a group with a name to the highest
        rate of another group: a missing group may be far off, but is no yardstick."""
        large = self.frame[~self._few()].dropna(subset=[measure])
        highest = large.groupby("threshold")[measure].agg(["max", "size"])
        lowest = large[large["group"] != MISSING].groupby("threshold")[measure].min()
        gaps = (highest["max"] - lowest)[highest["size"] > 1].dropna()
        return gaps.index.to_numpy(float), gaps.to_numpy(float)

    def _ends(self, threshold: float, measure: str) -> tuple[Estimate, Estimate]:
        """The highest rate, and the lowest of another group with a name, at a threshold."""
        large = self.frame[~self._few() & (self.frame["threshold"] == threshold)]
        by_group = {
            e.group[self.column]: e
            for e in self.estimates
            if e.measure == measure and e.group and e.group["threshold"] == _name(threshold)
        }
        found = [by_group[name] for name in large["group"] if name in by_group]
        named = [e for e in found if e.group and e.group[self.column] != MISSING]
        least = min(named, key=lambda e: e.value)
        return max((e for e in found if e is not least), key=lambda e: e.value), least

    def _told(self, threshold: float, how: str) -> str:
        most, least = self._ends(threshold, "wrongly_denied_rate")
        who = [people({self.column: (e.group or {})[self.column]}, self.words.cases)
               for e in (most, least)]  # fmt: skip
        return (
            f"At {threshold:.2g} the groups are {how}: of all {who[0]} who should be "
            f"{self.favourable}, {words.natural(most)} would be {self.unfavourable}; of {who[1]}, "
            f"{words.natural(least)}."
        )

    def _title(self, measure: str, what: str) -> str:
        thresholds, gaps = self._gaps(measure)
        if not len(gaps):
            return "No two groups are large enough to compare"
        at = thresholds[gaps.argmax()]
        most, least = self._ends(at, measure)
        if most.low <= least.high:
            return f"At no threshold are groups surely apart in how many are {what}"
        names = [(e.group or {})[self.column] for e in (most, least)]
        return f"{names[0]} and {names[1]} are furthest apart at {at:.2g} in how many are {what}"


def threshold_effects(
    decisions: Decisions,
    thresholds: Sequence[float],
    column: str,
    minimum_n: int = 1,
    confidence: float = 0.95,
) -> ThresholdEffects:
    """Rates of the groups in `column` at each of `thresholds`, from one query.

    Every rate has Wilson's interval, the exact one under 40 cases. Where scores are binned,
    thresholds move up to the next bin's edge, at which counts are exact. Groups below `minimum_n`
    are listed, and neither drawn nor compared.

    Raises
    ------
    PlaybookError
        There is no label, score or favourable value, `column` is not a group column, or no
        threshold is given.
    """
    if not len(thresholds):
        raise PlaybookError("no threshold is given", remedy="Give some between 0 and 1")
    counts, points, cells = threshold_cells(decisions, column, thresholds)
    order = {name: i for i, name in enumerate(decisions.group_order.get(column, ()))}
    names = sorted(cells, key=lambda g: (g == MISSING, order.get(g, len(order)), g))
    # Sums of weights are rounded, so that none and all are exactly that.
    parts = {
        c: np.stack([cells[g][c] for g in names], axis=1).ravel().round(9)
        for c in ("n", "favourable", "selected", "denied")
    }
    n, good, selected, denied = parts.values()
    bad = (n - good).round(9)
    approved = np.clip((selected - good + denied).round(9), 0, bad)
    columns: dict[str, object] = {
        "threshold": np.repeat(points, len(names)),
        "group": names * len(points),
        "n": n,
        "n_favourable": good,
    }
    methods: dict[str, list[str]] = {}
    pairs = ((selected, n), (denied, good), (approved, bad))
    for measure, (k, whole) in zip(MEASURES, pairs, strict=True):
        value, low, high = proportions(k, whole, confidence)
        columns |= {measure: value, f"{measure}_low": low, f"{measure}_high": high}
        columns |= {f"{measure}_n": whole}
        methods[measure] = [m + counts.how for m in proportion_methods(whole, confidence)]
    product = decisions.product.words
    outcomes = (product.negative, product.positive)
    best, worst = outcomes[::-1] if decisions.favourable_is_positive else outcomes
    return ThresholdEffects(
        pd.DataFrame(columns), column, counts.threshold, minimum_n, best, worst, product, methods
    )


def _name(threshold: float) -> str:
    """A threshold as text that no other one has."""
    return f"{threshold:.12g}"
