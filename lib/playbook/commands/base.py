"""The ``playbook`` command itself, and what its parts share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="playbook",
    help="AI product playbooks: claims, evidence and policy in one notebook, live and in batch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        envvar="PLAYBOOK_WORKSPACE",
        help="The folder with products, answers and reports (default: ./workspace).",
        show_default=False,
    ),
]


def say(text: str) -> None:
    """Tell the user something, on standard output."""
    typer.echo(text)


def complain(text: str) -> None:
    """Tell the user what went wrong, on standard error."""
    typer.secho(text, err=True, fg="red" if sys.stderr.isatty() else None)
