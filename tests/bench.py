"""Measure ourselves beside our peers in the same run, and write ``docs/benchmarks.md``.

``make bench`` runs it. Every measurement of evidence has a process of its own, so that the peak of
memory is its own too; medians of five runs, of peers that take minutes one run, and it is said.
Machines differ and are shared: read the ratios, not the seconds.
"""

from __future__ import annotations

import datetime
import json
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
from typing import Any

from bench_batch import section as batch_section
from bench_forms import section as forms_section
from make_many import WIDE, write_decisions

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
SIZES = {"0.1 M": 100_000, "1 M": 1_000_000, "10 M": 10_000_000, "100 M": 100_000_000}
PEERS = os.environ.get("PLAYBOOK_PEERS", "")
"""Python of an environment that has skrub, ydata-profiling and NannyML."""
Row = tuple[str, ...]


def measured(task: str, folder: Path, runs: int = 5, peer: bool = False) -> dict[str, Any]:
    """Median seconds of each part of a task, and its peak of memory in MB."""
    script = HERE / ("bench_peers.py" if peer else "bench_ours.py")
    command = [PEERS if peer else sys.executable, "-W", "ignore", script, task, folder]
    environment = {**os.environ, "PLAYBOOK_MEMORY": "700MB"}
    done = subprocess.run(
        [*map(str, command), *([] if peer else [str(runs)])],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{task}: {done.stderr[-2_000:]}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    medians = {name: statistics.median(taken) for name, taken in found["seconds"].items()}
    return medians | {"megabytes": found["megabytes"]}


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """Median wall time of `work`."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def shown(taken: float) -> str:
    return f"{1_000 * taken:.0f} ms" if taken < 1 else f"{taken:,.1f} s"


def compared(what: str, ours: float, peer: str, theirs: float, goal: str) -> Row:
    """A line of the table."""
    ratio = theirs / ours
    told = f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×" if ratio >= 1 else f"{ratio:.2f}×"
    row = (what, shown(ours), peer, shown(theirs), told, goal)
    print(" | ".join(row), flush=True)
    return row


def evidence(tables: dict[str, Path], wide: Path) -> list[Row]:
    """Groups, metrics, audit and drift beside those who do the same."""
    groups, peer = measured("groups", tables["1 M"]), measured("fairlearn", tables["1 M"], 1)
    draws = peer["plain"] + 100 * (peer["two"] - peer["plain"]) / 2
    rows = [
        compared("Group audit, 1 M rows, all intersections, 95 % intervals", groups["audit"],
                 "Fairlearn MetricFrame, n_boot=100 (from 0 and 2 draws, one run)", draws,
                 "at least 500×"),
        compared("the same, beside Fairlearn without intervals", groups["audit"],
                 "Fairlearn MetricFrame", peer["plain"], ""),
        compared("the same, beside the bare query", groups["audit"], "DuckDB GROUP BY alone",
                 groups["floor"], "at least 0.33×"),
    ]  # fmt: skip
    many = measured("groups", tables["100 M"], 3)
    rows.append(compared(f"Group audit, 100 M rows ({many['megabytes']:,.0f} MB)", many["audit"],
                         "DuckDB GROUP BY alone", many["floor"], "15 s, 1 GB"))  # fmt: skip
    ours, theirs = measured("metrics", tables["10 M"]), measured("scikit-learn", tables["10 M"], 1)
    rows.append(compared("Classifier metrics with intervals, all thresholds, 10 M rows",
                         ours["metrics"], "scikit-learn, columns in memory, no intervals (one run)",
                         theirs["metrics"], "at least 25×"))  # fmt: skip
    quality, drift = measured("quality", wide), measured("drift", wide)
    for task, name, goal in (("skrub", "skrub TableReport", "at least 4×"),
                             ("ydata", "ydata-profiling, minimal", "at least 10×")):  # fmt: skip
        if PEERS:
            other = measured(task, wide, peer=True)
            rows.append(compared(
                f"Data audit, 22 columns, 10 M rows ({quality['megabytes']:,.0f} MB)",
                quality["quality"], f"{name} (one run, {other['megabytes']:,.0f} MB)",
                other[task], goal))  # fmt: skip
    if PEERS:
        other = measured("nannyml", wide, peer=True)
        rows.append(compared(
            f"Drift of 12 features by month, 10 M rows ({drift['megabytes']:,.0f} MB)",
            drift["drift"], f"NannyML (one run, {other['megabytes']:,.0f} MB)",
            other["nannyml"], "at least 40×"))  # fmt: skip
    return rows


def linear(tables: dict[str, Path]) -> list[Row]:
    """Seconds and memory of the same work on ever more rows."""
    found = []
    for size, folder in tables.items():
        groups, metrics = measured("groups", folder, 3), measured("metrics", folder, 3)
        found.append((size, shown(groups["opening"]), shown(groups["audit"]),
                      shown(metrics["metrics"]),
                      f"{max(groups['megabytes'], metrics['megabytes']):,.0f} MB"))  # fmt: skip
        print(" | ".join(found[-1]), flush=True)
    return found


def help_time() -> Row:
    """The command line before it does anything."""
    ours = seconds(lambda: subprocess.run([sys.executable, "-m", "playbook.cli", "--help"],
                                          capture_output=True, check=True))  # fmt: skip
    bare = seconds(lambda: subprocess.run([sys.executable, "-c", "import pandas"], check=True))
    return compared("playbook --help", ours, "python -c 'import pandas'", bare, "")


def table(header: Row, body: list[Row]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(rows: list[Row], sizes: list[Row], *sections: str) -> str:
    """The results as Markdown."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"Python {platform.python_version()}, {datetime.date.today():%d %B %Y}"
    )
    header = ("What", "Ours", "Peer", "Theirs", "Ratio", "Goal")
    columns = ("Rows", "Opening", "Group audit", "Metrics and thresholds", "Peak memory")
    return f"""# Benchmarks

Written by `make bench`; run it to measure again. {machine}. Medians of five runs where nothing
else is said, each in a process of its own, ours with PLAYBOOK_MEMORY=700MB. The machine is shared,
so read the ratios: both sides were measured in the same run.

skrub, ydata-profiling and NannyML do not install beside us: they run in an environment of their
own, on the newest versions that go together, with the table already in memory; reading it is part
of our time only.

{table(header, rows)}

## Cost by size

Opening looks at every row once, to check it against product.yaml. The audit of 40 groups and their
intersections and all metrics follow.

{table(columns, sizes)}

{chr(10).join(sections)}"""


if __name__ == "__main__":
    scratch = Path(tempfile.mkdtemp())
    try:
        tables = {}
        for size, rows in SIZES.items():
            tables[size] = scratch / size.replace(" ", "")
            tables[size].mkdir()
            write_decisions(tables[size] / "decisions.parquet", rows)
        wide = scratch / "wide"
        wide.mkdir()
        write_decisions(wide / "decisions.parquet", SIZES["10 M"], WIDE)
        found = [help_time(), *evidence(tables, wide)]
        sections = batch_section(table), forms_section(table)
        text = page(found, linear(tables), *sections)
        PAGE.write_text(text, encoding="utf-8")
        print(f"\nWritten to {PAGE.relative_to(HERE.parent)}")
    finally:
        shutil.rmtree(scratch)
