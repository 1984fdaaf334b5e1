"""Measure the batch: beside papermill's command and API, beside the floor, by size, in memory.

Part of ``make bench``; ``python tests/bench_batch.py`` alone prints the same tables. Every number
is of whole commands, as an operator starts them, with 2 jobs; both sides in the same run.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from playbook.batch.children import Children
from playbook.catalog import playbooks
from playbook.evidence.renderer import start_renderer
from playbook.session.create import add_example, examples
from playbook.workspace import Workspace

Row = tuple[str, ...]
PRODUCTS, RUNS, PEER_RUNS = 8, 3, 1
SIZES = (10, 100, 1_000)
CORES = len(os.sched_getaffinity(0))


def workspace_of(folder: Path, products: int) -> Workspace:
    """A workspace of the examples in turn, each under many names."""
    workspace = Workspace.create(folder / f"workspace-{products}")
    names = examples()
    for number in range(products):
        add_example(workspace, names[number % len(names)], f"product-{number:03d}")
    return workspace


def ran(workspace: Workspace, *more: str, held: bool = False) -> tuple[float, float]:
    """Seconds of ``playbook run``; if asked, the most memory that its processes held, in MB.

    Looking at the memory takes time from the run.
    """
    command = [sys.executable, "-m", "playbook.cli", "run", "--jobs", "2", *more]
    began = time.perf_counter()
    process = subprocess.Popen([*command, "--workspace", str(workspace.folder)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # fmt: skip
    peak = [0.0]
    watch = threading.Thread(target=_held, args=(process.pid, peak), daemon=True)
    if held:
        watch.start()
    _, said = process.communicate()
    taken = time.perf_counter() - began
    if held:
        watch.join()
    if process.returncode:
        raise SystemExit(said.decode()[-2_000:])
    return taken, peak[0]


def _held(pid: int, peak: list[float]) -> None:
    """Keep the most memory (PSS) that a process and those below it held, in MB."""
    while True:
        try:
            parent = psutil.Process(pid)
            family = [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        total = 0.0
        for process in family:
            try:
                total += process.memory_full_info().pss / 2**20
            except (psutil.NoSuchProcess, psutil.AccessDenied):  # it has just ended
                continue
        peak[0] = max(peak[0], total)
        time.sleep(5.0)


def tasks_of(workspace: Workspace) -> list[tuple[str, str]]:
    return [(str(p.path), slug) for slug in workspace.slugs() for p in playbooks()]


def with_xargs(workspace: Workspace, folder: Path) -> float:
    """Seconds of papermill's command, two at a time; it writes no reports."""
    command = (
        f'xargs -P2 -L1 sh -c \'{sys.executable} -m papermill --no-progress-bar -k python3 "$0" '
        f'{folder}/out-$$.ipynb -p product "$1" -p workspace {workspace.folder}\''
    )
    given = "\n".join(" ".join(task) for task in tasks_of(workspace))
    began = time.perf_counter()
    subprocess.run(command, shell=True, input=given, text=True, capture_output=True, check=True)
    return time.perf_counter() - began


API = """
import logging, os, sys, papermill
from concurrent.futures import ThreadPoolExecutor
folder, workspace = sys.argv[1:]
def run(line):
    path, slug = line.split()
    papermill.execute_notebook(path, f"{folder}/{slug}-{os.path.basename(path)}",
        {"product": slug, "workspace": workspace}, kernel_name="python3", progress_bar=False)
with ThreadPoolExecutor(2) as pool:
    list(pool.map(run, sys.stdin.read().splitlines()))
"""


def with_api(workspace: Workspace, folder: Path) -> float:
    """Seconds of papermill's API in one process, two threads with plain kernels; no reports."""
    given = "\n".join(" ".join(task) for task in tasks_of(workspace))
    began = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", API, str(folder), str(workspace.folder)],
                   input=given, text=True, capture_output=True, check=True)  # fmt: skip
    return time.perf_counter() - began


def cells_alone(given: dict[str, str]) -> float:
    """CPU-seconds of a notebook's cells, run bare in a process that has imported everything."""
    began = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cells = json.loads(Path(given["path"]).read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            continue
        *_, last = ["", *source.strip().splitlines()]
        exec(source, names)
        names |= {k: given[k] for k in ("product", "workspace") if k in names}
        shown = None if last.startswith((" ", ")")) or "=" in last.split("(")[0] else last
        result = eval(shown, names) if shown and not shown.startswith(("import", "from")) else None
        if hasattr(result, "_repr_mimebundle_"):
            result._repr_mimebundle_()
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - began


def floor(workspace: Workspace) -> float:
    """Seconds if nothing but the cells were to be done: their CPU, over the cores.

    Charts are drawn by a warm process here too; its CPU counts.
    """
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent)
    with start_renderer() as renderer:
        children = Children(900, 10_000, dict(renderer.environment))
        total = 0.0
        for path, slug in tasks_of(workspace):
            given = {"path": path, "product": slug, "workspace": str(workspace.folder)}
            total += children.call("bench_batch:cells_alone", given)
        for process in psutil.Process().children(recursive=True):
            if "playbook.evidence.renderer" in process.cmdline():
                total += sum(process.cpu_times()[:2])
    return total / CORES


def median(measure: Callable[[], float], times: int = RUNS) -> float:
    return statistics.median(measure() for _ in range(times))


def rate(seconds: float, notebooks: int) -> str:
    return f"{60 * notebooks / seconds:,.0f} a minute"


def compared(folder: Path) -> list[Row]:
    """Eight products in five playbooks by everybody."""
    workspace = workspace_of(folder, PRODUCTS)
    many = len(tasks_of(workspace))
    ours = median(lambda: ran(workspace, "--force")[0])
    xargs = median(lambda: with_xargs(workspace, folder), PEER_RUNS)
    api = median(lambda: with_api(workspace, folder), PEER_RUNS)
    least = floor(workspace)
    again = median(lambda: ran(workspace)[0], 5)
    change(workspace)
    one = ran(workspace)[0]
    rows: list[Row] = [
        (f"`playbook run`, {many} notebooks, reports, portfolio", f"{ours:,.1f} s",
         rate(ours, many), "1×", ""),
        ("`xargs -P2 papermill`, no reports", f"{xargs:,.1f} s", rate(xargs, many),
         f"{xargs / ours:.1f}×", "at least 8×"),
        ("papermill's API, two threads, no reports", f"{api:,.1f} s", rate(api, many),
         f"{api / ours:.1f}×", ""),
        ("the floor: CPU of the cells alone ÷ cores", f"{least:,.1f} s", rate(least, many),
         f"{least / ours:.2f}×", "at least 0.67×"),
        ("the same command, nothing changed", f"{again:.2f} s", "", "", "< 2 s"),
        ("the same command, one answer changed that three playbooks read", f"{one:.1f} s",
         "", "", ""),
    ]  # fmt: skip
    for row in rows:
        print(" | ".join(row), flush=True)
    return rows


def change(workspace: Workspace) -> None:
    """Change the answer that says how many decisions there are a month."""
    slug = workspace.slugs()[0]
    answer = workspace.answers(slug)["kpi_alignment.volume_per_month"]
    more = {name: 2 * amount for name, amount in answer.value.items()}
    workspace.store.append(slug, answer.model_copy(update={"value": more, "revision": None}))


def by_size(folder: Path) -> list[Row]:
    """Ten, a hundred and a thousand notebooks: seconds of each, memory, and a second run."""
    rows: list[Row] = []
    for many in SIZES:
        workspace = workspace_of(folder, many // len(playbooks()))
        taken, held = ran(workspace, held=True)
        again = ran(workspace)[0]
        rows.append((f"{many:,}", f"{taken:,.1f} s", f"{taken / many:.2f} s", rate(taken, many),
                     f"{held:,.0f} MB", f"{again:.2f} s"))  # fmt: skip
        print(" | ".join(rows[-1]), flush=True)
    return rows


def section(table: Callable[[Row, list[Row]], str]) -> str:
    """The section of the page; `table` writes a header and rows as Markdown."""
    folder = Path(tempfile.mkdtemp())
    try:
        first = ("What", "Time", "Notebooks", "Beside ours", "Goal")
        second = ("Notebooks", "Time", "Each", "Rate", "Most memory (PSS)", "Again, unchanged")
        return f"""## Batch

Whole commands with 2 jobs, start-up included. `playbook run` ({RUNS} runs, the median) also renders
every report, records every run and writes the portfolio; the peers only execute.

{table(first, compared(folder))}

Products of the examples under many names, each size once, in a workspace of its own. Memory is
that of all processes of the command together, looked at each five seconds.

{table(second, by_size(folder))}
"""
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    section(lambda header, rows: "")
