"""Make a product: from a table of the user's own, or from a shipped example."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from playbook.catalog import playbooks
from playbook.errors import PlaybookError, did_you_mean
from playbook.product import Product, check_slug, load_product
from playbook.shipped import shipped
from playbook.workspace import Workspace
from playbook.yamlfile import dump_yaml


@dataclass(frozen=True)
class TableMapping:
    """Which file holds the decisions, and which of its columns mean what (see `Table`)."""

    file: Path
    label: str | None = None
    score: str | None = None
    prediction: str | None = None
    positive: str | None = None
    favourable: str | None = None
    groups: Sequence[str] = field(default_factory=tuple)
    time: str | None = None
    id: str | None = None
    threshold: float | None = None
    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"


def examples() -> list[str]:
    """Short names of the shipped example products."""
    return sorted(p.parent.name for p in shipped("templates/products").glob("*/product.yaml"))


def add_example(workspace: Workspace, example: str, slug: str | None = None) -> bool:
    """Copy a shipped example, with its answers, into the workspace as `slug`.

    Returns False, and leaves everything as it is, where the workspace has that product already.

    Raises
    ------
    PlaybookError
        There is no such example.
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
    _settle(target, lambda folder: shutil.copytree(source, folder, dirs_exist_ok=True))
    answers = target / "answers.yaml"
    if answers.is_file():
        import_file(workspace, answers, name)
    return True


def import_file(workspace: Workspace, path: Path, slug: str | None = None) -> tuple[str, int]:
    """Read answers from a YAML file into the store; returns the product and how many changed."""
    from playbook.interchange import import_answers
    from playbook.yamlfile import read_yaml

    named = read_yaml(path).get("product")
    if not named:
        raise PlaybookError(
            "the file does not say which product it belongs to",
            where=str(path),
            remedy="Add a line 'product: …' at its top",
        )
    product = workspace.product(slug or str(named))
    sets = [workspace.questions(p.name) for p in playbooks()]
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
    target = workspace.folder / "products" / check_slug(slug)
    if target.exists():
        raise PlaybookError(
            f"the product '{slug}' exists already",
            where=str(target),
            remedy="Choose another short name, or edit its product.yaml",
        )
    title = name or slug.replace("-", " ").capitalize()

    def write(folder: Path) -> None:
        features = _other_columns(folder, slug, mapping, title, owner, currency)
        text = _product_yaml(mapping, title, owner, currency, features)
        (folder / "product.yaml").write_text(text, encoding="utf-8")

    _settle(target, write)
    return load_product(target)


def _settle(target: Path, fill: Any) -> None:
    """Fill a new folder out of sight and move it into place only when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
        folder = Path(scratch) / target.name
        folder.mkdir()
        fill(folder)
        folder.rename(target)


def _other_columns(
    folder: Path, slug: str, mapping: TableMapping, name: str, owner: str, currency: str
) -> list[str]:
    """Open the table once to check it; columns without a role are taken as features."""
    from playbook.evidence.tables import open_decisions

    (folder / "product.yaml").write_text(
        _product_yaml(mapping, name, owner, currency, []), encoding="utf-8"
    )
    product = load_product(folder)
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


def _product_yaml(
    mapping: TableMapping, name: str, owner: str, currency: str, features: Sequence[str]
) -> str:
    columns = {
        "id": mapping.id,
        "label": mapping.label,
        "score": mapping.score,
        "prediction": mapping.prediction,
        "time": mapping.time,
        "groups": list(mapping.groups),
        "features": list(features),
    }
    table = {
        "source": str(mapping.file.expanduser().resolve()),
        "delimiter": None if mapping.delimiter == "," else mapping.delimiter,
        "decimal": None if mapping.decimal == "." else mapping.decimal,
        "encoding": None if mapping.encoding.lower() == "utf-8" else mapping.encoding,
        "columns": {key: value for key, value in columns.items() if value},
        "positive": mapping.positive,
        "favourable": mapping.favourable,
        "threshold": mapping.threshold,
    }
    words = {"case": "case", "cases": "cases", "positive": "positive", "negative": "negative"}
    data = CommentedMap(
        {
            "name": name,
            "owner": owner,
            "stage": "prototype",
            "kind": "classification",
            "currency": currency,
            "words": words,
            "tables": {"decisions": {k: v for k, v in table.items() if v is not None}},
        }
    )
    data.yaml_set_start_comment("What this product is, and what the columns of its table mean.\n")
    data.yaml_set_comment_before_after_key(
        "words", before="The product's own words: 'of 100 cases … are positive'."
    )
    return dump_yaml(data)
