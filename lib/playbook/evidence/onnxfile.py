"""A model in the ONNX format: run on the processor, with standard operators only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.errors import PlaybookError

THREADS = 2
_NUMBERS = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}


@dataclass(frozen=True)
class OnnxModel:
    """See `modelfile.Predictor`."""

    name: str
    session: Any

    @property
    def names(self) -> list[str] | None:
        """Input names, where each input is one column."""
        inputs = self.session.get_inputs()
        if len(inputs) == 1 and not _one_column(inputs[0]):
            return None
        return [str(i.name) for i in inputs]

    @property
    def n_inputs(self) -> int | None:
        """How many columns it reads; None where the file does not say."""
        inputs = self.session.get_inputs()
        if self.names is not None:
            return len(inputs)
        width = inputs[0].shape[-1] if inputs[0].shape else None
        return width if isinstance(width, int) else None

    @property
    def outcomes(self) -> list[object] | None:
        """An ONNX file does not say what its chances are of, but in what it returns."""
        return None

    def raw(self, inputs: pd.DataFrame) -> NDArray[np.float64]:
        """The chances, or else the first numbers, that the model returns."""
        asked = self.session.get_inputs()
        if self.names is None:
            fed = {asked[0].name: _numbers(inputs, asked[0].type, self.name)}
        else:
            fed = {
                i.name: _column(inputs[i.name], i.type, self.name).reshape((-1, 1)[: len(i.shape)])
                for i in asked
            }
        try:
            found = self.session.run(None, fed)
        except Exception as fault:
            raise PlaybookError(
                f"the model cannot read these inputs ({type(fault).__name__})",
                where=self.name,
                remedy="Look whether 'features:' names the columns it reads, in its own order",
            ) from fault
        return _answer(found, len(inputs), self.name)


def opened(path: Path) -> OnnxModel:
    """Open the file; data that it keeps in other files must lie beside it (onnxruntime sees to it).

    Raises
    ------
    PlaybookError
        It is no ONNX file, or needs operators or data from elsewhere.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as fault:
        raise PlaybookError(
            "the model is no ONNX file that can be run here, or it needs operators or data from "
            "elsewhere",
            where=path.name,
            remedy="Convert it again, in one file and with standard operators",
        ) from fault
    if not session.get_inputs():
        raise PlaybookError("the model reads no inputs", where=path.name)
    return OnnxModel(path.name, session)


def _one_column(one: Any) -> bool:
    return len(one.shape) == 1 or one.shape[-1] == 1


def _numbers(inputs: pd.DataFrame, kind: str, where: str) -> NDArray[Any]:
    columns = [_column(inputs[name], kind, where) for name in inputs.columns]
    return np.column_stack(columns)


def _column(values: pd.Series, kind: str, where: str) -> NDArray[Any]:
    if kind == "tensor(string)":
        return values.fillna("").astype(str).to_numpy(dtype=object).reshape(-1, 1)
    if kind not in _NUMBERS:
        raise PlaybookError(f"the model reads values of the kind {kind}", where=where)
    if values.isna().any() and kind not in {"tensor(float)", "tensor(double)"}:
        raise PlaybookError(f"the model has no way to say that '{values.name}' is missing")
    try:
        return values.astype(float).to_numpy().astype(_NUMBERS[kind]).reshape(-1, 1)
    except (ValueError, TypeError) as fault:
        raise PlaybookError(
            f"the model reads numbers, and '{values.name}' holds something else", where=where
        ) from fault


def _answer(found: list[Any], rows: int, where: str) -> NDArray[np.float64]:
    """Chances by class come as a list of mappings or as a table of floats, after the classes."""
    for output in reversed(found):
        if isinstance(output, list) and output and isinstance(output[0], dict):
            names = sorted(output[0], key=str)
            return np.array([[row[name] for name in names] for row in output], float)
        values = np.asarray(output)
        if values.dtype.kind == "f" and values.size and values.size % rows == 0:
            return values.astype(float).reshape(rows, -1)
    raise PlaybookError("the model returns no numbers", where=where)
