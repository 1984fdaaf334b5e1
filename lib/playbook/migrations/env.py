"""Alembic runs this file to apply migrations to the connection that the store hands over."""

from alembic import context

from playbook.migrations import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
