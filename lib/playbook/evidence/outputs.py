"""Captured outputs: what systems answered to which question, and how each answer was rated."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence, PlaybookError, did_you_mean
from playbook.evidence.columnchecks import check_columns, number
from playbook.evidence.csvfile import no_rows
from playbook.evidence.ratings import ratings
from playbook.evidence.roles import group_text
from playbook.evidence.sources import Source, open_source
from playbook.product import Product, Table
from playbook.tableparts import Columns, Criterion

SHOWN = 600
"""Characters of a text that are kept to be shown."""
_NUMBERS = ("latency", "cost")
_TEXTS = ("input", "output")


@dataclass(frozen=True)
class Excluded:
    """Rows or ratings that count nowhere: how many, and a sentence that says which and why."""

    reason: str
    n: int
    sentence: str


@dataclass(frozen=True)
class Outputs:
    """Captured outputs, one row for each answer.

    Attributes
    ----------
    table
        As product.yaml declares it; for a log of another tool, as the log declares itself.
    source
        Where the rows come from; None for a log, which is no table.
    where
        How errors and sentences name it.
    frame
        One row for each answer, in the order stored: ``id``, ``prompt``, ``system``, ``repeat``
        (text; one system or a single try where no column says so), ``error`` (text, empty where the
        tool did not fail), ``latency``, ``cost`` (floats, NaN where unknown), ``failure`` (text,
        empty where none was found), ``input`` and ``output`` (their first 600 characters), the
        groups as ``group_0`` and so on, and each rating column, stored under its own name with
        ``rating:`` before it: 1 passes, 0 fails, NaN is no rating.
    criteria
        What the answers are rated by.
    faults
        For each criterion why a row has no rating, where the tool says so: ``crashed`` (the check
        itself failed), ``unscored``, ``cancelled``; text, empty elsewhere.
    excluded
        What was left out on the way here.
    """

    table: Table
    source: Source | None
    where: str
    frame: pd.DataFrame
    criteria: dict[str, Criterion]
    faults: dict[str, pd.Series] = field(default_factory=dict)
    excluded: tuple[Excluded, ...] = ()

    @cached_property
    def systems(self) -> list[str]:
        """Names of the systems, the current one first, the one without AI last."""
        names = sorted(self.frame["system"].unique())
        current, baseline = self.current, self.table.baseline_system
        return sorted(names, key=lambda s: (s != current, s == baseline, s))

    @cached_property
    def current(self) -> str:
        """The system that the product would launch with."""
        if self.table.current:
            return self.table.current
        names = sorted(set(self.frame["system"]) - {self.table.baseline_system})
        return names[-1] if names else str(self.frame["system"].iloc[0])

    @property
    def groups(self) -> list[str]:
        """The columns that answers are told apart by, in the order of ``group_0`` and so on."""
        return self.table.columns.groups

    def rated(self, name: str) -> pd.DataFrame:
        """The answers that the criterion `name` concerns and that are answers at all.

        Returns
        -------
        DataFrame
            Beside ``prompt``, ``system``, ``repeat`` and the groups: ``person_0`` and so on (one
            for each person), ``people`` (the share of people who pass it), ``judge`` and
            ``check``; 1 passes, 0 fails, NaN is no rating. The index is that of `frame`.
        """
        criterion = self.criteria[name]
        chosen = self.frame[self.concerned(name) & (self.frame["error"] == "")]
        groups = [f"group_{i}" for i in range(len(self.groups))]
        found = chosen[["prompt", "system", "repeat", *groups]].copy()
        for i, column in enumerate(criterion.people):
            found[f"person_{i}"] = chosen[f"rating:{column}"]
        people = [f"person_{i}" for i in range(len(criterion.people))]
        found["people"] = found[people].mean(axis=1) if people else np.nan
        for role in ("judge", "check"):
            column = getattr(criterion, role)
            found[role] = chosen[f"rating:{column}"] if column else np.nan
        return found

    def concerned(self, name: str) -> pd.Series:
        """Which rows of `frame` the criterion `name` concerns."""
        rows = pd.Series(True, index=self.frame.index)
        for column, values in self.criteria[name].where.items():
            group = f"group_{self.groups.index(column)}"
            rows &= self.frame[group].str.casefold().isin([v.casefold() for v in values])
        return rows

    @cached_property
    def accepted(self) -> pd.Series:
        """Whether each answer meets every required criterion that concerns it: 1, 0, or NaN where a
        rating is missing that could decide it. People go before a check, a check before a judge;
        where people are split, the answer is not accepted. No answer at all is not accepted."""
        worst = pd.Series(np.nan, index=self.frame.index)
        unknown = pd.Series(False, index=self.frame.index)
        for name, criterion in self.criteria.items():
            if not criterion.required:
                continue
            rows = self.rated(name)
            said = rows["people"].fillna(rows["check"]).fillna(rows["judge"])
            met = said.where(said.isna(), (said > 0.5).astype(float)).reindex(self.frame.index)
            worst = worst.combine(met, np.fmin)
            unknown |= self.concerned(name) & met.isna()
        worst[unknown & (worst != 0)] = np.nan
        worst[self.frame["error"] != ""] = 0.0
        return worst


def open_outputs(product: Product) -> Outputs:
    """Open the table ``outputs`` of `product`.

    Raises
    ------
    NoEvidence
        There is no such table, or product.yaml does not say what is rated.
    PlaybookError
        It cannot be read, or a rating is no rating.
    """
    table = product.tables.get("outputs")
    if table is None:
        raise NoEvidence(
            f"{product.name} has no captured outputs yet",
            remedy="Have it answer a few hundred real questions, have people rate the answers, and "
            "name the table in product.yaml under 'tables: outputs:'",
        )
    where = str(product.folder / "product.yaml")
    if table.columns.prompt is None:
        raise NoEvidence(
            "product.yaml does not say which column of the outputs holds the question asked",
            where=where,
            remedy="Add 'prompt:' under 'columns:' of the table 'outputs'",
        )
    if not table.criteria:
        raise NoEvidence(
            "product.yaml does not say what makes an answer good",
            where=where,
            remedy="Add 'criteria:' to the table 'outputs', each with 'says:' and the columns that "
            "hold its ratings",
        )
    for name, criterion in table.criteria.items():
        for column in criterion.where:
            if column not in table.columns.groups:
                raise PlaybookError(
                    f"the criterion '{name}' concerns some values of '{column}', which is not "
                    "one of the columns under 'groups:'",
                    where=where,
                    remedy=did_you_mean(column, table.columns.groups),
                )
    source = open_source(table, product.folder)
    with source.query():
        frame = _read(source, table)
    return checked(Outputs(table, source, source.where, frame, dict(table.criteria)))


def checked(outputs: Outputs) -> Outputs:
    """The same outputs, where the systems that product.yaml names are among them."""
    names = sorted(outputs.frame["system"].unique())
    for role in ("current", "baseline_system"):
        wanted = getattr(outputs.table, role)
        if wanted is not None and wanted not in names:
            raise PlaybookError(
                f"no answer is by the system '{wanted}', which product.yaml names as '{role}:'",
                where=outputs.where,
                remedy=did_you_mean(wanted, names),
            )
    return outputs


def _read(source: Source, table: Table) -> pd.DataFrame:
    rows, roles = source.rows, table.columns
    check_columns(rows, table, source.where)
    rated = [column for c in table.criteria.values() for column in c.columns]
    for column in rated:
        if column not in rows.columns:
            raise PlaybookError(
                f"there is no column '{column}', which product.yaml names under 'criteria:'",
                where=source.where,
                remedy=did_you_mean(column, rows.columns),
            )
    wanted = {role: group_text(rows[c]) for role, c in _single(roles) if role not in _TEXTS}
    wanted |= {role: number(rows[c]) for role, c in _single(roles) if role in _NUMBERS}
    wanted |= {
        role: rows[c].cast("string").substr(0, SHOWN)
        for role, c in _single(roles)
        if role in _TEXTS
    }
    for role in ("error", "failure"):
        if column := getattr(roles, role):
            wanted[role] = rows[column].cast("string").fill_null("")
    wanted |= {f"group_{i}": group_text(rows[c]) for i, c in enumerate(roles.groups)}
    wanted |= {f"rating:{c}": rows[c] for c in rated}
    frame = rows.select(**wanted).execute()
    if frame.empty:
        raise no_rows(source.where)
    for criterion in table.criteria.values():
        for column in criterion.columns:
            stored = frame[f"rating:{column}"]
            frame[f"rating:{column}"] = ratings(stored, criterion, source.where, column)
    usual: dict[str, object] = {"system": "the product", "repeat": "1", "error": "", "failure": ""}
    usual |= {"id": [str(i + 1) for i in range(len(frame))], "latency": np.nan, "cost": np.nan}
    for role, value in usual.items():
        if role not in frame:
            frame[role] = value
    for role in _TEXTS:
        frame[role] = frame[role].fillna("") if role in frame else ""
    return frame


def _single(roles: Columns) -> list[tuple[str, str]]:
    kept = ("id", "prompt", "system", "repeat", *_TEXTS, *_NUMBERS)
    return [(role, column) for role in kept if (column := getattr(roles, role))]
