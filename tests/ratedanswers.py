"""Captured outputs and comparisons for tests, written as files and opened as a product's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from playbook.evidence.comparisons import Comparisons, open_comparisons
from playbook.evidence.outputs import Outputs, open_outputs
from playbook.product import Product, load_product


def answers(folder: Path, frame: pd.DataFrame, criteria: dict[str, Any], **table: Any) -> Outputs:
    """The outputs in `frame`, whose columns are named as their roles."""
    roles = ("prompt", "system", "repeat", "error")
    columns = {role: role for role in roles if role in frame}
    named = {"source": "outputs.csv", "columns": columns, "criteria": criteria} | table
    return open_outputs(_product(folder, frame, outputs=named))


def compared(folder: Path, frame: pd.DataFrame, **table: Any) -> Comparisons:
    """The comparisons in `frame`, whose columns are named as their roles."""
    columns = {column: column for column in frame}
    named = {"source": "comparisons.csv", "columns": columns} | table
    return open_comparisons(_product(folder, frame, comparisons=named))


def _product(folder: Path, frame: pd.DataFrame, **tables: Any) -> Product:
    folder = folder / "helper"
    folder.mkdir(exist_ok=True)
    for table in tables.values():
        frame.to_csv(folder / table["source"], index=False)
    said = {"name": "Helper", "owner": "Ada", "kind": "generative", "tables": tables}
    (folder / "product.yaml").write_text(yaml.safe_dump(said))
    return load_product(folder)
