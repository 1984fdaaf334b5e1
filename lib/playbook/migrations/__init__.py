"""Shape of the store, version by version; each step is one file in ``versions/``.

To change the shape: add ``versions/0004_….py`` with ``down_revision = "0003"``, set `CURRENT` to
``"0004"`` and change the `Table` in ``playbook.tables``; a test compares the two on both databases.
"""

from __future__ import annotations

from threading import Lock

from sqlalchemy import Connection, text

CURRENT = "0003"
VERSION_TABLE = "playbook_version"
# Alembic hands the running migration to its files through module-level proxies.
_ONE_AT_A_TIME = Lock()


def stored_version(connection: Connection) -> str:
    """Version of the database behind `connection`, such as ``"0001"``; "" where it is new."""
    if not connection.dialect.has_table(connection, VERSION_TABLE):
        return ""
    return connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) or ""  # noqa: S608


def upgrade(connection: Connection, to: str = CURRENT) -> None:
    """Run the missing steps inside the transaction that `connection` is in."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "playbook:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        command.upgrade(config, to)
