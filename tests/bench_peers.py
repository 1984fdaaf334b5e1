"""One measurement of a peer that does not install beside us, in an environment of its own.

``python tests/bench_peers.py TASK FOLDER`` prints one line of JSON, as `bench_ours` does.
"""

import json
import re
import sys
import time
import warnings
from pathlib import Path

FEATURES = [f"f{k}" for k in range(12)]


def skrub(table):
    from skrub import TableReport

    TableReport(table, verbose=0).html()


def ydata(table):
    from ydata_profiling import ProfileReport

    ProfileReport(table, minimal=True, progress_bar=False).get_description()


def nannyml(table):
    import nannyml

    first = table["decided_at"] < "2024-02-01"
    drift = nannyml.UnivariateDriftCalculator(
        column_names=FEATURES,
        timestamp_column_name="decided_at",
        continuous_methods=["jensen_shannon", "kolmogorov_smirnov"],
        chunk_period="M",
    )
    drift.fit(table[first].copy())
    drift.calculate(table[~first].copy())


def main(task, folder):
    import pandas as pd

    warnings.simplefilter("ignore")
    columns = [*FEATURES, "decided_at"] if task == "nannyml" else None
    table = pd.read_parquet(Path(folder) / "decisions.parquet", columns=columns)
    began = time.perf_counter()
    globals()[task](table)
    taken = time.perf_counter() - began
    # Not getrusage, which starts from the memory of the process that started this one.
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1_024 / 1e6
    print(json.dumps({"seconds": {task: [taken]}, "megabytes": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
