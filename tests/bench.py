"""Figures as ratios against peers in the same run: ``make bench``. Medians; the machine is noisy.

Nothing here is a test: a slow machine must not fail a build.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from playbook.batch.run import run_batch
from playbook.catalog import playbooks
from playbook.evidence.groups import group_audit
from playbook.evidence.tables import open_decisions
from playbook.product import load_product
from playbook.session.create import add_example, examples
from playbook.workspace import Workspace

ROWS = 100_000
PRODUCT = """\
name: Bench
owner: Bench
tables:
  decisions:
    source: data.parquet
    columns: {label: label, score: score, prediction: prediction, groups: [a, b]}
    positive: yes
    favourable: no
"""


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """Median wall time of `work`."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def line(what: str, ours: float, peer_name: str, peer: float) -> None:
    print(f"{what:<46} {ours:8.2f} s   {peer_name:<34} {peer:8.2f} s   {peer / ours:8.1f}×")


def help_time() -> None:
    ours = seconds(lambda: subprocess.run([sys.executable, "-m", "playbook.cli", "--help"],
                                          capture_output=True, check=True))  # fmt: skip
    bare = seconds(lambda: subprocess.run([sys.executable, "-c", "import pandas"], check=True))
    line("playbook --help", ours, "python -c 'import pandas'", bare)


def group_time(folder: Path) -> None:
    """All groups and intersections with intervals, beside Fairlearn's bootstrap of 10 draws."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate

    rng = np.random.default_rng(0)
    score = rng.random(ROWS)
    table = pd.DataFrame({
        "label": np.where(rng.random(ROWS) < score, "yes", "no"), "score": score.round(4),
        "prediction": np.where(score > 0.5, "yes", "no"),
        "a": rng.choice(list("wxyz"), ROWS), "b": rng.choice(list("stuv"), ROWS),
    })  # fmt: skip
    table.to_parquet(folder / "data.parquet", index=False)
    (folder / "product.yaml").write_text(PRODUCT)
    product = load_product(folder)

    def fairlearn() -> None:
        MetricFrame(
            metrics={"selection": selection_rate, "fpr": false_positive_rate},
            y_true=table["label"] == "yes", y_pred=table["prediction"] == "yes",
            sensitive_features=table[["a", "b"]], n_boot=10, ci_quantiles=[0.025, 0.975],
            random_state=0,
        )  # fmt: skip

    ours = seconds(lambda: group_audit(open_decisions(product), minimum_n=30))
    peer = seconds(fairlearn, times=3) * 10
    line(f"group audit, {ROWS:,} rows, opening included", ours,
         "Fairlearn n_boot=100 (10 × n_boot=10)", peer)  # fmt: skip


def batch_time(folder: Path) -> None:
    """Ten notebooks by our batch with two kernels, beside papermill's command two at a time."""
    workspace = Workspace.create(folder / "workspace")
    for example in examples():
        add_example(workspace, example)
    ours = seconds(lambda: run_batch(workspace, examples(), playbooks(), jobs=2), times=3)
    tasks = "\n".join(f"{p.path} {slug}" for slug in examples() for p in playbooks())
    command = (
        f'xargs -P2 -L1 sh -c \'{sys.executable} -m papermill --no-progress-bar "$0" '
        f'{folder}/out-$$.ipynb -p product "$1" -p workspace {workspace.folder}\''
    )

    def plain() -> None:
        subprocess.run(command, shell=True, input=tasks, text=True, capture_output=True, check=True)

    line("10 notebooks and their reports, 2 jobs", ours, "xargs -P2 papermill, no reports",
         seconds(plain, times=3))  # fmt: skip


if __name__ == "__main__":
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    scratch = Path(tempfile.mkdtemp())
    try:
        help_time()
        group_time(scratch)
        batch_time(scratch)
    finally:
        shutil.rmtree(scratch)
