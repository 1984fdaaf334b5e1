"""Commands that open the playbooks in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from playbook.commands.base import WorkspaceOption, app

PublicOption = Annotated[
    bool,
    typer.Option(
        "--public",
        help="Listen on the network, with the password in PLAYBOOK_PASSWORD (12 characters or "
        "more). Not encrypted: put it behind HTTPS.",
    ),
]


@app.command()
def lab(
    product: Annotated[str | None, typer.Argument(help="The product to open.")] = None,
    workspace: WorkspaceOption = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8888,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    public: PublicOption = False,
) -> None:
    """Open the playbooks in JupyterLab, on this machine only unless told otherwise."""
    from playbook.live import start_lab

    raise typer.Exit(start_lab(workspace, product, port=port, browser=browser, open_to_all=public))


@app.command(name="app")
def app_(
    product: Annotated[str | None, typer.Argument(help="The product to open.")] = None,
    workspace: WorkspaceOption = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8866,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    public: PublicOption = False,
    workshop: Annotated[
        bool, typer.Option("--workshop", help="Each participant answers for themselves.")
    ] = False,
) -> None:
    """Serve the playbooks as pages without code, on this machine only unless told otherwise."""
    from playbook.live import start_app

    status = start_app(
        workspace, product, port=port, browser=browser, open_to_all=public, workshop=workshop
    )
    raise typer.Exit(status)
