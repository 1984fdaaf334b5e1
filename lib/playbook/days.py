"""Days as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime


def day(moment: date | datetime) -> str:
    """``12 March 2027``; moments are told in UTC, so that a report reads the same everywhere."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
