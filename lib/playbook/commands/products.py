"""Commands that make products, look for their faults, and carry their answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from playbook.commands.base import WorkspaceOption, app, complain, say
from playbook.errors import PlaybookError


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
    for said in dict.fromkeys(map(str, faults)):  # one file may stand in the way of many products
        complain(said)
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
    from playbook.files import write_atomic
    from playbook.interchange import export_answers
    from playbook.workspace import Workspace

    place = Workspace.open(workspace)
    product = place.product(slug)
    text = export_answers(product, place.readable_sets(product.kind), place.answers(slug))
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
