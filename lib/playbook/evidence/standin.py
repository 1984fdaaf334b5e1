"""The stand-in of the learning curve: boosted trees, fitted often, so without detours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import ThreadpoolController

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Learner = Callable[[Floats, Flags, Floats], Floats]
"""From features and labels to train on, and features to score: scores."""


def boosted(categorical: Flags, seed: int) -> Learner:
    """Shallow boosted trees at scikit-learn's usual settings, but fewer of them."""
    pools = ThreadpoolController()  # looks through all libraries of the process, so once

    def learn(features: Floats, label: Flags, unseen: Floats) -> Floats:
        model = HistGradientBoostingClassifier(
            max_iter=50,
            max_leaf_nodes=8,
            min_samples_leaf=max(5, min(20, len(label) // 20)),
            early_stopping=False,
            categorical_features=categorical,
            random_state=seed,
        )
        # Threads that wait for one another on a busy machine cost more than they bring.
        with (
            pools.limit(limits=1),
            config_context(assume_finite=True, skip_parameter_validation=True),
        ):
            scores: Floats = model.fit(features, label).predict_proba(unseen)[:, 1]
        return scores

    return learn
