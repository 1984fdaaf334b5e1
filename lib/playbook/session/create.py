"""Make a product: from a table of the user's own, or from a shipped example."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playbook.errors import PlaybookError, did_you_mean
from playbook.product import Product, check_slug, load_product
from playbook.questions import QuestionSet
from playbook.session.mapping import PLAIN, Profile, TableMapping, product_document
from playbook.shipped import shipped
from playbook.workspace import Workspace
from playbook.yamlfile import dump_yaml, read_yaml


def examples() -> list[str]:
    """Short names of the shipped example products."""
    return sorted(p.parent.name for p in shipped("templates/products").glob("*/product.yaml"))


def add_example(
    workspace: Workspace,
    example: str,
    slug: str | None = None,
    changes: Mapping[str, str] | None = None,
) -> bool:
    """Copy a shipped example, with its answers, into the workspace as `slug`.

    Returns False, and leaves everything as it is, where the workspace has that product already.

    Parameters
    ----------
    changes
        Lines of its ``product.yaml`` to be written otherwise: ``{"owner": "Ana"}``.

    Raises
    ------
    PlaybookError
        There is no such example, or a changed line cannot stand.
    """
    if example not in examples():
        raise PlaybookError(
            f"there is no example '{example}'", remedy=did_you_mean(example, examples())
        )
    name = check_slug(slug or example)
    target = workspace.folder / "products" / name
    if target.exists():
        return False
    source = shipped("templates/products") / example

    def write(folder: Path) -> None:
        shutil.copytree(source, folder, dirs_exist_ok=True)
        if changes:
            data = read_yaml(folder / "product.yaml")
            data.update(changes)
            (folder / "product.yaml").write_text(dump_yaml(data), encoding="utf-8")
            load_product(folder)

    _settle(target, write)
    answers = target / "answers.yaml"
    if answers.is_file():
        import_file(workspace, answers, name)
    return True


def import_file(workspace: Workspace, path: Path, slug: str | None = None) -> tuple[str, int]:
    """Read answers from a YAML file into the store; returns the product and how many changed."""
    from playbook.interchange import import_answers

    data = read_yaml(path)
    named = data.get("product")
    if not named:
        raise PlaybookError(
            "the file does not say which product it belongs to",
            where=str(path),
            remedy="Add a line 'product: …' at its top",
        )
    product = workspace.product(slug or str(named))
    sets = _sets_for(workspace, data.get("answers"))
    answers = import_answers(path.read_text(encoding="utf-8-sig"), str(path), str(named), sets)
    shared = {
        f"{questions.playbook}.{question.id}"
        for questions in sets
        for question in questions.questions
        if question.scope == "organisation"
    }
    before = workspace.answers(product.slug).revision
    workspace.store.append_all(product.slug, answers, organisation=shared)
    after = workspace.answers(product.slug)
    return product.slug, sum((a.revision or 0) > before for a in after.values())


def _sets_for(workspace: Workspace, named: Any) -> list[QuestionSet]:
    """All question sets; one that is damaged matters only where the answers belong to it."""
    found = workspace.question_sets()
    for playbook, questions in found.items():
        if isinstance(questions, PlaybookError) and playbook.name in (named or {}):
            raise questions
    return workspace.readable_sets()


def add_product(
    workspace: Workspace,
    slug: str,
    mapping: TableMapping,
    *,
    name: str | None = None,
    owner: str = "Not named yet",
    currency: str = "USD",
) -> Product:
    """Make a product from the user's own table; nothing is left behind where the table is wrong.

    Raises
    ------
    PlaybookError
        The slug is taken or malformed, or the table cannot serve (see `open_decisions`).
    """
    title = name or slug.replace("-", " ").capitalize()
    return settle_product(workspace, slug, mapping, Profile(title, owner, currency))


def settle_product(
    workspace: Workspace,
    slug: str,
    mapping: TableMapping,
    profile: Profile,
    upload: Path | None = None,
) -> Product:
    """Like `add_product`, with everything that a product's file says of it.

    Parameters
    ----------
    upload
        A file that becomes the product's own, as ``data/<its name>``: it is moved there once the
        product stands, and stays where it is if the product cannot be made.
    """
    target = workspace.folder / "products" / check_slug(slug)
    if target.exists():
        raise PlaybookError(
            f"the product '{slug}' exists already",
            where=str(target),
            remedy="Choose another short name, or edit its product.yaml",
        )

    def write(folder: Path) -> None:
        if upload is not None:
            (folder / "data").mkdir()
            shutil.copy2(upload, folder / "data" / upload.name)
        product = _written(folder, mapping, profile, [])
        _written(folder, mapping, profile, _other_columns(product))

    _settle(target, write)
    if upload is not None:
        upload.unlink()
    return load_product(target)


def _settle(target: Path, fill: Any) -> None:
    """Fill a new folder out of sight and move it into place only when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
        folder = Path(scratch) / target.name
        folder.mkdir()
        fill(folder)
        folder.rename(target)


def _written(
    folder: Path, mapping: TableMapping, profile: Profile, features: Sequence[str]
) -> Product:
    text = dump_yaml(product_document(mapping, profile, features))
    (folder / "product.yaml").write_text(text, encoding="utf-8")
    return load_product(folder)


def _other_columns(product: Product) -> list[str]:
    """Open the table once to check it; columns without a role are taken as features."""
    from playbook.evidence.tables import open_decisions

    decisions = open_decisions(product)
    assert product.decisions is not None
    taken = product.decisions.columns.named()
    free = [column for column in decisions.columns if column not in taken]
    # A column that is different in every row names cases; it says nothing about them.
    kinds = decisions.rows.schema()
    names = [c for c in free if kinds[c].is_integer() or kinds[c].is_string()]
    different = {column: decisions.rows[column].nunique() for column in names}
    counted = decisions.rows.aggregate(**different).to_pyarrow().to_pylist()[0] if names else {}
    return [column for column in free if counted.get(column) != decisions.n]


__all__ = [
    "PLAIN",
    "Profile",
    "TableMapping",
    "add_example",
    "add_product",
    "examples",
    "import_file",
    "settle_product",
]
