"""Read JSON that somebody else wrote: bounded in size, and refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playbook.errors import PlaybookError

LARGEST = 200 * 1024 * 1024
"""Bytes of a file, or of one part of an archive, that are read into memory at most."""


def read_json(path: Path, largest: int = LARGEST) -> Any:
    """The JSON in the file `path`.

    Raises
    ------
    PlaybookError
        It is too large, or no JSON.
    """
    with path.open("rb") as file:
        return parse(bounded(file.read(largest + 1), str(path), largest), str(path))


def bounded(text: bytes, where: str, largest: int = LARGEST) -> bytes:
    """`text`, where it is not larger than `largest`."""
    if len(text) > largest:
        raise too_large(where, largest)
    return text


def too_large(where: str, largest: int) -> PlaybookError:
    """The error for what would not fit into memory."""
    return PlaybookError(
        f"this is larger than {max(1, largest // 2**20):,} MB and is not read",
        where=where,
        remedy="Split the run into several logs and name them with a pattern, such as logs/*.eval",
    )


def parse(text: bytes, where: str) -> Any:
    """The value that the JSON `text` stands for; not-a-number counts as such, as tools write it."""
    try:
        return json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise PlaybookError(
            "this is not valid JSON, or is cut short",
            where=f"{where}{line}",
            remedy="Export the log again",
        ) from error


def mapping(value: object) -> dict[str, Any]:
    """The object that `value` is, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The list that `value` is, or an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str:
    """Text as it stands, anything else as JSON; empty for nothing."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def canonical(value: object) -> str:
    """The same text for equal values, whatever the order of their names."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
