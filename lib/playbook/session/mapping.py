"""What a new product's table is and what its columns mean, and the ``product.yaml`` it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from playbook.product import Stage, Words

PLAIN = Words(positive="positive", negative="negative")


@dataclass(frozen=True)
class TableMapping:
    """Which table holds the decisions, and which of its columns mean what (see `Table`).

    `file` is a path, or as text whatever else a table's ``source`` may be: a database's URL, an
    address in a store, a path inside the product's folder.
    """

    file: Path | str
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
    table: str | None = None

    @property
    def source(self) -> str:
        """What ``product.yaml`` says under ``source:``."""
        if isinstance(self.file, Path):
            return str(self.file.expanduser().resolve())
        return self.file


@dataclass(frozen=True)
class Profile:
    """Who and what a new product is, apart from its table."""

    name: str
    owner: str = "Not named yet"
    currency: str = "USD"
    stage: Stage = "prototype"
    words: Words = field(default_factory=lambda: PLAIN)


def product_document(
    mapping: TableMapping, profile: Profile, features: Sequence[str]
) -> CommentedMap:
    """The lines of ``product.yaml``, with its comments."""
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
        "source": mapping.source,
        "table": mapping.table,
        "delimiter": None if mapping.delimiter == "," else mapping.delimiter,
        "decimal": None if mapping.decimal == "." else mapping.decimal,
        "encoding": None if mapping.encoding.lower() == "utf-8" else mapping.encoding,
        "columns": {key: value for key, value in columns.items() if value},
        "positive": mapping.positive,
        "favourable": mapping.favourable,
        "threshold": mapping.threshold,
    }
    data = CommentedMap(
        {
            "name": profile.name,
            "owner": profile.owner,
            "stage": profile.stage,
            "kind": "classification",
            "currency": profile.currency,
            "words": profile.words.model_dump(),
            "tables": {"decisions": {k: v for k, v in table.items() if v is not None}},
        }
    )
    data.yaml_set_start_comment("What this product is, and what the columns of its table mean.\n")
    data.yaml_set_comment_before_after_key(
        "words", before="The product's own words: 'of 100 cases … are positive'."
    )
    return data
