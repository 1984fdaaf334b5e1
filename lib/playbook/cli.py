"""The ``playbook`` command. Heavy imports wait until a command needs them."""

from __future__ import annotations

import sys

from playbook import commands
from playbook.commands.base import app, complain
from playbook.errors import PlaybookError

__all__ = ["app", "commands", "main"]


def main() -> None:
    """Run the command; a fault the user can put right is one sentence and exit status 2."""
    try:
        app()
    except PlaybookError as error:
        complain(str(error))
        sys.exit(2)


if __name__ == "__main__":
    main()
