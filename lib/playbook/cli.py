"""The ``playbook`` command. Heavy imports wait until a command needs them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from playbook.errors import PlaybookError

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
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="Notebooks run at the same time.")]
PlaybookOption = Annotated[
    list[str] | None,
    typer.Option("--playbook", help="Only this playbook, by name or number; may be repeated."),
]


@app.command()
def demo(workspace: WorkspaceOption = None, jobs: JobsOption = 2) -> None:
    """Make a workspace with the example products, run every playbook, say where reports are."""
    from playbook.catalog import playbooks
    from playbook.session.create import add_example, examples
    from playbook.workspace import Workspace

    place = Workspace.create(workspace)
    for example in examples():
        if add_example(place, example):
            say(f"Added the example '{example}'.")
    _run(place, examples(), playbooks(), jobs)


@app.command()
def run(
    products: Annotated[
        list[str] | None, typer.Argument(help="Short names; all products where none is given.")
    ] = None,
    playbook: PlaybookOption = None,
    jobs: JobsOption = 2,
    workspace: WorkspaceOption = None,
) -> None:
    """Run playbooks for products and write their reports. Exit status 0 only when all ran."""
    from playbook.catalog import find_playbook, playbooks
    from playbook.workspace import Workspace

    place = Workspace.open(workspace)
    chosen = [find_playbook(word) for word in playbook] if playbook else playbooks()
    slugs = list(dict.fromkeys(products or place.slugs()))
    for slug in slugs:
        place.product(slug) if slug not in place.slugs() else None
    if not slugs:
        raise PlaybookError(
            "there is no product yet", where=str(place.folder), remedy="Make one: playbook new SLUG"
        )
    _run(place, slugs, chosen, jobs)


@app.command()
def new(
    slug: Annotated[str, typer.Argument(help="The product's short name, such as credit-card.")],
    from_: Annotated[
        str | None, typer.Option("--from", help="Start from this example product.")
    ] = None,
    table: Annotated[Path | None, typer.Option(help="Your table: CSV or Parquet.")] = None,
    label: Annotated[str | None, typer.Option(help="Column with what really happened.")] = None,
    score: Annotated[
        str | None, typer.Option(help="Column with the model's score, 0 to 1.")
    ] = None,
    prediction: Annotated[str | None, typer.Option(help="Column with the decision.")] = None,
    positive: Annotated[
        str | None, typer.Option(help="The label's value that the score is the chance of.")
    ] = None,
    favourable: Annotated[
        str | None, typer.Option(help="The label's value that is good for the person.")
    ] = None,
    groups: Annotated[str, typer.Option(help="Columns with groups, joined by commas.")] = "",
    time: Annotated[str | None, typer.Option(help="Column with the time of the decision.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="Column that names each case.")] = None,
    threshold: Annotated[
        float | None, typer.Option(help="The score from which a case counts as positive.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The product's full name.")] = None,
    owner: Annotated[str, typer.Option(help="Who answers for it.")] = "Not named yet",
    currency: Annotated[str, typer.Option(help="Currency code of its money.")] = "USD",
    delimiter: Annotated[str, typer.Option(help="What separates columns in a CSV.")] = ",",
    decimal: Annotated[str, typer.Option(help="Decimal sign in a CSV: '.' or ','.")] = ".",
    encoding: Annotated[str, typer.Option(help="Encoding of a CSV.")] = "utf-8",
    workspace: WorkspaceOption = None,
) -> None:
    """Make a product from your own table, or from an example."""
    from playbook.session.create import TableMapping, add_example, add_product
    from playbook.workspace import Workspace

    if (from_ is None) == (table is None):
        raise PlaybookError(
            "a new product needs a table or an example",
            remedy="Give one of '--table FILE' and '--from EXAMPLE'",
        )
    place = Workspace.create(workspace)
    if from_ is not None:
        if not add_example(place, from_, slug):
            raise PlaybookError(
                f"the product '{slug}' exists already",
                where=str(place.folder / "products" / slug),
                remedy="Choose another short name",
            )
    else:
        assert table is not None
        columns = tuple(part.strip() for part in groups.split(",") if part.strip())
        mapping = TableMapping(
            table, label, score, prediction, positive, favourable, columns, time, id,
            threshold, delimiter, decimal, encoding,
        )  # fmt: skip
        add_product(place, slug, mapping, name=name, owner=owner, currency=currency)
    say(f"Made {place.folder / 'products' / slug / 'product.yaml'}.")
    say(f"Next: playbook run {slug}")


@app.command()
def check(workspace: WorkspaceOption = None) -> None:
    """Look for faults in a workspace: each with its file, its line and what to do."""
    from playbook.batch.preflight import product_faults, shared_faults
    from playbook.workspace import Workspace

    place = Workspace.open(workspace)
    faults = shared_faults(place)
    faults += [fault for slug in place.slugs() for fault in product_faults(place, slug)]
    for fault in faults:
        complain(str(fault))
    if faults:
        raise typer.Exit(2)
    slugs = place.slugs()
    say(f"No fault found in {len(slugs)} product{'' if len(slugs) == 1 else 's'}.")


@app.command(name="export")
def export_(
    slug: Annotated[str, typer.Argument(help="The product's short name.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; else written to the screen.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a product's answers as one YAML file that a person can read and fill in."""
    from playbook.catalog import playbooks
    from playbook.files import write_atomic
    from playbook.interchange import export_answers
    from playbook.workspace import Workspace

    place = Workspace.open(workspace)
    sets = [place.questions(p.name) for p in playbooks()]
    text = export_answers(place.product(slug), sets, place.answers(slug))
    if output is None:
        sys.stdout.write(text)
    else:
        write_atomic(output, text)
        say(f"Wrote {output}.")


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file written by 'playbook export'.")],
    product: Annotated[
        str | None, typer.Option(help="Import into this product instead of the one named inside.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Read answers from a YAML file: all of them, or, where one is wrong, none."""
    from playbook.session.create import import_file
    from playbook.workspace import Workspace

    slug, changed = import_file(Workspace.open(workspace), file, product)
    say(f"{slug}: {changed} answer{'' if changed == 1 else 's'} changed.")


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


def _run(place: Any, slugs: list[str], chosen: list[Any], jobs: int) -> None:
    from playbook.batch.progress import run_with_progress

    batch = run_with_progress(place, slugs, chosen, jobs)
    for slug, fault in batch.unusable.items():
        complain(f"{slug}: {fault}")
    if batch.index:
        say(f"Reports: {batch.index}")
    if batch.exit_status:
        raise typer.Exit(batch.exit_status)


def say(text: str) -> None:
    """Tell the user something, on standard output."""
    typer.echo(text)


def complain(text: str) -> None:
    """Tell the user what went wrong, on standard error."""
    typer.secho(text, err=True, fg="red" if sys.stderr.isatty() else None)


def main() -> None:
    """Run the command; a fault the user can put right is one sentence and exit status 2."""
    try:
        app()
    except PlaybookError as error:
        complain(str(error))
        sys.exit(2)


if __name__ == "__main__":
    main()
