"""The tables of the store, exactly as the migrations make them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import sqlalchemy as sa

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What no database keeps in a text: NUL, and halves of characters."""


class Utc(sa.TypeDecorator[datetime]):
    """Times in UTC; SQLite forgets the zone, so it is put back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Before it is stored."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """After it is read."""
        return value and (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


METADATA = sa.MetaData()
_COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

REVISIONS = sa.Table(
    "answer_revision",
    METADATA,
    sa.Column("revision", _COUNTER, primary_key=True),
    *(
        sa.Column(name, sa.Text, nullable=False)
        for name in ("product", "playbook", "question", "sheet", "state", "respondent", "role")
    ),
    # JSON in ASCII: PostgreSQL's own JSON types would reorder, round, or refuse \u0000.
    sa.Column("value", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("at", Utc, nullable=False),
    sa.Index("answer_revision_newest", "product", "sheet", "playbook", "question", "revision"),
)

RUNS = sa.Table(
    "run_record",
    METADATA,
    sa.Column("number", _COUNTER, primary_key=True),
    *(
        sa.Column(name, sa.Text, nullable=False)
        for name in ("product", "playbook", "batch", "outcome", "key", "inputs")
    ),
    sa.Column("started", Utc, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("host", "error", "fault")),
    sa.Column("record", sa.LargeBinary),  # JSON, compressed by zlib
    # The outcome stands in it too, so that a search for done runs reads nothing but the index.
    sa.Index("run_record_newest", "product", "playbook", "number", "outcome"),
)
