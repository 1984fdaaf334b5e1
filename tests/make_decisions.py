"""Write a table into a folder and open it as a product's decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from playbook.evidence.tables import Decisions, open_decisions
from playbook.product import Columns, Product, Table, Words

COLUMNS = tuple(Columns.model_fields)


def product(folder: Path, source: str, **table: Any) -> Product:
    columns = {c: table.pop(c) for c in COLUMNS if c in table}
    kind = table.pop("kind", "classification")
    if "label" in columns and kind == "classification" and "classes" not in table:
        table.setdefault("positive", "yes")
    words = Words(case="applicant", cases="applicants", positive="denied", negative="approved")
    return Product(
        slug="loans",
        folder=folder,
        name="Loans",
        owner="Ada",
        kind=kind,
        words=words,
        tables={"decisions": Table(source=source, columns=Columns(**columns), **table)},
    )


def from_frame(folder: Path, frame: pd.DataFrame, **table: Any) -> Decisions:
    frame.to_parquet(folder / "data.parquet", index=False)
    return open_decisions(product(folder, "data.parquet", **table))


def from_text(folder: Path, text: str | bytes, name: str = "data.csv", **table: Any) -> Decisions:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(data)
    return open_decisions(product(folder, name, **table))


def people(n: int = 2_000, seed: int = 7, distinct: int = 300) -> pd.DataFrame:
    """Applicants of two races and three regions; Black applicants' scores are too high."""
    rng = np.random.default_rng(seed)
    race = rng.choice(["White", "Black", None], n, p=[0.7, 0.25, 0.05])
    region = rng.choice(["north", "south", "far east"], n, p=[0.6, 0.39, 0.01])
    logit = rng.normal(-1.5, 1.3, n)
    label = rng.random(n) < 1 / (1 + np.exp(-logit))
    shift = np.where(race == "Black", 0.9, 0.0)
    score = np.round(distinct / (1 + np.exp(-logit - shift))) / distinct
    return pd.DataFrame(
        {
            "denied": np.where(label, "yes", "no"),
            "score": score,
            "prediction": np.where(score >= 0.4, "yes", "no"),
            "race": race,
            "region": region,
        }
    )


LOANS: dict[str, Any] = {
    "label": "denied",
    "score": "score",
    "prediction": "prediction",
    "groups": ["race", "region"],
    "favourable": "no",
    "threshold": 0.4,
}
