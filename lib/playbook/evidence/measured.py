"""Estimates that are asked for by the name of their measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.errors import PlaybookError, did_you_mean
from playbook.estimate import Estimate


class Measured:
    """Something with `estimates`: ``found["recall"]`` is the one of that measure for everyone."""

    if TYPE_CHECKING:  # a field in some classes, which a property here would be a default of

        @property
        def estimates(self) -> list[Estimate]:
            """All of them."""

    def get(self, measure: str, **group: str) -> Estimate | None:
        """The estimate of `measure`, for everyone or for one group such as ``race="Black"``; None
        where it cannot be computed from this table."""
        wanted = group or None
        found = (e for e in self.estimates if e.measure == measure and e.group == wanted)
        return next(found, None)

    def __getitem__(self, measure: str) -> Estimate:
        found = self.get(measure)
        if found is None:
            known = [e.measure for e in self.estimates if not e.group]
            raise PlaybookError(
                f"this table gives no '{measure}'", remedy=did_you_mean(measure, known)
            )
        return found
