"""A table's description as JSON-LD in the Croissant vocabulary, with its extension for
responsible AI (MLCommons, Croissant 1.1 and RAI 1.0)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playbook.documents.parts import tidy
from playbook.evallogs.joining import is_log
from playbook.evidence.quality import QualityAudit
from playbook.evidence.tables import Decisions
from playbook.evidence.warehouse import is_database
from playbook.evidence.words import percent

SET = "decisions"
FILE = "decisions-file"
_CONFORMS = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,80}")
_TERMS = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field",
    "fileProperty", "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset",
    "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex",
    "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "description": {"@container": "@language"},
} | {term: f"cr:{term}" for term in _TERMS}
"""The vocabulary's own context: what each word of the file means."""


def croissant(
    decisions: Decisions,
    quality: QualityAudit,
    facts: Mapping[str, str | Sequence[str]],
) -> str:
    """The table `decisions` as Croissant.

    Parameters
    ----------
    facts
        What answers and evidence say of the table, by the vocabulary's properties: ``name``,
        ``creator``, ``license``, ``description``, ``rai:dataBiases`` and so on. Those that are
        empty are left out.
    """
    mark = decisions.fingerprint.removeprefix("sha256:")
    file = _file(decisions, mark)
    # Addresses of stores and databases may hold a password, and tell where a house keeps its data.
    where = "" if file else _elsewhere(decisions)
    told = {key: _clean(value) for key, value in facts.items()}
    told["description"] = f"{where}{told['description']}"
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": list(_CONFORMS),
        "citeAs": f"{told['creator']}. {told['name']}. Data sha256:{mark}.",
        # Nobody has numbered these data; what follows the plus tells two states of them apart.
        "version": f"0.0.0+{mark[:12]}",
        **{key: value for key, value in told.items() if value},
        "creator": {"@type": "sc:Organization", "name": told["creator"]},
    }
    if file:
        found |= {"distribution": [file], "recordSet": [_records(decisions, quality)]}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _elsewhere(decisions: Decisions) -> str:
    """What takes the place of fields, which the vocabulary binds to a file."""
    columns = ", ".join(tidy(name) for name in decisions.columns)
    return f"Not a single file, so that its place is left out. Columns: {columns}. "


def _file(decisions: Decisions, mark: str) -> dict[str, str] | None:
    """The file, where the table is one that others can read as it is."""
    files, table = decisions.source.files, decisions.table
    if len(files) != 1 or is_database(files[0]) or is_log(files[0].name):
        return None
    kind = "application/x-parquet"
    if decisions.source.csv:
        kind = "text/csv"
    elif decisions.source.lines:
        kind = "application/jsonlines"
    about = "The path is relative to the folder of product.yaml."
    if decisions.source.csv and (table.delimiter, table.decimal, table.encoding.lower()) != (
        ",", ".", "utf-8",
    ):  # fmt: skip
        about += (
            f" Delimiter {table.delimiter!r}, decimal mark {table.decimal!r}, encoding "
            f"{table.encoding}."
        )
    return {
        "@type": "cr:FileObject",
        "@id": FILE,
        "name": files[0].name,
        "description": about,
        "contentUrl": _within(files[0], decisions.product.folder),
        "encodingFormat": kind,
        "sha256": mark,
    }


def _within(path: Path, folder: Path) -> str:
    """The path as seen from `folder`; of a file elsewhere the name alone."""
    path, folder = path.resolve(), folder.resolve()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _records(decisions: Decisions, quality: QualityAudit) -> dict[str, Any]:
    words = decisions.product.words
    fields, left_out = [], []
    for number, column in enumerate(quality.columns):
        kind = _type(decisions.rows[column.name].type())
        if kind is None or not column.name.strip():
            left_out.append(tidy(column.name) or "a column without a name")
            continue
        # A name may hold anything; what identifies a field may not.
        own = column.name if _PLAIN.fullmatch(column.name) else str(number)
        role = f"Role: {column.role}." if column.role else "No role in the product."
        fields.append({
            "@type": "cr:Field",
            "@id": f"{SET}/{own}",
            "name": tidy(column.name) or own,
            "description": f"{role} Missing in {percent(column.missing.value)} of the rows.",
            "dataType": kind,
            "source": {"fileObject": {"@id": FILE}, "extract": {"column": column.name}},
        })  # fmt: skip
    about = f"One row for each {words.case}: {decisions.n} rows."
    if left_out:
        about += f" Left out, being nested or nameless: {', '.join(left_out)}."
    return {
        "@type": "cr:RecordSet",
        "@id": SET,
        "name": SET,
        "description": tidy(about),
        "field": fields,
    }


def _type(stored: Any) -> str | None:
    """The vocabulary's type for a stored one; None for what has no plain values."""
    if stored.is_boolean():
        return "sc:Boolean"
    if stored.is_integer():
        return "sc:Integer"
    if stored.is_numeric():
        return "sc:Float"
    if stored.is_string():
        return "sc:Text"
    if stored.is_date():
        return "sc:Date"
    if stored.is_timestamp():
        return "sc:DateTime"
    return "sc:Time" if stored.is_time() else None


def _clean(value: str | Sequence[str]) -> Any:
    if isinstance(value, str):
        return tidy(value)
    return [text for text in map(tidy, value) if text]
