"""A small product of applicants for loans, its table and the assessment of one playbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from playbook.answers import Answer
from playbook.checks.assess import Assessment
from playbook.checks.finding import Finding
from playbook.session.opening import open_playbook
from playbook.workspace import Workspace

PRODUCT = """\
name: Loans
owner: Ada
words: {case: applicant, cases: applicants, positive: denied, negative: approved}
tables:
  decisions:
    source: data.parquet
    columns: {id: id, label: denied, score: score, prediction: said, groups: [race],
              features: [income]}
    positive: yes
    favourable: no
"""
STAKES = {
    "gain_true_positive": (0, 0, 0),
    "gain_true_negative": (900, 1000, 1100),
    "cost_false_positive": (400, 500, 600),
    "cost_false_negative": (4500, 5000, 5500),
}


def table(n: int = 4000, bias: float = 0.0, noise: float = 0.05) -> pd.DataFrame:
    """Applicants decided rightly but for `noise`; Black ones are wrongly denied more by `bias`."""
    rng = np.random.default_rng(5)
    race = np.where(np.arange(n) % 2 == 0, "Black", "White")
    denied = rng.random(n) < 0.3
    wrong = rng.random(n) < np.where((race == "Black") & ~denied, noise + bias, noise)
    said = denied ^ wrong
    return pd.DataFrame({
        "id": range(n), "denied": np.where(denied, "yes", "no"),
        "score": np.where(said, 0.9, 0.1), "said": np.where(said, "yes", "no"), "race": race,
        "income": rng.normal(50, 9, n),
    })  # fmt: skip


def assess(
    tmp_path: Path,
    playbook: str,
    frame: pd.DataFrame | None,
    product: str = PRODUCT,
    others: dict[str, pd.DataFrame | bytes] | None = None,
    **answers: Any,
) -> Assessment:
    """The playbook's assessment of a product with this table and these answers.

    `others` are more files of it, by name.
    """
    workspace = Workspace.create(tmp_path / "workspace")
    folder = workspace.folder / "products" / "loans"
    folder.mkdir(parents=True)
    (folder / "product.yaml").write_text(product)
    if frame is not None:
        frame.to_parquet(folder / "data.parquet", index=False)
    for name, more in (others or {}).items():
        text = more if isinstance(more, bytes) else more.to_csv(index=False).encode()
        (folder / name).write_bytes(text)
    for key, value in answers.items():
        name, question = key.split("__")
        said = Answer(playbook=name, question=question, state="answered", value=value, by="Bo")
        workspace.store.append("loans", said)
    return open_playbook(playbook, "loans", str(workspace.folder)).assess()


def one(found: Assessment, id: str) -> Finding:
    return next(f for f in found.findings if f.id == id)
