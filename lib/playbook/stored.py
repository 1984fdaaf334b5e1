"""What the stores of answers and of runs have in common: one database, opened and closed."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import sqlalchemy as sa

from playbook.database import Database

FILE = "playbook.db"


class Stored:
    """A part of the store, in SQLite or PostgreSQL.

    Attributes
    ----------
    place
        How messages name the database: never with a password.
    """

    def __init__(self, url: str | sa.URL) -> None:
        self._database = Database(url)
        self.place = self._database.place

    @classmethod
    def in_folder(cls, workspace: Path) -> Self:
        """The part in the SQLite store ``playbook.db`` of a workspace; the folder must exist."""
        return cls(sa.URL.create("sqlite", database=str(Path(workspace) / FILE)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.place!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; a later use opens new ones."""
        self._database.close()
