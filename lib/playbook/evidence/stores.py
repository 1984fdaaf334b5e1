"""Open Parquet files of an object store (``s3://``, ``gs://``, …) through DuckDB and fsspec."""

from __future__ import annotations

import glob
from typing import Any

import duckdb
import ibis.expr.types as ir

from playbook.errors import PlaybookError
from playbook.evidence import engine
from playbook.evidence.csvfile import check_unique
from playbook.evidence.warehouse import without_secrets
from playbook.objectstore import PACKAGES, bucket_of, filesystem, store_faults


def scheme_of(source: str) -> str | None:
    """The scheme of a source in an object store; None for anything else."""
    scheme, found, _ = source.partition("://")
    return scheme if found and scheme in PACKAGES else None


def open_store(source: str) -> tuple[ir.Table, dict[str, str], str]:
    """The Parquet file, folder or pattern `source` as one lazy table.

    Address and keys of the store are read from the environment, as its own tools do
    (``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID``, …). Only the columns that a query needs are
    fetched.

    Returns
    -------
    rows
        The table.
    versions
        Each file's version mark (its ETag or time and size), for the fingerprint.
    where
        How errors name it: without what a URL may hold of keys.

    Raises
    ------
    PlaybookError
        The package for this store is missing, it does not answer, there is no such file, it is
        not Parquet, or the address holds keys.
    """
    scheme = scheme_of(source)
    assert scheme is not None  # the caller has looked
    bucket_of(source, pattern=True)
    where = without_secrets(source)
    files = filesystem(scheme, where, listings=True)  # DuckDB asks of each file many times
    files.invalidate_cache()
    with store_faults(where):
        found = _located(files, source)
        versions = {path: str(files.ukey(path)) for path in found}
    if not found:
        raise PlaybookError(
            "there is no Parquet file here",
            where=where,
            remedy="Correct 'source' in product.yaml; a store is read as Parquet only",
        )
    connection = engine.connect()
    connection.con.register_filesystem(files)
    try:
        # Not through Ibis, which would have DuckDB load its own extension for s3:// first.
        addresses = [f"{scheme}://{glob.escape(path)}" for path in found]
        connection.con.read_parquet(addresses).create_view("playbook_store")
        rows = connection.table("playbook_store")
    except duckdb.Error as error:
        raise PlaybookError(
            "this is not a Parquet file, or it is damaged",
            where=where,
            remedy="Export it again as Parquet",
        ) from error
    check_unique(list(rows.columns), where)
    return rows, versions, where


def _located(files: Any, source: str) -> list[str]:
    if files.isdir(source):
        return sorted(path for path in files.find(source) if path.endswith(".parquet"))
    return sorted(files.glob(source))
