"""A product's own model, opened to predict and for nothing else: skops or ONNX, never a pickle."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence import onnxfile, skopsfile
from playbook.evidence.labels import find, normal
from playbook.product import Product

MOST_BYTES = 500_000_000
"""Size of a model file; an archive may not unpack to more than four times as much."""
_PICKLES = {".pkl", ".pickle", ".joblib", ".dill"}
_SAVE_AS = "Save the model with skops.io.dump, or convert it to ONNX with skl2onnx"

Floats = NDArray[np.float64]


class Predictor(Protocol):
    """What a kind of file has to offer.

    `names` are the inputs by name, None where the file does not name them; `n_inputs` is None where
    it does not say how many. `raw` gives a column for each number that the model returns, and
    raises where it takes offence; `outcomes` says what the columns are the chance of, where the
    file does.
    """

    @property
    def names(self) -> list[str] | None: ...  # noqa: D102
    @property
    def n_inputs(self) -> int | None: ...  # noqa: D102
    @property
    def outcomes(self) -> list[object] | None: ...  # noqa: D102
    def raw(self, inputs: pd.DataFrame) -> Floats: ...  # noqa: D102


@dataclass(frozen=True)
class ModelFile:
    """A model that can be asked.

    Attributes
    ----------
    name
        The file's name, as sentences call it.
    inputs
        Columns of the table that it reads, in its own order.
    positive
        The label value that a score is the chance of; None where the model predicts amounts.
    """

    name: str
    inputs: list[str]
    positive: str | None
    predictor: Predictor

    def predict(self, features: pd.DataFrame) -> Floats:
        """A score from 0 to 1, or an amount, for each row; NaN where the model gives no answer.

        A model that takes offence at gaps is asked about the rows without any.

        Raises
        ------
        PlaybookError
            A column is missing, or the model cannot read these values at all.
        """
        for column in self.inputs:
            if column not in features.columns:
                raise PlaybookError(f"the model needs a column '{column}'", where=self.name)
        asked = features[self.inputs]
        found = np.full(len(asked), np.nan)
        try:
            found[:] = self._answers(asked)
        except PlaybookError:
            whole = asked.notna().all(axis=1).to_numpy()
            if whole.all():
                raise
            if whole.any():
                found[whole] = self._answers(asked[whole])
        found[~np.isfinite(found)] = np.nan
        return found

    def _answers(self, asked: pd.DataFrame) -> Floats:
        returned = self.predictor.raw(asked)
        width = returned.shape[1]
        if width > (1 if self.positive is None else 2):
            raise PlaybookError(
                f"the model returns {width} numbers for each case, where an amount is one and a "
                "chance of two outcomes one or two",
                where=self.name,
            )
        place = _place(self.predictor.outcomes, width, self.positive)
        return np.array(returned[:, place], float)


def open_model(product: Product) -> ModelFile:
    """Open the model that product.yaml names.

    Raises
    ------
    NoEvidence
        It names none.
    PlaybookError
        The file lies elsewhere, is of another kind, holds anything that is not plainly a model, or
        asks for other inputs than the table has.
    """
    if product.model is None:
        raise NoEvidence(
            "no model file is named, so nobody can try what it does with spoilt inputs",
            where=str(product.folder / "product.yaml"),
            remedy="Put a skops or ONNX file beside product.yaml, and name it there under 'model:'",
        )
    path = _path(product.folder, product.model)
    kind = _kind(path)
    opened: Predictor = skopsfile.opened(path) if kind == "skops" else onnxfile.opened(path)
    table = product.decisions
    features = table.columns.features if table else []
    inputs = _inputs(opened, features, path.name)
    positive = table.positive or "" if table and product.task == "two_outcomes" else None
    return ModelFile(path.name, inputs, positive, opened)


def _path(folder: Path, name: str) -> Path:
    home = folder.resolve()
    path = (home / name).resolve()
    if not path.is_relative_to(home):
        raise PlaybookError(
            f"the model '{name}' lies outside the product's folder",
            where=str(folder / "product.yaml"),
            remedy="Put it beside product.yaml, and write its name alone",
        )
    if not path.is_file():
        raise PlaybookError(
            f"there is no model file '{name}'",
            where=str(folder / "product.yaml"),
            remedy="Put it beside product.yaml, or take the line 'model:' out",
        )
    if path.stat().st_size > MOST_BYTES:
        raise PlaybookError(
            f"the model is larger than {MOST_BYTES // 10**6:,} MB",
            where=path.name,
            remedy="Give a smaller one: prune it, or store its numbers in single precision",
        )
    return path


def _kind(path: Path) -> Literal["skops", "onnx"]:
    with path.open("rb") as file:
        start = file.read(2)
    # Protocols 2 and later of a pickle begin so; joblib may compress one.
    pickled = start[:1] == b"\x80" or start in {b"\x1f\x8b", b"\x78\x9c", b"\x78\x5e", b"BZ"}
    if path.suffix.lower() in _PICKLES or pickled:
        raise PlaybookError(
            "this is a pickle, and opening one runs whatever program is in it",
            where=path.name,
            remedy=_SAVE_AS,
        )
    if path.suffix.lower() == ".onnx":
        return "onnx"
    if path.suffix.lower() == ".skops" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > 4 * MOST_BYTES:
                raise PlaybookError("the model unpacks to more than it may", where=path.name)
        return "skops"
    raise PlaybookError(
        "this is neither a skops nor an ONNX file", where=path.name, remedy=_SAVE_AS
    )


def _inputs(model: Predictor, features: Sequence[str], where: str) -> list[str]:
    if not features:
        raise NoEvidence(
            "product.yaml does not say which columns the model reads",
            where=where,
            remedy="Name them, in the model's order, under 'features:'",
        )
    if model.names is not None:
        unknown = [name for name in model.names if name not in features]
        if unknown:
            raise PlaybookError(
                f"the model asks for an input '{unknown[0]}', which is not among the features",
                where=where,
                remedy=f"Name the model's inputs under 'features:': {', '.join(model.names[:12])}",
            )
        return model.names
    if model.n_inputs not in (None, len(features)):
        raise PlaybookError(
            f"the model reads {model.n_inputs} inputs, and product.yaml names {len(features)} "
            "features",
            where=where,
            remedy="Name the model's inputs under 'features:', in its own order",
        )
    return list(features)


def _place(outcomes: Sequence[object] | None, width: int, positive: str | None) -> int:
    """Which column is the chance of a positive case; the last, where nothing says so."""
    if positive is None or outcomes is None or len(outcomes) != width:
        return width - 1
    named = [normal(outcome) or "" for outcome in outcomes]
    found = find(positive, named)
    return named.index(found) if found else width - 1
