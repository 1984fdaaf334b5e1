"""Speak to an object store (``s3://``, ``gs://``, …) through fsspec; its faults in plain words."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playbook.errors import PlaybookError

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
"""Each kind of store with the package that speaks to it."""
_INSTALL = {"s3fs": "'ai-product-playbook[s3]'"}
_CONTENT_TYPE = {"s3": "ContentType", "gs": "content_type", "gcs": "content_type"}


def bucket_of(address: str, pattern: bool = False) -> str:
    """The bucket and folder that `address` names, such as ``reports/ours``.

    In a `pattern` of files a question mark stands for one letter; else options follow it.

    Raises
    ------
    PlaybookError
        The address is of another kind, names no bucket, or holds a password or options, which
        are not repeated.
    """
    scheme, _, rest = address.partition("://")
    if scheme.lower() not in PACKAGES:
        raise PlaybookError(
            "an address of this kind is not known",
            remedy="Give a folder, or an address that begins with "
            + ", ".join(f"{known}://" for known in PACKAGES),
        )
    before, _, after = rest.partition("?")[0].rpartition("@")
    shown = f"{scheme}://{after}"
    is_container = scheme.lower() in {"abfs", "az"} and ":" not in before  # container@account
    if ("?" in rest and not pattern) or (before and not is_container):
        raise PlaybookError(
            "this address holds a user, a password or options",
            where=shown,
            remedy="Leave them out, and put the keys of the store into the environment",
        )
    if not rest.strip("/"):
        raise PlaybookError(
            "this address names no bucket", where=shown, remedy=f"Write {scheme}://BUCKET/FOLDER"
        )
    return rest.strip("/")


def filesystem(scheme: str, where: str, listings: bool = False) -> Any:
    """The fsspec file system of an object store.

    It looks at the store each time, or, with `listings`, remembers what it saw until told to
    forget.

    Raises
    ------
    PlaybookError
        The package that speaks to this store is not installed.
    """
    import fsspec

    try:
        return fsspec.filesystem(scheme, use_listings_cache=listings)
    except ImportError:
        package = PACKAGES[scheme]
        raise PlaybookError(
            f"{scheme}:// needs the package {package}, which is not installed",
            where=where,
            remedy=f"Install it: pip install {_INSTALL.get(package, package)}",
        ) from None


@contextmanager
def store_faults(where: str) -> Iterator[None]:
    """Run a request to an object store inside: what it raises becomes one sentence."""
    try:
        yield
    except PlaybookError:
        raise
    except FileNotFoundError:
        raise PlaybookError(
            "there is no such bucket", where=where, remedy="Make it first, or correct the address"
        ) from None
    except Exception as error:  # every store raises its own
        if isinstance(error, PermissionError) or "Credential" in type(error).__name__:
            raise PlaybookError(
                "the store does not let these keys in",
                where=where,
                remedy="Check the keys in the environment and what they may do",
            ) from None
        raise PlaybookError(
            f"the store does not answer as it should ({type(error).__name__})",
            where=where,
            remedy="Check the address in the environment, and that it is running",
        ) from None


def written(info: Mapping[str, Any]) -> float:
    """When a file was last written, from what fsspec says of it, in seconds since 1970."""
    at = info.get("LastModified") or info.get("mtime") or info.get("last_modified")
    return float(at.timestamp()) if at else 0.0


def content_type(scheme: str, name: str) -> dict[str, str]:
    """What tells a store of which kind a file is, so that a browser shows a page as a page."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind == "application/json":
        kind += "; charset=utf-8"
    return {_CONTENT_TYPE[scheme]: kind} if scheme in _CONTENT_TYPE else {}
