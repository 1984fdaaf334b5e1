"""Write files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playbook.errors import PlaybookError


def write_atomic(path: Path, text: str) -> None:
    """Write `text` (UTF-8) to `path`; a reader sees the old file or the new one, never half.

    Raises
    ------
    PlaybookError
        The folder cannot be written to, or the disk is full.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise PlaybookError(
            f"this file cannot be written ({error.strerror})",
            where=str(path),
            remedy="Check free space and permissions of the folder",
        ) from None
