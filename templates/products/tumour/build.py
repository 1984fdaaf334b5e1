"""Rebuild data/decisions.parquet and model.onnx: score every sample by a model that never saw it.

Run from anywhere: ``python templates/products/tumour/build.py`` (needs skl2onnx). The samples are
split into two halves with a fixed seed; each half is scored by a model fitted on the other. The one
fitted on the first half is written to ``model.onnx``, so that the samples marked ``unseen`` are
those it has not learnt from, and it gives them the very scores of the table.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).parent
INPUTS = [
    "mean_texture",
    "mean_smoothness",
    "mean_compactness",
    "mean_symmetry",
    "mean_fractal_dimension",
]
THRESHOLD = 0.15  # a tumour missed is far worse than a sample looked at twice


def samples() -> pd.DataFrame:
    """The 569 samples as scikit-learn ships them, with five of their thirty measurements."""
    found = load_breast_cancer(as_frame=True)
    table = found.data.rename(columns=lambda name: name.replace(" ", "_"))[INPUTS]
    names = np.where(found.target == 0, "malignant", "benign")
    table.insert(0, "sample_id", range(1, len(table) + 1))
    return table.assign(diagnosis=names)


def build(table: pd.DataFrame) -> tuple[pd.DataFrame, Pipeline]:
    """The table with ``score``, ``prediction`` and ``unseen``, and the model for the file."""
    malignant = table["diagnosis"] == "malignant"
    halves = StratifiedKFold(2, shuffle=True, random_state=1995)
    first, second = (rows for _, rows in halves.split(table, malignant))
    models = []
    score = pd.Series(0.0, index=table.index)
    for learnt, scored in ((first, second), (second, first)):
        model = make_pipeline(StandardScaler(), LogisticRegression())
        model.fit(table.loc[learnt, INPUTS], malignant[learnt])
        score[scored] = model.predict_proba(table.loc[scored, INPUTS])[:, 1].round(6)
        models.append(model)
    prediction = np.where(score >= THRESHOLD, "malignant", "benign")
    unseen = np.where(table.index.isin(second), "yes", "no")
    return table.assign(score=score, prediction=prediction, unseen=unseen), models[0]


def as_onnx(model: Pipeline) -> bytes:
    """The model as ONNX: one named input for each measurement, the chance of *malignant* out."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    inputs = [(name, FloatTensorType([None, 1])) for name in INPUTS]
    options = {LogisticRegression: {"zipmap": False}}
    written = to_onnx(model, initial_types=inputs, options=options, name="tumour")
    return written.SerializeToString()


if __name__ == "__main__":
    decisions, fitted = build(samples())
    (FOLDER / "data").mkdir(exist_ok=True)
    decisions.to_parquet(FOLDER / "data/decisions.parquet", compression="zstd", index=False)
    (FOLDER / "model.onnx").write_bytes(as_onnx(fitted))
