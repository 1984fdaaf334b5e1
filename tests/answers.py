"""A small product that answers questions, its captured outputs, and comparisons of two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from playbook.evidence.comparisons import Comparisons, open_comparisons
from playbook.evidence.outputs import Outputs, open_outputs
from playbook.product import Columns, Product, Table
from playbook.tableparts import Criterion

CRITERIA: dict[str, Any] = {
    "correct": {"says": "answers the question correctly", "people": ["correct"]}
}
ROLES = tuple(Columns.model_fields)


def product(
    folder: Path, frame: pd.DataFrame, criteria: dict[str, Any] = CRITERIA, **table: Any
) -> Product:
    """A product whose outputs are `frame`; columns named as their roles play them."""
    rated = {name: Criterion(**criterion) for name, criterion in criteria.items()}
    return _product(folder, frame, "outputs", criteria=rated, **table)


def opened(
    folder: Path, frame: pd.DataFrame, criteria: dict[str, Any] = CRITERIA, **table: Any
) -> Outputs:
    return open_outputs(product(folder, frame, criteria, **table))


def compared(folder: Path, frame: pd.DataFrame, **table: Any) -> Comparisons:
    """The comparisons in `frame`, whose columns are named as their roles."""
    return open_comparisons(_product(folder, frame, "comparisons", **table))


def _product(folder: Path, frame: pd.DataFrame, name: str, **table: Any) -> Product:
    frame.to_csv(folder / f"{name}.csv", index=False)
    columns = {role: role for role in ROLES if role in frame and role != "groups"}
    columns |= {role: table.pop(role) for role in ROLES if role in table}
    made = Table(source=f"{name}.csv", columns=Columns(**columns), **table)
    return Product(slug="helper", folder=folder, name="Helper", owner="Ada", kind="generative",
                   tables={name: made})  # fmt: skip


def asked(
    questions: int, tries: int = 1, chance: float = 0.8, icc: float = 0.5, seed: int = 3
) -> pd.DataFrame:
    """Questions tried several times; `icc` of what varies is due to the question."""
    rng = np.random.default_rng(seed)
    values = beta_binomial(rng, questions, tries, chance, icc)
    return pd.DataFrame({
        "prompt": np.repeat([f"q{i}" for i in range(questions)], tries),
        "repeat": np.tile(np.arange(1, tries + 1), questions),
        "correct": np.where(values.ravel() == 1, "yes", "no"),
    })  # fmt: skip


def beta_binomial(
    rng: np.random.Generator, questions: int, tries: int, chance: float, icc: float
) -> np.ndarray:
    """Ones and zeros, one row for each question, whose tries have the correlation `icc`."""
    if icc == 0:
        own = np.full(questions, chance)
    elif icc == 1:
        own = (rng.random(questions) < chance).astype(float)
    else:
        spread = (1 - icc) / icc
        own = rng.beta(chance * spread, (1 - chance) * spread, questions)
    return (rng.random((questions, tries)) < own[:, None]).astype(float)
