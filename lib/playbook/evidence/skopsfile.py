"""A model saved by skops: opened where it holds nothing but parts that skops trusts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playbook.errors import PlaybookError

THREADS = 2
PLAIN = ["numpy.dtype"]
"""Types that skops leaves to its users to trust, and that are nothing but a description."""


@dataclass(frozen=True)
class SkopsModel:
    """See `modelfile.Predictor`."""

    name: str
    model: Any

    @property
    def names(self) -> list[str] | None:
        """Columns the model was fitted on, where it was fitted on a table."""
        found = getattr(self.model, "feature_names_in_", None)
        return None if found is None else [str(name) for name in found]

    @property
    def n_inputs(self) -> int | None:
        """How many columns it was fitted on."""
        found = getattr(self.model, "n_features_in_", None)
        return None if found is None else int(found)

    @property
    def outcomes(self) -> list[object] | None:
        """The classes it tells apart; None for amounts."""
        found = getattr(self.model, "classes_", None)
        return None if found is None else list(found)

    def raw(self, inputs: pd.DataFrame) -> NDArray[np.float64]:
        """Chances by class, or amounts."""
        from threadpoolctl import threadpool_limits

        given: Any = inputs if self.names is not None else inputs.to_numpy()
        ask = getattr(self.model, "predict_proba", self.model.predict)
        try:
            with threadpool_limits(THREADS):
                return np.asarray(ask(given), float).reshape(len(inputs), -1)
        except (ValueError, TypeError) as fault:
            raise PlaybookError(
                f"the model cannot read these inputs ({type(fault).__name__})",
                where=self.name,
                remedy="Look whether the features hold the kinds of values it learnt from",
            ) from fault


def opened(path: Path) -> SkopsModel:
    """Open the file where every type in it is one that skops trusts.

    Some of scikit-learn's own are not among them, such as the trees of histogram gradient boosting,
    whose code believes what a file says about where in memory to read: these come as ONNX.

    Raises
    ------
    PlaybookError
        It cannot be read, holds another type, or is no model that predicts.
    """
    import skops.io
    from sklearn.base import BaseEstimator

    try:
        untrusted = [t for t in skops.io.get_untrusted_types(file=path) if t not in PLAIN]
        if not untrusted:
            model = skops.io.load(path, trusted=PLAIN)
    except Exception as fault:
        raise PlaybookError(
            f"the model cannot be read ({type(fault).__name__})",
            where=path.name,
            remedy="Save it again with skops.io.dump, by the versions installed here",
        ) from fault
    if untrusted:
        raise PlaybookError(
            "the model is not opened, as it holds parts that may do more than predict: "
            + ", ".join(untrusted[:5]),
            where=path.name,
            remedy="Convert it to ONNX with skl2onnx, or build it of parts that skops trusts",
        )
    if not isinstance(model, BaseEstimator) or not hasattr(model, "predict"):
        raise PlaybookError("the file holds no model that predicts", where=path.name)
    alone = {key: 1 for key in model.get_params() if key.split("__")[-1] == "n_jobs"}
    return SkopsModel(path.name, model.set_params(**alone))
