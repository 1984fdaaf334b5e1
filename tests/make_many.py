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
_FEATURES = ",\n  ".join(
    f"CASE WHEN hash(i + {50 + k}) % 100 < {k} THEN NULL "
    f"ELSE round(((hash(i + {70 + k}) % 1000003) / 1000003.0) ^ {1 + k % 3} * {10 ** (k % 4)}, "
    f"{3 + k % 3}) END AS f{k}"
    for k in range(12)
)
# Twenty-two columns: a decision with its time, free text, a code, and twelve inputs.
WIDE = f"""
SELECT i AS id, label, score, prediction, race, sex, age,
  TIMESTAMP '2024-01-01' + to_seconds((hash(i + 5) % 62208000)::BIGINT) AS decided_at,
  'note about case ' || (hash(i + 6) % 1000000000)::VARCHAR AS note,
  'A' || (hash(i + 7) % 2000)::VARCHAR AS code,
  {_FEATURES}
FROM ({_ROWS.replace("SELECT CASE", "SELECT i, CASE", 1)})
"""  # noqa: S608 - made of constants
LENDING = {
    "label": "label",
    "score": "score",
    "prediction": "prediction",
    "groups": ["race", "sex", "age"],
    "favourable": "no",
    "threshold": 0.5,
}


WIDE_LENDING = {
    **LENDING,
    "id": "id",
    "time": "decided_at",
    "features": [f"f{k}" for k in range(12)],
    "text": ["note"],
}


def write_decisions(path: Path, rows: int, query: str = _ROWS) -> None:
    """Write `rows` decisions; `query` has one parameter, their number."""
    folder = tempfile.gettempdir()
    settings = {"memory_limit": "1500MB", "temp_directory": folder}
    with duckdb.connect(config=settings | {"preserve_insertion_order": False}) as connection:
        relation = connection.sql(query, params=[rows])
        relation.write_parquet(os.fspath(path), compression="zstd")
