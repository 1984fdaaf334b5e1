"""Write as many rows as wanted into a Parquet file, without ever holding them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import duckdb

# Hashes instead of random numbers: the same table on every machine, in any order of threads.
_ROWS = """
SELECT CASE WHEN (hash(i + 1) % 1000000) / 1e6 < score THEN 'yes' ELSE 'no' END AS label, score,
  CASE WHEN score >= 0.5 THEN 'yes' ELSE 'no' END AS prediction,
  ['White', 'Black', 'Asian', 'Other'][(1 + hash(i + 2) % 4)::BIGINT] AS race,
  ['female', 'male'][(1 + hash(i + 3) % 2)::BIGINT] AS sex,
  ['18-29', '30-44', '45-59', '60-74', '75+'][(1 + hash(i + 4) % 5)::BIGINT] AS age
FROM (SELECT range AS i, (hash(range) % 100000007) / 100000007.0 AS score FROM range(?))
"""
LENDING = {
    "label": "label",
    "score": "score",
    "prediction": "prediction",
    "groups": ["race", "sex", "age"],
    "favourable": "no",
    "threshold": 0.5,
}


def write_decisions(path: Path, rows: int, query: str = _ROWS) -> None:
    """Write `rows` decisions; `query` has one parameter, their number."""
    folder = tempfile.gettempdir()
    settings = {"memory_limit": "1500MB", "temp_directory": folder}
    with duckdb.connect(config=settings | {"preserve_insertion_order": False}) as connection:
        relation = connection.sql(query, params=[rows])
        relation.write_parquet(os.fspath(path), compression="zstd")
