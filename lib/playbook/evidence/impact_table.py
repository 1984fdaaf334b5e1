"""Impact ratios in the layout that New York City's Local Law 144 asks of a bias audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.counts import count
from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.groups import check_groups, favourable
from playbook.evidence.intervals import ratio_limits, ratio_method
from playbook.evidence.manyestimates import estimates
from playbook.evidence.performance import require
from playbook.evidence.spreadsheet import safe_csv
from playbook.evidence.tables import MISSING, Decisions

SMALL = 0.02
"""Categories below this share of the data may be left out of the ratio (6 RCNY § 5-301)."""
_SEX = {"sex", "gender"}
_RACE = {"race", "ethnicity", "race_ethnicity", "race/ethnicity"}
_NOTE = "This is the rules' layout with our intervals beside it. It is no legal advice."


@dataclass(frozen=True)
class Part:
    """One of the tables: the categories of a column, or of several together.

    Attributes
    ----------
    title
        Such as ``Race/ethnicity categories``.
    frame
        One row per category: the columns' values; ``applicants``, ``selected``, ``rate``;
        ``impact_ratio`` (the highest rate is 1) with ``low`` and ``high``; ``small`` for under 2 %
        of the table's known cases. NaN where no category has such a case.
    columns
        The group columns.
    unknown
        Cases whose category is not known in one of the columns.
    estimates
        The impact ratios but that of the highest rate.
    """

    title: str
    frame: pd.DataFrame
    columns: list[str]
    unknown: int
    estimates: list[Estimate]


@dataclass(frozen=True)
class ImpactTable:
    """Selection or scoring rates and impact ratios by category.

    Attributes
    ----------
    parts
        Sex and other single categories, race or ethnicity, then intersections.
    scored
        Whether a rate is the share that scores better than the median, instead of that selected.
    left_out
        Rows left out because they have no label.
    """

    parts: list[Part]
    scored: bool
    left_out: int

    @property
    def estimates(self) -> list[Estimate]:
        """All impact ratios."""
        return [e for part in self.parts for e in part.estimates]

    @property
    def frame(self) -> pd.DataFrame:
        """All tables under one another, with the rules' own column names."""
        return pd.concat([self._layout(part) for part in self.parts], ignore_index=True)

    def csv(self) -> str:
        """`frame` as CSV. Text that a spreadsheet would run as a formula is disarmed by ``'``."""
        notes = [f"{part.title}: {self._note(part)}" for part in self.parts]
        return safe_csv(self.frame, [*notes, _NOTE])

    def tables(self) -> list[Html]:
        """One table per part, with the number of cases of unknown category below it."""
        return [self._shown(part) for part in self.parts]

    def table(self) -> Html:
        """All tables under one another."""
        return stack(*self.tables(), sentences([_NOTE]))

    def summary(self) -> Html:
        """The lowest impact ratio of each table."""
        lines = []
        for part in self.parts:
            lowest = min(part.estimates, key=lambda e: e.value, default=None)
            if lowest is not None and lowest.group:
                who = " · ".join(lowest.group.values())
                lines.append(
                    f"{part.title}: {who} has the lowest impact ratio, {words.brief(lowest)}."
                )
        return sentences([*(lines or ["There are no two categories to compare."]), _NOTE])

    def _names(self) -> tuple[str, str]:
        return (
            ("# better than median", "scoring rate")
            if self.scored
            else ("# selected", "selection rate")
        )

    def _layout(self, part: Part) -> pd.DataFrame:
        counted, rate = self._names()
        f = part.frame
        return pd.DataFrame(
            {
                "table": part.title,
                "category": [" / ".join(map(str, row)) for row in f[part.columns].to_numpy()],
                "# of applicants": f["applicants"],
                counted: f["selected"],
                rate: f["rate"],
                "impact ratio": f["impact_ratio"],
                "impact ratio, interval from": f["low"],
                "to": f["high"],
                "under 2 % of the data": f["small"],
            }
        )

    def _shown(self, part: Part) -> Html:
        header = [*(c.replace("_", " ").capitalize() for c in part.columns), "# of applicants",
                  *self._names(), "impact ratio", "interval"]  # fmt: skip
        lines = []
        for row in part.frame.to_dict("records"):
            low, high = row["low"], row["high"]
            lines.append(
                [
                    *(str(row[c]) for c in part.columns),
                    words.count(row["applicants"]) + (" *" if row["small"] else ""),
                    words.count(row["selected"]),
                    f"{100 * row['rate']:.1f} %",
                    _three(row["impact_ratio"]),
                    "–" if np.isnan(low) else f"{_three(low)} to {_three(high)}",
                ]
            )
        width = len(part.columns)
        return table(part.title, header, lines, range(width, width + 5), self._note(part))

    def _note(self, part: Part) -> str:
        unknown = words.plural(part.unknown, "case is", "cases are")
        said = [f"{unknown} not in this table, as the category is unknown."]
        if self.scored:
            said.append("Scoring rate: share with a better score than the median of all.")
        if part.frame["small"].any():
            said.append("* under 2 % of the data: the rules let an auditor leave its ratio out.")
        if self.left_out:
            said.append(f"{words.plural(self.left_out, 'row', 'rows')} without a label left out.")
        return " ".join(said)


def impact_table(
    decisions: Decisions,
    columns: Sequence[str] | None = None,
    scored: bool = False,
    exclude_small: bool = False,
    confidence: float = 0.95,
) -> ImpactTable:
    """Rates and impact ratios of each category (6 RCNY § 5-301, on NYC Admin. Code § 20-871).

    The impact ratio is a category's rate divided by the highest one of the table; its interval is
    MOVER-R's (Donner and Zou 2012). Rows count once each, whatever their weight: the rules count
    people. The layout is the one of the examples in the rules; it is no legal advice.

    Parameters
    ----------
    columns
        Group columns, all by default. Intersections are the stated ones of these, else each pair.
    scored
        Whether to show the share with a score better than the median of all, instead of the share
        selected. Better is lower where the score is the chance of the unfavourable outcome.
    exclude_small
        Whether categories of under 2 % of the data get no ratio and are no yardstick, which the
        rules leave to the auditor. They are listed either way.

    Raises
    ------
    PlaybookError
        There is no decision, score or favourable value, or a column is not a group column.
    """
    require(decisions, "score" if scored else "prediction")
    good_is_positive = favourable(decisions)
    names = list(decisions.table.columns.groups if columns is None else columns)
    check_groups(decisions, names)
    counted = (_scores if scored else _selections)(decisions, names, good_is_positive)
    names.sort(key=lambda name: (name.casefold() not in _SEX, name.casefold() in _RACE))
    stated = decisions.table.intersections
    pairs = combinations(names, 2) if stated is None else stated
    families = [[name] for name in names] + [list(p) for p in pairs if set(p) <= set(names)]
    parts = [_part(counted, f, decisions, exclude_small, confidence) for f in families]
    return ImpactTable(parts, scored, decisions.unlabelled)


def _selections(decisions: Decisions, names: list[str], good_is_positive: bool) -> pd.DataFrame:
    frame = count(decisions, by=names).frame
    rows = frame["rows"] if "rows" in frame else frame["n"]
    chosen = frame["prediction"] == good_is_positive
    return frame[names].assign(applicants=rows, selected=rows.where(chosen, 0))


def _scores(decisions: Decisions, names: list[str], good_is_positive: bool) -> pd.DataFrame:
    """Two queries: the exact median of the scores, then who is on the better side of it."""
    cases = decisions.cases
    with decisions.source.query():
        median = float(cases["score"].median().execute())
        better = cases["score"] > median if good_is_positive else cases["score"] < median
        counted = cases.group_by(names).aggregate(applicants=cases.count(), selected=better.sum())
        frame = counted.execute()
    return frame.astype({"applicants": "int64", "selected": "int64"})


def _part(
    counted: pd.DataFrame,
    columns: list[str],
    decisions: Decisions,
    exclude_small: bool,
    confidence: float,
) -> Part:
    added = counted.groupby(columns, as_index=False)[["applicants", "selected"]].sum()
    known = ~(added[columns] == MISSING).any(axis=1)
    unknown, frame = int(added.loc[~known, "applicants"].sum()), added[known]
    frame = frame.sort_values(columns, key=lambda s: _places(s, decisions), ignore_index=True)
    k, n = frame["selected"].to_numpy(float), frame["applicants"].to_numpy(float)
    rate, small = k / n, n < SMALL * n.sum()
    judged = ~small if exclude_small else np.ones(len(n), bool)
    value, low, high = (np.full(len(n), np.nan) for _ in range(3))
    made: list[Estimate] = []
    if judged.any() and rate[judged].max() > 0:
        best = int(np.argmax(np.where(judged, rate, -1)))
        value, low, high = ratio_limits(k, n, k[best], n[best], confidence)
        value = np.where(judged, value, np.nan)
        beside = judged & (np.arange(len(n)) != best)
        low, high = np.where(beside, low, np.nan), np.where(beside, high, np.nan)
        groups = frame.loc[beside, columns].to_dict("records")
        against = " · ".join(str(frame[c].iloc[best]) for c in columns)
        method = f"{ratio_method(False, confidence)} against {against}, the highest rate"
        found = estimates(
            "impact_ratio",
            groups,
            value[beside],
            low[beside],
            high[beside],
            n[beside] + n[best],
            [method] * len(groups),
            "ratio",
        )
        made = [e for e in found if e is not None]
    frame = frame.assign(rate=rate, impact_ratio=value, low=low, high=high, small=small)
    return Part(_title(columns), frame, columns, unknown, made)


def _places(values: pd.Series, decisions: Decisions) -> pd.Series:
    """Where each category stands: as stated for bands, else by name."""
    order = decisions.group_order.get(str(values.name), ())
    shown = [*order, *sorted(set(values) - set(order))]
    return values.map({name: i for i, name in enumerate(shown)})


def _title(columns: list[str]) -> str:
    if len(columns) > 1:
        return "Intersectional categories: " + " × ".join(c.replace("_", " ") for c in columns)
    (column,) = columns
    name = "race/ethnicity" if column.casefold() in _RACE else column.replace("_", " ")
    return f"{name.capitalize()} categories"


def _three(ratio: float) -> str:
    return "–" if np.isnan(ratio) else f"{ratio:.3f}"
