"""The append-only table of answers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# A REPLACE deletes without firing the DELETE trigger, hence the third one.
SQLITE = [
    """CREATE TRIGGER answer_revision_update BEFORE UPDATE ON answer_revision
       BEGIN SELECT RAISE(ABORT, 'answers are only appended'); END""",
    """CREATE TRIGGER answer_revision_delete BEFORE DELETE ON answer_revision
       BEGIN SELECT RAISE(ABORT, 'answers are only appended'); END""",
    """CREATE TRIGGER answer_revision_replace BEFORE INSERT ON answer_revision
       WHEN EXISTS (SELECT 1 FROM answer_revision WHERE revision = NEW.revision)
       BEGIN SELECT RAISE(ABORT, 'answers are only appended'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION answer_revision_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'answers are only appended'; END $$""",
    """CREATE TRIGGER answer_revision_append_only
       BEFORE UPDATE OR DELETE OR TRUNCATE ON answer_revision
       FOR EACH STATEMENT EXECUTE FUNCTION answer_revision_append_only()""",
]


def upgrade() -> None:
    op.create_table(
        "answer_revision",
        sa.Column(
            "revision",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("respondent", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('answered', 'unknown', 'not_applicable')", name="state_known"
        ),
        sa.CheckConstraint(
            "(state = 'answered') = (value IS NOT NULL)", name="value_where_answered"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "answer_revision_newest",
        "answer_revision",
        ["product", "sheet", "playbook", "question", "revision"],
    )
    dialect = op.get_bind().dialect.name
    for statement in SQLITE if dialect == "sqlite" else POSTGRESQL:
        op.execute(sa.text(statement))
