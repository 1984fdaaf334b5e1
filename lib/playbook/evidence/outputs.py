"""Captured outputs: what systems answered to which question, and how each answer was rated."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence, PlaybookError, did_you_mean
from playbook.evallogs.log import Excluded as Excluded
from playbook.evallogs.log import Total
from playbook.evidence.capturedlog import is_log, read_captured
from playbook.evidence.capturedtable import SHOWN as SHOWN
from playbook.evidence.capturedtable import TEXTS, read_table
from playbook.evidence.sources import Source, open_source
from playbook.product import Product, Table
from playbook.tableparts import Criterion


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
    totals, notes
        For a log the tool's own totals beside ours, and what a reader has to know of it.
    """

    table: Table
    source: Source | None
    where: str
    frame: pd.DataFrame
    criteria: dict[str, Criterion]
    faults: dict[str, pd.Series] = field(default_factory=dict)
    excluded: tuple[Excluded, ...] = ()
    totals: tuple[Total, ...] = ()
    notes: tuple[str, ...] = ()

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
        """Whether each answer meets every required criterion that concerns it: 1 or 0; NaN where a
        rating is missing, and where there is no answer at all.

        People go before a check, a check before a judge, and a judge counts only where no person
        was to rate: what people left out stays open, instead of being filled in by somebody more
        lenient. Where people are split, the answer is not accepted. An answer that fails one
        criterion stays open where another was not rated: counting it would count failures only.
        Rows that no criterion of quality concerns, such as attacks, count nowhere here: how many
        were tried is the tester's choice, and no average makes up for one that succeeds.
        """
        met = pd.Series(np.nan, index=self.frame.index)
        unknown = self.frame["error"] != ""
        for name, criterion in self.criteria.items():
            if not criterion.required:
                continue
            rows = self.rated(name)
            said = rows["people"].fillna(rows["check"])
            if not criterion.people:
                said = said.fillna(rows["judge"])
            passed = said.where(said.isna(), (said > 0.5).astype(float)).reindex(met.index)
            met = met.combine(passed, np.fmin)
            unknown |= self.concerned(name) & passed.isna()
        quality = [n for n, c in self.criteria.items() if c.required and c.kind == "quality"]
        if quality:
            unknown |= ~np.logical_or.reduce([self.concerned(name) for name in quality])
        return met.mask(unknown)


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
    if is_log(table.source):
        return _from_log(table, product.folder)
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
    _check_groups(table, where)
    source = open_source(table, product.folder)
    with source.query():
        frame = read_table(source, table)
    return checked(Outputs(table, source, source.where, frame, dict(table.criteria)))


def _from_log(table: Table, folder: Path) -> Outputs:
    _check_groups(table, str(folder / "product.yaml"))
    declared, frame, log = read_captured(table, folder)
    for role in TEXTS:
        frame[role] = frame[role].str.slice(0, SHOWN)
    return checked(
        Outputs(
            declared, None, log.where, frame, dict(declared.criteria), log.faults(),
            log.excluded, log.totals, log.notes,
        )
    )  # fmt: skip


def _check_groups(table: Table, where: str) -> None:
    for name, criterion in table.criteria.items():
        for column in criterion.where:
            if column not in table.columns.groups:
                raise PlaybookError(
                    f"the criterion '{name}' concerns some values of '{column}', which is not "
                    "one of the columns under 'groups:'",
                    where=where,
                    remedy=did_you_mean(column, table.columns.groups),
                )


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
