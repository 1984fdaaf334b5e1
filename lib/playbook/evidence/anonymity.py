"""k-anonymity: how many rows look alike to somebody who knows a few facts about a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from playbook.errors import NoEvidence, PlaybookError, did_you_mean
from playbook.estimate import Estimate
from playbook.evidence import anonymitywords
from playbook.evidence.bands import band
from playbook.evidence.columns import is_missing
from playbook.evidence.display import Html
from playbook.evidence.measured import Measured
from playbook.evidence.tables import Decisions

MOST_COLUMNS = 12
_METHOD = "exact count of this table"


@dataclass(frozen=True)
class Classes:
    """Rows that are alike, by how many: nobody sees which.

    Attributes
    ----------
    sizes
        How many combinations (values) have so many rows (keys).
    """

    sizes: dict[int, int]

    @property
    def n(self) -> int:
        """Rows in total."""
        return sum(size * many for size, many in self.sizes.items())

    @property
    def smallest(self) -> int:
        """Rows of the rarest combination: the k of k-anonymity."""
        return min(self.sizes)

    def below(self, size: int) -> int:
        """Rows whose combination has fewer rows than `size`."""
        return sum(s * many for s, many in self.sizes.items() if s < size)


@dataclass(frozen=True)
class Anonymity(Measured):
    """How well rows hide among others with the same quasi-identifiers.

    Attributes
    ----------
    columns
        The quasi-identifiers.
    stated
        Whether product.yaml names them; else they are the group columns.
    binned, exact_numbers
        Those counted in the bands of product.yaml, and numbers or times counted as they stand.
    all
        Rows by all columns together.
    without
        Rows by all columns but this one.
    size
        Rows in a class that is large enough, by policy.
    """

    columns: list[str]
    stated: bool
    binned: list[str]
    exact_numbers: list[str]
    all: Classes
    without: dict[str, Classes]
    size: int
    cases: str
    note: str

    @property
    def smallest(self) -> Estimate:
        """Rows of the rarest combination."""
        return self._exact("smallest_class", self.all.smallest, unit="count")

    @property
    def unique(self) -> Estimate:
        """Share of rows that are alone with their combination."""
        return self._exact("share_unique", self.all.below(2) / self.all.n)

    @property
    def small(self) -> Estimate:
        """Share of rows in classes smaller than `size`."""
        return self._exact("share_in_small_classes", self.all.below(self.size) / self.all.n)

    @property
    def dropped(self) -> dict[str, Estimate]:
        """That share if a column were not there; the column that helps most first."""
        found = {
            column: self._exact("share_in_small_classes", classes.below(self.size) / classes.n,
                                group={"without": column})
            for column, classes in self.without.items()
        }  # fmt: skip
        return dict(sorted(found.items(), key=lambda pair: pair[1].value))

    @property
    def estimates(self) -> list[Estimate]:
        """k, the share alone, the share in small classes, and the latter without each column."""
        return [self.smallest, self.unique, self.small, *self.dropped.values()]

    def summary(self) -> Html:
        """How many rows stand out, by what, and what would hide them."""
        return anonymitywords.summary(self)

    def table(self) -> Html:
        """Rows by size of class, and what each column contributes; never a combination itself."""
        return anonymitywords.table_of(self)

    def chart(self) -> Html:
        """Rows in small classes with all columns, and without each."""
        return anonymitywords.chart(self)

    def _exact(
        self, measure: str, value: float, unit: str = "share", group: dict[str, str] | None = None
    ) -> Estimate:
        return Estimate(measure=measure, group=group, value=value, low=value, high=value,
                        n=self.all.n, unit=unit, method=_METHOD)  # fmt: skip


def anonymity(decisions: Decisions, size: int) -> Anonymity:
    """Count how many rows share each combination of the quasi-identifiers.

    k-anonymity is that of Samarati and Sweeney (1998). Columns are those under
    ``quasi_identifiers:``, else the groups; numbers fall into their ``bins:`` where there are some;
    a missing value is a value like any other. All rows count once, whatever their weight. The
    engine groups rows first by all columns, and groups those groups again for each column left out.

    Parameters
    ----------
    size
        Rows in a class that is large enough.

    Raises
    ------
    NoEvidence
        No columns are named, or more than 12.
    PlaybookError
        A column is not in the table.
    """
    table = decisions.table
    columns = _columns(decisions)
    stored = {column: decisions.rows[column] for column in columns}
    binned = [column for column in columns if column in table.bins]
    keys = {
        f"q{i}": _key(value, table.bins.get(column))
        for i, (column, value) in enumerate(stored.items())
    }
    classes = decisions.rows.select(**keys).aggregate(n=ibis._.count(), by=list(keys))
    names: list[str | None] = [None, *columns] if len(columns) > 1 else [None]
    parts = [_sizes(classes, [k for k in keys if k != f"q{i - 1}"], i) for i in range(len(names))]
    with decisions.source.query():
        frame = (ibis.union(*parts) if len(parts) > 1 else parts[0]).execute()
    found = {name: _classes(frame, i) for i, name in enumerate(names)}
    return Anonymity(
        columns=columns,
        stated=bool(table.columns.quasi_identifiers),
        binned=binned,
        exact_numbers=[c for c, value in stored.items() if c not in binned and _fine(value)],
        all=found[None],
        without={name: classes for name, classes in found.items() if name is not None},
        size=size,
        cases=decisions.product.words.cases,
        note=table.note,
    )


def _columns(decisions: Decisions) -> list[str]:
    roles = decisions.table.columns
    columns = list(dict.fromkeys(roles.quasi_identifiers or roles.groups))
    if not columns:
        raise NoEvidence(
            "nobody has said by which facts somebody could find a person's row",
            where=decisions.where,
            remedy="Name columns such as age, postcode and occupation under 'quasi_identifiers:'",
        )
    if len(columns) > MOST_COLUMNS:
        raise NoEvidence(
            f"{len(columns)} quasi-identifiers are named; with so many every row is alone",
            where=decisions.where,
            remedy=f"Name at most {MOST_COLUMNS}: what a neighbour, colleague or rival would know",
        )
    for column in columns:
        if column not in decisions.columns:
            raise PlaybookError(
                f"there is no column '{column}', which product.yaml names as quasi-identifier",
                where=decisions.where,
                remedy=did_you_mean(column, decisions.columns),
            )
    return columns


def _key(column: ir.Value, edges: list[float] | None) -> ir.Value:
    """What of a value somebody would know; null where it is missing, however that is written."""
    if edges:
        return band(column, edges)
    plain = column.type().is_primitive() or column.type().is_string()
    value = column if plain or column.type().is_temporal() else column.cast("string")
    return ibis.ifelse(is_missing(value), ibis.null(value.type()), value)


def _fine(column: ir.Value) -> bool:
    stored = column.type()
    number = stored.is_numeric() and not stored.is_boolean()
    return bool(number or stored.is_timestamp() or stored.is_date())


def _sizes(classes: ir.Table, keys: list[str], part: int) -> ir.Table:
    """How many combinations of `keys` have how many rows."""
    found = classes.aggregate(size=classes.n.sum(), by=keys)
    counted: Any = found.aggregate(many=found.count(), by=["size"])
    return counted.select(part=ibis.literal(part, "int16"), size=counted["size"].cast("int64"),
                          many=counted.many.cast("int64"))  # fmt: skip


def _classes(frame: pd.DataFrame, part: int) -> Classes:
    rows = frame[frame["part"] == part].sort_values("size")
    pairs = zip(rows["size"].tolist(), rows["many"].tolist(), strict=True)
    return Classes({int(size): int(many) for size, many in pairs})
