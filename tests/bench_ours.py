"""One measurement in a process of its own: seconds of each run, and the peak of memory.

``python tests/bench_ours.py TASK FOLDER RUNS`` prints one line of JSON. The folder holds
``decisions.parquet`` as `make_many` writes it.
"""

from __future__ import annotations

import json
import re
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import duckdb

from make_decisions import product
from make_many import LENDING, WIDE_LENDING
from playbook.evidence.counts import count
from playbook.evidence.cutoffs import at_every_threshold
from playbook.evidence.drift import drift
from playbook.evidence.groups import group_audit
from playbook.evidence.leakage import leakage
from playbook.evidence.performance import performance
from playbook.evidence.quality import audit
from playbook.evidence.tables import Decisions, open_decisions

Task = Callable[[Path], dict[str, Callable[[], object]]]


def opened(folder: Path, wide: bool = False) -> Decisions:
    columns = WIDE_LENDING if wide else LENDING
    return open_decisions(product(folder, "decisions.parquet", **columns))


def uncounted(decisions: Decisions) -> Decisions:
    """The same table with nothing counted yet, so that each turn reads it again."""
    decisions.counted.clear()
    return decisions


def groups(folder: Path) -> dict[str, Callable[[], object]]:
    """All groups and intersections with intervals, beside the bare query for their counts."""
    decisions, keys = opened(folder), "race, sex, age, label, prediction"
    bare = duckdb.connect().read_parquet(str(folder / "decisions.parquet"))
    return {
        "audit": lambda: len(group_audit(uncounted(decisions), minimum_n=30).estimates),
        "floor": lambda: bare.aggregate(f"{keys}, count(*)", keys).fetchall(),
        "opening": lambda: opened(folder),
    }


def metrics(folder: Path) -> dict[str, Callable[[], object]]:
    """Every metric of a two-class score with its interval, and all thresholds."""
    decisions = opened(folder)

    def measure() -> None:
        performance(uncounted(decisions))
        at_every_threshold(count(decisions, scores=True))

    return {"metrics": measure}


def quality(folder: Path) -> dict[str, Callable[[], object]]:
    decisions = opened(folder, wide=True)
    return {"quality": lambda: audit(decisions)}


def drifting(folder: Path) -> dict[str, Callable[[], object]]:
    decisions = opened(folder, wide=True)
    features = [f"f{k}" for k in range(12)]
    return {"drift": lambda: drift(decisions, features)}


def leaking(folder: Path) -> dict[str, Callable[[], object]]:
    decisions = opened(folder, wide=True)
    return {"leakage": lambda: leakage(decisions)}


def fairlearn(folder: Path) -> dict[str, Callable[[], object]]:
    """Selection and error rates of all cells without intervals, and with two draws."""
    import pandas as pd
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate

    table = pd.read_parquet(folder / "decisions.parquet")

    def frame(**draws: object) -> MetricFrame:
        return MetricFrame(
            metrics={"selection": selection_rate, "fpr": false_positive_rate},
            y_true=table["label"] == "yes", y_pred=table["prediction"] == "yes",
            sensitive_features=table[["race", "sex", "age"]], **draws,
        )  # fmt: skip

    drawn = {"n_boot": 2, "ci_quantiles": [0.025, 0.975], "random_state": 0}
    return {"plain": frame, "two": lambda: frame(**drawn)}


def scikit_learn(folder: Path) -> dict[str, Callable[[], object]]:
    """The same metrics from columns already in memory."""
    import pandas as pd
    from sklearn import metrics as m

    table = pd.read_parquet(folder / "decisions.parquet", columns=["label", "score"])
    label, score = (table["label"] == "yes").to_numpy(), table["score"].to_numpy()
    found = (m.roc_auc_score, m.average_precision_score, m.brier_score_loss, m.log_loss,
             m.precision_recall_curve)  # fmt: skip
    return {"metrics": lambda: [metric(label, score) for metric in found]}


TASKS: dict[str, Task] = {
    "groups": groups,
    "metrics": metrics,
    "quality": quality,
    "drift": drifting,
    "leakage": leaking,
    "fairlearn": fairlearn,
    "scikit-learn": scikit_learn,
}


def main(task: str, folder: str, runs: str) -> None:
    warnings.simplefilter("ignore")
    work = TASKS[task](Path(folder))
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(int(runs)):  # one after the other in turn, as the machine's load changes
        for name, run in work.items():
            began = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - began)
    # Not getrusage, which starts from the memory of the process that started this one.
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1_024 / 1e6
    print(json.dumps({"seconds": taken, "megabytes": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
