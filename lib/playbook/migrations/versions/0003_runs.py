"""The append-only table of run records."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

SQLITE = [
    """CREATE TRIGGER run_record_update BEFORE UPDATE ON run_record
       BEGIN SELECT RAISE(ABORT, 'runs are only appended'); END""",
    """CREATE TRIGGER run_record_delete BEFORE DELETE ON run_record
       BEGIN SELECT RAISE(ABORT, 'runs are only appended'); END""",
    """CREATE TRIGGER run_record_replace BEFORE INSERT ON run_record
       WHEN EXISTS (SELECT 1 FROM run_record WHERE number = NEW.number)
       BEGIN SELECT RAISE(ABORT, 'runs are only appended'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION run_record_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'runs are only appended'; END $$""",
    """CREATE TRIGGER run_record_append_only
       BEFORE UPDATE OR DELETE OR TRUNCATE ON run_record
       FOR EACH STATEMENT EXECUTE FUNCTION run_record_append_only()""",
]


def upgrade() -> None:
    op.create_table(
        "run_record",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary()),
        sa.CheckConstraint("outcome IN ('done', 'failed')", name="outcome_known"),
        sa.CheckConstraint("fault IN ('', 'input', 'crash')", name="fault_known"),
        sa.CheckConstraint("(outcome = 'done') = (record IS NOT NULL)", name="record_where_done"),
        sqlite_autoincrement=True,
    )
    op.create_index("run_record_newest", "run_record", ["product", "playbook", "number", "outcome"])
    dialect = op.get_bind().dialect.name
    for statement in SQLITE if dialect == "sqlite" else POSTGRESQL:
        op.execute(sa.text(statement))
