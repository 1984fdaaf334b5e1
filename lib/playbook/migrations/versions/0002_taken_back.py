"""An answer can be taken back: the state *open*, which stands for no answer."""

from importlib import import_module

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TABLE = "answer_revision"
KNOWN = "state IN ('answered', 'unknown', 'not_applicable', 'open')"
VALUED = "(state = 'answered') = (value IS NOT NULL)"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("state_known", TABLE, type_="check")
        op.create_check_constraint("state_known", TABLE, KNOWN)
        return
    # SQLite cannot change a constraint: the table is copied, and what a copy loses is made anew.
    with op.batch_alter_table(
        TABLE, recreate="always", table_kwargs={"sqlite_autoincrement": True}
    ) as batch:
        batch.create_check_constraint("state_known", KNOWN)
        batch.create_check_constraint("value_where_answered", VALUED)
    for statement in import_module("playbook.migrations.versions.0001_answers").SQLITE:
        op.execute(sa.text(statement))
